//! Whether all that was accepted is accounted for.

mod notice;
mod page;
mod rules;
mod server;

pub(crate) use notice::UncleanNotice;
pub(crate) use page::VerifyPage;
