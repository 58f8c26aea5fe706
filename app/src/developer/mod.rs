//! The Developer tab: webhooks, key pairs, event types.

mod event_types;
mod form;
mod keys;
mod page;
mod server;
mod webhooks;

pub(crate) use page::DeveloperPage;
pub(crate) use server::{AddReadyMadeEventTypes, event_types};
