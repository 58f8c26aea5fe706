//! The receiver of the drill: it keeps a record of every try of every event, and can be taken down.

use std::{
    convert::Infallible,
    io::ErrorKind,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{
    net::{TcpListener, TcpSocket},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::workers::Workers;

/// How long a listener may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of one event. Times are since the drill began.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    /// Whether it was sent by the steady traffic.
    pub(super) is_live: bool,
    /// When it was to be sent to Hookyard.
    pub(super) sent: Duration,
    /// Whether Hookyard said that it has it.
    pub(super) accepted: bool,
    /// When it was answered with success first.
    pub(super) delivered: Option<Duration>,
    /// How often.
    pub(super) successes: u32,
    /// A try is being answered.
    pub(super) under_way: bool,
    /// The `webhook-id` of its first try.
    pub(super) webhook_id: Option<Box<str>>,
}

/// What the receiver counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Tries of what was sent before it was back.
    pub(super) replay_tries: u64,
    /// Those of them that there was no room for.
    pub(super) replay_overloads: u64,
    pub(super) live_tries: u64,
    pub(super) live_overloads: u64,
    /// Events that were answered with success more than once.
    pub(super) twice: u64,
    /// Tries of what had been answered with success, or was being answered.
    pub(super) repeated: u64,
    /// Tries under another `webhook-id` than the first.
    pub(super) renamed: u64,
    /// Events that were answered with success.
    pub(super) delivered: u64,
    pub(super) last_delivery: Duration,
    /// Tries that are no event of this drill.
    pub(super) strange: u64,
}

/// What it does with whoever comes.
#[derive(Debug)]
enum Door {
    Open(Workers),
    /// It answers 503.
    Broken,
}

#[derive(Debug)]
struct State {
    door: Door,
    /// What was sent before is replayed when it comes.
    back: Option<Duration>,
    stories: Vec<Story>,
    tally: Tally,
}

/// A receiver on a socket of its own.
#[derive(Debug)]
pub(super) struct Receiver {
    began: Instant,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    tasks: TaskTracker,
    /// Ends the listener and its connections, or, while it is down, keeps the port.
    listening: Mutex<Result<CancellationToken, TcpSocket>>,
}

#[derive(Deserialize)]
struct Payload {
    sequence: usize,
}

