//! One event's way through its connection's scripts and filter, on a thread for scripts.

use std::{sync::Arc, time::Duration};

use hookyard_model::{ConsoleLine, LogLevel, RunErrorCode, Timestamp, TransformationId, TransformationRunId, View};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use super::{Fate, Raw, Reserved, Transformed};
use crate::{
    Engine,
    delivery::{Forwarded, Parcel, PendingKey, Waiting},
    error::Result,
    routing::{Branch, Route},
    transformation::{
        Content, NewData, NewRun, Ran, STUCK, Script,
        pool::{Owner, Report, Seat, Task, Turn},
    },
};

/// How long to wait when the database cannot be read, and when too much waits to be written.
const WAIT: Duration = Duration::from_millis(100);
/// What a run made for the next one is kept up to this size; what is sent always is.
const BETWEEN: usize = 256 << 10;

/// Parsed, a body takes many times its size: events beyond this one do not run on all threads at once.
const LARGE: usize = 1 << 20;

/// An event under way, which is finished once: by its thread or, when that is given up, by who watches.
type UnderWay = Arc<Mutex<Option<Reserved>>>;

/// Queues an event for the threads.
pub(super) fn push(engine: &Engine, raw: Arc<Raw>, reserved: Reserved) {
    // Scripts run where nothing else does; what they need of the database is asked for from there.
    let runtime = Handle::current();
    let under_way: UnderWay = Arc::new(Mutex::new(Some(reserved)));
    let scripts = engine.scripts_of(&raw);
    let (given_up, stuck_engine, stuck_raw) = (Arc::clone(&under_way), engine.clone(), Arc::clone(&raw));
    let stuck_runtime = runtime.clone();
    let engine = engine.clone();
    engine.0.scripts.clone().push(Task {
        turn: Turn::Connection(raw.connection),
        team: raw.team,
        scripts,
        is_large: raw.bytes() > LARGE,
        work: Box::new(move |seat| work(&engine, &runtime, &raw, &under_way, seat)),
        stuck: Box::new(move || {
            stuck_runtime.clone().spawn(async move { end_stuck(&stuck_engine, stuck_raw, &given_up).await });
        }),
    });
}

impl Engine {
    /// The transformations that an event's connection had when it was last looked up: a hint, for nobody waits for it.
    fn scripts_of(&self, raw: &Raw) -> Vec<TransformationId> {
        let route = self.known_route(raw.source);
        route
            .as_deref()
            .and_then(|route| branch(route, raw))
            .map(|branch| branch.rules.transforms.clone())
            .unwrap_or_default()
    }
}

fn branch<'a>(route: &'a Route, raw: &Raw) -> Option<&'a Branch> {
    route.branches.iter().find(|branch| branch.connection == raw.connection)
}

/// What is to be run now.
struct Plan {
    route: Arc<Route>,
    /// A script that is gone is none.
    scripts: Vec<(TransformationId, Option<Arc<Script>>)>,
}

/// What is to be run; `None` when the connection is gone.
async fn plan(engine: &Engine, raw: &Raw) -> Result<Option<Plan>> {
    let Some(route) = engine.route(raw.source).await? else { return Ok(None) };
    let Some(branch) = branch(&route, raw) else { return Ok(None) };
    let mut scripts = Vec::with_capacity(branch.rules.transforms.len());
    for id in &branch.rules.transforms {
        scripts.push((*id, engine.script(raw.team, raw.mode, *id).await?));
    }
    Ok(Some(Plan { route, scripts }))
}

