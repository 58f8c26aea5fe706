//! One attempt: what is sent, what came of it, what that means.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{
    AttemptId, AttemptStatus, DestinationAuth, DestinationType, ErrorCode, EventStatus, REDACTED, Timestamp, Timings,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::{
    Waiting, backoff,
    lane::Lane,
    send::{Exchange, Outgoing, uri},
    sign::signature,
    verdict::{self, Outcome, Verdict},
};
use crate::{
    Engine,
    capture::sent_body,
    routing::Target,
    writer::{HealthUpdate, NewAttempt, Next, Settlement},
};

const USER_AGENT: &str = concat!("Hookyard/", env!("CARGO_PKG_VERSION"));

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
    let parcel = &waiting.parcel;
    let body = if parcel.enveloped {
        let kind = waiting.event_type.as_deref();
        Bytes::from(sent_body(true, &parcel.body, waiting.lane.mode, &waiting.webhook_id, kind, sent_at))
    } else {
        parcel.body.clone()
    };
    let headers = headers(target, waiting, number, &body, sent_at);
    let shown = header_pairs(&headers, target.config.auth.as_ref());
    let url = url(target, waiting);
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

/// The destination's URL, with what followed the source's.
fn url(target: &Target, waiting: &Waiting) -> Option<String> {
    let mut url = url::Url::parse(target.config.url.as_deref()?).ok()?;
    let parcel = &waiting.parcel;
    if !target.config.path_forwarding_disabled && !parcel.enveloped {
        if !parcel.path.is_empty() && parcel.path != "/" {
            let path = format!("{}{}", url.path().trim_end_matches('/'), parcel.path);
            url.set_path(&path);
        }
        if !parcel.query.is_empty() {
            let query = url.query().map_or_else(|| parcel.query.clone(), |own| format!("{own}&{}", parcel.query));
            url.set_query(Some(&query));
        }
    }
    Some(url.to_string())
}

/// The headers of an attempt: the destination's own, then ours, which those cannot replace.
fn headers(target: &Target, waiting: &Waiting, number: u32, body: &[u8], sent_at: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    let parcel = &waiting.parcel;
    let content_type = if parcel.enveloped { Some("application/json") } else { parcel.content_type.as_deref() };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(content_type) = content_type {
        put(header::CONTENT_TYPE, content_type);
    }
    put(header::USER_AGENT, USER_AGENT);
    for (name, value) in &target.config.headers {
        if let Ok(name) = HeaderName::try_from(name.as_str()) {
            put(name, value);
        }
    }
    match &target.config.auth {
        None => {}
        Some(DestinationAuth::CustomHeader { header_name, value } | DestinationAuth::ApiKey { header_name, value }) => {
            if let Ok(name) = HeaderName::try_from(header_name.as_str()) {
                put(name, value.reveal());
            }
        }
        Some(DestinationAuth::Bearer { token }) => put(header::AUTHORIZATION, &format!("Bearer {}", token.reveal())),
        Some(DestinationAuth::BasicAuth { username, password }) => {
            let pair = STANDARD.encode(format!("{username}:{}", password.reveal()));
            put(header::AUTHORIZATION, &format!("Basic {pair}"));
        }
    }
    let seconds = sent_at.seconds();
    let live = target.secrets.iter().filter(|(_, ends)| ends.is_none_or(|ends| ends > sent_at));
    let signatures: Vec<String> = live.map(|(key, _)| signature(key, &waiting.webhook_id, seconds, body)).collect();
    put(HeaderName::from_static("webhook-id"), &waiting.webhook_id);
    put(HeaderName::from_static("webhook-timestamp"), &seconds.to_string());
    put(HeaderName::from_static("webhook-signature"), &signatures.join(" "));
    put(HeaderName::from_static("hookyard-event-id"), &waiting.key.event.to_string());
    put(HeaderName::from_static("hookyard-request-id"), &parcel.request.to_string());
    put(HeaderName::from_static("hookyard-attempt"), &number.to_string());
    if let Some(original) = parcel.replay_of {
        put(HeaderName::from_static("hookyard-replay-of"), &original.to_string());
    }
    headers
}

/// Headers as they are stored: a JSON list of pairs. The one that carries the destination's secret is redacted.
fn header_pairs(headers: &HeaderMap, auth: Option<&DestinationAuth>) -> String {
    let secret = auth.map(|auth| match auth {
        DestinationAuth::CustomHeader { header_name, .. } | DestinationAuth::ApiKey { header_name, .. } => {
            header_name.as_str()
        }
        DestinationAuth::Bearer { .. } | DestinationAuth::BasicAuth { .. } => "authorization",
    });
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let is_secret = secret.is_some_and(|secret| name.as_str().eq_ignore_ascii_case(secret));
        let value = if is_secret { REDACTED } else { value.to_str().unwrap_or_default() };
        (name.to_string(), value.to_owned())
    };
    serde_json::to_string(&headers.iter().map(shown).collect::<Vec<_>>()).unwrap_or_default()
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
    let asked = exchange.retry_after.as_deref().and_then(|header| backoff::asked(header, ended_at));
    let number = waiting.attempts + 1;
    let verdict = verdict::judge(outcome, number, ended_at, asked, engine.ids().fraction());
    let (status, next) = match verdict {
        Verdict::Delivered => (EventStatus::Successful, None),
        Verdict::GivenUp => (EventStatus::Failed, None),
        Verdict::RetryAt(due_at) => {
            let rank = waiting.key.rank.max(1);
            (EventStatus::Scheduled, Some(Next { rank, due_at, cause: hookyard_model::Trigger::Automatic }))
        }
    };
    let health = {
        let mut pace = lane.pace.lock();
        pace.adjust(outcome, asked, ended_at);
        // A simulated failure tells nothing about how real events fare, but gone is gone.
        let counts = !waiting.simulated || outcome == Outcome::Answered(410);
        counts.then(|| pace.count(outcome.is_success(), ended_at)).flatten()
    };
    let health = health.map(|(failures, failing_since)| HealthUpdate {
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
