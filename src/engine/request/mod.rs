//! Requests: what arrived, stored as it came.

pub(crate) mod filter;
pub(crate) mod payload;
mod replay;
mod store;

pub(crate) use store::found;

use std::collections::HashMap;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AttemptHistogram, AttemptStatus, Commas, ConnectionId, EventSummary, IgnoredCause, IgnoredEvent,
    IgnoredMeta, Mismatch, Mode, Modifications, Page, PageQuery, Payload, Problem, ProxyExchange, RejectionCause,
    ReplayPreview, ReplayedRequest, Request, RequestFilter, RequestId, RequestStatus, SourceId, TeamId, Timestamp,
    Trace,
    service::{Answer, Requests},
};

use self::payload::narrow;
use crate::{Engine, attempt::Window, db::Db, error::Result, event, proxy, rollup, rule::Ignored};

/// Why something was filtered, where the rules of that time are gone.
const FORGOTTEN: &str = "its filter did not let it pass, and what that asked for then is not known any more";
/// How many events that a filter ended after their scripts are explained: each has a payload of its own to be read.
const EXPLAINED: usize = 100;
/// How many bytes of bodies a page of requests holds at most, though always one; a page that holds more ends earlier.
const PAGE_BYTES: u64 = 16 << 20;

/// What the column `ignored` is like of a provider's check of the URL: it is the request's only cause.
pub(crate) const HANDSHAKE: &str = r#"{"HANDSHAKE"%"#;

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
    /// Whether it was the provider's check of the URL.
    pub(crate) is_handshake: bool,
    /// Where it is changed before it is taken in again, as JSON pointers.
    #[sqlx(skip)]
    pub(crate) modified: Vec<String>,
}

/// The request with this id, whole.
pub(crate) async fn stored(db: &Db, team: TeamId, mode: Mode, id: RequestId) -> Result<Option<StoredRequest>> {
    store::stored(db, team, mode, id).await
}

