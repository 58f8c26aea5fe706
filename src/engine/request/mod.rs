//! Requests: what arrived, stored as it came.

pub(crate) mod filter;
pub(crate) mod payload;
mod store;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use hookyard_model::{
    Actor, Code, ConnectionId, IgnoredCause, IgnoredEvent, Mode, Page, PageQuery, Payload, Problem, RejectionCause,
    ReplayedRequest, Request, RequestFilter, RequestId, SourceId, TeamId, Timestamp,
    service::{Answer, Requests},
};

use crate::{Engine, db::Db, error::Result};

/// How many bytes of bodies a page of requests holds at most, though always one; a page that holds more ends earlier.
const PAGE_BYTES: u64 = 16 << 20;

/// A request as it must be known to be taken in again.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StoredRequest {
    pub(crate) id: RequestId,
    pub(crate) source_id: SourceId,
    /// Whether the body is the data of an envelope, rather than what is sent.
    pub(crate) enveloped: bool,
    pub(crate) simulated: bool,
    pub(crate) event_type: Option<String>,
    pub(crate) webhook_id: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// JSON list of pairs.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
    pub(crate) rejection_cause: Option<RejectionCause>,
    pub(crate) verified: bool,
}

/// The request with this id, whole.
pub(crate) async fn stored(db: &Db, team: TeamId, mode: Mode, id: RequestId) -> Result<Option<StoredRequest>> {
    store::stored(db, team, mode, id).await
}

