//! Whether all that was accepted is accounted for: requests against their events and ignored events, events against
//! their attempts and the queue, and the queue against the events.
//!
//! It reads one moment of the whole database, row by row, so it may run beside a busy server.

mod store;

use std::{collections::HashSet, time::Duration};

use hookyard_model::{EventStatus, RequestStatus, Timestamp, service::Reconciled};

use self::store::{EventRow, PendingRow, RequestRow};
use crate::{
    Engine,
    error::Result,
    rule::{IgnoredColumn, all_rosters},
};

/// How many discrepancies are told; who has more than that needs no longer list.
const MOST: usize = 1000;
/// How far the clocks of nodes may be apart.
const SKEW: Duration = Duration::from_mins(1);

/// Reconciles the whole database.
pub(crate) async fn verify(engine: &Engine) -> Result<Reconciled> {
    let mut tx = store::snapshot(engine.db()).await?;
    // Retention deletes a request with its events in one commit, so a moment shows all of them or none. Attempts go by
    // their own time, and so before or after their event.
    let kept = Duration::from_hours(24) * engine.0.config.retention_days;
    let since = engine.now().minus(kept).plus(SKEW);
    let rosters = all_rosters(&mut tx).await?;
    let mut report = Report { requests: 0, events: 0, since, rosters, discrepancies: Vec::new() };

    store::requests(&mut tx, |row| report.request(row)).await?;
    store::events(&mut tx, |row| report.event(row)).await?;
    store::pending(&mut tx, |row| report.pending(row)).await?;
    let attempts = store::count_attempts(&mut tx).await?;
    store::stray_attempts(&mut tx, |attempt, event| {
        if event.made_at() >= since {
            report.tell(format!("the attempt {attempt} is of the event {event}, which is not there"));
        }
    })
    .await?;
    Ok(Reconciled { requests: report.requests, events: report.events, attempts, discrepancies: report.discrepancies })
}

struct Report {
    requests: u64,
    events: u64,
    /// Of what was made before, attempts may have been deleted.
    since: Timestamp,
    /// The lists of connections that requests may name.
    rosters: HashSet<String>,
    discrepancies: Vec<String>,
}

impl Report {
    fn tell(&mut self, discrepancy: String) {
        if self.discrepancies.len() < MOST {
            self.discrepancies.push(discrepancy);
        }
    }

    fn request(&mut self, row: &RequestRow) {
        self.requests += 1;
        let (id, events) = (row.id, row.events);
        match row.status {
            RequestStatus::Rejected if events > 0 => {
                self.tell(format!("the request {id} was rejected, and yet {events} event(s) came of it"));
            }
            RequestStatus::Rejected => {}
            RequestStatus::Accepted => {
                let (counted, ignored) = (row.events_count, row.ignored_count);
                if counted != events {
                    self.tell(format!("the request {id} made {counted} event(s), of which {events} are there"));
                }
                match IgnoredColumn::read(row.ignored.as_deref()) {
                    Err(error) => self.tell(format!("what ignored the request {id} cannot be read: {error}")),
                    Ok(column) => {
                        if let Some(roster) = column.rosters().find(|roster| !self.rosters.contains(*roster)) {
                            self.tell(format!(
                                "the request {id} was ignored by some of the connections {roster}, which is not there"
                            ));
                        }
                        let listed = column.count();
                        if i64::try_from(listed) != Ok(ignored) {
                            self.tell(format!(
                                "the request {id} was ignored {ignored} time(s), and {listed} are listed"
                            ));
                        }
                    }
                }
                if counted + ignored == 0 {
                    self.tell(format!("the request {id} was accepted, and neither made an event nor was ignored"));
                }
            }
        }
    }

