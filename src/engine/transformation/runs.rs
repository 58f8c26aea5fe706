//! What runs came to: recorded with the event's fate, and read.

use std::time::Duration;

use bytes::Bytes;
use hookyard_model::{
    Actor, ConnectionId, ConsoleLine, EventId, LogLevel, Mode, Page, PageQuery, Payload, Problem, RequestId, RunError,
    RunErrorCode, RunFilter, RunStatus, TeamId, Timestamp, TransformationId, TransformationRun, TransformationRunId,
};

use super::{Content, Redactor, sandbox::RUNTIME};
use crate::{
    Engine,
    db::{
        Db, Tx,
        bulk::{
            Bulk,
            Kind::{Bool, Bytes as Blob, Int, Text},
        },
        on,
    },
    error::Result,
    request::{filter::Conditions, payload::narrow},
};

/// A run as it is recorded.
#[derive(Debug)]
pub(crate) struct NewRun {
    pub(crate) id: TransformationRunId,
    pub(crate) transformation: TransformationId,
    pub(crate) code_hash: String,
    /// From 1.
    pub(crate) position: u32,
    pub(crate) error: Option<RunError>,
    pub(crate) console: Vec<ConsoleLine>,
    pub(crate) console_truncated: bool,
    pub(crate) duration: Duration,
    /// The run before that changed something; none: it was given what came.
    pub(crate) before: Option<TransformationRunId>,
    /// What it made of it, where it is not the same.
    pub(crate) after: Option<NewData>,
    pub(crate) created_at: Timestamp,
}

/// A payload that a run made.
#[derive(Debug)]
pub(crate) struct NewData {
    pub(crate) content: Content,
    /// Whether the body is still that of the request, which is not stored again.
    pub(crate) is_same_body: bool,
    /// Whether it is worth keeping: it is sent, or not large.
    pub(crate) is_kept: bool,
}

/// Whose runs they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOf {
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) event: EventId,
    pub(crate) request: RequestId,
    pub(crate) connection: ConnectionId,
}

/// Records runs and what they made.
pub(crate) async fn insert(tx: &mut Tx, runs: &[(RunOf, &NewRun)]) -> sqlx::Result<()> {
    const RUN: &str = "
        INSERT INTO transformation_run (team_id, mode, id, transformation_id, code_hash, event_id, request_id, connection_id,
            position, status, error_code, error_message, error_line, error_column, console, console_truncated, duration,
            before_id, after_id, created_at)
        SELECT team_id, mode, id, transformation_id, code_hash, event_id, request_id, connection_id, position, status,
            error_code, error_message, error_line, error_column, console, console_truncated, duration, before_id, after_id,
            created_at FROM u";
    const DATA: &str = "
        INSERT INTO event_data (team_id, mode, id, request_id, method, path, query, headers, body)
        SELECT team_id, mode, id, request_id, method, path, query, headers, body FROM u";
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("transformation_id", Text),
        ("code_hash", Text),
        ("event_id", Text),
        ("request_id", Text),
        ("connection_id", Text),
        ("position", Int),
        ("status", Text),
        ("error_code", Text),
        ("error_message", Text),
        ("error_line", Int),
        ("error_column", Int),
        ("console", Text),
        ("console_truncated", Bool),
        ("duration", Int),
        ("before_id", Text),
        ("after_id", Text),
        ("created_at", Int),
    ]);
    let mut data = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("id", Text),
        ("request_id", Text),
        ("method", Text),
        ("path", Text),
        ("query", Text),
        ("headers", Text),
        ("body", Blob),
    ]);
    for (of, run) in runs {
        let status = if run.error.is_none() { RunStatus::Successful } else { RunStatus::Failed };
        let error = run.error.as_ref();
        rows.row()
            .text(of.team)
            .text(of.mode)
            .text(run.id)
            .text(run.transformation)
            .text(&run.code_hash)
            .text(of.event)
            .text(of.request)
            .text(of.connection)
            .int(run.position)
            .text(status)
            .opt_text(error.map(|error| error.code))
            .opt_text(error.map(|error| &error.message))
            .opt_int(error.and_then(|error| error.line))
            .opt_int(error.and_then(|error| error.column))
            .text(serde_json::to_string(&run.console).unwrap_or_default())
            .bool(run.console_truncated)
            .int(i64::try_from(run.duration.as_micros()).unwrap_or(i64::MAX))
            .opt_text(run.before)
            .opt_text(run.after.as_ref().map(|_| run.id))
            .int(run.created_at.millis());
        if let Some(after) = run.after.as_ref().filter(|after| after.is_kept) {
            data.row()
                .text(of.team)
                .text(of.mode)
                .text(run.id)
                .text(of.request)
                .text(&after.content.method)
                .text(&after.content.path)
                .text(&after.content.query)
                .text(after.content.header_pairs())
                .opt_bytes((!after.is_same_body).then_some(&after.content.body));
        }
    }
    rows.run(tx, RUN).await?;
    data.run(tx, DATA).await?;
    Ok(())
}

