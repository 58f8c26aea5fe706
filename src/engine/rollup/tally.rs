//! What a commit comes to, added to the counts as its last statements.

use std::collections::BTreeMap;

use hookyard_model::{
    AttemptStatus, ConnectionId, DestinationId, EventId, EventStatus, IgnoredCause, Mode, RejectionCause, SourceId,
    TeamId, Timestamp, TransformationId,
};
use sqlx::AssertSqlSafe;

use super::table::{ATTEMPTS, EVENTS, FAILURES, REQUESTS, second};
use crate::{
    db::{Tx, within},
    delivery::LaneKey,
    issue::Failures,
    transform::Raw,
    transformation::{self, NewRun, RunOf},
    writer::{Decided, NewEvent, NewRequest, Settlement},
};

type Whose = (TeamId, Mode);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Requests {
    requests: u32,
    ignored: u32,
    bytes: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Events {
    created: u32,
    delivered: u32,
    failed: u32,
    cancelled: u32,
    ignored: u32,
}

/// An event that came to its end, as its row is then.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Ended {
    pub(crate) team_id: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: EventId,
    pub(crate) source_id: SourceId,
    pub(crate) connection_id: ConnectionId,
    pub(crate) destination_id: DestinationId,
    pub(crate) status: EventStatus,
    /// Why a filter ended it.
    pub(crate) ignored_cause: Option<IgnoredCause>,
}

impl Ended {
    /// The columns of `event` that it is read from.
    pub(crate) const COLUMNS: &str =
        "team_id, mode, id, source_id, connection_id, destination_id, status, ignored_cause";

    /// The same of an `event` among other tables: both databases want to know of which table they are.
    pub(crate) fn returned() -> String {
        let column = |name: &str| format!("event.{}", name.trim());
        Self::COLUMNS.split(',').map(column).collect::<Vec<_>>().join(", ")
    }
}

/// What a commit comes to. Everything belongs to the second that its id was made in, as it does in lists by time.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: BTreeMap<(Whose, i64, SourceId, Option<&'static str>), Requests>,
    events: BTreeMap<(Whose, i64, ConnectionId, SourceId, DestinationId), Events>,
    attempts: BTreeMap<(Whose, i64, DestinationId), (u32, u32)>,
    /// Of transformations, by the minute.
    runs: BTreeMap<(Whose, TransformationId, i64), (u32, u32)>,
    /// What failed and was not simulated.
    failures: Failures,
}

/// How many of a connection's events were cancelled, by when and what of they were made.
#[derive(sqlx::FromRow)]
struct Cancelled {
    begins: i64,
    connection_id: ConnectionId,
    source_id: SourceId,
    destination_id: DestinationId,
    events: i64,
}

impl Tally {
    /// A request was taken in.
    pub(crate) fn request(&mut self, request: &NewRequest, decided: &Decided) {
        let cause = request.rejection.as_ref().map(|(cause, _): &(RejectionCause, _)| cause.as_str());
        let key = ((request.team, request.mode), request.id.made_at().millis(), request.source, cause);
        let sum = self.requests.entry((key.0, second(key.1, 0), key.2, key.3)).or_default();
        sum.requests += 1;
        sum.ignored += decided.ignored(request).count();
        sum.bytes += request.body.len() as u64;
    }

    /// An event was made.
    pub(crate) fn event(&mut self, event: &NewEvent) {
        let (whose, ends) = ((event.team, event.mode), (event.connection, event.source, event.destination));
        self.of_event(whose, event.id, ends).created += 1;
    }

    /// An event came to its end, or was tried without.
    pub(crate) fn ended(&mut self, event: &Ended) {
        let ends = (event.connection_id, event.source_id, event.destination_id);
        let sum = self.of_event((event.team_id, event.mode), event.id, ends);
        match event.status {
            EventStatus::Successful => sum.delivered += 1,
            EventStatus::Failed => {
                sum.failed += 1;
                self.failures.ended(event.id);
            }
            EventStatus::Cancelled => {
                sum.cancelled += 1;
                sum.ignored += u32::from(event.ignored_cause.is_some());
            }
            EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold => {}
        }
    }

    fn of_event(
        &mut self,
        whose: Whose,
        id: EventId,
        (connection, source, destination): (ConnectionId, SourceId, DestinationId),
    ) -> &mut Events {
        let at = second(id.made_at().millis(), 0);
        self.events.entry((whose, at, connection, source, destination)).or_default()
    }

    /// There was an attempt.
    pub(crate) fn attempt(&mut self, settlement: &Settlement) {
        let LaneKey { team, mode, destination } = settlement.lane;
        let at = second(settlement.attempt.id.made_at().millis(), 0);
        let (successful, failed) = self.attempts.entry(((team, mode), at, destination)).or_default();
        match settlement.attempt.status {
            AttemptStatus::Successful => *successful += 1,
            AttemptStatus::Failed => *failed += 1,
        }
        self.failures.attempt(settlement);
    }

