//! The runbook: what failed at a destination and why, and whether the rest may be sent again.

mod groups;
mod proof;
mod redelivered;
mod refused;
mod store;

pub(crate) use proof::lock;

use std::time::Duration;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AttemptId, AuditAction, BodyEncoding, Destination, DestinationId, EventId, FailureGroup, FieldError,
    IdempotencyConfirmation, IdempotencyInput, Problem, Recovery, RecoveryChange, RecoveryProof, RecoveryWindow,
    Refused, SourceId, Timestamp,
    service::{Answer, Attempts as _, Destinations as _, Metrics as _, Recoveries},
};

use self::store::Failed;
use crate::{Engine, audit, destination, error::Result};

/// How many groups are explained by an example.
const EXPLAINED: usize = 8;
/// How many characters of an answer are shown.
const ANSWER: usize = 600;
/// What is looked at when nothing failed and nobody says what to look at.
const USUALLY: Duration = Duration::from_hours(24);
/// How many event types are confirmed at once.
const TYPES: usize = 200;

#[async_trait]
impl Recoveries for Engine {
    async fn recovery(&self, who: &Actor, destination: DestinationId, window: RecoveryWindow) -> Answer<Recovery> {
        let destination = self.destination(who, destination).await?;
        Ok(self.runbook(who, destination, window).await?)
    }

    async fn confirm_idempotency(
        &self,
        who: &Actor,
        destination: DestinationId,
        input: IdempotencyInput,
    ) -> Answer<Vec<IdempotencyConfirmation>> {
        self.destination(who, destination).await?;
        Problem::check(mistakes(&input))?;
        self.confirm(who, destination, &input.event_types).await?;
        Ok(store::confirmations(self.db(), who, destination).await?)
    }

    async fn refused(&self, who: &Actor, source: SourceId, window: RecoveryWindow) -> Answer<Refused> {
        Ok(self.refused_by(who, source, window).await?)
    }
}

/// What failed in a window, as far as it was looked at.
struct Found {
    rows: Vec<Failed>,
    from: Timestamp,
    to: Timestamp,
    is_part: bool,
}

impl Engine {
    async fn runbook(&self, who: &Actor, destination: Destination, window: RecoveryWindow) -> Result<Recovery> {
        let id = destination.id;
        let Found { rows, from, to, is_part } = self.failures(who, id, window).await?;
        let (mut groups, bins) = groups::grouped(&rows, from, to);
        for group in &mut groups {
            group.title = group.cause.title(&destination.name);
        }
        for group in groups.iter_mut().take(EXPLAINED) {
            let newest = rows.iter().find(|row| row.cause == group.cause).map(|row| row.id);
            self.explain_group(who, group, newest).await?;
        }
        let proof = proof::find(self.db(), who, id).await?;
        let last_failed_at = proof.failed.map(AttemptId::made_at);
        // As a person is told, whoever asks.
        let locked = if proof.holds() { None } else { proof::missing(std::slice::from_ref(&destination.name), 1) };
        let backlog = self.backlog(who, &[id]).await?;
        Ok(Recovery {
            destination_id: id,
            from,
            to,
            failed: sum(&groups, |group| group.failed),
            delivered_since: sum(&groups, |group| group.delivered_since),
            retrying: sum(&groups, |group| group.retrying),
            held: backlog.first().map_or(0, |known| known.backlog.held),
            is_part,
            bins_from: bins.from,
            step_ms: bins.step_ms,
            event_types: groups::event_types(&rows),
            groups,
            last_failed_at,
            last_failed_attempt_id: proof.failed,
            proof: proof.retried.map(|retried| RecoveryProof {
                event_id: retried.event_id,
                attempt_id: retried.attempt_id,
                at: retried.attempt_id.made_at(),
            }),
            locked,
            changes: self.changes_since(who, &destination, last_failed_at).await?,
            idempotency: store::confirmations(self.db(), who, id).await?,
            destination_name: destination.name,
        })
    }