fn work(engine: &Engine, runtime: &Handle, raw: &Arc<Raw>, under_way: &UnderWay, seat: &Seat) -> Report {
    // What is made waits in memory until it is committed.
    while engine.0.stage.is_full() {
        if engine.0.scripts.is_stopping() {
            return Report::default();
        }
        std::thread::sleep(WAIT);
    }
    let plan = loop {
        match runtime.block_on(plan(engine, raw)) {
            Ok(plan) => break plan,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "what is to be run cannot be read");
                if engine.0.scripts.is_stopping() {
                    return Report::default();
                }
                std::thread::sleep(WAIT);
            }
        }
    };
    let mut report = Report::default();
    let done = match &plan {
        Some(plan) => transformed(engine, raw, plan, seat, &mut report),
        None => Done { runs: Vec::new(), fate: Fate::Cancelled, content: None },
    };
    if seat.is_given_up() {
        return report;
    }
    let Some(mut reserved) = under_way.lock().take() else { return report };
    let at = engine.now();
    let waiting = match (&done.fate, done.content) {
        (Fate::Sent { due_at, .. }, Some(content)) if *due_at <= at => vec![waiting(raw, content, *due_at)],
        _ => Vec::new(),
    };
    let done = Transformed { raw: Arc::clone(raw), runs: done.runs, fate: done.fate, at, waiting, reserved: None };
    reserved.made(done.bytes());
    runtime.block_on(engine.0.writer.transformed(Transformed { reserved: Some(reserved), ..done }));
    report
}

/// Ends an event whose script got its thread stuck.
async fn end_stuck(engine: &Engine, raw: Arc<Raw>, under_way: &UnderWay) {
    let Some(reserved) = under_way.lock().take() else { return };
    let scripts = match plan(engine, &raw).await {
        Ok(Some(plan)) => plan.scripts,
        _ => Vec::new(),
    };
    // Which of them it was, is said by which is not run any more.
    let team = raw.team;
    let stuck = |(id, _): &(TransformationId, _)| engine.0.scripts.is_banned(&owner(team, *id));
    let at = engine.now();
    let mut runs = Vec::new();
    if let Some((index, (id, script))) = scripts.iter().enumerate().find(|(_, script)| stuck(script)) {
        let ran = Ran::not(RunErrorCode::Timeout, STUCK);
        runs.push(new_run(engine, (index, *id), script.as_deref(), ran, None, at));
    }
    let fate = Fate::Failed(STUCK.to_owned());
    let done = Transformed { raw, runs, fate, at, waiting: Vec::new(), reserved: Some(reserved) };
    engine.0.writer.transformed(done).await;
}

const fn owner(team: hookyard_model::TeamId, transformation: TransformationId) -> Owner {
    Owner { team, transformation: Some(transformation) }
}

struct Done {
    runs: Vec<NewRun>,
    fate: Fate,
    /// What is sent.
    content: Option<Content>,
}

/// Runs the scripts one after the other, then asks the filter.
fn transformed(engine: &Engine, raw: &Raw, plan: &Plan, seat: &Seat, report: &mut Report) -> Done {
    let limit = engine.0.config.body_limit;
    let brought = raw.content();
    let (mut content, mut data) = (brought.clone(), None);
    let mut runs: Vec<NewRun> = Vec::with_capacity(plan.scripts.len());
    for (index, (id, script)) in plan.scripts.iter().enumerate() {
        let at = engine.now();
        let mut ran = match script {
            Some(script) => {
                engine.run_script(seat, owner(raw.team, *id), script, Some((&content, context(raw))), limit)
            }
            None => Ran::not(RunErrorCode::Missing, format!("there is no transformation {id} any more")),
        };
        if let Ok(after) = &ran.outcome
            && let Some(error) = not_publishable(raw, after)
        {
            ran = Ran { outcome: Ran::not(RunErrorCode::BadResult, error).outcome, ..ran };
        }
        report.runs.push((Some(*id), ran.duration));
        if ran.outcome.as_ref().is_err_and(|error| error.code == RunErrorCode::Timeout) {
            report.stopped_after = Some(ran.duration);
        }
        let after = ran.outcome.as_ref().ok().filter(|after| **after != content).cloned();
        let made = after.as_ref().map(|after| NewData {
            is_same_body: after.body == brought.body,
            is_kept: after.body == brought.body || after.body.len() <= BETWEEN,
            content: after.clone(),
        });
        let mut run = new_run(engine, (index, *id), script.as_deref(), ran, data, at);
        run.after = made;
        let failed = run.error.as_ref().map(|error| {
            let place = error.line.map(|line| format!(" (line {line})")).unwrap_or_default();
            format!("transformation {}{place}: {}", index + 1, error.message)
        });
        if let Some(after) = after {
            (content, data) = (after, Some(run.id));
        }
        runs.push(run);
        if let Some(failed) = failed {
            return Done { runs, fate: Fate::Failed(failed), content: None };
        }
    }
    // What the event has from now on is kept whatever its size.
    if let Some(last) = runs.iter_mut().rev().find_map(|run| run.after.as_mut()) {
        last.is_kept = true;
    }
    let Some(branch) = branch(&plan.route, raw) else {
        return Done { runs, fate: Fate::Cancelled, content: None };
    };
    let view = View::of_pairs(&content.headers, &content.path, &content.query, &content.body);
    if !branch.rules.passes(&view) {
        return Done { runs, fate: Fate::Filtered { data }, content: None };
    }
    let delay = if raw.simulated { Duration::ZERO } else { branch.rules.delay };
    let due_at = raw.created_at.plus(delay);
    let due_at = if due_at > engine.now() { due_at } else { raw.created_at };
    Done { runs, fate: Fate::Sent { data, due_at, size: content.body.len() }, content: Some(content) }
}

