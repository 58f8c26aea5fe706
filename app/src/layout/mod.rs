//! What is around every page.

mod card;
#[cfg(feature = "ssr")]
mod document;
mod frame;
mod header;
mod lost;
mod navigation;
mod theme;

pub(crate) use card::Card;
#[cfg(feature = "ssr")]
pub use document::shell;
pub(crate) use frame::SignedIn;
pub(crate) use lost::{ErrorPage, Lost, NotFoundPage};
