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
    connect::{Connector, Gone, PROGRESS, Progress, Resolver},
    decode::{Answer, Whole},
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
        self.send_with(request, Progress::new(limit), Answer::default()).await
    }

    /// As [`Self::send`], for an answer that is handed on: its body as it came, up to what `whole` allows. What is longer
    /// is said to be truncated.
    pub(crate) async fn send_for_all(&self, request: Outgoing, limit: Duration, whole: Whole) -> Exchange {
        self.send_with(request, Progress::new(limit), Answer::whole(whole)).await
    }

    /// Sends `request`, and calls `gone` when a connection takes it up.
    pub(super) async fn send_noting(&self, request: Outgoing, limit: Duration, gone: Gone) -> Exchange {
        self.send_with(request, Progress::new(limit).noting(gone), Answer::default()).await
    }

    async fn send_with(&self, request: Outgoing, progress: Progress, mut answer: Answer) -> Exchange {
        let progress = Arc::new(progress);
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
mod tests;
