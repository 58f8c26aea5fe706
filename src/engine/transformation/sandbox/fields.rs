//! Headers and query strings as scripts return them: objects of texts.

use http::{HeaderName, HeaderValue};
use serde_json::Value as Json;

const MOST_HEADERS: usize = 200;
pub(super) const HEADER_BYTES: usize = 64 << 10;

pub(super) const fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// Names and values in the script's order, or something else.
#[derive(Debug)]
pub(super) enum Fields {
    Object(InOrder),
    Other(Json),
}

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Fields;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("JSON")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Fields::Object(InOrder(members)))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Fields, A::Error> {
                while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Fields::Other(Json::Array(Vec::new())))
            }

            fn visit_str<E>(self, text: &str) -> Result<Fields, E> {
                Ok(Fields::Other(text.into()))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Fields, E> {
                Ok(Fields::Other(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Fields, E> {
                Ok(Fields::Other(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Fields, E> {
                Ok(Fields::Other(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Fields, E> {
                Ok(Fields::Other(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Fields, E> {
                Ok(Fields::Other(Json::Null))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The members of an object in their order: where a name stands twice, in two spellings, the later one is meant.
#[derive(Debug)]
pub(super) struct InOrder(Vec<(String, Json)>);

fn values(value: &Json) -> &[Json] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// The query string that a value stands for.
pub(super) fn query_text(query: &Json) -> Result<String, String> {
    let fields = match query {
        Json::Object(fields) => {
            Fields::Object(InOrder(fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect()))
        }
        other => Fields::Other(other.clone()),
    };
    query_string(&fields)
}

/// A query string as it is, or made of an object.
pub(super) fn query_string(query: &Fields) -> Result<String, String> {
    match query {
        Fields::Other(Json::String(text)) => {
            let text = text.strip_prefix('?').unwrap_or(text);
            let is_wrong = |c: char| c.is_control() || c.is_whitespace() || c == '#';
            if text.contains(is_wrong) {
                return Err("`query` has spaces, control characters or a hash; encode them".to_owned());
            }
            Ok(text.to_owned())
        }
        Fields::Object(InOrder(fields)) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                for value in values(value) {
                    match value {
                        Json::Null => {}
                        Json::String(text) => drop(query.append_pair(name, text)),
                        Json::Number(_) | Json::Bool(_) => drop(query.append_pair(name, &value.to_string())),
                        other => return Err(format!("`query.{name}` is {}; it must be a string", kind(other))),
                    }
                }
            }
            Ok(query.finish())
        }
        Fields::Other(other) => Err(format!("`query` is {}; it must be an object or a string", kind(other))),
    }
}

/// Headers of an object: a string each, or a list of strings; `null` takes one away.
pub(super) fn header_pairs(headers: &Fields) -> Result<Vec<(String, String)>, String> {
    let InOrder(fields) = match headers {
        Fields::Object(fields) => fields,
        Fields::Other(other) => return Err(format!("`headers` is {}; it must be an object", kind(other))),
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut bytes = 0;
    for (name, value) in fields {
        let shown: String = name.chars().take(64).collect();
        let Ok(known) = HeaderName::try_from(name.as_str()) else {
            return Err(format!("`{shown}` is no name of a header"));
        };
        pairs.retain(|(earlier, value)| {
            let stays = earlier != known.as_str();
            bytes -= if stays { 0 } else { earlier.len() + value.len() };
            stays
        });
        for value in values(value) {
            let text = match value {
                Json::Null => continue,
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                Json::Bool(truth) => truth.to_string(),
                other => return Err(format!("the header `{shown}` is {}; it must be a string", kind(other))),
            };
            if HeaderValue::from_str(&text).is_err() {
                return Err(format!("the header `{shown}` has line breaks or other control characters"));
            }
            bytes += known.as_str().len() + text.len();
            if pairs.len() == MOST_HEADERS || bytes > HEADER_BYTES {
                return Err(format!("there are at most {MOST_HEADERS} headers, of {HEADER_BYTES} bytes in all"));
            }
            pairs.push((known.as_str().to_owned(), text));
        }
    }
    Ok(pairs)
}
