//! Which lanes this node holds: taking, renewing and giving them back.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use hookyard_model::{DestinationAuth, DestinationId, EventId, Mode, TeamId, Timestamp};
use parking_lot::{Mutex, RwLock};
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    LaneKey, Waiting, Wake,
    lane::{self, Lane},
    leaving::Leaving,
    store,
    token::Tokens,
};
use crate::{
    Engine,
    budget::Budget,
    writer::{NewEvent, Settlement},
};

/// How long a lane is ours after it was taken or renewed, and for how long of that we send.
const LEASE: Duration = Duration::from_secs(12);
const SURE: Duration = Duration::from_secs(10);
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How often to look for lanes that fell due or were left behind, should nobody say so.
const POLL_EVERY: Duration = Duration::from_millis(500);
/// How many bytes of payload all lanes keep in memory.
const BYTES: usize = 256 << 20;
/// Of how many destinations access tokens are kept before all are forgotten: only a bound, so it need not be clever.
const MOST_TOKENS: usize = 10_000;
/// How long tries that are under way may go on when the process stops.
const FINISH: Duration = Duration::from_secs(7);

/// The lanes that this node holds.
pub(crate) struct Lanes {
    node: String,
    held: RwLock<HashMap<LaneKey, Arc<Lane>>>,
    /// Those that are being given back and may yet be kept; until then they are not among the others.
    given_back: Mutex<HashSet<LaneKey>>,
    /// Lanes may be there to be taken.
    due: Notify,
    budget: Budget,
    /// The access tokens of destinations: they outlive the lane, which rests after a while.
    tokens: Mutex<HashMap<LaneKey, Arc<Tokens>>>,
    /// What of recovery is about to go out.
    pub(super) leaving: Leaving,
}

impl Lanes {
    pub(crate) fn new(node: String) -> Self {
        let (held, budget) = (RwLock::default(), Budget::new(BYTES));
        let (given_back, tokens, leaving) = (Mutex::default(), Mutex::default(), Leaving::default());
        Self { node, held, given_back, due: Notify::new(), budget, tokens, leaving }
    }

