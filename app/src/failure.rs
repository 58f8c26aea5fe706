//! The error of server functions: a [`Problem`] that travels to the browser.

use std::{fmt, ops::Deref};

use hookyard_model::{Code, Problem};
use leptos::{
    prelude::ServerFnErrorErr,
    server_fn::{codec::JsonEncoding, error::FromServerFnError},
};
use serde::{Deserialize, Serialize};

/// What went wrong with a server function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(Problem);

impl Failure {
    /// A failure to be looked at, which has no bearing on the answer under way.
    pub(crate) fn shown(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Deref for Failure {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for Failure {}

impl From<Problem> for Failure {
    /// On the server the answer under way, a page or a server function's, takes the problem's status.
    fn from(problem: Problem) -> Self {
        #[cfg(feature = "ssr")]
        crate::server::set_status(problem.status);
        Self(problem)
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Request(_) => {
                Problem::new(Code::Unavailable, "Hookyard did not answer. Check the connection and try again.")
            }
            ServerFnErrorErr::Args(detail) | ServerFnErrorErr::MissingArg(detail) => {
                Problem::new(Code::InvalidInput, detail)
            }
            other => Problem::new(Code::Internal, other.to_string()),
        })
    }
}
