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

on_both![
    what_was_accepted_is_delivered_however_often_the_process_is_killed,
    what_was_accepted_before_a_stop_is_delivered_once,
    records_add_up_while_the_server_works,
];

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
            let (path, status, body) = if number.is_multiple_of(2) {
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

/// A process under load, and where what it delivers goes.
struct Loaded {
    process: Process,
    receiver: Receiver,
    team: Team,
    source: String,
    load: Arc<Load>,
    clients: TaskTracker,
}

impl Loaded {
    async fn start(database: &Database) -> Self {
        let receiver = Receiver::answering([200]).await;
        let process = Process::serve(database).await;
        let team = process.new_team(database).await;
        let (source, _) = team.connected_to(&receiver).await;
        team.new_webhook(&receiver, "load.sent").await;
        let source = id(&source);
        Self { process, receiver, team, source, load: Arc::default(), clients: TaskTracker::new() }
    }

    /// Begins to send, and returns when some of it was accepted.
    async fn put_load_on(&self) {
        let before = self.load.accepted();
        for _ in 0..CLIENTS {
            self.clients.spawn(Arc::clone(&self.load).put_on(self.team.clone(), self.source.clone()));
        }
        until("the load to begin", async || self.load.accepted() > before).await;
    }

    /// Ends the process in this way and starts another.
    async fn restart(mut self, database: &Database, end: impl AsyncFnOnce(Process)) -> Self {
        end(self.process).await;
        self.clients.close();
        self.clients.wait().await;
        let process = Process::serve(database).await;
        self.team = self.team.at(&process.url);
        Self { process, clients: TaskTracker::new(), ..self }
    }

    /// Waits for all that was accepted, checks it, and ends in good order; returns how much arrived more than once.
    async fn finish(self, database: &Database, how: &str) -> usize {
        let (receiver, accepted) = (&self.receiver, self.load.accepted.lock().clone());
        all_arrive(receiver, &accepted).await;
        until("all outcomes", async || self.team.count_events("QUEUED,SCHEDULED,HOLD").await == 0).await;
        let arrived = arrived(receiver);
        let lost: Vec<_> = accepted.iter().filter(|number| !arrived.contains_key(number)).collect();
        let duplicated = arrived.values().filter(|ids| ids.len() > 1).count();
        println!(
            "{how}: {} accepted, {} delivered, {duplicated} duplicated, {} lost",
            accepted.len(),
            arrived.len(),
            lost.len()
        );
        assert!(lost.is_empty(), "lost: {lost:?}");
        for (number, ids) in &arrived {
            assert!(ids.iter().all(|id| *id == ids[0]), "{number} came under several ids: {ids:?}");
        }
        assert_eq!(self.process.terminate().await, Some(0));
        let (clean, found) = verify(database).await;
        assert!(clean && found["discrepancies"] == json!([]), "{found}");
        duplicated
    }
}

async fn what_was_accepted_is_delivered_however_often_the_process_is_killed(database: Database) {
    let rounds = env::var("HOOKYARD_KILL_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap());
    let mut loaded = Loaded::start(&database).await;
    for round in 0..rounds {
        loaded.put_load_on().await;
        // At any moment, that of the start too.
        tokio::time::sleep(Duration::from_millis(RandomState::new().hash_one(round) % 2000)).await;
        loaded = loaded.restart(&database, Process::kill).await;
    }
    loaded.finish(&database, &format!("killed {rounds} times")).await;
}

async fn what_was_accepted_before_a_stop_is_delivered_once(database: Database) {
    let loaded = Loaded::start(&database).await;
    loaded.put_load_on().await;
    let loaded = loaded.restart(&database, async |process| assert_eq!(process.terminate().await, Some(0))).await;
    assert_eq!(loaded.finish(&database, "stopped once").await, 0, "nothing is sent twice");
}

async fn records_add_up_while_the_server_works(database: Database) {
    let loaded = Loaded::start(&database).await;
    loaded.put_load_on().await;
    for _ in 0..3 {
        let (clean, found) = verify(&database).await;
        assert!(clean, "{found}");
    }
    let loaded = loaded.restart(&database, Process::kill).await;
    loaded.finish(&database, "verified under load").await;
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
