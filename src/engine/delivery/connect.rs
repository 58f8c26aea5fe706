//! Opens connections: the name's addresses, the guard, TCP, TLS; each step timed.
//!
//! The addresses that the guard has let through are the ones that are dialled, so a name cannot change its answer
//! between the check and the connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hookyard_model::{ErrorCode, phrase};
use http::Uri;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use super::{
    guard::Guard,
    tls::{self, Wire},
    unconnected::{Unconnected, refused, unconnected, unresolved},
};

tokio::task_local! {
    /// Of the attempt that is under way in this task: by it the connector knows for whom it works.
    pub(super) static PROGRESS: Arc<Progress>;
}

/// How far an attempt has come, and how long its steps took.
pub(super) struct Progress {
    pub(super) started: Instant,
    pub(super) limit: Duration,
    marks: Mutex<Marks>,
    unasked: AtomicBool,
    /// Called when a connection takes up the request.
    gone: Option<Gone>,
}

/// Somebody to be told, once.
pub(super) type Gone = Box<dyn Fn() + Send + Sync>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) step: Step,
    /// When the step began.
    pub(super) since: Instant,
    pub(super) dns: Option<Duration>,
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
    /// How long after the start the connection stood.
    connected: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Waiting,
    Resolving,
    Connecting,
    Handshaking,
    Connected,
    /// A connection has taken up the request.
    Sent,
}

impl Progress {
    pub(super) fn new(limit: Duration) -> Self {
        let started = Instant::now();
        let marks = Marks { step: Step::Waiting, since: started, dns: None, connect: None, tls: None, connected: None };
        Self { started, limit, marks: Mutex::new(marks), unasked: AtomicBool::new(false), gone: None }
    }

    pub(super) fn noting(self, gone: Gone) -> Self {
        Self { gone: Some(gone), ..self }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.started + self.limit
    }

    /// The steps, with the one that is under way as if it ended now.
    pub(super) fn marks(&self) -> Marks {
        let mut marks = *self.marks.lock();
        marks.close(Instant::now());
        marks
    }

    /// Says that a connection takes up the request. When it is not the one that was opened for it, because another was
    /// handed back sooner, the steps so far are of no account.
    pub(super) fn sent(&self) {
        let mut marks = self.marks.lock();
        match marks.step {
            Step::Sent => return,
            Step::Connected => {}
            Step::Waiting | Step::Resolving | Step::Connecting | Step::Handshaking => marks.clear(),
        }
        marks.enter(Step::Sent);
        drop(marks);
        if let Some(gone) = &self.gone {
            gone();
        }
    }

    /// Says that the other side spoke before anything was sent, which HTTP servers do not.
    pub(super) fn spoken_to_unasked(&self) {
        self.unasked.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_spoken_to_unasked(&self) -> bool {
        self.unasked.load(Ordering::Relaxed)
    }

    fn enter(&self, step: Step) {
        let mut marks = self.marks.lock();
        if marks.step == Step::Sent {
            // By another connection; this one becomes a spare.
            return;
        }
        marks.enter(step);
        if step == Step::Connected {
            marks.connected = Some(marks.since - self.started);
        }
    }

    /// What is to say when the time is over before the answer's head came.
    pub(super) fn too_late(&self) -> (ErrorCode, String) {
        let marks = *self.marks.lock();
        let limit = self.limit.as_millis();
        let missing = match (marks.step, marks.connected) {
            (Step::Waiting, _) => "no connection was free",
            (Step::Resolving, _) => phrase::NOT_RESOLVED,
            (Step::Connecting, _) => "the address did not accept the connection",
            (Step::Handshaking, _) => phrase::NO_HANDSHAKE,
            (Step::Connected | Step::Sent, Some(connected)) => {
                let connected = connected.as_millis();
                return (ErrorCode::Timeout, format!("no answer within {limit} ms; connected after {connected} ms"));
            }
            (Step::Connected | Step::Sent, None) => {
                return (ErrorCode::Timeout, format!("no answer within {limit} ms on a connection kept from before"));
            }
        };
        (ErrorCode::ConnectTimeout, format!("no connection within {limit} ms: {missing}"))
    }
}

impl Marks {
    fn clear(&mut self) {
        (self.step, self.dns, self.connect, self.tls, self.connected) = (Step::Waiting, None, None, None, None);
    }

