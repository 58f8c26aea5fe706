//! The threads that scripts run on: their own, so that nothing else ever waits for a script.
//!
//! Turns go round by connection, so that the backlog of one does not hold up the others. What was slow lately, or is only
//! tried, has half of the threads; and after a script was stopped, its thread rests as long as that took. So scripts that
//! loop for ever cost half of the threads half of the time.
//!
//! A script that stays in one call of the engine's own library cannot be stopped. Its thread is then given up and another
//! one begun in its place; its transformation, or what its team tries, is not run again for a while. As the thread goes on
//! to compute, a team that has got some stuck runs no scripts at all until one of them comes back.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hookyard_model::{ConnectionId, TeamId, TransformationId};
use parking_lot::{Condvar, Mutex};

use super::sandbox::{Pulse, THREAD_STACK};

/// Runs that take longer are slow.
const SLOW: Duration = Duration::from_millis(100);
/// After such a silence a script is believed to be where nothing can stop it.
const STUCK: Duration = Duration::from_secs(10);
/// For how long what got a thread stuck is not run.
const BANNED: Duration = Duration::from_mins(10);
/// How many threads of a team may be given up before its scripts are refused.
const GIVEN_UP: usize = 3;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Turn {
    Connection(ConnectionId),
    /// Somebody who tries a script.
    Team(TeamId),
}

/// Whose script it is that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    pub(crate) team: TeamId,
    /// None: the team tries it.
    pub(crate) transformation: Option<TransformationId>,
}

/// What a piece of work tells of the script that it ran last.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// How long each transformation took.
    pub(crate) runs: Vec<(Option<TransformationId>, Duration)>,
    /// How long a script took that had to be stopped.
    pub(crate) stopped_after: Option<Duration>,
}

/// What a thread is to do.
pub(crate) struct Task {
    pub(crate) turn: Turn,
    pub(crate) team: TeamId,
    /// The transformations that it runs.
    pub(crate) scripts: Vec<TransformationId>,
    /// Whether it takes much memory, so that not all threads may have such at once.
    pub(crate) is_large: bool,
    pub(crate) work: Box<dyn FnOnce(&Seat) -> Report + Send>,
    /// Called in place of the work's own end when its thread is given up.
    pub(crate) stuck: Box<dyn FnOnce() + Send>,
}

/// A thread's place, as the work sees it.
#[derive(Clone, Default)]
pub(crate) struct Seat {
    pub(crate) pulse: Pulse,
    shared: Arc<SeatState>,
}

#[derive(Default)]
struct SeatState(Mutex<Sitting>);

#[derive(Default)]
struct Sitting {
    /// Whose script runs.
    script: Option<Owner>,
    given_up: bool,
}

impl Seat {
    /// Says that a script runs until it `ends`.
    pub(crate) fn begins(&self, owner: Owner) {
        self.pulse.beat();
        self.shared.0.lock().script = Some(owner);
    }

    pub(crate) fn ends(&self) {
        self.shared.0.lock().script = None;
    }

    fn is_stuck(&self, after: Duration) -> bool {
        self.shared.0.lock().script.is_some() && self.pulse.silence() > after
    }

    /// Whether the thread was given up: what it finds out now is not asked for any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.shared.0.lock().given_up
    }
}

struct Running {
    seat: Seat,
    team: TeamId,
    stuck: Option<Box<dyn FnOnce() + Send>>,
    is_slow: bool,
}

#[derive(Default)]
struct State {
    queues: HashMap<Turn, VecDeque<Task>>,
    turns: VecDeque<Turn>,
    running: HashMap<u64, Running>,
    next: u64,
    slow: HashMap<TransformationId, Instant>,
    banned: HashMap<Owner, Instant>,
    running_slow: usize,
    /// How many threads each team has got stuck that did not come back.
    given_up: HashMap<TeamId, usize>,
    stopping: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to do.
    some: Condvar,
    /// It is time to end.
    stop: Condvar,
}

