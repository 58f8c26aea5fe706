//! Alerts: what somebody should look after, in a window of time and now.

use std::{fmt::Display, str::FromStr};

use hookyard_model::{
    Actor, Alerts, AttemptFilter, AttemptId, Commas, Direction, EventFilter, EventId, HealthState, PageQuery,
    PausedThing, RejectedByCause, RejectionCause, RequestFilter, RequestId, Timestamp, TroubledDestination, Window,
    service::{Attempts, Events, Requests},
};

use super::{backlog, count, overview::bars_of, store};
use crate::{
    Engine,
    error::Result,
    rollup::{self, EventEnds, Of, Stretches},
};

/// How many of each list there are at most.
const SOME: u32 = 8;

impl Engine {
    pub(super) async fn alerts_of(&self, who: &Actor, window: Window) -> Result<Alerts> {
        let (db, now) = (self.db(), self.now());
        let bars = bars_of(window, now);
        let when = Stretches { length: bars.to.millis() - bars.from.millis(), ..bars };
        let mut rejected_by_cause: Vec<RejectedByCause> = Vec::new();
        for row in rollup::requests(db, who, when, Of::ALL).await? {
            if let Ok(cause) = RejectionCause::from_str(&row.outcome) {
                rejected_by_cause.push(RejectedByCause { cause, count: count(row.requests) });
            }
        }
        rejected_by_cause.sort_by_key(|one| std::cmp::Reverse(one.count));
        let events = rollup::events(db, who, when, Of::ALL, EventEnds::ALL).await?;
        let attempts = rollup::attempts(db, who, when, Of::ALL).await?;
        let backlog = backlog::of_all(&*self.backlogs(who).await?);
        let (destinations, paused) = self.in_trouble(who).await?;
        let mut alerts = Alerts {
            window,
            from: when.from,
            to: when.to,
            failed_events: events.iter().map(|row| count(row.failed)).sum(),
            held_events: backlog.held,
            queued_events: backlog.count - backlog.held,
            rejected_requests: rejected_by_cause.iter().map(|one| one.count).sum(),
            failed_attempts: attempts.iter().map(|row| count(row.failed)).sum(),
            backlog,
            rejected_by_cause,
            recent_failed_events: Vec::new(),
            recent_rejected_requests: Vec::new(),
            recent_failed_attempts: Vec::new(),
            oldest_held_events: Vec::new(),
            oldest_queued_events: Vec::new(),
            destinations,
            paused,
        };
        self.add_lists(who, &mut alerts).await?;
        Ok(alerts)
    }

    /// How many destinations are in trouble by themselves, and whether events are held: what a person can do something
    /// about, however long ago it began.
    pub(super) async fn count_alerts(&self, who: &Actor) -> Result<u64> {
        let (destinations, _) = self.in_trouble(who).await?;
        let is_serious = |one: &&TroubledDestination| {
            one.health.state == HealthState::Warning
                || one.health.state == HealthState::Disabled && one.disabled_reason.is_some()
        };
        let held = u64::from(backlog::of_all(&*self.backlogs(who).await?).held > 0);
        Ok(destinations.iter().filter(is_serious).count() as u64 + held)
    }

    async fn in_trouble(&self, who: &Actor) -> Result<(Vec<TroubledDestination>, Vec<PausedThing>)> {
        let (mut troubled, mut paused) = (Vec::new(), Vec::new());
        for row in store::destinations(self.db(), who, &[]).await? {
            let (name, health) = (row.shown_name(), row.health(self.now())?);
            let (id, is_webhook) = (row.id, row.is_webhook);
            if let Some(paused_at) = row.paused_at {
                let name = name.clone();
                paused.push(PausedThing { connection_id: None, destination_id: id, is_webhook, name, paused_at });
            }
            if health.state != HealthState::Healthy || row.breaker_opened_at.is_some() {
                let (disabled_reason, breaker_opened_at) = (row.disabled_reason, row.breaker_opened_at);
                let one = TroubledDestination { id, name, is_webhook, health, disabled_reason, breaker_opened_at };
                troubled.push(one);
            }
        }
        for row in store::paused(self.db(), who).await? {
            let (connection_id, destination_id) = (Some(row.id), row.destination_id);
            let (is_webhook, name, paused_at) = (row.is_webhook, row.name, row.paused_at);
            paused.push(PausedThing { connection_id, destination_id, is_webhook, name, paused_at });
        }
        let rank = |state| match state {
            HealthState::Warning => 0,
            HealthState::Disabled => 1,
            HealthState::Failing => 2,
            HealthState::Healthy => 3,
        };
        troubled.sort_by_key(|one| (rank(one.health.state), one.health.failing_since));
        paused.sort_by_key(|one| one.paused_at);
        Ok((troubled, paused))
    }

    async fn add_lists(&self, who: &Actor, alerts: &mut Alerts) -> Result<()> {
        let db = self.db();
        let (from, ever) = (alerts.from, Timestamp::default());
        let page = |dir| PageQuery { dir, limit: Some(SOME), ..PageQuery::default() };
        let (failed, held, queued) = (alerts.failed_events, alerts.held_events, alerts.queued_events);
        for (count, condition, since, dir, list) in [
            (failed, "status = 'FAILED'", from, Direction::Desc, &mut alerts.recent_failed_events),
            (held, "status = 'HOLD'", ever, Direction::Asc, &mut alerts.oldest_held_events),
            (queued, "status IN ('QUEUED', 'SCHEDULED')", ever, Direction::Asc, &mut alerts.oldest_queued_events),
        ] {
            if count == 0 {
                continue;
            }
            // Which status is looked for is written out, so that a partial index has it.
            let condition = format!("status <> 'SUCCESSFUL' AND {condition}");
            let newest = dir == Direction::Desc;
            let first = EventId::first_at(since).to_string();
            let ids = store::ids(db, who, "event", &condition, &first, newest, SOME).await?;
            if let Some(id) = named(&ids) {
                let filter = EventFilter { id, ..EventFilter::default() };
                *list = self.events(who, &filter, &page(dir)).await?.models;
            }
        }
        if alerts.rejected_requests > 0 {
            let first = RequestId::first_at(from).to_string();
            let ids = store::ids(db, who, "request", "status = 'rejected'", &first, true, SOME).await?;
            if let Some(id) = named(&ids) {
                let filter = RequestFilter { id, ..RequestFilter::default() };
                alerts.recent_rejected_requests =
                    self.requests(who, &filter, &page(Direction::Desc), false).await?.models;
            }
        }
        if alerts.failed_attempts > 0 {
            let first = AttemptId::first_at(from).to_string();
            let ids = store::ids(db, who, "attempt", "status = 'FAILED'", &first, true, SOME).await?;
            if let Some(id) = named(&ids) {
                let filter = AttemptFilter { id, ..AttemptFilter::default() };
                alerts.recent_failed_attempts = self.attempts(who, &filter, &page(Direction::Desc)).await?.models;
            }
        }
        Ok(())
    }
}

/// These ids for a filter, unless there is none: that would not restrict.
fn named<Id: FromStr<Err: Display>>(ids: &[String]) -> Option<Commas<Id>> {
    let ids: Vec<Id> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    (!ids.is_empty()).then_some(Commas(ids))
}
