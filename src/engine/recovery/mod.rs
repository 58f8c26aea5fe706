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
    IdempotencyConfirmation, IdempotencyInput, Problem, Recovery, RecoveryProof, RecoveryWindow, Refused, SourceId,
    TimeBound, Timestamp,
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
/// A pause longer than this parts one stretch of failures from the next, which is gone back by leaps of as much: for at
/// least six weeks.
const APART: Duration = Duration::from_hours(1);
const LEAPS: usize = 2000;
/// How many of the newest that were given up are looked at one by one, how many are in a step, and after how many no more
/// are looked at but counted.
const NEWEST: u64 = 2000;
const STEP: u64 = 20_000;
const LOOKED: u64 = 200_000;
/// How many event types are confirmed at once.
const TYPES: usize = 200;

#[async_trait]
impl Recoveries for Engine {
    async fn recovery(&self, who: &Actor, destination: DestinationId, window: RecoveryWindow) -> Answer<Recovery> {
        let destination = self.destination(who, destination).await?;
        TimeBound::check_order("from", window.from, window.to, self.now())?;
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
        TimeBound::check_order("from", window.from, window.to, self.now())?;
        Ok(self.refused_by(who, source, window).await?)
    }
}

/// What failed in a window, as far as it was looked at.
struct Found {
    rows: Vec<Failed>,
    from: Timestamp,
    to: Timestamp,
    /// How many more were given up, which nobody looked at.
    rest: u64,
    is_part: bool,
}

impl Engine {
    async fn runbook(&self, who: &Actor, destination: Destination, window: RecoveryWindow) -> Result<Recovery> {
        let id = destination.id;
        let Found { rows, from, to, rest, is_part } = self.failures(who, id, window).await?;
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
        let changes = match last_failed_at {
            Some(since) => store::changes(self.db(), who, id, since).await?,
            None => Vec::new(),
        };
        let backlog = self.backlog(who, &[id]).await?;
        Ok(Recovery {
            destination_id: id,
            from,
            to,
            failed: sum(&groups, |group| group.failed) + rest,
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
            changes,
            idempotency: store::confirmations(self.db(), who, id).await?,
            destination_name: destination.name,
        })
    }

    /// What failed, the newest first. Where nobody says from when, it is the last stretch of failures.
    async fn failures(&self, who: &Actor, id: DestinationId, window: RecoveryWindow) -> Result<Found> {
        let now = self.now();
        let (from, to) = (window.from.map(|from| from.resolve(now)), window.to.map(|to| to.resolve(now)));
        // A bound is in whole milliseconds, and the last of them belongs to it.
        let before = EventId::first_at(to.unwrap_or(now).plus(Duration::from_millis(1)));
        let mut ids = (EventId::first_at(from.unwrap_or(Timestamp::from_millis(0))), before);
        let mut rows = store::retrying(self.db(), who, id, ids).await?;
        let mut is_part = rows.len() > store::MOST_RETRYING;
        rows.truncate(store::MOST_RETRYING);
        let given_up = store::end_of_given_up(self.db(), who, id, ids, true).await?;
        let newest = rows.iter().map(|row| row.id).chain(given_up).max();
        if let (None, Some(newest)) = (from, newest) {
            let (begins, is_all) = self.begins(who, id, newest, &rows).await?;
            is_part |= !is_all;
            ids.0 = begins;
            rows.retain(|row| row.id >= begins);
        }
        let stretch = newest.map(|newest| (ids.0.made_at(), newest.made_at())).filter(|_| from.is_none());
        let from = from.or(stretch.map(|(begins, _)| begins)).unwrap_or_else(|| now.minus(USUALLY));
        let to = to.or(stretch.map(|(_, ends)| ends)).unwrap_or(now);
        let (found, rest) = self.look_back(who, id, ids, groups::characters(from, to)).await?;
        rows.extend(found);
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        Ok(Found { rows, from, to, rest, is_part: is_part || rest > 0 })
    }

    /// Looks at what was given up, the newest first, in steps; returns also how many more there are. Of all but the newest
    /// those are together whose ids begin with so many `characters` that are the same.
    async fn look_back(
        &self,
        who: &Actor,
        id: DestinationId,
        (from, mut before): (EventId, EventId),
        characters: usize,
    ) -> Result<(Vec<Failed>, u64)> {
        let (mut rows, mut looked) = (Vec::new(), 0);
        let (mut step, mut alike) = (NEWEST, store::WHOLE);
        while looked < LOOKED {
            let found = store::given_up(self.db(), who, id, (from, before), (step, alike)).await?;
            let count: u64 = found.iter().map(|row| row.count).sum();
            looked += count;
            before = found.iter().map(|row| row.first_id).min().unwrap_or(before);
            rows.extend(found);
            if count < step {
                return Ok((rows, 0));
            }
            (step, alike) = (STEP, characters);
        }
        Ok((rows, store::count_given_up(self.db(), who, id, (from, before)).await?))
    }

    /// The first event of the stretch of failures that ends with `newest`, and whether it was found: each is less than a
    /// while after the one before. `retrying` are those that are tried again by themselves.
    async fn begins(
        &self,
        who: &Actor,
        id: DestinationId,
        newest: EventId,
        retrying: &[Failed],
    ) -> Result<(EventId, bool)> {
        let mut begins = newest;
        for _ in 0..LEAPS {
            let reach = EventId::first_at(begins.made_at().minus(APART));
            let given_up = store::end_of_given_up(self.db(), who, id, (reach, begins), false).await?;
            let retrying = retrying.iter().map(|row| row.id).filter(|id| (reach..begins).contains(id));
            match retrying.chain(given_up).min() {
                Some(earlier) => begins = earlier,
                None => return Ok((begins, true)),
            }
        }
        Ok((begins, false))
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
