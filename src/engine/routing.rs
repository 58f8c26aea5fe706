//! What capture and delivery must know of sources, connections and destinations, in memory.
//!
//! Read from the database when first needed and forgotten when the team's settings change, on this node at once and
//! on others by a wake-up; should that get lost, after [`FRESH`].

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hookyard_model::{
    AutoDisable, ConnectionId, DestinationConfig, DestinationId, DestinationType, Mode, Retries, SigningKey,
    SourceConfig, SourceId, SourceType, TeamId, Timestamp, TransformationId, UserId,
};
use parking_lot::RwLock;
use tokio::time::Instant;

use crate::{
    Engine, bulk, connection,
    delivery::{LaneKey, Signers, Wake},
    destination,
    error::Result,
    rule::{CompiledRules, Roster},
    schema::Checks,
    signing, source, team,
    transformation::Script,
    verification::Verification,
};

/// How long something is believed without looking again.
const FRESH: Duration = Duration::from_secs(5);
/// How many entries are kept before all are forgotten: only a bound, so it need not be clever.
const MOST: usize = 20_000;

pub(crate) struct Routing {
    /// Counts how often something was forgotten: what was read from the database before that may be of the past.
    forgotten: AtomicU64,
    routes: Known<SourceId, Route>,
    /// Sources by what their URLs end in.
    tokens: Known<SourceId, source::Token>,
    events_sources: RwLock<HashMap<(TeamId, Mode), SourceId>>,
    targets: Known<LaneKey, Target>,
    /// What transformations run.
    scripts: Known<(TeamId, Mode, TransformationId), Script>,
    /// The roles of those who belong to teams.
    members: Known<(TeamId, UserId), String>,
    /// What anybody may ask for: opening keys costs something.
    public_keys: Known<DestinationId, Vec<SigningKey>>,
    pub(crate) checks: Checks,
    pub(crate) wake: Wake,
}

/// What was looked up of late and what there was, if anything.
struct Known<K, V>(RwLock<HashMap<K, Lookup<V>>>);

struct Lookup<V> {
    read_at: Instant,
    found: Option<Arc<V>>,
}

impl<K: Eq + Hash, V> Known<K, V> {
    fn new() -> Self {
        Self(RwLock::new(HashMap::new()))
    }

    /// The last look-up, when it was lately.
    fn find(&self, key: &K) -> Option<Lookup<V>> {
        let fresh = |lookup: &&Lookup<V>| lookup.read_at.elapsed() < FRESH;
        let again = |lookup: &Lookup<V>| Lookup { read_at: lookup.read_at, found: lookup.found.clone() };
        self.0.read().get(key).filter(fresh).map(again)
    }

    /// What is known, or else what `read` finds, which is known from then on unless something is `forgotten` meanwhile.
    async fn find_or(
        &self,
        key: K,
        forgotten: &AtomicU64,
        read: impl Future<Output = Result<Option<V>>>,
    ) -> Result<Option<Arc<V>>> {
        if let Some(known) = self.find(&key) {
            return Ok(known.found);
        }
        let (read_at, before) = (Instant::now(), forgotten.load(Ordering::SeqCst));
        let found = read.await?.map(Arc::new);
        let mut known = self.0.write();
        // Asked under the lock, which whoever forgets waits for once it is counted.
        if forgotten.load(Ordering::SeqCst) == before {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(key, Lookup { read_at, found: found.clone() });
        }
        Ok(found)
    }
}

/// A source and where its requests go.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: SourceId,
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) kind: SourceType,
    pub(crate) disabled: bool,
    pub(crate) config: SourceConfig,
    /// How requests prove where they come from, with its keys ready.
    pub(crate) verification: Verification,
    /// What senders are answered in place of the default.
    pub(crate) replier: Option<source::Replier>,
    pub(crate) branches: Vec<Branch>,
    /// The branches' connections, where they are many.
    pub(crate) roster: Option<Arc<Roster>>,
}

/// A connection, as far as capture must know it.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) connection: ConnectionId,
    pub(crate) destination: DestinationId,
    /// The event types that pass; none: all.
    pub(crate) event_types: Option<Vec<String>>,
    pub(crate) disabled: bool,
    pub(crate) destination_disabled: bool,
    pub(crate) rules: CompiledRules,
}

