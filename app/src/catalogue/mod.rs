//! The event catalogue: which types of events a team publishes, and what they carry.

mod detail;
mod form;
mod import;
mod list;
mod plan;
mod schema;
mod schema_table;
mod server;

pub(crate) use detail::EventTypePage;
pub(crate) use form::{EditEventTypePage, NewEventTypePage};
pub(crate) use import::ImportPage;
pub(crate) use list::CataloguePage;
