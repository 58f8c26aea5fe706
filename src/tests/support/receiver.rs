//! A receiver on a real port that keeps what it gets and answers as a test wants, also in ways that HTTP forbids.

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The URL of nobody: whoever asks for any free port gets a higher one.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

/// How long an answer takes that is [`Answer::Slow`].
const SLOW: Duration = Duration::from_millis(20);

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Answers properly.
    Say { status: u16, headers: Vec<(String, String)>, body: Bytes },
    /// Answers properly after a moment, so that requests which come at the same time are open at the same time.
    Slow,
    /// Answers properly, but only once [`Receiver::release`] was called.
    Hold,
    /// The same with a 500.
    HoldAndFail,
    /// Writes these bytes and closes the connection.
    Raw(Bytes),
    /// Begins an answer and sends it on byte by byte without an end.
    Drip,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Say { status, headers: Vec::new(), body: Bytes::from_static(b"noted") }
    }

    #[must_use]
    pub(crate) fn with_header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Say { status, mut headers, body } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Say { status, headers, body }
            }
            other => other,
        }
    }

    #[must_use]
    pub(crate) fn with_body(self, body: impl Into<Bytes>) -> Self {
        match self {
            Self::Say { status, headers, .. } => Self::Say { status, headers, body: body.into() },
            other => other,
        }
    }

    /// So many zeros in few bytes.
    pub(crate) fn gzip_bomb(size: usize) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b'0'; size]).unwrap();
        Self::status(200).with_header("content-encoding", "gzip").with_body(encoder.finish().unwrap())
    }

    /// Half of the body that it announced.
    pub(crate) fn half() -> Self {
        Self::Raw(Bytes::from_static(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"))
    }

    pub(crate) fn garbage() -> Self {
        Self::Raw(Bytes::from_static(b"\x00\x01 this is no HTTP at all \xff\r\n\r\n"))
    }
}

impl From<u16> for Answer {
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case, in the order they stood.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Received {
    /// The first header of this name; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Decide = Box<dyn Fn(usize, &Received) -> Answer + Send + Sync>;

struct State {
    decide: Decide,
    received: Mutex<Vec<Received>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
    released: watch::Sender<bool>,
}

/// A receiver, gone when it is dropped.
pub(crate) struct Receiver {
    url: String,
    state: Arc<State>,
    end: CancellationToken,
}

impl Receiver {
    /// One that gives these answers in turn, and the last of them from then on.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = impl Into<Answer>>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().map(Into::into).collect();
        Self::deciding(in_turn(answers)).await
    }

    /// One that decides by the request's number, from 0, and the request.
    pub(crate) async fn deciding(decide: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            decide: Box::new(decide),
            received: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            released: watch::Sender::new(false),
        });
        let end = CancellationToken::new();
        tokio::spawn(end.clone().run_until_cancelled_owned(accept(listener, Arc::clone(&state), end.clone())));
        Self { url, state, end }
    }

    /// Answers what is on [`Answer::Hold`], and from now on at once.
    pub(crate) fn release(&self) {
        self.state.released.send_replace(true);
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.state.received.lock().len()
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.state.received.lock().clone()
    }

    /// The request of this number, from 0.
    #[track_caller]
    pub(crate) fn request(&self, number: usize) -> Received {
        self.state.received.lock().get(number).expect("the request came").clone()
    }

    /// The `webhook-id`s in the order they came.
    pub(crate) fn webhook_ids(&self) -> Vec<String> {
        self.state.received.lock().iter().map(|request| request.header("webhook-id").to_owned()).collect()
    }

    /// How many requests wait for an answer.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    /// The most requests that ever waited for an answer at the same time; says little where none is [`Answer::Slow`] or on hold.
    pub(crate) fn most_open(&self) -> usize {
        self.state.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

fn in_turn(answers: Vec<Answer>) -> impl Fn(usize, &Received) -> Answer + Send + Sync {
    move |number, _| answers[number.min(answers.len() - 1)].clone()
}

async fn accept(listener: TcpListener, state: Arc<State>, end: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let serving = serve(stream, Arc::clone(&state));
        connections.spawn(end.clone().run_until_cancelled_owned(async {
            // Whoever sends may go away.
            let _ = serving.await;
        }));
    }
}

/// A request that waits for an answer. It ends before the answer is written: whoever has that may send the next at once.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn new(state: &'a State) -> Self {
        let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_open.fetch_max(open, Ordering::SeqCst);
        Self(&state.open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        let open = Open::new(&state);
        let number = {
            let mut received = state.received.lock();
            received.push(request.clone());
            received.len() - 1
        };
        let decided = (state.decide)(number, &request);
        if !answer(&mut stream, &state, open, decided).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Answers; returns whether the connection stays open.
async fn answer(stream: &mut TcpStream, state: &State, open: Open<'_>, answer: Answer) -> io::Result<bool> {
    match answer {
        Answer::Say { status, headers, body } => {
            drop(open);
            say(stream, status, &headers, &body).await
        }
        Answer::Slow => {
            tokio::time::sleep(SLOW).await;
            drop(open);
            say(stream, 200, &[], b"noted").await
        }
        Answer::Hold | Answer::HoldAndFail => {
            let status = if matches!(answer, Answer::Hold) { 200 } else { 500 };
            let (mut released, mut next) = (state.released.subscribe(), [0]);
            let is_released = tokio::select! {
                biased;
                released = released.wait_for(|released| *released) => released.is_ok(),
                // Whoever waits for the answer may give up.
                _ = stream.peek(&mut next) => false,
            };
            drop(open);
            if is_released { say(stream, status, &[], b"at last").await } else { Ok(false) }
        }
        Answer::Raw(bytes) => {
            drop(open);
            stream.write_all(&bytes).await?;
            Ok(false)
        }
        Answer::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await?;
            loop {
                stream.write_all(b".").await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn say(stream: &mut TcpStream, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<bool> {
    let mut answer = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        answer.extend([name, ": ", value, "\r\n"]);
    }
    answer += "\r\n";
    stream.write_all(&[answer.as_bytes(), body].concat()).await?;
    Ok(true)
}

/// Reads the next request; `None` when the connection ended.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Received>> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = buffer.split_to(end);
            buffer.advance(4);
            break String::from_utf8_lossy(&head).into_owned();
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
        // A greeting of TLS, for one: an HTTP server does not understand it.
        if !buffer[0].is_ascii_uppercase() {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await?;
            return Ok(None);
        }
    };
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let mut request = Received { method, target, headers: lines.map(header).collect(), body: Bytes::new() };
    let length = request.header("content-length").parse().unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    request.body = buffer.split_to(length).freeze();
    Ok(Some(request))
}
