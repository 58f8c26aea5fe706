//! A server in this process, on a port of its own.

use std::time::Duration;

use hookyard::serve::{self, ServeError};
use hookyard_engine::{Cidr, Clock, Config, Engine, Mail, Roles};
use hookyard_model::{NewOwner, Secret, Timestamp, service::Accounts as _, service::Server as _};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Client, Database, Team, unique};

/// How a server differs from others.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) clock: Clock,
    pub(crate) egress_allow: Vec<Cidr>,
    pub(crate) roles: Roles,
    pub(crate) mail: Option<Mail>,
    pub(crate) bodies_memory: usize,
}

impl Default for Setup {
    fn default() -> Self {
        let egress_allow = ["127.0.0.0/8", "::1/128"].map(|range| range.parse().unwrap()).into();
        Self { clock: Clock::system(), egress_allow, roles: Roles::All, mail: None, bodies_memory: 512 << 20 }
    }
}

impl Setup {
    /// With a clock that stands still until the test moves it, at the beginning of the year 2090: later than that of any
    /// machine, by which teams and their keys are made.
    pub(crate) fn with_manual_clock() -> Self {
        Self { clock: Clock::manual(Timestamp::from_millis(3_786_940_800_000)), ..Self::default() }
    }

    /// With a clock that stands still now until the test moves it, for whom other clocks must agree with.
    pub(crate) fn standing_still() -> Self {
        Self { clock: Clock::manual(Clock::system().now()), ..Self::default() }
    }

    /// Which delivers to public addresses only; its clock stands still.
    pub(crate) fn with_nothing_allowed() -> Self {
        Self { egress_allow: Vec::new(), ..Self::with_manual_clock() }
    }
}

/// A running server.
pub(crate) struct TestServer {
    pub(crate) url: String,
    clock: Clock,
    config: Config,
    stop: CancellationToken,
    running: JoinHandle<Result<(), ServeError>>,
}

/// What every server and process of the tests is told.
pub(crate) const MASTER_KEY: [u8; 32] = [7; 32];

pub(crate) fn config(database: &Database, setup: &Setup, public_url: String) -> Config {
    Config {
        database_url: database.url().to_owned(),
        data_dir: database.data_dir().to_owned(),
        public_url,
        egress_allow: setup.egress_allow.clone(),
        master_key: Some(MASTER_KEY),
        retention_days: 15,
        roles: setup.roles,
        mail: setup.mail.clone(),
        body_limit: 10 << 20,
        bodies_memory: setup.bodies_memory,
    }
}

impl TestServer {
    /// With the machine's clock, allowed to deliver to loopback.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, Setup::default()).await
    }

    /// With a clock that the test moves by [`Self::advance`].
    pub(crate) async fn start_with_manual_clock(database: &Database) -> Self {
        Self::start_with(database, Setup::with_manual_clock()).await
    }

    pub(crate) async fn start_with(database: &Database, setup: Setup) -> Self {
        log();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = config(database, &setup, url.clone());
        let stop = CancellationToken::new();
        let (ready, is_ready) = oneshot::channel();
        let serving =
            serve::run(listener, config.clone(), setup.clock.clone(), stop.clone(), || ready.send(()).unwrap());
        let running = tokio::spawn(serving);
        is_ready.await.expect("the server starts");
        Self { url, clock: setup.clock, config, stop, running }
    }

    /// A team of its own, with a client for each mode.
    pub(crate) async fn new_team(&self) -> Team {
        new_team(&self.config, &self.url).await
    }

    /// A client without a key.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Moves the manual clock on.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stops in good order, and checks that nothing went wrong and that all records add up.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().expect("the server stops in good order");
        assert_adds_up(self.config, self.clock).await;
    }
}

/// Logs what `HOOKYARD_LOG` asks for: nothing, when it is not set.
fn log() {
    if let Ok(filter) = std::env::var("HOOKYARD_LOG") {
        // Another test may have started it.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    }
}

/// Fails the test when requests, events, attempts and queue do not add up.
async fn assert_adds_up(config: Config, clock: Clock) {
    let engine = Engine::open(config, clock).await.unwrap();
    let found = engine.verify(true).await.unwrap();
    assert!(found.discrepancies.is_empty(), "{}", serde_json::to_string_pretty(&found).unwrap());
}

/// Makes a team as `hookyard bootstrap` does, past the running server.
pub(crate) async fn new_team(config: &Config, url: &str) -> Team {
    let engine = Engine::open(config.clone(), Clock::system()).await.unwrap();
    let owner = NewOwner {
        team: "Test team".to_owned(),
        email: format!("{}@example.com", unique()),
        password: Secret::new("correct horse".to_owned()),
        catalogue: true,
    };
    Team::new(engine.bootstrap(owner).await.unwrap(), url)
}
