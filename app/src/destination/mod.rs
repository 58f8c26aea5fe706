//! Destinations: where events go.

mod actions;
mod auth_draft;
mod backlog;
mod breaker;
mod chart;
mod detail;
mod draft;
mod facts;
mod fields;
mod form;
mod header_rows;
mod headers;
mod health;
mod list;
mod logs;
mod mock_draft;
mod mock_fields;
mod server;
mod taking;

pub(crate) use breaker::breaker_badge;
pub(crate) use detail::DestinationPage;
pub(crate) use facts::Sending;
pub(crate) use form::{EditDestinationPage, EditHere, NewDestinationPage};
pub(crate) use list::DestinationsPage;
pub(crate) use server::{ProbeDestination, SetDestinationPaused, SetDestinationStatus};
