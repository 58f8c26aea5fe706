//! What was counted, read in stretches of equal length.

use std::fmt::Display;

use hookyard_model::{Actor, ConnectionId, DestinationId, IssueCause, SourceId, Timestamp};

use super::table::SPANS;
use crate::{db::Db, error::Result, request::filter::Conditions};

/// Stretches of equal length one after the other, numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretches {
    pub(crate) from: Timestamp,
    /// When the last one ends.
    pub(crate) to: Timestamp,
    /// How long each is, in milliseconds.
    pub(crate) length: i64,
}

impl Stretches {
    /// So many that end at `to`.
    pub(crate) fn ending(to: Timestamp, length: i64, count: i64) -> Self {
        Self { from: Timestamp::from_millis(to.millis() - length * count), to, length }
    }

    pub(crate) fn count(self) -> usize {
        usize::try_from((self.to.millis() - self.from.millis()) / self.length.max(1)).unwrap_or_default()
    }

    /// When the `number`th begins.
    pub(crate) fn at(self, number: usize) -> Timestamp {
        let number = i64::try_from(number).unwrap_or_default();
        Timestamp::from_millis(self.from.millis() + number * self.length)
    }

    /// The place of a row's stretch.
    pub(crate) fn place(self, number: i64) -> Option<usize> {
        usize::try_from(number).ok().filter(|place| *place < self.count())
    }
}

/// Of which things something is read, and whether of each by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'a, Id> {
    /// All, when none is named.
    pub(crate) ids: &'a [Id],
    pub(crate) each: bool,
}

impl<Id> Of<'_, Id> {
    pub(crate) const ALL: Self = Self { ids: &[], each: false };
    pub(crate) const EACH: Self = Self { ids: &[], each: true };
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RequestRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<SourceId>,
    pub(crate) outcome: String,
    pub(crate) requests: i64,
    pub(crate) ignored: i64,
    pub(crate) bytes: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EventRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<ConnectionId>,
    pub(crate) created: i64,
    pub(crate) delivered: i64,
    pub(crate) failed: i64,
    pub(crate) cancelled: i64,
    pub(crate) ignored: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct AttemptRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<DestinationId>,
    pub(crate) successful: i64,
    pub(crate) failed: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LatencyRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<DestinationId>,
    pub(crate) bucket: i64,
    pub(crate) attempts: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct IgnoredRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<ConnectionId>,
    pub(crate) ignored: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailureRow {
    pub(crate) number: i64,
    /// None: of all.
    pub(crate) id: Option<DestinationId>,
    pub(crate) cause: IssueCause,
    pub(crate) attempts: i64,
}

/// Which events are counted; what is empty does not restrict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventEnds<'a> {
    pub(crate) sources: &'a [SourceId],
    pub(crate) destinations: &'a [DestinationId],
}

impl EventEnds<'_> {
    pub(crate) const ALL: Self = Self { sources: &[], destinations: &[] };
}

pub(crate) async fn requests(db: &Db, who: &Actor, when: Stretches, of: Of<'_, SourceId>) -> Result<Vec<RequestRow>> {
    let sums = ["requests", "ignored", "bytes"];
    let statement = conditions(who, when, "source_id", of.ids);
    rows(db, "request_rollup", when, id("source_id", of.each), &["outcome"], &sums, statement).await
}

pub(crate) async fn events(
    db: &Db,
    who: &Actor,
    when: Stretches,
    of: Of<'_, ConnectionId>,
    ends: EventEnds<'_>,
) -> Result<Vec<EventRow>> {
    let sums = ["created", "delivered", "failed", "cancelled", "ignored"];
    let found = conditions(who, when, "connection_id", of.ids)
        .one_of("r.source_id", ends.sources)
        .one_of("r.destination_id", ends.destinations);
    rows(db, "event_rollup", when, id("connection_id", of.each), &[], &sums, found).await
}

pub(crate) async fn attempts(
    db: &Db,
    who: &Actor,
    when: Stretches,
    of: Of<'_, DestinationId>,
) -> Result<Vec<AttemptRow>> {
    let found = conditions(who, when, "destination_id", of.ids);
    rows(db, "attempt_rollup", when, id("destination_id", of.each), &[], &["successful", "failed"], found).await
}

pub(crate) async fn latencies(
    db: &Db,
    who: &Actor,
    when: Stretches,
    of: Of<'_, DestinationId>,
) -> Result<Vec<LatencyRow>> {
    let found = conditions(who, when, "destination_id", of.ids);
    rows(db, "latency_rollup", when, id("destination_id", of.each), &["bucket"], &["attempts"], found).await
}

pub(crate) async fn ignored(
    db: &Db,
    who: &Actor,
    when: Stretches,
    of: Of<'_, ConnectionId>,
) -> Result<Vec<IgnoredRow>> {
    let found = conditions(who, when, "connection_id", of.ids);
    rows(db, "ignored_rollup", when, id("connection_id", of.each), &[], &["ignored"], found).await
}

pub(crate) async fn failures(
    db: &Db,
    who: &Actor,
    when: Stretches,
    of: Of<'_, DestinationId>,
) -> Result<Vec<FailureRow>> {
    let found = conditions(who, when, "destination_id", of.ids);
    rows(db, "failure_rollup", when, id("destination_id", of.each), &["cause"], &["attempts"], found).await
}

const fn id(column: &'static str, each: bool) -> Option<&'static str> {
    if each { Some(column) } else { None }
}

fn conditions<Id: Display>(who: &Actor, when: Stretches, column: &str, ids: &[Id]) -> Conditions {
    Conditions::of(who, "r")
        .and(&format!("r.span IN {SPANS}"))
        .between("r.begins", when.from.millis(), when.to.millis())
        .one_of(&format!("r.{column}"), ids)
}

async fn rows<R>(
    db: &Db,
    table: &str,
    when: Stretches,
    id: Option<&str>,
    by: &[&str],
    sums: &[&str],
    found: Conditions,
) -> Result<Vec<R>>
where
    R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>
        + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>
        + Send
        + Unpin,
{
    let (from, length) = (when.from.millis(), when.length.max(1));
    let id = id.map_or_else(|| "CAST(NULL AS TEXT)".to_owned(), |column| format!("r.{column}"));
    let by: String = by.iter().map(|column| format!(", r.{column}")).collect();
    let sums: String = sums.iter().map(|sum| format!(", CAST(SUM(r.{sum}) AS BIGINT) AS {sum}")).collect();
    let select = format!("SELECT (r.begins - {from}) / {length} AS number, {id} AS id{by}{sums} FROM {table} r");
    let mut statement = found.all(&select);
    statement.sql.push_str(if by.is_empty() { " GROUP BY 1, 2" } else { " GROUP BY 1, 2, 3" });
    statement.rows(db).await
}
