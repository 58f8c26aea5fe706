//! What must hold of each row. Pure.

use std::{collections::HashSet, time::Duration};

use hookyard_model::{BulkItemStatus, BulkStatus, EventStatus, RequestStatus, Timestamp, VerifyRule};

use super::store::{AttemptRow, EventRow, ItemRow, LaneRow, OperationRow, PendingRow, RequestRow, TransformingRow};
use crate::rule::IgnoredColumn;

/// How long after it is due something may be looked after: what a receiver may ask for at most, and a while.
const LATEST: Duration = Duration::from_hours(25);

/// What is amiss: the rule that does not hold, and how.
pub(super) type Amiss = Vec<(VerifyRule, String)>;

/// What is known beside the rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Of what was made before, some may have been deleted. A request goes with its events in one commit, so a look at both finds
    /// all of them or none; attempts go by their own time, and so before or after their event.
    pub(super) since: Timestamp,
    /// The lists of connections that requests may name.
    pub(super) rosters: HashSet<String>,
}

impl RequestRow {
    pub(super) fn judge(&self, known: &Known) -> Amiss {
        let mut amiss = Amiss::new();
        let (id, events, counted, ignored) = (self.id, self.events, self.events_count, self.ignored_count);
        if self.status == RequestStatus::Rejected {
            if events > 0 {
                let said = format!("the request {id} was rejected, and yet {events} event(s) came of it");
                amiss.push((VerifyRule::RequestOutcome, said));
            }
            return amiss;
        }
        if counted != events {
            let said = format!("the request {id} made {counted} event(s), of which {events} are there");
            amiss.push((VerifyRule::RequestEvents, said));
        }
        match IgnoredColumn::read(self.ignored.as_deref()) {
            Err(error) => {
                let said = format!("what ignored the request {id} cannot be read: {error}");
                amiss.push((VerifyRule::RequestIgnored, said));
            }
            Ok(column) => {
                if let Some(roster) = column.rosters().find(|roster| !known.rosters.contains(*roster)) {
                    let said =
                        format!("the request {id} was ignored by some of the connections {roster}, which is not there");
                    amiss.push((VerifyRule::RequestIgnored, said));
                } else if i64::try_from(column.count()) != Ok(ignored - self.given_up) {
                    let listed = column.count() as u64 + self.given_up.unsigned_abs();
                    let said = format!("the request {id} was ignored {ignored} time(s), and {listed} are listed");
                    amiss.push((VerifyRule::RequestIgnored, said));
                }
            }
        }
        if counted + ignored == 0 {
            let said = format!("the request {id} was accepted, and neither made an event nor was ignored");
            amiss.push((VerifyRule::RequestOutcome, said));
        }
        amiss
    }
}

impl EventRow {
    pub(super) fn judge(&self, known: &Known) -> Amiss {
        let mut amiss = Amiss::new();
        let (id, status) = (self.id, self.status);
        let is_transforming = self.untransformed && status == EventStatus::Queued && self.next_attempt_at.is_none();
        let is_misplaced = is_transforming != (self.transforming == 1);
        if is_misplaced {
            let rows = self.transforming;
            let said =
                format!("the event {id} is {status}, and {rows} times in the queue of what is to be transformed");
            amiss.push((VerifyRule::Transforming, said));
        }
        let queued = match (status.is_pending(), self.next_attempt_at) {
            _ if is_transforming || is_misplaced => None,
            (true, None) => Some(format!("the event {id} is {status}, and yet not due at any time")),
            (true, Some(due_at)) if self.queued != 1 => {
                let queued = self.queued;
                Some(format!("the event {id} is {status} and due at {due_at}, and {queued} times in the queue"))
            }
            (false, Some(due_at)) => Some(format!("the event {id} is {status}, and yet due at {due_at}")),
            (true, Some(_)) | (false, None) => None,
        };
        amiss.extend(queued.map(|said| (VerifyRule::EventQueued, said)));
        // A node that lost its lane while it sent leaves one attempt more, which does not count.
        let whole = id.made_at() >= known.since;
        if self.tried > self.attempts + 1 || (whole && self.tried < self.attempts) {
            let (counted, tried) = (self.attempts, self.tried);
            let said = format!("the event {id} counts {counted} attempt(s), of which {tried} are there");
            amiss.push((VerifyRule::EventAttempts, said));
        }
        if whole && status == EventStatus::Successful && self.succeeded == 0 {
            let said = format!("the event {id} is {status}, and yet none of its attempts was");
            amiss.push((VerifyRule::EventDelivered, said));
        }
        if self.requests == 0 {
            let said = format!("the event {id} is of the request {}, which is not there", self.request_id);
            amiss.push((VerifyRule::EventRequest, said));
        }
        if self.payloads == 0 {
            let said = format!("what the event {id} carries, {}, is not there", self.data_id.as_deref().unwrap_or("-"));
            amiss.push((VerifyRule::EventPayload, said));
        }
        if status == EventStatus::Hold && self.holders == 0 {
            let said = format!("the event {id} is {status}, and nothing is paused, disabled or failing that holds it");
            amiss.push((VerifyRule::EventHeld, said));
        }
        if let Some(parent) = self.retry_parent_id.filter(|_| self.parents == 0)
            && parent.made_at() >= known.since
        {
            let said = format!("the event {id} was sent again for the event {parent}, which is not there");
            amiss.push((VerifyRule::EventParent, said));
        }
        if self.items == 0 && whole {
            let (bulk, parent) = (self.bulk_id.as_deref().unwrap_or("-"), self.retry_parent_id);
            let parent = parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
            let said =
                format!("the event {id} was made by {bulk} for {parent}, whose item there names another or none");
            amiss.push((VerifyRule::BulkItem, said));
        }
        amiss
    }
}