/// The threads and what waits for them.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: usize,
    stuck_after: Duration,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let threads = thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
        Self { shared: Arc::default(), threads, stuck_after: STUCK }
    }

    /// Begins the threads.
    pub(crate) fn start(&self) {
        self.shared.state.lock().stopping = false;
        for _ in 0..self.threads {
            self.begin();
        }
    }

    /// Lets the threads end after what they run now.
    pub(crate) fn stop(&self) {
        let mut state = self.shared.state.lock();
        state.stopping = true;
        // Whoever waits for what is left hears that nothing comes of it.
        state.queues.clear();
        state.turns.clear();
        drop(state);
        self.shared.some.notify_all();
        self.shared.stop.notify_all();
    }

    /// Whether nothing runs any more but what was given up.
    pub(crate) fn is_idle(&self) -> bool {
        self.shared.state.lock().running.is_empty()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.state.lock().stopping
    }

    pub(crate) fn push(&self, task: Task) {
        let mut state = self.shared.state.lock();
        if state.stopping {
            return;
        }
        let turn = task.turn;
        let queue = state.queues.entry(turn).or_default();
        queue.push_back(task);
        if queue.len() == 1 {
            state.turns.push_back(turn);
        }
        drop(state);
        self.shared.some.notify_one();
    }

    /// Whether a script of this owner got a thread stuck of late.
    pub(crate) fn is_banned(&self, owner: &Owner) -> bool {
        self.shared.state.lock().banned.get(owner).is_some_and(|since| since.elapsed() < BANNED)
    }

    /// Whether a team has got so many threads stuck that its scripts are refused.
    pub(crate) fn is_refused(&self, team: TeamId) -> bool {
        self.shared.state.lock().given_up.get(&team).is_some_and(|threads| *threads >= GIVEN_UP)
    }

    /// Gives up threads that nothing stops; to be called now and then.
    pub(crate) fn watch(&self) {
        let mut state = self.shared.state.lock();
        let is_stuck = |(id, run): (&u64, &Running)| run.seat.is_stuck(self.stuck_after).then_some(*id);
        let stuck: Vec<u64> = state.running.iter().filter_map(is_stuck).collect();
        let mut told = Vec::new();
        for id in stuck {
            let Some(run) = state.running.remove(&id) else { continue };
            let mut seat = run.seat.shared.0.lock();
            seat.given_up = true;
            if let Some(owner) = seat.script.take() {
                let Owner { team, transformation } = owner;
                tracing::warn!(%team, ?transformation, "a script cannot be stopped; its thread is given up");
                state.banned.retain(|_, since| since.elapsed() < BANNED);
                state.banned.insert(owner, Instant::now());
            }
            drop(seat);
            state.running_slow -= usize::from(run.is_slow);
            *state.given_up.entry(run.team).or_default() += 1;
            self.begin();
            told.extend(run.stuck);
        }
        drop(state);
        for stuck in told {
            stuck();
        }
        self.shared.some.notify_all();
    }

    fn begin(&self) {
        let pool = self.clone();
        let begun =
            thread::Builder::new().name("transform".to_owned()).stack_size(THREAD_STACK).spawn(move || pool.serve());
        if let Err(error) = begun {
            tracing::error!(%error, "no thread can be begun for scripts");
        }
    }

    /// A thread's life.
    fn serve(&self) {
        loop {
            let Some((id, task, seat)) = self.next() else { return };
            let team = task.team;
            // A thread that ends for a mistake of ours would be missed.
            let work = AssertUnwindSafe(|| (task.work)(&seat));
            let report = panic::catch_unwind(work).unwrap_or_else(|_| self.fail(id));
            let mut state = self.shared.state.lock();
            let Some(run) = state.running.get(&id) else {
                // Given up meanwhile; another thread has its place.
                if let Some(threads) = state.given_up.get_mut(&team) {
                    *threads -= 1;
                    if *threads == 0 {
                        state.given_up.remove(&team);
                    }
                }
                return;
            };
            let is_slow = run.is_slow;
            for (script, took) in &report.runs {
                let Some(script) = script else { continue };
                if *took > SLOW {
                    state.slow.insert(*script, Instant::now());
                } else {
                    state.slow.remove(script);
                }
            }
            if state.slow.len() > 10_000 {
                state.slow.clear();
            }
            if let Some(pause) = report.stopped_after {
                let until = Instant::now() + pause;
                while !state.stopping && !self.shared.stop.wait_until(&mut state, until).timed_out() {}
            }
            state.running.remove(&id);
            state.running_slow -= usize::from(is_slow);
            drop(state);
            // What is slow may have waited for this end.
            self.shared.some.notify_one();
        }
    }

    /// Ends work that came to no end of its own.
    fn fail(&self, id: u64) -> Report {
        tracing::error!("running a script panicked");
        let stuck = self.shared.state.lock().running.get_mut(&id).and_then(|run| run.stuck.take());
        if let Some(stuck) = stuck {
            stuck();
        }
        Report::default()
    }

    /// Waits for something to do; `None` when it is time to end.
    fn next(&self) -> Option<(u64, Task, Seat)> {
        let mut state = self.shared.state.lock();
        loop {
            if state.stopping {
                return None;
            }
            if let Some((mut task, is_slow)) = state.pick((self.threads / 2).max(1)) {
                let seat = Seat::default();
                let id = state.next;
                state.next += 1;
                state.running_slow += usize::from(is_slow);
                let stuck = std::mem::replace(&mut task.stuck, Box::new(|| {}));
                let running = Running { seat: seat.clone(), team: task.team, stuck: Some(stuck), is_slow };
                state.running.insert(id, running);
                return Some((id, task, seat));
            }
            self.shared.some.wait(&mut state);
        }
    }
}

impl State {
    /// The next task in turn that may run, and whether it is of the slow ones.
    fn pick(&mut self, most_slow: usize) -> Option<(Task, bool)> {
        for _ in 0..self.turns.len() {
            let turn = self.turns.pop_front()?;
            let Some(queue) = self.queues.get_mut(&turn) else { continue };
            let Some(first) = queue.front() else {
                self.queues.remove(&turn);
                continue;
            };
            let is_slow = matches!(turn, Turn::Team(_))
                || first.is_large
                || first.scripts.iter().any(|script| self.slow.contains_key(script));
            if is_slow && self.running_slow >= most_slow {
                self.turns.push_back(turn);
                continue;
            }
            let task = queue.pop_front()?;
            if queue.is_empty() {
                self.queues.remove(&turn);
            } else {
                self.turns.push_back(turn);
            }
            return Some((task, is_slow));
        }
        None
    }
}