impl Route {
    /// Whether a connection has scripts before it.
    pub(crate) fn transforms(&self, connection: ConnectionId) -> bool {
        self.branches.iter().any(|branch| branch.connection == connection && branch.rules.has_transforms())
    }
}

impl Branch {
    /// Whether what is of this type passes the filter.
    pub(crate) fn passes(&self, event_type: Option<&str>) -> bool {
        self.event_types
            .as_ref()
            .is_none_or(|types| event_type.is_some_and(|kind| types.iter().any(|known| known == kind)))
    }
}

/// A destination, as far as delivery must know it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) kind: DestinationType,
    pub(crate) config: DestinationConfig,
    pub(crate) signers: Signers,
    pub(crate) disabled: bool,
    /// All its events are held, for as long as somebody says so.
    pub(crate) is_paused: bool,
    pub(crate) auto_disable: Option<AutoDisable>,
    pub(crate) consecutive_failures: u32,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) breaker: destination::BreakerRow,
    /// Changes when somebody changed the destination, not when an attempt did.
    pub(crate) updated_at: Timestamp,
    /// What operators say of bulk operations that go there; none: there are none.
    pub(crate) bulk: Option<bulk::Orders>,
    /// Its connections that are paused.
    pub(crate) paused: Vec<ConnectionId>,
    /// Its connections that have a retry rule, which stands in for the default schedule.
    pub(crate) retries: HashMap<ConnectionId, Retries>,
}

impl Routing {
    pub(crate) fn new() -> Self {
        Self {
            forgotten: AtomicU64::new(0),
            routes: Known::new(),
            tokens: Known::new(),
            events_sources: RwLock::default(),
            targets: Known::new(),
            scripts: Known::new(),
            members: Known::new(),
            public_keys: Known::new(),
            checks: Checks::default(),
            wake: Wake::new(),
        }
    }

    /// How often something was forgotten: what was looked up under the same count is still what is known.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::SeqCst)
    }

    pub(crate) fn forget(&self, team: TeamId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.routes.0.write().retain(|_, lookup| lookup.found.as_ref().is_some_and(|route| route.team != team));
        self.tokens.0.write().retain(|_, lookup| lookup.found.as_ref().is_some_and(|token| token.team_id != team));
        self.targets.0.write().retain(|key, _| key.team != team);
        self.scripts.0.write().retain(|(known, ..), _| *known != team);
        self.members.0.write().retain(|(known, _), _| *known != team);
        self.checks.forget(team);
        self.events_sources.write().retain(|(known, _), _| *known != team);
        // Whose they are is not known.
        self.public_keys.0.write().clear();
    }

    /// The next look at a destination reads it anew.
    pub(crate) fn forget_target(&self, key: &LaneKey) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.targets.0.write().remove(key);
    }
}

impl Engine {
    /// The route of the source whose URL ends in `token`; `None` when there is none, or not any more.
    pub(crate) async fn route_by_token(&self, token: SourceId) -> Result<Option<Arc<Route>>> {
        let routing = &self.0.routing;
        let found = routing.tokens.find_or(token, &routing.forgotten, source::find_token(self.db(), token)).await?;
        // It ends at its time, however lately it was looked up.
        match found.filter(|token| token.expires_at.is_none_or(|end| self.now() < end)) {
            Some(token) => self.route(token.source_id).await,
            None => Ok(None),
        }
    }

    /// The source's route, as it was lately when it was asked for.
    pub(crate) fn known_route(&self, id: SourceId) -> Option<Arc<Route>> {
        self.0.routing.routes.find(&id)?.found
    }

    /// The source's route; `None` when there is no such source.
    pub(crate) async fn route(&self, id: SourceId) -> Result<Option<Arc<Route>>> {
        let routing = &self.0.routing;
        routing.routes.find_or(id, &routing.forgotten, self.read_route(id)).await
    }

