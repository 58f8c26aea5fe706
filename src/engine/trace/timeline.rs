//! All that happened to a request as one line, in the order of time. Pure: made of the records alone.

use hookyard_model::{
    IgnoredCause, IgnoredEvent, ProxyExchange, RejectionCause, Request, Timestamp, Trace, TraceItem, TraceKind,
};

use super::branch;

/// What happened, and what is known to come.
pub(super) fn of(trace: &Trace) -> Vec<TraceItem> {
    let request = &trace.request;
    let mut items = arrival(request);
    items.extend(trace.proxy_exchange.as_ref().map(|exchange| proxied(request, exchange)));
    for ignored in &trace.ignored_events {
        items.push(not_taken(request, ignored));
    }
    for event in &trace.events {
        let attempts: Vec<_> = trace.attempts.iter().filter(|attempt| attempt.event_id == event.id).collect();
        let runs: Vec<_> = trace.transformations.iter().filter(|run| run.event_id == event.id).collect();
        items.extend(branch::of(request, event, &attempts, &runs));
    }
    for replay in &trace.replays {
        items.push(TraceItem {
            other_request_id: Some(*replay),
            ..item(request, TraceKind::Replayed, replay.made_at(), "Replayed as another request", &replay.to_string())
        });
    }
    items.sort_by_key(|one| (one.at, place(one.kind)));
    items
}

/// What is the same for all items of a request. `of` tells apart what is of one kind.
pub(super) fn item(request: &Request, kind: TraceKind, at: Timestamp, label: &str, of: &str) -> TraceItem {
    TraceItem {
        id: if of.is_empty() { kind.to_string() } else { format!("{kind}:{of}") },
        kind,
        label: label.to_owned(),
        at,
        until: None,
        status: None,
        reason: None,
        request_id: request.id,
        event_id: None,
        attempt_id: None,
        transformation_execution_id: None,
        connection_id: None,
        destination_id: None,
        other_request_id: None,
        other_event_id: None,
        proxy_exchange_id: None,
    }
}

/// The order of what happens within one millisecond.
const fn place(kind: TraceKind) -> u8 {
    match kind {
        TraceKind::Received => 0,
        TraceKind::Verified | TraceKind::Unchecked | TraceKind::Refused => 1,
        TraceKind::Proxied | TraceKind::Deduplicated | TraceKind::Ignored => 2,
        TraceKind::EventCreated => 3,
        TraceKind::Transformed | TraceKind::TransformFailed => 4,
        TraceKind::Filtered => 5,
        TraceKind::Delayed => 6,
        TraceKind::Held => 7,
        TraceKind::Released => 8,
        TraceKind::Attempt => 9,
        TraceKind::RetryScheduled => 10,
        TraceKind::Delivered | TraceKind::Failed | TraceKind::Cancelled => 11,
        TraceKind::Retried | TraceKind::Replayed => 12,
    }
}

/// How it came in, and whether it was let in.
fn arrival(request: &Request) -> Vec<TraceItem> {
    let at = request.ingested_at;
    let label = if request.is_retry { "Taken in again, as a replay" } else { "Received" };
    let received = TraceItem {
        other_request_id: request.retry_parent_request_id,
        ..item(request, TraceKind::Received, at, label, "")
    };
    let (kind, label) = match request.rejection_cause {
        Some(cause) => (TraceKind::Refused, refusal(cause)),
        None if request.verified => (TraceKind::Verified, "The sender is who they should be"),
        None => (TraceKind::Unchecked, "Let in without a check: its source asks for none"),
    };
    let checked = TraceItem {
        status: Some(request.status.to_string()),
        reason: request.rejection_detail.clone(),
        ..item(request, kind, at, label, "")
    };
    vec![received, checked]
}

const fn refusal(cause: RejectionCause) -> &'static str {
    match cause {
        RejectionCause::SourceDisabled => "Refused: the source is disabled",
        RejectionCause::SourceMethodNotAllowed => "Refused: the source does not take this method",
        RejectionCause::PayloadTooLarge => "Refused: the body is too large",
        RejectionCause::SourceAuthFailed => "Refused: the sender did not prove who they are",
        RejectionCause::TooManyHops => "Refused: it goes round in a circle",
    }
}

/// What its source's upstream answered, or why the sender did not get that.
fn proxied(request: &Request, exchange: &ProxyExchange) -> TraceItem {
    let label = match (exchange.response_status, exchange.response_latency) {
        (Some(status), Some(took)) => format!("Sent to the upstream: answered {status} in {took:.0} ms"),
        (Some(status), None) => format!("Sent to the upstream: answered {status}"),
        (None, _) => "Sent to the upstream: no answer".to_owned(),
    };
    TraceItem {
        until: exchange.responded_at,
        status: exchange.response_status.map(|status| status.to_string()),
        reason: exchange.error_text.clone(),
        proxy_exchange_id: Some(exchange.id),
        ..item(request, TraceKind::Proxied, exchange.started_at, &label, &exchange.id.to_string())
    }
}

fn not_taken(request: &Request, ignored: &IgnoredEvent) -> TraceItem {
    let (kind, label) = match ignored.cause {
        IgnoredCause::Filtered => (TraceKind::Filtered, "Filtered"),
        IgnoredCause::Deduplicated => (TraceKind::Deduplicated, "The same came shortly before"),
        IgnoredCause::NoConnection => (TraceKind::Ignored, "Its source has no connection"),
        IgnoredCause::ConnectionDisabled => (TraceKind::Ignored, "The connection is disabled"),
        IgnoredCause::DestinationDisabled => (TraceKind::Ignored, "The destination is disabled"),
        IgnoredCause::TransformFailed => (TraceKind::Ignored, "The transformation failed"),
        IgnoredCause::Handshake => (TraceKind::Ignored, "The provider's check of the URL, which was answered"),
    };
    TraceItem {
        status: Some(ignored.cause.to_string()),
        reason: ignored.mismatch.as_ref().map(|mismatch| mismatch.sentence.clone()).or_else(|| ignored.reason.clone()),
        connection_id: ignored.connection_id,
        event_id: ignored.event_id,
        other_request_id: ignored.same_as,
        ..item(request, kind, ignored.created_at, label, &ignored.id)
    }
}
