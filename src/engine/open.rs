//! Putting an engine together.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use hookyard_model::{Change, DestinationId, Mode, TeamId};

use crate::{
    Cidr, Clock, Engine, Parts,
    clock::Ids,
    db::{Db, on, open},
    delivery::{Lanes, Sender},
    error::OpenError,
    key::KnownKeys,
    live::Live,
    notice::{Mail, Notices},
    routing::Routing,
    seal::{self, Sealer},
    search::Searches,
    server::Counts,
    transform::Stage,
    transformation::{Tries, pool::Pool},
    writer::Writer,
};

/// What an engine is told when it is opened.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sqlite://FILE` or `postgres://…`.
    pub database_url: String,
    /// Where the key file and the lock are; made when it is not there.
    pub data_dir: PathBuf,
    /// What source URLs start with, without a slash at the end.
    pub public_url: String,
    /// Addresses that deliveries may reach although they are not public.
    pub egress_allow: Vec<Cidr>,
    /// Seals secrets at rest; none: a key file in the data dir.
    pub master_key: Option<[u8; 32]>,
    pub retention_days: u32,
    pub roles: Roles,
    /// Where notices are mailed by; none: they are not mailed.
    pub mail: Option<Mail>,
    /// The largest body that is taken in, in bytes.
    pub body_limit: usize,
    /// How many bytes of bodies that are on their way in are kept in memory, over all connections.
    pub bodies_memory: usize,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Roles {
    #[default]
    All,
    /// Takes in and shows, but delivers nothing.
    Api,
    /// Sends, but takes nothing in.
    Worker,
}

impl FromStr for Roles {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            _ => Err("expected all, api or worker"),
        }
    }
}

impl Roles {
    /// Whether the process sends deliveries.
    pub const fn delivers(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }
}

const PROBE: &[u8] = b"hookyard";

impl Engine {
    /// Opens the database, brings its schema up to date and checks that the master key fits.
    ///
    /// # Errors
    ///
    /// [`OpenError`], one line for whoever starts it.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        let data_dir = |source| OpenError::DataDir { path: config.data_dir.display().to_string(), source };
        std::fs::create_dir_all(&config.data_dir).map_err(data_dir)?;
        let db = open(&config.database_url).await?;
        let ids = Ids::new();
        let key = match config.master_key {
            Some(key) => key,
            None => seal::key_file(&config.data_dir, &ids).map_err(data_dir)?,
        };
        let sealer = Sealer::new(&key, ids.clone());
        check_key(&db, &sealer).await?;
        let writer = Writer::new(&db);
        let sender = Sender::new(config.egress_allow.clone());
        let node = ids.unique(clock.now()).to_string();
        let lanes = Lanes::new(node.clone());
        Ok(Self(Arc::new(Parts {
            config,
            db,
            clock,
            ids,
            sealer,
            routing: Routing::new(),
            known_keys: KnownKeys::new(),
            writer,
            lanes,
            scripts: Pool::new(),
            stage: Stage::new(node),
            tries: Tries::default(),
            searches: Searches::new(),
            sender,
            live: Live::new(),
            notices: Notices::new(),
            counts: Counts::default(),
            aside: crate::rollup::Aside::default(),
            backlogs: crate::metrics::KnownBacklogs::default(),
            proxies: crate::proxy::Proxies::new(),
            bulk: crate::bulk::Feeder::default(),
            verifications: crate::verify::Runs::default(),
        })))
    }

    /// Tells open pages, here and on other nodes, that something of this team changed.
    pub(crate) fn tell(&self, team: TeamId, mode: Mode, destination: Option<DestinationId>) {
        let change = Change { team, mode, destination };
        self.0.live.tell(change);
        self.0.routing.wake.change(change);
    }

    /// Forgets, here and on other nodes, what is known in memory of a team's settings.
    pub(crate) fn settings_changed(&self, team: TeamId) {
        self.forget_settings(team);
        self.0.routing.wake.settings(team);
        for mode in Mode::ALL {
            self.0.live.tell(Change { team, mode: *mode, destination: None });
        }
        self.0.lanes.recheck_all(team);
    }

    pub(crate) fn forget_settings(&self, team: TeamId) {
        self.0.routing.forget(team);
        self.0.known_keys.forget(team);
    }
}

/// The first process seals a known text; every later one must be able to open it.
async fn check_key(db: &Db, sealer: &Sealer) -> Result<(), OpenError> {
    const INSERT: &str = "INSERT INTO seal (id, probe) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    const FIND: &str = "SELECT probe FROM seal WHERE id = 1";
    let failed = |error: sqlx::Error| OpenError::Database(error.to_string());
    let probe = sealer.seal(PROBE);
    on!(db, write, pool => sqlx::query(INSERT).bind(probe).execute(pool).await.map(|_| ())).map_err(failed)?;
    let probe: Vec<u8> = on!(db, write, pool => sqlx::query_scalar(FIND).fetch_one(pool).await).map_err(failed)?;
    match sealer.open(&probe) {
        Ok(plain) if plain == PROBE => Ok(()),
        _ => Err(OpenError::MasterKey),
    }
}
