//! Again: sending an event or a request once more, and taking back what waits; the same from every list and page.

mod act;
mod said;

pub(crate) use act::{Act, Deed, EventAct, Modify};
pub(crate) use said::{Said, doings, provide_doings};
