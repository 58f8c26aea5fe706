//! The envelope that published events travel in: `api_mode`, `date`, `id`, `type`, `data`.
//!
//! It is made anew for each attempt, since `date` is the attempt's; from the same request and instant it always comes
//! out byte for byte the same, so the log shows what was sent without a second copy of it.

use std::{borrow::Cow, fmt};

use hookyard_model::{Mode, Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The fields that Hookyard fills in.
const OURS: [&str; 5] = ["api_mode", "date", "id", "type", "data"];

/// The fields of an object in their order, values as they were written.
pub(crate) struct Fields<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::with_capacity(4);
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The body of an attempt: the stored bytes as they are, or the envelope around their `data`.
pub(crate) fn sent_body(
    enveloped: bool,
    stored: &[u8],
    mode: Mode,
    webhook_id: &str,
    event_type: Option<&str>,
    sent_at: Timestamp,
) -> Vec<u8> {
    let envelope = || {
        let Fields(fields) = serde_json::from_slice(stored).ok()?;
        let data = fields.iter().find(|(name, _)| name == "data").map_or("null", |(_, data)| data.get());
        let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let (id, kind) = (text(webhook_id), text(event_type.unwrap_or_default()));
        let mut body =
            format!(r#"{{"api_mode":"{mode}","date":"{sent_at}","id":{id},"type":{kind},"data":{data}"#).into_bytes();
        for (name, value) in fields.iter().filter(|(name, _)| !OURS.contains(&name.as_ref())) {
            body.extend_from_slice(format!(",{}:{}", text(name), value.get()).as_bytes());
        }
        body.push(b'}');
        Some(body)
    };
    // Bodies are checked when they are taken in, so one that does not fit was not ours to change.
    if enveloped { envelope().unwrap_or_else(|| stored.to_vec()) } else { stored.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_keeps_its_bytes_and_the_date_is_the_attempts() {
        let stored =
            br#"{ "type":"a.b", "data": {"n": 1.50, "big":12345678901234567890123} , "id":"x", "more": [1.0]}"#;
        let body = sent_body(true, stored, Mode::Test, "x", Some("a.b"), Timestamp::from_millis(0));
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"api_mode":"test","date":"1970-01-01T00:00:00.000Z","id":"x","type":"a.b","data":{"n": 1.50, "big":12345678901234567890123},"more":[1.0]}"#
        );
        assert_eq!(sent_body(false, b"\xff", Mode::Live, "x", None, Timestamp::from_millis(0)), b"\xff");
    }
}
