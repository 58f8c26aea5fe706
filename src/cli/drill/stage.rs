//! The scenes of a drill: the outage, what is done about it, and the wait until all is delivered.

use std::{sync::Arc, time::Duration};

use hookyard_engine::Clock;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Drill, LOOK,
    api::{Api, id},
    load::Load,
    no_receiver,
    receiver::{Receiver, Tally},
    report::ratio,
    server::Server,
};
use crate::cli::Failure;

/// How long nothing may be delivered before what is missing is given up.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a circuit breaker may take to open or to close: probes are a minute apart at the most.
const PROBES: Duration = Duration::from_mins(3);
/// How often an operation that paused itself is resumed.
const RESUMES: usize = 20;

/// What all scenes of a drill need.
pub(super) struct Stage<'a> {
    pub(super) drill: &'a Drill,
    pub(super) receiver: Arc<Receiver>,
    pub(super) api: Api,
    pub(super) destination: String,
    pub(super) began: Instant,
}

/// What came of the outage.
pub(super) struct Down {
    /// When it began, as the server's lists take it.
    from: String,
    pub(super) failed: u64,
    pub(super) sending: Duration,
    tally: Tally,
}

/// What was done about it.
#[derive(Default)]
pub(super) struct Recovered {
    /// When the bulk operation was started, or the breaker closed.
    pub(super) began: Duration,
    /// What the receiver had counted then.
    pub(super) tally: Tally,
    pub(super) actions: Vec<String>,
    pub(super) operation: Option<String>,
}

