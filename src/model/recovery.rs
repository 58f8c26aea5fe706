//! Recovery: what failed at a destination and why, how far the way back is gone, and what only the provider can send again.

use serde::{Deserialize, Serialize};

use crate::{
    AttemptId, ConnectionId, DestinationId, Diagnosis, EventId, IssueCause, RejectionCause, RequestId, SourceId,
    TimeBound, Timestamp,
};

/// Where recovery is at a destination: the runbook, as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Recovery {
    pub destination_id: DestinationId,
    pub destination_name: String,
    /// The window: events made then. Unless it was asked for otherwise, it is the last stretch of failures.
    pub from: Timestamp,
    pub to: Timestamp,
    /// How many events of the window were given up.
    pub failed: u64,
    /// How many of them were delivered since, sent again or with their request.
    pub delivered_since: u64,
    /// How many events of the window failed and are tried again by themselves.
    pub retrying: u64,
    /// How many events are held now by a pause or a breaker, however old they are.
    pub held: u64,
    /// Whether there are more than were looked at, which are the newest: `failed` counts the others too, up to a million of
    /// them, and all else tells of those that were looked at.
    pub is_part: bool,
    /// When the first bin of the groups begins, and how long each is, in milliseconds.
    pub bins_from: Timestamp,
    pub step_ms: u64,
    /// What failed, by why, most first.
    pub groups: Vec<FailureGroup>,
    /// The types of the events that failed, `""` for those that have none, most first.
    pub event_types: Vec<String>,
    /// When an attempt failed last, whether in the window or not, whose event was not delivered since; where there is none, when
    /// any failed last. Simulated events do not count.
    pub last_failed_at: Option<Timestamp>,
    pub last_failed_attempt_id: Option<AttemptId>,
    /// The last retry of one event that was delivered since.
    pub proof: Option<RecoveryProof>,
    /// Why a person may not start a bulk retry without saying why; none: they may.
    pub locked: Option<String>,
    /// What was changed since the last failure: where it is sent, how, or rules.
    pub changes: Vec<RecoveryChange>,
    /// Who says that the receiver takes an event that comes twice as one, by event type.
    pub idempotency: Vec<IdempotencyConfirmation>,
}

/// Failures that have one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FailureGroup {
    pub cause: IssueCause,
    /// Why, in a line.
    pub title: String,
    /// What that means and what to do, by the example.
    pub diagnosis: Option<Diagnosis>,
    /// How many events were given up for it.
    pub failed: u64,
    /// How many of them were delivered since.
    pub delivered_since: u64,
    /// How many events failed for it and are tried again by themselves.
    pub retrying: u64,
    /// When the first and the last of its events were made.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// How many of its events were made in each step of the window.
    pub bins: Vec<u64>,
    /// The newest events that were given up for it, which may be sent again: not those that were delivered since.
    pub examples: Vec<FailureExample>,
    /// The last attempt of its newest event.
    pub attempt_id: Option<AttemptId>,
    /// What the receiver answered to it, as far as it is text and not long.
    pub answer: Option<String>,
}

/// An event that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FailureExample {
    pub event_id: EventId,
    pub event_type: Option<String>,
    pub created_at: Timestamp,
}

/// A retry of one event that was delivered since the last failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RecoveryProof {
    pub event_id: EventId,
    pub attempt_id: AttemptId,
    pub at: Timestamp,
}

/// Something that was changed since the last failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RecoveryChange {
    /// None: it was the destination.
    pub connection_id: Option<ConnectionId>,
    pub name: String,
    pub at: Timestamp,
}

/// Somebody's word that a receiver takes an event that comes twice as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IdempotencyConfirmation {
    /// `""` for events without a type.
    pub event_type: String,
    /// The id of the user or key.
    pub confirmed_by: String,
    /// Their e-mail address, or the key's public id; none when they are gone.
    pub confirmed_by_name: Option<String>,
    pub confirmed_at: Timestamp,
}

/// For which event types somebody says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IdempotencyInput {
    /// `""` for events without a type, 1 to 200 of them.
    #[serde(default)]
    pub event_types: Vec<String>,
}

/// Which time the runbook is about; what is left out is chosen by what failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryWindow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeBound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeBound>,
}

/// Where a step of the runbook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepState {
    ToDo,
    Done,
    /// Something else comes first.
    Blocked,
}

/// The steps of the runbook, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverySteps {
    pub look: StepState,
    pub check: StepState,
    pub fix: StepState,
    pub confirm: StepState,
    pub retry: StepState,
    pub replay: StepState,
}

