//! Connections: one source to one destination, with rules.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Commas, ConnectionId, DestinationId, FieldError, OrderBy, Payload, RequestId, Rule, SourceId, TeamId, Timestamp,
    rule_mistakes, source::name_mistakes,
};

/// One end of a connection, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct End<Id> {
    pub id: Id,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// A connection as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Connection {
    pub id: ConnectionId,
    pub team_id: TeamId,
    pub name: String,
    pub description: Option<String>,
    pub source_id: SourceId,
    pub destination_id: DestinationId,
    pub source: End<SourceId>,
    pub destination: End<DestinationId>,
    /// The event types that pass; all of them when absent.
    pub event_types: Option<Vec<String>>,
    pub rules: Vec<Rule>,
    /// Since when its events are held.
    pub paused_at: Option<Timestamp>,
    /// Since when it makes no events.
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a team says of a connection when it makes or replaces one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectionInput {
    /// 1 to 155 characters, unique for its source.
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    pub source_id: SourceId,
    pub destination_id: DestinationId,
    /// The event types that pass; all of them when absent.
    #[serde(default)]
    pub event_types: Option<Vec<String>>,
    /// Deduplicate, transform, filter, delay and retry rules, which are put into this order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    #[serde(default)]
    pub paused_at: Option<Timestamp>,
    #[serde(default)]
    pub disabled_at: Option<Timestamp>,
}

/// Which connections are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub id: Commas<ConnectionId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub source_id: Commas<SourceId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub destination_id: Commas<DestinationId>,
    /// What the name, the description, the id or the name of an end has in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "OrderBy::is_usual")]
    pub order_by: OrderBy,
}

impl ConnectionInput {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = name_mistakes(&self.name);
        mistakes.extend(rule_mistakes(&self.rules));
        if let Some(types) = &self.event_types {
            mistakes.extend(event_type_mistakes(types));
        }
        mistakes
    }
}

/// What is wrong with a choice of event types.
pub(crate) fn event_type_mistakes(types: &[String]) -> Vec<FieldError> {
    let wrong = |(index, name): (usize, &String)| {
        let pointer = format!("/event_types/{index}");
        (!crate::event_type::is_event_type_name(name))
            .then(|| FieldError::new(pointer, format!("`{name}` is not an event type name such as invoice.paid")))
    };
    types.iter().enumerate().filter_map(wrong).collect()
}

/// The last request that a connection's source took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct LatestInput {
    pub connection_id: ConnectionId,
    pub request_id: Option<RequestId>,
    pub latest_input: Option<Payload>,
}

/// Reads the pair `auth_type`, `auth` into a tagged enum.
pub(crate) fn tagged_auth<T: DeserializeOwned>(
    auth_type: Option<String>,
    auth: Option<serde_json::Value>,
    known: &str,
) -> Result<Option<T>, String> {
    let Some(auth_type) = auth_type else {
        return match auth {
            None | Some(serde_json::Value::Null) => Ok(None),
            Some(_) => Err(format!("`auth` needs an `auth_type`, one of {known}")),
        };
    };
    if !known.split(", ").any(|word| word == auth_type) {
        return Err(format!("`auth_type`: `{auth_type}` is not one of {known}"));
    }
    let auth = auth.unwrap_or_else(|| serde_json::json!({}));
    if !auth.is_object() {
        return Err("`auth` is an object".to_owned());
    }
    let tagged = serde_json::json!({ "auth_type": auth_type, "auth": auth });
    serde_json::from_value(tagged).map(Some).map_err(|error| format!("`auth`: {error}"))
}

/// Writes a tagged enum as the pair `auth_type`, `auth`.
pub(crate) fn auth_fields<T: Serialize>(auth: Option<&T>) -> (Option<String>, Option<serde_json::Value>) {
    let Some(Ok(serde_json::Value::Object(mut tagged))) = auth.map(serde_json::to_value) else {
        return (None, None);
    };
    let kind = tagged.get("auth_type").and_then(serde_json::Value::as_str).map(str::to_owned);
    (kind, tagged.remove("auth"))
}
