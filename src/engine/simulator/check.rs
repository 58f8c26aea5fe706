//! Receiver checks: all of a receiver's exam sent at once, each delivery tried once.
//!
//! Nothing runs for a check. Its events are committed together, each due at its time, below what is live; the report is
//! made anew of the plan and the first attempts whenever it is asked for, on whichever node.

use std::collections::HashMap;

use hookyard_model::{
    Actor, Code, DestinationId, DestinationType, EventId, Page, PageQuery, Problem, ReceiverCheck, ReceiverCheckId,
    ReceiverCheckInput,
    service::{Answer, Webhooks},
};
use serde_json::json;

use super::{
    Staged,
    plan::{self, Plan, Planned},
    report::{self, Tried},
    shape::{self, Typed},
    store,
};
use crate::{
    Engine,
    capture::unavailable,
    delivery::LaneKey,
    destination,
    error::{Error, Result},
};

impl Engine {
    pub(super) async fn start_check(
        &self,
        who: &Actor,
        id: DestinationId,
        input: ReceiverCheckInput,
    ) -> Answer<ReceiverCheck> {
        Problem::check(input.mistakes())?;
        let webhook = self.webhook(who, id).await?;
        let bench = self.bench(who, id).await?.enabled()?;
        let key = LaneKey { team: who.team, mode: who.mode, destination: id };
        let target = self.target(&key).await?.ok_or_else(|| Problem::not_found("webhook", id))?;
        if target.is_paused || target.paused.contains(&bench.connection) {
            return Err(Problem::new(Code::Conflict, "the webhook is paused; unpause it to check its receiver"));
        }
        let kind = input.kind.or_else(|| webhook.event_types.first().cloned());
        let kind = kind.ok_or_else(|| Problem::field("/type", "the webhook chose no event type: say which to send"))?;
        let (example, schema) = self.example_and_schema(who, &kind).await?;
        let payload = json!({ "data": example.unwrap_or_else(|| json!({})) }).to_string();
        let typed = Typed { kind, payload, exact: false };

        let now = self.now();
        let (mut prepared, mut scenarios) = (Vec::new(), Vec::new());
        for scenario in plan::chosen(&input.scenarios) {
            let mut planned = Planned { scenario, events: Vec::new(), not_applicable: None };
            match shape::shape(Some(scenario), &typed, schema.as_ref(), now, self.ids()) {
                Err(why) => planned.not_applicable = Some(why.to_owned()),
                Ok(all) => {
                    for mut shaped in all {
                        for (_, wait) in &mut shaped.events {
                            *wait += plan::begins_after(scenario);
                        }
                        let made = self.made(&bench, shaped, Some(Staged { scenario, is_check: true }), now);
                        planned.events.extend(made.events.iter().map(|event| event.id));
                        prepared.push(made);
                    }
                }
            }
            scenarios.push(planned);
        }
        let deliveries = scenarios.iter().map(|planned| planned.events.len()).sum();
        let plan = Plan {
            answers_within_ms: input.answers_within_ms.unwrap_or(ReceiverCheckInput::ANSWERS_WITHIN_MS),
            is_built_in: target.kind == DestinationType::Mock,
            ends_at: plan::ends_at(now, deliveries, &target.config),
            scenarios,
        };
        let check = store::Check {
            id: ReceiverCheckId::new(self.ids().unique(now)),
            destination_id: id,
            event_type: typed.kind,
            created_at: now,
            plan,
        };
        // First the plan: deliveries that nobody knows the reason of would be worse than a plan without deliveries.
        self.keep_plan(who, &check).await?;
        if let Err(error) = self.take_in_all(prepared).await {
            store::delete_check(self.db(), who, check.id).await?;
            return Err(unavailable(error));
        }
        Ok(report::report(check, &HashMap::new(), now))
    }

    /// Stores a check, unless there is another under way: who starts one waits for who started one before.
    async fn keep_plan(&self, who: &Actor, check: &store::Check) -> Answer<()> {
        let mut tx = self.db().begin().await.map_err(Error::from)?;
        let row = destination::lock(&mut tx, who.team, who.mode, check.destination_id).await?;
        row.ok_or_else(|| Problem::not_found("webhook", check.destination_id))?;
        self.refuse_another(who, check.destination_id).await?;
        store::insert_check(&mut tx, who, check).await?;
        Ok(tx.commit().await.map_err(Error::from)?)
    }

    /// One check of a webhook at a time: two would measure each other.
    async fn refuse_another(&self, who: &Actor, id: DestinationId) -> Answer<()> {
        let last = PageQuery { limit: Some(1), ..PageQuery::default() };
        let under_way = self.page_of_checks(who, id, &last).await?.models.into_iter().find(|check| !check.done);
        under_way.map_or(Ok(()), |check| {
            let detail = format!("the check {} of this webhook is still under way", check.id);
            Err(Problem { resource_id: Some(check.id.to_string()), ..Problem::new(Code::Conflict, detail) })
        })
    }

    pub(super) async fn find_check(&self, who: &Actor, id: ReceiverCheckId) -> Answer<ReceiverCheck> {
        let check = store::check(self.db(), who, id).await?.ok_or_else(|| Problem::not_found("receiver check", id))?;
        let mut reports = self.reports(who, vec![check]).await?;
        reports.pop().ok_or_else(|| Problem::not_found("receiver check", id))
    }

    pub(super) async fn page_of_checks(
        &self,
        who: &Actor,
        id: DestinationId,
        page: &PageQuery,
    ) -> Answer<Page<ReceiverCheck>> {
        // Only to say so when there is no such webhook.
        self.webhook(who, id).await?;
        let checks = store::checks(self.db(), who, id, page).await?;
        let reports = self.reports(who, checks).await?;
        Ok(Page::cut(page, reports, |check| check.id.to_string()))
    }

    async fn reports(&self, who: &Actor, checks: Vec<store::Check>) -> Result<Vec<ReceiverCheck>> {
        let events: Vec<EventId> = checks
            .iter()
            .flat_map(|check| &check.plan.scenarios)
            .flat_map(|planned| &planned.events)
            .copied()
            .collect();
        let tried: HashMap<EventId, Tried> = store::first_attempts(self.db(), who, &events).await?;
        let now = self.now();
        Ok(checks.into_iter().map(|check| report::report(check, &tried, now)).collect())
    }
}
