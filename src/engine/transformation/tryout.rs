//! Trying scripts: on the same threads as events, few at a time, with nothing stored or sent.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use hookyard_model::{
    Actor, Code, Headers, LogLevel, Problem, RequestId, RunError, RunErrorCode, RunInput, RunRequest, RunResult,
    RunTime, Secret, TeamId, Timestamp, TransformationId, differences,
};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::{
    Content, Ran, Redactor, Script, code_hash, keep_env,
    pool::{Owner, Report, Seat, Task, Turn},
    sandbox,
};
use crate::{
    Engine,
    error::{Error, Result},
    request,
};

/// How many a team may have under way at once, and how long others wait for their turn.
const AT_ONCE: usize = 2;
const PATIENCE: Duration = Duration::from_secs(15);

/// Whose turn it is to try scripts.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<TeamId, Arc<Semaphore>>>);

impl Tries {
    fn of(&self, team: TeamId) -> Arc<Semaphore> {
        let mut teams = self.0.lock();
        if teams.len() > 1000 {
            teams.retain(|_, turns| turns.available_permits() < AT_ONCE);
        }
        Arc::clone(teams.entry(team).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
    }
}

/// A script that is, or may become, that of a transformation.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) transformation: Option<TransformationId>,
    /// None: the stored one.
    pub(crate) code: Option<String>,
    /// In place of the stored environment.
    pub(crate) env: Option<BTreeMap<String, Secret>>,
}

impl Engine {
    /// The script of a draft, with stored values where placeholders came back.
    pub(crate) async fn draft(&self, who: &Actor, draft: Draft) -> Result<Script> {
        let stored = match draft.transformation {
            Some(id) => {
                let found = self.read_script(who.team, who.mode, id).await?;
                Some(found.ok_or_else(|| Problem::not_found("transformation", id))?)
            }
            None => None,
        };
        let none = BTreeMap::new();
        let (env, hidden) = match draft.env {
            Some(mut env) => {
                // Whoever tries it knows what stands there in clear.
                let kept: Vec<String> =
                    env.iter().filter(|(_, value)| value.is_redacted()).map(|(name, _)| name.clone()).collect();
                let mut mistakes = keep_env(&mut env, stored.as_ref().map_or(&none, |stored| &stored.env));
                mistakes.extend(hookyard_model::env_mistakes(&env));
                Problem::check(mistakes)?;
                let hidden = kept.iter().filter_map(|name| env.get(name).cloned()).collect();
                (env, hidden)
            }
            None => stored.as_ref().map(|stored| (stored.env.clone(), stored.hidden.clone())).unwrap_or_default(),
        };
        let Some(code) = draft.code.or(stored.map(|stored| stored.code)) else {
            return Err(Problem::field("/code", "give the code, or the transformation_id of a stored one").into());
        };
        Problem::check(hookyard_model::code_mistake(&code).into_iter().collect())?;
        Ok(Script { hash: code_hash(&code), code, env, hidden })
    }

    /// Runs scripts one after the other, each on what the one before made, up to the first that fails. They run in the
    /// lane of those who try, so that events do not wait for them.
    pub(crate) async fn try_chain(
        &self,
        who: &Actor,
        scripts: Vec<Arc<Script>>,
        content: Content,
        context: Map<String, Value>,
    ) -> Result<Vec<Ran>> {
        let limit = self.0.config.body_limit;
        let owner = Owner { team: who.team, transformation: None };
        let work = move |engine: &Self, seat: &Seat| {
            let mut runs = Vec::with_capacity(scripts.len());
            let mut content = content;
            for script in &scripts {
                let ran = engine.run_script(seat, owner, script, Some((&content, context.clone())), limit);
                if let Ok(after) = &ran.outcome {
                    content = after.clone();
                }
                let failed = ran.outcome.is_err();
                runs.push(ran);
                if failed {
                    break;
                }
            }
            let stopped_after = runs.iter().find_map(stopped_after);
            (runs, stopped_after)
        };
        let stuck = || vec![Ran::not(RunErrorCode::Timeout, STUCK)];
        self.tried(who, work, stuck).await
    }

