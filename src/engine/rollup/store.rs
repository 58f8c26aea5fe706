//! The table `attempt_rollup`.

use std::collections::BTreeMap;

use hookyard_model::{Actor, DestinationId, Timestamp};

use crate::{
    db::{
        Db, Tx,
        bulk::{
            Bulk,
            Kind::{Int, Text},
        },
    },
    delivery::LaneKey,
    error::Result,
    request::filter::Conditions,
};

/// What was counted in a stretch of time: the `number`th of its length since 1970.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Stretch {
    pub(super) number: i64,
    pub(super) successful: i64,
    pub(super) failed: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct StretchOfDestination {
    pub(super) destination_id: DestinationId,
    pub(super) number: i64,
    pub(super) successful: i64,
    pub(super) failed: i64,
}

/// Adds to what is counted. The rows come in the order of their key, so that two who add do not wait for each other.
pub(super) async fn add(tx: &mut Tx, counts: &BTreeMap<(LaneKey, i64), (u32, u32)>) -> sqlx::Result<()> {
    const SQL: &str = "
        INSERT INTO attempt_rollup (team_id, mode, destination_id, minute, successful, failed)
        SELECT team_id, mode, destination_id, minute, successful, failed FROM u WHERE true
        ON CONFLICT (team_id, mode, destination_id, minute) DO UPDATE SET
            successful = attempt_rollup.successful + excluded.successful,
            failed = attempt_rollup.failed + excluded.failed";
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("destination_id", Text),
        ("minute", Int),
        ("successful", Int),
        ("failed", Int),
    ]);
    for ((lane, minute), (successful, failed)) in counts {
        rows.row().text(lane.team).text(lane.mode).text(lane.destination).int(*minute).int(*successful).int(*failed);
    }
    rows.run(tx, SQL).await.map(|_| ())
}

/// What was counted from `from` up to, not including, `to`, for these destinations or for all.
pub(super) async fn by_time(
    db: &Db,
    who: &Actor,
    destinations: &[DestinationId],
    range: (Timestamp, Timestamp),
    length: i64,
) -> Result<Vec<Stretch>> {
    let select = format!(
        "SELECT r.minute / {length} AS number, CAST(SUM(r.successful) AS BIGINT) AS successful, \
             CAST(SUM(r.failed) AS BIGINT) AS failed FROM attempt_rollup r"
    );
    let mut statement = conditions(who, destinations, range).all(&select);
    statement.sql.push_str(" GROUP BY 1");
    statement.rows(db).await
}

/// The same for each of these destinations.
pub(super) async fn by_destination_and_time(
    db: &Db,
    who: &Actor,
    destinations: &[DestinationId],
    range: (Timestamp, Timestamp),
    length: i64,
) -> Result<Vec<StretchOfDestination>> {
    let select = format!(
        "SELECT r.destination_id, r.minute / {length} AS number, CAST(SUM(r.successful) AS BIGINT) AS successful, \
             CAST(SUM(r.failed) AS BIGINT) AS failed FROM attempt_rollup r"
    );
    let mut statement = conditions(who, destinations, range).all(&select);
    statement.sql.push_str(" GROUP BY 1, 2");
    statement.rows(db).await
}

fn conditions(who: &Actor, destinations: &[DestinationId], (from, to): (Timestamp, Timestamp)) -> Conditions {
    Conditions::of(who, "r").one_of("r.destination_id", destinations).between("r.minute", from.millis(), to.millis())
}
