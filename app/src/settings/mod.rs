//! The settings: what a team decides for itself, who belongs to it, whom it told what, and who did what.

mod audit;
mod mail;
mod members;
mod notices;
mod page;
mod password;
mod publishing;
mod server;
mod slack;

pub(crate) use audit::words as audit_words;
pub(crate) use page::SettingsPage;
pub(crate) use server::audit_log;