    /// What is wrong with a script, if anything.
    pub(super) async fn parse(&self, who: &Actor, code: String) -> Result<Option<RunError>> {
        if let Some(mistake) = hookyard_model::code_mistake(&code) {
            let error = RunError { code: RunErrorCode::Syntax, message: mistake.detail, line: None, column: None };
            return Ok(Some(error));
        }
        let script = Script { hash: code_hash(&code), code, env: BTreeMap::new(), hidden: Vec::new() };
        let owner = Owner { team: who.team, transformation: None };
        let work = move |engine: &Self, seat: &Seat| {
            let ran = engine.run_script(seat, owner, &script, None, 0);
            let stopped_after = stopped_after(&ran);
            (ran, stopped_after)
        };
        let ran = self.tried(who, work, || Ran::not(RunErrorCode::Timeout, STUCK)).await?;
        Ok(ran.outcome.err())
    }

    /// Does `work` on a thread for scripts when it is the team's turn; `stuck` is answered when it never ends.
    /// The work also tells how long a script took that was stopped.
    async fn tried<T: Send + 'static>(
        &self,
        who: &Actor,
        work: impl FnOnce(&Self, &Seat) -> (T, Option<Duration>) + Send + 'static,
        stuck: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let too_many = || {
            let detail = "too many scripts are being tried; try again in a moment";
            Error::Problem(Problem::new(Code::TooManyRequests, detail))
        };
        let turn = timeout(PATIENCE, self.0.tries.of(who.team).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(too_many()) };
        let (answer, answered) = oneshot::channel();
        // Either the work answers or, when its thread is given up, who watches.
        let answer = Arc::new(Mutex::new(Some((answer, turn))));
        let given_up = Arc::clone(&answer);
        let engine = self.clone();
        self.0.scripts.push(Task {
            turn: Turn::Team(who.team),
            team: who.team,
            scripts: Vec::new(),
            is_large: false,
            work: Box::new(move |seat| {
                let (done, stopped_after) = work(&engine, seat);
                if let Some((answer, _turn)) = answer.lock().take() {
                    // Whoever asked may have gone.
                    let _ = answer.send(done);
                }
                Report { stopped_after, ..Report::default() }
            }),
            stuck: Box::new(move || {
                if let Some((answer, _turn)) = given_up.lock().take() {
                    let _ = answer.send(stuck());
                }
            }),
        });
        match timeout(PATIENCE * 2, answered).await {
            Ok(Ok(done)) => Ok(done),
            _ => Err(too_many()),
        }
    }

    /// Runs a script on this thread, unless its owner got one stuck of late.
    pub(crate) fn run_script(
        &self,
        seat: &Seat,
        owner: Owner,
        script: &Script,
        content: Option<(&Content, Map<String, Value>)>,
        limit: usize,
    ) -> Ran {
        if self.0.scripts.is_refused(owner.team) {
            return Ran::not(RunErrorCode::Timeout, REFUSED);
        }
        if self.0.scripts.is_banned(&owner) {
            let is_tried = owner.transformation.is_none();
            return Ran::not(RunErrorCode::Timeout, if is_tried { NOT_TRIED } else { STUCK });
        }
        seat.begins(owner);
        let ran = sandbox::run(script, content, limit, &seat.pulse);
        seat.ends();
        ran
    }

    pub(super) async fn try_script(&self, who: &Actor, input: RunInput) -> Result<RunResult> {
        let RunInput { code, transformation_id, env, request, request_id, timestamp, context } = input;
        let script = self.draft(who, Draft { transformation: transformation_id, code, env }).await?;
        let (content, mut told) = match (request, request_id) {
            (Some(_), Some(_)) => {
                return Err(Problem::field("/request_id", "give a request or a request_id, not both").into());
            }
            (None, Some(id)) => self.stored_content(who, id).await?,
            (request, None) => (typed(request.unwrap_or_default(), self.0.config.body_limit)?, Map::new()),
        };
        if let Some(timestamp) = timestamp {
            told.insert("timestamp".to_owned(), instant(&timestamp)?);
        }
        told.extend(context.unwrap_or_default());
        let redactor = Redactor::new(&script.hidden);
        let before = redactor.content(&content).payload();
        let started_at = self.now();
        let mut runs = self.try_chain(who, vec![Arc::new(script)], content, told).await?;
        let Some(ran) = runs.pop() else { return Err(Error::Broken("a script was not run".to_owned())) };
        let (request, error) = match ran.outcome {
            Ok(after) => (Some(redactor.content(&after).payload()), None),
            Err(error) => (None, Some(error)),
        };
        Ok(RunResult {
            diff: request.as_ref().map(|after| differences(&before, after)).unwrap_or_default(),
            before,
            log_level: if error.is_some() { LogLevel::Error } else { LogLevel::loudest(&ran.console) },
            request,
            error,
            console: ran.console,
            console_truncated: ran.console_truncated,
            warnings: ran.warnings,
            duration_ms: ran.duration.as_secs_f64() * 1000.0,
            runtime: sandbox::RUNTIME.to_owned(),
            transformation_run_time: RunTime {
                started_at,
                finished_at: self.now(),
                duration_ms: ran.duration.as_secs_f64() * 1000.0,
            },
        })
    }

    /// What a stored request brought, and what a script is told of it.
    async fn stored_content(&self, who: &Actor, id: RequestId) -> Result<(Content, Map<String, Value>)> {
        let stored = request::stored(self.db(), who.team, who.mode, id).await?;
        let stored = stored.ok_or_else(|| Problem::not_found("request", id))?;
        let context = json!({
            "source_id": stored.source_id,
            "request_id": id,
            "event_type": stored.event_type,
            "mode": who.mode,
        });
        let context = context.as_object().cloned().unwrap_or_default();
        let body = Bytes::from(stored.body);
        Ok((Content::stored(stored.method, stored.path, stored.query, &stored.headers, body), context))
    }
}

