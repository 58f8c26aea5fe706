//! Events: one request on its way to one destination.

mod again;
mod detail;
mod list;
mod query;
mod server;
mod table;

pub(crate) use detail::EventPage;
pub(crate) use list::EventsPage;
pub(crate) use server::{CancelEvent, RetryEvent};
