//! A team's verification as a row: who asked for it, who does it, how far it is and what it found. Whoever does it saves
//! that each second; when its node dies, another goes on from there.

use std::time::Duration;

use hookyard_model::{Actor, Mode, TeamId, Timestamp, Verification, VerifyStatus, Who};
use sqlx::AssertSqlSafe;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    judge::Known,
    run::{Pace, Run},
    store::{self, Whose},
};
use crate::{
    Engine,
    db::{Db, on},
    error::Result,
};

/// How long a run is its node's after it was saved, and how often that is done.
const LEASE: Duration = Duration::from_secs(15);
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How often to look for runs that nobody does, and for teams whose last is long ago.
const POLL_EVERY: Duration = Duration::from_secs(2);
const DAILY_EVERY: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
/// How many discrepancies a team is shown.
const SHOWN: usize = 200;

/// Tells this node that a verification was asked for.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    some: Notify,
}

impl Runs {
    pub(super) fn look(&self) {
        self.some.notify_one();
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    status: VerifyStatus,
    requested_by: Option<String>,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    state: String,
}

impl Row {
    fn read(self) -> Result<Verification> {
        let run: Run = serde_json::from_str(&self.state)?;
        Ok(Verification {
            status: self.status,
            progress: run.progress(),
            requested_by: self.requested_by,
            started_at: self.started_at,
            finished_at: self.finished_at,
            looked: run.looked,
            rules: run.rules(),
            discrepancy_count: run.count(),
            discrepancies: run.discrepancies.into_iter().take(SHOWN).collect(),
        })
    }
}

/// The last verification of a team's mode.
pub(super) async fn find(db: &Db, team: TeamId, mode: Mode) -> Result<Option<Verification>> {
    const SQL: &str = "SELECT status, requested_by, started_at, finished_at, state FROM verification \
         WHERE team_id = $1 AND mode = $2";
    let row: Option<Row> = on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).fetch_optional(pool).await)?;
    row.map(Row::read).transpose()
}

async fn there(db: &Db, team: TeamId, mode: Mode) -> Result<Verification> {
    Ok(find(db, team, mode).await?.ok_or_else(|| Verification::none_yet(mode))?)
}

/// Starts one, unless one runs.
pub(super) async fn start(
    db: &Db,
    team: TeamId,
    mode: Mode,
    who: Option<&Actor>,
    now: Timestamp,
) -> Result<Verification> {
    const SQL: &str = "
        INSERT INTO verification (team_id, mode, status, requested_by, started_at, state, discrepancies, held_until, epoch)
        VALUES ($1, $2, 'RUNNING', $3, $4, $5, 0, 0, 0)
        ON CONFLICT (team_id, mode) DO UPDATE SET status = 'RUNNING', requested_by = excluded.requested_by,
            started_at = excluded.started_at, finished_at = NULL, state = excluded.state, discrepancies = 0,
            held_until = 0, epoch = verification.epoch + 1
        WHERE verification.status <> 'RUNNING'";
    let asked_by = who.map(|who| match who.who {
        Who::User(user) => user.to_string(),
        Who::Key(key) => key.to_string(),
    });
    let state = serde_json::to_string(&Run::default())?;
    on!(db, write, pool => sqlx::query(SQL)
        .bind(team).bind(mode).bind(asked_by).bind(now).bind(state).execute(pool).await.map(|_| ()))?;
    there(db, team, mode).await
}

/// Stops the one that runs; what it found stays.
pub(super) async fn stop(db: &Db, team: TeamId, mode: Mode, now: Timestamp) -> Result<Verification> {
    const SQL: &str = "UPDATE verification SET status = 'STOPPED', finished_at = $3, epoch = epoch + 1 \
         WHERE team_id = $1 AND mode = $2 AND status = 'RUNNING'";
    on!(db, write, pool => sqlx::query(SQL).bind(team).bind(mode).bind(now).execute(pool).await.map(|_| ()))?;
    there(db, team, mode).await
}

/// How many discrepancies the last verifications of all teams found.
pub(crate) async fn discrepancies(db: &Db) -> Result<i64> {
    const SQL: &str = "SELECT CAST(COALESCE(SUM(discrepancies), 0) AS BIGINT) FROM verification";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL).fetch_one(pool).await)?)
}

#[derive(sqlx::FromRow)]
struct Taken {
    team_id: TeamId,
    mode: Mode,
    epoch: i64,
    state: String,
}

