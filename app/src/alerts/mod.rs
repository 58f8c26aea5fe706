//! Alerts: what somebody should look after.

mod count;
mod lists;
mod page;
mod server;

pub(crate) use count::AlertCount;
pub(crate) use page::AlertsPage;
