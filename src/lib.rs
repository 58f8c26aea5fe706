//! The server: settings and commands, HTTP outside and the engine inside, wired together.

mod assets;
pub mod cli;
mod connections;
mod dashboard;
mod download;
mod ingress;
mod live;
mod probes;
mod receive;
mod rest;
pub mod serve;
pub mod settings;
mod telemetry;