/// Takes a run that nobody does.
async fn take(db: &Db) -> Result<Option<Taken>> {
    let now = db.dialect().now();
    let free = format!("status = 'RUNNING' AND held_until < {now}");
    let any = format!("SELECT team_id, mode, epoch, state FROM verification WHERE {free} ORDER BY started_at LIMIT 1");
    let take = format!(
        "UPDATE verification SET held_until = {now} + $4, epoch = epoch + 1 \
         WHERE team_id = $1 AND mode = $2 AND epoch = $3 AND {free}"
    );
    let found: Option<Taken> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(any)).fetch_optional(pool).await)?;
    let Some(found) = found else { return Ok(None) };
    let taken = on!(db, write, pool => sqlx::query(AssertSqlSafe(take))
        .bind(found.team_id).bind(found.mode).bind(found.epoch).bind(millis(LEASE))
        .execute(pool).await.map(|done| done.rows_affected()))?;
    Ok((taken > 0).then_some(Taken { epoch: found.epoch + 1, ..found }))
}

/// Saves how far a run is; returns false when it is not this node's any more. `lease` is for how long it still is.
async fn save(db: &Db, taken: &Taken, run: &Run, lease: Duration, over: Option<Timestamp>) -> Result<bool> {
    let sql = format!(
        "UPDATE verification SET state = $4, discrepancies = $5, held_until = {} + $6, status = $7, finished_at = $8 \
         WHERE team_id = $1 AND mode = $2 AND epoch = $3",
        db.dialect().now()
    );
    let status = if over.is_some() { VerifyStatus::Completed } else { VerifyStatus::Running };
    let (state, count) = (serde_json::to_string(run)?, i64::try_from(run.count()).unwrap_or(i64::MAX));
    let saved = on!(db, write, pool => sqlx::query(AssertSqlSafe(sql))
        .bind(taken.team_id).bind(taken.mode).bind(taken.epoch).bind(state).bind(count).bind(millis(lease))
        .bind(status).bind(over).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(saved > 0)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Does the runs that are asked for, and each team's once a day, until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let mut looked: Option<Timestamp> = None;
    while !stop.is_cancelled() {
        let now = engine.now();
        if looked.is_none_or(|looked| now.since(looked) >= DAILY_EVERY) {
            looked = Some(now);
            if let Err(error) = daily(&engine, now).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "verifications cannot be started");
            }
        }
        match some(&engine, &stop).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a verification stopped; it goes on later");
            }
        }
        tokio::select! {
            () = engine.0.verifications.some.notified() => {}
            () = tokio::time::sleep(POLL_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Does a run that nobody does; returns whether there was one.
async fn some(engine: &Engine, stop: &CancellationToken) -> Result<bool> {
    let db = engine.db();
    let Some(taken) = take(db).await? else { return Ok(false) };
    let whose = Whose { db, team: taken.team_id, mode: taken.mode };
    let mut run: Run = serde_json::from_str(&taken.state)?;
    let mut known = Known::default();
    let mut saved = Instant::now();
    while !run.is_over() {
        if stop.is_cancelled() {
            // Whoever is there goes on with it.
            save(db, &taken, &run, Duration::ZERO, None).await?;
            return Ok(true);
        }
        run.step(whose, &mut known, Pace::Gentle).await?;
        if saved.elapsed() >= SAVE_EVERY {
            saved = Instant::now();
            if !save(db, &taken, &run, LEASE, None).await? {
                return Ok(true);
            }
            engine.tell(taken.team_id, taken.mode, None);
        }
    }
    save(db, &taken, &run, Duration::ZERO, Some(engine.now())).await?;
    engine.tell(taken.team_id, taken.mode, None);
    if run.count() > 0 {
        let (team, mode, count) = (taken.team_id, taken.mode, run.count());
        tracing::error!(%team, %mode, count, "verification found what does not add up");
    }
    Ok(true)
}

/// Starts what was done last a day ago, or never since the team was made a day ago.
async fn daily(engine: &Engine, now: Timestamp) -> Result<()> {
    const LAST: &str = "SELECT COALESCE(MAX(v.started_at), MAX(t.created_at)) FROM team t \
         LEFT JOIN verification v ON v.team_id = t.id AND v.mode = $2 WHERE t.id = $1";
    let db = engine.db();
    for team in store::teams(db).await? {
        for mode in Mode::ALL {
            let last: Option<Timestamp> =
                on!(db, read, pool => sqlx::query_scalar(LAST).bind(team).bind(mode).fetch_one(pool).await)?;
            if last.is_some_and(|last| now.since(last) >= DAY) {
                start(db, team, *mode, None, now).await?;
            }
        }
    }
    Ok(())
}