/// Adds how many runs were successful and how many failed to a minute of a transformation. They come in the order of their
/// key, so that two who add do not wait for each other.
pub(crate) async fn count(
    tx: &mut Tx,
    counts: impl Iterator<Item = ((TeamId, Mode, TransformationId), i64, (u32, u32))>,
) -> sqlx::Result<()> {
    const SQL: &str = "
        INSERT INTO transformation_rollup (team_id, mode, transformation_id, minute, successful, failed)
        SELECT team_id, mode, transformation_id, minute, successful, failed FROM u WHERE true
        ON CONFLICT (team_id, mode, transformation_id, minute) DO UPDATE SET
            successful = transformation_rollup.successful + excluded.successful,
            failed = transformation_rollup.failed + excluded.failed";
    let mut rows = Bulk::new(&[
        ("team_id", Text),
        ("mode", Text),
        ("transformation_id", Text),
        ("minute", Int),
        ("successful", Int),
        ("failed", Int),
    ]);
    for ((team, mode, transformation), minute, (successful, failed)) in counts {
        rows.row().text(team).text(mode).text(transformation).int(minute).int(successful).int(failed);
    }
    rows.run(tx, SQL).await.map(drop)
}

const COLUMNS: &str = "r.id, r.transformation_id, COALESCE(t.name, r.transformation_id) AS transformation_name, r.code_hash, \
     r.event_id, r.request_id, r.connection_id, r.position, r.status, r.error_code, r.error_message, r.error_line, \
     r.error_column, r.console, r.console_truncated, r.duration, r.before_id, r.after_id, r.created_at";
const NAME: &str =
    "LEFT JOIN transformation t ON t.team_id = r.team_id AND t.mode = r.mode AND t.id = r.transformation_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: TransformationRunId,
    transformation_id: TransformationId,
    transformation_name: String,
    code_hash: String,
    event_id: EventId,
    request_id: RequestId,
    connection_id: ConnectionId,
    position: i64,
    status: RunStatus,
    error_code: Option<RunErrorCode>,
    error_message: Option<String>,
    error_line: Option<i64>,
    error_column: Option<i64>,
    console: String,
    console_truncated: bool,
    duration: i64,
    before_id: Option<TransformationRunId>,
    after_id: Option<TransformationRunId>,
    created_at: Timestamp,
}

impl Row {
    fn into_run(self, who: &Actor) -> Result<TransformationRun> {
        let error = self.error_code.map(|code| RunError {
            code,
            message: self.error_message.unwrap_or_default(),
            line: self.error_line.map(narrow),
            column: self.error_column.map(narrow),
        });
        let console: Vec<ConsoleLine> = serde_json::from_str(&self.console)?;
        let data_id =
            |id: Option<TransformationRunId>| id.map_or_else(|| self.request_id.to_string(), |id| id.to_string());
        Ok(TransformationRun {
            runtime: RUNTIME.to_owned(),
            original_event_data_id: data_id(self.before_id),
            transformed_event_data_id: error.is_none().then(|| data_id(self.after_id.or(self.before_id))),
            log_level: if error.is_some() { LogLevel::Error } else { LogLevel::loudest(&console) },
            id: self.id,
            team_id: who.team,
            transformation_id: self.transformation_id,
            transformation_name: self.transformation_name,
            code_hash: self.code_hash,
            event_id: self.event_id,
            request_id: self.request_id,
            connection_id: self.connection_id,
            position: narrow(self.position),
            status: self.status,
            error,
            console_lines: u32::try_from(console.len()).unwrap_or(u32::MAX),
            console,
            console_truncated: self.console_truncated,
            duration_ms: Duration::from_micros(self.duration.unsigned_abs()).as_secs_f64() * 1000.0,
            created_at: self.created_at,
            before: None,
            after: None,
        })
    }
}

