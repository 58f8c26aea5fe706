//! Destinations: where events go.

mod actions;
mod backlog;
mod chart;
mod detail;
mod draft;
mod facts;
mod fields;
mod form;
mod headers;
mod health;
mod list;
mod logs;
mod mock_draft;
mod mock_fields;
mod server;

pub(crate) use detail::DestinationPage;
pub(crate) use form::{EditDestinationPage, NewDestinationPage};
pub(crate) use list::DestinationsPage;
