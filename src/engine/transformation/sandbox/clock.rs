//! How long a script has computed.

use std::{
    cell::Cell,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How much longer than its processor time a script may take at most, however busy the machine is.
const PATIENCE: u32 = 5;
/// How often the processor's time is asked for once the limit is passed by the wall's.
const ASK_EVERY: Duration = Duration::from_millis(5);

/// A sign of life of a thread that runs scripts: while it beats, a script can be stopped.
#[derive(Debug, Clone)]
pub(crate) struct Pulse(Arc<Mutex<Instant>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Pulse {
    pub(crate) fn beat(&self) {
        *self.0.lock() = Instant::now();
    }

    /// How long ago the last beat was.
    pub(crate) fn silence(&self) -> Duration {
        self.0.lock().elapsed()
    }
}

/// Counts against a limit, once it is started.
pub(super) struct Clock {
    pulse: Pulse,
    born: Instant,
    limit: Cell<Option<Duration>>,
    started: Cell<Instant>,
    started_computing: Cell<Option<Duration>>,
    asked: Cell<Instant>,
    over: Cell<bool>,
}

impl Clock {
    pub(super) fn new(pulse: Pulse) -> Self {
        let now = Instant::now();
        pulse.beat();
        Self {
            pulse,
            born: now,
            limit: Cell::new(None),
            started: Cell::new(now),
            started_computing: Cell::new(None),
            asked: Cell::new(now),
            over: Cell::new(false),
        }
    }

    /// Begins to count.
    pub(super) fn start(&self, limit: Duration) {
        self.pulse.beat();
        let now = Instant::now();
        self.limit.set(Some(limit));
        self.started.set(now);
        self.asked.set(now);
        self.started_computing.set(computed());
    }

    /// Whether the limit is passed; once it was, it is.
    pub(super) fn is_over(&self) -> bool {
        self.pulse.beat();
        if self.over.get() {
            return true;
        }
        let Some(limit) = self.limit.get() else { return false };
        let passed = self.started.get().elapsed();
        if passed < limit {
            return false;
        }
        if passed < limit * PATIENCE && self.asked.get().elapsed() < ASK_EVERY {
            return false;
        }
        self.asked.set(Instant::now());
        let computed = self.started_computing.get().zip(computed()).map(|(from, to)| to.saturating_sub(from));
        self.over.set(passed >= limit * PATIENCE || computed.is_none_or(|computed| computed >= limit));
        self.over.get()
    }

    /// Whether it was over when it was last asked.
    pub(super) fn was_over(&self) -> bool {
        self.over.get()
    }

    pub(super) fn total(&self) -> Duration {
        self.born.elapsed()
    }
}

/// The processor time of this thread, where the system tells.
fn computed() -> Option<Duration> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = times.split_whitespace().next()?.parse().ok()?;
    (nanos > 0).then(|| Duration::from_nanos(nanos))
}
