//! What a webhook missed while it was disabled: kept as ignored, counted, and queued again when somebody asks.
//!
//! Each missed request has a row of its own, written with the request. Whoever takes the row away makes the event, in
//! one transaction, so nothing is replayed twice, whoever else asks at the same time and whatever dies in between.

use hookyard_model::{
    Actor, AuditAction, Code, ConnectionId, DestinationId, EventId, Missed, Problem, ReplayedMissed, RequestId,
    SourceId, Trigger,
};

use super::locked;
use crate::{
    Engine, audit,
    db::{
        Db, Tx,
        bulk::{Bulk, Kind::Text},
        on, within,
    },
    delivery::LaneKey,
    error::Result,
    writer::{Kept, NewEvent, insert_events, nudge},
};

/// How many are queued in one go at most.
const MOST: u32 = 1000;

impl Engine {
    pub(super) async fn count_missed(&self, who: &Actor, id: DestinationId) -> Result<Missed> {
        self.find_webhook(who, id).await?;
        count(self.db(), who, id).await
    }

    pub(super) async fn queue_missed(&self, who: &Actor, id: DestinationId, limit: u32) -> Result<ReplayedMissed> {
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::field("/limit", format!("must be 1 to {MOST}")).into());
        }
        let now = self.now();
        let route = self.events_route(who.team, who.mode).await?;
        let mut tx = self.db().begin().await?;
        // Others who ask wait here until our rows are gone.
        if locked(&mut tx, who, id).await?.disabled_at.is_some() {
            let detail = format!("{id} is disabled; enable it, then replay what it missed");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let rows = oldest(&mut tx, who, id, limit).await?;
        let queued = rows.len() as u64;
        if queued > 0 {
            take_away(&mut tx, who, id, &rows).await?;
            let events: Vec<_> = rows
                .into_iter()
                .map(|row| {
                    let transforms = route.transforms(row.connection_id);
                    self.event_of(who, id, row, transforms)
                })
                .collect();
            // The lane before what is counted, as the writer does.
            nudge(&mut tx, &[LaneKey { team: who.team, mode: who.mode, destination: id }], now).await?;
            insert_events(&mut tx, &events).await?;
            count_events(&mut tx, who, &events).await?;
            let detail = format!("{queued} events");
            audit::record(self, &mut tx, who, AuditAction::MissedReplayed, id, Some(&detail)).await?;
        }
        tx.commit().await?;
        if queued > 0 {
            self.lane_has_work(who.team, who.mode, id);
            self.stage_has_work();
            self.tell(who.team, who.mode, Some(id));
        }
        Ok(ReplayedMissed { queued, left: count(self.db(), who, id).await?.count })
    }

    fn event_of(&self, who: &Actor, destination: DestinationId, row: Row, transforms: bool) -> NewEvent {
        let now = self.now();
        let id = EventId::new(self.ids().unique(now));
        NewEvent {
            team: who.team,
            mode: who.mode,
            id,
            request: row.request_id,
            source: row.source_id,
            connection: row.connection_id,
            destination,
            event_type: row.event_type,
            webhook_id: row.webhook_id.unwrap_or_else(|| id.to_string()),
            simulated: row.simulated,
            rank: 2,
            cause: Trigger::Manual,
            size: row.size.unsigned_abs(),
            retry: None,
            due_at: now,
            transform: transforms.then_some(Kept::Nowhere),
            data: None,
            bulk: None,
            created_at: now,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    request_id: RequestId,
    connection_id: ConnectionId,
    source_id: SourceId,
    event_type: Option<String>,
    webhook_id: Option<String>,
    simulated: bool,
    size: i64,
}

async fn count(db: &Db, who: &Actor, id: DestinationId) -> Result<Missed> {
    const SQL: &str = "SELECT COUNT(*), MIN(request_id), MAX(request_id) FROM missed \
         WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    let (count, oldest, newest): (i64, Option<RequestId>, Option<RequestId>) = on!(db, read, pool => sqlx::query_as(SQL)
            .bind(who.team).bind(who.mode).bind(id).fetch_one(pool).await)?;
    Ok(Missed {
        count: count.unsigned_abs(),
        oldest: oldest.map(RequestId::made_at),
        newest: newest.map(RequestId::made_at),
    })
}

async fn oldest(tx: &mut Tx, who: &Actor, id: DestinationId, limit: u32) -> Result<Vec<Row>> {
    const SQL: &str = "SELECT m.request_id, m.connection_id, r.source_id, r.event_type, r.webhook_id, r.simulated, \
             CAST(length(r.body) AS BIGINT) AS size \
         FROM missed m JOIN request r ON r.team_id = m.team_id AND r.mode = m.mode AND r.id = m.request_id \
         WHERE m.team_id = $1 AND m.mode = $2 AND m.destination_id = $3 ORDER BY m.request_id LIMIT $4";
    Ok(within!(tx, conn => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(i64::from(limit)).fetch_all(conn).await)?)
}

/// Only the rows that were read: others may be added just now that sort before the last of them.
async fn take_away(tx: &mut Tx, who: &Actor, id: DestinationId, rows: &[Row]) -> Result<()> {
    const SQL: &str = "
        DELETE FROM missed WHERE (team_id, mode, destination_id, request_id) IN
            (SELECT CAST(u.team_id AS TEXT), CAST(u.mode AS TEXT), CAST(u.destination_id AS TEXT), CAST(u.request_id AS TEXT)
            FROM u)";
    let mut taken = Bulk::new(&[("team_id", Text), ("mode", Text), ("destination_id", Text), ("request_id", Text)]);
    for row in rows {
        taken.row().text(who.team).text(who.mode).text(id).text(row.request_id);
    }
    taken.run(tx, SQL).await?;
    Ok(())
}

/// The requests made these events too.
async fn count_events(tx: &mut Tx, who: &Actor, events: &[NewEvent]) -> Result<()> {
    const SQL: &str = "
        UPDATE request SET events_count = events_count + 1 FROM u
        WHERE request.team_id = u.team_id AND request.mode = u.mode AND request.id = u.id";
    let mut rows = Bulk::new(&[("team_id", Text), ("mode", Text), ("id", Text)]);
    for event in events {
        rows.row().text(who.team).text(who.mode).text(event.request);
    }
    rows.run(tx, SQL).await?;
    Ok(())
}

/// Forgets what a webhook missed that is deleted.
pub(super) async fn forget(tx: &mut Tx, who: &Actor, id: DestinationId) -> Result<()> {
    const SQL: &str = "DELETE FROM missed WHERE team_id = $1 AND mode = $2 AND destination_id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}
