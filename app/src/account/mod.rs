//! Accounts: the first one, signing in and out, and who is signed in.

mod next;
mod server;
mod set_up;
mod sign_in;

pub(crate) use server::{Me, SetMode, SetTeam, SignOut, read_me};
pub(crate) use set_up::SetUpPage;
pub(crate) use sign_in::SignInPage;
