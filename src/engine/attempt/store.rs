//! The table `attempt`.

use hookyard_model::{
    Actor, AttemptFilter, AttemptId, AttemptStatus, ConnectionId, DestinationId, ErrorCode, EventId, PageQuery,
    RequestId, SourceId, Timestamp, Trigger,
};

use crate::{
    db::{Db, Dialect, on},
    error::Result,
    request::filter::{Conditions, Statement, by_index},
};

const COLUMNS: &str = "a.id, a.event_id, e.request_id, e.connection_id, e.source_id, a.destination_id, e.event_type, \
     e.webhook_id, a.attempt_number, a.cause, a.status, e.simulated, a.error_code, a.error_message, a.method, a.url, \
     a.response_status, a.timings, a.sent_at, a.responded_at, e.attempts AS event_attempts, \
     e.next_attempt_at AS event_next_at, a.request_headers, a.response_headers, a.response_truncated";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: AttemptId,
    pub(super) event_id: EventId,
    pub(super) request_id: RequestId,
    pub(super) connection_id: ConnectionId,
    pub(super) source_id: SourceId,
    pub(super) destination_id: DestinationId,
    pub(super) event_type: Option<String>,
    pub(super) webhook_id: String,
    pub(super) attempt_number: i64,
    pub(super) cause: Trigger,
    pub(super) status: AttemptStatus,
    pub(super) simulated: bool,
    pub(super) error_code: Option<ErrorCode>,
    pub(super) error_message: Option<String>,
    pub(super) method: String,
    pub(super) url: Option<String>,
    pub(super) response_status: Option<i64>,
    pub(super) timings: String,
    pub(super) sent_at: Timestamp,
    pub(super) responded_at: Option<Timestamp>,
    pub(super) event_attempts: i64,
    pub(super) event_next_at: Option<Timestamp>,
    pub(super) request_headers: String,
    pub(super) response_headers: Option<String>,
    pub(super) response_truncated: bool,
}

/// Both bodies of an attempt: its request's, with how it is sent, and the answer's.
#[derive(sqlx::FromRow)]
pub(super) struct Bodies {
    pub(super) enveloped: Option<bool>,
    pub(super) request_body: Option<Vec<u8>>,
    pub(super) response_body: Option<Vec<u8>>,
}

/// Attempts of the team's mode with their events.
fn joined(who: &Actor) -> Conditions {
    Conditions::of(who, "a").and("e.team_id = $1 AND e.mode = $2 AND e.id = a.event_id")
}

/// What `filter` asks for.
fn conditions(who: &Actor, filter: &AttemptFilter, now: Timestamp, dialect: Dialect) -> Conditions {
    joined(who)
        .one_of("a.id", &filter.id.0)
        .one_of("a.event_id", &filter.event_id.0)
        .one_of("a.destination_id", &filter.destination_id.0)
        .one_of("a.status", filter.status.as_slice())
        .made("a.id", AttemptId::PREFIX, (filter.from, filter.to), now)
        .containing(
            filter.q.as_deref(),
            &[
                &|needle| dialect.contains("a.id", needle),
                &|needle| dialect.contains("a.event_id", needle),
                &|needle| dialect.contains("e.request_id", needle),
                &|needle| dialect.contains("e.webhook_id", needle),
                &|needle| dialect.contains("e.event_type", needle),
                &|needle| dialect.contains("a.error_message", needle),
                &|needle| dialect.bytes_contain("a.response_body", needle),
            ],
        )
}

fn select(index: &str) -> String {
    // `SQLite` keeps the order of the tables of a `CROSS JOIN`: the attempts come in the order of their index, and each
    // looks up its event.
    format!("SELECT {COLUMNS} FROM attempt a{index} CROSS JOIN event e")
}

fn list(who: &Actor, filter: &AttemptFilter, page: &PageQuery, now: Timestamp, dialect: Dialect) -> Statement {
    let index = by_index(dialect, (!filter.event_id.is_empty()).then_some("attempt_event"));
    conditions(who, filter, now, dialect).page(&select(&index), "a.id", page)
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &AttemptFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Row>> {
    list(who, filter, page, now, db.dialect()).rows(db).await
}

pub(super) async fn find(db: &Db, who: &Actor, id: AttemptId) -> Result<Option<Row>> {
    let rows: Vec<Row> = joined(who).one_of("a.id", &[id]).all(&select("")).rows(db).await?;
    Ok(rows.into_iter().next())
}

pub(super) async fn bodies(db: &Db, who: &Actor, id: AttemptId, request: RequestId) -> Result<Option<Bodies>> {
    const SQL: &str = "SELECT r.enveloped, r.body AS request_body, a.response_body \
         FROM attempt a LEFT JOIN request r ON r.team_id = a.team_id AND r.mode = a.mode AND r.id = $4 \
         WHERE a.team_id = $1 AND a.mode = $2 AND a.id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(request).fetch_optional(pool).await)?)
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Commas, Mode, TeamId, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[tokio::test]
    async fn a_list_is_read_by_an_index() {
        let id = Ulid::nil();
        let who = Actor { team: TeamId::new(id), mode: Mode::Test, who: Who::User(UserId::new(id)) };
        let destination =
            AttemptFilter { destination_id: Commas(vec![DestinationId::new(id)]), ..AttemptFilter::default() };
        let event = AttemptFilter { event_id: Commas(vec![EventId::new(id)]), ..destination.clone() };
        for (filter, index, sorts) in [
            (AttemptFilter::default(), "(team_id=? AND mode=?)", false),
            (destination, "attempt_destination (team_id=? AND mode=? AND destination_id=?)", false),
            (event, "attempt_event (team_id=? AND mode=? AND event_id=?)", true),
        ] {
            let now = Timestamp::from_millis(0);
            let plan = list(&who, &filter, &PageQuery::default(), now, Dialect::Sqlite).plan().await;
            assert!(plan[0].starts_with("SEARCH a ") && plan[0].ends_with(index), "{plan:?}");
            assert_eq!(plan.iter().any(|step| step.contains("TEMP B-TREE")), sorts, "{plan:?}");
        }
    }
}
