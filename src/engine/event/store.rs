//! The table `event`.

use hookyard_model::{
    Actor, ConnectionId, DestinationId, ErrorCode, Event, EventFilter, EventId, EventStatus, Mode, PageQuery,
    RequestId, RetryKind, SourceId, TeamId, Timestamp,
};

use super::StoredEvent;
use crate::{
    db::{Db, Dialect, Tx, on, within},
    error::Result,
    request::{
        filter::{Conditions, Statement, by_index},
        payload::narrow,
    },
};

const COLUMNS: &str = "e.id, e.connection_id, e.request_id, e.source_id, \
     COALESCE(s.name, e.source_id) AS source_name, e.destination_id, \
     COALESCE(d.name, e.destination_id) AS destination_name, e.event_type, e.webhook_id, e.status, e.attempts, \
     e.response_status, e.error_code, e.failure_message, e.simulated, e.last_attempt_at, e.next_attempt_at, \
     e.successful_at, e.retry_kind, e.retry_parent_id, e.created_at, e.updated_at";

const NAMES: &str = "LEFT JOIN source s ON s.team_id = e.team_id AND s.mode = e.mode AND s.id = e.source_id \
     LEFT JOIN destination d ON d.team_id = e.team_id AND d.mode = e.mode AND d.id = e.destination_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: EventId,
    connection_id: ConnectionId,
    request_id: RequestId,
    source_id: SourceId,
    source_name: String,
    destination_id: DestinationId,
    destination_name: String,
    event_type: Option<String>,
    webhook_id: String,
    status: EventStatus,
    attempts: i64,
    response_status: Option<i64>,
    error_code: Option<ErrorCode>,
    failure_message: Option<String>,
    simulated: bool,
    last_attempt_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    successful_at: Option<Timestamp>,
    retry_kind: Option<RetryKind>,
    retry_parent_id: Option<EventId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Row {
    fn into_event(self, who: &Actor) -> Event {
        Event {
            id: self.id,
            team_id: who.team,
            mode: who.mode,
            connection_id: self.connection_id,
            request_id: self.request_id,
            source_id: self.source_id,
            source_name: self.source_name,
            destination_id: self.destination_id,
            destination_name: self.destination_name,
            event_type: self.event_type,
            webhook_id: self.webhook_id,
            status: self.status,
            attempts: narrow(self.attempts),
            response_status: self.response_status.map(narrow),
            error_code: self.error_code,
            failure_message: self.failure_message,
            simulated: self.simulated,
            last_attempt_at: self.last_attempt_at,
            next_attempt_at: super::shown(self.next_attempt_at),
            successful_at: self.successful_at,
            is_retry: self.retry_kind.is_some(),
            retry_kind: self.retry_kind,
            retry_parent_event_id: self.retry_parent_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            data: None,
        }
    }
}

/// What `filter` asks for.
fn conditions(who: &Actor, filter: &EventFilter, now: Timestamp, dialect: Dialect) -> Conditions {
    Conditions::of(who, "e")
        .one_of("e.id", &filter.id.0)
        .one_of("e.status", &filter.status.0)
        .one_of("e.request_id", &filter.request_id.0)
        .one_of("e.source_id", &filter.source_id.0)
        .one_of("e.connection_id", &filter.connection_id.0)
        .one_of("e.destination_id", &filter.destination_id.0)
        .made("e.id", EventId::PREFIX, (filter.from, filter.to), now)
        .containing(
            filter.q.as_deref(),
            &[
                &|needle| dialect.contains("e.id", needle),
                &|needle| dialect.contains("e.webhook_id", needle),
                &|needle| dialect.contains("e.event_type", needle),
                &|needle| dialect.contains("e.failure_message", needle),
            ],
        )
}

/// The table, looked into by request when some are given.
fn table(filter: &EventFilter, dialect: Dialect) -> String {
    format!("event e{}", by_index(dialect, (!filter.request_id.is_empty()).then_some("event_request")))
}

fn list(who: &Actor, filter: &EventFilter, page: &PageQuery, now: Timestamp, dialect: Dialect) -> Statement {
    let select = format!("SELECT {COLUMNS} FROM {} {NAMES}", table(filter, dialect));
    conditions(who, filter, now, dialect).page(&select, "e.id", page)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &EventFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let rows: Vec<Row> = list(who, filter, page, now, db.dialect()).rows(db).await?;
    Ok(rows.into_iter().map(|row| row.into_event(who)).collect())
}

