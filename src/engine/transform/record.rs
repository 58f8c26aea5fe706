//! The end of the stage: the runs, and what becomes of the event, in one commit.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use hookyard_model::{EventId, EventStatus, IgnoredCause, Timestamp, TransformationRunId};

use super::{Raw, Reserved};
use crate::{
    db::{
        Tx,
        bulk::{
            Bulk,
            Kind::{Bool, Int, Text},
        },
    },
    delivery::{LaneKey, Waiting},
    rollup::{Ended, Tally},
    transformation::{self, NewRun, RunOf},
};

/// What becomes of an event after its transformations.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It is sent; what was made is that of this run, or what came.
    Sent { data: Option<TransformationRunId>, due_at: Timestamp, size: usize },
    /// The filter holds it back.
    Filtered { data: Option<TransformationRunId> },
    /// A script failed; a sentence for people.
    Failed(String),
    /// Its connection is gone.
    Cancelled,
}

/// What came of an event's transformations, to be recorded in one commit.
#[derive(Debug)]
pub(crate) struct Transformed {
    pub(crate) raw: Arc<Raw>,
    pub(crate) runs: Vec<NewRun>,
    pub(crate) fate: Fate,
    pub(crate) at: Timestamp,
    /// The event as a lane keeps it, where it is due at once.
    pub(crate) waiting: Vec<Waiting>,
    /// Until then it takes its room.
    #[expect(dead_code, reason = "it is held, not read")]
    pub(crate) reserved: Option<Reserved>,
}

impl Transformed {
    /// How many bytes of payload it has for the writer.
    pub(crate) fn bytes(&self) -> usize {
        self.runs.iter().filter_map(|run| run.after.as_ref()).map(|after| after.content.body.len()).sum()
    }

    /// The same without what may be why it cannot be recorded; `None` when there is nothing left to leave out.
    pub(crate) fn without_result(self) -> Option<Self> {
        if self.runs.is_empty() {
            return None;
        }
        let fate = Fate::Failed("what the transformation made cannot be stored".to_owned());
        Some(Self { runs: Vec::new(), fate, waiting: Vec::new(), ..self })
    }

    fn next_attempt_at(&self) -> Option<Timestamp> {
        match self.fate {
            Fate::Sent { due_at, .. } => Some(due_at),
            _ => None,
        }
    }

    fn status(&self) -> EventStatus {
        match self.fate {
            Fate::Sent { due_at, .. } if due_at > self.at => EventStatus::Scheduled,
            Fate::Sent { .. } => EventStatus::Queued,
            Fate::Filtered { .. } | Fate::Cancelled => EventStatus::Cancelled,
            Fate::Failed(_) => EventStatus::Failed,
        }
    }
}

/// A lane that gets an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) lane: LaneKey,
    pub(crate) due_at: Timestamp,
    /// Whether the lane was told of the event before its commit, where it is held here.
    pub(crate) is_announced: bool,
}

const QUEUE: &str = "
    DELETE FROM transforming WHERE (team_id, mode, event_id) IN
        (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.event_id AS TEXT) FROM u)
    RETURNING event_id";

const EVENT: &str = "
    UPDATE event SET status = u.status, next_attempt_at = u.next_attempt_at, data_id = u.data_id, untransformed = u.untransformed,
        ignored_cause = u.ignored_cause, error_code = u.error_code, failure_message = u.failure_message, updated_at = u.updated_at
    FROM u
    WHERE event.team_id = u.team_id AND event.mode = u.mode AND event.id = u.id AND event.status = 'QUEUED'";

/// A branch that its filter ends now is one that ignored the request, as those are that a filter ended at capture.
const IGNORED: &str = "
    UPDATE request SET ignored_count = request.ignored_count + u.branches FROM u
    WHERE request.team_id = u.team_id AND request.mode = u.mode AND request.id = u.id";

/// The lane may be gone with its destination: what nobody will ever send is cancelled by a chore.
const PENDING: &str = "
    INSERT INTO pending (team_id, mode, destination_id, rank, due_at, event_id, connection_id, attempts, cause, size)
    SELECT team_id, mode, destination_id, rank, due_at, event_id, connection_id, 0, cause, size FROM u";

