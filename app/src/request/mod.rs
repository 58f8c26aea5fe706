//! Requests: what arrived.

mod list;
mod query;
mod replay;
mod server;
mod table;
mod words;

pub(crate) use list::{RequestFilters, RequestsPage};
pub(crate) use query::read as read_query;
pub(crate) use replay::{ModifiedReplay, ReplayPage};
pub(crate) use server::{ReplayRequest, replay_request};
pub(crate) use words::{cause_words, sender_words};
