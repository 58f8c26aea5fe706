//! The overview: a window of time at a glance.

mod charts;
mod first_steps;
mod page;
mod server;
mod tables;
mod tiles;
mod window;

pub(crate) use page::{OverviewPage, calm};
pub(crate) use tiles::Tile;
pub(crate) use window::{WindowChoice, chosen_window, in_window, window_words};
