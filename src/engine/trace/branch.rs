//! What happened to one event.

use std::time::Duration;

use hookyard_model::{
    Attempt, AttemptStatus, Event, EventStatus, Request, RunStatus, Timestamp, TraceItem, TraceKind, TransformationRun,
    Trigger,
};

use super::timeline::item;

/// A first attempt that was due no later than this after its event was made was not delayed by a rule: the shortest is longer.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The items of an event, from its making to its end, in no order.
pub(super) fn of(
    request: &Request,
    event: &Event,
    attempts: &[&Attempt],
    runs: &[&TransformationRun],
) -> Vec<TraceItem> {
    let mut items = vec![made(request, event)];
    items.extend(runs.iter().map(|run| ran(request, event, run)));
    items.extend(delayed(request, event, attempts, runs));
    items.extend(held(request, event));
    for (index, attempt) in attempts.iter().enumerate() {
        items.push(tried(request, event, attempt));
        items.extend(waited(request, event, attempt, attempts.get(index + 1)));
    }
    items.extend(ended(request, event, attempts.last()));
    items
}

fn of_event(request: &Request, event: &Event, kind: TraceKind, at: Timestamp, label: &str, of: &str) -> TraceItem {
    TraceItem {
        event_id: Some(event.id),
        connection_id: Some(event.connection_id),
        destination_id: Some(event.destination_id),
        ..item(request, kind, at, label, of)
    }
}

fn made(request: &Request, event: &Event) -> TraceItem {
    let (kind, label) = match event.retry_parent_event_id {
        Some(_) => (TraceKind::Retried, format!("Sent again to {}", event.destination_name)),
        None => (TraceKind::EventCreated, format!("Event for {}", event.destination_name)),
    };
    TraceItem {
        status: Some(event.status.to_string()),
        other_event_id: event.retry_parent_event_id,
        ..of_event(request, event, kind, event.created_at, &label, &event.id.to_string())
    }
}

fn ran(request: &Request, event: &Event, run: &TransformationRun) -> TraceItem {
    let name = &run.transformation_name;
    let (kind, label) = match run.status {
        RunStatus::Successful => (TraceKind::Transformed, format!("Transformed by {name}")),
        RunStatus::Failed => (TraceKind::TransformFailed, format!("The transformation {name} failed")),
    };
    TraceItem {
        until: Some(run_end(run)),
        status: Some(run.status.to_string()),
        reason: run.error.as_ref().map(|error| error.message.clone()),
        transformation_execution_id: Some(run.id),
        ..of_event(request, event, kind, run.created_at, &label, &run.id.to_string())
    }
}

fn run_end(run: &TransformationRun) -> Timestamp {
    run.created_at.plus(Duration::try_from_secs_f64(run.duration_ms / 1000.0).unwrap_or_default())
}

/// The wait before the first attempt that a rule asks for, where there is more of one than of a queue.
fn delayed(request: &Request, event: &Event, attempts: &[&Attempt], runs: &[&TransformationRun]) -> Option<TraceItem> {
    let begins = runs.iter().map(|run| run_end(run)).max().unwrap_or(event.created_at);
    let due = match attempts.first() {
        Some(first) if first.attempt_number == 1 && first.trigger == Trigger::Initial => due(first)?,
        Some(_) => return None,
        None if event.status == EventStatus::Scheduled => event.next_attempt_at?,
        None => return None,
    };
    (due.since(begins) > AT_ONCE).then(|| TraceItem {
        until: Some(due),
        status: attempts.is_empty().then(|| event.status.to_string()),
        ..of_event(request, event, TraceKind::Delayed, begins, "Delayed by a rule", &event.id.to_string())
    })
}

/// When an attempt was due.
fn due(attempt: &Attempt) -> Option<Timestamp> {
    let waited = Duration::try_from_secs_f64(attempt.timings.queue_ms? / 1000.0).ok()?;
    Some(attempt.delivered_at.minus(waited))
}

fn held(request: &Request, event: &Event) -> Vec<TraceItem> {
    let Some(at) = event.held_at else { return Vec::new() };
    let released = event.released_at.filter(|released| *released >= at);
    let of = event.id.to_string();
    let held = TraceItem { until: released, ..of_event(request, event, TraceKind::Held, at, "Held", &of) };
    let let_go = released.map(|at| of_event(request, event, TraceKind::Released, at, "Let go", &of));
    std::iter::once(held).chain(let_go).collect()
}

fn tried(request: &Request, event: &Event, attempt: &Attempt) -> TraceItem {
    let took = attempt.delivery_latency;
    let (number, of) = (attempt.attempt_number, attempt.id.to_string());
    let label = match (attempt.response_status, attempt.error_code) {
        (Some(status), _) => format!("Attempt {number}: answered {status} in {took:.0} ms"),
        (None, Some(error)) => format!("Attempt {number}: {error} after {took:.0} ms"),
        (None, None) => format!("Attempt {number}: no answer after {took:.0} ms"),
    };
    TraceItem {
        until: Some(end(attempt)),
        status: Some(attempt.status.to_string()),
        reason: attempt.error_message.clone(),
        attempt_id: Some(attempt.id),
        ..of_event(request, event, TraceKind::Attempt, attempt.delivered_at, &label, &of)
    }
}

fn end(attempt: &Attempt) -> Timestamp {
    attempt.delivered_at.plus(Duration::try_from_secs_f64(attempt.delivery_latency / 1000.0).unwrap_or_default())
}

/// The wait after an attempt that failed, until the next one.
fn waited(request: &Request, event: &Event, attempt: &Attempt, next: Option<&&Attempt>) -> Option<TraceItem> {
    if attempt.status == AttemptStatus::Successful {
        return None;
    }
    let until = match next {
        Some(next) => due(next).unwrap_or(next.delivered_at),
        None => event.next_attempt_at.filter(|_| event.status.is_pending())?,
    };
    let label = format!("Attempt {} is to follow", attempt.attempt_number + 1);
    Some(TraceItem {
        until: Some(until.max(end(attempt))),
        // Of what is over, nobody waits for the end.
        status: next.is_none().then(|| event.status.to_string()),
        ..of_event(request, event, TraceKind::RetryScheduled, end(attempt), &label, &attempt.id.to_string())
    })
}

fn ended(request: &Request, event: &Event, last: Option<&&Attempt>) -> Option<TraceItem> {
    let last_end = last.map_or(event.updated_at, |attempt| end(attempt));
    let (kind, at, label) = match event.status {
        EventStatus::Successful => (TraceKind::Delivered, event.successful_at.unwrap_or(last_end), "Delivered"),
        EventStatus::Failed => (TraceKind::Failed, last_end, "Failed: no attempt is left"),
        // What was given up for a cause is among what was ignored.
        EventStatus::Cancelled if event.ignored_cause.is_some() => return None,
        EventStatus::Cancelled => (TraceKind::Cancelled, event.updated_at.max(last_end), "Cancelled"),
        EventStatus::Scheduled | EventStatus::Queued | EventStatus::Hold => return None,
    };
    let label = match (event.status, last) {
        (EventStatus::Failed, None) => "Failed before any attempt",
        _ => label,
    };
    Some(TraceItem {
        status: Some(event.status.to_string()),
        reason: event.failure_message.clone().filter(|_| event.status == EventStatus::Failed),
        ..of_event(request, event, kind, at, label, &event.id.to_string())
    })
}