    fn close(&mut self, now: Instant) {
        let spent = Some(now - self.since);
        match self.step {
            Step::Resolving => self.dns = spent,
            Step::Connecting => self.connect = spent,
            Step::Handshaking => self.tls = spent,
            Step::Waiting | Step::Connected | Step::Sent => {}
        }
    }

    fn enter(&mut self, step: Step) {
        let now = Instant::now();
        if step == Step::Waiting {
            self.clear();
        }
        self.close(now);
        (self.step, self.since) = (step, now);
    }
}

#[cfg(test)]
pub(super) type Script = Box<dyn Fn(&str) -> Vec<IpAddr> + Send + Sync>;

/// Where names lead: to what the machine's resolver says, or in tests to what a script says.
pub(super) enum Resolver {
    System,
    #[cfg(test)]
    Scripted(Script),
}

impl Resolver {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()),
            #[cfg(test)]
            Self::Scripted(script) => Ok(script(name)),
        }
    }
}

/// What the HTTP client asks for connections.
#[derive(Clone)]
pub(super) struct Connector(Arc<Parts>);

struct Parts {
    guard: Guard,
    resolver: Resolver,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(guard: Guard, resolver: Resolver) -> Self {
        Self(Arc::new(Parts { guard, resolver, tls: tls::connector() }))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = Unconnected;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Wire>, Unconnected>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unconnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let parts = Arc::clone(&self.0);
        // Only `Sender` makes requests, inside its scope.
        let progress = PROGRESS.with(Arc::clone);
        Box::pin(async move {
            // Whoever asked has this deadline too, but may have got another connection and gone.
            timeout_at(progress.deadline(), parts.open(&uri, &progress)).await.unwrap_or_else(|_| {
                let (code, sentence) = progress.too_late();
                Err(Unconnected { code, sentence })
            })
        })
    }
}

impl Parts {
    async fn open(&self, uri: &Uri, progress: &Arc<Progress>) -> Result<TokioIo<Wire>, Unconnected> {
        progress.enter(Step::Waiting);
        let (secure, usual_port) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(unconnected(ErrorCode::EgressDenied, "only http and https URLs are delivered to")),
        };
        let host = uri.host().unwrap_or_default();
        let (parsed, addresses) = self.addresses(host, progress).await?;
        progress.enter(Step::Connecting);
        let stream = dial(&addresses, uri.port_u16().unwrap_or(usual_port), progress).await?;
        let wire = if secure {
            progress.enter(Step::Handshaking);
            Wire::tls(self.secure(stream, host, parsed).await?, progress)
        } else {
            Wire::clear(stream, progress)
        };
        progress.enter(Step::Connected);
        Ok(wire)
    }

    /// The addresses of `host` that may be dialled: at least one.
    async fn addresses(&self, host: &str, progress: &Progress) -> Result<(Host, Vec<IpAddr>), Unconnected> {
        // The rules of the URL standard know every spelling of an IPv4 address, so none is left to a resolver's taste.
        let parsed = Host::parse(host).map_err(|error| {
            let code = if host.starts_with('[') { ErrorCode::EgressDenied } else { ErrorCode::Dns };
            unconnected(code, format_args!("`{host}` is neither a public address nor a name: {error}"))
        })?;
        let found = match &parsed {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                progress.enter(Step::Resolving);
                self.resolver.lookup(name).await.map_err(|error| unresolved(host, &error))?
            }
        };
        let permitted: Vec<_> = found.iter().copied().filter(|address| self.guard.permits(*address)).collect();
        match (permitted.is_empty(), found.first()) {
            (false, _) => Ok((parsed, permitted)),
            (true, None) => Err(unconnected(ErrorCode::Dns, format_args!("the name `{host}` {}", phrase::NO_ADDRESS))),
            (true, Some(address)) => Err(unconnected(
                ErrorCode::EgressDenied,
                format_args!(
                    "`{host}` leads to {address}, {}; if deliveries shall reach it, the operator can add it to the \
                     egress allow list",
                    phrase::NOT_PUBLIC
                ),
            )),
        }
    }

    async fn secure(&self, stream: TcpStream, host: &str, parsed: Host) -> Result<TlsStream<TcpStream>, Unconnected> {
        let fail = |words: &str| unconnected(ErrorCode::Tls, format_args!("TLS with `{host}`: {words}"));
        let name = match parsed {
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
            Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
                .map_err(|_| fail("no certificate can be for this name"))?,
        };
        self.tls.connect(name, stream).await.map_err(|error| match tls::inside(&error) {
            Some(error) => fail(&tls::words(error)),
            None => fail(&format!("the connection broke {} ({error})", phrase::WITHIN_HANDSHAKE)),
        })
    }
}

