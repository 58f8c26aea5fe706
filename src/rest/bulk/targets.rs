//! The filter of a bulk operation: that of the list, in JSON.

use hookyard_model::{BulkKind, ConnectionId, FieldError, Problem};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::{
    IntoParams as _, PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        path::Parameter,
        schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Type},
    },
};

use crate::rest::{
    input,
    query::{EventParams, RequestParams},
};

/// A filter of events.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct EventTargets(Map<String, Value>);

/// A filter of requests.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct RequestTargets(Map<String, Value>);

/// The filter of a list, by the parameters of that list.
pub(super) trait Targets {
    const KIND: BulkKind;

    fn parameters() -> Vec<Parameter>;
    fn given(self) -> Map<String, Value>;
}

impl Targets for EventTargets {
    const KIND: BulkKind = BulkKind::EventBulkRetry;

    fn parameters() -> Vec<Parameter> {
        EventParams::into_params(|| None)
    }

    fn given(self) -> Map<String, Value> {
        self.0
    }
}

impl Targets for RequestTargets {
    const KIND: BulkKind = BulkKind::RequestBulkRetry;

    fn parameters() -> Vec<Parameter> {
        RequestParams::into_params(|| None)
    }

    fn given(self) -> Map<String, Value> {
        self.0
    }
}

impl PartialSchema for EventTargets {
    fn schema() -> RefOr<Schema> {
        let webhook = ("webhook_id", "Another name of `destination_id`, or of `connection_id` where it has such ids.");
        schema_of::<Self>("Which events, by the parameters of `GET /v1/events`.", &[SEARCH_TERM, webhook])
    }
}

impl PartialSchema for RequestTargets {
    fn schema() -> RefOr<Schema> {
        schema_of::<Self>("Which requests, by the parameters of `GET /v1/requests`.", &[SEARCH_TERM])
    }
}

impl ToSchema for EventTargets {}
impl ToSchema for RequestTargets {}

const SEARCH_TERM: (&str, &str) = ("search_term", "Another name of `q`.");

/// An object with the parameters of a list as its fields, most of which may be lists.
fn schema_of<T: Targets>(description: &str, others: &[(&str, &str)]) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let mut all = ObjectBuilder::new()
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for Parameter { name, description, schema, .. } in T::parameters() {
        let Some(RefOr::T(Schema::Object(mut one))) = schema else { continue };
        let is_one = FLAGS.contains(&name.as_str()) || ONE.contains(&name.as_str()) || one.enum_values.is_some();
        all = if is_one {
            one.description = description;
            all.property(name, one)
        } else {
            let texts = ArrayBuilder::new().items(text()).min_items(Some(1));
            all.property(name, OneOfBuilder::new().description(description).item(text()).item(texts))
        };
    }
    for (name, description) in others {
        all = all.property(*name, text().description(Some(*description)));
    }
    all.into()
}

/// The filter of a list, from the names and values that its query takes.
pub(super) fn filter<F: Targets, T: DeserializeOwned>(given: F) -> Result<T, Problem> {
    let known: Vec<String> = F::parameters().into_iter().map(|parameter| parameter.name).collect();
    let mut filter = Map::new();
    for (name, value) in given.given() {
        let pointer = format!("/filter/{}", input::escaped(&name));
        let known_as = match (name.as_str(), F::KIND) {
            // A connection's by its first name, a webhook's by its own.
            ("webhook_id", BulkKind::EventBulkRetry) if names_connections(&value) => "connection_id",
            ("webhook_id", BulkKind::EventBulkRetry) => "destination_id",
            ("search_term", _) => "q",
            (name, _) => name,
        };
        if !known.iter().any(|known| known == known_as) {
            let detail = format!("there is no such filter; expected one of {}", known.join(", "));
            return Err(Problem::field(pointer, detail));
        }
        if filter.contains_key(known_as) {
            return Err(Problem::field(pointer, format!("is the same as {known_as}, which is there too")));
        }
        if let Some(value) = plain(known_as, value).map_err(|detail| Problem::field(pointer, detail))? {
            filter.insert(known_as.to_owned(), value);
        }
    }
    input::read(Value::Object(filter)).map_err(|problem| {
        let within = |error: FieldError| FieldError::new(format!("/filter{}", error.pointer), error.detail);
        Problem::invalid(problem.errors.into_iter().map(within).collect())
    })
}

/// Whether `value` is the id of a connection, or a list that begins with one.
fn names_connections(value: &Value) -> bool {
    let first = value.as_array().and_then(|ids| ids.first()).unwrap_or(value);
    first.as_str().is_some_and(|id| id.starts_with(ConnectionId::PREFIX))
}

/// The names that are true or false, and those that have one value.
const FLAGS: [&str; 4] = ["verified", "has_events", "has_ignored", "is_retry"];
const ONE: [&str; 4] = ["q", "from", "to", "batch_operation_scope"];

/// A value as a query has it, where several stand with commas between; none: it says nothing.
fn plain(name: &str, value: Value) -> Result<Option<Value>, &'static str> {
    const WRONG: &str = "expected a text, a number, true or false, or a list of texts";
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(WRONG),
    };
    match value {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(Value::Bool(value))),
        Value::String(word) if word.is_empty() => Ok(None),
        Value::String(word) if FLAGS.contains(&name) && (word == "true" || word == "false") => {
            Ok(Some(Value::Bool(word == "true")))
        }
        _ if FLAGS.contains(&name) => Err("must be true or false"),
        Value::Array(_) if ONE.contains(&name) => Err("has one value, not a list of them"),
        Value::Array(values) if values.is_empty() => Err("is empty; leave it out, or say what to send again"),
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().map(text).collect::<Result<_, _>>()?;
            Ok(Some(Value::String(texts.join(","))))
        }
        Value::Object(_) => Err(WRONG),
        value => text(&value).map(|text| Some(Value::String(text))),
    }
}
