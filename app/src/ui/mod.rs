//! Small parts of pages. `/ui` shows each in every state.

mod badge;
mod chart;
mod chart_scale;
mod chart_table;
mod code;
mod copy;
mod countdown;
mod dialog;
mod editor;
mod empty;
mod field;
mod filters;
mod hex;
mod icon;
mod json;
mod keys;
mod notice;
mod pager;
mod place;
mod places;
mod rows;
mod sparkline;
mod time;
mod viewer;
mod visible;

pub(crate) use badge::{
    Badge, EnabledBadge, HttpStatus, Tone, attempt_badge, error_word, event_badge, event_shape, event_word,
    health_badge, request_badge,
};
pub(crate) use chart::{Bar, BarChart, Layer};
pub(crate) use chart_scale::{grouped, short};
pub(crate) use code::coloured;
pub(crate) use copy::{CopyButton, CopyText};
pub(crate) use countdown::Countdown;
pub(crate) use dialog::{Confirm, ConfirmByName, Dialog};
pub(crate) use editor::{JsonEditor, json_mistake};
pub(crate) use empty::{Empty, Skeleton};
pub(crate) use field::{CheckField, SelectField, TextField, lead_to_mistake, mistake_of, mistake_within};
pub(crate) use filters::{
    Filters, Here, SearchFilter, SelectFilter, TextFilter, here, query_param, query_value, submit,
};
pub(crate) use icon::{Icon, Shape};
pub(crate) use keys::{Shortcuts, ShowKeys, provide_keys, shortcut};
pub(crate) use notice::{FailureNotice, Notice, Trouble, sentence};
pub(crate) use pager::Pager;
pub(crate) use place::Place;
pub(crate) use places::{line_of, place_of};
pub(crate) use rows::{as_long_as, latest, once_read, once_read_quietly};
pub(crate) use sparkline::Sparkline;
pub(crate) use time::{Ago, Time, in_local_time, milliseconds};
pub(crate) use viewer::{BodyViewer, HeaderTable, readable};
pub(crate) use visible::{Visible, is_plain};