    /// What failed, the newest first. Where nobody says from when, it is the last stretch of failures.
    async fn failures(&self, who: &Actor, id: DestinationId, window: RecoveryWindow) -> Result<Found> {
        let now = self.now();
        let (from, to) = (window.from.map(|from| from.resolve(now)), window.to.map(|to| to.resolve(now)));
        // A bound is in whole milliseconds, and the last of them belongs to it.
        let after = to.unwrap_or(now).plus(Duration::from_millis(1));
        let ids = (EventId::first_at(from.unwrap_or(Timestamp::from_millis(0))), EventId::first_at(after));
        let mut rows = store::given_up(self.db(), who, id, ids).await?;
        let retrying = store::retrying(self.db(), who, id, ids).await?;
        let mut is_part = rows.len() > store::MOST_FAILED || retrying.len() > store::MOST_RETRYING;
        rows.truncate(store::MOST_FAILED);
        rows.extend(retrying.into_iter().take(store::MOST_RETRYING));
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        let oldest = rows.last().map(|row| row.id);
        let begins = if from.is_some() { None } else { groups::begins(&rows) };
        if let Some(begins) = begins {
            rows.retain(|row| row.id >= begins);
            // What was not looked at is of an earlier stretch.
            is_part = is_part && oldest == Some(begins);
        }
        let newest = rows.first().map(|row| row.id.made_at());
        Ok(Found {
            from: from.or(begins.map(EventId::made_at)).unwrap_or_else(|| now.minus(USUALLY)),
            to: to.or(newest.filter(|_| from.is_none())).unwrap_or(now),
            rows,
            is_part,
        })
    }

    /// Says why a group failed, by the last attempt of its newest event.
    async fn explain_group(&self, who: &Actor, group: &mut FailureGroup, newest: Option<EventId>) -> Result<()> {
        let newest: Vec<_> = newest.into_iter().collect();
        let Some(latest) = self.latest_attempts(who, &newest, 1).await?.pop() else { return Ok(()) };
        let attempt = self.attempt(who, latest.id).await?;
        group.attempt_id = Some(attempt.id);
        group.answer = attempt.response_bytes().filter(|body| body.encoding == BodyEncoding::Utf8).and_then(|body| {
            let text: String = body.text.chars().take(ANSWER).collect();
            (!text.trim().is_empty()).then_some(text)
        });
        if let Some(diagnosis) = attempt.diagnosis {
            group.title.clone_from(&diagnosis.title);
            group.diagnosis = Some(diagnosis);
        }
        Ok(())
    }

    /// The destination and the connections to it that were changed since it failed.
    async fn changes_since(
        &self,
        who: &Actor,
        destination: &Destination,
        failed_at: Option<Timestamp>,
    ) -> Result<Vec<RecoveryChange>> {
        let Some(failed_at) = failed_at else { return Ok(Vec::new()) };
        let itself = RecoveryChange { connection_id: None, name: destination.name.clone(), at: destination.updated_at };
        let connections = self.connections_to(who, destination.id).await?;
        let changes = connections.into_iter().map(|connection| RecoveryChange {
            connection_id: Some(connection.id),
            name: connection.name,
            at: connection.updated_at,
        });
        Ok(std::iter::once(itself).chain(changes).filter(|change| change.at > failed_at).collect())
    }

    async fn confirm(&self, who: &Actor, id: DestinationId, event_types: &[String]) -> Result<()> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        if destination::lock(&mut tx, who.team, who.mode, id).await?.is_none() {
            return Err(Problem::not_found("destination", id).into());
        }
        let mut named: Vec<_> = event_types.iter().map(String::as_str).collect();
        named.sort_unstable();
        named.dedup();
        for event_type in &named {
            store::confirm(&mut tx, who, id, event_type, now).await?;
        }
        let listed: Vec<_> =
            named.iter().map(|kind| if kind.is_empty() { "events without a type" } else { kind }).collect();
        let detail = format!("the receiver takes the same webhook-id once: {}", listed.join(", "));
        audit::record(self, &mut tx, who, AuditAction::IdempotencyConfirmed, id, Some(&detail)).await?;
        tx.commit().await?;
        self.tell(who.team, who.mode, Some(id));
        Ok(())
    }
}

fn sum(groups: &[FailureGroup], of: impl Fn(&FailureGroup) -> u64) -> u64 {
    groups.iter().map(of).sum()
}

fn mistakes(input: &IdempotencyInput) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    if !(1..=TYPES).contains(&input.event_types.len()) {
        mistakes.push(FieldError::new("/event_types", format!("name 1 to {TYPES} event types, \"\" for none")));
    }
    for (index, name) in input.event_types.iter().enumerate() {
        if name.len() > 255 || name.contains('\0') {
            let pointer = format!("/event_types/{index}");
            mistakes.push(FieldError::new(pointer, "an event type has at most 255 characters, and no NUL"));
        }
    }
    mistakes
}