    fn event(&mut self, row: &EventRow) {
        self.events += 1;
        let (id, status) = (row.id, row.status);
        let is_transforming = row.untransformed && status == EventStatus::Queued && row.next_attempt_at.is_none();
        if is_transforming != (row.transforming == 1) {
            let rows = row.transforming;
            self.tell(format!(
                "the event {id} is {status}, and {rows} times in the queue of what is to be transformed"
            ));
            return;
        }
        match (status.is_pending(), row.next_attempt_at) {
            (true, None) if is_transforming => {}
            (true, None) => self.tell(format!("the event {id} is {status}, and yet not due at any time")),
            (true, Some(due_at)) if row.queued != 1 => {
                let queued = row.queued;
                self.tell(format!("the event {id} is {status} and due at {due_at}, and {queued} times in the queue"));
            }
            (false, Some(due_at)) => self.tell(format!("the event {id} is {status}, and yet due at {due_at}")),
            (true, Some(_)) | (false, None) => {}
        }
        // A node that lost its lane while it sent leaves one attempt more, which does not count.
        let whole = id.made_at() >= self.since;
        if row.tried > row.attempts + 1 || (whole && row.tried < row.attempts) {
            let (counted, tried) = (row.attempts, row.tried);
            self.tell(format!("the event {id} counts {counted} attempt(s), of which {tried} are there"));
        }
        if whole && status == EventStatus::Successful && row.succeeded == 0 {
            self.tell(format!("the event {id} is {status}, and yet none of its attempts was"));
        }
        if row.requests == 0 {
            self.tell(format!("the event {id} is of the request {}, which is not there", row.request_id));
        }
    }

