//! Sources: the URLs that take requests in.

mod actions;
mod auth;
mod auth_draft;
mod connections;
mod detail;
mod draft;
mod form;
mod list;
mod mark;
mod picker;
mod preview;
mod response;
mod response_draft;
mod server;
mod setup;
mod upstream;
mod urls;

pub(crate) use auth::SecretField;
pub(crate) use detail::SourcePage;
pub(crate) use form::{EditSourcePage, NewSourcePage};
pub(crate) use list::SourcesPage;
