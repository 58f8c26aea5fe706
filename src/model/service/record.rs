use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, Attempt, AttemptFilter, AttemptHistogram, AttemptId, Event, EventFilter, EventId, EventSummary,
    IgnoredEvent, Modifications, Page, PageQuery, ProxyExchange, ReplayPreview, ReplayedRequest, Request,
    RequestFilter, RequestId, RetriedEvent, Trace,
};

/// Requests: what arrived.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Requests, newest first unless asked otherwise; `data` says whether their payloads are wanted too.
    async fn requests(
        &self,
        who: &Actor,
        filter: &RequestFilter,
        page: &PageQuery,
        data: bool,
    ) -> Answer<Page<Request>>;

    async fn count_requests(&self, who: &Actor, filter: &RequestFilter) -> Answer<u64>;

    /// One request with its payload.
    async fn request(&self, who: &Actor, id: RequestId) -> Answer<Request>;

    /// What the upstream of its source answered to a request; none where the source is no proxy.
    async fn proxy_exchange(&self, who: &Actor, id: RequestId) -> Answer<Option<ProxyExchange>>;

    /// The branches that a request did not take.
    async fn ignored_events(&self, who: &Actor, id: RequestId) -> Answer<Vec<IgnoredEvent>>;

    /// How the events of these requests do, in their order.
    async fn event_summaries(&self, who: &Actor, ids: &[RequestId]) -> Answer<Vec<EventSummary>>;

    /// All that became of a request, from its first byte to its last attempt.
    async fn trace(&self, who: &Actor, id: RequestId) -> Answer<Trace>;

    /// How many requests there were over time, as [`Attempts::attempt_histogram`]: accepted ones count as successful,
    /// rejected ones as failed.
    async fn request_histogram(&self, who: &Actor, filter: &RequestFilter, buckets: u32) -> Answer<AttemptHistogram>;

    /// Sends the stored request through the current connections again, as a new request, with some of it changed.
    async fn replay_request(&self, who: &Actor, id: RequestId, with: &Modifications) -> Answer<ReplayedRequest>;

    /// What that would send, and where to. Nothing is sent or stored.
    async fn preview_replay(&self, who: &Actor, id: RequestId, with: &Modifications) -> Answer<ReplayPreview>;
}

/// Events: one request on its way to one destination.
#[async_trait]
pub trait Events: Send + Sync {
    async fn events(&self, who: &Actor, filter: &EventFilter, page: &PageQuery) -> Answer<Page<Event>>;

    async fn count_events(&self, who: &Actor, filter: &EventFilter) -> Answer<u64>;

    /// How many events were made over time that were delivered or failed by now, as [`Attempts::attempt_histogram`].
    async fn event_histogram(&self, who: &Actor, filter: &EventFilter, buckets: u32) -> Answer<AttemptHistogram>;

    /// One event with what it carries.
    async fn event(&self, who: &Actor, id: EventId) -> Answer<Event>;

    /// Queues a new event with the same payload and webhook id.
    async fn retry_event(&self, who: &Actor, id: EventId) -> Answer<RetriedEvent>;

    /// Ends an event that still waits; refused when it is done.
    async fn cancel_event(&self, who: &Actor, id: EventId) -> Answer<Event>;
}

/// Attempts: each try of an event.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Attempts without their bodies.
    async fn attempts(&self, who: &Actor, filter: &AttemptFilter, page: &PageQuery) -> Answer<Page<Attempt>>;

    /// Attempts with their bodies, as far as some megabytes reach; the attempts after that come without.
    async fn attempts_with_bodies(
        &self,
        who: &Actor,
        filter: &AttemptFilter,
        page: &PageQuery,
    ) -> Answer<Page<Attempt>>;

    async fn count_attempts(&self, who: &Actor, filter: &AttemptFilter) -> Answer<u64>;

    /// How many attempts there were over time: of what `filter` asks for, from its `from` (or as far back as history
    /// goes) to its `to` (or now), in about `buckets` buckets (1 to 300) of a round length.
    async fn attempt_histogram(&self, who: &Actor, filter: &AttemptFilter, buckets: u32) -> Answer<AttemptHistogram>;

    /// One attempt with the exact bytes both ways and, when it failed, what that means.
    async fn attempt(&self, who: &Actor, id: AttemptId) -> Answer<Attempt>;
}
