//! A webhook's Delivery Logs: its attempts, its secret, and the simulator.

mod banner;
mod logs;
mod missed;
mod page;
mod server;
mod signing;
mod simulator;
mod summary;

pub(crate) use banner::{Banner, announcement};
pub(crate) use page::WebhookPage;
pub(crate) use signing::{RotateDialog, SecretBox, SigningPage};
