//! A source that is a proxy: senders are answered by an upstream.

use serde::{Deserialize, Serialize};

use crate::{FieldError, destination::url_mistake};

/// How a source answers, where it does so in a way of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SourceMode {
    /// Each accepted request is also sent to an upstream at once, and the sender gets its answer.
    Proxy,
}

words! { SourceMode: Proxy = "proxy" }

/// The upstream of a source that is a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProxyConfig {
    /// An HTTP or HTTPS URL.
    pub target_url: String,
    /// Whether the path and the query after the source's URL are added to the upstream's.
    #[serde(default = "yes")]
    pub path_forwarding: bool,
    /// How long the upstream has to answer in full, in milliseconds: 1000 to 30000.
    #[serde(default = "ten_seconds")]
    pub timeout_ms: u32,
    /// How many bytes of the upstream's answer are stored; the sender gets all of it. At most 1 MiB.
    #[serde(default = "sixty_four_kib")]
    pub response_limit: u32,
}

const fn yes() -> bool {
    true
}

const fn ten_seconds() -> u32 {
    10_000
}

const fn sixty_four_kib() -> u32 {
    64 << 10
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            target_url: String::new(),
            path_forwarding: yes(),
            timeout_ms: ten_seconds(),
            response_limit: sixty_four_kib(),
        }
    }
}

impl ProxyConfig {
    /// How many bytes of an answer can be stored at most.
    pub const MOST_STORED: u32 = 1 << 20;

    pub(super) fn mistakes(&self) -> Vec<FieldError> {
        const AT: &str = "/config/proxy";
        let mut mistakes = Vec::new();
        let mut wrong = |field: &str, detail: String| mistakes.push(FieldError::new(format!("{AT}/{field}"), detail));
        if self.target_url.trim().is_empty() {
            wrong("target_url", "give the URL of the upstream".to_owned());
        } else if let Some(detail) = url_mistake(&self.target_url) {
            wrong("target_url", detail);
        }
        if !(1000..=30_000).contains(&self.timeout_ms) {
            wrong("timeout_ms", format!("1000 to 30000 ms, not {}", self.timeout_ms));
        }
        if self.response_limit > Self::MOST_STORED {
            let detail = format!("at most {} bytes (1 MiB), not {}", Self::MOST_STORED, self.response_limit);
            wrong("response_limit", detail);
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_hold() {
        let fine = ProxyConfig { target_url: "https://shop.example.com/hooks".to_owned(), ..ProxyConfig::default() };
        for (case, proxy, expected) in [
            ("the defaults", fine.clone(), None),
            ("no URL", ProxyConfig { target_url: String::new(), ..fine.clone() }, Some("target_url")),
            ("no HTTP", ProxyConfig { target_url: "ftp://a".to_owned(), ..fine.clone() }, Some("target_url")),
            (
                "a secret in it",
                ProxyConfig { target_url: "https://a:b@c".to_owned(), ..fine.clone() },
                Some("target_url"),
            ),
            ("too short", ProxyConfig { timeout_ms: 999, ..fine.clone() }, Some("timeout_ms")),
            ("too long", ProxyConfig { timeout_ms: 30_001, ..fine.clone() }, Some("timeout_ms")),
            ("nothing is stored", ProxyConfig { response_limit: 0, ..fine.clone() }, None),
            (
                "too much",
                ProxyConfig { response_limit: ProxyConfig::MOST_STORED + 1, ..fine.clone() },
                Some("response_limit"),
            ),
        ] {
            let found = proxy.mistakes().first().map(|mistake| mistake.pointer.clone());
            assert_eq!(found, expected.map(|field| format!("/config/proxy/{field}")), "{case}");
        }
    }
}
