//! Whether a request comes from whom its source is for. Pure: what a source is set to, what arrived, and the time.
//!
//! The schemes of providers are data of the model (`PRESETS`); [`signed`] interprets them. Everything that cannot be read
//! is a refusal. What is told of a refusal goes to the request's record, never to the sender, and has neither a secret nor
//! a signature that would have been right.

mod digest;
mod form;
mod handshake;
mod json;
mod place;
mod signed;
mod sns;
mod twilio;

#[cfg(test)]
mod handshake_tests;
#[cfg(test)]
mod team_tests;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{
    HmacAlgorithm, Secret, SignatureEncoding, SourceAuth, SourceId, SourcePreset, SourceType, Timestamp,
    scheme::{Algorithm, Key, Scheme},
    service::Arrival,
};
use subtle::ConstantTimeEq as _;

use self::digest::Prepared;

/// How many characters of a refusal are kept.
const LONGEST_DETAIL: usize = 500;

/// Why a request is not believed, for its record.
type Refused = String;
type Verdict = Result<(), Refused>;

/// What a source checks, with its keys ready.
#[derive(Debug)]
pub(crate) enum Verification {
    /// Nothing.
    None,
    /// `Authorization: Basic` with this text.
    Basic(Vec<u8>),
    Header {
        name: String,
        value: Secret,
    },
    Hmac(Hmac),
    Provider(Provider),
    /// A provider's scheme that there is not: nobody is believed.
    Unknown(SourceType),
}

/// An HMAC over the body as a team described it.
#[derive(Debug)]
pub(crate) struct Hmac {
    header: String,
    prefix: String,
    encoding: SignatureEncoding,
    key: Prepared,
}

/// A provider's scheme with the fields of the source.
#[derive(Debug)]
pub(crate) struct Provider {
    preset: &'static SourcePreset,
    fields: BTreeMap<String, Secret>,
    /// Why there is none is what every request is refused with.
    key: Result<Prepared, Refused>,
}

/// A call to a source's URL, as far as checks look at it.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    /// The URL that was called, as the provider knows it: what is before this server may be called otherwise.
    pub(crate) url: Url<'a>,
    pub(crate) headers: &'a [(String, Bytes)],
    pub(crate) body: &'a [u8],
    pub(crate) now: Timestamp,
}

/// The parts of a URL that was called.
pub(crate) struct Url<'a> {
    /// Where this server is, or the whole URL up to the path.
    pub(crate) base: &'a str,
    /// What the source's URL ends in.
    pub(crate) token: Option<SourceId>,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn of(arrival: &'a Arrival, public_url: &'a str, now: Timestamp) -> Self {
        Self {
            method: &arrival.method,
            url: Url { base: public_url, token: Some(arrival.source), path: &arrival.path, query: &arrival.query },
            headers: &arrival.headers,
            body: &arrival.body,
            now,
        }
    }
}

impl Url<'_> {
    fn text(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let source = self.token.map(|token| format!("/in/{token}")).unwrap_or_default();
        format!("{}{source}{}{mark}{}", self.base.trim_end_matches('/'), self.path, self.query)
    }
}

impl Verification {
    /// What a source of this type with this auth checks.
    pub(crate) fn of(kind: SourceType, auth: Option<&SourceAuth>) -> Self {
        match auth {
            None => Self::None,
            Some(SourceAuth::BasicAuth { username, password }) => {
                Self::Basic(format!("{username}:{}", password.reveal()).into_bytes())
            }
            Some(SourceAuth::ApiKey { header_name, value }) => {
                Self::Header { name: header_name.to_ascii_lowercase(), value: value.clone() }
            }
            Some(SourceAuth::Hmac { signature_header, secret, algorithm, encoding, prefix }) => Self::Hmac(Hmac {
                header: signature_header.to_ascii_lowercase(),
                prefix: prefix.clone(),
                encoding: *encoding,
                key: Prepared::hmac(
                    match algorithm {
                        HmacAlgorithm::Sha1 => Algorithm::HmacSha1,
                        HmacAlgorithm::Sha256 => Algorithm::HmacSha256,
                        HmacAlgorithm::Sha512 => Algorithm::HmacSha512,
                    },
                    secret.reveal().as_bytes(),
                ),
            }),
            Some(SourceAuth::ProviderSignature(fields)) => match kind.preset() {
                Some(preset) => Self::Provider(Provider::new(preset, fields)),
                None => Self::Unknown(kind),
            },
        }
    }

