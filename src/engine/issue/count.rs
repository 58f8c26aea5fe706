//! Failures are counted in the commit that records them: a statement for all of a commit's, and none where nothing failed.

use std::collections::{BTreeMap, HashSet};

use hookyard_model::{
    AttemptId, ConnectionId, ErrorCode, EventId, IssueCause, IssueChangeKind, IssueId, IssueState, Mode, TeamId,
    Timestamp,
};

use crate::{
    db::{
        Tx,
        bulk::{
            Bulk, Kind,
            Kind::{Int, Text},
        },
    },
    delivery::LaneKey,
    transform::Raw,
    writer::Settlement,
};

/// How many characters of an error are kept.
const LONGEST: usize = 500;

/// The failures of a commit, by what they are issues of.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    groups: BTreeMap<(LaneKey, String), Group>,
    /// The events that it ended for good.
    ended: HashSet<EventId>,
}

/// Failures of one destination with one cause.
#[derive(Debug)]
struct Group {
    /// What the issue is called, should it be new: after its first failure.
    id: IssueId,
    first_at: Timestamp,
    last_at: Timestamp,
    attempts: u32,
    events: u32,
    last: Last,
    /// How many by the instant that their attempts were made, in milliseconds.
    at: BTreeMap<i64, u32>,
}

#[derive(Debug)]
struct Last {
    connection: ConnectionId,
    event: EventId,
    attempt: Option<AttemptId>,
    error: String,
}

impl Failures {
    /// An event has failed for good; it is told before the attempt that did it.
    pub(crate) fn ended(&mut self, event: EventId) {
        self.ended.insert(event);
    }

    /// There was an attempt, which may have failed.
    pub(crate) fn attempt(&mut self, settlement: &Settlement) {
        let attempt = &settlement.attempt;
        let (Some(at), Some((code, message))) = (settlement.failed_at, &attempt.error) else { return };
        let cause = IssueCause::of(*code, attempt.response_status);
        let last = Last {
            connection: settlement.connection,
            event: settlement.event,
            attempt: Some(attempt.id),
            error: brief(message),
        };
        let ended = u32::from(self.ended.contains(&settlement.event));
        let made_at = attempt.id.made_at().millis();
        self.add(settlement.lane, cause, (at, made_at), (IssueId::new(attempt.id.ulid()), ended), last);
    }

    /// A script failed an event.
    pub(crate) fn transformation(&mut self, raw: &Raw, message: &str, at: Timestamp) {
        if raw.simulated {
            return;
        }
        let cause = IssueCause::Error(ErrorCode::TransformFailed);
        let last = Last { connection: raw.connection, event: raw.event, attempt: None, error: brief(message) };
        self.add(raw.lane(), cause, (at, at.millis()), (IssueId::new(raw.event.ulid()), 1), last);
    }

    fn add(
        &mut self,
        lane: LaneKey,
        cause: IssueCause,
        (at, made_at): (Timestamp, i64),
        (id, ended): (IssueId, u32),
        last: Last,
    ) {
        match self.groups.entry((lane, cause.to_string())) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let by_time = BTreeMap::from([(made_at, 1)]);
                vacant.insert(Group { id, first_at: at, last_at: at, attempts: 1, events: ended, last, at: by_time });
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => {
                let group = occupied.get_mut();
                group.attempts += 1;
                group.events += ended;
                group.first_at = group.first_at.min(at);
                *group.at.entry(made_at).or_default() += 1;
                if at >= group.last_at {
                    (group.last_at, group.last) = (at, last);
                }
            }
        }
    }

    /// How many there were, by lane, cause and the instant that `at` makes of theirs.
    pub(crate) fn counts(&self, at: impl Fn(i64) -> i64) -> BTreeMap<(TeamId, Mode, i64, String, &str), u32> {
        let mut counts = BTreeMap::new();
        for ((lane, cause), group) in &self.groups {
            for (made_at, count) in &group.at {
                let key = (lane.team, lane.mode, at(*made_at), lane.destination.to_string(), cause.as_str());
                *counts.entry(key).or_default() += count;
            }
        }
        counts
    }

    /// Adds them to their issues, and opens those that are not open.
    pub(crate) async fn write(self, tx: &mut Tx) -> sqlx::Result<()> {
        if self.groups.is_empty() {
            return Ok(());
        }
        let mut rows = Bulk::new(COLUMNS);
        let mut begun = BTreeMap::new();
        for ((lane, cause), group) in self.groups {
            begun.insert((lane, cause.clone()), (group.first_at, group.attempts));
            rows.row()
                .text(lane.team)
                .text(lane.mode)
                .text(group.id)
                .text(lane.destination)
                .text(cause)
                .text(group.last.connection)
                .int(group.first_at.millis())
                .int(group.last_at.millis())
                .int(group.attempts)
                .int(group.events)
                .text(group.last.error)
                .text(group.last.event)
                .opt_text(group.last.attempt);
        }
        let mut opened =
            Bulk::new(&[("team_id", Text), ("mode", Text), ("issue_id", Text), ("opening", Int), ("at", Int)]);
        for row in rows.returning::<Counted>(tx, COUNT).await? {
            let lane = LaneKey { team: row.team_id, mode: row.mode, destination: row.destination_id };
            let ours = begun.get(&(lane, row.cause));
            // What was counted before would be there as well, had it not been opened just now.
            let is_opened = row.state == IssueState::Open
                && ours.is_some_and(|(at, attempts)| (*at, i64::from(*attempts)) == (row.opened_at, row.attempts));
            if is_opened {
                opened
                    .row()
                    .text(row.team_id)
                    .text(row.mode)
                    .text(row.id)
                    .int(row.times_opened)
                    .int(row.opened_at.millis());
            }
        }
        opened
            .run(
                tx,
                &format!(
                    "{OPENED}'{}', at, NULL, NULL, 0, 0 FROM u WHERE true ON CONFLICT DO NOTHING",
                    IssueChangeKind::Opened
                ),
            )
            .await?;
        Ok(())
    }
}

