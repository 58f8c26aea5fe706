//! The services: all that Hookyard can be asked to do, one short trait a noun. The engine implements them and
//! nothing else does; REST handlers and the dashboard's server functions both call them through [`Hookyard`].
//!
//! Every method that touches a team's data takes the [`Actor`](crate::Actor) first, and finds only that team's rows of that mode.

mod account;
mod bulk;
mod capture;
mod connection;
mod destination;
mod event_type;
mod issue;
mod metrics;
mod record;
mod recovery;
mod rule;
mod server;
mod simulator;
mod source;
mod team;
mod transformation;
mod verify;
mod webhook;

pub use account::{Accounts, Keys};
pub use bulk::BulkOperations;
pub use capture::{Arrival, Captured, Captures, Refusal, Reply};
pub use connection::Connections;
pub use destination::Destinations;
pub use event_type::EventTypes;
pub use issue::Issues;
pub use metrics::Metrics;
pub use record::{Attempts, Events, Requests};
pub use recovery::Recoveries;
pub use rule::Rules;
pub use server::{Changes, IdempotencyClaim, Reconciled, Server, StoredAnswer};
pub use simulator::Simulator;
pub use source::Sources;
pub use team::Teams;
pub use transformation::Transformations;
pub use verify::Verifications;
pub use webhook::{Publishing, Signing, Webhooks};

use crate::Problem;

/// What a service answers.
pub type Answer<T> = Result<T, Problem>;

/// All services together.
pub trait Hookyard:
    Accounts
    + Attempts
    + BulkOperations
    + Captures
    + Connections
    + Destinations
    + EventTypes
    + Events
    + Issues
    + Keys
    + Metrics
    + Publishing
    + Recoveries
    + Requests
    + Rules
    + Server
    + Signing
    + Simulator
    + Sources
    + Teams
    + Transformations
    + Verifications
    + Webhooks
{
}

impl<T> Hookyard for T where
    T: Accounts
        + Attempts
        + BulkOperations
        + Captures
        + Connections
        + Destinations
        + EventTypes
        + Events
        + Issues
        + Keys
        + Metrics
        + Publishing
        + Recoveries
        + Requests
        + Rules
        + Server
        + Signing
        + Simulator
        + Sources
        + Teams
        + Transformations
        + Verifications
        + Webhooks
{
}
