//! What is sent: the same for delivery, which sends it, and for the simulator, which shows it before.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hookyard_model::{DestinationAuth, HttpMethod, REDACTED, Scenario, Secret, SigningScheme, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    HOPS, Waiting, address,
    sign::{Signer, Signers},
};
use crate::{capture::sent_body, clock::Ids, routing::Target};

pub(crate) const USER_AGENT: &str = concat!("Hookyard/", env!("CARGO_PKG_VERSION"));
/// How old a stale timestamp is: receivers take five minutes.
const STALE: Duration = Duration::from_hours(1);

/// An attempt's request.
pub(crate) struct Crafted {
    pub(crate) method: HttpMethod,
    pub(crate) url: Option<String>,
    /// Why it has no URL to be sent to, though the destination has one.
    pub(crate) astray: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What its signature says the time is, in seconds; none where it is not signed.
    pub(crate) signed_at: Option<i64>,
}

/// Makes the request of the attempt `number` (from 1), with what is wrong with it on purpose. `token` is the access token
/// where the destination wants one.
pub(crate) fn craft(
    target: &Target,
    waiting: &Waiting,
    number: u32,
    sent_at: Timestamp,
    ids: &Ids,
    token: Option<&Secret>,
) -> Crafted {
    let parcel = &waiting.parcel;
    let body = if parcel.enveloped {
        let kind = waiting.event_type.as_deref();
        Bytes::from(sent_body(true, &parcel.body, waiting.lane.mode, &waiting.webhook_id, kind, sent_at))
    } else {
        parcel.body.clone()
    };
    let scenario = parcel.staged.map(|staged| staged.scenario);
    let seconds = match scenario {
        Some(Scenario::StaleTimestamp) => sent_at.minus(STALE).seconds(),
        _ => sent_at.seconds(),
    };
    let sign = |signers: &Signers| signers.sign(sent_at, &waiting.webhook_id, seconds, &body);
    let signature = match scenario {
        Some(Scenario::MissingSignature) => None,
        Some(Scenario::WrongSignature) => {
            let stranger = Signer::new(SigningScheme::V1, &ids.bytes::<32>());
            Some(sign(&Signers(stranger.map(|stranger| (stranger, None)).into_iter().collect())))
        }
        _ => Some(sign(&target.signers)),
    };
    let headers = headers(target, waiting, number, (seconds, signature.as_deref()), token);
    let method = parcel.method.unwrap_or(target.config.http_method);
    let (url, astray) = match url(target, waiting) {
        Ok(url) => (url, None),
        Err(astray) => (None, Some(astray)),
    };
    Crafted { method, url, astray, headers, body, signed_at: signature.map(|_| seconds) }
}

/// The destination's URL, with what followed the source's; an error when that would lead out of it.
fn url(target: &Target, waiting: &Waiting) -> Result<Option<String>, String> {
    let Some(mut url) = target.config.url.as_deref().and_then(|url| url::Url::parse(url).ok()) else { return Ok(None) };
    let parcel = &waiting.parcel;
    if !target.config.path_forwarding_disabled && !parcel.enveloped {
        address::append_path(&mut url, &parcel.path)?;
        if !parcel.query.is_empty() {
            let query = url.query().map_or_else(|| parcel.query.clone(), |own| format!("{own}&{}", parcel.query));
            url.set_query(Some(&query));
        }
    }
    Ok(Some(url.to_string()))
}

/// The headers of an attempt: those of the request that go on, then the destination's own, which replace them, then ours,
/// which nothing replaces.
fn headers(
    target: &Target,
    waiting: &Waiting,
    number: u32,
    (seconds, signature): (i64, Option<&str>),
    token: Option<&Secret>,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    let parcel = &waiting.parcel;
    parcel.headers.add_to(&mut headers);
    headers.entry(HeaderName::from_static(HOPS)).or_insert_with(|| HeaderValue::from(1));
    let content_type = if parcel.enveloped { Some("application/json") } else { parcel.content_type.as_deref() };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(content_type) = content_type {
        put(header::CONTENT_TYPE, content_type);
    }
    put(header::USER_AGENT, USER_AGENT);
    for (name, value) in &target.config.headers {
        if let Ok(name) = HeaderName::try_from(name.as_str()) {
            put(name, value);
        }
    }
    if let Some(auth) = &target.config.auth
        && let Ok(name) = HeaderName::try_from(auth.header())
    {
        put(name, &credentials(auth, token));
    }
    put(HeaderName::from_static("webhook-id"), &waiting.webhook_id);
    put(HeaderName::from_static("webhook-timestamp"), &seconds.to_string());
    if let Some(signature) = signature {
        put(HeaderName::from_static("webhook-signature"), signature);
    }
    put(HeaderName::from_static("hookyard-event-id"), &waiting.key.event.to_string());
    put(HeaderName::from_static("hookyard-request-id"), &parcel.request.to_string());
    put(HeaderName::from_static("hookyard-attempt"), &number.to_string());
    if let Some(original) = parcel.replay_of {
        put(HeaderName::from_static("hookyard-replay-of"), &original.to_string());
    }
    headers
}

/// What stands in the header of [`DestinationAuth::header`].
fn credentials(auth: &DestinationAuth, token: Option<&Secret>) -> String {
    match auth {
        DestinationAuth::CustomHeader { value, .. } | DestinationAuth::ApiKey { value, .. } => {
            value.reveal().to_owned()
        }
        DestinationAuth::Bearer { token } => format!("Bearer {}", token.reveal()),
        DestinationAuth::BasicAuth { username, password } => {
            format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.reveal())))
        }
        // A preview has none, and shows the placeholder as everywhere.
        DestinationAuth::OAuth2ClientCredentials { .. } => {
            format!("Bearer {}", token.map_or("none", Secret::reveal))
        }
    }
}

/// Headers as they are stored: a JSON list of pairs. The one that carries the destination's secret is redacted.
pub(crate) fn header_pairs(headers: &HeaderMap, auth: Option<&DestinationAuth>) -> String {
    let secret = auth.map(DestinationAuth::header);
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let is_secret = secret.is_some_and(|secret| name.as_str().eq_ignore_ascii_case(secret));
        let value = if is_secret { REDACTED.into() } else { String::from_utf8_lossy(value.as_bytes()) };
        (name.to_string(), value.into_owned())
    };
    serde_json::to_string(&headers.iter().map(shown).collect::<Vec<_>>()).unwrap_or_default()
}
