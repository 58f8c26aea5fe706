//! Requests: what arrived.

mod detail;
mod list;
mod server;

pub(crate) use detail::RequestPage;
pub(crate) use list::RequestsPage;
