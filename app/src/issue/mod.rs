//! Issues: failures of one destination with one cause, from the first to when it delivers again.

mod act;
mod count;
mod detail;
mod history;
mod list;
mod newest;
mod now;
mod server;
mod words;

pub(crate) use count::IssueCount;
pub(crate) use detail::IssuePage;
pub(crate) use list::IssuesPage;
pub(crate) use now::IssuesNow;
