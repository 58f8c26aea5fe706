//! OAuth 2 client credentials: access tokens that are fetched for a destination, kept in the memory of the node that
//! holds its lane, and never stored.
//!
//! Attempts that need a token at the same moment share one fetch, whether it succeeds or fails: whoever waited while it
//! was made takes what came of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{DestinationAuth, ErrorCode, Secret, Timestamp, phrase};
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{
    craft::USER_AGENT,
    send::{Exchange, Outgoing, uri},
};
use crate::Engine;

/// How long a token is good for that does not say so.
const UNSAID: Duration = Duration::from_mins(5);
/// By how much, at most, a token ends here before it ends there.
const EARLY: Duration = Duration::from_mins(1);
/// The longest token that is taken, in bytes.
const LONGEST: usize = 16 << 10;

/// A token, or why there is none.
pub(super) type Fetched = Result<Arc<Token>, (ErrorCode, String)>;

/// A destination's token.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// How many fetches ended.
    ended: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// What the last fetch came to, which one it was, and with what credentials.
    last: Option<(u64, Credentials, Fetched)>,
    /// Whether this endpoint wants the credentials in the body.
    in_body: bool,
}

/// An access token.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: Secret,
    /// Which fetch it is of.
    number: u64,
    ends_at: Timestamp,
}

/// Who asks for a token, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Credentials {
    url: String,
    id: String,
    secret: Secret,
    scope: Option<String>,
}

impl Credentials {
    fn of(auth: &DestinationAuth) -> Option<Self> {
        let DestinationAuth::OAuth2ClientCredentials { token_url, client_id, client_secret, scope } = auth else {
            return None;
        };
        let scope = scope.clone().filter(|scope| !scope.trim().is_empty());
        Some(Self { url: token_url.clone(), id: client_id.clone(), secret: client_secret.clone(), scope })
    }
}

impl Token {
    /// Whether it was known when so many fetches had ended.
    pub(super) const fn is_of(&self, number: u64) -> bool {
        self.number <= number
    }
}

impl Tokens {
    /// How many fetches ended so far.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::SeqCst)
    }

    /// The token for `auth`, if it is of the kind that needs one: the one that is known, or a new one. `refused` is one
    /// that the receiver did not take.
    pub(super) async fn find(
        &self,
        engine: &Engine,
        auth: Option<&DestinationAuth>,
        refused: Option<&Token>,
        deadline: Instant,
    ) -> Option<Fetched> {
        let wanted = Credentials::of(auth?)?;
        let asked = self.ended();
        Some(match timeout_at(deadline, self.look(engine, wanted, refused, asked, deadline)).await {
            Ok(fetched) => fetched,
            Err(_) => Err((ErrorCode::Timeout, format!("{} did not answer in time", phrase::TOKEN_ENDPOINT))),
        })
    }

    async fn look(
        &self,
        engine: &Engine,
        wanted: Credentials,
        refused: Option<&Token>,
        asked: u64,
        deadline: Instant,
    ) -> Fetched {
        let mut kept = self.kept.lock().await;
        if let Some((number, credentials, fetched)) = &kept.last
            && *credentials == wanted
        {
            match fetched {
                Ok(token) if refused.is_none_or(|refused| refused.number < token.number) => {
                    // One that ends at once is still good for those who waited for it.
                    if token.ends_at > engine.now() || *number > asked {
                        return Ok(Arc::clone(token));
                    }
                }
                Err(failure) if *number > asked => return Err(failure.clone()),
                Ok(_) | Err(_) => {}
            }
        } else {
            kept.in_body = false;
        }
        // One at a time; of one that was given up, since its attempt ended, nothing is known.
        let number = self.ended() + 1;
        let fetched = fetch(engine, &wanted, &mut kept.in_body, number, deadline).await;
        self.ended.store(number, Ordering::SeqCst);
        kept.last = Some((number, wanted, fetched.clone()));
        fetched
    }
}

