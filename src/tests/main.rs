//! Hookyard as a whole, from outside: the real server, real receivers, and every test on both databases.
//!
//! `TEST_POSTGRES_URL` names a PostgreSQL server where databases may be created; `TEST_NODE_MODULES` and `TEST_PYTHON`
//! name where the official Standard Webhooks libraries are. `cargo xtask test` brings all three.

#![expect(clippy::unwrap_used, reason = "this is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "clients and receivers stand outside of the server, and end with their test"
)]

mod support;
mod upgrade;

mod api;
mod bounds;
mod breaker;
mod bulk;
mod catalogue;
mod certificates;
mod delivery;
mod destinations;
mod drill;
mod durability;
mod egress;
mod health;
mod holding;
mod ingress;
mod issues;
mod kill;
mod lanes;
mod logs;
mod metrics;
mod nodes;
mod notices;
mod outcomes;
mod pace;
mod proxy;
mod recovery;
mod replay;
mod retention;
mod retries;
mod rules;
mod signatures;
mod simulator;
mod snippets;
mod trace;
mod transformations;
mod verification;
mod verify;
