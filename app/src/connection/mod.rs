//! Connections: one source to one destination, with rules.

mod board;
mod facts;
mod flow;
mod form;
#[cfg(feature = "ssr")]
mod gather;
mod page;
mod server;
mod written;

pub(crate) use board::ConnectionsPage;
#[cfg(feature = "ssr")]
pub(crate) use gather::using;
pub(crate) use page::{ConnectionPage, NewConnectionPage};
pub(crate) use server::{SetConnectionPaused, read_connection};
