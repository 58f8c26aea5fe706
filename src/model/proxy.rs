//! Proxy exchanges: what a request was sent to its source's upstream as, and what came back.

use serde::{Deserialize, Serialize};

use crate::{Body, BodyEncoding, Headers, Mode, ProxyExchangeId, Request, RequestId, SourceId, TeamId, Timestamp};

/// One call of a source's upstream, for one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ProxyExchange {
    pub id: ProxyExchangeId,
    pub team_id: TeamId,
    pub mode: Mode,
    pub source_id: SourceId,
    pub request_id: RequestId,
    /// The URL that was called.
    pub target_url: String,
    pub http_method: String,
    /// None: the upstream did not answer.
    pub response_status: Option<u16>,
    pub response_headers: Headers,
    /// What is stored of the answer's body, after decoding; text when UTF-8, else base64.
    pub response_body: Option<String>,
    pub response_body_encoding: Option<BodyEncoding>,
    /// Whether the body was longer than what is stored.
    pub response_body_truncated: bool,
    /// Why the sender did not get the upstream's answer.
    pub error_text: Option<String>,
    pub started_at: Timestamp,
    pub responded_at: Option<Timestamp>,
    /// From the start to the answer's end, in milliseconds.
    pub response_latency: Option<f64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl ProxyExchange {
    /// What is stored of the answer's body.
    pub fn response(&self) -> Option<Body> {
        let (text, encoding) = (self.response_body.clone()?, self.response_body_encoding?);
        Some(Body { encoding, text })
    }
}

/// A request with what its source's upstream answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RequestDetail {
    #[serde(flatten)]
    pub request: Request,
    /// None where the source is no proxy, and while the upstream has not answered.
    pub proxy_exchange: Option<ProxyExchange>,
}
