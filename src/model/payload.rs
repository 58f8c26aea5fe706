//! Bytes as they came, and a form of them that JSON can carry.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::Headers;

/// How the text of a body stands for its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// The text is the bytes.
    Utf8,
    /// The bytes are not UTF-8; the text is their base64.
    Base64,
}

/// Bytes in a form that JSON can carry without loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Body {
    pub encoding: BodyEncoding,
    pub text: String,
}

impl Body {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { encoding: BodyEncoding::Utf8, text: text.to_owned() },
            Err(_) => Self { encoding: BodyEncoding::Base64, text: STANDARD.encode(bytes) },
        }
    }

    /// The bytes themselves; what is not base64 although it says so is taken as text.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self.encoding {
            BodyEncoding::Utf8 => self.text.clone().into_bytes(),
            BodyEncoding::Base64 => STANDARD.decode(&self.text).unwrap_or_else(|_| self.text.clone().into_bytes()),
        }
    }

    /// The bytes in base64.
    pub fn to_base64(&self) -> String {
        match self.encoding {
            BodyEncoding::Utf8 => STANDARD.encode(&self.text),
            BodyEncoding::Base64 => self.text.clone(),
        }
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        match self.encoding {
            BodyEncoding::Utf8 => self.text.len(),
            BodyEncoding::Base64 => self.to_bytes().len(),
        }
    }
}

/// What was received with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Payload {
    pub method: String,
    /// What followed the source's URL, starting with `/`; empty when nothing did.
    pub path: String,
    /// The query string as it came, without the question mark.
    pub query: String,
    pub headers: Headers,
    /// The body: parsed where it is JSON, else its text, or base64 where it is not UTF-8.
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub body: serde_json::Value,
    /// The exact bytes.
    pub raw: Body,
}
