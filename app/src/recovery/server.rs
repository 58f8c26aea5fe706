//! The server functions about recovery: find out who asks, pass it on.

use hookyard_model::{
    Attempt, BulkOperation, BulkPreview, Connection, Destination, DestinationId, Event, EventId,
    IdempotencyConfirmation, Recovery, RecoveryWindow, Refused, Timestamp,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// So many sources are asked what they refused.
#[cfg(feature = "ssr")]
const SOURCES: usize = 8;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(super) recovery: Recovery,
    pub(super) destination: Destination,
    pub(super) connections: Vec<Connection>,
    /// The bulk operations for this destination that have not ended.
    pub(super) operations: Vec<BulkOperation>,
    /// What replaying the window would do; none where nothing was given up.
    pub(super) preview: Option<Result<BulkPreview, Failure>>,
    /// By what a start from this page is known, should it be sent twice.
    pub(super) once: String,
}

/// A retried event, and its last attempt once there was one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Retried {
    pub(super) event: Event,
    pub(super) attempt: Option<Attempt>,
}

#[server(prefix = "/api", endpoint = "recovery", input = GetUrl)]
pub(crate) async fn read_recovery(
    id: DestinationId,
    #[server(default)] window: RecoveryWindow,
) -> Result<Shown, Failure> {
    use hookyard_model::{BulkBucket, PageQuery};

    use super::words::bulk_input;
    use crate::server::{actor, hookyard};

    let (who, hookyard) = (actor().await?, hookyard());
    let recovery = hookyard.recovery(&who, id, window).await?;
    let destination = hookyard.destination(&who, id).await?;
    let connections = hookyard.connections_to(&who, id).await?;
    let all = PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() };
    // The page stands without these.
    let operations = hookyard.bulk_operations(&who, None, BulkBucket::Ongoing, &all).await;
    let mut operations = operations.map(|page| page.models).unwrap_or_default();
    operations.retain(|operation| operation.destinations.iter().any(|one| one.destination_id == id));
    let preview = if recovery.failed == 0 {
        None
    } else {
        let input = bulk_input(id, (recovery.from, recovery.to), None, None);
        Some(hookyard.preview_bulk(&who, &input).await.map_err(Failure::shown))
    };
    Ok(Shown { recovery, destination, connections, operations, preview, once: hookyard.fresh_word() })
}

/// What the sources that lead to a destination refused; the built-in one keeps nothing that it refuses.
#[server(prefix = "/api", endpoint = "recovery_refused", input = GetUrl)]
pub(crate) async fn read_refused(
    id: DestinationId,
    #[server(default)] window: RecoveryWindow,
) -> Result<Vec<Refused>, Failure> {
    use hookyard_model::SourceType;

    use crate::server::{actor, hookyard};

    let (who, hookyard) = (actor().await?, hookyard());
    let connections = hookyard.connections_to(&who, id).await.map_err(Failure::shown)?;
    let mut sources: Vec<_> = connections
        .into_iter()
        .filter(|connection| connection.source.kind != SourceType::EVENTS.as_str())
        .map(|connection| connection.source_id)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let mut refused = Vec::new();
    for source in sources.into_iter().take(SOURCES) {
        refused.push(hookyard.refused(&who, source, window).await.map_err(Failure::shown)?);
    }
    Ok(refused)
}

/// How a retry of one event does.
#[server(prefix = "/api", endpoint = "recovery_retried", input = GetUrl)]
pub(crate) async fn read_retried(event: EventId) -> Result<Retried, Failure> {
    use hookyard_model::{AttemptFilter, Commas, PageQuery};

    use crate::server::{actor, hookyard};

    let (who, hookyard) = (actor().await?, hookyard());
    let filter = AttemptFilter { event_id: Commas(vec![event]), ..AttemptFilter::default() };
    let newest = PageQuery { limit: Some(1), ..PageQuery::default() };
    // The attempt first: an event that is done has one.
    let attempts = hookyard.attempts(&who, &filter, &newest).await.map_err(Failure::shown)?;
    let attempt = match attempts.models.first() {
        Some(attempt) => Some(hookyard.attempt(&who, attempt.id).await.map_err(Failure::shown)?),
        None => None,
    };
    let event = hookyard.event(&who, event).await.map_err(Failure::shown)?;
    Ok(Retried { event: Event { data: None, ..event }, attempt })
}

/// Retries one event, and goes on at what comes of it; `window` is what the page is about.
#[server(prefix = "/api", endpoint = "recovery_retry")]
pub(crate) async fn retry_one(
    id: DestinationId,
    event: EventId,
    #[server(default)] window: RecoveryWindow,
) -> Result<EventId, Failure> {
    use super::words::path;
    use crate::server::{actor, hookyard};

    let retried = hookyard().retry_event(&actor().await?, event).await?.replay_event_id;
    leptos_axum::redirect(&path(id, window, Some(retried)));
    Ok(retried)
}

/// Writes down that the receiver takes these event types once, one a line, when `sure` says so.
#[server(prefix = "/api", endpoint = "recovery_confirm")]
pub(crate) async fn confirm_once(
    id: DestinationId,
    #[server(default)] event_types: String,
    #[server(default)] sure: String,
) -> Result<Vec<IdempotencyConfirmation>, Failure> {
    use hookyard_model::{IdempotencyInput, Problem};

    use crate::server::{actor, hookyard};

    let who = actor().await?;
    if sure != "true" {
        return Err(Problem::field("/sure", "tick it once the receiver was looked at").into());
    }
    let event_types = event_types.split('\n').map(|name| name.trim_end_matches('\r').to_owned()).collect();
    Ok(hookyard().confirm_idempotency(&who, id, IdempotencyInput { event_types }).await?)
}

/// The fields of the form that starts a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// By what the same start is known.
    once: String,
    bulk_rate_limit: String,
    bulk_rate_limit_period: String,
    typed_name: String,
    reason: String,
}

/// Starts the replay of the window out of a form's fields, and goes to its page. Without proof the destination's name
/// has to be typed, and a reason.
#[server(prefix = "/api", endpoint = "recovery_start")]
pub(crate) async fn start_recovery(
    id: DestinationId,
    from: Timestamp,
    to: Timestamp,
    #[server(flatten)] fields: Fields,
) -> Result<BulkOperation, Failure> {
    use hookyard_model::BulkInput;

    use super::words::{bulk_input, limit, unproven};
    use crate::server::{actor, hookyard, refused};

    let (who, hookyard) = (actor().await?, hookyard());
    let name = hookyard.destination(&who, id).await?.name;
    let Fields { once, bulk_rate_limit, bulk_rate_limit_period, typed_name, reason } = fields;
    let asked = limit(&bulk_rate_limit, &bulk_rate_limit_period)
        .and_then(|limit| Ok(bulk_input(id, (from, to), limit, unproven(&name, &typed_name, &reason)?)));
    let once = Some(once).filter(|once| !once.is_empty());
    let started = match asked.map(|input| BulkInput { once, ..input }) {
        Ok(input) => hookyard.start_bulk(&who, &input).await,
        Err(problem) => Err(problem),
    };
    let fields = [
        ("bulk_rate_limit", bulk_rate_limit.as_str()),
        ("bulk_rate_limit_period", bulk_rate_limit_period.as_str()),
        ("typed_name", typed_name.as_str()),
        ("reason", reason.as_str()),
    ];
    let started = started.map_err(|problem| refused(problem, &fields))?;
    leptos_axum::redirect(&format!("/bulk/{}", started.id));
    Ok(started)
}