    /// The name of this node.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    fn find(&self, key: &LaneKey) -> Option<Arc<Lane>> {
        self.held.read().get(key).cloned()
    }

    /// The access tokens of a destination that wants some.
    pub(super) fn tokens_for(&self, key: &LaneKey, auth: Option<&DestinationAuth>) -> Option<Arc<Tokens>> {
        auth.filter(|auth| matches!(auth, DestinationAuth::OAuth2ClientCredentials { .. }))?;
        let mut tokens = self.tokens.lock();
        if tokens.len() >= MOST_TOKENS && !tokens.contains_key(key) {
            tokens.clear();
        }
        Some(Arc::clone(tokens.entry(*key).or_default()))
    }

    pub(crate) fn holds(&self, key: &LaneKey) -> bool {
        self.held.read().contains_key(key)
    }

    /// How many lanes are held, and how many events are being sent.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let held = self.held.read();
        (held.len(), held.values().map(|lane| lane.memory.lock().sending()).sum())
    }

    /// A commit with these events begins.
    pub(crate) fn announce(&self, events: &mut [Waiting]) {
        for waiting in events {
            let lane = self.find(&waiting.lane);
            waiting.is_announced = lane.is_some();
            if let Some(lane) = lane {
                lane.memory.lock().announce(waiting.key.event);
            }
        }
    }

    /// These events are committed. Lanes that are not held here were marked as due; their holders are told.
    pub(crate) fn arrived(&self, events: Vec<Waiting>, nudged: &[LaneKey], wake: &Wake) {
        for waiting in events {
            let key = waiting.lane;
            match self.find(&key) {
                Some(lane) => {
                    lane.memory.lock().push(waiting);
                    lane.wake.notify_one();
                }
                None => self.due.notify_one(),
            }
            if nudged.contains(&key) {
                wake.lane(key);
            }
        }
    }

    /// These events are not to be after all.
    pub(crate) fn dropped(&self, events: &[Waiting]) {
        for waiting in events {
            if let Some(lane) = self.find(&waiting.lane) {
                lane.memory.lock().forget(waiting.key.event);
            }
        }
    }

    /// These events are committed. Those that wait first are found in the table when they are due.
    pub(crate) fn expect<'e>(&self, events: impl Iterator<Item = &'e NewEvent>) {
        for event in events.filter(|event| event.due_at > event.created_at) {
            let key = LaneKey { team: event.team, mode: event.mode, destination: event.destination };
            match self.find(&key) {
                Some(lane) => {
                    lane.memory.lock().expect(event.due_at);
                    lane.wake.notify_one();
                }
                None => self.due.notify_one(),
            }
        }
    }

    /// The commit failed, or nobody knows whether it did: the table says.
    pub(crate) fn lost(&self, events: &[Waiting]) {
        for waiting in events {
            if let Some(lane) = self.find(&waiting.lane) {
                lane.memory.lock().forget(waiting.key.event);
                lane.look_again();
            }
        }
    }

    /// What came of an attempt is recorded.
    pub(crate) fn settled(&self, settlement: &Settlement) {
        if let Some(lane) = self.find(&settlement.lane)
            && lane.epoch == settlement.epoch
        {
            let mut memory = lane.memory.lock();
            memory.forget(settlement.event);
            if let Some(next) = &settlement.next {
                memory.expect(next.due_at);
            }
            drop(memory);
            lane.wake.notify_one();
        }
    }

    /// What came of an attempt could not be recorded: the row is still there.
    pub(crate) fn unsettled(&self, settlement: &Settlement) {
        if let Some(lane) = self.find(&settlement.lane)
            && lane.epoch == settlement.epoch
        {
            lane.memory.lock().forget(settlement.event);
            lane.look_again();
        }
    }

    /// Something was put into this lane's table past memory.
    pub(crate) fn look_at(&self, key: &LaneKey) {
        match self.find(key) {
            Some(lane) => lane.look_again(),
            None => self.due.notify_one(),
        }
    }

    /// The settings of this team changed: what waits in memory may have been held or cancelled with them.
    pub(crate) fn recheck_all(&self, team: TeamId) {
        for (_, lane) in self.held.read().iter().filter(|(key, _)| key.team == team) {
            lane.recheck();
        }
    }

    /// Another node asks that this lane send no more of what was cancelled.
    pub(crate) fn recall(&self, key: &LaneKey) {
        if let Some(lane) = self.find(key) {
            lane.recall();
        }
    }

    /// These events were cancelled: none of them is sent that has not gone out, nor taken up by a lane.
    pub(crate) fn revoke(&self, events: &[(LaneKey, EventId)]) {
        self.leaving.revoke(events.iter().map(|(_, event)| *event));
        for (key, event) in events {
            if let Some(lane) = self.find(key) {
                lane.memory.lock().forget_waiting(*event);
                lane.wake.notify_one();
            }
        }
    }

    /// Returns when none of these is about to go out from here.
    pub(super) async fn wait_for_revoked(&self, events: &[(LaneKey, EventId)]) {
        let events: Vec<EventId> = events.iter().map(|(_, event)| *event).collect();
        self.leaving.wait_for(&events).await;
    }

    /// Gives back a lane that has nothing to do before `due_at`. Returns false when there is something after all.
    pub(super) async fn release(&self, engine: &Engine, lane: &Arc<Lane>, due_at: Timestamp) -> bool {
        {
            let mut held = self.held.write();
            if !lane.memory.lock().is_idle() {
                return false;
            }
            self.given_back.lock().insert(lane.key);
            // From here on, commits for this lane mark its row.
            held.remove(&lane.key);
        }
        let slow_until = lane.pace.lock().slow_until;
        let is_released = match store::release(engine.db(), lane, due_at, slow_until).await {
            Ok(is_released) => is_released,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a lane cannot be given back");
                false
            }
        };
        if !is_released {
            self.keep(engine, lane).await;
        }
        self.given_back.lock().remove(&lane.key);
        if is_released {
            self.due.notify_one();
        }
        is_released
    }

    /// Takes back a lane that could not be released: somebody put something in, or another node has it.
    async fn keep(&self, engine: &Engine, lane: &Arc<Lane>) {
        match store::state(engine.db(), &lane.key).await {
            Ok(Some((epoch, nudges))) if epoch == lane.epoch => {
                lane.nudged(nudges);
                self.take_back(lane);
            }
            Ok(_) => lane.lose(),
            // The next renewal tells.
            Err(_) => self.take_back(lane),
        }
    }

    fn take_back(&self, lane: &Arc<Lane>) {
        match self.held.write().entry(lane.key) {
            Entry::Vacant(place) => {
                place.insert(Arc::clone(lane));
                lane.look_again();
            }
            // It was given back after all, and taken anew.
            Entry::Occupied(_) => lane.lose(),
        }
    }
}

