//! Requests: what arrived.

mod list;
mod query;
mod server;
mod words;

pub(crate) use list::RequestsPage;
pub(crate) use server::ReplayRequest;
pub(crate) use words::{cause_words, sender_words};
