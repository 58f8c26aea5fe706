//! Metrics: what happened over time, from the counts that are kept as work happens, and what waits now.

mod alerts;
mod backlog;
mod card;
mod operation;
mod overview;
mod series;
mod store;

pub(crate) use backlog::KnownBacklogs;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Alerts, AttemptMetricsQuery, ConnectionCard, ConnectionId, DestinationBacklog, DestinationCard,
    DestinationId, EventMetricsQuery, MetricSeries, Overview, RequestMetricsQuery, SourceCard, SourceId,
    TransformationCard, TransformationId, Window,
    service::{Answer, Metrics},
};

use crate::Engine;

#[async_trait]
impl Metrics for Engine {
    async fn request_metrics(&self, who: &Actor, query: &RequestMetricsQuery) -> Answer<MetricSeries> {
        Ok(self.series_of_requests(who, query).await?)
    }

    async fn event_metrics(&self, who: &Actor, query: &EventMetricsQuery) -> Answer<MetricSeries> {
        Ok(self.series_of_events(who, query).await?)
    }

    async fn attempt_metrics(&self, who: &Actor, query: &AttemptMetricsQuery) -> Answer<MetricSeries> {
        Ok(self.series_of_attempts(who, query).await?)
    }

    async fn source_cards(&self, who: &Actor, ids: &[SourceId]) -> Answer<Vec<SourceCard>> {
        Ok(self.cards_of_sources(who, ids).await?)
    }

    async fn connection_cards(&self, who: &Actor, ids: &[ConnectionId]) -> Answer<Vec<ConnectionCard>> {
        Ok(self.cards_of_connections(who, ids).await?)
    }

    async fn destination_cards(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<DestinationCard>> {
        Ok(self.cards_of_destinations(who, ids).await?)
    }

    async fn transformation_cards(&self, who: &Actor, ids: &[TransformationId]) -> Answer<Vec<TransformationCard>> {
        Ok(self.cards_of_transformations(who, ids).await?)
    }

    async fn backlog(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<DestinationBacklog>> {
        Ok(self.backlog_of(who, ids).await?)
    }

    async fn overview(&self, who: &Actor, window: Window) -> Answer<Overview> {
        Ok(self.overview_of(who, window).await?)
    }

    async fn alerts(&self, who: &Actor, window: Window) -> Answer<Alerts> {
        Ok(self.alerts_of(who, window).await?)
    }

    async fn alert_count(&self, who: &Actor) -> Answer<u64> {
        Ok(self.count_alerts(who).await?)
    }
}

/// A sum that came out of the database, where it is never less than 0.
const fn count(sum: i64) -> u64 {
    sum.unsigned_abs()
}