impl PendingRow {
    pub(super) fn judge(&self) -> Amiss {
        let (id, destination, due_at) = (self.event_id, self.destination_id, self.due_at);
        let what = match self.event_status {
            None => "which is not there".to_owned(),
            Some(status) if !status.is_pending() => format!("which is {status}"),
            Some(_) if self.event_destination != Some(destination) => "which goes elsewhere".to_owned(),
            Some(_) if self.event_due_at != Some(due_at) => {
                return vec![(
                    VerifyRule::QueuedEvent,
                    format!("the queue of {destination} has the event {id} at {due_at}, which is not when it is due"),
                )];
            }
            Some(_) if !self.is_looked_after => {
                return vec![(
                    VerifyRule::LaneDue,
                    format!("the queue of {destination} has the event {id}, and no lane to send it by"),
                )];
            }
            Some(_) => return Amiss::new(),
        };
        vec![(VerifyRule::QueuedEvent, format!("the queue of {destination} has the event {id}, {what}"))]
    }
}

impl TransformingRow {
    pub(super) fn judge(&self) -> Amiss {
        let id = self.event_id;
        let what = match self.event_status {
            None => "is not there".to_owned(),
            Some(EventStatus::Queued) if self.untransformed => return Amiss::new(),
            Some(EventStatus::Queued) => "needs none".to_owned(),
            Some(status) => format!("is {status}"),
        };
        vec![(
            VerifyRule::Transforming,
            format!("the event {id} is in the queue of what is to be transformed, and {what}"),
        )]
    }
}

impl AttemptRow {
    pub(super) fn judge(&self, known: &Known) -> Amiss {
        if self.events > 0 || self.event_id.made_at() < known.since {
            return Amiss::new();
        }
        let said = format!("the attempt {} is of the event {}, which is not there", self.id, self.event_id);
        vec![(VerifyRule::AttemptEvent, said)]
    }
}

impl LaneRow {
    pub(super) fn judge(&self) -> Amiss {
        let Some(first) = self.first_due_at.filter(|due_at| *due_at < Timestamp::NEVER) else { return Amiss::new() };
        if self.due_at <= first.plus(LATEST) {
            return Amiss::new();
        }
        let (destination, due_at) = (self.destination_id, self.due_at);
        let said = format!("something is due for {destination} at {first}, and nobody looks before {due_at}");
        vec![(VerifyRule::LaneDue, said)]
    }
}

impl OperationRow {
    pub(super) fn judge(&self, known: &Known) -> Amiss {
        let mut amiss = Amiss::new();
        let stuck = self.is_stuck.then(|| {
            let said =
                format!("the bulk operation {} is {}, and nothing of it moved for two hours", self.id, self.status);
            (VerifyRule::BulkMoves, said)
        });
        // What is being written down has no counts yet, and what is past its time is deleted item by item.
        if self.planned_at.is_none() || self.finished_at.is_some_and(|finished_at| finished_at < known.since) {
            amiss.extend(stuck);
            return amiss;
        }
        // Those that were not sent are not gone through when it is cancelled.
        let is_cancelled = self.status == BulkStatus::Cancelled;
        let (pending, cancelled) =
            if is_cancelled { (0, self.pending + self.cancelled) } else { (self.pending, self.cancelled) };
        if self.status == BulkStatus::Completed && self.pending + self.open > 0 {
            let left = self.pending + self.open;
            let said =
                format!("the bulk operation {} is {}, and {left} of its items were not tried", self.id, self.status);
            amiss.push((VerifyRule::BulkCounts, said));
        }
        for (what, counted, found) in [
            ("in all", self.total_count, self.total),
            ("pending", self.pending_count, pending),
            ("under way", self.open_count, self.open),
            ("delivered", self.done_count, self.done),
            ("failed", self.failed_count, self.failed + self.retrying),
            ("going on by their own retries", self.retrying_count, self.retrying),
            ("skipped", self.skipped_count, self.skipped),
            ("cancelled", self.cancelled_count, cancelled),
        ] {
            if counted != found {
                let said = format!("the bulk operation {} counts {counted} items {what}, and has {found}", self.id);
                amiss.push((VerifyRule::BulkCounts, said));
            }
        }
        amiss.extend(stuck);
        amiss
    }
}

impl ItemRow {
    pub(super) fn judge(&self, known: &Known) -> Amiss {
        use BulkItemStatus as Is;
        let (target, operation, status) = (&self.target_id, self.operation_id, self.status);
        let was_sent = matches!(status, Is::Queued | Is::Retrying | Is::Done | Is::Failed);
        let say = |what: String| {
            vec![(
                VerifyRule::BulkItem,
                format!("the item {target} of the bulk operation {operation} is {status}, {what}"),
            )]
        };
        match (&self.new_event_id, &self.new_request_id) {
            (Some(event), _) if self.events == 0 && event.made_at() >= known.since => {
                say(format!("and its event {event} is not there"))
            }
            (None, Some(request)) if self.requests == 0 && request.made_at() >= known.since => {
                say(format!("and its request {request} is not there"))
            }
            (None, None) if was_sent && status != Is::Failed => say("and yet nothing was made of it".to_owned()),
            (Some(_), _) | (_, Some(_)) if matches!(status, Is::Pending) => {
                say("and yet something was made of it".to_owned())
            }
            _ => Amiss::new(),
        }
    }
}

#[cfg(test)]
mod tests;
