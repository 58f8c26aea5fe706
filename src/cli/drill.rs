//! `hookyard drill`: an outage, and the recovery from it, in numbers.
//!
//! It starts a server of its own and a receiver of a fixed capacity, takes the receiver down while events come in, brings
//! it back cold, does what an operator would do, and measures at the receiver what came of it.

mod api;
mod load;
mod receiver;
mod report;
mod server;
mod stage;
mod workers;

use std::{process::ExitCode, sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use clap::value_parser;
use serde_json::Value;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    api::Api,
    load::Load,
    receiver::Receiver,
    report::{Latency, Report, ratio, round},
    server::Server,
    stage::Stage,
};
use super::Failure;

/// How often the server is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);

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
        let (path, destination) = api.connect(&receiver.url(), self.breaker.then(|| self.scaled(30, 1))).await?;
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
        let recovered = if self.breaker { stage.until_closed(&down).await? } else { stage.recover(&down).await? };
        stage.drain(&mut server).await?;
        stop.cancel();
        // What was sent last is answered soon.
        sleep(LOOK * 2).await;
        let tally = stage.receiver.tally();
        // Until the breaker closed, what came in was held as well.
        let over = if self.breaker { recovered.began } else { back };
        let ended = stage.ended(recovered.began, over);
        let stories = stage.receiver.stories();
        let operation = match &recovered.operation {
            Some(operation) => api.get(&format!("/v1/events/bulk_operations/{operation}")).await?,
            None => Value::Null,
        };
        let (sent, beside) = (&outage.counts, &*live_counts);
        let both = |count: fn(&load::Sent) -> u64| count(sent) + count(beside);
        let drain = ended.saturating_sub(recovered.began).as_secs_f64();
        let replayed = stories.iter().filter(|story| story.sent < over && story.delivered > Some(over)).count() as u64;
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
