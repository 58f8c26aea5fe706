//! What is asked of the server as a whole.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use hookyard_model::{
    About, Actor, AttemptStatus,
    service::{Answer, Changes, IdempotencyClaim, Reconciled, Server, StoredAnswer},
};

use crate::{Engine, db::on, error::Error, idempotency, verify, writer::Settlement};

/// What this process counted since it started.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    accepted: AtomicU64,
    rejected: AtomicU64,
    events: AtomicU64,
    successful: AtomicU64,
    failed: AtomicU64,
    recovered: AtomicU64,
}

impl Counts {
    pub(crate) fn request(&self, accepted: bool, events: usize) {
        if accepted { &self.accepted } else { &self.rejected }.fetch_add(1, Relaxed);
        self.events.fetch_add(events as u64, Relaxed);
    }

    pub(crate) fn attempt(&self, settlement: &Settlement) {
        match settlement.attempt.status {
            AttemptStatus::Successful => &self.successful,
            AttemptStatus::Failed => &self.failed,
        }
        .fetch_add(1, Relaxed);
        if settlement.attempt.cause == hookyard_model::Trigger::Recovery {
            self.recovered.fetch_add(1, Relaxed);
        }
    }
}

#[async_trait]
impl Server for Engine {
    fn about(&self) -> About {
        let config = &self.0.config;
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            egress_allow: config.egress_allow.iter().map(ToString::to_string).collect(),
            retention_days: config.retention_days,
            mail: config.mail.is_some(),
            mail_from: config.mail.as_ref().map(crate::notice::Mail::sender),
        }
    }

    async fn ready(&self) -> Answer<()> {
        // Migrated it is, or the engine would not have opened; so it must only answer.
        let one = on!(self.db(), read, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()));
        Ok(one.map_err(Error::from)?)
    }

    async fn metrics(&self) -> String {
        let counts = &self.0.counts;
        let (lanes, sending) = self.0.lanes.counts();
        let mut text = String::new();
        for (name, kind, help, values) in [
            (
                "hookyard_requests_total",
                "counter",
                "Requests taken in.",
                vec![("{status=\"accepted\"}", &counts.accepted), ("{status=\"rejected\"}", &counts.rejected)],
            ),
            ("hookyard_events_total", "counter", "Events made.", vec![("", &counts.events)]),
            (
                "hookyard_attempts_total",
                "counter",
                "Attempts made.",
                vec![("{status=\"successful\"}", &counts.successful), ("{status=\"failed\"}", &counts.failed)],
            ),
            (
                "hookyard_recoveries_total",
                "counter",
                "Attempts that may repeat one of a former process.",
                vec![("", &counts.recovered)],
            ),
        ] {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {}", value.load(Relaxed));
            }
        }
        for (name, help, value) in [
            ("hookyard_lanes_held", "Destinations that this process may send to just now.", lanes),
            ("hookyard_attempts_under_way", "Attempts under way.", sending),
        ] {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
        }
        // The last known by the database; without one it is not said.
        if let Ok(found) = verify::discrepancies(self.db()).await {
            let name = "hookyard_verify_discrepancies";
            let help = "What the last verifications found that does not add up.";
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {found}\n");
        }
        text
    }

    fn changes(&self, who: &Actor) -> Box<dyn Changes> {
        self.0.live.listen(who)
    }

    async fn claim_idempotency_key(&self, who: &Actor, key: &str, fingerprint: &str) -> Answer<IdempotencyClaim> {
        Ok(idempotency::claim(self, who, key, fingerprint).await?)
    }

    async fn settle_idempotency_key(&self, who: &Actor, key: &str, answer: Option<StoredAnswer>) -> Answer<()> {
        Ok(idempotency::settle(self, who, key, answer).await?)
    }

    async fn verify(&self, fast: bool) -> Answer<Reconciled> {
        Ok(verify::verify(self, fast).await?)
    }
}
