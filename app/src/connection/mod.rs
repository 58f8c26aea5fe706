//! Connections: one source to one destination.

mod form;
mod list;
mod server;

pub(crate) use list::ConnectionsPage;
