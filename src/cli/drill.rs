//! `hookyard drill`: an outage, and the recovery from it, in numbers.
//!
//! It starts a server of its own and a receiver of a fixed capacity, takes the receiver down while events come in, brings
//! it back cold, does what an operator would do, and measures at the receiver what came of it.

mod api;
mod load;
mod receiver;
mod report;
mod server;
mod workers;

use std::{process::ExitCode, sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use clap::value_parser;
use hookyard_engine::Clock;
use serde_json::{Value, json};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    api::{Api, id},
    load::Load,
    receiver::{Receiver, Tally},
    report::{Latency, Report, ratio, round},
    server::Server,
};
use super::Failure;

/// How often the server is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);
/// How long nothing may be delivered before what is missing is given up.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often an operation that paused itself is resumed.
const RESUMES: usize = 20;

/// Takes a receiver down, recovers what failed meanwhile, and reports whether what is promised held
#[derive(clap::Args)]
pub(super) struct Drill {
    /// How many events come in while the receiver is down
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = value_parser!(u32).range(10..=10_000_000))]
    events: u32,
    /// How many a second the receiver can take
    #[arg(long, value_name = "RATE", default_value_t = 200, value_parser = value_parser!(u32).range(10..=100_000))]
    capacity: u32,
    /// How many a second come in beside, from before the outage until the end
    #[arg(long, value_name = "RATE", default_value_t = 20, value_parser = value_parser!(u32).range(1..=10_000))]
    live: u32,
    /// How long all is well at first [default: 30, less for fewer than 10,000 events]
    #[arg(long, value_name = "SECONDS")]
    healthy_seconds: Option<u32>,
    /// How long the receiver is down at least [default: 30, less for fewer than 10,000 events]
    #[arg(long, value_name = "SECONDS")]
    down_seconds: Option<u32>,
    /// An empty database to do it on [default: a new SQLite file]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Leaves everything to the circuit breaker: nobody does anything
    #[arg(long)]
    breaker: bool,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
    /// Leaves the server's folder behind
    #[arg(long)]
    keep: bool,
}

