//! What operators say of what bulk operations send to a destination, for its lane.

use std::time::Duration;

use hookyard_model::{BulkStatus, RatePeriod};

use crate::{
    Engine,
    db::{Db, on},
    delivery::LaneKey,
    error::Result,
};

/// What a lane must know of the bulk operations that go to its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Orders {
    /// At most so many in a time: all of them together. None: as many as the receiver bears.
    pub(crate) limit: Option<(u32, Duration)>,
    /// Nothing is to be sent: all of them are paused, and none that ended has anything that is tried again.
    pub(crate) stopped: bool,
    /// Whether those stand still that somebody can tell to go on; none: all have ended.
    pub(crate) stands_still: Option<bool>,
    /// How many of them put something into the queue.
    pub(crate) shares: u32,
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    status: BulkStatus,
    rate_limit: Option<i64>,
    rate_limit_period: RatePeriod,
    stop_reason: Option<String>,
}

impl Row {
    fn runs(&self) -> bool {
        self.status.is_ongoing() && self.status != BulkStatus::Paused && self.stop_reason.is_none()
    }

    fn limit(&self) -> Option<(u32, u32)> {
        Some((u32::try_from(self.rate_limit?).unwrap_or(u32::MAX), self.rate_limit_period.seconds()))
    }
}

/// What is said of the bulk operations that go to a destination; none when there are none.
pub(crate) async fn orders(db: &Db, lane: &LaneKey) -> Result<Option<Orders>> {
    const SQL: &str = "
        SELECT o.status, o.rate_limit, o.rate_limit_period, d.stop_reason FROM bulk_destination d
        JOIN bulk_operation o ON o.team_id = d.team_id AND o.mode = d.mode AND o.id = d.operation_id
        WHERE d.team_id = $1 AND d.mode = $2 AND d.destination_id = $3 AND d.is_open";
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).fetch_all(pool).await)?;
    Ok(together(&rows))
}

fn together(rows: &[Row]) -> Option<Orders> {
    if rows.is_empty() {
        return None;
    }
    let ended: Vec<_> = rows.iter().filter(|row| !row.status.is_ongoing()).collect();
    let running: Vec<_> = rows.iter().filter(|row| row.runs()).collect();
    let stands_still = (ended.len() < rows.len()).then_some(running.is_empty());
    let shares = u32::try_from(running.len()).unwrap_or(u32::MAX);
    // What is tried again of those that ended shares what those have that run.
    let running = if running.is_empty() { ended } else { running };
    let limits: Option<Vec<_>> = running.iter().map(|row| row.limit()).collect();
    let limit = match limits.as_deref() {
        None | Some([]) => None,
        Some([(count, seconds)]) => Some((*count, Duration::from_secs(u64::from(*seconds)))),
        Some(many) => {
            // A period divides each longer one.
            let longest = many.iter().map(|(_, seconds)| *seconds).max().unwrap_or(1);
            let all = many.iter().map(|(count, seconds)| count.saturating_mul(longest / seconds));
            Some((all.fold(0, u32::saturating_add), Duration::from_secs(u64::from(longest))))
        }
    };
    Some(Orders { limit, stopped: running.is_empty(), stands_still, shares })
}

/// The pace of recovery stopped at a destination: its part of every bulk operation that runs waits until somebody resumes
/// it. An operation of which nothing else can run is paused with the same reason when its feeder looks next.
pub(crate) async fn stop(engine: &Engine, lane: &LaneKey, reason: &str) {
    const SQL: &str = "
        UPDATE bulk_destination SET stop_reason = $4
        WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND is_open AND stop_reason IS NULL";
    let stopped = on!(engine.db(), write, pool => sqlx::query(SQL)
        .bind(lane.team).bind(lane.mode).bind(lane.destination).bind(reason).execute(pool).await.map(|_| ()));
    if let Err(error) = stopped {
        tracing::warn!(%error, destination_id = %lane.destination, "that a bulk operation stops cannot be written down");
        return;
    }
    engine.0.routing.forget_target(lane);
    engine.0.bulk.look();
    engine.tell(lane.team, lane.mode, Some(lane.destination));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_operations_share_a_destination() {
        let row = |status, limit: Option<i64>, period, stop: bool| Row {
            status,
            rate_limit: limit,
            rate_limit_period: period,
            stop_reason: stop.then(|| "too much failed".to_owned()),
        };
        let (running, paused, second, minute) =
            (BulkStatus::Running, BulkStatus::Paused, RatePeriod::Second, RatePeriod::Minute);
        let orders = |limit, stopped, shares| Some(Orders { limit, stopped, stands_still: Some(stopped), shares });
        let completed = BulkStatus::Completed;
        for (case, rows, expected) in [
            ("none", vec![], None),
            ("one", vec![row(running, None, second, false)], orders(None, false, 1)),
            (
                "one with a limit",
                vec![row(running, Some(5), minute, false)],
                orders(Some((5, Duration::from_mins(1))), false, 1),
            ),
            (
                "two with limits",
                vec![row(running, Some(1), second, false), row(running, Some(2), minute, false)],
                orders(Some((62, Duration::from_mins(1))), false, 2),
            ),
            (
                "two with limits of one period",
                vec![row(running, Some(1), second, false), row(running, Some(2), second, false)],
                orders(Some((3, Duration::from_secs(1))), false, 2),
            ),
            (
                "one without a limit",
                vec![row(running, Some(1), second, false), row(running, None, second, false)],
                orders(None, false, 2),
            ),
            (
                "one that is paused counts for nothing",
                vec![row(paused, None, second, false), row(running, Some(1), second, false)],
                orders(Some((1, Duration::from_secs(1))), false, 1),
            ),
            (
                "all paused or stopped",
                vec![row(paused, None, second, false), row(running, None, second, true)],
                orders(None, true, 0),
            ),
            (
                "one has ended and goes on at its limit while another is paused",
                vec![row(paused, None, second, false), row(completed, Some(5), minute, false)],
                Some(Orders {
                    limit: Some((5, Duration::from_mins(1))),
                    stopped: false,
                    stands_still: Some(true),
                    shares: 0,
                }),
            ),
            (
                "all have ended",
                vec![row(completed, Some(5), minute, true)],
                Some(Orders {
                    limit: Some((5, Duration::from_mins(1))),
                    stopped: false,
                    stands_still: None,
                    shares: 0,
                }),
            ),
            (
                "one that has ended does not loosen another's limit",
                vec![row(completed, None, second, false), row(running, Some(1), second, false)],
                orders(Some((1, Duration::from_secs(1))), false, 1),
            ),
        ] {
            assert_eq!(together(&rows), expected, "{case}");
        }
    }
}