fn brief(message: &str) -> String {
    message.chars().take(LONGEST).collect()
}

const COLUMNS: &[(&str, Kind)] = &[
    ("team_id", Text),
    ("mode", Text),
    ("id", Text),
    ("destination_id", Text),
    ("cause", Text),
    ("connection_id", Text),
    ("first_at", Int),
    ("last_at", Int),
    ("attempts", Int),
    ("events", Int),
    ("error", Text),
    ("event_id", Text),
    ("attempt_id", Text),
];

const OPENED: &str = "
    INSERT INTO issue_change (team_id, mode, issue_id, opening, kind, at, actor, resolution, attempts, events)
    SELECT team_id, mode, issue_id, opening, ";

/// In order, so that two commits do not wait for each other. What fails late, after its issue was resolved, is counted and
/// opens nothing. A destination that is gone has no issues.
const COUNT: &str = "
    INSERT INTO issue (team_id, mode, id, destination_id, destination_name, cause, connection_id, state, opened_at,
        last_seen_at, attempts, events, times_opened, times_told, times_returned, last_error, last_event_id, last_attempt_id,
        created_at)
    SELECT u.team_id, u.mode, u.id, u.destination_id,
        CASE WHEN destination.is_webhook AND destination.url IS NOT NULL THEN destination.url ELSE destination.name END,
        u.cause, u.connection_id, 'OPEN', u.first_at, u.last_at, u.attempts, u.events, 1, 0, 0, u.error, u.event_id,
        u.attempt_id, u.first_at
    FROM u JOIN destination ON destination.team_id = u.team_id AND destination.mode = u.mode
        AND destination.id = u.destination_id
    WHERE true
    ORDER BY u.team_id, u.mode, u.destination_id, u.cause
    ON CONFLICT (team_id, mode, destination_id, cause) DO UPDATE SET
        destination_name = excluded.destination_name,
        connection_id = excluded.connection_id,
        state = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN 'OPEN' ELSE issue.state END,
        opened_at = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN excluded.opened_at ELSE issue.opened_at END,
        last_seen_at = CASE WHEN issue.last_seen_at > excluded.last_seen_at THEN issue.last_seen_at
            ELSE excluded.last_seen_at END,
        attempts = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN 0 ELSE issue.attempts END + excluded.attempts,
        events = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN 0 ELSE issue.events END + excluded.events,
        times_opened = issue.times_opened + CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN 1 ELSE 0 END,
        times_returned = CASE WHEN issue.resolved_at IS NULL OR issue.resolved_at > excluded.last_seen_at
                THEN issue.times_returned
            WHEN issue.resolution = 'ITSELF' AND excluded.last_seen_at - issue.resolved_at < 3600000
                THEN issue.times_returned + 1
            ELSE 0 END,
        acknowledged_at = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN NULL ELSE issue.acknowledged_at END,
        acknowledged_by = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN NULL ELSE issue.acknowledged_by END,
        resolution = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN NULL ELSE issue.resolution END,
        resolved_by = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN NULL ELSE issue.resolved_by END,
        resolved_at = CASE WHEN issue.resolved_at <= excluded.last_seen_at THEN NULL ELSE issue.resolved_at END,
        last_error = excluded.last_error,
        last_event_id = excluded.last_event_id,
        last_attempt_id = excluded.last_attempt_id
    RETURNING team_id, mode, id, destination_id, cause, state, opened_at, attempts, times_opened";

#[derive(sqlx::FromRow)]
struct Counted {
    team_id: TeamId,
    mode: Mode,
    id: IssueId,
    destination_id: hookyard_model::DestinationId,
    cause: String,
    state: IssueState,
    opened_at: Timestamp,
    attempts: i64,
    times_opened: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_returns_within_the_time_that_the_statement_has() {
        assert!(COUNT.contains(&format!("< {}\n", hookyard_model::ISSUE_RETURNS_WITHIN.as_millis())), "{COUNT}");
    }
}
