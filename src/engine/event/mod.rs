//! Events: one accepted request on its way to one destination.

mod store;

pub(crate) use store::{Among, found};

use async_trait::async_trait;
use hookyard_model::{
    Actor, AttemptHistogram, AuditAction, Code, ConnectionId, DestinationId, Event, EventFilter, EventId, EventStatus,
    IgnoredCause, Mode, Page, PageQuery, Problem, RequestId, RetriedEvent, SourceId, TeamId, Timestamp,
    TransformationRunId,
    service::{Answer, Events},
};

use crate::{
    Engine, attempt::Window, audit, db::Db, delivery::LaneKey, destination, error::Result, rollup::Tally, transform,
    transformation,
};

/// An event as it must be known to be sent again.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StoredEvent {
    pub(crate) id: EventId,
    pub(crate) request_id: RequestId,
    pub(crate) source_id: SourceId,
    pub(crate) connection_id: ConnectionId,
    pub(crate) destination_id: DestinationId,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: String,
    pub(crate) simulated: bool,
    pub(crate) status: EventStatus,
    /// Whether its connection's transformations have yet to let it through.
    pub(crate) untransformed: bool,
    /// What it carries where that is not what its request brought.
    pub(crate) data_id: Option<TransformationRunId>,
    /// How many bytes its payload has.
    pub(crate) payload_size: i64,
}

/// The connection of a request's first event; `None` when it has none.
pub(crate) async fn connection_of_request(db: &Db, who: &Actor, request: RequestId) -> Result<Option<ConnectionId>> {
    store::connection_of_request(db, who, request).await
}

/// The event with this id, as long as its payload is there.
pub(crate) async fn stored(db: &Db, team: TeamId, mode: Mode, id: EventId) -> Result<Option<StoredEvent>> {
    store::stored(db, team, mode, id).await
}

/// How many events a request has, and how many attempts they had.
pub(crate) async fn counted(db: &Db, who: &Actor, request: RequestId) -> Result<(u64, u64)> {
    store::counted(db, who, request).await
}

/// An event that was given up before any attempt.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct GivenUp {
    pub(crate) id: EventId,
    pub(crate) connection_id: ConnectionId,
    pub(crate) ignored_cause: IgnoredCause,
    /// What its scripts made of its payload.
    pub(crate) data_id: Option<TransformationRunId>,
    pub(crate) updated_at: Timestamp,
}

/// The events of a request that were given up before any attempt.
pub(crate) async fn given_up(db: &Db, who: &Actor, request: RequestId) -> Result<Vec<GivenUp>> {
    store::given_up(db, who, request).await
}

/// When an event is tried again, for people: what is held has no such time.
pub(crate) fn shown(next_attempt_at: Option<Timestamp>) -> Option<Timestamp> {
    next_attempt_at.filter(|time| *time != Timestamp::NEVER)
}

impl Engine {
    /// The event, when it may be sent again.
    async fn event_to_retry(&self, who: &Actor, id: EventId) -> Result<StoredEvent> {
        let event = stored(self.db(), who.team, who.mode, id).await?;
        let event = event.ok_or_else(|| Problem::not_found("event", id))?;
        if event.status.is_pending() {
            let detail = format!("{id} still waits for its next try; cancel it first");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let destination = event.destination_id;
        if destination::find(self.db(), who.team, who.mode, destination).await?.is_none() {
            let detail = format!(
                "{id} went to {destination}, which was deleted; replay its request {} instead",
                event.request_id
            );
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        Ok(event)
    }

    /// Ends an event that waits, and takes it out of the queue. A try that is under way is recorded when it is done,
    /// which does not bring the event back: settling looks whether it is still pending.
    async fn end_waiting(&self, who: &Actor, id: EventId) -> Result<Option<DestinationId>> {
        let mut tx = self.db().begin().await?;
        // Before all else, as those do who let it through its transformations.
        transform::cancel(&mut tx, who, id).await?;
        // First the status, which locks the row: its due time, which is part of the queue's key, stands still from then on.
        let Some(cancelled) = store::cancel(&mut tx, who, id, self.now()).await? else {
            return Ok(None);
        };
        let destination = cancelled.ended.destination_id;
        store::unqueue(&mut tx, who, id, destination, cancelled.next_attempt_at).await?;
        let mut tally = Tally::default();
        tally.ended(&cancelled.ended);
        tally.write(&mut tx, 0).await?;
        let detail = format!("it was on its way to {destination}");
        audit::record(self, &mut tx, who, AuditAction::EventCancelled, id, Some(&detail)).await?;
        tx.commit().await?;
        self.recall(&[(LaneKey { team: who.team, mode: who.mode, destination }, id)]).await?;
        self.tell(who.team, who.mode, Some(destination));
        Ok(Some(destination))
    }
}

#[async_trait]
impl Events for Engine {
    async fn events(&self, who: &Actor, filter: &EventFilter, page: &PageQuery) -> Answer<Page<Event>> {
        let asked = (*who, filter.clone(), page.clone());
        let read = |engine: Self| async move {
            let (who, filter, page) = asked;
            store::page(engine.db(), &who, &filter, &page, engine.now()).await
        };
        let rows = self.in_turn(filter.q.as_deref(), read).await?;
        Ok(Page::cut(page, rows, |event| event.id.to_string()))
    }

    async fn count_events(&self, who: &Actor, filter: &EventFilter) -> Answer<u64> {
        let asked = (*who, filter.clone());
        let read = |engine: Self| async move { store::count(engine.db(), &asked.0, &asked.1, engine.now()).await };
        Ok(self.in_turn(filter.q.as_deref(), read).await?)
    }

    async fn event_histogram(&self, who: &Actor, filter: &EventFilter, buckets: u32) -> Answer<AttemptHistogram> {
        let Window { mut histogram, is_empty } = self.window(filter.from, filter.to, buckets);
        if is_empty {
            return Ok(histogram);
        }
        let asked = (*who, filter.clone());
        let read = |engine: Self| async move {
            store::fill(engine.db(), &asked.0, &asked.1, &mut histogram).await?;
            Ok(histogram)
        };
        Ok(self.in_turn(filter.q.as_deref(), read).await?)
    }

    async fn event(&self, who: &Actor, id: EventId) -> Answer<Event> {
        let found = store::find(self.db(), who, id).await?;
        let mut event = found.ok_or_else(|| Problem::not_found("event", id))?;
        let made_by = store::made_by(self.db(), who, id).await?;
        let redactor = self.redactors(who, &[id]).await?.remove(&id).unwrap_or_default();
        event.data = transformation::data(self.db(), who, event.request_id, made_by, &redactor).await?;
        Ok(event)
    }

    async fn retry_event(&self, who: &Actor, id: EventId) -> Answer<RetriedEvent> {
        let event = self.event_to_retry(who, id).await?;
        let replay_event_id = self.requeue(who, &event).await?;
        Ok(RetriedEvent {
            ok: true,
            queued: true,
            transport: "queue".to_owned(),
            retried_at: self.now(),
            event_id: id,
            replay_event_id,
        })
    }

    async fn cancel_event(&self, who: &Actor, id: EventId) -> Answer<Event> {
        let cancelled = self.end_waiting(who, id).await?;
        let event = self.event(who, id).await?;
        if cancelled.is_none() {
            let detail = format!("{id} does not wait any more: it is {}", event.status);
            return Err(Problem::new(Code::Conflict, detail));
        }
        Ok(event)
    }
}
