//! A webhook's Delivery Logs: its attempts, its secret, and the simulator.

mod page;
mod secret;
mod server;
mod simulate;

pub(crate) use page::WebhookPage;
