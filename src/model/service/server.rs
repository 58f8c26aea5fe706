use async_trait::async_trait;

use super::Answer;
use crate::{About, Actor, Change};

/// What is asked of the server as a whole.
#[async_trait]
pub trait Server: Send + Sync {
    fn about(&self) -> About;

    /// Fails when the database does not answer or is not migrated.
    async fn ready(&self) -> Answer<()>;

    /// The metrics in Prometheus' text format.
    async fn metrics(&self) -> String;

    /// Tells from now on what changes for this team and mode.
    fn changes(&self, who: &Actor) -> Box<dyn Changes>;

    /// Claims an idempotency key for a call with this fingerprint.
    async fn claim_idempotency_key(&self, who: &Actor, key: &str, fingerprint: &str) -> Answer<IdempotencyClaim>;

    /// Keeps the answer of a claimed call for 24 hours; without an answer the claim is given up.
    async fn settle_idempotency_key(&self, who: &Actor, key: &str, answer: Option<StoredAnswer>) -> Answer<()>;

    /// Reconciles every accepted request with its events, ignored events, attempts and queue entries.
    /// `fast`: without a rest between two steps.
    async fn verify(&self, fast: bool) -> Answer<Reconciled>;
}

/// A stream of changes.
#[async_trait]
pub trait Changes: Send {
    /// The next change; `None` when the server stops.
    async fn next(&mut self) -> Option<Change>;
}

/// Whether a call with an idempotency key is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// It is the first: make it, then settle.
    Yours,
    /// It was made: this was its answer.
    Answered(StoredAnswer),
    /// It is being made just now.
    UnderWay,
    /// The key was used for another call.
    OtherCall,
}

/// An answer that is given again to the same call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    pub content_type: Option<String>,
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Reconciled {
    pub requests: u64,
    pub events: u64,
    pub attempts: u64,
    /// Branches that were not taken.
    pub ignored: u64,
    /// Rows of the queues.
    pub queued: u64,
    pub bulk_items: u64,
    /// Each a sentence that names the row and what does not add up.
    pub discrepancies: Vec<String>,
}
