//! Single values out of a JSON body, without keeping the rest of it.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::Refused;

/// The text or number at a pointer such as `/signature/token`. A name that stands twice on the way is refused, since others
/// may read the other.
pub(super) fn scalar(body: &[u8], pointer: &str) -> Result<String, Refused> {
    find(body, pointer)?.ok_or_else(|| format!("there is no {pointer} in the body"))
}

/// The same; none where there is no text or number.
pub(super) fn find(body: &[u8], pointer: &str) -> Result<Option<String>, Refused> {
    let path: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let found = Seek(&path).deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
    found.map_err(|error| format!("the body cannot be read as JSON: {error}"))
}

/// Looks for what is at a path of names.
struct Seek<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = Option<String>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match self.0.split_first() {
                Some((first, rest)) if *first == name => {
                    let before = found.replace(map.next_value_seed(Seek(rest))?);
                    if before.is_some() {
                        return Err(A::Error::custom(format_args!("`{first}` stands twice")));
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found.flatten())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// The `clientState` of each of Microsoft Graph's notifications, at least one.
pub(super) fn client_states(body: &[u8]) -> Result<Vec<Cow<'_, str>>, Refused> {
    #[derive(Deserialize)]
    struct Notifications<'a> {
        #[serde(borrow)]
        value: Vec<Notification<'a>>,
    }
    #[derive(Deserialize)]
    struct Notification<'a> {
        #[serde(borrow, rename = "clientState")]
        client_state: Option<Cow<'a, str>>,
    }
    let read: Notifications<'_> =
        serde_json::from_slice(body).map_err(|error| format!("the body is not a list of notifications: {error}"))?;
    if read.value.is_empty() {
        return Err("the body has no notification".to_owned());
    }
    let states: Option<Vec<_>> = read.value.into_iter().map(|one| one.client_state).collect();
    states.ok_or_else(|| "a notification has no clientState".to_owned())
}

/// Whether the body is a JSON object with this list, which is empty.
pub(super) fn has_empty_list(body: &[u8], name: &str) -> bool {
    let Ok(object) = serde_json::Deserializer::from_slice(body).deserialize_map(EmptyList(name)) else { return false };
    object
}

struct EmptyList<'a>(&'a str);

impl<'de> Visitor<'de> for EmptyList<'_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut is_empty = false;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name == self.0 {
                is_empty = map.next_value::<Vec<IgnoredAny>>()?.is_empty();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(is_empty)
    }
}
