//! The table `request`.

use std::collections::HashMap;

use hookyard_model::{
    Actor, Mode, PageQuery, Payload, RejectionCause, Request, RequestFilter, RequestId, RequestStatus, RetryKind,
    SourceId, TeamId, Timestamp,
};

use super::{
    StoredRequest,
    filter::Conditions,
    payload::{PayloadRow, narrow},
};
use crate::{
    db::{Db, Dialect, on},
    error::Result,
};

const SELECT: &str = "SELECT r.id, r.source_id, COALESCE(s.name, r.source_id) AS source_name, r.status, r.verified, \
     r.rejection_cause, r.rejection_detail, r.event_type, r.method, r.path, \
     CAST(LENGTH(r.body) AS BIGINT) AS body_size, r.events_count, r.ignored_count, r.retry_kind, r.retry_parent_id, \
     r.created_at \
     FROM request r LEFT JOIN source s ON s.team_id = r.team_id AND s.mode = r.mode AND s.id = r.source_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: RequestId,
    source_id: SourceId,
    source_name: String,
    status: RequestStatus,
    verified: bool,
    rejection_cause: Option<RejectionCause>,
    rejection_detail: Option<String>,
    event_type: Option<String>,
    method: String,
    path: String,
    body_size: i64,
    events_count: i64,
    ignored_count: i64,
    retry_kind: Option<RetryKind>,
    retry_parent_id: Option<RequestId>,
    created_at: Timestamp,
}

impl Row {
    fn into_request(self, who: &Actor) -> Request {
        Request {
            id: self.id,
            team_id: who.team,
            mode: who.mode,
            source_id: self.source_id,
            source_name: self.source_name,
            status: self.status,
            verified: self.verified,
            rejection_cause: self.rejection_cause,
            rejection_detail: self.rejection_detail,
            event_type: self.event_type,
            method: self.method,
            path: self.path,
            body_size: self.body_size.unsigned_abs(),
            events_count: narrow(self.events_count),
            ignored_count: narrow(self.ignored_count),
            is_retry: self.retry_kind.is_some(),
            retry_kind: self.retry_kind,
            retry_parent_request_id: self.retry_parent_id,
            ingested_at: self.created_at,
            created_at: self.created_at,
            updated_at: self.created_at,
            data: None,
        }
    }
}

/// What `filter` asks for.
fn conditions(who: &Actor, filter: &RequestFilter, now: Timestamp, dialect: Dialect) -> Conditions {
    Conditions::of(who, "r")
        .one_of("r.id", &filter.id.0)
        .one_of("r.source_id", &filter.source_id.0)
        .one_of("r.status", filter.status.as_slice())
        .made("r.id", RequestId::PREFIX, (filter.from, filter.to), now)
        .containing(
            filter.q.as_deref(),
            &[
                &|needle| dialect.contains("r.id", needle),
                &|needle| dialect.contains("r.event_type", needle),
                &|needle| dialect.contains("r.path", needle),
                &|needle| dialect.bytes_contain("r.body", needle),
            ],
        )
}

pub(super) async fn page(
    db: &Db,
    who: &Actor,
    filter: &RequestFilter,
    page: &PageQuery,
    now: Timestamp,
) -> Result<Vec<Request>> {
    let rows: Vec<Row> = conditions(who, filter, now, db.dialect()).page(SELECT, "r.id", page).rows(db).await?;
    Ok(rows.into_iter().map(|row| row.into_request(who)).collect())
}

pub(super) async fn count(db: &Db, who: &Actor, filter: &RequestFilter, now: Timestamp) -> Result<u64> {
    conditions(who, filter, now, db.dialect()).all("SELECT COUNT(*) FROM request r").count(db).await
}

pub(super) async fn find(db: &Db, who: &Actor, id: RequestId) -> Result<Option<Request>> {
    let rows: Vec<Row> = Conditions::of(who, "r").one_of("r.id", &[id]).all(SELECT).rows(db).await?;
    Ok(rows.into_iter().next().map(|row| row.into_request(who)))
}

/// The payloads of these requests.
pub(super) async fn payloads(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<HashMap<RequestId, Payload>> {
    const SELECT: &str = "SELECT r.id, r.method, r.path, r.query, r.headers, r.body FROM request r";
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<PayloadRow> = Conditions::of(who, "r").one_of("r.id", ids).all(SELECT).rows(db).await?;
    rows.into_iter().map(|row| Ok((row.id, row.into_payload()?))).collect()
}

/// The last request that a source let in.
pub(super) async fn latest(db: &Db, team: TeamId, mode: Mode, source: SourceId) -> Result<Option<PayloadRow>> {
    const SQL: &str = "SELECT id, method, path, query, headers, body FROM request \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND status = 'accepted' ORDER BY id DESC LIMIT 1";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(source).fetch_optional(pool).await)?)
}

/// The connections that ignored a request, as JSON; none when there is no such request.
pub(super) async fn ignored(
    db: &Db,
    team: TeamId,
    mode: Mode,
    id: RequestId,
) -> Result<Option<(Option<String>, Timestamp)>> {
    const SQL: &str = "SELECT ignored, created_at FROM request WHERE team_id = $1 AND mode = $2 AND id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

pub(super) async fn stored(db: &Db, team: TeamId, mode: Mode, id: RequestId) -> Result<Option<StoredRequest>> {
    const SQL: &str = "SELECT id, source_id, enveloped, simulated, event_type, webhook_id, method, path, query, headers, \
         body, rejection_cause, verified FROM request WHERE team_id = $1 AND mode = $2 AND id = $3";
    Ok(on!(db, read, pool => sqlx::query_as(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}
