//! Small parts of pages. `/ui` shows each in every state.

mod badge;
mod code;
mod copy;
mod dialog;
mod editor;
mod empty;
mod field;
mod filters;
mod icon;
mod json;
mod notice;
mod pager;
mod place;
mod time;
mod viewer;
mod visible;

pub(crate) use badge::{Badge, EnabledBadge, HttpStatus, Tone, attempt_badge, event_badge, request_badge};
pub(crate) use copy::{CopyButton, CopyText};
pub(crate) use dialog::{Confirm, Dialog};
pub(crate) use editor::{JsonEditor, json_mistake};
pub(crate) use empty::{Empty, Skeleton};
pub(crate) use field::{CheckField, SelectField, TextField, mistake_of, mistake_within};
pub(crate) use filters::{Filters, SearchFilter, SelectFilter, query_param, query_value};
pub(crate) use icon::{Icon, Shape};
pub(crate) use notice::{FailureNotice, Notice, Trouble, sentence};
pub(crate) use pager::Pager;
pub(crate) use place::Place;
pub(crate) use time::{Time, milliseconds};
pub(crate) use viewer::{BodyViewer, HeaderTable};
pub(crate) use visible::Visible;