/// What is said of a script that nothing but giving up its thread stopped.
pub(crate) const STUCK: &str =
    "the script stays in one call for so long that it cannot be stopped; the transformation is not run for ten minutes";
const NOT_TRIED: &str = "a script that was tried stayed in one call for so long that it could not be stopped; no script is tried or checked for this team for ten minutes";
const REFUSED: &str = "several scripts of this team stay in calls that cannot be stopped; no script of the team is run until they end, or the server is started again";

/// How long a script took that had to be stopped.
fn stopped_after(ran: &Ran) -> Option<Duration> {
    let is_stopped = ran.outcome.as_ref().is_err_and(|error| error.code == RunErrorCode::Timeout);
    is_stopped.then_some(ran.duration)
}

/// When a script is told that it is: milliseconds since 1970, or as RFC 3339 has it.
fn instant(given: &Value) -> Result<Value> {
    let at = match given {
        Value::Number(millis) => millis.as_i64().map(Timestamp::from_millis),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let detail = "give milliseconds since 1970, or a time such as 2026-01-31T08:15:00Z";
    Ok(json!(at.ok_or_else(|| Problem::field("/timestamp", detail))?))
}

/// A request that somebody typed.
fn typed(request: RunRequest, body_limit: usize) -> Result<Content> {
    let body = match request.body {
        Value::Null => String::new(),
        Value::String(text) => text,
        json => json.to_string(),
    };
    if body.len() > body_limit {
        return Err(Problem::field("/request/body", format!("a body has at most {body_limit} bytes")).into());
    }
    let query = match request.query {
        None | Some(Value::Null) => String::new(),
        Some(query) => sandbox::query_text(&query).map_err(|detail| Problem::field("/request/query", detail))?,
    };
    let headers =
        request.headers.unwrap_or_else(|| Headers(vec![("content-type".to_owned(), "application/json".to_owned())]));
    Ok(Content {
        method: request.method.unwrap_or_else(|| "POST".to_owned()),
        path: request.path.unwrap_or_default(),
        query,
        headers: headers.0.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
        body: Bytes::from(body),
    })
}
