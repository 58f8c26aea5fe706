//! A trace in lanes: what happened to each event, in the order of time.

use hookyard_model::{Event, EventId, Timestamp, Trace, TraceItem, TraceKind};

use super::scale::Scale;

/// One event on its way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    pub(super) event: Event,
    /// What its connection is called now.
    pub(super) connection: Option<String>,
    pub(super) items: Vec<TraceItem>,
    /// How many attempts it had beyond those among the items.
    pub(super) more_attempts: u64,
}

/// The lanes of a trace, an event that was sent again below the one that it repeats; and the scale they are drawn to.
pub(super) fn lanes(trace: &Trace) -> (Vec<Lane>, Scale) {
    let mut lanes = Vec::with_capacity(trace.events.len());
    for event in trace.events.iter().filter(|event| parent(trace, event).is_none()) {
        add(trace, event, &mut lanes);
    }
    (lanes, Scale::of(instants(trace)))
}

/// The event that this one repeats, if the trace has it.
fn parent<'a>(trace: &'a Trace, event: &Event) -> Option<&'a Event> {
    let parent: EventId = event.retry_parent_event_id?;
    trace.events.iter().find(|other| other.id == parent)
}

fn add(trace: &Trace, event: &Event, lanes: &mut Vec<Lane>) {
    let items: Vec<_> = trace.timeline.iter().filter(|item| item.event_id == Some(event.id)).cloned().collect();
    let shown = items.iter().filter(|item| item.kind == TraceKind::Attempt).count() as u64;
    let connection = trace.connections.iter().find(|one| one.id == event.connection_id).map(|one| one.name.clone());
    let more_attempts = u64::from(event.attempts).saturating_sub(shown);
    lanes.push(Lane { event: event.clone(), connection, items, more_attempts });
    // An id is greater than its parent's: this comes to an end.
    for again in trace.events.iter().filter(|other| other.retry_parent_event_id == Some(event.id)) {
        add(trace, again, lanes);
    }
}

/// What the drawing has to have room for.
fn instants(trace: &Trace) -> Vec<i64> {
    let is_drawn = |item: &&TraceItem| !matches!(item.kind, TraceKind::Replayed);
    trace
        .timeline
        .iter()
        .filter(is_drawn)
        .flat_map(|item| [Some(item.at), item.until])
        .flatten()
        .map(Timestamp::millis)
        .collect()
}