impl Engine {
    /// Work was put into this lane past the writer.
    pub(crate) fn lane_has_work(&self, team: TeamId, mode: Mode, destination: DestinationId) {
        let key = LaneKey { team, mode, destination };
        self.0.lanes.look_at(&key);
        self.0.routing.wake.lane(key);
    }
}

/// Takes lanes that are due and sends for them until `stop`; then waits for the tries under way and hands back.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let running = TaskTracker::new();
    let lanes = &engine.0.lanes;
    let shared = engine.db().dialect().is_shared();
    let lease_millis = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let mut renewed_at = Instant::now();
    while !stop.is_cancelled() {
        let mut due = std::pin::pin!(lanes.due.notified());
        due.as_mut().enable();
        let asked_at = Instant::now();
        match store::take_due(engine.db(), &lanes.node, engine.now(), lease_millis).await {
            Ok(taken) => {
                for taken in taken {
                    let lease = shared.then(|| SURE.saturating_sub(asked_at.elapsed()));
                    // What was known of the destination may be from before another node's last attempts.
                    engine.0.routing.forget_target(&taken.key);
                    let lane = Arc::new(Lane::new(&taken, engine.now(), lease, lanes.budget.clone()));
                    // A former lane of ours may still wait for its tries; its row is not ours to touch.
                    if let Some(former) = lanes.held.write().insert(taken.key, Arc::clone(&lane)) {
                        former.lose();
                    }
                    running.spawn(hold(engine.clone(), lane, stop.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for lanes that are due");
            }
        }
        if shared && renewed_at.elapsed() >= RENEW_EVERY {
            renewed_at = Instant::now();
            renew(&engine, lease_millis).await;
        }
        tokio::select! {
            () = due => {}
            () = tokio::time::sleep(POLL_EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
    running.close();
    // Leases run on meanwhile: the wait is shorter than what is left of them.
    let _ = tokio::time::timeout(FINISH, running.wait()).await;
}

/// Holds one lane until it is given back, lost or told to stop.
async fn hold(engine: Engine, lane: Arc<Lane>, stop: CancellationToken) {
    lane::run(engine.clone(), Arc::clone(&lane), stop.clone()).await;
    // When the process stops, the lane stays among ours until what came of its tries is recorded.
    if !stop.is_cancelled() {
        let mut held = engine.0.lanes.held.write();
        if held.get(&lane.key).is_some_and(|known| Arc::ptr_eq(known, &lane)) {
            held.remove(&lane.key);
        }
    }
}

async fn renew(engine: &Engine, lease_millis: i64) {
    let lanes = &engine.0.lanes;
    let asked_at = Instant::now();
    match store::renew(engine.db(), &lanes.node, lease_millis).await {
        Ok(ours) => {
            let ours: HashMap<LaneKey, store::Renewed> = ours.into_iter().collect();
            for (key, lane) in lanes.held.read().iter() {
                match ours.get(key) {
                    Some(renewed) if renewed.epoch == lane.epoch => lane.renewed(asked_at, SURE, renewed),
                    _ => lane.lose(),
                }
            }
            // Ours by the table alone: nobody heard that they were taken. One that is being given back may be kept, which ends
            // with its being held, so that is asked last.
            let is_given_back = |key: &LaneKey| lanes.given_back.lock().contains(key);
            let unknown: Vec<LaneKey> =
                ours.into_keys().filter(|key| !is_given_back(key) && !lanes.holds(key)).collect();
            if let Err(error) = store::disown(engine.db(), &lanes.node, &unknown).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot give back lanes");
            }
        }
        // The leases run out by themselves.
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "cannot renew lanes"),
    }
}

/// Hands back all lanes when everything that could be recorded is.
pub(crate) async fn hand_back(engine: &Engine) {
    let lanes = &engine.0.lanes;
    let unfinished: Vec<LaneKey> = {
        let held = lanes.held.read();
        held.iter().filter(|(_, lane)| !lane.memory.lock().under_way().is_empty()).map(|(key, _)| *key).collect()
    };
    if !unfinished.is_empty() {
        tracing::warn!(lanes = unfinished.len(), "some tries did not end in time; they will be made again");
    }
    if let Err(error) = store::hand_back(engine.db(), &lanes.node, &unfinished).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "lanes cannot be handed back; their leases run out");
    }
}
