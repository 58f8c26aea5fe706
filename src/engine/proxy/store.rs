//! Proxy exchanges in the database.

use hookyard_model::{
    Actor, Body, Headers, Mode, ProxyExchange, ProxyExchangeId, RequestId, SourceId, TeamId, Timestamp, Timings,
};

use super::Turn;
use crate::{
    Engine,
    db::{
        Db,
        bulk::{
            Bulk,
            Kind::{Bool, Bytes, Int, Text},
        },
        on,
    },
    error::Result,
    request::payload::{headers, narrow},
};

/// A call of an upstream, to be written.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) team: TeamId,
    pub(super) mode: Mode,
    pub(super) id: ProxyExchangeId,
    pub(super) source: SourceId,
    pub(super) request: RequestId,
    pub(super) target_url: String,
    pub(super) method: String,
    pub(super) answer: Option<Answer>,
    pub(super) error: Option<String>,
    pub(super) started_at: Timestamp,
    /// Given back when it is written, so that no more wait than were under way.
    pub(super) turn: Option<Turn>,
}

/// What is stored of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    /// JSON list of pairs.
    headers: String,
    body: Vec<u8>,
    is_truncated: bool,
    /// From the start to its end, in microseconds.
    latency: i64,
}

impl Answer {
    /// `body` is what is kept of it, and whether there was more; `truncated` whether more was to come.
    pub(super) fn new(
        status: u16,
        headers: &[(String, String)],
        (body, more): (Vec<u8>, bool),
        truncated: bool,
        timings: &Timings,
    ) -> Self {
        let headers = serde_json::to_string(headers).unwrap_or_default();
        Self { status, headers, body, is_truncated: more || truncated, latency: micros(timings.total_ms) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "as long as a timeout at most")]
fn micros(millis: f64) -> i64 {
    (millis * 1000.0).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "as long as a timeout at most")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1000.0
}

/// Writes records, and leaves none: of those that cannot be written, the log says so.
pub(super) async fn write(engine: &Engine, records: &mut Vec<Record>) {
    if let Err(error) = insert(engine.db(), records).await {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, records = records.len(), "what upstreams answered is not recorded");
    }
    let mut told = std::collections::HashSet::new();
    for record in records.drain(..) {
        if told.insert((record.team, record.mode)) {
            engine.tell(record.team, record.mode, None);
        }
        drop(record.turn);
    }
}

async fn insert(db: &Db, records: &[Record]) -> Result<()> {
    const SQL: &str = "
        INSERT INTO proxy_exchange (team_id, mode, id, source_id, request_id, target_url, http_method, response_status,
            response_headers, response_body, response_body_truncated, error_text, started_at, responded_at, latency,
            created_at)
        SELECT team_id, mode, id, source_id, request_id, target_url, http_method, response_status, response_headers,
            response_body, response_body_truncated, error_text, started_at, responded_at, latency, created_at FROM u";
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("source_id", Text),
        ("request_id", Text),
        ("target_url", Text),
        ("http_method", Text),
        ("response_status", Int),
        ("response_headers", Text),
        ("response_body", Bytes),
        ("response_body_truncated", Bool),
        ("error_text", Text),
        ("started_at", Int),
        ("responded_at", Int),
        ("latency", Int),
        ("created_at", Int),
    ]);
    if records.is_empty() {
        return Ok(());
    }
    for record in records {
        let answer = record.answer.as_ref();
        let latency = answer.map(|answer| answer.latency);
        rows.row()
            .text(record.team)
            .text(record.mode)
            .text(record.id)
            .text(record.source)
            .text(record.request)
            .text(&record.target_url)
            .text(&record.method)
            .opt_int(answer.map(|answer| answer.status))
            .text(answer.map_or("[]", |answer| &answer.headers))
            .opt_bytes(answer.map(|answer| &*answer.body))
            .bool(answer.is_some_and(|answer| answer.is_truncated))
            .opt_text(record.error.as_ref())
            .int(record.started_at.millis())
            .opt_int(latency.map(|latency| record.started_at.millis() + latency / 1000))
            .opt_int(latency)
            .int(record.id.made_at().millis());
    }
    let mut tx = db.begin().await?;
    rows.run(&mut tx, SQL).await?;
    Ok(tx.commit().await?)
}

/// What the upstream of its source answered to a request.
pub(crate) async fn of_request(db: &Db, who: &Actor, id: RequestId) -> Result<Option<ProxyExchange>> {
    const SQL: &str = "SELECT id, source_id, target_url, http_method, response_status, response_headers, response_body, \
             response_body_truncated, error_text, started_at, responded_at, latency, created_at \
         FROM proxy_exchange WHERE team_id = $1 AND mode = $2 AND request_id = $3";
    #[derive(sqlx::FromRow)]
    struct Row {
        id: ProxyExchangeId,
        source_id: SourceId,
        target_url: String,
        http_method: String,
        response_status: Option<i64>,
        response_headers: String,
        response_body: Option<Vec<u8>>,
        response_body_truncated: bool,
        error_text: Option<String>,
        started_at: Timestamp,
        responded_at: Option<Timestamp>,
        latency: Option<i64>,
        created_at: Timestamp,
    }
    let row: Option<Row> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?;
    let shown = |row: Row| {
        let body = row.response_body.as_deref().map(Body::from_bytes);
        let headers: Headers = headers(&row.response_headers)?;
        Ok(ProxyExchange {
            id: row.id,
            team_id: who.team,
            mode: who.mode,
            source_id: row.source_id,
            request_id: id,
            target_url: row.target_url,
            http_method: row.http_method,
            response_status: row.response_status.map(narrow),
            response_headers: headers,
            response_body_encoding: body.as_ref().map(|body| body.encoding),
            response_body: body.map(|body| body.text),
            response_body_truncated: row.response_body_truncated,
            error_text: row.error_text,
            started_at: row.started_at,
            responded_at: row.responded_at,
            response_latency: row.latency.map(millis),
            created_at: row.created_at,
            updated_at: row.created_at,
        })
    };
    row.map(shown).transpose()
}
