use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, Alerts, AttemptMetricsQuery, ConnectionCard, ConnectionId, DestinationBacklog, DestinationCard,
    DestinationId, EventMetricsQuery, MetricSeries, Overview, RequestMetricsQuery, SourceCard, SourceId,
    TransformationCard, TransformationId, Window,
};

/// Metrics: what happened over time, and what waits now.
///
/// What is asked for by ids is answered in their order, with a card of zeros for what nothing happened to; where no id
/// is given, for all that there are.
#[async_trait]
pub trait Metrics: Send + Sync {
    async fn request_metrics(&self, who: &Actor, query: &RequestMetricsQuery) -> Answer<MetricSeries>;

    async fn event_metrics(&self, who: &Actor, query: &EventMetricsQuery) -> Answer<MetricSeries>;

    async fn attempt_metrics(&self, who: &Actor, query: &AttemptMetricsQuery) -> Answer<MetricSeries>;

    async fn source_cards(&self, who: &Actor, ids: &[SourceId]) -> Answer<Vec<SourceCard>>;

    async fn connection_cards(&self, who: &Actor, ids: &[ConnectionId]) -> Answer<Vec<ConnectionCard>>;

    async fn destination_cards(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<DestinationCard>>;

    async fn transformation_cards(&self, who: &Actor, ids: &[TransformationId]) -> Answer<Vec<TransformationCard>>;

    /// What waits for each destination.
    async fn backlog(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<DestinationBacklog>>;

    /// A window of time at a glance.
    async fn overview(&self, who: &Actor, window: Window) -> Answer<Overview>;

    /// What somebody should look after.
    async fn alerts(&self, who: &Actor, window: Window) -> Answer<Alerts>;

    /// How many things there are to look after now: destinations in trouble, and events held.
    async fn alert_count(&self, who: &Actor) -> Answer<u64>;
}
