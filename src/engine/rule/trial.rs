//! Trying rules on requests that came. Nothing is sent or stored, and each rule is the code that capture and delivery ask.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::{
    Actor, Connection, Mismatch, Payload, Problem, RequestId, Rule, SourceId, TRIAL_LAST, TRIAL_MOST, Timestamp,
    TransformationId, Trial, TrialInput, TrialOutcome, TrialScript, TrialStep, TriedRequest, View, differences,
    event_type_mismatch, rule_mistakes,
    service::{Connections as _, Sources as _},
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    CompiledRules,
    sift::{in_turn, key},
};
use crate::{
    Engine,
    db::{Db, on},
    error::Result,
    request::{self, StoredRequest},
    transformation::{Content, Draft, Ran, Redactor, Script},
};

/// How long a trial goes on, how many bytes of bodies it reads, and how many it answers with.
const TIME: Duration = Duration::from_secs(10);
const READ_BYTES: usize = 64 << 20;
const SHOWN_BYTES: usize = 2 << 20;

/// A script with the transformation that it is of.
type Step = (Option<TransformationId>, Arc<Script>);

/// Rules that are tried, and what they have seen so far.
pub(super) struct Trying {
    rules: Arc<CompiledRules>,
    event_types: Option<Vec<String>>,
    scripts: Vec<Step>,
    seen: HashMap<String, (RequestId, Timestamp)>,
    /// How many more bytes of payloads the answer may have.
    room: usize,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: RequestId,
    is_retry: bool,
}

/// What the rules said, off the async threads.
struct Asked {
    key: Option<String>,
    key_took: Duration,
    passes: std::result::Result<(), Option<Mismatch>>,
    filter_took: Duration,
}

impl Engine {
    pub(super) async fn try_on_requests(&self, who: &Actor, input: TrialInput) -> Result<Trial> {
        let began = Instant::now();
        let connection = match input.connection_id {
            Some(id) => Some(self.connection(who, id).await?),
            None => None,
        };
        let rows = self.requests_to_try(who, &input, connection.as_ref()).await?;
        let mut trying = self.trying(who, input, connection).await?;
        let mut tried: Vec<TriedRequest> = Vec::with_capacity(rows.len());
        let (mut read, mut not_tried_reason) = (0, None);
        // From the oldest on, so that the first of those that are the same is the one that is sent.
        for row in rows.iter().rev() {
            if began.elapsed() > TIME {
                not_tried_reason = Some(format!("the trial took {} seconds already", TIME.as_secs()));
                break;
            }
            if read > READ_BYTES {
                not_tried_reason = Some(format!("the trial has read {} MiB already", READ_BYTES >> 20));
                break;
            }
            // One that is gone meanwhile is not missed.
            let Some(stored) = request::stored(self.db(), who.team, who.mode, row.id).await? else { continue };
            read += stored.body.len();
            tried.push(self.try_on(who, &mut trying, stored, row.is_retry).await?);
        }
        let mut counts = hookyard_model::TrialCounts::default();
        for one in &tried {
            *match one.outcome {
                TrialOutcome::Sent => &mut counts.sent,
                TrialOutcome::Filtered => &mut counts.filtered,
                TrialOutcome::Deduplicated => &mut counts.deduplicated,
                TrialOutcome::TransformFailed => &mut counts.transform_failed,
            } += 1;
        }
        counts.not_tried = u32::try_from(rows.len() - tried.len()).unwrap_or(u32::MAX);
        tried.reverse();
        Ok(Trial { requests: tried, counts, not_tried_reason, duration_ms: millis(began.elapsed()) })
    }

    /// The requests to try, newest first.
    async fn requests_to_try(
        &self,
        who: &Actor,
        input: &TrialInput,
        connection: Option<&Connection>,
    ) -> Result<Vec<Row>> {
        if let Some(ids) = &input.request_ids {
            if ids.is_empty() || ids.len() > TRIAL_MOST as usize {
                return Err(Problem::field("/request_ids", format!("lists 1 to {TRIAL_MOST} requests")).into());
            }
            if input.last.is_some() {
                return Err(Problem::field("/last", "give the number of the last ones or request_ids, not both").into());
            }
            return these(self.db(), who, ids).await;
        }
        let last = input.last.unwrap_or(TRIAL_LAST);
        if !(1..=TRIAL_MOST).contains(&last) {
            return Err(Problem::field("/last", format!("is 1 to {TRIAL_MOST}, not {last}")).into());
        }
        let source = match (input.source_id, connection) {
            (Some(id), _) => self.source(who, id).await?.id,
            (None, Some(connection)) => connection.source_id,
            (None, None) => {
                let detail = "say whose requests: a source_id, a connection_id or request_ids";
                return Err(Problem::field("/source_id", detail).into());
            }
        };
        last_of(self.db(), who, source, last).await
    }

