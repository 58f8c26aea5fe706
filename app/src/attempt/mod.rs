//! Attempts: rows that open into what was sent and what came back.

mod detail;
mod list;
mod row;
mod server;
mod timing;

pub(crate) use list::AttemptList;
pub(crate) use server::{event_attempts, webhook_attempts};
pub(crate) use timing::TimingBar;