pub(super) async fn count(db: &Db, who: &Actor, filter: &EventFilter, now: Timestamp) -> Result<u64> {
    let select = format!("SELECT COUNT(*) FROM {}", table(filter, db.dialect()));
    conditions(who, filter, now, db.dialect()).all(&select).count(db).await
}

pub(super) async fn find(db: &Db, who: &Actor, id: EventId) -> Result<Option<Event>> {
    let select = format!("SELECT {COLUMNS} FROM event e {NAMES}");
    let rows: Vec<Row> = Conditions::of(who, "e").one_of("e.id", &[id]).all(&select).rows(db).await?;
    Ok(rows.into_iter().next().map(|row| row.into_event(who)))
}

pub(super) async fn stored(db: &Db, team: TeamId, mode: Mode, id: EventId) -> Result<Option<StoredEvent>> {
    const SQL: &str = "SELECT e.id, e.request_id, e.source_id, e.connection_id, e.destination_id, e.event_type, \
         e.webhook_id, e.simulated, e.status, \
         CAST(LENGTH(r.body) AS BIGINT) AS payload_size \
         FROM event e JOIN request r ON r.team_id = e.team_id AND r.mode = e.mode AND r.id = e.request_id \
         WHERE e.team_id = $1 AND e.mode = $2 AND e.id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

pub(super) async fn connection_of_request(db: &Db, who: &Actor, request: RequestId) -> Result<Option<ConnectionId>> {
    const SQL: &str = "SELECT connection_id FROM event \
         WHERE team_id = $1 AND mode = $2 AND request_id = $3 ORDER BY id LIMIT 1";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(who.team).bind(who.mode).bind(request).fetch_optional(pool).await)?)
}

/// Ends an event that waits; returns where it waited, or nothing when it does not wait.
pub(super) async fn cancel(
    tx: &mut Tx,
    who: &Actor,
    id: EventId,
    now: Timestamp,
) -> Result<Option<(DestinationId, Option<Timestamp>)>> {
    const SQL: &str = "UPDATE event SET status = 'CANCELLED', updated_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND status IN ('SCHEDULED', 'QUEUED', 'HOLD') \
         RETURNING destination_id, next_attempt_at";
    let done = within!(tx, conn => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(now).fetch_optional(conn).await)?;
    Ok(done)
}

/// Takes an event that was just ended out of the queue.
pub(super) async fn unqueue(
    tx: &mut Tx,
    who: &Actor,
    id: EventId,
    destination: DestinationId,
    due_at: Option<Timestamp>,
) -> Result<()> {
    // With the ranks named, the whole key is known: a long queue is not searched.
    const DEQUEUE: &str = "DELETE FROM pending WHERE team_id = $1 AND mode = $2 AND destination_id = $3 \
         AND rank IN (0, 1, 2) AND due_at = $4 AND event_id = $5";
    const FORGET: &str = "UPDATE event SET next_attempt_at = NULL WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(DEQUEUE)
        .bind(who.team).bind(who.mode).bind(destination).bind(due_at).bind(id).execute(conn).await.map(drop))?;
    within!(tx, conn => sqlx::query(FORGET).bind(who.team).bind(who.mode).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Commas, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_by_an_index() {
        let id = Ulid::nil();
        let who = Actor { team: TeamId::new(id), mode: Mode::Test, who: Who::User(UserId::new(id)) };
        let destination =
            EventFilter { destination_id: Commas(vec![DestinationId::new(id)]), ..EventFilter::default() };
        let request = EventFilter { request_id: Commas(vec![RequestId::new(id)]), ..destination.clone() };
        for (filter, index, sorts) in [
            (EventFilter::default(), "(team_id=? AND mode=?)", false),
            (destination, "event_destination (team_id=? AND mode=? AND destination_id=?)", false),
            (request, "event_request (team_id=? AND mode=? AND request_id=?)", true),
        ] {
            let now = Timestamp::from_millis(0);
            let plan = list(&who, &filter, &PageQuery::default(), now, Dialect::Sqlite).plan().await;
            assert!(plan.iter().any(|step| step.starts_with("SEARCH e ") && step.ends_with(index)), "{plan:?}");
            assert_eq!(plan.iter().any(|step| step.contains("TEMP B-TREE")), sorts, "{plan:?}");
        }
    }
}
