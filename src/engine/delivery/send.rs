//! Sends one request and tells what came of it. Nothing else in Hookyard calls other servers.

use std::{
    convert::Infallible,
    error::Error,
    io, iter,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hookyard_model::{ErrorCode, phrase};
use http::{HeaderMap, Method, Request, Uri};
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout_at;

use super::{
    cidr::Cidr,
    connect::{Connector, PROGRESS, Progress, Resolver},
    decode::Answer,
    guard::Guard,
    tls,
    unconnected::Unconnected,
};

pub(crate) use super::decode::Exchange;

/// An answer's head may be so long, in bytes.
const LONGEST_HEAD: u16 = u16::MAX;

/// A request as it goes out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    /// See [`uri`].
    pub(crate) url: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// `url` as it is dialled: hosts that spell an IPv4 address in another way become that address, and names their ASCII
/// form.
pub(crate) fn uri(url: &str) -> Result<Uri, String> {
    let parsed = url::Url::parse(url).map_err(|error| format!("the URL cannot be read: {error}"))?;
    if !parsed.has_host() {
        return Err("the URL names no host".to_owned());
    }
    // Up to the fragment, which is not sent.
    let text = &parsed[..url::Position::AfterQuery];
    text.parse().map_err(|error| format!("the URL cannot be sent: {error}"))
}

/// Sends requests, keeps connections. Does not follow redirects, keeps no cookies, uses no proxy.
pub(crate) struct Sender {
    client: Client<Connector, Payload>,
}

impl Sender {
    /// A sender that reaches public addresses and those in `allow`.
    pub(crate) fn new(allow: Vec<Cidr>) -> Self {
        Self::over(Connector::new(Guard { allow }, Resolver::System))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the sender, and its connector has the guard")]
    fn over(connector: Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(512)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            // Only when nothing of the request was sent.
            .retry_canceled_requests(true)
            .http1_max_buf_size(LONGEST_HEAD.into())
            .http2_max_header_list_size(LONGEST_HEAD.into())
            // Many requests share an HTTP/2 connection: when it is dead, that must show before all of them time out.
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .build(connector);
        Self { client }
    }

    /// Sends `request`. Everything from the name's resolution to the answer's last byte has `limit` in all.
    pub(crate) async fn send(&self, request: Outgoing, limit: Duration) -> Exchange {
        let progress = Arc::new(Progress::new(limit));
        let mut answer = Answer::default();
        let failure = match timeout_at(progress.deadline(), self.ask(request, &progress, &mut answer)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(match diagnosis(&*error, answer.has_begun()) {
                // The client only says that it hung up on such a server.
                (ErrorCode::ConnectionReset, _) if progress.was_spoken_to_unasked() => {
                    (ErrorCode::Protocol, format!("the other side spoke before it was asked: {}", phrase::NOT_HTTP))
                }
                diagnosis => diagnosis,
            }),
            // What did not come in time was not wanted.
            Err(_) if answer.is_enough() => None,
            Err(_) => Some(answer.too_late(&progress)),
        };
        answer.into_exchange(failure, &progress)
    }

    async fn ask(
        &self,
        request: Outgoing,
        progress: &Arc<Progress>,
        answer: &mut Answer,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let bytes = (!request.body.is_empty()).then_some(request.body);
        let mut outgoing = Request::new(Payload { bytes, progress: Arc::clone(progress) });
        *outgoing.method_mut() = request.method;
        *outgoing.uri_mut() = request.url;
        *outgoing.headers_mut() = request.headers;
        let response = PROGRESS.scope(Arc::clone(progress), self.client.request(outgoing)).await?;
        Ok(answer.read(response).await?)
    }
}

/// A request's body, which notices when a connection takes the request up: it is asked for its length first.
struct Payload {
    bytes: Option<Bytes>,
    progress: Arc<Progress>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.progress.sent();
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

/// What an error means. The connector's own says it itself; of the others, HTTP's kinds count, then what is beneath.
fn diagnosis(error: &(dyn Error + 'static), answered: bool) -> (ErrorCode, String) {
    let place = if answered { phrase::WITHIN_ANSWER } else { phrase::BEFORE_ANSWER };
    for cause in iter::successors(Some(error), |&error| error.source()) {
        if let Some(error) = cause.downcast_ref::<Unconnected>() {
            return (error.code, error.sentence.clone());
        }
        if let Some(error) = tls::inside(cause) {
            return (ErrorCode::Tls, format!("TLS broke {place}: {}", tls::words(error)));
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return (ErrorCode::Protocol, format!("the answer is not valid HTTP: {error}"));
        }
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                    (ErrorCode::Protocol, format!("the answer is not valid HTTP: {error}"))
                }
                _ => (ErrorCode::ConnectionReset, format!("the connection broke {place}: {error}")),
            };
        }
        // HTTP/2 errors are of a type that is not ours to name; of what the other side did wrong they say "detected",
        // of a reset or a farewell "received".
        if cause.source().is_none()
            && let words = cause.to_string()
            && words.contains(" error detected: ")
        {
            return (ErrorCode::Protocol, format!("the answer is not valid HTTP: {words}"));
        }
    }
    (ErrorCode::ConnectionReset, format!("the connection was closed {place}"))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the servers end with their test")]
mod tests {
    use std::{
        fmt::Display,
        io::Write as _,
        net::SocketAddr,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// What a server does after its answer.
    #[derive(Clone, Copy, PartialEq)]
    enum Then {
        Listen,
        Close,
        Drip,
    }

    /// A server that gives every request the same answer.
    async fn server(answer: impl Into<Vec<u8>>, then: Then) -> SocketAddr {
        let answer: Arc<[u8]> = answer.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&answer), then));
            }
        });
        address
    }

    async fn converse(mut stream: TcpStream, answer: Arc<[u8]>, then: Then) -> io::Result<()> {
        let mut request = Vec::new();
        while stream.read_buf(&mut request).await? > 0 {
            if !request.ends_with(b"ping") {
                continue;
            }
            request.clear();
            stream.write_all(&answer).await?;
            match then {
                Then::Listen => {}
                Then::Close => return Ok(()),
                Then::Drip => loop {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    stream.write_all(b".").await?;
                },
            }
        }
        Ok(())
    }

    fn loopback() -> Vec<Cidr> {
        vec!["127.0.0.0/8".parse().unwrap()]
    }

    async fn post(sender: &Sender, url: impl Display) -> Exchange {
        post_within(Duration::from_secs(20), sender, url).await
    }

    async fn post_within(limit: Duration, sender: &Sender, url: impl Display) -> Exchange {
        let (headers, body) = (HeaderMap::new(), Bytes::from_static(b"ping"));
        let url = uri(&url.to_string()).unwrap();
        sender.send(Outgoing { method: Method::POST, url, headers, body }, limit).await
    }

    /// The failure's code and whether its sentence has `part` in it; the sentence itself when not.
    fn failed(exchange: &Exchange, part: &str) -> Result<ErrorCode, String> {
        match &exchange.failure {
            Some((code, sentence)) if sentence.contains(part) => Ok(*code),
            other => Err(format!("{other:?}")),
        }
    }

    #[tokio::test]
    async fn an_answer_is_told_and_its_connection_is_kept() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Latin: caf\u{e9}\r\nRetry-After: 7\r\n\r\npong";
        let answer: Vec<u8> = answer.chars().map(|c| c as u8).collect();
        let address = server(answer, Then::Listen).await;
        let sender = Sender::new(loopback());
        let first = post(&sender, format_args!("http://{address}/")).await;
        assert_eq!((&first.failure, first.status, first.body.as_deref()), (&None, Some(200), Some(&b"pong"[..])));
        let headers = first.headers.unwrap();
        assert!(headers.contains(&("x-latin".to_owned(), "caf\u{e9}".to_owned())), "{headers:?}");
        assert_eq!((first.retry_after.as_deref(), first.truncated), (Some("7"), false));
        let times = first.timings;
        assert!(times.connect_ms.is_some() && times.first_byte_ms.is_some() && times.body_ms.is_some(), "{times:?}");
        assert!(times.dns_ms.is_none() && times.tls_ms.is_none() && times.total_ms > 0.0, "{times:?}");
        // The connection comes back a moment after the answer's end.
        loop {
            let again = post(&sender, format_args!("http://{address}/")).await;
            assert_eq!(again.failure, None);
            if again.timings.connect_ms.is_none() {
                break assert!(again.timings.first_byte_ms.is_some());
            }
        }
    }

    #[tokio::test]
    async fn what_goes_wrong_has_a_code_and_a_sentence() {
        let endless = format!("HTTP/1.1 200 OK\r\n{}", "x-flood: 0123456789\r\n".repeat(5000));
        for (case, answer, then, code, part) in [
            ("no answer", "", Then::Listen, ErrorCode::Timeout, "no answer within 400 ms; connected after "),
            ("drip", "HTTP/1.1 200 OK\r\n\r\n", Then::Drip, ErrorCode::Timeout, "did not end within 400 ms"),
            ("closed", "", Then::Close, ErrorCode::ConnectionReset, "closed before an answer came"),
            ("closed in the head", "HTTP/1.1 200 OK\r\nx-a", Then::Close, ErrorCode::ConnectionReset, "before"),
            (
                "closed in the body",
                "HTTP/1.1 500 Oh\r\ncontent-length: 9\r\n\r\nhalf",
                Then::Close,
                ErrorCode::ConnectionReset,
                "within the answer",
            ),
            ("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n", Then::Listen, ErrorCode::Protocol, "not valid HTTP"),
            ("bad header", "HTTP/1.1 200 OK\r\nb@d h: 1\r\n\r\n", Then::Listen, ErrorCode::Protocol, "not valid HTTP"),
            (
                "bad chunk",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                Then::Listen,
                ErrorCode::Protocol,
                "not valid HTTP",
            ),
            ("header flood", &endless, Then::Listen, ErrorCode::Protocol, "too large"),
        ] {
            let address = server(answer, then).await;
            let limit = Duration::from_millis(if code == ErrorCode::Timeout { 400 } else { 20_000 });
            let exchange = post_within(limit, &Sender::new(loopback()), format_args!("http://{address}/")).await;
            assert_eq!(failed(&exchange, part), Ok(code), "{case}");
            assert!(exchange.timings.connect_ms.is_some(), "{case}");
            match case {
                "drip" => assert!(exchange.status == Some(200) && exchange.body.unwrap().starts_with(b"...")),
                "closed in the body" => assert!(exchange.status == Some(500) && exchange.body.unwrap() == b"half"),
                _ => {}
            }
        }
    }

    #[tokio::test]
    async fn connections_that_do_not_come_about() {
        let sender = Sender::new(loopback());
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let refused = post(&sender, format_args!("http://{closed}/")).await;
        assert_eq!(failed(&refused, "refused the connection"), Ok(ErrorCode::ConnectionRefused));
        assert!(refused.timings.connect_ms.is_some() && refused.status.is_none());
        // It speaks before it is asked, so it is not HTTP.
        let banner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = banner.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = banner.accept().await {
                stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        let banner = post(&sender, format_args!("http://{address}/")).await;
        assert_eq!(failed(&banner, "not HTTP"), Ok(ErrorCode::Protocol));
        let banner = post(&sender, format_args!("https://{address}/")).await;
        assert_eq!(failed(&banner, "what answers is not TLS"), Ok(ErrorCode::Tls));
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", silent.local_addr().unwrap());
        let silent = post_within(Duration::from_millis(400), &sender, url).await;
        assert_eq!(failed(&silent, "the TLS handshake did not end"), Ok(ErrorCode::ConnectTimeout));
        assert!(silent.timings.tls_ms.is_some_and(|time| time > 300.0), "{:?}", silent.timings);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_like_any_other() {
        let goal = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Then::Listen).await;
        let answer = format!("HTTP/1.1 301 Moved\r\nlocation: http://{goal}/\r\ncontent-length: 0\r\n\r\n");
        let address = server(answer, Then::Listen).await;
        let exchange = post(&Sender::new(loopback()), format_args!("http://{address}/")).await;
        assert_eq!((exchange.failure, exchange.status), (None, Some(301)));
    }

    #[tokio::test]
    async fn of_a_long_answer_the_beginning_is_kept() {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&vec![b'0'; 10_000_000]).unwrap();
        let bomb = bomb.finish().unwrap();
        for (case, encoding, length, body) in [
            ("short enough to be read", "identity", 200_000, vec![b'0'; 200_000]),
            ("too long to be read", "identity", 10_000_000, vec![b'0'; 100_000]),
            ("a bomb", "gzip", bomb.len(), bomb),
        ] {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n");
            let address = server([head.into_bytes(), body].concat(), Then::Listen).await;
            let exchange = post(&Sender::new(loopback()), format_args!("http://{address}/")).await;
            assert_eq!((&exchange.failure, exchange.truncated), (&None, true), "{case}");
            assert!(exchange.body.is_some_and(|body| body.len() == 65536 && body.iter().all(|b| *b == b'0')), "{case}");
        }
    }

    #[tokio::test]
    async fn a_name_is_resolved_once_a_connection_and_only_what_may_be_is_dialled() {
        let address = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", Then::Close).await;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let script = move |_: &str| {
            let good = count.fetch_add(1, Ordering::Relaxed) == 0;
            let answer: &[&str] = if good { &["127.0.0.2", "10.0.0.1", "127.0.0.1"] } else { &["127.0.0.2"] };
            answer.iter().map(|ip| ip.parse().unwrap()).collect()
        };
        let guard = Guard { allow: vec!["127.0.0.1".parse().unwrap()] };
        let sender = Sender::over(Connector::new(guard, Resolver::Scripted(Box::new(script))));
        let url = format!("http://changing.example:{}/", address.port());
        let exchange = post(&sender, &url).await;
        assert_eq!((&exchange.failure, exchange.body.as_deref()), (&None, Some(&b"hello"[..])));
        assert!(exchange.timings.dns_ms.is_some() && asked.load(Ordering::Relaxed) == 1);
        let exchange = post(&sender, &url).await;
        assert_eq!(failed(&exchange, "`changing.example` leads to 127.0.0.2"), Ok(ErrorCode::EgressDenied));
    }
}
