//! Destinations: where events go.

mod form;
mod list;
mod server;

pub(crate) use list::DestinationsPage;
pub(crate) use server::destinations;
