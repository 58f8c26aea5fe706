//! Payloads, from how they are stored.

use hookyard_model::{Body, BodyEncoding, Headers, Payload, RequestId};

use crate::error::Result;

/// What a request's row says of its payload.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct PayloadRow {
    pub(super) id: RequestId,
    method: String,
    path: String,
    query: String,
    headers: String,
    body: Vec<u8>,
}

impl PayloadRow {
    pub(super) fn into_payload(self) -> Result<Payload> {
        let (body, raw) = read_body(&self.body);
        let headers = headers(&self.headers)?;
        Ok(Payload { method: self.method, path: self.path, query: self.query, headers, body, raw })
    }
}

/// Headers from a JSON list of pairs.
pub(crate) fn headers(pairs: &str) -> Result<Headers> {
    Ok(Headers(serde_json::from_str(pairs)?))
}

/// A column's count as the number that it was.
pub(crate) fn narrow<T: TryFrom<i64> + Default>(count: i64) -> T {
    T::try_from(count).unwrap_or_default()
}

/// A body for reading, and its exact bytes.
fn read_body(bytes: &[u8]) -> (serde_json::Value, Body) {
    let raw = Body::from_bytes(bytes);
    let read = match raw.encoding {
        BodyEncoding::Utf8 => serde_json::from_str(&raw.text).ok(),
        BodyEncoding::Base64 => None,
    };
    (read.unwrap_or_else(|| serde_json::Value::String(raw.text.clone())), raw)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_as_what_it_is() {
        for (case, bytes, read, encoding) in [
            ("JSON is parsed", &br#"{"a":1}"#[..], json!({"a": 1}), BodyEncoding::Utf8),
            ("other text stays", b"a=1", json!("a=1"), BodyEncoding::Utf8),
            ("nothing is an empty text", b"", json!(""), BodyEncoding::Utf8),
            ("bytes that are no text are base64", b"\xff\x00", json!("/wA="), BodyEncoding::Base64),
        ] {
            let (body, raw) = read_body(bytes);
            assert_eq!((body, raw.encoding, raw.to_bytes().as_slice()), (read, encoding, bytes), "{case}");
        }
    }

    #[test]
    fn headers_keep_their_order() {
        let headers = headers(r#"[["b","1"],["a","2"],["b","3"]]"#).unwrap();
        assert_eq!(headers.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a", "b"]);
    }
}