    pub(super) async fn trying(
        &self,
        who: &Actor,
        input: TrialInput,
        connection: Option<Connection>,
    ) -> Result<Trying> {
        let (rules, event_types) = match (input.rules, connection) {
            (Some(rules), _) => (rules, input.event_types),
            (None, Some(connection)) => (connection.rules, input.event_types.or(connection.event_types)),
            (None, None) => (Vec::new(), input.event_types),
        };
        Problem::check(rule_mistakes(&rules))?;
        let mut scripts: Vec<Step> = Vec::new();
        let mut draft = match input.script {
            Some(TrialScript { transformation_id, code, env }) => {
                let draft = Draft { transformation: transformation_id, code: Some(code), env };
                Some((transformation_id, Arc::new(self.draft(who, draft).await?)))
            }
            None => None,
        };
        for (index, rule) in rules.iter().enumerate() {
            let Rule::Transform(rule) = rule else { continue };
            let id = rule.transformation_id;
            if let Some(drafted) = draft.take_if(|(of, _)| *of == Some(id)) {
                scripts.push(drafted);
                continue;
            }
            let script = self.script(who.team, who.mode, id).await?.ok_or_else(|| {
                let detail = format!("there is no transformation {id} in {} mode", who.mode);
                Problem::field(format!("/rules/{index}/transformation_id"), detail)
            })?;
            scripts.push((Some(id), script));
        }
        scripts.extend(draft);
        let rules = Arc::new(CompiledRules::new(&rules));
        Ok(Trying { rules, event_types, scripts, seen: HashMap::new(), room: SHOWN_BYTES })
    }

    pub(super) async fn try_on(
        &self,
        who: &Actor,
        trying: &mut Trying,
        stored: StoredRequest,
        is_retry: bool,
    ) -> Result<TriedRequest> {
        let mut tried = TriedRequest {
            request_id: stored.id,
            created_at: stored.id.made_at(),
            method: stored.method.clone(),
            path: stored.path.clone(),
            event_type: stored.event_type.clone(),
            body_size: stored.body.len() as u64,
            outcome: TrialOutcome::Sent,
            reason: None,
            mismatch: None,
            duplicate_of: None,
            delay_ms: None,
            steps: Vec::new(),
            before: None,
            after: None,
            changes: Vec::new(),
        };
        let body = Bytes::from(stored.body);
        let content = Content::stored(stored.method, stored.path, stored.query, &stored.headers, body);
        let context = json!({
            "source_id": stored.source_id,
            "request_id": stored.id,
            "event_type": stored.event_type,
            "mode": who.mode,
        });
        let asked = ask(&trying.rules, &content).await?;
        if trying.rules.deduplicate.is_some() {
            tried.steps.push(step("deduplicate", asked.key_took));
        }
        let by_type =
            trying.event_types.as_ref().and_then(|chosen| event_type_mismatch(chosen, tried.event_type.as_deref()));
        if let Some(mismatch) = by_type {
            filtered(&mut tried, Some(mismatch));
            return Ok(tried);
        }
        let mut passes = (asked.passes, asked.filter_took);
        // As in capture: nothing is the same as what makes no event, but what scripts will do is not known then.
        if let Some(key) = asked.key.filter(|_| !is_retry && (passes.0.is_ok() || !trying.scripts.is_empty()))
            && let Some(same_as) = trying.same_as(key, &tried)
        {
            tried.outcome = TrialOutcome::Deduplicated;
            tried.reason = Some(format!("it is the same as {same_as}"));
            tried.duplicate_of = Some(same_as);
            return Ok(tried);
        }
        if !trying.scripts.is_empty() {
            let context = context.as_object().cloned().unwrap_or_default();
            let Some(after) = self.try_scripts(who, trying, &mut tried, content, context).await? else {
                return Ok(tried);
            };
            let asked = ask(&trying.rules, &after).await?;
            passes = (asked.passes, asked.filter_took);
        }
        if trying.rules.has_filter() {
            tried.steps.push(step("filter", passes.1));
        }
        if let Err(mismatch) = passes.0 {
            filtered(&mut tried, mismatch);
            return Ok(tried);
        }
        if !trying.rules.delay.is_zero() {
            tried.steps.push(step("delay", Duration::ZERO));
            tried.delay_ms = u64::try_from(trying.rules.delay.as_millis()).ok();
        }
        Ok(tried)
    }

