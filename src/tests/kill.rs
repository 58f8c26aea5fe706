//! SIGKILL at any moment loses nothing that was answered 2xx.
//!
//! `HOOKYARD_KILL_ROUNDS` sets how often the process is killed, for longer runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::Method;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use crate::support::{Database, Process, Receiver, Team, id, on_both, until, verify};

on_both![what_was_accepted_is_delivered_however_often_the_process_is_killed];

const CLIENTS: usize = 32;

/// The numbers that were sent, and those that were answered 2xx.
#[derive(Default)]
struct Load {
    next: AtomicU64,
    accepted: Mutex<BTreeSet<u64>>,
}

impl Load {
    /// Captures and publishes in turn until the process is gone.
    async fn put_on(self: Arc<Self>, team: Team, source: String) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let (path, status, body) = if number % 2 == 0 {
                (format!("/in/{source}"), 200, json!({ "n": number }))
            } else {
                ("/v1/publish".to_owned(), 202, json!({ "type": "load.sent", "data": { "n": number } }))
            };
            let json = [("content-type", "application/json")];
            match team.test.send(Method::POST, &path, &json, body.to_string()).await {
                Ok(reply) => {
                    assert!(reply.status == status || reply.status == 503, "{}", reply.body);
                    if reply.status == status {
                        self.accepted.lock().insert(number);
                    }
                }
                // Nobody knows what became of this one.
                Err(_) => return,
            }
        }
    }

    fn accepted(&self) -> usize {
        self.accepted.lock().len()
    }
}

fn number_in(body: &Value) -> u64 {
    body["n"].as_u64().or_else(|| body["data"]["n"].as_u64()).unwrap()
}

/// The `webhook-id`s that each number came with.
fn arrived(receiver: &Receiver) -> BTreeMap<u64, Vec<String>> {
    let mut arrived: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for request in receiver.requests() {
        arrived.entry(number_in(&request.json())).or_default().push(request.header("webhook-id").to_owned());
    }
    arrived
}

async fn what_was_accepted_is_delivered_however_often_the_process_is_killed(database: Database) {
    let rounds = env::var("HOOKYARD_KILL_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap());
    let receiver = Receiver::answering([200]).await;
    let mut process = Process::serve(&database).await;
    let mut team = process.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    team.new_webhook(&receiver, "load.sent").await;
    let load = Arc::new(Load::default());

    for round in 0..rounds {
        let (clients, before) = (TaskTracker::new(), load.accepted());
        for _ in 0..CLIENTS {
            clients.spawn(Arc::clone(&load).put_on(team.clone(), id(&source)));
        }
        until("the load to begin", async || load.accepted() > before).await;
        tokio::time::sleep(Duration::from_millis(RandomState::new().hash_one(round) % 1200)).await;
        process.kill().await;
        clients.close();
        clients.wait().await;
        process = Process::serve(&database).await;
        team = team.at(&process.url);
    }

    let accepted = load.accepted.lock().clone();
    all_arrive(&receiver, &accepted).await;
    until("all outcomes", async || team.count_events("QUEUED,SCHEDULED,HOLD").await == 0).await;
    let arrived = arrived(&receiver);
    let lost: Vec<_> = accepted.iter().filter(|number| !arrived.contains_key(number)).collect();
    let duplicated = arrived.values().filter(|ids| ids.len() > 1).count();
    println!(
        "killed {rounds} times: {} accepted, {} delivered, {duplicated} duplicated, {} lost",
        accepted.len(),
        arrived.len(),
        lost.len()
    );
    assert!(lost.is_empty(), "lost: {lost:?}");
    for (number, ids) in &arrived {
        assert!(ids.iter().all(|id| *id == ids[0]), "{number} came under several ids: {ids:?}");
    }
    assert_eq!(process.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean && found["discrepancies"] == json!([]), "{found}");
}

/// Waits until all have arrived, or nothing more comes for long.
async fn all_arrive(receiver: &Receiver, accepted: &BTreeSet<u64>) {
    let (mut came, mut since) = (0, Instant::now());
    while since.elapsed() < Duration::from_secs(30) {
        let count = receiver.count();
        if count >= accepted.len() {
            let arrived = arrived(receiver);
            if accepted.iter().all(|number| arrived.contains_key(number)) {
                return;
            }
        }
        if count != came {
            (came, since) = (count, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