/// The payloads of these requests; a request that is gone has none.
pub(crate) async fn payloads(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<HashMap<RequestId, Payload>> {
    store::payloads(db, who, ids).await
}

/// The last request that a source let in, with its payload.
pub(crate) async fn latest_of_source(
    db: &Db,
    team: TeamId,
    mode: Mode,
    source: SourceId,
) -> Result<Option<(RequestId, Payload)>> {
    let row = store::latest(db, team, mode, source).await?;
    row.map(|row| Ok((row.id, row.into_payload()?))).transpose()
}

/// The connections that ignored a request, by cause; a cause without connections is the request's as a whole.
pub(crate) fn ignored_by_cause(column: Option<&str>) -> Result<BTreeMap<IgnoredCause, Vec<ConnectionId>>> {
    Ok(column.map(serde_json::from_str).transpose()?.unwrap_or_default())
}

/// How many of these bodies a page holds.
fn fit(sizes: impl Iterator<Item = u64>) -> usize {
    let mut held: u64 = 0;
    let fits = |(index, size): &(usize, u64)| {
        held = held.saturating_add(*size);
        *index == 0 || held <= PAGE_BYTES
    };
    sizes.enumerate().take_while(fits).count()
}

impl Engine {
    /// A page with payloads; it is short rather than large.
    async fn requests_with_data(
        &self,
        who: &Actor,
        mut rows: Vec<Request>,
        query: &PageQuery,
    ) -> Result<Page<Request>> {
        let held = fit(rows.iter().take(query.limit() as usize).map(|request| request.body_size)).max(1);
        rows.truncate(held + 1);
        let short = PageQuery { limit: u32::try_from(held).ok(), ..query.clone() };
        let mut page = Page::cut(&short, rows, |request| request.id.to_string());
        page.pagination.limit = query.limit();
        let ids: Vec<_> = page.models.iter().map(|request| request.id).collect();
        let mut payloads = payloads(self.db(), who, &ids).await?;
        for request in &mut page.models {
            request.data = payloads.remove(&request.id);
        }
        Ok(page)
    }

    async fn request_to_replay(&self, who: &Actor, id: RequestId) -> Result<StoredRequest> {
        let request = stored(self.db(), who.team, who.mode, id).await?;
        let request = request.ok_or_else(|| Problem::not_found("request", id))?;
        if request.rejection_cause == Some(RejectionCause::PayloadTooLarge) {
            let detail = format!("{id} was too large, and only the start of its body was kept; it cannot be replayed");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        Ok(request)
    }
}

#[async_trait]
impl Requests for Engine {
    async fn requests(
        &self,
        who: &Actor,
        filter: &RequestFilter,
        page: &PageQuery,
        data: bool,
    ) -> Answer<Page<Request>> {
        let asked = (*who, filter.clone(), page.clone());
        let read = |engine: Self| async move {
            let (who, filter, page) = asked;
            store::page(engine.db(), &who, &filter, &page, engine.now()).await
        };
        let rows = self.in_turn(filter.q.as_deref(), read).await?;
        if data {
            return Ok(self.requests_with_data(who, rows, page).await?);
        }
        Ok(Page::cut(page, rows, |request| request.id.to_string()))
    }

    async fn count_requests(&self, who: &Actor, filter: &RequestFilter) -> Answer<u64> {
        let asked = (*who, filter.clone());
        let read = |engine: Self| async move { store::count(engine.db(), &asked.0, &asked.1, engine.now()).await };
        Ok(self.in_turn(filter.q.as_deref(), read).await?)
    }

    async fn request(&self, who: &Actor, id: RequestId) -> Answer<Request> {
        let found = store::find(self.db(), who, id).await?;
        let mut request = found.ok_or_else(|| Problem::not_found("request", id))?;
        request.data = payloads(self.db(), who, &[id]).await?.remove(&id);
        Ok(request)
    }

    async fn ignored_events(&self, who: &Actor, id: RequestId) -> Answer<Vec<IgnoredEvent>> {
        let found = store::ignored(self.db(), who.team, who.mode, id).await?;
        let (ignored, created_at) = found.ok_or_else(|| Problem::not_found("request", id))?;
        let causes = ignored_by_cause(ignored.as_deref())?;
        Ok(ignored_events(who.team, id, created_at, causes))
    }

    async fn replay_request(&self, who: &Actor, id: RequestId) -> Answer<ReplayedRequest> {
        let request = self.request_to_replay(who, id).await?;
        let (source_id, original_rejection_cause) = (request.source_id, request.rejection_cause);
        let (replay_request_id, event_ids) = self.capture_replay(who, request).await?;
        Ok(ReplayedRequest {
            ok: true,
            queued: true,
            transport: "queue".to_owned(),
            replayed_at: self.now(),
            request_id: id,
            source_id,
            replay_request_id,
            event_ids,
            replay_mode: "exact".to_owned(),
            original_rejection_cause,
        })
    }
}

/// One ignored event a connection, or one for all where there was no connection.
fn ignored_events(
    team_id: TeamId,
    request_id: RequestId,
    created_at: Timestamp,
    causes: BTreeMap<IgnoredCause, Vec<ConnectionId>>,
) -> Vec<IgnoredEvent> {
    let one = |cause: IgnoredCause, connection_id: Option<ConnectionId>| {
        let branch = connection_id.map_or_else(|| cause.to_string(), |connection| connection.to_string());
        IgnoredEvent { id: format!("{request_id}:{branch}"), team_id, request_id, connection_id, cause, created_at }
    };
    let all = |(cause, connections): (IgnoredCause, Vec<ConnectionId>)| match connections.as_slice() {
        [] => vec![one(cause, None)],
        some => some.iter().map(|connection| one(cause, Some(*connection))).collect(),
    };
    causes.into_iter().flat_map(all).collect()
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_page_holds_what_fits_and_at_least_one() {
        for (case, sizes, held) in [
            ("nothing", &[][..], 0),
            ("small ones", &[1, 2, 3], 3),
            ("one that is too large", &[PAGE_BYTES + 1, 1], 1),
            ("until it is full", &[PAGE_BYTES - 1, 1, 1, 0], 2),
        ] {
            assert_eq!(fit(sizes.iter().copied()), held, "{case}");
        }
    }

    #[test]
    fn an_ignored_event_names_its_connection_or_none() {
        let (team, request) = (TeamId::new(Ulid::nil()), RequestId::new(Ulid::nil()));
        let column =
            r#"{"FILTERED":["con_00000000000000000000000001","con_00000000000000000000000002"],"NO_CONNECTION":[]}"#;
        let causes = ignored_by_cause(Some(column)).unwrap();
        let ignored = ignored_events(team, request, Timestamp::from_millis(0), causes);
        let said: Vec<_> = ignored.iter().map(|event| (event.cause, event.connection_id.is_some())).collect();
        let filtered = (IgnoredCause::Filtered, true);
        assert_eq!(said, [filtered, filtered, (IgnoredCause::NoConnection, false)]);
        assert_eq!(ignored[2].id, format!("{request}:NO_CONNECTION"));
        assert!(ignored_by_cause(None).unwrap().is_empty());
    }
}