impl Receiver {
    pub(super) fn start(capacity: u32, began: Instant, tasks: TaskTracker) -> std::io::Result<Self> {
        let socket = reserve(([127, 0, 0, 1], 0).into())?;
        let address = socket.local_addr()?;
        let state = State {
            door: Door::Open(Workers::warm(capacity)),
            back: None,
            stories: Vec::new(),
            tally: Tally::default(),
        };
        let listening = Mutex::new(Err(socket));
        let receiver = Self { began, address, state: Arc::new(Mutex::new(state)), tasks, listening };
        receiver.listen()?;
        Ok(receiver)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Goes down: connections are refused, and those there are end.
    pub(super) async fn refuse(&self) -> std::io::Result<()> {
        if let Ok(stop) = &*lock(&self.listening) {
            stop.cancel();
        } else {
            return Ok(());
        }
        // Bound, and not listening: nobody else gets the port meanwhile. The listener goes in a moment.
        let begun = Instant::now();
        let socket = loop {
            match reserve(self.address) {
                Err(error) if error.kind() == ErrorKind::AddrInUse && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                reserved => break reserved?,
            }
        };
        *lock(&self.listening) = Err(socket);
        Ok(())
    }

    /// Answers 503 from now on.
    pub(super) fn break_down(&self) -> std::io::Result<()> {
        self.lock().door = Door::Broken;
        self.listen()
    }

    /// Comes back with a quarter of its capacity, and has all of it when `ramp` has passed.
    pub(super) fn come_back(&self, capacity: u32, ramp: Duration) -> std::io::Result<Duration> {
        let now = self.now();
        let mut state = self.lock();
        state.door = Door::Open(Workers::cold(capacity, now, ramp));
        state.back = Some(now);
        drop(state);
        self.listen()?;
        Ok(now)
    }

    fn listen(&self) -> std::io::Result<()> {
        let stop = CancellationToken::new();
        let mut listening = lock(&self.listening);
        if listening.is_ok() {
            return Ok(());
        }
        if let Err(socket) = std::mem::replace(&mut *listening, Ok(stop.clone())) {
            let listener = socket.listen(1024)?;
            self.tasks.spawn(accept(listener, self.began, Arc::clone(&self.state), self.tasks.clone(), stop));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// A new event, to be sent at this time; returns its number.
    pub(super) fn announce(&self, sent: Duration, is_live: bool) -> usize {
        let mut state = self.lock();
        state.stories.push(Story { is_live, sent, ..Story::default() });
        state.stories.len() - 1
    }

    /// Hookyard said that it has this one.
    pub(super) fn accepted(&self, sequence: usize) {
        if let Some(story) = self.lock().stories.get_mut(sequence) {
            story.accepted = true;
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally
    }

    /// How many of those sent before `time` and accepted were not delivered yet.
    pub(super) fn missing(&self, time: Duration) -> usize {
        let is_missing = |story: &&Story| story.accepted && story.delivered.is_none() && story.sent < time;
        self.lock().stories.iter().filter(is_missing).count()
    }

    pub(super) fn stories(&self) -> Vec<Story> {
        self.lock().stories.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Ok(stop) = &*lock(&self.listening) {
            stop.cancel();
        }
    }
}

fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn lock<T>(guarded: &Mutex<T>) -> MutexGuard<'_, T> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(
    listener: TcpListener,
    began: Instant,
    state: Arc<Mutex<State>>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let (state, stop) = (Arc::clone(&state), stop.clone());
        tasks.spawn(async move {
            let answering = service_fn(|request| answer(request, began, &state));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answering);
            tokio::select! {
                // How a connection ends is the client's affair.
                _ = connection => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    began: Instant,
    state: &Mutex<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let webhook_id = head.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let Ok(Payload { sequence }) = serde_json::from_slice(&bytes) else {
        lock(state).tally.strange += 1;
        return Ok(plain(400));
    };
    Ok(match arrive(state, sequence, webhook_id, began.elapsed()) {
        Arrival::Served(done) => {
            // Whoever goes away, or is cut off, was not answered.
            let mut open = Open { state, sequence, answered: None };
            tokio::time::sleep_until(began + done).await;
            open.answered = Some(began.elapsed());
            drop(open);
            plain(200)
        }
        Arrival::NoRoom => {
            let mut response = plain(503);
            response.headers_mut().insert("retry-after", hyper::header::HeaderValue::from_static("1"));
            response
        }
        Arrival::Broken => plain(503),
        Arrival::Strange => plain(400),
    })
}

fn plain(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response
}

enum Arrival {
    /// It is answered at this time.
    Served(Duration),
    NoRoom,
    Broken,
    Strange,
}

/// A try comes in.
fn arrive(state: &Mutex<State>, sequence: usize, webhook_id: &str, now: Duration) -> Arrival {
    let mut state = lock(state);
    let State { door, back, stories, tally } = &mut *state;
    let Some(story) = stories.get_mut(sequence) else {
        tally.strange += 1;
        return Arrival::Strange;
    };
    if story.under_way || story.successes > 0 {
        tally.repeated += 1;
    }
    match &story.webhook_id {
        None => story.webhook_id = Some(webhook_id.into()),
        Some(first) if **first != *webhook_id => tally.renamed += 1,
        Some(_) => {}
    }
    let Door::Open(workers) = door else { return Arrival::Broken };
    let is_replay = back.is_some_and(|back| story.sent < back);
    let done = workers.take(now);
    let (tries, overloads) = if is_replay {
        (&mut tally.replay_tries, &mut tally.replay_overloads)
    } else {
        (&mut tally.live_tries, &mut tally.live_overloads)
    };
    *tries += 1;
    if let Some(done) = done {
        story.under_way = true;
        Arrival::Served(done)
    } else {
        *overloads += 1;
        Arrival::NoRoom
    }
}

/// A try that is being answered.
struct Open<'a> {
    state: &'a Mutex<State>,
    sequence: usize,
    answered: Option<Duration>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let mut state = lock(self.state);
        let State { stories, tally, .. } = &mut *state;
        let Some(story) = stories.get_mut(self.sequence) else { return };
        story.under_way = false;
        let Some(now) = self.answered else { return };
        story.successes += 1;
        match story.successes {
            1 => {
                story.delivered = Some(now);
                tally.delivered += 1;
                tally.last_delivery = now;
            }
            2 => tally.twice += 1,
            _ => {}
        }
    }
}
