//! A webhook's Delivery Logs: its attempts, its secret, and the simulator.

mod logs;
mod page;
mod secret;
mod server;
mod simulate;
mod summary;

pub(crate) use page::WebhookPage;
