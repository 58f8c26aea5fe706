//! Ids: a prefix that says of what, and a ULID, so that they sort by the time they were made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ulid::Ulid;

use crate::Timestamp;

/// A text that is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}_ and a ULID")]
pub struct BadId {
    text: String,
    expected: &'static str,
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every id of this kind starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            pub const fn new(unique: Ulid) -> Self {
                Self(unique)
            }

            pub const fn ulid(self) -> Ulid {
                self.0
            }

            /// The smallest id that can have been made at `time` (milliseconds count).
            pub fn first_at(time: Timestamp) -> Self {
                Self(Ulid::from_parts(time.millis().max(0).cast_unsigned(), 0))
            }

            /// When the id was made, in whole milliseconds.
            pub fn made_at(self) -> Timestamp {
                Timestamp::from_millis(self.0.timestamp_ms().cast_signed())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0; ulid::ULID_LEN];
                out.write_str(concat!($prefix, "_"))?;
                out.write_str(self.0.array_to_str(&mut buffer))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|ulid| ulid.len() == ulid::ULID_LEN)
                    .and_then(|ulid| Ulid::from_string(ulid).ok())
                    .map(Self)
                    // one spelling an id: what parses must print as it was written
                    .filter(|id| id.to_string() == text)
                    .ok_or_else(|| BadId { text: text.chars().take(64).collect(), expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "server")]
        text_column!($name);

        #[cfg(feature = "server")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9A-HJKMNP-TV-Z]{26}$")))
                    .into()
            }
        }

        #[cfg(feature = "server")]
        impl utoipa::ToSchema for $name {}
    )+};
}

id! {
    /// A team, which owns everything.
    TeamId = "tm",
    /// A person.
    UserId = "usr",
    /// A key pair; the id names it, it is not a secret.
    KeyId = "key",
    /// A source.
    SourceId = "src",
    /// A destination, and so a webhook.
    DestinationId = "des",
    /// A connection.
    ConnectionId = "con",
    /// A request.
    RequestId = "req",
    /// An event.
    EventId = "evt",
    /// An attempt.
    AttemptId = "att",
    /// A signing secret of a destination.
    SecretId = "sec",
    /// An event type of the catalogue.
    EventTypeId = "ety",
    /// A payload that the simulator keeps.
    SavedPayloadId = "spl",
    /// A receiver check.
    ReceiverCheckId = "chk",
    /// A notice about a webhook.
    NoticeId = "ntc",
    /// An entry of the audit log.
    AuditId = "aud",
    /// A transformation.
    TransformationId = "trs",
    /// One run of a transformation.
    TransformationRunId = "exe",
    /// A call of a source's upstream.
    ProxyExchangeId = "pex",
    /// A bulk operation.
    BulkOperationId = "bch",
    /// An issue: failures of one destination with one cause.
    IssueId = "iss",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_prefix_and_a_ulid_and_nothing_else() {
        let id = EventId::new(Ulid::from_parts(1_700_000_000_000, 7));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.made_at().millis(), 1_700_000_000_000);
        for bad in ["", "evt_", "req_01HF7YAT00000000000000000", "evt_01hf7yat000000000000000007", "evt_é"] {
            assert!(bad.parse::<EventId>().is_err(), "{bad}");
        }
    }
}
