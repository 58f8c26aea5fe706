//! Bulk operations: what one would do, starting one, and following those that run.

#[cfg(feature = "ssr")]
mod asked;
mod beat;
mod controls;
mod count;
mod detail;
mod draft;
mod figures;
mod items;
mod link;
mod list;
mod lock;
mod pace;
mod pace_chart;
mod preview;
mod progress;
mod query;
mod sample;
mod server;
mod start;
mod summary;
mod takes;
mod words;

pub(crate) use count::BulkCount;
pub(crate) use detail::BulkPage;
pub(crate) use link::{BulkLink, RetryFailed};
pub(crate) use list::BulkOperationsPage;
pub(crate) use preview::NewBulkPage;
pub(crate) use sample::BulkParts;
pub(crate) use takes::Takes;
pub(crate) use words::scope_words;
