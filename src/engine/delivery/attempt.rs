//! One attempt: what is sent, what came of it, what that means.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hookyard_model::{
    AttemptId, AttemptStatus, DestinationType, ErrorCode, EventStatus, HttpMethod, Timestamp, Timings,
};
use http::{Method, StatusCode};
use tokio::time::Instant;

use super::{
    PendingKey, Waiting, backoff,
    breaker::{self, Ended},
    craft::{self, Crafted},
    gentle::Heard,
    lane::Lane,
    memory::GENTLE,
    mock,
    send::{Exchange, Outgoing, uri},
    token::Token,
    verdict::{self, Outcome, Verdict},
};
use crate::{
    Engine,
    routing::Target,
    simulator::Staged,
    writer::{HealthUpdate, NewAttempt, Next, Settlement},
};

/// What was sent, when, and what came of it.
struct Sent {
    at: Timestamp,
    ended_at: Timestamp,
    method: HttpMethod,
    url: Option<String>,
    /// JSON list of pairs.
    headers: String,
    exchange: Exchange,
}

/// Tries to send an event, and leaves what came of it to the writer.
pub(super) async fn make(engine: Engine, lane: Arc<Lane>, target: Arc<Target>, waiting: Waiting) {
    if waiting.key.rank >= GENTLE && !engine.0.lanes.leaving.begin(waiting.key.event) {
        // It was cancelled since it was taken from the queue, and its turn is another's.
        drop(Departure::new(&engine, &lane, waiting.key));
        lane.memory.lock().forget(waiting.key.event);
        lane.wake.notify_one();
        return;
    }
    let sent_at = engine.now();
    let number = waiting.attempts + 1;
    let sent = exchange(&engine, &lane, &target, &waiting, number, sent_at).await;
    lane.memory.lock().sent(waiting.key.event);
    lane.wake.notify_one();
    let settlement = judge(&engine, &lane, &target, &waiting, sent);
    engine.0.counts.attempt(&settlement);
    log(&settlement);
    engine.0.writer.settle(settlement).await;
}

async fn exchange(
    engine: &Engine,
    lane: &Arc<Lane>,
    target: &Target,
    waiting: &Waiting,
    number: u32,
    sent_at: Timestamp,
) -> Sent {
    let limit = Duration::from_millis(u64::from(target.config.timeout_ms));
    let deadline = Instant::now() + limit;
    let auth = target.config.auth.as_ref().filter(|_| target.kind == DestinationType::Http);
    let tokens = engine.0.lanes.tokens_for(&lane.key, auth);
    let known = tokens.as_ref().map_or(0, |tokens| tokens.ended());
    let token = match &tokens {
        Some(tokens) => tokens.find(engine, auth, None, deadline).await.transpose(),
        None => Ok(None),
    };
    let craft = |token: Option<&Arc<Token>>| {
        craft::craft(target, waiting, number, sent_at, engine.ids(), token.map(|token| &token.text))
    };
    let record = |crafted: &Crafted| {
        let headers = craft::header_pairs(&crafted.headers, target.config.auth.as_ref());
        (crafted.method, crafted.url.clone(), headers)
    };
    let departure = Departure::new(engine, lane, waiting.key);
    let token = match token {
        Ok(token) => token,
        Err((code, message)) => {
            departure.gone();
            let Crafted { method, url, .. } = craft(None);
            let headers = "[]".to_owned();
            return Sent {
                at: sent_at,
                ended_at: engine.now(),
                method,
                url,
                headers,
                exchange: failed(code, &message),
            };
        }
    };
    let crafted = craft(token.as_ref());
    let (mut method, mut url, mut headers) = record(&crafted);
    let mut exchange = send(engine, target, crafted, number, deadline, departure).await;
    // The token may have been taken back: once, another is fetched and tried.
    if exchange.status == Some(401)
        && let Some((tokens, refused)) = tokens.zip(token.filter(|token| token.is_of(known)))
        && let Some(Ok(fresh)) = tokens.find(engine, auth, Some(&refused), deadline).await
        && let Some(departure) = may_send_again(engine, lane, waiting.key, deadline).await
    {
        let crafted = craft(Some(&fresh));
        (method, url, headers) = record(&crafted);
        exchange = send(engine, target, crafted, number, deadline, departure).await;
    }
    Sent { at: sent_at, ended_at: engine.now(), method, url, headers, exchange }
}

/// Tells the lane's pace, once, when a try goes out; at the latest when it is dropped.
struct Departure(Arc<dyn Fn() + Send + Sync>);

