//! A destination's circuit breaker, as far as people see it and say what it is to do. The lane's holder opens it, probes
//! and closes it: see `delivery/breaker.rs`.

use hookyard_model::{
    Actor, AuditAction, Breaker, BreakerClosed, BreakerState, Code, DestinationId, Mode, Problem, TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use super::{DestinationRow, lock};
use crate::{
    Engine, audit,
    db::{Db, Tx, on, within},
    delivery::LaneKey,
    error::Result,
    writer,
};

/// How many held events are counted.
const MOST: i64 = 10_000;

/// The columns of a destination's row that its breaker is stored in.
pub(super) const COLUMNS: &str = "breaker_opened_at, breaker_closed_at, breaker_reason, breaker_probe_at, \
     breaker_probes, breaker_forgiven, breaker_draining";

/// A breaker, as it is stored with its destination.
#[derive(Debug, Clone, Default, sqlx::FromRow)]
pub(crate) struct BreakerRow {
    #[sqlx(rename = "breaker_opened_at")]
    pub(crate) opened_at: Option<Timestamp>,
    #[sqlx(rename = "breaker_closed_at")]
    pub(crate) closed_at: Option<Timestamp>,
    #[sqlx(rename = "breaker_reason")]
    reason: Option<String>,
    #[sqlx(rename = "breaker_probe_at")]
    pub(crate) probe_at: Option<Timestamp>,
    #[sqlx(rename = "breaker_probes")]
    probes: i64,
    #[sqlx(rename = "breaker_forgiven")]
    forgiven: i64,
    /// It is closed, and what it held is let go a little at a time.
    #[sqlx(rename = "breaker_draining")]
    pub(crate) is_draining: bool,
}

impl BreakerRow {
    pub(crate) fn probes(&self) -> u32 {
        u32::try_from(self.probes).unwrap_or(u32::MAX)
    }

    /// What of the failures in a row does not count, since somebody closed it.
    pub(crate) fn closed(&self) -> Option<BreakerClosed> {
        let failures = u32::try_from(self.forgiven).unwrap_or(u32::MAX);
        self.closed_at.filter(|_| failures > 0).map(|at| BreakerClosed { at, failures })
    }

    /// As its team sees it; what it holds is counted by whoever wants to know.
    pub(super) fn shown(&self, now: Timestamp) -> Breaker {
        let state = match (self.opened_at, self.probe_at) {
            (None, _) => BreakerState::Closed,
            (Some(_), Some(probe_at)) if probe_at > now => BreakerState::Open,
            (Some(_), _) => BreakerState::Probing,
        };
        Breaker {
            state,
            since: self.opened_at.or(self.closed_at),
            reason: self.reason.clone(),
            held: 0,
            held_is_more: false,
            next_probe_at: self.probe_at.filter(|_| self.opened_at.is_some()),
            probes: if self.opened_at.is_some() { self.probes() } else { 0 },
            is_draining: self.is_draining,
        }
    }
}

/// Counts what is held for a destination, up to a number, and says whether there is more.
pub(super) async fn count_held(db: &Db, who: &Actor, id: DestinationId) -> Result<(u64, bool)> {
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3 \
         AND rank IN (0, 1, 2, 3) AND due_at = $4 LIMIT {}) AS held",
        MOST + 1
    );
    let held: i64 = on!(db, read, pool => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
        .bind(who.team).bind(who.mode).bind(id).bind(Timestamp::NEVER).fetch_one(pool).await)?;
    Ok((held.min(MOST).unsigned_abs(), held > MOST))
}

type Whose = (TeamId, Mode, DestinationId);

/// The next probe goes out as soon as it may.
async fn probe_soon(tx: &mut Tx, (team, mode, id): Whose, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE destination SET breaker_probe_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NOT NULL";
    within!(&mut *tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).bind(now).execute(conn).await.map(|_| ()))?;
    wake(tx, (team, mode, id), now).await
}

async fn close(tx: &mut Tx, (team, mode, id): Whose, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE destination SET breaker_opened_at = NULL, breaker_closed_at = $4, breaker_probe_at = NULL, \
         breaker_forgiven = consecutive_failures, breaker_draining = TRUE \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND breaker_opened_at IS NOT NULL";
    within!(&mut *tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).bind(now).execute(conn).await.map(|_| ()))?;
    wake(tx, (team, mode, id), now).await
}

async fn wake(tx: &mut Tx, (team, mode, destination): Whose, now: Timestamp) -> Result<()> {
    Ok(writer::nudge(tx, &[LaneKey { team, mode, destination }], now).await?)
}

/// Somebody changed the destination of an open breaker: whether that mended it is looked at once, and without a rule it
/// closes. Returns whether the lane is to be told.
pub(crate) async fn reconsider(tx: &mut Tx, row: &DestinationRow, now: Timestamp) -> Result<bool> {
    if row.breaker.opened_at.is_none() {
        return Ok(false);
    }
    let whose = (row.team_id, row.mode, row.id);
    if row.redacted()?.circuit_breaker.is_some() {
        probe_soon(tx, whose, now).await?;
    } else {
        close(tx, whose, now).await?;
    }
    Ok(true)
}

impl Engine {
    /// Does something about a breaker that is open, which is locked meanwhile.
    async fn at_open_breaker(&self, who: &Actor, id: DestinationId, closes: bool) -> Result<()> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("destination", id))?;
        if row.breaker.opened_at.is_none() {
            let detail = format!("the circuit breaker of {id} is closed: nothing is held by it");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let whose = (who.team, who.mode, id);
        if closes {
            close(&mut tx, whose, now).await?;
        } else {
            let stopped = match (row.disabled_at, row.paused_at) {
                (Some(_), _) => Some("disabled; enable it, and a probe goes out"),
                (None, Some(_)) => Some("paused; unpause it, and a probe goes out"),
                (None, None) => None,
            };
            if let Some(stopped) = stopped {
                return Err(Problem::new(Code::Conflict, format!("{id} is {stopped}")).into());
            }
            probe_soon(&mut tx, whose, now).await?;
        }
        let action = if closes { AuditAction::BreakerClosed } else { AuditAction::BreakerProbed };
        audit::record(self, &mut tx, who, action, id, None).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        self.lane_has_work(who.team, who.mode, id);
        self.tell(who.team, who.mode, Some(id));
        Ok(())
    }

    /// Sends a probe as soon as it may go out.
    pub(super) async fn probe(&self, who: &Actor, id: DestinationId) -> Result<()> {
        self.at_open_breaker(who, id, false).await
    }

    /// Closes a breaker without a probe: what it holds goes out gently.
    pub(super) async fn close_by_hand(&self, who: &Actor, id: DestinationId) -> Result<()> {
        self.at_open_breaker(who, id, true).await
    }
}