    /// Whether anything is checked at all.
    pub(crate) const fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether a call is believed; if not, why, in a line that may be stored whatever the call was.
    pub(crate) fn check(&self, call: &Call<'_>) -> Verdict {
        self.judge(call).map_err(|detail| {
            detail.chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).take(LONGEST_DETAIL).collect()
        })
    }

    fn judge(&self, call: &Call<'_>) -> Verdict {
        match self {
            Self::None => Ok(()),
            Self::Basic(wanted) => basic(call, wanted),
            Self::Header { name, value } => {
                let given = place::header(call, name)?;
                same(given.as_bytes(), value.reveal().as_bytes(), || format!("the key in {name} is wrong"))
            }
            Self::Hmac(hmac) => hmac.check(call),
            Self::Provider(provider) => provider.check(call),
            Self::Unknown(kind) => Err(format!("a source of type {kind} has no scheme of a provider")),
        }
    }
}

impl Hmac {
    fn check(&self, call: &Call<'_>) -> Verdict {
        let (name, prefix) = (&self.header, &self.prefix);
        let given = place::header(call, name)?.trim();
        let given =
            given.strip_prefix(prefix.as_str()).ok_or_else(|| format!("{name} does not start with `{prefix}`"))?;
        let given = match self.encoding {
            SignatureEncoding::Hex => hex::decode(given).map_err(|_| format!("{name} is not hex"))?,
            SignatureEncoding::Base64 => STANDARD.decode(given).map_err(|_| format!("{name} is not base64"))?,
        };
        let is_right = self.key.verifies(&[call.body], &[given]);
        if is_right { Ok(()) } else { Err(format!("the signature in {name} is not that of this body")) }
    }
}

impl Provider {
    fn new(preset: &'static SourcePreset, fields: &BTreeMap<String, Secret>) -> Self {
        let key = match &preset.scheme {
            Scheme::Signed(signed) => Prepared::of(signed.algorithm, signed.key, fields),
            Scheme::Twilio => Prepared::of(Algorithm::HmacSha1, Key::Text("secret"), fields),
            Scheme::Sns => Prepared::of(Algorithm::RsaSha256, Key::PublicKey("certificate"), fields),
            Scheme::Token { .. } | Scheme::Basic | Scheme::ClientState { .. } => Ok(Prepared::nothing()),
        };
        Self { preset, fields: fields.clone(), key }
    }

    /// A field that has a value.
    fn field(&self, name: &str) -> Result<&str, Refused> {
        let value = self.fields.get(name).map_or("", Secret::reveal);
        if value.is_empty() { Err(format!("the source's {name} is not set yet")) } else { Ok(value) }
    }

    fn check(&self, call: &Call<'_>) -> Verdict {
        let key = self.key.as_ref().map_err(Clone::clone)?;
        match &self.preset.scheme {
            Scheme::Signed(signed) => self.check_signed(signed, key, call),
            Scheme::Token { place, field } => {
                let given = place::value(call, *place)?;
                same(given.as_bytes(), self.field(field)?.as_bytes(), || format!("{place} is not the one set here"))
            }
            Scheme::Basic => {
                let wanted = format!("{}:{}", self.field("username")?, self.field("password")?);
                basic(call, wanted.as_bytes())
            }
            Scheme::Twilio => twilio::check(key, call),
            Scheme::ClientState { field } => {
                let wanted = self.field(field)?.as_bytes();
                let given = json::client_states(call.body)?;
                let all = given.iter().fold(true, |all, state| all & bool::from(state.as_bytes().ct_eq(wanted)));
                if all { Ok(()) } else { Err("a notification's clientState is not the one set here".to_owned()) }
            }
            Scheme::Sns => sns::check(key, self.field("topic_arn")?, call),
        }
    }
}

/// Checks `Authorization: Basic`.
fn basic(call: &Call<'_>, wanted: &[u8]) -> Verdict {
    const NOT_BASIC: &str = "the authorization header is not `Basic …`";
    let (scheme, token) = place::header(call, "authorization")?.split_once(' ').ok_or(NOT_BASIC)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(NOT_BASIC.to_owned());
    }
    let given = STANDARD.decode(token.trim()).map_err(|_| "the authorization header is not base64")?;
    same(&given, wanted, || "the user name or the password is wrong".to_owned())
}

fn same(given: &[u8], wanted: &[u8], otherwise: impl FnOnce() -> Refused) -> Verdict {
    if bool::from(given.ct_eq(wanted)) { Ok(()) } else { Err(otherwise()) }
}