impl Departure {
    fn new(engine: &Engine, lane: &Arc<Lane>, key: PendingKey) -> Self {
        let (engine, lane, done) = (engine.clone(), Arc::clone(lane), AtomicBool::new(false));
        Self(Arc::new(move || {
            if done.swap(true, Ordering::SeqCst) {
                return;
            }
            if key.rank >= GENTLE {
                engine.0.lanes.leaving.gone(key.event);
            }
            if lane.pace.lock().sent_as(key.rank, engine.now()) {
                lane.wake.notify_one();
            }
        }))
    }

    fn gone(&self) {
        (self.0)();
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        self.gone();
    }
}

/// Waits for the right to send to the same destination once more; none when it would be too late, or was cancelled.
async fn may_send_again(engine: &Engine, lane: &Arc<Lane>, key: PendingKey, deadline: Instant) -> Option<Departure> {
    const LOOK: Duration = Duration::from_millis(20);
    let wait = async {
        loop {
            let taken = lane.pace.lock().take_again(key.rank, engine.now());
            if taken.is_ok() {
                return;
            }
            // Its time is short, and rarely anybody waits: looking now and then will do.
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout_at(deadline, wait).await.ok()?;
    let departure = Departure::new(engine, lane, key);
    // It may have been cancelled since it went out first.
    let may_go = key.rank < GENTLE || engine.0.lanes.leaving.begin(key.event);
    may_go.then_some(departure)
}

async fn send(
    engine: &Engine,
    target: &Target,
    crafted: Crafted,
    number: u32,
    deadline: Instant,
    departure: Departure,
) -> Exchange {
    let Crafted { method, url, astray, headers, body, .. } = crafted;
    let limit = deadline.saturating_duration_since(Instant::now());
    match (target.kind, &url) {
        (DestinationType::Mock, _) => {
            departure.gone();
            let mock = target.config.mock.clone().unwrap_or_default();
            let limit = Duration::from_millis(u64::from(target.config.timeout_ms));
            mock::answer(engine, &mock, number, body.len(), limit).await
        }
        (DestinationType::Http, None) => {
            failed(ErrorCode::Protocol, astray.as_deref().unwrap_or("the destination has no URL"))
        }
        (DestinationType::Http, Some(url)) => match uri(url) {
            Err(message) => failed(ErrorCode::Protocol, &message),
            Ok(url) => {
                let method = match method {
                    HttpMethod::Post => Method::POST,
                    HttpMethod::Put => Method::PUT,
                    HttpMethod::Patch => Method::PATCH,
                    HttpMethod::Delete => Method::DELETE,
                };
                let tell = Arc::clone(&departure.0);
                let gone = Box::new(move || tell());
                engine.0.sender.send_noting(Outgoing { method, url, headers, body }, limit, gone).await
            }
        },
    }
}

fn failed(code: ErrorCode, message: &str) -> Exchange {
    Exchange {
        failure: Some((code, message.to_owned())),
        status: None,
        headers: None,
        body: None,
        truncated: false,
        timings: Timings::default(),
        retry_after: None,
    }
}

/// Makes of an exchange what is to be recorded, and lets the lane's pace know.
fn judge(engine: &Engine, lane: &Lane, target: &Target, waiting: &Waiting, sent: Sent) -> Settlement {
    let Sent { at: sent_at, ended_at, method, url, headers, exchange } = sent;
    let outcome = match (&exchange.failure, exchange.status) {
        (None, Some(status)) => Outcome::Answered(status),
        (Some((code, _)), _) => Outcome::Failed(*code),
        (None, None) => Outcome::Failed(ErrorCode::Protocol),
    };
    let error = exchange.failure.or_else(|| match outcome {
        Outcome::Answered(status) if !outcome.is_success() => Some((ErrorCode::BadStatus, answered(status))),
        _ => None,
    });
    let staged = waiting.parcel.staged;
    let only_once = staged.and_then(Staged::only_once).filter(|_| !outcome.is_success());
    let error = match (error, only_once) {
        (Some((code, message)), Some(why)) => Some((code, format!("{message}; {why}"))),
        (error, _) => error,
    };
    // A refusal that was asked for says nothing about how fast to send.
    let was_asked_for = staged.is_some_and(Staged::is_to_be_refused) && outcome.is_refusal();
    let asked = exchange.retry_after.as_deref().filter(|_| !was_asked_for);
    let asked = asked.and_then(|header| backoff::asked(header, ended_at));
    let number = waiting.attempts + 1;
    let is_probe = breaker::is_probe(lane, waiting.key.event);
    // A probe uses up no retry.
    let turn = number.saturating_sub(waiting.probes).max(1);
    let probes = waiting.probes + u32::from(is_probe);
    let retries = target.retries.get(&waiting.connection);
    let verdict = verdict::judge(outcome, turn, ended_at, (asked, retries), engine.ids().fraction());
    let verdict = if is_probe { breaker::spared(verdict, outcome, ended_at) } else { verdict };
    let (status, next) = match verdict {
        Verdict::Delivered => (EventStatus::Successful, None),
        Verdict::RetryAt(_) if only_once.is_some() => (EventStatus::Failed, None),
        Verdict::GivenUp => (EventStatus::Failed, None),
        Verdict::RetryAt(due_at) => {
            let rank = waiting.key.rank.max(1);
            (EventStatus::Scheduled, Some(Next { rank, due_at, cause: hookyard_model::Trigger::Automatic, probes }))
        }
    };
    let health = {
        let mut pace = lane.pace.lock();
        pace.adjust(outcome, asked, waiting.key.rank, (sent_at, ended_at));
        if !was_asked_for {
            pace.heard(waiting.key.rank, heard(outcome, &exchange.timings, sent_at, ended_at));
        }
        // Simulated events never count: their failures disable nothing, not even by 410, and their successes do not hide
        // that real events fail.
        (!waiting.simulated).then(|| pace.count(outcome.is_success(), ended_at)).flatten()
    };
    let counted = health.map(|(_, failures, since)| (failures, since));
    let ended = Ended { event: waiting.key.event, outcome, sent_at, at: ended_at, asked };
    let decides = !waiting.simulated || breaker::is_the_probe(lane, waiting.key.event);
    let breaker = decides.then(|| breaker::judge(lane, target, ended, counted, error.as_ref())).flatten();
    let health = health.map(|(news, failures, failing_since)| HealthUpdate {
        // Whoever takes the lane after us counts on from there.
        order: (lane.epoch << 32) + news,
        consecutive_failures: failures,
        failing_since,
        last_error: error.as_ref().map(|(code, message)| format!("{code}: {message}")),
        disable: (failures > 0)
            .then(|| verdict::disable(outcome, failures, failing_since, target.auto_disable, ended_at))
            .flatten(),
    });
    let timings =
        Timings { queue_ms: Some(sent_at.since(waiting.key.due_at).as_secs_f64() * 1000.0), ..exchange.timings };
    let responded = exchange.status.is_some();
    Settlement {
        lane: lane.key,
        epoch: lane.epoch,
        event: waiting.key.event,
        connection: waiting.connection,
        pending: waiting.key,
        attempt: NewAttempt {
            id: AttemptId::new(engine.ids().unique(sent_at)),
            number,
            cause: waiting.cause,
            status: if outcome.is_success() { AttemptStatus::Successful } else { AttemptStatus::Failed },
            error,
            method: method.as_str(),
            url,
            request_headers: headers,
            response_status: exchange.status,
            response_headers: exchange.headers.map(|pairs| serde_json::to_string(&pairs).unwrap_or_default()),
            response_body: exchange.body.map(Bytes::from),
            response_truncated: exchange.truncated,
            timings: serde_json::to_string(&timings).unwrap_or_default(),
            sent_at,
            responded_at: responded.then_some(ended_at),
        },
        status,
        next,
        size: waiting.parcel.body.len() as u64,
        health,
        breaker,
        failed_at: (!waiting.simulated && !outcome.is_success()).then_some(ended_at),
    }
}

/// What the pace of recovery goes by: without the time that connecting took, which is no work of the receiver's.
fn heard(outcome: Outcome, timings: &Timings, sent_at: Timestamp, at: Timestamp) -> Heard {
    let millis = timings.first_byte_ms.map(|first| first + timings.body_ms.unwrap_or_default());
    let latency = millis.map(|millis| Duration::from_secs_f64(millis.max(0.0) / 1000.0));
    Heard { is_gentle: false, is_bulk: false, outcome, sent_at, at, latency }
}

fn answered(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| format!("it answered {status}"), |reason| format!("it answered {status} {reason}"))
}

/// One wide line an attempt. It names no URL, header or payload: those may hold what is nobody's business.
fn log(settlement: &Settlement) {
    let attempt = &settlement.attempt;
    tracing::debug!(
        team_id = %settlement.lane.team,
        mode = %settlement.lane.mode,
        destination_id = %settlement.lane.destination,
        event_id = %settlement.event,
        attempt_id = %attempt.id,
        attempt_number = attempt.number,
        cause = %attempt.cause,
        status = %attempt.status,
        error_code = attempt.error.as_ref().map(|(code, _)| code.as_str()),
        response_status = attempt.response_status,
        event_status = %settlement.status,
        "attempted"
    );
}
