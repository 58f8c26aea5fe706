//! Rules: how a connection's are written, tried and drawn.

mod changes;
mod conditions;
mod deduplicate;
mod draft;
mod fields;
mod filter;
mod form;
mod parts;
mod pipeline;
mod retry;
mod schedule;
mod server;
mod span;
mod transform;
mod trial;
mod tried;
mod typed;

pub(crate) use changes::{Changes, Console};
pub(crate) use pipeline::Pipeline;
pub(crate) use server::SaveRules;
