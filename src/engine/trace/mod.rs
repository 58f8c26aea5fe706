//! The trace of a request, put together from what is recorded of it anyway.

mod branch;
mod store;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use hookyard_model::{
    Actor, Attempt, AttemptId, Commas, ConnectionId, Direction, Event, EventFilter, EventId, PageQuery, RequestId,
    RunFilter, Trace, TraceCounts, TransformationRun, TransformationRunId,
    service::{Events as _, Requests as _, Transformations as _},
};

use crate::{Engine, error::Result, event, request};

/// How many replays a trace names.
const REPLAYS: usize = 20;
/// How many attempts and runs there are of each event at least.
const OF_EACH: u32 = 2;

impl Engine {
    /// All that became of a request; bounded, whatever became of it.
    pub(crate) async fn trace_of(&self, who: &Actor, id: RequestId) -> Result<Trace> {
        let request = self.request(who, id).await?;
        let proxy_exchange = self.proxy_exchange(who, id).await?;
        let ignored_events = self.ignored_events(who, id).await?;
        let events = self.events_of(who, id).await?;
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let each = u32::try_from(ids.len()).map_or(OF_EACH, |count| (Trace::MOST_ATTEMPTS / count.max(1)).max(OF_EACH));
        let attempts = self.latest_attempts(who, &ids, each).await?;
        let (transformations, transformations_count) = self.runs_of(who, &ids).await?;
        let (replays, replays_count) = request::replays(self.db(), who, id, REPLAYS).await?;
        let (events_count, attempts_count) = event::counted(self.db(), who, id).await?;
        let met: BTreeSet<ConnectionId> = events
            .iter()
            .map(|event| event.connection_id)
            .chain(ignored_events.iter().filter_map(|ignored| ignored.connection_id))
            .collect();
        let connections = store::connections(self.db(), who, &met.into_iter().collect::<Vec<_>>()).await?;
        let mut trace = Trace {
            counts: TraceCounts {
                events: events_count,
                ignored_events: ignored_events.len() as u64,
                attempts: attempts_count,
                transformations: transformations_count,
                replays: replays_count,
                proxy_exchanges: u64::from(proxy_exchange.is_some()),
            },
            attempts_by_event_id: attempts_by_event(&attempts),
            transformations_by_event_id: runs_by_event(&transformations),
            request,
            proxy_exchange,
            events,
            ignored_events,
            attempts,
            transformations,
            replays,
            connections,
            timeline: Vec::new(),
        };
        trace.timeline = timeline::of(&trace);
        Ok(trace)
    }

    /// The first events of a request, the oldest first.
    async fn events_of(&self, who: &Actor, id: RequestId) -> Result<Vec<Event>> {
        let filter = EventFilter { request_id: Commas(vec![id]), ..EventFilter::default() };
        let page = PageQuery { limit: Some(Trace::MOST_EVENTS), dir: Direction::Asc, cursor: None };
        Ok(self.events(who, &filter, &page).await?.models)
    }

    /// What transformations did for these events, the oldest first, and how many runs there are at least.
    async fn runs_of(&self, who: &Actor, events: &[EventId]) -> Result<(Vec<TransformationRun>, u64)> {
        if events.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let filter = RunFilter { event_id: Commas(events.to_vec()), ..RunFilter::default() };
        let page = PageQuery { limit: Some(PageQuery::MAX_LIMIT), dir: Direction::Asc, cursor: None };
        let found = self.transformation_runs(who, &filter, &page).await?;
        Ok((found.models, found.count))
    }
}

fn attempts_by_event(attempts: &[Attempt]) -> BTreeMap<EventId, Vec<AttemptId>> {
    let mut by_event: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for attempt in attempts {
        by_event.entry(attempt.event_id).or_default().push(attempt.id);
    }
    by_event
}

fn runs_by_event(runs: &[TransformationRun]) -> BTreeMap<EventId, Vec<TransformationRunId>> {
    let mut by_event: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for run in runs {
        by_event.entry(run.event_id).or_default().push(run.id);
    }
    by_event
}