/// Records all of `done` whose row of the queue is still there, and returns their events. The lanes that get something
/// are added to `work`.
pub(crate) async fn record(
    tx: &mut Tx,
    done: &[&Transformed],
    work: &mut Vec<Work>,
    tally: &mut Tally,
) -> sqlx::Result<HashSet<EventId>> {
    let mut queue = Bulk::new(&[("team_id", Text), ("mode", Text), ("event_id", Text)]);
    let mut in_order: Vec<&Transformed> = done.to_vec();
    in_order.sort_by_key(|done| done.raw.event);
    for done in &in_order {
        queue.row().text(done.raw.team).text(done.raw.mode).text(done.raw.event);
    }
    let ours: Vec<(EventId,)> = queue.returning(tx, QUEUE).await?;
    let ours: HashSet<EventId> = ours.into_iter().map(|(event,)| event).collect();
    let done = || in_order.iter().copied().filter(|done| ours.contains(&done.raw.event));
    events(done()).run(tx, EVENT).await?;
    ignored(done()).run(tx, IGNORED).await?;
    pending(done(), work).run(tx, PENDING).await?;
    let mut runs = Vec::new();
    for done in done() {
        let raw = &done.raw;
        let of = RunOf {
            team: raw.team,
            mode: raw.mode,
            event: raw.event,
            request: raw.request,
            connection: raw.connection,
        };
        runs.extend(done.runs.iter().map(|run| (of, run)));
        done.runs.iter().for_each(|run| tally.run(of, run));
        if let Fate::Failed(message) = &done.fate {
            tally.transformation_failed(raw, message, done.at);
        }
        if !matches!(done.fate, Fate::Sent { .. }) {
            tally.ended(&Ended {
                team_id: raw.team,
                mode: raw.mode,
                id: raw.event,
                source_id: raw.source,
                connection_id: raw.connection,
                destination_id: raw.destination,
                status: done.status(),
                ignored_cause: matches!(done.fate, Fate::Filtered { .. }).then_some(IgnoredCause::Filtered),
            });
        }
    }
    transformation::record_runs(tx, &runs).await?;
    Ok(ours)
}

fn events<'a>(done: impl Iterator<Item = &'a Transformed>) -> Bulk {
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("status", Text),
        ("next_attempt_at", Int),
        ("data_id", Text),
        ("untransformed", Bool),
        ("ignored_cause", Text),
        ("error_code", Text),
        ("failure_message", Text),
        ("updated_at", Int),
    ]);
    for done in done {
        let raw = &done.raw;
        let (data, cause, failure) = match &done.fate {
            Fate::Sent { data, .. } => (*data, None, None),
            Fate::Filtered { data } => (*data, Some(IgnoredCause::Filtered), None),
            Fate::Failed(message) => (None, None, Some(message)),
            Fate::Cancelled => (None, None, None),
        };
        rows.row()
            .text(raw.team)
            .text(raw.mode)
            .text(raw.event)
            .text(done.status())
            .opt_int(done.next_attempt_at().map(Timestamp::millis))
            .opt_text(data)
            .bool(!matches!(done.fate, Fate::Sent { .. }))
            .opt_text(cause)
            .opt_text(failure.map(|_| hookyard_model::ErrorCode::TransformFailed))
            .opt_text(failure)
            .int(done.at.millis());
    }
    rows
}

fn ignored<'a>(done: impl Iterator<Item = &'a Transformed>) -> Bulk {
    let mut branches: BTreeMap<_, u32> = BTreeMap::new();
    for done in done.filter(|done| matches!(done.fate, Fate::Filtered { .. })) {
        *branches.entry((done.raw.team, done.raw.mode, done.raw.request)).or_default() += 1;
    }
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text), ("branches", Int)]);
    for ((team, mode, request), branches) in branches {
        rows.row().text(team).text(mode).text(request).int(branches);
    }
    rows
}

fn pending<'a>(done: impl Iterator<Item = &'a Transformed>, work: &mut Vec<Work>) -> Bulk {
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("rank", Int),
        ("due_at", Int),
        ("event_id", Text),
        ("connection_id", Text),
        ("cause", Text),
        ("size", Int),
    ]);
    for done in done {
        let raw = &done.raw;
        let Fate::Sent { due_at, size, .. } = done.fate else { continue };
        work.push(Work {
            lane: raw.lane(),
            due_at,
            is_announced: done.waiting.iter().any(|waiting| waiting.is_announced),
        });
        // What waits first never goes before what is live.
        let rank = if due_at > done.at { raw.rank.max(1) } else { raw.rank };
        rows.row()
            .text(raw.team)
            .text(raw.mode)
            .text(raw.destination)
            .int(rank)
            .int(due_at.millis())
            .text(raw.event)
            .text(raw.connection)
            .text(raw.cause)
            .int(i64::try_from(size).unwrap_or(i64::MAX));
    }
    rows
}
