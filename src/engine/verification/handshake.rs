//! What providers ask of a new URL, and what they are answered.
//!
//! Whatever comes back out of a request is text or JSON, short, and never HTML. Where the answer is made with the source's
//! key, what is signed cannot be the body of a request: otherwise strangers would have their forgeries signed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{Handshake, SourceType, service::Reply};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{Call, Provider, Refused, Verification, form, json as body_json, place, sns};

/// How many bytes of a challenge are sent back at most.
const LONGEST: usize = 4096;
/// The longest challenge that is answered with the key.
const LONGEST_SIGNED: usize = 256;
/// The largest body that is looked into: those of handshakes are small.
const LARGEST: usize = 64 * 1024;

impl Verification {
    /// The answer to a check of the URL that need not be signed, whatever methods the source allows; an error when it is
    /// one that is to be refused.
    pub(crate) fn greeting(&self, kind: SourceType, call: &Call<'_>) -> Option<Result<Reply, Refused>> {
        let handshake = kind.preset()?.handshake?;
        if let Handshake::EchoQuery { parameter, token: Some(token) } = handshake {
            return self.greeting_with_token(parameter, token, call);
        }
        self.plain_greeting(handshake, call).map(Ok)
    }

    /// What has the parameter is a check of the URL, and refused when the token is wrong: whoever sets it up wrongly is to
    /// see why.
    fn greeting_with_token(
        &self,
        parameter: &str,
        (name, field): (&str, &str),
        call: &Call<'_>,
    ) -> Option<Result<Reply, Refused>> {
        let query = call.url.query.as_bytes();
        let challenge = form::only(query, parameter).filter(|_| is_bare(call, "GET"))?;
        let wanted = match self.provider()?.field(field) {
            Ok(wanted) => wanted,
            Err(refused) => return Some(Err(refused)),
        };
        match form::only(query, name) {
            None => Some(Err(format!("there is not exactly one {name} in the query"))),
            Some(given) if bool::from(given.as_bytes().ct_eq(wanted.as_bytes())) => echo(challenge).map(Ok),
            Some(_) => Some(Err(format!("the {name} is not the {field} set here"))),
        }
    }

    fn plain_greeting(&self, handshake: Handshake, call: &Call<'_>) -> Option<Reply> {
        let query = call.url.query.as_bytes();
        match handshake {
            Handshake::EchoQuery { parameter, token: None } if is_bare(call, "GET") => {
                echo(form::only(query, parameter)?)
            }
            Handshake::EchoQueryOfPost { parameter } if is_bare(call, "POST") => echo(form::only(query, parameter)?),
            Handshake::CrcToken if is_bare(call, "GET") => {
                let token = form::only(query, "crc_token").filter(|token| is_plain(token))?;
                let signature = self.provider()?.key.as_ref().ok()?.sign(token.as_bytes())?;
                let token = format!("sha256={}", STANDARD.encode(signature));
                Some(json_reply(&json!({ "response_token": token })))
            }
            Handshake::EchoHeader { header, key } if is_bare(call, "GET") => {
                let challenge = place::header(call, header).ok().filter(|text| is_short(text))?;
                Some(json_reply(&json!({ key: challenge })))
            }
            Handshake::SecretHeader { header, field } if self.lacks(field) => {
                let secret = place::header(call, header).ok().filter(|secret| is_plain(secret))?;
                Some(Reply { headers: vec![(header.to_owned(), secret.to_owned())], ..empty(200) })
            }
            Handshake::SecretBody { pointer, field } if call.method == "POST" && self.lacks(field) => {
                text_at(call, pointer).filter(|secret| is_plain(secret))?;
                Some(empty(200))
            }
            Handshake::Reachable { method } if is_bare(call, method) => Some(empty(200)),
            Handshake::FormPing { parameter } if call.method == "POST" => {
                let number = call.body.strip_prefix(parameter.as_bytes())?.strip_prefix(b"=")?;
                let is_number = (1..=20).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
                is_number.then(|| empty(200))
            }
            Handshake::EchoQuery { .. }
            | Handshake::EchoQueryOfPost { .. }
            | Handshake::CrcToken
            | Handshake::EchoHeader { .. }
            | Handshake::SecretHeader { .. }
            | Handshake::SecretBody { .. }
            | Handshake::Reachable { .. }
            | Handshake::FormPing { .. }
            | Handshake::EchoBody { .. }
            | Handshake::Zoom
            | Handshake::Ping { .. }
            | Handshake::SnsSubscription
            | Handshake::EmptyEvents => None,
        }
    }

