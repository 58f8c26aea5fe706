//! Proxies: sources whose senders are answered by an upstream.
//!
//! Only what was let in and committed is sent there, once, within the source's own time. Whatever comes of it, the request
//! stays accepted and goes its way to its connections. What came is recorded off the sender's path: should the process
//! end just then, the record is missing, and the request is not.

mod answer;
mod store;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::{ErrorCode, ProxyConfig, ProxyExchangeId, RequestId, SourceId, service::Reply};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use store::of_request;

use self::{
    answer::{Failure, Why, refusal, reply},
    store::Record,
};
use crate::{
    Engine,
    budget::Budget,
    capture::Draft,
    delivery::{Exchange, Forwarded, Outgoing, USER_AGENT, Whole, append_path, decoded, uri},
    routing::Route,
};

/// How many calls are under way at once, for one source and for all.
const OF_EACH: usize = 64;
const OF_ALL: usize = 512;
/// How many bytes of what is sent and of what comes back are in memory at once.
const BYTES: usize = 256 << 20;
/// How many sources are remembered before those that call nobody are forgotten.
const SOURCES: usize = 10_000;
/// How many records wait to be written, and how many are written at once.
const RECORDS: usize = 1024;
const BATCH: usize = 64;
/// How long calls under way may go on when the process is to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many proxies may call each other: more are a circle.
const HOPS: u32 = 4;
/// Counts the proxies that a request came through.
const HOPS_HEADER: &str = "hookyard-proxy-hops";

/// What calls of upstreams have in common.
#[derive(Debug)]
pub(crate) struct Proxies {
    of_all: Arc<Semaphore>,
    of_each: Mutex<HashMap<SourceId, Arc<Semaphore>>>,
    budget: Budget,
    running: TaskTracker,
    ending: CancellationToken,
    records: mpsc::Sender<Record>,
    waiting: Mutex<Option<mpsc::Receiver<Record>>>,
}

