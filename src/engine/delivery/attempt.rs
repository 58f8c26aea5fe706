//! One attempt: what is sent, what came of it, what that means.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hookyard_model::{AttemptId, AttemptStatus, DestinationType, ErrorCode, EventStatus, Timestamp, Timings};
use http::{Method, StatusCode};

use super::{
    Waiting, backoff,
    craft::{self, Crafted},
    lane::Lane,
    send::{Exchange, Outgoing, uri},
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
    url: Option<String>,
    /// JSON list of pairs.
    headers: String,
    exchange: Exchange,
}

/// Tries to send an event, and leaves what came of it to the writer.
pub(super) async fn make(engine: Engine, lane: Arc<Lane>, target: Arc<Target>, waiting: Waiting) {
    let sent_at = engine.now();
    let number = waiting.attempts + 1;
    let sent = exchange(&engine, &target, &waiting, number, sent_at).await;
    lane.memory.lock().sent(waiting.key.event);
    lane.wake.notify_one();
    let settlement = judge(&engine, &lane, &target, &waiting, sent);
    engine.0.counts.attempt(&settlement);
    log(&settlement);
    engine.0.writer.settle(settlement).await;
}

async fn exchange(engine: &Engine, target: &Target, waiting: &Waiting, number: u32, sent_at: Timestamp) -> Sent {
    let Crafted { url, headers, body, .. } = craft::craft(target, waiting, number, sent_at, engine.ids());
    let shown = craft::header_pairs(&headers, target.config.auth.as_ref());
    let exchange = match (target.kind, &url) {
        (DestinationType::Mock, _) => mock(&body),
        (DestinationType::Http, None) => failed(ErrorCode::Protocol, "the destination has no URL"),
        (DestinationType::Http, Some(url)) => match uri(url) {
            Err(message) => failed(ErrorCode::Protocol, &message),
            Ok(uri) => {
                let method = match target.config.http_method {
                    hookyard_model::HttpMethod::Post => Method::POST,
                    hookyard_model::HttpMethod::Put => Method::PUT,
                    hookyard_model::HttpMethod::Patch => Method::PATCH,
                    hookyard_model::HttpMethod::Delete => Method::DELETE,
                };
                let deadline = Duration::from_millis(u64::from(target.config.timeout_ms));
                engine.0.sender.send(Outgoing { method, url: uri, headers, body }, deadline).await
            }
        },
    };
    Sent { at: sent_at, ended_at: engine.now(), url, headers: shown, exchange }
}

/// The built-in receiver's answer.
fn mock(body: &[u8]) -> Exchange {
    let answer = format!(r#"{{"ok":true,"receiver":"built-in","received_bytes":{}}}"#, body.len());
    Exchange {
        failure: None,
        status: Some(200),
        headers: Some(vec![("content-type".to_owned(), "application/json".to_owned())]),
        body: Some(answer.into_bytes()),
        truncated: false,
        timings: Timings { first_byte_ms: Some(0.0), body_ms: Some(0.0), ..Timings::default() },
        retry_after: None,
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
    let Sent { at: sent_at, ended_at, url, headers, exchange } = sent;
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
    let verdict = verdict::judge(outcome, number, ended_at, asked, engine.ids().fraction());
    let (status, next) = match verdict {
        Verdict::Delivered => (EventStatus::Successful, None),
        Verdict::RetryAt(_) if only_once.is_some() => (EventStatus::Failed, None),
        Verdict::GivenUp => (EventStatus::Failed, None),
        Verdict::RetryAt(due_at) => {
            let rank = waiting.key.rank.max(1);
            (EventStatus::Scheduled, Some(Next { rank, due_at, cause: hookyard_model::Trigger::Automatic }))
        }
    };
    let health = {
        let mut pace = lane.pace.lock();
        pace.adjust(outcome, asked, ended_at);
        // Simulated events never count: their failures disable nothing, not even by 410, and their successes do not hide
        // that real events fail.
        (!waiting.simulated).then(|| pace.count(outcome.is_success(), ended_at)).flatten()
    };
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
            method: target.config.http_method.as_str(),
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
    }
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