impl Stage<'_> {
    pub(super) fn say(&self, text: &str) {
        eprintln!("{:7.1} s  {text}", self.began.elapsed().as_secs_f64());
    }

    /// The receiver is down while the events come in, until all of them failed, or are held.
    pub(super) async fn outage(&self, load: &Load) -> Result<Down, Failure> {
        // What was on its way when the receiver went down belongs to it.
        let (from, began) = (Clock::system().now().minus(LOOK * 20).to_string(), Instant::now());
        self.receiver.refuse().await.map_err(no_receiver)?;
        self.say("the receiver refuses connections");
        let sending = load.at_once(self.drill.events).await;
        let sent = Clock::system().now().to_string();
        self.say(&format!("{} events were sent in {:.1} s", self.drill.events, sending.as_secs_f64()));
        self.receiver.break_down().map_err(no_receiver)?;
        self.say("the receiver answers 503");
        sleep(Duration::from_secs(self.drill.scaled(5, 1))).await;
        self.receiver.refuse().await.map_err(no_receiver)?;
        self.say("the receiver refuses connections again");
        let least = Duration::from_secs(self.drill.down_seconds.map_or_else(|| self.drill.scaled(30, 1), u64::from));
        sleep(least.saturating_sub(began.elapsed())).await;
        let query = |status: &str| format!("destination_id={}&status={status}&from={from}&to={sent}", self.destination);
        if self.drill.breaker {
            // They wait for as long as it takes.
            self.until_breaker_is("open").await?;
        } else {
            self.until_given_up(&query("QUEUED,SCHEDULED,HOLD")).await?;
        }
        let failed = self.api.count(&query("FAILED")).await?;
        self.say(&format!("{failed} events failed"));
        Ok(Down { from, failed, sending, tally: self.receiver.tally() })
    }

    async fn until_given_up(&self, waiting: &str) -> Result<(), Failure> {
        let mut told = Instant::now();
        loop {
            let asked = Instant::now();
            let waiting = self.api.count(waiting).await?;
            if waiting == 0 {
                return Ok(());
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                self.say(&format!("{waiting} events have yet to fail"));
            }
            sleep(LOOK.max(asked.elapsed() * 4)).await;
        }
    }

    async fn until_breaker_is(&self, state: &str) -> Result<(), Failure> {
        let (path, began) = (format!("/v1/destinations/{}", self.destination), Instant::now());
        while self.api.get(&path).await?["breaker"]["state"] != state {
            if began.elapsed() > PROBES {
                let waited = PROBES.as_secs();
                return Err(Failure::Other(format!("the circuit breaker is not {state} after {waited} s")));
            }
            sleep(LOOK / 5).await;
        }
        self.say(&format!("the circuit breaker is {state}"));
        Ok(())
    }

    /// Nobody does anything: a probe shows that the receiver is back.
    pub(super) async fn until_closed(&self, down: &Down) -> Result<Recovered, Failure> {
        self.until_breaker_is("closed").await?;
        Ok(Recovered { began: self.receiver.now(), tally: down.tally, ..Recovered::default() })
    }

    /// What an operator does: proves the fix on one event, then sends the others again.
    pub(super) async fn recover(&self, down: &Down) -> Result<Recovered, Failure> {
        let mut actions = vec!["retry one event".to_owned()];
        let failed = format!("/v1/events?destination_id={}&status=FAILED&from={}&limit=1", self.destination, down.from);
        let one = self.api.get(&failed).await?["models"][0].clone();
        if one.is_null() {
            return Err(Failure::Other("no event failed: there is nothing to recover".to_owned()));
        }
        let again = self.api.post(&format!("/v1/events/{}/retry", id(&one)), &json!({})).await?;
        let path = format!("/v1/events/{}", again["replay_event_id"].as_str().unwrap_or_default());
        loop {
            let status = self.api.get(&path).await?["status"].clone();
            match status.as_str() {
                Some("SUCCESSFUL") => break,
                Some("FAILED" | "CANCELLED") => {
                    return Err(Failure::Other("the event that was retried failed again".to_owned()));
                }
                _ => sleep(LOOK / 5).await,
            }
        }
        self.say("one event was retried and delivered");
        let tally = self.receiver.tally();
        let began = self.receiver.now();
        actions.push("start a bulk operation".to_owned());
        let filter = json!({
            "destination_id": self.destination, "status": "FAILED",
            "from": down.from, "to": Clock::system().now().to_string(),
        });
        let operation = self.api.post("/v1/events/bulk_operations", &json!({ "filter": filter })).await?;
        let operation = id(&operation);
        self.say(&format!("the bulk operation {operation} was started"));
        let mut recovered = Recovered { began, tally, actions, operation: Some(operation) };
        self.watch(&mut recovered).await?;
        Ok(recovered)
    }

    /// Waits until the operation ends, and resumes it when it pauses itself.
    async fn watch(&self, recovered: &mut Recovered) -> Result<(), Failure> {
        let path = format!("/v1/events/bulk_operations/{}", recovered.operation.as_deref().unwrap_or_default());
        let (mut told, mut before) = (Instant::now(), self.receiver.tally());
        loop {
            let operation = self.api.get(&path).await?;
            if told.elapsed() > Duration::from_secs(2) {
                let tally = self.receiver.tally();
                let (pace, passed) = (&operation["destinations"][0]["pace"], told.elapsed().as_secs_f64());
                self.say(&format!(
                    "{} of {} done, {} failed; replayed {:.0}/s, overloads {}; pace: {} allowed {:.0}/s sent {:.0}/s {:.0} ms ({:.0} at best) {}",
                    operation["done_count"], operation["total_count"], operation["failed_count"],
                    ratio(tally.replay_tries - before.replay_tries, 1) / passed,
                    tally.replay_overloads + tally.live_overloads - before.replay_overloads - before.live_overloads,
                    pace["state"].as_str().unwrap_or("-"), number(&pace["allowed"]), number(&pace["sent"]),
                    number(&pace["latency_ms"]), number(&pace["base_latency_ms"]), pace["reason"].as_str().unwrap_or(""),
                ));
                (told, before) = (Instant::now(), tally);
            }
            match operation["status"].as_str() {
                Some("COMPLETED") => return Ok(()),
                Some("PAUSED") if recovered.actions.len() < RESUMES => {
                    self.say(&format!("it paused itself: {}", operation["pause_reason"]));
                    recovered.actions.push("resume the bulk operation".to_owned());
                    self.api.post(&format!("{path}/resume"), &json!({})).await?;
                }
                Some("PLANNED" | "RUNNING") => {}
                _ => return Err(Failure::Other(format!("the bulk operation ended otherwise: {operation}"))),
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until everything that was accepted is delivered, or nothing has been for long.
    pub(super) async fn drain(&self, server: &mut Server) -> Result<(), Failure> {
        let (mut told, mut progress, mut best) = (Instant::now(), Instant::now(), usize::MAX);
        loop {
            // What was sent just now is not missing.
            let missing = self.receiver.missing(self.receiver.now().saturating_sub(LOOK * 4));
            if missing == 0 {
                return Ok(());
            }
            if missing < best {
                (best, progress) = (missing, Instant::now());
            }
            if progress.elapsed() > PATIENCE {
                self.say(&format!("{missing} events are given up"));
                return Ok(());
            }
            if told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                let tally = self.receiver.tally();
                self.say(&format!("{missing} events have yet to be delivered; {} overloads", tally.replay_overloads));
            }
            if !server.is_running() {
                return Err(Failure::Other("the server ended".to_owned()));
            }
            sleep(LOOK).await;
        }
    }

    /// When the last of what was sent before the receiver was back was delivered.
    pub(super) fn ended(&self, began: Duration, back: Duration) -> Duration {
        let stories = self.receiver.stories();
        stories.iter().filter(|story| story.sent < back).filter_map(|story| story.delivered).max().unwrap_or(began)
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}
