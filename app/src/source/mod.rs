//! Sources: the URLs that take requests in.

mod form;
mod list;
mod server;

pub(crate) use list::SourcesPage;
pub(crate) use server::sources;