impl Recovery {
    /// Whether nothing failed and nothing is left to do.
    pub const fn is_calm(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many events were given up and not delivered since, as far as is known: at most so many.
    pub const fn left(&self) -> u64 {
        self.failed.saturating_sub(self.delivered_since)
    }

    /// Who last said that the receiver takes events of this type once.
    pub fn confirmed(&self, event_type: &str) -> Option<&IdempotencyConfirmation> {
        self.idempotency.iter().find(|known| known.event_type == event_type)
    }

    /// Where each step is; `is_reachable` says whether an event can be sent there at all now.
    ///
    /// That one event was delivered again says that what was wrong is found and mended, wherever that was.
    pub fn steps(&self, is_reachable: bool) -> RecoverySteps {
        let done = |is_done: bool| if is_done { StepState::Done } else { StepState::ToDo };
        let is_proven = self.proof.is_some();
        let has_changed = !self.changes.is_empty();
        // Of what was not looked at nobody knows.
        let is_recovered = self.left() == 0 && !self.is_part;
        RecoverySteps {
            look: StepState::Done,
            check: done(is_proven || has_changed || is_recovered),
            fix: done(is_proven || has_changed || is_recovered),
            confirm: done(self.event_types.iter().all(|kind| self.confirmed(kind).is_some())),
            retry: match (is_proven || is_recovered, is_reachable) {
                (true, _) => StepState::Done,
                (false, true) => StepState::ToDo,
                (false, false) => StepState::Blocked,
            },
            replay: match (is_recovered, self.locked.is_some() || !is_reachable) {
                (true, _) => StepState::Done,
                (false, true) => StepState::Blocked,
                (false, false) => StepState::ToDo,
            },
        }
    }
}

/// What a source did not let in, and which of it its provider sent again since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Refused {
    pub source_id: SourceId,
    pub source_name: String,
    pub from: Timestamp,
    pub to: Timestamp,
    pub causes: Vec<RefusedCause>,
    /// The newest of them, with what became of each.
    pub requests: Vec<RefusedRequest>,
    /// How many later requests, which were let in, they were compared with.
    pub compared_with: u64,
    /// Whether there are more refused ones, or more later ones, than were looked at.
    pub is_part: bool,
}

/// What a source did not let in for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RefusedCause {
    pub cause: RejectionCause,
    /// How many there were of those that were looked at.
    pub count: u64,
    /// How many of them came again since and were let in.
    pub redelivered: u64,
}

/// A request that was not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RefusedRequest {
    pub id: RequestId,
    pub cause: RejectionCause,
    pub detail: Option<String>,
    pub created_at: Timestamp,
    /// The request that it came again as; none: it did not, as far as was looked.
    pub redelivery: Option<Redelivery>,
}

/// How a request that was not let in came again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Redelivery {
    pub request_id: RequestId,
    pub created_at: Timestamp,
    /// The header that says that both are one delivery; none: their bodies are the same.
    pub header: Option<String>,
}

impl Refused {
    pub fn count(&self) -> u64 {
        self.causes.iter().map(|cause| cause.count).sum()
    }

    pub fn redelivered(&self) -> u64 {
        self.causes.iter().map(|cause| cause.redelivered).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery() -> Recovery {
        let at = Timestamp::from_millis(0);
        let unique = ulid::Ulid::from_parts(0, 1);
        Recovery {
            destination_id: DestinationId::new(unique),
            destination_name: "a".to_owned(),
            from: at,
            to: at,
            failed: 3,
            delivered_since: 0,
            retrying: 0,
            held: 0,
            is_part: false,
            bins_from: at,
            step_ms: 1000,
            groups: Vec::new(),
            event_types: vec!["a.b".to_owned(), String::new()],
            last_failed_at: Some(at),
            last_failed_attempt_id: None,
            proof: None,
            locked: Some("retry one first".to_owned()),
            changes: Vec::new(),
            idempotency: Vec::new(),
        }
    }

    #[test]
    fn each_step_says_where_it_is() {
        let said = |recovery: &Recovery, is_reachable| {
            let steps = recovery.steps(is_reachable);
            [steps.look, steps.check, steps.fix, steps.confirm, steps.retry, steps.replay].map(|state| match state {
                StepState::ToDo => '.',
                StepState::Done => 'x',
                StepState::Blocked => '-',
            })
        };
        let mut now = recovery();
        assert_eq!(said(&now, true), ['x', '.', '.', '.', '.', '-'], "at first");
        assert_eq!(said(&now, false), ['x', '.', '.', '.', '-', '-'], "while nothing can be sent there");
        now.changes = vec![RecoveryChange { connection_id: None, name: "a".to_owned(), at: now.to }];
        assert_eq!(said(&now, true), ['x', 'x', 'x', '.', '.', '-'], "once it was changed");
        let confirmed = |event_type: &str| IdempotencyConfirmation {
            event_type: event_type.to_owned(),
            confirmed_by: "usr".to_owned(),
            confirmed_by_name: None,
            confirmed_at: Timestamp::from_millis(0),
        };
        now.idempotency = vec![confirmed("a.b")];
        assert_eq!(said(&now, true)[3], '.', "one of two types is confirmed");
        now.idempotency.push(confirmed(""));
        let unique = ulid::Ulid::from_parts(0, 1);
        let (event_id, attempt_id) = (EventId::new(unique), AttemptId::new(unique));
        now.proof = Some(RecoveryProof { event_id, attempt_id, at: now.to });
        now.locked = None;
        assert_eq!(said(&now, true), ['x', 'x', 'x', 'x', 'x', '.'], "proven");
        assert_eq!(said(&now, false)[5], '-', "proven, and disabled since");
        now.delivered_since = 3;
        assert_eq!(said(&now, true), ['x'; 6], "all delivered");
        now.is_part = true;
        assert_eq!(said(&now, true)[5], '.', "there is more than was looked at");
    }
}
