//! A small HTTP client that speaks JSON.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request};
use hyper_util::{client::legacy, client::legacy::connect::HttpConnector, rt::TokioExecutor};
use serde_json::Value;

/// Calls one server, with a bearer token or without.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    bearer: Option<String>,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body as JSON; null when it is none.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        // What was sent once is not sent again by itself: tests count.
        let http = legacy::Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
        Self { base: base.to_owned(), bearer: None, http }
    }

    #[must_use]
    pub(crate) fn with_key(&self, private: &str) -> Self {
        Self { bearer: Some(private.to_owned()), ..self.clone() }
    }

    /// The same client of the same server at another address, such as after a restart.
    #[must_use]
    pub(crate) fn at(&self, base: &str) -> Self {
        Self { bearer: self.bearer.clone(), ..Self::new(base) }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let headers: &[(&str, &str)] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, headers, body).await.unwrap()
    }

    /// Any call; `path` may also be a whole URL. An error means that nobody knows what became of it.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = Request::builder().method(method).uri(url);
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, body) = self.http.request(request.body(Full::new(body.into()))?).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, bytes, body })
    }
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