/// Connects to the first of `addresses` that accepts; each has a fair share of the time that is left.
#[expect(clippy::disallowed_methods, reason = "the one place that dials, past the guard")]
async fn dial(addresses: &[IpAddr], port: u16, progress: &Progress) -> Result<TcpStream, Unconnected> {
    let mut failure = unconnected(ErrorCode::Dns, "there is no address");
    for (index, ip) in addresses.iter().enumerate() {
        let address = SocketAddr::new(*ip, port);
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = progress.deadline().saturating_duration_since(Instant::now()) / others;
        failure = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it a request in two parts can wait 40 ms for the other side; it works all the same.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => refused(address, &error),
            Err(_) => unconnected(
                ErrorCode::ConnectTimeout,
                format_args!("{address} {} a connection within {} ms", phrase::NOT_ACCEPTED, share.as_millis()),
            ),
        };
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may be dialled for `host`, when every name leads to `answer`.
    async fn addresses(host: &str, answer: &'static [&str]) -> Result<Vec<String>, ErrorCode> {
        let script = move |_: &str| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        let connector = Connector::new(Guard { allow: Vec::new() }, Resolver::Scripted(Box::new(script)));
        match connector.0.addresses(host, &Progress::new(Duration::from_secs(1))).await {
            Ok((_, addresses)) => Ok(addresses.iter().map(ToString::to_string).collect()),
            Err(error) => {
                assert!(error.sentence.contains(&format!("`{host}`")), "{error}");
                Err(error.code)
            }
        }
    }

    #[tokio::test]
    async fn no_spelling_of_an_address_gets_past_the_guard() {
        let v4 = "127.0.0.1 127.0.0.1. 127.1 127.0.1 2130706433 0177.0.0.1 017700000001 0x7f000001 0X7F.0.0.0x1 0x7f.1 \
                  0 0x 169.254.169.254 2852039166 0xa9fea9fe 10.1 %31%32%37.0.0.1 localhost";
        let v6 = "[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [0:0:0:0:0:0:0:1] [64:ff9b::a9fe:a9fe] \
                  [2002:7f00:1::] [fe80::1] [fe80::1%eth0] [fe80::1%25eth0] [v1.x]";
        for host in v4.split(' ').chain(v6.split(' ')) {
            assert_eq!(addresses(host, &["127.0.0.1", "::1", "fe80::1"]).await, Err(ErrorCode::EgressDenied), "{host}");
        }
        // Neither an address nor a name: no resolver is asked.
        for host in ["256.0.0.1", "1.2.3.4.5", "0x1ffffffff", "4294967296", "", "a b", "a/b"] {
            assert_eq!(addresses(host, &["8.8.8.8"]).await, Err(ErrorCode::Dns), "{host}");
        }
    }

    #[tokio::test]
    async fn only_public_addresses_are_dialled() {
        for (host, answer, expected) in [
            ("8.8.8.8", &[][..], Ok(&["8.8.8.8"][..])),
            ("134744072", &[], Ok(&["8.8.8.8"])),
            ("[2606:4700::1111]", &[], Ok(&["2606:4700::1111"])),
            ("api.example", &["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111"], Ok(&["8.8.8.8", "2606:4700::1111"])),
            ("api.example.", &["8.8.8.8"], Ok(&["8.8.8.8"])),
            ("api.example", &["::ffff:10.0.0.1", "192.168.1.1"], Err(ErrorCode::EgressDenied)),
            ("api.example", &[], Err(ErrorCode::Dns)),
        ] {
            let expected = expected.map(|ips| ips.iter().map(ToString::to_string).collect());
            assert_eq!(addresses(host, answer).await, expected, "{host} {answer:?}");
        }
    }
}