impl Drill {
    /// Ends with 0 when everything held.
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        if self.live >= self.capacity {
            return Err(Failure::Other(format!(
                "--live: a receiver of {} a second has no room left beside {} a second",
                self.capacity, self.live
            )));
        }
        let no_signals = |error: std::io::Error| Failure::Other(format!("cannot hear signals: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        // The server and its folder go with the future that holds them.
        let report = tokio::select! {
            report = self.drill() => report?,
            _ = terminate.recv() => return Err(Failure::Other("stopped".to_owned())),
            _ = interrupt.recv() => return Err(Failure::Other("stopped".to_owned())),
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report).map_err(|error| Failure::Other(error.to_string()))?);
        } else {
            println!("{report}");
        }
        Ok(if report.held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn drill(&self) -> Result<Report, Failure> {
        let (began, tasks) = (Instant::now(), TaskTracker::new());
        let mut server = Server::start(self.database_url.clone(), self.keep, &tasks).await?;
        let receiver = Arc::new(Receiver::start(self.capacity, began, tasks.clone()).map_err(no_receiver)?);
        let api = Api::new(&server);
        let (path, destination) = api.connect(&receiver.url(), self.breaker).await?;
        let stop = CancellationToken::new();
        let _stops = stop.clone().drop_guard();
        let stage = Stage { drill: self, receiver, api: api.clone(), destination, began };
        let (outage, live) = {
            let load = || Load::new(api.clone(), path.clone(), Arc::clone(&stage.receiver));
            (load(), load())
        };
        let (live_counts, steady) = (Arc::clone(&live.counts), live.steadily(self.live, tasks.clone(), stop.clone()));
        tasks.spawn(steady);

        let healthy = Duration::from_secs(self.healthy_seconds.map_or_else(|| self.scaled(30, 3), u64::from));
        stage.say(&format!("all is well for {} s, with {} events a second", healthy.as_secs(), self.live));
        // The first ones open connections and fill caches.
        sleep(healthy.min(Duration::from_secs(2)) / 2).await;
        let well_from = stage.receiver.now();
        sleep(healthy).await;
        let well_to = stage.receiver.now();

        let down = stage.outage(&outage).await?;
        let back = stage.receiver.come_back(self.capacity, self.ramp()).map_err(no_receiver)?;
        stage.say(&format!(
            "the receiver is back, cold: it has all of its capacity in {:.1} s",
            self.ramp().as_secs_f64()
        ));
        let recovered = if self.breaker {
            Recovered { began: back, tally: down.tally, ..Recovered::default() }
        } else {
            stage.recover(&down).await?
        };
        stage.drain(&mut server).await?;
        stop.cancel();
        // What was sent last is answered soon.
        sleep(LOOK * 2).await;
        let tally = stage.receiver.tally();
        let ended = stage.ended(recovered.began, back);
        let stories = stage.receiver.stories();
        let operation = match &recovered.operation {
            Some(operation) => api.get(&format!("/v1/events/bulk_operations/{operation}")).await?,
            None => Value::Null,
        };
        let (sent, beside) = (&outage.counts, &*live_counts);
        let both = |count: fn(&load::Sent) -> u64| count(sent) + count(beside);
        let drain = ended.saturating_sub(recovered.began).as_secs_f64();
        let replayed = stories.iter().filter(|story| story.sent < back && story.delivered > Some(back)).count() as u64;
        let limit = ratio(replayed, u64::from(self.capacity - self.live));
        let mut report = Report {
            database: if self.database_url.as_deref().is_some_and(|url| url.starts_with("postgres")) {
                "PostgreSQL"
            } else {
                "SQLite"
            },
            breaker: self.breaker,
            capacity: self.capacity,
            live_rate: self.live,
            outage_events: u64::from(self.events),
            live_events: stories.len() as u64 - u64::from(self.events),
            accepted: both(|sent| sent.accepted.load(Relaxed)),
            refused: both(|sent| sent.refused.load(Relaxed)),
            unanswered: both(|sent| sent.unanswered.load(Relaxed)),
            delivered: 0,
            missing: stage.receiver.missing(Duration::MAX) as u64,
            sent_twice: 0,
            repeated: 0,
            renamed: 0,
            outage_seconds: round(back.saturating_sub(well_to).as_secs_f64()),
            outage_taken_each_second: round(f64::from(self.events) / down.sending.as_secs_f64().max(0.001)),
            failed_in_outage: down.failed,
            replay_tries: 0,
            overload_answers: 0,
            overload_answers_to_live: 0,
            overload_share: 0.0,
            live_before: Latency::of(&stories, well_from, well_to),
            live_during: Latency::of(&stories, recovered.began, ended),
            drain_seconds: round(drain),
            limit_seconds: round(limit),
            drain_ratio: round(drain / limit.max(0.001)),
            drain_ratio_of_capacity: round(drain / ratio(replayed, u64::from(self.capacity)).max(0.001)),
            operator_actions: recovered.actions,
            operation,
            server_peak_bytes: server.peak_memory(),
            seconds: round(began.elapsed().as_secs_f64()),
            verdicts: Vec::new(),
            held: false,
        };
        report.count(recovered.tally, tally);
        report.judge();
        Ok(report)
    }

    /// So many seconds for a large drill, fewer for a small one.
    fn scaled(&self, seconds: u64, least: u64) -> u64 {
        (u64::from(self.events) * seconds / 10_000).clamp(least, seconds)
    }

    /// How long the receiver takes until it has all of its capacity.
    fn ramp(&self) -> Duration {
        Duration::from_secs_f64((f64::from(self.events) / f64::from(self.capacity) / 4.0).clamp(0.5, 30.0))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
fn no_receiver(error: std::io::Error) -> Failure {
    Failure::Other(format!("the receiver of the drill: {error}"))
}

/// What all scenes of a drill need.
struct Stage<'a> {
    drill: &'a Drill,
    receiver: Arc<Receiver>,
    api: Api,
    destination: String,
    began: Instant,
}

/// What came of the outage.
struct Down {
    /// When it began, as the server's lists take it.
    from: String,
    failed: u64,
    sending: Duration,
    tally: Tally,
}

/// What was done about it.
#[derive(Default)]
struct Recovered {
    /// When the bulk operation was started.
    began: Duration,
    /// What the receiver had counted then.
    tally: Tally,
    actions: Vec<String>,
    operation: Option<String>,
}

impl Stage<'_> {
    fn say(&self, text: &str) {
        eprintln!("{:7.1} s  {text}", self.began.elapsed().as_secs_f64());
    }

    /// The receiver is down while the events come in, until all of them failed, or are held.
    async fn outage(&self, load: &Load) -> Result<Down, Failure> {
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
        let mut told = Instant::now();
        // With a breaker they wait for as long as it takes.
        loop {
            if self.drill.breaker {
                break;
            }
            let asked = Instant::now();
            let waiting = self.api.count(&query("QUEUED,SCHEDULED,HOLD")).await?;
            if waiting == 0 {
                break;
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                self.say(&format!("{waiting} events have yet to fail"));
            }
            sleep(LOOK.max(asked.elapsed() * 4)).await;
        }
        let failed = self.api.count(&query("FAILED")).await?;
        self.say(&format!("{failed} events failed"));
        Ok(Down { from, failed, sending, tally: self.receiver.tally() })
    }

    /// What an operator does: proves the fix on one event, then sends the others again.
    async fn recover(&self, down: &Down) -> Result<Recovered, Failure> {
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
    async fn drain(&self, server: &mut Server) -> Result<(), Failure> {
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
    fn ended(&self, began: Duration, back: Duration) -> Duration {
        let stories = self.receiver.stories();
        stories.iter().filter(|story| story.sent < back).filter_map(|story| story.delivered).max().unwrap_or(began)
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}
