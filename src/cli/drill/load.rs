//! What is sent to Hookyard: steady traffic, and the events of the outage as fast as they are taken.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::Method;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{api::Api, receiver::Receiver};

/// How many senders there are in the outage.
const SENDERS: usize = 16;

/// What a payload carries beside its number, so that it is as long as many are.
const FILLER: &str =
    "An order of three things was paid, and will be sent to its customer once they are all in the warehouse. ";

/// Sends to one source.
#[derive(Clone)]
pub(super) struct Load {
    api: Api,
    path: String,
    receiver: Arc<Receiver>,
    pub(super) counts: Arc<Sent>,
}

/// How many were sent, and what was said to them.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) accepted: AtomicU64,
    /// Answered, but not with success.
    pub(super) refused: AtomicU64,
    /// Not answered.
    pub(super) unanswered: AtomicU64,
}

impl Load {
    pub(super) fn new(api: Api, path: String, receiver: Arc<Receiver>) -> Self {
        Self { api, path, receiver, counts: Arc::default() }
    }

    async fn send(&self, sequence: usize) {
        let payload = json!({ "sequence": sequence, "text": FILLER.repeat(4) }).to_string();
        match self.api.send(Method::POST, &self.path, payload.into_bytes()).await {
            Ok((200..=299, _)) => {
                self.receiver.accepted(sequence);
                self.counts.accepted.fetch_add(1, Relaxed);
            }
            Ok(_) => drop(self.counts.refused.fetch_add(1, Relaxed)),
            Err(_) => drop(self.counts.unanswered.fetch_add(1, Relaxed)),
        }
    }

    /// Sends so many a second until `stop`, whether or not the ones before were answered.
    pub(super) async fn steadily(self, each_second: u32, tasks: TaskTracker, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / each_second);
        loop {
            let due = tokio::select! {
                () = stop.cancelled() => return,
                due = ticks.tick() => due,
            };
            let load = self.clone();
            tasks.spawn(async move {
                // Counted from when it was due: what is sent late was late for whoever waits for it.
                let sent = load.receiver.now().saturating_sub(due.elapsed());
                load.send(load.receiver.announce(sent, true)).await;
            });
        }
    }

    /// Sends so many as fast as they are taken; returns how long that took.
    pub(super) async fn at_once(&self, events: u32) -> Duration {
        let (began, left) = (Instant::now(), Arc::new(AtomicU32::new(events)));
        let senders = (0..SENDERS).map(|_| {
            let (load, left) = (self.clone(), Arc::clone(&left));
            async move {
                while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                    load.send(load.receiver.announce(load.receiver.now(), false)).await;
                }
            }
        });
        futures_util::future::join_all(senders).await;
        began.elapsed()
    }
}
