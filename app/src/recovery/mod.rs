//! Recovery: the runbook of a destination that failed, as one page.

mod acts;
mod chart;
mod check;
mod confirm;
mod failed;
mod fix;
mod others;
mod page;
mod provider;
mod replay;
mod retry;
mod server;
mod state;
mod step;
mod window;
mod words;

pub(crate) use page::RecoveryPage;
