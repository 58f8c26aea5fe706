//! What a failed attempt means, in words.

use serde::{Deserialize, Serialize};

/// Why an attempt failed and what to do about it, for the person who has to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Diagnosis {
    /// One line, such as "The certificate is for another name".
    pub title: String,
    /// What happened, in a sentence or two.
    pub explanation: String,
    /// What was seen that says so, such as "the redirect leads to https://…".
    pub evidence: Vec<String>,
    /// What to do, in the order to try it.
    pub next_steps: Vec<String>,
}
