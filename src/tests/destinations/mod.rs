//! Destinations: how they are sent to, how fast, and when not at all.

mod auth;
mod headers;
mod mock;
mod pausing;
mod rate;
mod token;