/// Why a published event cannot be sent so: it travels in an envelope of JSON.
fn not_publishable(raw: &Raw, after: &Content) -> Option<&'static str> {
    let is_object = || serde_json::from_slice::<Map<String, Value>>(&after.body).is_ok();
    (raw.brought.enveloped && after.body != raw.brought.body && !is_object())
        .then_some("a published event stays a JSON object with `data`")
}

/// What a script is told beside the request.
fn context(raw: &Raw) -> Map<String, Value> {
    let context = json!({
        "connection_id": raw.connection,
        "source_id": raw.source,
        "destination_id": raw.destination,
        "request_id": raw.request,
        "event_id": raw.event,
        "event_type": raw.event_type,
        "mode": raw.mode,
        "created_at": raw.created_at,
    });
    context.as_object().cloned().unwrap_or_default()
}

fn new_run(
    engine: &Engine,
    (index, transformation): (usize, TransformationId),
    script: Option<&Script>,
    ran: Ran,
    before: Option<TransformationRunId>,
    at: Timestamp,
) -> NewRun {
    // What is probably not meant is said where people look for what the script said.
    let mut console = ran.console;
    console.extend(ran.warnings.into_iter().map(|text| ConsoleLine { level: LogLevel::Warn, text }));
    NewRun {
        id: TransformationRunId::new(engine.ids().unique(at)),
        transformation,
        code_hash: script.map(|script| script.hash.clone()).unwrap_or_default(),
        position: u32::try_from(index + 1).unwrap_or(u32::MAX),
        error: ran.outcome.err(),
        console,
        console_truncated: ran.console_truncated,
        duration: ran.duration,
        before,
        after: None,
        created_at: at,
    }
}

/// The event as a lane keeps it.
fn waiting(raw: &Raw, content: Content, due_at: Timestamp) -> Waiting {
    let brought = &raw.brought;
    let has_headers = !brought.enveloped && !raw.simulated;
    let pairs = content.header_pairs();
    Waiting {
        lane: raw.lane(),
        key: PendingKey { rank: raw.rank, due_at, event: raw.event },
        connection: raw.connection,
        event_type: raw.event_type.clone(),
        webhook_id: raw.webhook_id.clone(),
        simulated: raw.simulated,
        attempts: 0,
        probes: 0,
        cause: raw.cause,
        parcel: Arc::new(Parcel {
            request: raw.request,
            enveloped: brought.enveloped,
            content_type: crate::capture::content_type(&pairs),
            headers: if has_headers { Forwarded::of(&pairs) } else { Forwarded::default() },
            method: (content.method != brought.method).then(|| content.method.parse().ok()).flatten(),
            path: content.path,
            query: content.query,
            body: content.body,
            replay_of: brought.replay_of,
            staged: brought.staged,
        }),
        is_announced: false,
    }
}
