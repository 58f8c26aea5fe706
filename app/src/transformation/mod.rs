//! Transformations: scripts that change payloads on their way.

mod code;
mod env;
mod form;
mod javascript;
mod list;
mod page;
mod runs;
mod server;
mod templates;
mod test;

pub(crate) use list::TransformationsPage;
pub(crate) use page::{NewTransformationPage, TransformationPage};
