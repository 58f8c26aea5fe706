//! The Developer tab: webhooks, key pairs, event types.

mod actions;
mod banners;
mod chart;
mod choice;
mod event_types;
mod form;
mod keys;
mod page;
mod server;
mod table;
mod webhooks;

pub(crate) use actions::{WebhookActions, WebhookDialogs};
pub(crate) use page::DeveloperPage;
pub(crate) use server::{AddReadyMadeEventTypes, ReplayMissed, event_types, read_missed};
