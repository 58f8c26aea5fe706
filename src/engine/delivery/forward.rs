//! Which headers of a request go on to the destination.

use hookyard_model::REDACTED;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// How many bytes of headers go on at most; no server takes as many.
const MOST_BYTES: usize = 64 << 10;

/// Those that are about one connection, about the way to Hookyard, or about who may speak to Hookyard.
const KEPT_BACK: [HeaderName; 16] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::ACCEPT_ENCODING,
    header::EXPECT,
    header::USER_AGENT,
    header::COOKIE,
    header::AUTHORIZATION,
    header::RANGE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::MAX_FORWARDS,
];

/// The same, by name or by its beginning.
const KEPT_BACK_TOO: [&str; 2] = ["keep-alive", "http2-settings"];
const BEGINNINGS: [&str; 3] = ["proxy-", "webhook-", "hookyard-"];

/// How often a request was delivered on its way, so that destinations that lead back to a source come to an end.
pub(crate) const HOPS: &str = "hookyard-hops";

/// The headers of a request that go on to the destination, shared by all its events, and how often it was delivered then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forwarded(Vec<(HeaderName, HeaderValue)>);

impl Forwarded {
    /// Those of stored headers, a JSON list of pairs. What was stored as a secret's placeholder stays here, and so does
    /// what HTTP would not take.
    pub(crate) fn of(pairs: &str) -> Self {
        let pairs: Vec<(String, String)> = serde_json::from_str(pairs).unwrap_or_default();
        let of_this_hop: Vec<String> = pairs
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("connection"))
            .flat_map(|(_, value)| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
            .collect();
        let mut bytes = 0;
        let goes_on = |(name, value): (String, String)| {
            let name = HeaderName::try_from(name).ok()?;
            if name == HOPS {
                let hops = value.parse::<u32>().unwrap_or(0).saturating_add(1);
                return Some((name, HeaderValue::from(hops)));
            }
            if value == REDACTED
                || is_kept_back(name.as_str())
                || of_this_hop.iter().any(|known| known == name.as_str())
            {
                return None;
            }
            bytes += name.as_str().len() + value.len();
            Some((name, HeaderValue::try_from(value).ok()?)).filter(|_| bytes <= MOST_BYTES)
        };
        Self(pairs.into_iter().filter_map(goes_on).collect())
    }

    /// How much of it there is.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
    }

    /// Adds them to `headers`, each as often as it stood.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        headers.reserve(self.0.len());
        for (name, value) in &self.0 {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// Whether a header of this name, in lower case, never goes on.
pub(crate) fn is_kept_back(name: &str) -> bool {
    KEPT_BACK.iter().any(|known| known.as_str() == name)
        || KEPT_BACK_TOO.contains(&name)
        || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_the_receiver_goes_on() {
        let pairs = [
            ("host", "in.example.com"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("content-length", "2"),
            ("transfer-encoding", "chunked"),
            ("user-agent", "Provider/1"),
            ("authorization", "Bearer secret"),
            ("proxy-authorization", "Basic secret"),
            ("cookie", "a=b"),
            ("x-api-key", REDACTED),
            ("webhook-id", "msg_1"),
            ("hookyard-event-id", "evt_1"),
            ("hookyard-hops", "3"),
            ("bad name", "1"),
            ("x-bad-value", "a\nb"),
            ("content-type", "application/json"),
            ("x-hub-signature-256", "sha256=1"),
            ("x-many", "1"),
            ("x-many", "2"),
            ("x-name", "Zoë"),
        ];
        let mut headers = HeaderMap::new();
        let forwarded = Forwarded::of(&serde_json::to_string(&pairs).unwrap());
        forwarded.add_to(&mut headers);
        let on: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let expected: [(&str, &[u8]); 6] = [
            ("hookyard-hops", b"4"),
            ("content-type", b"application/json"),
            ("x-hub-signature-256", b"sha256=1"),
            ("x-many", b"1"),
            ("x-many", b"2"),
            ("x-name", "Zoë".as_bytes()),
        ];
        assert_eq!(on, expected);
        assert!(forwarded.bytes() > 0 && Forwarded::of("no JSON").bytes() == 0);
    }

    #[test]
    fn a_flood_ends_somewhere() {
        let pairs: Vec<_> = (0..100).map(|n| (format!("x-{n}"), "x".repeat(2000))).collect();
        let forwarded = Forwarded::of(&serde_json::to_string(&pairs).unwrap());
        assert!((MOST_BYTES - 3000..=MOST_BYTES).contains(&forwarded.bytes()), "{}", forwarded.bytes());
    }
}