/// The right to call an upstream, given back when what came is recorded.
#[derive(Debug)]
struct Turn {
    _of_source: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Proxies {
    pub(crate) fn new() -> Self {
        let (records, waiting) = mpsc::channel(RECORDS);
        Self {
            of_all: Arc::new(Semaphore::new(OF_ALL)),
            of_each: Mutex::default(),
            budget: Budget::new(BYTES),
            running: TaskTracker::new(),
            ending: CancellationToken::new(),
            records,
            waiting: Mutex::new(Some(waiting)),
        }
    }

    /// `None` when so many calls are under way that one more would have to wait.
    fn turn(&self, source: SourceId, bytes: usize) -> Option<Turn> {
        if self.ending.is_cancelled() || !self.budget.has_room(bytes) {
            return None;
        }
        let of_source = {
            let mut of_each = self.of_each.lock();
            if of_each.len() >= SOURCES {
                of_each.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            Arc::clone(of_each.entry(source).or_insert_with(|| Arc::new(Semaphore::new(OF_EACH))))
        };
        Some(Turn {
            _of_source: of_source.try_acquire_owned().ok()?,
            _of_all: Arc::clone(&self.of_all).try_acquire_owned().ok()?,
        })
    }
}

/// A request on its way to an upstream.
pub(crate) struct Passing {
    method: String,
    path: String,
    query: String,
    /// As they are stored.
    headers: String,
    body: Bytes,
}

impl Passing {
    pub(crate) fn of(draft: &Draft) -> Self {
        Self {
            method: draft.method.clone(),
            path: draft.path.clone(),
            query: draft.query.clone(),
            headers: draft.headers.clone(),
            body: draft.body.clone(),
        }
    }
}

impl Engine {
    /// Sends an accepted request to its source's upstream, and returns what the sender is answered.
    pub(crate) async fn pass_on(
        &self,
        route: &Arc<Route>,
        upstream: ProxyConfig,
        request: RequestId,
        passing: Passing,
    ) -> Reply {
        let (engine, route) = (self.clone(), Arc::clone(route));
        // To its end, also when the sender does not wait for it.
        let calling =
            self.0.proxies.running.spawn(async move { engine.exchange(&route, &upstream, request, passing).await });
        calling.await.unwrap_or_else(|_| refusal(request, Why::Failed))
    }

    async fn exchange(&self, route: &Route, upstream: &ProxyConfig, request: RequestId, passing: Passing) -> Reply {
        let started_at = self.now();
        let mut record = Record {
            team: route.team,
            mode: route.mode,
            id: ProxyExchangeId::new(self.ids().unique(started_at)),
            source: route.id,
            request,
            target_url: upstream.target_url.clone(),
            method: passing.method.clone(),
            answer: None,
            error: None,
            started_at,
            turn: None,
        };
        let answered = match self.0.proxies.turn(route.id, passing.body.len()) {
            Some(turn) => {
                record.turn = Some(turn);
                self.call(upstream, request, passing, &mut record).await
            }
            None => Err(Failure::busy()),
        };
        let reply = match answered {
            Ok(reply) => reply,
            Err(Failure { why, sentence }) => {
                record.error = Some(sentence);
                refusal(request, why)
            }
        };
        if self.0.proxies.records.try_send(record).is_err() {
            tracing::warn!(%request, "what an upstream answered is not recorded: too much waits to be");
        }
        reply
    }

    /// Calls the upstream, and notes in `record` what was called and what came.
    async fn call(
        &self,
        upstream: &ProxyConfig,
        request: RequestId,
        passing: Passing,
        record: &mut Record,
    ) -> Result<Reply, Failure> {
        let hops = hops(&passing.headers);
        if hops >= HOPS {
            return Err(Failure::new(format!("it came through {hops} proxies already: they may call each other")));
        }
        let url = target(upstream, &passing).map_err(Failure::new)?;
        record.target_url.clone_from(&url);
        let outgoing = Outgoing {
            method: Method::from_bytes(passing.method.as_bytes())
                .map_err(|_| Failure::new(format!("`{}` cannot be sent as a method", passing.method)))?,
            url: uri(&url).map_err(Failure::new)?,
            headers: headers(&passing.headers, request, hops + 1),
            body: passing.body,
        };
        let most = self.0.config.body_limit;
        let whole = Whole { most, held: self.0.proxies.budget.hold(outgoing.body.len()) };
        let limit = Duration::from_millis(u64::from(upstream.timeout_ms));
        let Exchange { failure, status, headers, body, truncated, timings, .. } = tokio::select! {
            exchange = self.0.sender.send_for_all(outgoing, limit, whole) => exchange,
            () = self.0.proxies.ending.cancelled() => {
                return Err(Failure::new("this server was stopped before the upstream answered".to_owned()));
            }
        };
        let (headers, body) = (headers.unwrap_or_default(), body.unwrap_or_default());
        if let Some(status) = status {
            let kept = usize::try_from(upstream.response_limit).unwrap_or(usize::MAX);
            record.answer =
                Some(store::Answer::new(status, &headers, decoded(&headers, &body, kept), truncated, &timings));
        }
        match (failure, status) {
            (Some((code, sentence)), _) => Err(Failure {
                why: match code {
                    ErrorCode::Timeout | ErrorCode::ConnectTimeout => Why::TimedOut,
                    _ => Why::Failed,
                },
                sentence: format!("{code}: {sentence}"),
            }),
            (None, _) if truncated => {
                Err(Failure::new(format!("the answer has more than {most} bytes, or more than there is room for")))
            }
            (None, Some(status)) if status >= 200 => Ok(reply(status, headers, body)),
            (None, _) => Err(Failure::new("the upstream gave no answer that can be handed on".to_owned())),
        }
    }
}

/// Where a request goes: the upstream's URL, with what followed the source's where that is forwarded.
fn target(upstream: &ProxyConfig, passing: &Passing) -> Result<String, String> {
    let mut url = url::Url::parse(&upstream.target_url).map_err(|error| format!("the URL cannot be read: {error}"))?;
    if upstream.path_forwarding {
        append_path(&mut url, &passing.path)?;
        if !passing.query.is_empty() {
            let query = url.query().map_or_else(|| passing.query.clone(), |own| format!("{own}&{}", passing.query));
            url.set_query(Some(&query));
        }
    }
    Ok(url.into())
}

/// The headers of the call: those of the request that go on, and ours.
fn headers(stored: &str, request: RequestId, hops: u32) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    Forwarded::of(stored).add_to(&mut headers);
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(HeaderName::from_static(HOPS_HEADER), HeaderValue::from(hops));
    if let Ok(id) = HeaderValue::try_from(request.to_string()) {
        headers.insert(HeaderName::from_static("hookyard-request-id"), id);
    }
    headers
}

/// How many proxies a request with these headers came through.
fn hops(stored: &str) -> u32 {
    // Most came through none.
    if !stored.contains(HOPS_HEADER) {
        return 0;
    }
    let pairs: Vec<(String, String)> = serde_json::from_str(stored).unwrap_or_default();
    pairs.iter().find(|(name, _)| name == HOPS_HEADER).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

/// Records what upstreams answered, until `stop` and until the calls under way then came to an end.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let proxies = &engine.0.proxies;
    let Some(mut waiting) = proxies.waiting.lock().take() else { return };
    let last = async {
        stop.cancelled().await;
        proxies.running.close();
        if timeout(PATIENCE, proxies.running.wait()).await.is_err() {
            proxies.ending.cancel();
            proxies.running.wait().await;
        }
        proxies.ending.cancel();
    };
    tokio::pin!(last);
    let mut some = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            _ = waiting.recv_many(&mut some, BATCH) => store::write(&engine, &mut some).await,
            () = &mut last => break,
        }
    }
    while let Ok(record) = waiting.try_recv() {
        some.push(record);
    }
    store::write(&engine, &mut some).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(path: &str, query: &str) -> Passing {
        Passing {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: "[]".to_owned(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn what_follows_the_sources_url_follows_the_upstreams() {
        let upstream = |path_forwarding| ProxyConfig {
            target_url: "https://up.example/base?k=1".to_owned(),
            path_forwarding,
            ..ProxyConfig::default()
        };
        for (case, forwards, path, query, expected) in [
            ("nothing followed", true, "", "", Ok("https://up.example/base?k=1")),
            ("all of it", true, "/a/b", "c=2", Ok("https://up.example/base/a/b?k=1&c=2")),
            ("not wanted", false, "/a/b", "c=2", Ok("https://up.example/base?k=1")),
            ("not out of the base", true, "/../admin", "", Err(())),
            ("nor encoded", true, "/%2e%2e%2fadmin", "", Err(())),
        ] {
            let found = target(&upstream(forwards), &passing(path, query));
            assert_eq!(found.as_deref().map_err(|_| ()), expected, "{case}");
        }
    }

    #[test]
    fn a_circle_is_noticed() {
        assert_eq!(hops(r#"[["x","1"]]"#), 0);
        assert_eq!(hops(r#"[["hookyard-proxy-hops","3"]]"#), 3);
        let request = RequestId::new(ulid::Ulid::nil());
        let headers = headers(r#"[["hookyard-proxy-hops","3"],["x-a","1"],["cookie","c"]]"#, request, 4);
        let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-a", "user-agent", "hookyard-proxy-hops", "hookyard-request-id"]);
        assert_eq!(headers[HOPS_HEADER], "4");
    }

    #[test]
    fn one_source_does_not_take_all_turns() {
        let proxies = Proxies::new();
        let source = |number| SourceId::new(ulid::Ulid::from_parts(1, number));
        let turns: Vec<_> = (0..OF_EACH).map_while(|_| proxies.turn(source(1), 0)).collect();
        assert_eq!(turns.len(), OF_EACH);
        assert!(proxies.turn(source(1), 0).is_none(), "it has its share");
        assert!(proxies.turn(source(2), 0).is_some(), "others have theirs");
        drop(turns);
        assert!(proxies.turn(source(1), 0).is_some() && proxies.turn(source(1), BYTES + 1).is_none());
    }
}