    async fn read_route(&self, id: SourceId) -> Result<Option<Route>> {
        let Some(row) = source::find_anywhere(self.db(), id).await? else { return Ok(None) };
        let config = row.open(self.sealer())?;
        let branches: Vec<Branch> = connection::of_source(self.db(), row.team_id, row.mode, id)
            .await?
            .into_iter()
            .map(|row| Branch {
                connection: row.id,
                destination: row.destination_id,
                event_types: row.event_types,
                disabled: row.disabled_at.is_some(),
                destination_disabled: row.destination_disabled_at.is_some(),
                rules: CompiledRules::new(&row.rules),
            })
            .collect();
        let connections = branches.iter().map(|branch| branch.connection).collect();
        let roster = self.roster(row.team_id, row.mode, connections).await;
        Ok(Some(Route {
            id,
            team: row.team_id,
            mode: row.mode,
            kind: row.kind,
            disabled: row.disabled_at.is_some(),
            verification: Verification::of(row.kind, config.auth.as_ref()),
            replier: config.custom_response.as_ref().and_then(source::Replier::new),
            config,
            branches,
            roster,
        }))
    }

    /// The route of the built-in source that published events enter by.
    pub(crate) async fn events_route(&self, team: TeamId, mode: Mode) -> Result<Arc<Route>> {
        let known = self.0.routing.events_sources.read().get(&(team, mode)).copied();
        let id = if let Some(id) = known {
            id
        } else {
            let id = source::find_events_source(self.db(), team, mode).await?.id;
            self.0.routing.events_sources.write().insert((team, mode), id);
            id
        };
        self.route(id).await?.ok_or_else(|| crate::error::Error::Broken(format!("the built-in source {id} is gone")))
    }

    /// Whether somebody belongs to a team.
    pub(crate) async fn is_member(&self, user: UserId, team: TeamId) -> Result<bool> {
        let routing = &self.0.routing;
        let found =
            routing.members.find_or((team, user), &routing.forgotten, team::role(self.db(), team, user)).await?;
        Ok(found.is_some())
    }

    /// What a transformation runs; `None` when it is gone.
    pub(crate) async fn script(&self, team: TeamId, mode: Mode, id: TransformationId) -> Result<Option<Arc<Script>>> {
        let routing = &self.0.routing;
        routing.scripts.find_or((team, mode, id), &routing.forgotten, self.read_script(team, mode, id)).await
    }

    /// The public keys of a destination of whichever team, read lately: some may have ended since.
    pub(crate) async fn known_public_keys(&self, id: DestinationId) -> Result<Option<Arc<Vec<SigningKey>>>> {
        let routing = &self.0.routing;
        let read = async { Ok(Some(self.read_public_keys(id).await?).filter(|keys| !keys.is_empty())) };
        routing.public_keys.find_or(id, &routing.forgotten, read).await
    }

    /// What delivery must know of a destination; `None` when it is gone.
    pub(crate) async fn target(&self, key: &LaneKey) -> Result<Option<Arc<Target>>> {
        let routing = &self.0.routing;
        routing.targets.find_or(*key, &routing.forgotten, self.read_target(key)).await
    }

    async fn read_target(&self, key: &LaneKey) -> Result<Option<Target>> {
        let Some(row) = destination::find(self.db(), key.team, key.mode, key.destination).await? else {
            return Ok(None);
        };
        let config = row.open(self.sealer())?;
        let signing = signing::live(self.db(), (key.team, key.mode, key.destination), self.now()).await?;
        let signers = signing.iter().map(|row| Ok((row.signer(self.sealer())?, row.expires_at)));
        let signers = Signers(signers.collect::<Result<_>>()?);
        let paused = connection::paused_of_destination(self.db(), key.team, key.mode, key.destination).await?;
        Ok(Some(Target {
            kind: row.kind,
            config,
            signers,
            disabled: row.disabled_at.is_some(),
            is_paused: row.paused_at.is_some(),
            auto_disable: row.auto_disable()?,
            consecutive_failures: u32::try_from(row.consecutive_failures).unwrap_or(u32::MAX),
            failing_since: row.failing_since,
            breaker: row.breaker,
            updated_at: row.updated_at,
            bulk: bulk::orders(self.db(), key).await?,
            paused,
            retries: connection::retries_of_destination(self.db(), key.team, key.mode, key.destination).await?,
        }))
    }
}