    fn pending(&mut self, row: &PendingRow) {
        let (id, destination) = (row.event_id, row.destination_id);
        match row.event_status {
            None => self.tell(format!("the queue of {destination} has the event {id}, which is not there")),
            Some(status) if !status.is_pending() => {
                self.tell(format!("the queue of {destination} has the event {id}, which is {status}"));
            }
            Some(_) if row.event_destination != Some(destination) => {
                self.tell(format!("the queue of {destination} has the event {id}, which goes elsewhere"));
            }
            Some(_) if row.event_due_at != Some(row.due_at) => {
                let due_at = row.due_at;
                self.tell(format!(
                    "the queue of {destination} has the event {id} at {due_at}, which is not when it is due"
                ));
            }
            Some(_) if !row.has_lane => {
                self.tell(format!("the queue of {destination} has the event {id}, and no lane to send it by"));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::{DestinationId, EventId, RequestId, Timestamp};
    use ulid::Ulid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn told(tell: impl FnOnce(&mut Report)) -> bool {
        let mut report =
            Report { requests: 0, events: 0, since: NOW, rosters: HashSet::new(), discrepancies: Vec::new() };
        tell(&mut report);
        assert!(report.discrepancies.len() <= 1, "{:?}", report.discrepancies);
        !report.discrepancies.is_empty()
    }

    #[test]
    fn a_request_ends_in_what_it_says() {
        let well = RequestRow {
            id: RequestId::first_at(NOW),
            status: RequestStatus::Accepted,
            events_count: 2,
            ignored_count: 2,
            ignored: Some(r#"{"FILTERED":["con_00000000000000000000000001"],"NO_CONNECTION":[]}"#.into()),
            events: 2,
        };
        let none = RequestRow { events_count: 0, ignored_count: 0, ignored: None, events: 0, ..well.clone() };
        let rejected = RequestRow { status: RequestStatus::Rejected, ..none.clone() };
        for (case, row, wrong) in [
            ("all there", well.clone(), false),
            ("an event is missing", RequestRow { events: 1, ..well.clone() }, true),
            ("an event too many", RequestRow { events: 3, ..well.clone() }, true),
            ("an ignored one is missing", RequestRow { ignored_count: 3, ..well.clone() }, true),
            ("unreadable", RequestRow { ignored: Some("{".into()), ..well.clone() }, true),
            ("nobody knows by whom", RequestRow { ignored: Some(r#"{"FILTERED":"x:Aw"}"#.into()), ..well }, true),
            ("nothing came of it", none, true),
            ("rejected", rejected.clone(), false),
            ("rejected, with an event", RequestRow { events: 1, ..rejected }, true),
        ] {
            assert_eq!(told(|report| report.request(&row)), wrong, "{case}");
        }
    }

    #[test]
    fn an_event_is_where_it_says() {
        let done = EventRow {
            id: EventId::first_at(NOW),
            request_id: RequestId::first_at(NOW),
            status: EventStatus::Successful,
            attempts: 2,
            next_attempt_at: None,
            tried: 2,
            succeeded: 1,
            queued: 0,
            untransformed: false,
            transforming: 0,
            requests: 1,
        };
        let status = EventStatus::Queued;
        let (attempts, tried, succeeded) = (0, 0, 0);
        let stage =
            EventRow { status, untransformed: true, transforming: 1, attempts, tried, succeeded, ..done.clone() };
        let status = EventStatus::Scheduled;
        let waits = EventRow { status, next_attempt_at: Some(NOW), queued: 1, succeeded: 0, ..done.clone() };
        for (case, row, wrong) in [
            ("delivered", done.clone(), false),
            ("is to be transformed", stage.clone(), false),
            ("is to be transformed, by nobody", EventRow { transforming: 0, ..stage.clone() }, true),
            ("is transformed and in that queue", EventRow { untransformed: false, ..stage }, true),
            ("delivered and in that queue", EventRow { transforming: 1, ..done.clone() }, true),
            ("an attempt is missing", EventRow { tried: 1, ..done.clone() }, true),
            ("one more by a node that lost its lane", EventRow { tried: 3, ..done.clone() }, false),
            ("two more", EventRow { tried: 4, ..done.clone() }, true),
            ("none of them succeeded", EventRow { succeeded: 0, ..done.clone() }, true),
            ("done and yet due", EventRow { next_attempt_at: Some(NOW), ..done.clone() }, true),
            ("without a request", EventRow { requests: 0, ..done }, true),
            ("waits", waits.clone(), false),
            ("waits nowhere", EventRow { queued: 0, ..waits.clone() }, true),
            ("waits twice", EventRow { queued: 2, ..waits.clone() }, true),
            ("waits for no time", EventRow { next_attempt_at: None, queued: 0, ..waits }, true),
        ] {
            assert_eq!(told(|report| report.event(&row)), wrong, "{case}");
        }
    }

    #[test]
    fn the_queue_has_what_waits() {
        let destination = DestinationId::new(Ulid(1));
        let well = PendingRow {
            event_id: EventId::first_at(NOW),
            destination_id: destination,
            due_at: NOW,
            event_status: Some(EventStatus::Queued),
            event_destination: Some(destination),
            event_due_at: Some(NOW),
            has_lane: true,
        };
        let elsewhere = Some(DestinationId::new(Ulid(2)));
        for (case, row, wrong) in [
            ("waits", well.clone(), false),
            ("no event", PendingRow { event_status: None, ..well.clone() }, true),
            ("done", PendingRow { event_status: Some(EventStatus::Failed), ..well.clone() }, true),
            ("another destination's", PendingRow { event_destination: elsewhere, ..well.clone() }, true),
            ("another time", PendingRow { event_due_at: Some(Timestamp::NEVER), ..well.clone() }, true),
            ("nobody sends it", PendingRow { has_lane: false, ..well }, true),
        ] {
            assert_eq!(told(|report| report.pending(&row)), wrong, "{case}");
        }
    }

    #[test]
    fn the_list_of_discrepancies_ends() {
        let mut report =
            Report { requests: 0, events: 0, since: NOW, rosters: HashSet::new(), discrepancies: Vec::new() };
        (0..MOST + 5).for_each(|number| report.tell(number.to_string()));
        assert_eq!(report.discrepancies.len(), MOST);
    }
}