/// Fetches a token. The credentials go in the header, as every endpoint must take them (RFC 6749, section 2.3.1); to one
/// that does not know the client that way they go in the body.
async fn fetch(engine: &Engine, wanted: &Credentials, in_body: &mut bool, number: u64, deadline: Instant) -> Fetched {
    let mut answer = ask(engine, wanted, *in_body, deadline).await?;
    let is_unknown = matches!(answer.status, Some(400 | 401))
        && refusal(&answer).is_none_or(|error| error == "invalid_client" || error == "invalid_request");
    if is_unknown {
        let other = ask(engine, wanted, !*in_body, deadline).await?;
        if other.status == Some(200) {
            *in_body = !*in_body;
            answer = other;
        }
    }
    read(&answer, number, engine.now())
}

async fn ask(
    engine: &Engine,
    wanted: &Credentials,
    in_body: bool,
    deadline: Instant,
) -> Result<Exchange, (ErrorCode, String)> {
    let said = |message: &str| format!("{}: {message}", phrase::TOKEN_ENDPOINT);
    let request = request(wanted, in_body).map_err(|message| (ErrorCode::Protocol, said(&message)))?;
    let exchange = engine.0.sender.send(request, deadline.saturating_duration_since(Instant::now())).await;
    match &exchange.failure {
        Some((code, message)) => Err((*code, said(message))),
        None => Ok(exchange),
    }
}

/// The request for a token, with the credentials in its body or in its header.
fn request(wanted: &Credentials, in_body: bool) -> Result<Outgoing, String> {
    let secret = wanted.secret.reveal();
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = &wanted.scope {
        form.append_pair("scope", scope);
    }
    let mut headers = HeaderMap::with_capacity(4);
    if in_body {
        form.append_pair("client_id", &wanted.id).append_pair("client_secret", secret);
    } else {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encoded(&wanted.id), encoded(secret)));
        let value = HeaderValue::try_from(format!("Basic {pair}"));
        headers.insert(header::AUTHORIZATION, value.map_err(|_| "the credentials fit no header".to_owned())?);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let body = Bytes::from(form.finish());
    Ok(Outgoing { method: Method::POST, url: uri(&wanted.url)?, headers, body })
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
}

fn parse(exchange: &Exchange) -> Option<Answer> {
    serde_json::from_slice(exchange.body.as_deref().unwrap_or_default()).ok()
}

/// The code of what the endpoint says is wrong. Its own sentences are left out: who knows what they repeat.
fn refusal(exchange: &Exchange) -> Option<String> {
    let is_code = |error: &String| error.len() <= 64 && error.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    parse(exchange)?.error.filter(is_code)
}

fn read(exchange: &Exchange, number: u64, now: Timestamp) -> Fetched {
    let wrong = |what: &str| Err((ErrorCode::Protocol, format!("{} answered {what}", phrase::TOKEN_ENDPOINT)));
    let status = exchange.status.unwrap_or_default();
    if status != 200 {
        return match refusal(exchange) {
            Some(error) => wrong(&format!("{status} {error}")),
            None => wrong(&status.to_string()),
        };
    }
    let Some(answer) = parse(exchange).filter(|_| !exchange.truncated) else {
        return wrong("200 with something that is not the JSON of a token");
    };
    let Some(token) = answer.access_token.filter(|token| !token.is_empty()) else {
        return wrong("200 without an access_token");
    };
    if token.len() > LONGEST || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return wrong("200 with an access_token that no header can carry");
    }
    if answer.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return wrong("200 with a token_type other than bearer");
    }
    let seconds = match answer.expires_in {
        Some(serde_json::Value::Number(seconds)) => seconds.as_f64(),
        Some(serde_json::Value::String(seconds)) => seconds.trim().parse().ok(),
        _ => None,
    };
    let lives = seconds
        .filter(|seconds: &f64| seconds.is_finite())
        .map_or(UNSAID, |seconds| Duration::from_secs_f64(seconds.clamp(0.0, 1e9)));
    let ends_at = now.plus(lives.saturating_sub(EARLY.min(lives / 10)));
    Ok(Arc::new(Token { text: Secret::new(token), number, ends_at }))
}
