//! What Hookyard knows and does: capture, queueing, delivery and recovery, and the store beneath.
//!
//! Cut by noun; inside a noun `mod.rs` has the rules and `store.rs` the SQL. [`Engine`] implements the services of
//! `hookyard_model::service`, which is all that the outside can ask of it.

mod account;
mod attempt;
mod audit;
mod budget;
mod bulk;
mod capture;
mod chores;
mod clock;
mod connection;
mod db;
mod delivery;
mod destination;
mod error;
mod event;
mod event_type;
mod idempotency;
mod issue;
mod key;
mod live;
mod merge;
mod metrics;
mod notice;
mod open;
mod page;
mod proxy;
mod recovery;
mod request;
mod rollup;
mod routing;
mod rule;
mod run;
mod schema;
mod seal;
mod search;
mod server;
mod session;
mod signing;
mod simulator;
mod source;
mod team;
mod trace;
mod transform;
mod transformation;
mod verification;
mod verify;
mod webhook;
mod writer;

pub use budget::{Budget, Held};
pub use clock::Clock;
pub use delivery::Cidr;
pub use error::{OpenError, RunError};
pub use notice::{BadMail, Mail};
pub use open::{Config, Roles};
pub use run::Claim;
pub use session::SessionStore;

use std::sync::Arc;

use hookyard_model::Timestamp;

use crate::{
    clock::Ids,
    db::Db,
    delivery::Lanes,
    delivery::Sender,
    key::KnownKeys,
    live::Live,
    notice::Notices,
    routing::Routing,
    seal::Sealer,
    server::Counts,
    transform::Stage,
    transformation::{Tries, pool::Pool},
    writer::Writer,
};

/// Hookyard itself. Cheap to clone: every clone is the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

/// What an engine is made of.
struct Parts {
    config: Config,
    db: Db,
    clock: Clock,
    ids: Ids,
    sealer: Sealer,
    /// What capture and delivery must know of sources, connections and destinations, in memory.
    routing: Routing,
    /// Private keys that were looked up of late.
    known_keys: KnownKeys,
    /// Puts what many ask for into one commit.
    writer: Writer,
    lanes: Lanes,
    /// The threads that scripts run on, and who may try some.
    scripts: Pool,
    stage: Stage,
    tries: Tries,
    searches: search::Searches,
    sender: Sender,
    live: Live,
    notices: Notices,
    counts: Counts,
    /// What is counted and not written yet.
    aside: rollup::Aside,
    backlogs: metrics::KnownBacklogs,
    proxies: proxy::Proxies,
    /// Who feeds bulk operations.
    bulk: bulk::Feeder,
    verifications: verify::Runs,
}

impl Engine {
    fn db(&self) -> &Db {
        &self.0.db
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn ids(&self) -> &Ids {
        &self.0.ids
    }

    fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }
}