/// The payloads of these requests; a request that is gone has none.
pub(crate) async fn payloads(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<HashMap<RequestId, Payload>> {
    store::payloads(db, who, ids).await
}

/// The latest of the requests that `id` was taken in again as, and how many there are.
pub(crate) async fn replays(db: &Db, who: &Actor, id: RequestId, most: usize) -> Result<(Vec<RequestId>, u64)> {
    store::replays(db, who, id, most).await
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

    /// The conditions that those who filtered a request found not to hold.
    async fn why_ignored(
        &self,
        who: &Actor,
        id: RequestId,
        at: Timestamp,
        branches: &Ignored,
    ) -> Result<HashMap<ConnectionId, Mismatch>> {
        let Some(filtered) = branches.causes.get(&IgnoredCause::Filtered) else { return Ok(HashMap::new()) };
        match stored(self.db(), who.team, who.mode, id).await? {
            Some(request) => self.why_filtered((who.team, who.mode), request, at, filtered).await,
            None => Ok(HashMap::new()),
        }
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

    async fn event_summaries(&self, who: &Actor, ids: &[RequestId]) -> Answer<Vec<EventSummary>> {
        let mut found: HashMap<RequestId, EventSummary> = HashMap::new();
        for (id, status, count) in store::summaries(self.db(), who, ids).await? {
            found.entry(id).or_default().set(status, narrow(count));
        }
        Ok(ids.iter().map(|id| found.remove(id).unwrap_or_default()).collect())
    }

    async fn trace(&self, who: &Actor, id: RequestId) -> Answer<Trace> {
        Ok(self.trace_of(who, id).await?)
    }

    async fn request_histogram(&self, who: &Actor, filter: &RequestFilter, buckets: u32) -> Answer<AttemptHistogram> {
        let Window { mut histogram, is_empty } = self.window(filter.from, filter.to, buckets);
        if is_empty {
            return Ok(histogram);
        }
        let step = i64::try_from(histogram.step_ms).unwrap_or(i64::MAX);
        if is_of_sources(filter) && rollup::is_kept(histogram.from, step, self.now()) {
            counted(self.db(), who, filter, &mut histogram).await?;
            return Ok(histogram);
        }
        let asked = (*who, filter.clone());
        let read = |engine: Self| async move {
            store::fill(engine.db(), &asked.0, &asked.1, &mut histogram).await?;
            Ok(histogram)
        };
        Ok(self.in_turn(filter.q.as_deref(), read).await?)
    }

    async fn request(&self, who: &Actor, id: RequestId) -> Answer<Request> {
        let found = store::find(self.db(), who, id).await?;
        let mut request = found.ok_or_else(|| Problem::not_found("request", id))?;
        request.data = payloads(self.db(), who, &[id]).await?.remove(&id);
        Ok(request)
    }

    async fn proxy_exchange(&self, who: &Actor, id: RequestId) -> Answer<Option<ProxyExchange>> {
        Ok(proxy::of_request(self.db(), who, id).await?)
    }

    async fn ignored_events(&self, who: &Actor, id: RequestId) -> Answer<Vec<IgnoredEvent>> {
        let found = store::ignored(self.db(), who.team, who.mode, id).await?;
        let (ignored, created_at) = found.ok_or_else(|| Problem::not_found("request", id))?;
        let branches = self.ignored_branches(who.team, who.mode, ignored.as_deref()).await?;
        let why = self.why_ignored(who, id, created_at, &branches).await?;
        let mut ignored = ignored_events(who.team, id, created_at, &branches, &why);
        for (index, given_up) in event::given_up(self.db(), who, id).await?.into_iter().enumerate() {
            let mismatch = if index < EXPLAINED { self.why_given_up(who, id, &given_up).await? } else { None };
            ignored.push(IgnoredEvent {
                event_id: Some(given_up.id),
                created_at: given_up.updated_at,
                updated_at: given_up.updated_at,
                meta: IgnoredMeta::all(None, mismatch.as_ref()),
                reason: mismatch.as_ref().map(|mismatch| mismatch.sentence.clone()),
                mismatch,
                ..ignored_event(who.team, id, created_at, given_up.ignored_cause, Some(given_up.connection_id))
            });
        }
        Ok(ignored)
    }

    async fn replay_request(&self, who: &Actor, id: RequestId, with: &Modifications) -> Answer<ReplayedRequest> {
        Ok(self.replay(who, id, with).await?)
    }

    async fn preview_replay(&self, who: &Actor, id: RequestId, with: &Modifications) -> Answer<ReplayPreview> {
        Ok(self.previewed_replay(who, id, with).await?)
    }
}

fn ignored_event(
    team_id: TeamId,
    request_id: RequestId,
    created_at: Timestamp,
    cause: IgnoredCause,
    connection_id: Option<ConnectionId>,
) -> IgnoredEvent {
    let branch = connection_id.map_or_else(|| cause.to_string(), |connection| connection.to_string());
    IgnoredEvent {
        id: format!("{request_id}:{branch}"),
        team_id,
        request_id,
        connection_id,
        webhook_id: connection_id,
        cause,
        reason: None,
        same_as: None,
        mismatch: None,
        event_id: None,
        meta: Vec::new(),
        created_at,
        updated_at: created_at,
    }
}

/// Whether `filter` asks for nothing but what is counted as it comes: sources, and whether it was let in.
fn is_of_sources(filter: &RequestFilter) -> bool {
    let rest = RequestFilter {
        source_id: Commas::default(),
        status: None,
        from: None,
        to: None,
        q: filter.q.clone().filter(|q| !q.is_empty()),
        ..filter.clone()
    };
    rest == RequestFilter::default()
}

/// Adds what was counted as it came, for a filter that [`is_of_sources`].
async fn counted(db: &Db, who: &Actor, filter: &RequestFilter, histogram: &mut AttemptHistogram) -> Result<()> {
    let length = i64::try_from(histogram.step_ms).unwrap_or(i64::MAX);
    let when = rollup::Stretches { from: histogram.from, to: histogram.to, length };
    for row in rollup::requests(db, who, when, rollup::Of { ids: &filter.source_id.0, each: false }).await? {
        let Some(place) = when.place(row.number) else { continue };
        let (status, outcome) = match row.outcome.as_str() {
            rollup::ACCEPTED => (RequestStatus::Accepted, AttemptStatus::Successful),
            _ => (RequestStatus::Rejected, AttemptStatus::Failed),
        };
        if filter.status.is_none_or(|wanted| wanted == status) {
            histogram.add(when.at(place), outcome, row.requests.unsigned_abs());
        }
    }
    Ok(())
}

/// One ignored event a connection, or one for all where there was no connection.
fn ignored_events(
    team_id: TeamId,
    request_id: RequestId,
    created_at: Timestamp,
    branches: &Ignored,
    why: &HashMap<ConnectionId, Mismatch>,
) -> Vec<IgnoredEvent> {
    let one = |cause, connection: Option<ConnectionId>| {
        let mismatch = connection.and_then(|connection| why.get(&connection)).cloned();
        let same_as = connection.and_then(|connection| branches.same_as.get(&connection)).copied();
        let reason = match (cause, &mismatch, same_as) {
            (IgnoredCause::Filtered, Some(mismatch), _) => Some(mismatch.sentence.clone()),
            (IgnoredCause::Filtered, None, _) => Some(FORGOTTEN.to_owned()),
            (IgnoredCause::Deduplicated, _, Some(of)) => Some(format!("it is the same as {of}")),
            _ => None,
        };
        let meta = IgnoredMeta::all(same_as, mismatch.as_ref());
        let plain = ignored_event(team_id, request_id, created_at, cause, connection);
        IgnoredEvent { reason, same_as, mismatch, meta, ..plain }
    };
    let all = |(cause, connections): (&IgnoredCause, &Vec<ConnectionId>)| match connections.as_slice() {
        [] => vec![one(*cause, None)],
        some => some.iter().map(|connection| one(*cause, Some(*connection))).collect(),
    };
    branches.causes.iter().flat_map(all).collect()
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;
    use crate::rule::IgnoredColumn;

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
        let branches = IgnoredColumn::read(Some(column)).unwrap().resolve(|_| None).unwrap();
        let ignored = ignored_events(team, request, Timestamp::from_millis(0), &branches, &HashMap::new());
        let said: Vec<_> = ignored.iter().map(|event| (event.cause, event.connection_id.is_some())).collect();
        let filtered = (IgnoredCause::Filtered, true);
        assert_eq!(said, [filtered, filtered, (IgnoredCause::NoConnection, false)]);
        assert_eq!(ignored[2].id, format!("{request}:NO_CONNECTION"));
    }
}
