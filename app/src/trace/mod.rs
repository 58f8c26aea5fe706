//! The trace: all that became of one request, from its first byte to its last attempt.

mod changes;
mod drawing;
mod ignored;
mod inbound;
mod lane;
mod lanes;
mod page;
mod scale;
mod server;
mod step;
mod upstream;

pub(crate) use changes::RunDetail;
pub(crate) use page::RequestPage;
