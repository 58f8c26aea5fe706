//! The simulator: made-up events for one webhook, sent for real.
//!
//! What is wrong with a simulated event on purpose is a column of its request, so that the lane does it again whenever
//! it sends the event. The order within a scenario is that of due times.

mod advice;
mod check;
mod plan;
mod report;
mod shape;
mod staged;
mod store;
mod text;

pub(crate) use staged::Staged;

use std::sync::Arc;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Code, ConnectionId, DestinationId, EventId, FieldError, Mode, Page, PageQuery, Problem, Published,
    ReceiverCheck, ReceiverCheckId, ReceiverCheckInput, SavedPayload, SavedPayloadId, SavedPayloadInput, Scenario,
    Simulation, SimulationPreview, Timestamp,
    service::{Answer, EventTypes, Simulator},
};
use serde_json::Value;

use self::shape::{Shaped, Typed};
use crate::{
    Engine,
    capture::{Draft, Prepared, unavailable},
    delivery::{LaneKey, craft, header_pairs},
    error::Error,
    event_type,
    request::payload::headers,
    routing::Route,
    writer::{Kept, NewEvent},
};

/// How many payloads a team keeps in a mode, and how many bytes of them.
const MOST_SAVED: i64 = 200;
const MOST_SAVED_BYTES: i64 = 8 << 20;

/// The webhook that events are made for.
struct Bench {
    route: Arc<Route>,
    connection: ConnectionId,
    disabled: bool,
}

impl Bench {
    fn enabled(self) -> Answer<Self> {
        if self.disabled {
            return Err(Problem::new(Code::Conflict, "the webhook is disabled; enable it to send to it"));
        }
        Ok(self)
    }
}

fn only_in_test(who: &Actor) -> Answer<()> {
    if who.mode == Mode::Test {
        return Ok(());
    }
    let detail = "events cannot be simulated in live mode; use a test key or switch to test mode";
    Err(Problem::new(Code::SimulatorTestModeOnly, detail))
}

impl Engine {
    async fn bench(&self, who: &Actor, id: DestinationId) -> Answer<Bench> {
        let route = self.events_route(who.team, who.mode).await?;
        let branch = route.branches.iter().find(|branch| branch.destination == id);
        let branch = branch.ok_or_else(|| Problem::not_found("webhook", id))?;
        let (connection, disabled) = (branch.connection, branch.destination_disabled);
        Ok(Bench { route, connection, disabled })
    }

    /// What is to be committed for a simulation, and what is wrong with its data.
    async fn staged(
        &self,
        who: &Actor,
        bench: &Bench,
        simulation: Simulation,
        now: Timestamp,
    ) -> Answer<(Vec<Prepared>, Vec<FieldError>)> {
        let mut mistakes = hookyard_model::event_type_mistake(&simulation.kind, "/type");
        if !simulation.payload.get().starts_with('{') {
            mistakes.push(FieldError::new("/payload", "must be an object, the envelope of the event"));
        }
        Problem::check(mistakes)?;
        let payload = String::from(Box::<str>::from(simulation.payload));
        let typed = Typed { kind: simulation.kind, payload, exact: simulation.exact };
        let schema = match simulation.scenario {
            Some(Scenario::MissingOptionalFields) => self.example_and_schema(who, &typed.kind).await?.1,
            _ => None,
        };
        let shaped = shape::shape(simulation.scenario, &typed, schema.as_ref(), now, self.ids())
            .map_err(|why| Problem::field("/scenario", why))?;
        let warnings = match shaped.first() {
            Some(first) => self.check_event(who, &first.kind, &data(&first.body)).await?,
            None => Vec::new(),
        };
        let staged = simulation.scenario.map(|scenario| Staged { scenario, is_check: false });
        let prepared = shaped.into_iter().map(|shaped| self.made(bench, shaped, staged, now)).collect();
        Ok((prepared, warnings))
    }

    /// A request with its events, each due at its time. Rows that are due later have no rank before the others.
    fn made(&self, bench: &Bench, shaped: Shaped, staged: Option<Staged>, now: Timestamp) -> Prepared {
        let webhook_id = shaped.events.first().map(|(id, _)| id.clone()).unwrap_or_default();
        let draft = Draft {
            enveloped: shaped.enveloped,
            simulated: true,
            staged,
            only: Some(bench.connection),
            ..Draft::published(shaped.kind, webhook_id, shaped.body)
        };
        let mut prepared = self.prepare(&bench.route, draft, now);
        let Some(first) = prepared.events.pop() else { return prepared };
        let is_check = staged.is_some_and(|staged| staged.is_check);
        let event = |(index, (webhook_id, wait)): (usize, (String, std::time::Duration))| NewEvent {
            id: if index == 0 { first.id } else { EventId::new(self.ids().unique(now)) },
            webhook_id,
            rank: if is_check || !wait.is_zero() { 1 } else { first.rank },
            due_at: now.plus(wait),
            transform: first.transform.as_ref().map(|_| Kept::Nowhere),
            ..first.clone()
        };
        // Their own ids; those of the stage find them in the table.
        prepared.entering.clear();
        prepared.events = shaped.events.into_iter().enumerate().map(event).collect();
        prepared.request.events_count = u32::try_from(prepared.events.len()).unwrap_or(u32::MAX);
        prepared
    }

