//! The simulator: made-up events for one webhook, sent for real.

use async_trait::async_trait;
use bytes::Bytes;
use hookyard_model::{
    Actor, Code, DestinationId, Mode, Page, PageQuery, Problem, Published, ReceiverCheck, ReceiverCheckId,
    ReceiverCheckInput, SavedPayload, SavedPayloadId, SavedPayloadInput, Simulation, SimulationPreview,
    service::{Answer, Simulator},
};
use serde::Deserialize;

use crate::{
    Engine,
    capture::{Draft, unavailable},
};

#[async_trait]
impl Simulator for Engine {
    async fn simulate(&self, who: &Actor, id: DestinationId, simulation: Simulation) -> Answer<Published> {
        if who.mode != Mode::Test {
            let detail = "events cannot be simulated in live mode; use a test key or switch to test mode";
            return Err(Problem::new(Code::SimulatorTestModeOnly, detail));
        }
        let mut mistakes = hookyard_model::event_type_mistake(&simulation.kind, "/type");
        if !simulation.payload.get().starts_with('{') {
            mistakes.push(hookyard_model::FieldError::new("/payload", "must be an object, the envelope of the event"));
        }
        Problem::check(mistakes)?;
        let route = self.events_route(who.team, who.mode).await?;
        let branch = route
            .branches
            .iter()
            .find(|branch| branch.destination == id)
            .ok_or_else(|| Problem::not_found("webhook", id))?;
        if branch.destination_disabled {
            return Err(Problem::new(Code::Conflict, "the webhook is disabled; enable it to send to it"));
        }
        let payload = String::from(Box::<str>::from(simulation.payload));
        let webhook_id = simulation.exact.then(|| own_id(&payload)).flatten().unwrap_or_else(|| self.ids().uuid());
        let draft = Draft {
            enveloped: !simulation.exact,
            simulated: true,
            only: Some(branch.connection),
            ..Draft::published(simulation.kind, webhook_id.clone(), Bytes::from(payload))
        };
        let (request_id, event_ids) = self.take_in(&route, draft).await.map_err(unavailable)?;
        Ok(Published { id: webhook_id, request_id, event_ids, warnings: Vec::new() })
    }

    async fn preview_simulation(
        &self,
        _who: &Actor,
        _id: DestinationId,
        _simulation: Simulation,
    ) -> Answer<SimulationPreview> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn saved_payloads(&self, _who: &Actor) -> Answer<Vec<SavedPayload>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn save_payload(&self, _who: &Actor, _input: SavedPayloadInput) -> Answer<SavedPayload> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn delete_saved_payload(&self, _who: &Actor, _id: SavedPayloadId) -> Answer<()> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn start_receiver_check(
        &self,
        _who: &Actor,
        _id: DestinationId,
        _input: ReceiverCheckInput,
    ) -> Answer<ReceiverCheck> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn receiver_check(&self, _who: &Actor, _id: ReceiverCheckId) -> Answer<ReceiverCheck> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn receiver_checks(
        &self,
        _who: &Actor,
        _id: DestinationId,
        _page: &PageQuery,
    ) -> Answer<Page<ReceiverCheck>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }
}

/// The id that an exact payload carries, when it can stand in a header and in what is signed.
fn own_id(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Own {
        id: String,
    }
    let Own { id } = serde_json::from_str(payload).ok()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!id.is_empty() && id.len() <= 128 && id.bytes().all(fits)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_harmless_id_is_taken_from_an_exact_payload() {
        assert_eq!(own_id(r#"{"id":"abc-1"}"#).as_deref(), Some("abc-1"));
        for bad in [r#"{"id":"a.b"}"#, r#"{"id":""}"#, r#"{"id":"a\n"}"#, "{}", r#"{"id":5}"#] {
            assert_eq!(own_id(bad), None, "{bad}");
        }
    }
}
