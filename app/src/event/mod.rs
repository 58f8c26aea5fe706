//! Events: one request on its way to one destination.

mod again;
mod detail;
mod held;
mod list;
mod query;
mod server;
mod table;

pub(crate) use detail::EventPage;
pub(crate) use held::HeldBecause;
pub(crate) use list::{EventFilters, EventsPage};
pub(crate) use query::read as read_query;
pub(crate) use server::{CancelEvent, RetryEvent, cancel_event, retry_event};
