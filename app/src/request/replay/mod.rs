//! A replay with some of the request changed: the page where that is done, and what is told of it afterwards.

mod branches;
mod changes;
mod draft;
mod fields;
mod page;
mod parent;

pub(crate) use page::ReplayPage;
pub(crate) use parent::ModifiedReplay;