    /// Runs the scripts, and notes what they change; `None` when one of them failed.
    async fn try_scripts(
        &self,
        who: &Actor,
        trying: &mut Trying,
        tried: &mut TriedRequest,
        content: Content,
        context: Map<String, Value>,
    ) -> Result<Option<Content>> {
        let scripts = trying.scripts.iter().map(|(_, script)| Arc::clone(script)).collect();
        let runs = self.try_chain(who, scripts, content.clone(), context).await?;
        let mut after = None;
        for (Ran { outcome, console, console_truncated, warnings, duration, .. }, (id, _)) in
            runs.into_iter().zip(&trying.scripts)
        {
            let error = match outcome {
                Ok(made) => {
                    after = Some(made);
                    None
                }
                Err(error) => {
                    after = None;
                    tried.outcome = TrialOutcome::TransformFailed;
                    tried.reason = Some(error.message.clone());
                    Some(error)
                }
            };
            let said: usize = console.iter().map(|line| line.text.len()).chain(warnings.iter().map(String::len)).sum();
            let (console, console_truncated, warnings) = match trying.room.checked_sub(said) {
                Some(left) => {
                    trying.room = left;
                    (console, console_truncated, warnings)
                }
                None => (Vec::new(), true, Vec::new()),
            };
            let plain = step("transform", duration);
            let transformation_id = *id;
            tried.steps.push(TrialStep { transformation_id, console, console_truncated, warnings, error, ..plain });
        }
        let size = content.body.len() + after.as_ref().map_or(0, |after| after.body.len());
        if size <= trying.room {
            trying.room -= size;
            let redactor = Redactor::new(trying.scripts.iter().flat_map(|(_, script)| &script.hidden));
            let before: Payload = redactor.content(&content).payload();
            tried.after = after.as_ref().map(|after| redactor.content(after).payload());
            tried.changes = tried.after.as_ref().map(|after| differences(&before, after)).unwrap_or_default();
            tried.before = Some(before);
        }
        Ok(after)
    }
}

impl Trying {
    /// The request that one with this key is the same as; if there is none, it is remembered by its key.
    fn same_as(&mut self, key: String, tried: &TriedRequest) -> Option<RequestId> {
        let window = self.rules.deduplicate.as_ref()?.window;
        let now = tried.created_at;
        let before = self.seen.get(&key).filter(|(_, seen_at)| now < seen_at.plus(window)).map(|(request, _)| *request);
        if before.is_none() {
            self.seen.insert(key, (tried.request_id, now));
        }
        before
    }
}

/// Asks the rules about a payload.
async fn ask(rules: &Arc<CompiledRules>, content: &Content) -> Result<Asked> {
    let (rules, content) = (Arc::clone(rules), content.clone());
    in_turn(content.body.len(), move || {
        let headers = content.header_pairs();
        let view = View::of_stored(&headers, &content.path, &content.query, &content.body);
        let began = Instant::now();
        let key = rules.deduplicate.as_ref().and_then(|rule| key(&rule.sameness, &view));
        let key_took = began.elapsed();
        let passes = rules.check(&view);
        Asked { key, key_took, passes, filter_took: began.elapsed().saturating_sub(key_took) }
    })
    .await
}

fn filtered(tried: &mut TriedRequest, mismatch: Option<Mismatch>) {
    tried.outcome = TrialOutcome::Filtered;
    tried.reason = mismatch.as_ref().map(|mismatch| mismatch.sentence.clone());
    tried.mismatch = mismatch;
}

fn step(kind: &str, took: Duration) -> TrialStep {
    TrialStep {
        kind: kind.to_owned(),
        duration_ms: millis(took),
        transformation_id: None,
        console: Vec::new(),
        console_truncated: false,
        warnings: Vec::new(),
        error: None,
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

/// The last requests that a source let in, newest first.
async fn last_of(db: &Db, who: &Actor, source: SourceId, last: u32) -> Result<Vec<Row>> {
    const SQL: &str = "SELECT id, retry_kind IS NOT NULL AS is_retry FROM request \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND status = 'accepted' ORDER BY id DESC LIMIT $4";
    Ok(on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(source).bind(i64::from(last)).fetch_all(pool).await)?)
}

/// These requests, newest first; all of them must be there.
async fn these(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<Vec<Row>> {
    const SQL: &str = "SELECT id, retry_kind IS NOT NULL AS is_retry FROM request \
         WHERE team_id = $1 AND mode = $2 AND id = $3";
    let mut rows: Vec<Row> = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let row: Option<Row> = on!(db, read, pool => sqlx::query_as(SQL)
            .bind(who.team).bind(who.mode).bind(id).fetch_optional(pool).await)?;
        let missing = || Problem::field(format!("/request_ids/{index}"), format!("there is no request {id}"));
        rows.push(row.ok_or_else(missing)?);
    }
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}