    /// The example and the schema of an event type, as far as the catalogue has them.
    async fn example_and_schema(&self, who: &Actor, kind: &str) -> Answer<(Option<Value>, Option<Value>)> {
        let known = event_type::named(self.db(), who.team, who.mode, kind).await?;
        Ok(known.map_or((None, None), |known| (known.example, known.schema)))
    }
}

/// The data of a body.
fn data(body: &[u8]) -> Value {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|mut body| Some(body.get_mut("data")?.take()))
        .unwrap_or_default()
}

#[async_trait]
impl Simulator for Engine {
    async fn simulate(&self, who: &Actor, id: DestinationId, simulation: Simulation) -> Answer<Published> {
        only_in_test(who)?;
        let bench = self.bench(who, id).await?.enabled()?;
        let (prepared, warnings) = self.staged(who, &bench, simulation, self.now()).await?;
        let first = prepared.first().map(|first| (first.request.id, first.request.webhook_id.clone()));
        let (request_id, id) = first.ok_or_else(|| Problem::new(Code::Internal, "the scenario made no request"))?;
        let event_ids = prepared.iter().flat_map(|prepared| &prepared.events).map(|event| event.id).collect();
        self.take_in_all(prepared).await.map_err(unavailable)?;
        Ok(Published { id: id.unwrap_or_default(), request_id, event_ids, warnings })
    }

    async fn preview_simulation(
        &self,
        who: &Actor,
        id: DestinationId,
        simulation: Simulation,
    ) -> Answer<SimulationPreview> {
        only_in_test(who)?;
        let bench = self.bench(who, id).await?;
        let now = self.now();
        let (prepared, warnings) = self.staged(who, &bench, simulation, now).await?;
        let key = LaneKey { team: who.team, mode: who.mode, destination: id };
        let target = self.target(&key).await?.ok_or_else(|| Problem::not_found("webhook", id))?;
        let first = prepared.first().and_then(|prepared| prepared.waiting.first());
        let first = first.ok_or_else(|| Problem::new(Code::Internal, "the scenario made no event"))?;
        let crafted = craft(&target, first, 1, now, self.ids(), None);
        let body = String::from_utf8_lossy(&crafted.body).into_owned();
        Ok(SimulationPreview {
            method: crafted.method.as_str().to_owned(),
            url: crafted.url,
            headers: headers(&header_pairs(&crafted.headers, target.config.auth.as_ref()))?,
            signature_base: crafted
                .signed_at
                .map_or_else(String::new, |seconds| format!("{}.{seconds}.{body}", first.webhook_id)),
            body,
            warnings,
        })
    }

    async fn saved_payloads(&self, who: &Actor) -> Answer<Vec<SavedPayload>> {
        only_in_test(who)?;
        Ok(store::saved(self.db(), who).await?)
    }

    async fn save_payload(&self, who: &Actor, mut input: SavedPayloadInput) -> Answer<SavedPayload> {
        only_in_test(who)?;
        Problem::check(input.mistakes())?;
        input.name = input.name.trim().to_owned();
        let now = self.now();
        let id = SavedPayloadId::new(self.ids().unique(now));
        let mut tx = self.db().begin().await.map_err(Error::from)?;
        let (count, bytes) = store::other_saved(&mut tx, who, &input.name).await?;
        if count >= MOST_SAVED {
            let detail =
                format!("there are {MOST_SAVED} saved payloads already; delete one, or replace one by its name");
            return Err(Problem::new(Code::Conflict, detail));
        }
        if bytes.saturating_add(i64::try_from(input.payload.len()).unwrap_or(i64::MAX)) > MOST_SAVED_BYTES {
            let detail = format!(
                "the saved payloads would have more than {} MiB together; delete one, or save a smaller one",
                MOST_SAVED_BYTES >> 20
            );
            return Err(Problem::new(Code::Conflict, detail));
        }
        let saved = store::save(&mut tx, who, id, &input, now).await?;
        tx.commit().await.map_err(Error::from)?;
        self.tell(who.team, who.mode, None);
        Ok(saved)
    }

    async fn delete_saved_payload(&self, who: &Actor, id: SavedPayloadId) -> Answer<()> {
        only_in_test(who)?;
        if !store::delete_saved(self.db(), who, id).await? {
            return Err(Problem::not_found("saved payload", id));
        }
        self.tell(who.team, who.mode, None);
        Ok(())
    }

    async fn start_receiver_check(
        &self,
        who: &Actor,
        id: DestinationId,
        input: ReceiverCheckInput,
    ) -> Answer<ReceiverCheck> {
        only_in_test(who)?;
        self.start_check(who, id, input).await
    }

    async fn receiver_check(&self, who: &Actor, id: ReceiverCheckId) -> Answer<ReceiverCheck> {
        only_in_test(who)?;
        self.find_check(who, id).await
    }

    async fn receiver_checks(&self, who: &Actor, id: DestinationId, page: &PageQuery) -> Answer<Page<ReceiverCheck>> {
        only_in_test(who)?;
        self.page_of_checks(who, id, page).await
    }
}
