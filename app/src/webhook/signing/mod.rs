//! What signs a webhook's deliveries: the box with its secret, and the page where it is managed.

mod audit;
mod colour;
mod keys;
mod page;
mod pair;
mod rotate;
mod secret;
mod server;
mod snippets;

pub(crate) use page::SigningPage;
pub(crate) use rotate::RotateDialog;
pub(crate) use secret::SecretBox;
