//! What a failed attempt means, in words.
//!
//! Pure: all that is known is in the attempt. The sentences in which the sender tells of connections that failed are
//! recognised by their [`phrase`]s.

mod answered;
mod authorized;
pub mod phrase;
mod redirected;
mod seen;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod unanswered;

use serde::{Deserialize, Serialize};

use self::seen::{Seen, SignatureFault};
use crate::{Attempt, AttemptStatus, ErrorCode};

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

impl Diagnosis {
    /// What a failed attempt means; `None` when it did not fail.
    pub fn of(attempt: &Attempt) -> Option<Self> {
        if attempt.status == AttemptStatus::Successful {
            return None;
        }
        let seen = Seen::of(attempt);
        let diagnosis = match attempt.error_code.unwrap_or(ErrorCode::BadStatus) {
            _ if seen.message.starts_with(phrase::TOKEN_ENDPOINT) => token::missing(&seen),
            ErrorCode::Dns => unanswered::dns(&seen),
            ErrorCode::ConnectionRefused => unanswered::refused(&seen),
            ErrorCode::ConnectionReset => unanswered::reset(&seen),
            ErrorCode::ConnectTimeout => unanswered::connect_timeout(&seen),
            ErrorCode::Tls => tls::failed(&seen),
            ErrorCode::Timeout => unanswered::timeout(&seen),
            ErrorCode::EgressDenied => unanswered::denied(&seen),
            ErrorCode::Protocol => unanswered::protocol(&seen),
            // An attempt is never refused by a transformation: without its payload there is none.
            ErrorCode::BadStatus | ErrorCode::TransformFailed => answered::badly(&seen),
        };
        Some(diagnosis.with_clock(&seen))
    }

    fn new(title: impl Into<String>, explanation: impl Into<String>) -> Self {
        let (title, explanation) = (title.into(), explanation.into());
        Self { title, explanation, evidence: Vec::new(), next_steps: Vec::new() }
    }

    #[must_use]
    fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    #[must_use]
    fn seen_if(self, evidence: Option<impl Into<String>>) -> Self {
        match evidence {
            Some(evidence) => self.seen(evidence),
            None => self,
        }
    }

    #[must_use]
    fn step(mut self, step: impl Into<String>) -> Self {
        self.next_steps.push(step.into());
        self
    }

    #[must_use]
    fn step_if(self, applies: bool, step: impl Into<String>) -> Self {
        if applies { self.step(step) } else { self }
    }

    /// Tells of a clock that is off: a receiver by such a clock refuses good signatures sooner or later.
    fn with_clock(self, seen: &Seen<'_>) -> Self {
        let Some(skew) = &seen.skew else { return self };
        let told = self.evidence.contains(&skew.words);
        let diagnosis = if told { self } else { self.seen(skew.words.clone()) };
        diagnosis.step_if(
            !told,
            "Set the receiver's clock by a time server: a signature's time may be off by 5 minutes at most.",
        )
    }
}