    /// A script failed an event.
    pub(crate) fn transformation_failed(&mut self, raw: &Raw, message: &str, at: Timestamp) {
        self.failures.transformation(raw, message, at);
    }

    /// A transformation ran.
    pub(crate) fn run(&mut self, of: RunOf, run: &NewRun) {
        let minute = run.created_at.millis().div_euclid(super::MINUTE) * super::MINUTE;
        let key = ((of.team, of.mode), run.transformation, minute);
        let (successful, failed) = self.runs.entry(key).or_default();
        *successful += u32::from(run.error.is_none());
        *failed += u32::from(run.error.is_some());
    }

    /// Cancels the events that `condition` finds, whose parameters from `$3` on are `values`, and counts exactly those. So
    /// many may be cancelled at once that they are not read one by one.
    pub(crate) async fn cancel(
        &mut self,
        tx: &mut Tx,
        whose: Whose,
        (condition, values): (&str, &[String]),
        now: Timestamp,
    ) -> sqlx::Result<()> {
        const WHAT: &str = "created_at / 1000 * 1000 AS begins, connection_id, source_id, destination_id";
        let condition = format!("event.team_id = $1 AND event.mode = $2 AND {condition}");
        let update = format!(
            "UPDATE event SET status = 'CANCELLED', next_attempt_at = NULL, updated_at = {} WHERE {condition}",
            now.millis()
        );
        let count = |from: &str| {
            format!(
                "SELECT begins, connection_id, source_id, destination_id, COUNT(*) AS events FROM ({from}) AS gone \
                 GROUP BY begins, connection_id, source_id, destination_id"
            )
        };
        // PostgreSQL counts what it changed, since others change events meanwhile. `SQLite` has no such statement, and one
        // writer.
        let (sql, then) = match tx {
            Tx::Sqlite(_) => (count(&format!("SELECT {WHAT} FROM event WHERE {condition}")), Some(update)),
            Tx::Postgres(_) => {
                (format!("WITH gone AS ({update} RETURNING {WHAT}) {}", count("SELECT * FROM gone")), None)
            }
        };
        let cancelled: Vec<Cancelled> = within!(&mut *tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(whose.0).bind(whose.1);
            for value in values {
                query = query.bind(value);
            }
            query.fetch_all(conn).await
        })?;
        if let Some(then) = then {
            within!(&mut *tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(then.as_str())).bind(whose.0).bind(whose.1);
                for value in values {
                    query = query.bind(value);
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        for Cancelled { begins, connection_id, source_id, destination_id, events } in cancelled {
            let key = (whose, begins, connection_id, source_id, destination_id);
            self.events.entry(key).or_default().cancelled += u32::try_from(events).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// Adds it to what is counted, as the last thing of its transaction: whoever counts the same second as the same
    /// `writer` waits for it.
    pub(crate) async fn write(self, tx: &mut Tx, writer: u16) -> sqlx::Result<()> {
        let at = |begins: i64| Timestamp::from_millis(second(begins, writer)).millis();
        let mut rows = REQUESTS.rows();
        for (((team, mode), begins, source, cause), sum) in self.requests {
            rows.row()
                .text(team)
                .text(mode)
                .int(super::SECOND)
                .int(at(begins))
                .text(source)
                .text(cause.unwrap_or(super::ACCEPTED))
                .int(sum.requests)
                .int(sum.ignored)
                .int(i64::try_from(sum.bytes).unwrap_or(i64::MAX));
        }
        REQUESTS.add(tx, rows).await?;
        let mut rows = EVENTS.rows();
        for (((team, mode), begins, connection, source, destination), sum) in self.events {
            if sum == Events::default() {
                continue;
            }
            rows.row()
                .text(team)
                .text(mode)
                .int(super::SECOND)
                .int(at(begins))
                .text(connection)
                .text(source)
                .text(destination)
                .int(sum.created)
                .int(sum.delivered)
                .int(sum.failed)
                .int(sum.cancelled)
                .int(sum.ignored);
        }
        EVENTS.add(tx, rows).await?;
        let mut rows = ATTEMPTS.rows();
        for (((team, mode), begins, destination), (successful, failed)) in self.attempts {
            rows.row()
                .text(team)
                .text(mode)
                .int(super::SECOND)
                .int(at(begins))
                .text(destination)
                .int(successful)
                .int(failed);
        }
        ATTEMPTS.add(tx, rows).await?;
        let mut rows = FAILURES.rows();
        for ((team, mode, begins, destination, cause), attempts) in self.failures.counts(at) {
            rows.row().text(team).text(mode).int(super::SECOND).int(begins).text(destination).text(cause).int(attempts);
        }
        FAILURES.add(tx, rows).await?;
        self.failures.write(tx).await?;
        let runs =
            self.runs.into_iter().map(|(((team, mode), id, minute), count)| ((team, mode, id), at(minute), count));
        transformation::count_runs(tx, runs).await
    }
}
