//! What the sender of a request that was passed on is answered.

use bytes::Bytes;
use hookyard_model::{RequestId, is_kept_from_senders, service::Reply};

/// Why a sender does not get the upstream's answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: Why,
    /// For the record; the sender is not told.
    pub(super) sentence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    TimedOut,
    Failed,
    /// The upstream was not called.
    Busy,
}

impl Failure {
    pub(super) fn new(sentence: String) -> Self {
        Self { why: Why::Failed, sentence }
    }

    pub(super) fn busy() -> Self {
        let sentence = "the upstream was not called: too many calls were under way".to_owned();
        Self { why: Why::Busy, sentence }
    }
}

/// The upstream's answer. Its body is handed on as it came, so what says how it is encoded goes with it.
pub(super) fn reply(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Reply {
    let of_this_hop: Vec<String> = headers
        .iter()
        .filter(|(name, _)| name == "connection")
        .flat_map(|(_, value)| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let goes_on = |(name, _): &(String, String)| match name.as_str() {
        "content-type" | "content-encoding" | "content-disposition" => true,
        // What was made is somewhere; nobody is led there by it.
        "location" => !(300..400).contains(&status),
        name => !is_kept_from_senders(name) && !of_this_hop.iter().any(|known| known == name),
    };
    Reply { status, headers: headers.into_iter().filter(goes_on).collect(), body: Bytes::from(body) }
}

/// The answer in place of the upstream's. The request was taken in, so it says so: to send it again is to send it twice.
pub(super) fn refusal(request: RequestId, why: Why) -> Reply {
    let (status, error) = match why {
        Why::TimedOut => (504, "UPSTREAM_TIMEOUT"),
        Why::Failed => (502, "UPSTREAM_FAILED"),
        Why::Busy => (503, "UPSTREAM_BUSY"),
    };
    let body = format!(r#"{{"ok":false,"error":"{error}","accepted":true,"request_id":"{request}"}}"#);
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status, headers, body: Bytes::from(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(status: u16, headers: &[(&str, &str)]) -> Vec<String> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        reply(status, headers, Vec::new()).headers.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_concerns_the_sender_goes_back() {
        let headers = [
            ("content-type", "text/html"),
            ("content-encoding", "br"),
            ("content-length", "7"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("proxy-authenticate", "Basic"),
            ("www-authenticate", "Basic"),
            ("set-cookie", "a=b"),
            ("content-security-policy", "default-src *"),
            ("hookyard-request-id", "req_1"),
            ("location", "https://elsewhere.example"),
            ("retry-after", "5"),
            ("x-shop", "1"),
            ("x-shop", "2"),
        ];
        let all = ["content-type", "content-encoding", "location", "retry-after", "x-shop", "x-shop"];
        assert_eq!(kept(201, &headers), all);
        assert!(!kept(302, &headers).iter().any(|name| name == "location"), "nobody is led elsewhere");
    }
}