    /// The answer to a check of the URL in a request that was let in.
    pub(crate) fn answer(&self, kind: SourceType, call: &Call<'_>) -> Option<Reply> {
        match kind.preset()?.handshake? {
            Handshake::EchoBody { pointer, word, challenge } => {
                has_word(call, word).then(|| text_at(call, pointer)).flatten().filter(|found| found == word)?;
                echo(text_at(call, challenge)?)
            }
            Handshake::Zoom => {
                const WORD: &str = "endpoint.url_validation";
                has_word(call, WORD).then(|| text_at(call, "/event")).flatten().filter(|found| found == WORD)?;
                let token = text_at(call, "/payload/plainToken").filter(|token| is_plain(token))?;
                let signature = self.provider()?.key.as_ref().ok()?.sign(token.as_bytes())?;
                Some(json_reply(&json!({ "plainToken": token, "encryptedToken": hex::encode(signature) })))
            }
            Handshake::Ping { kind, status, body } => {
                text_at(call, "/type").filter(|found| *found == kind.to_string())?;
                let json = (!body.is_empty()).then(|| ("content-type".to_owned(), "application/json".to_owned()));
                Some(Reply { status, headers: json.into_iter().collect(), body: Bytes::from_static(body.as_bytes()) })
            }
            Handshake::SnsSubscription => {
                let message = sns::read(call.body).ok()?;
                (message.kind != "Notification").then(|| empty(200))
            }
            Handshake::EmptyEvents => {
                (call.body.len() <= LARGEST && body_json::has_empty_list(call.body, "events")).then(|| empty(200))
            }
            Handshake::EchoQuery { .. }
            | Handshake::EchoQueryOfPost { .. }
            | Handshake::CrcToken
            | Handshake::EchoHeader { .. }
            | Handshake::SecretHeader { .. }
            | Handshake::SecretBody { .. }
            | Handshake::Reachable { .. }
            | Handshake::FormPing { .. } => None,
        }
    }

    const fn provider(&self) -> Option<&Provider> {
        match self {
            Self::Provider(provider) => Some(provider),
            Self::None | Self::Basic(_) | Self::Header { .. } | Self::Hmac(_) | Self::Unknown(_) => None,
        }
    }

    /// Whether the provider's scheme is on, and this field of it is not set yet.
    fn lacks(&self, field: &str) -> bool {
        self.provider().is_some_and(|provider| provider.field(field).is_err())
    }
}

/// Whether it has this method and no body.
fn is_bare(call: &Call<'_>, method: &str) -> bool {
    call.method == method && call.body.is_empty()
}

/// What stands in a small body.
fn text_at(call: &Call<'_>, pointer: &str) -> Option<String> {
    (call.body.len() <= LARGEST).then(|| body_json::find(call.body, pointer).ok()).flatten().flatten()
}

/// Whether a word stands anywhere in the body: cheaper than to read it.
fn has_word(call: &Call<'_>, word: &str) -> bool {
    call.body.len() <= LARGEST && std::str::from_utf8(call.body).is_ok_and(|body| body.contains(word))
}

/// Whether it is like what providers choose at random. No JSON of any use is.
fn is_plain(text: &str) -> bool {
    (1..=LONGEST_SIGNED).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+/~".contains(&byte))
}

fn is_short(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The challenge as it came, as text.
fn echo(challenge: String) -> Option<Reply> {
    let headers = [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    is_short(&challenge).then(|| Reply { status: 200, headers, body: Bytes::from(challenge) })
}

fn json_reply(body: &serde_json::Value) -> Reply {
    let headers = [("content-type", "application/json"), ("x-content-type-options", "nosniff")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Reply { status: 200, headers, body: Bytes::from(body.to_string()) }
}

const fn empty(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Bytes::new() }
}