impl Engine {
    pub(super) async fn runs(
        &self,
        who: &Actor,
        filter: &RunFilter,
        page: &PageQuery,
    ) -> Result<Page<TransformationRun>> {
        // The requests of the events lead to them by an index. Runs of a transformation that is gone are still there.
        let requests = match filter.event_id.0.as_slice() {
            [] => Vec::new(),
            events => requests_of(self.db(), who, events).await?,
        };
        if !filter.event_id.is_empty() && requests.is_empty() {
            return Ok(Page::cut(page, Vec::new(), |run: &TransformationRun| run.id.to_string()));
        }
        let transformation: Vec<_> = filter.transformation_id.into_iter().collect();
        let select = format!("SELECT {COLUMNS} FROM transformation_run r {NAME}");
        let rows: Vec<Row> = Conditions::of(who, "r")
            .one_of("r.transformation_id", &transformation)
            .one_of("r.request_id", &requests)
            .one_of("r.event_id", &filter.event_id.0)
            .one_of("r.status", &filter.status.0)
            .page(&select, "r.id", page)
            .rows(self.db())
            .await?;
        if rows.is_empty()
            && let Some(id) = filter.transformation_id
        {
            self.find_transformation(who, id).await?;
        }
        let runs = rows.into_iter().map(|row| Ok(TransformationRun { console: Vec::new(), ..row.into_run(who)? }));
        let runs = runs.collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(page, runs, |run| run.id.to_string()))
    }

    pub(super) async fn one_run(&self, who: &Actor, id: TransformationRunId) -> Result<TransformationRun> {
        let select = format!("SELECT {COLUMNS} FROM transformation_run r {NAME}");
        let rows: Vec<Row> = Conditions::of(who, "r").one_of("r.id", &[id]).all(&select).rows(self.db()).await?;
        let Some(row) = rows.into_iter().next() else {
            return Err(Problem::not_found("transformation run", id).into());
        };
        let makers = makers(self.db(), who, &row).await?;
        let redactor = self.redactor_of(who, &makers).await?;
        let before = data(self.db(), who, row.request_id, row.before_id, &redactor).await?;
        let after = match (row.status, row.after_id) {
            (RunStatus::Failed, _) => None,
            (RunStatus::Successful, None) => before.clone(),
            (RunStatus::Successful, Some(after)) => {
                data(self.db(), who, row.request_id, Some(after), &redactor).await?
            }
        };
        Ok(TransformationRun { before, after, ..row.into_run(who)? })
    }
}

/// The transformations that ran for the event of a run.
async fn makers(db: &Db, who: &Actor, run: &Row) -> Result<Vec<TransformationId>> {
    let rows: Vec<(TransformationId,)> = Conditions::of(who, "r")
        .one_of("r.request_id", &[run.request_id])
        .one_of("r.event_id", &[run.event_id])
        .all("SELECT DISTINCT r.transformation_id FROM transformation_run r")
        .rows(db)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

async fn requests_of(db: &Db, who: &Actor, events: &[EventId]) -> Result<Vec<RequestId>> {
    let select = "SELECT DISTINCT e.request_id FROM event e";
    let rows: Vec<(RequestId,)> = Conditions::of(who, "e").one_of("e.id", events).all(select).rows(db).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What a run made, without what is to be redacted, or what the request brought; `None` where it was not kept.
pub(crate) async fn data(
    db: &Db,
    who: &Actor,
    request: RequestId,
    id: Option<TransformationRunId>,
    redactor: &Redactor,
) -> Result<Option<Payload>> {
    let found = content(db, who, request, id).await?;
    Ok(found.map(|content| if id.is_some() { redactor.content(&content).payload() } else { content.payload() }))
}

async fn content(db: &Db, who: &Actor, request: RequestId, id: Option<TransformationRunId>) -> Result<Option<Content>> {
    const BROUGHT: &str = "SELECT method, path, query, headers, body FROM request \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    const MADE: &str = "SELECT d.method, d.path, d.query, d.headers, COALESCE(d.body, r.body) AS body \
         FROM event_data d JOIN request r ON r.team_id = d.team_id AND r.mode = d.mode AND r.id = d.request_id \
         WHERE d.team_id = $1 AND d.mode = $2 AND d.id = $3";
    let (sql, id) = match id {
        Some(id) => (MADE, id.to_string()),
        None => (BROUGHT, request.to_string()),
    };
    let row: Option<(String, String, String, String, Vec<u8>)> = on!(db, read, pool => sqlx::query_as(sql)
        .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?;
    Ok(row
        .map(|(method, path, query, headers, body)| Content::stored(method, path, query, &headers, Bytes::from(body))))
}
