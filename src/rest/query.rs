//! What a list's query asks for.

use std::borrow::Cow;

use axum::{extract::FromRequestParts, http::request::Parts};
use hookyard_model::{
    AttemptHistogram, AttemptId, AuditAction, BulkOperationId, ConnectionId, DestinationId, ErrorCode, EventId,
    OrderBy, PageQuery, Problem, RejectionCause, RequestId, SourceId, TransformationId, Trigger,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::{
    IntoParams, PartialSchema,
    openapi::{
        RefOr, Required, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
    },
};

use super::{answer::Refused, input};

/// A query as a `T`; parameters that `T` does not know are left alone. Its list runs by the time rows were made.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(by_time(parts.uri.query().unwrap_or_default())?))
    }
}

/// The same of a list that runs in the order that is asked for.
pub(super) struct Ordered<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Ordered<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(parse(parts.uri.query().unwrap_or_default())?))
    }
}

fn by_time<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let other = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
        name == "order_by" && !value.is_empty() && value != OrderBy::CreatedAt.as_str()
    };
    match form_urlencoded::parse(query.as_bytes()).find(other) {
        Some((name, value)) => {
            Err(Problem::field(name, format!("`{}` is not created_at, the only order", brief(&value))))
        }
        None => parse(query),
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut found = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
        let (name, value) = known(&name, &value)?;
        match found.get_mut(&name) {
            // What stands more than once is as if it were separated by commas.
            Some(Value::String(earlier)) => {
                if let Value::String(value) = value {
                    earlier.push(',');
                    earlier.push_str(&value);
                }
            }
            _ => {
                found.insert(name, value);
            }
        }
    }
    input::read(Value::Object(found)).map_err(by_name)
}

/// A parameter by its own name where it came by another, and as what it stands for.
fn known(name: &str, value: &str) -> Result<(String, Value), Problem> {
    let name = match name {
        "next" | "prev" => "cursor",
        "search_term" => "q",
        name => name,
    };
    let value = match name {
        "limit" => number(name, value, PageQuery::MAX_LIMIT)?,
        "buckets" => number(name, value, AttemptHistogram::MOST_BUCKETS)?,
        "verified" | "has_events" | "has_ignored" | "is_retry" | "event_summary" | "include_metrics" => match value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(Problem::field(name, format!("`{}` is not true or false", brief(value)))),
        },
        _ => Value::from(value),
    };
    Ok((name.to_owned(), value))
}

/// A number from 1 to `most`.
fn number(name: &str, value: &str, most: u32) -> Result<Value, Problem> {
    match value.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(Value::from(number)),
        _ => Err(Problem::field(name, format!("`{}` is not 1 to {most}", brief(value)))),
    }
}

fn brief(value: &str) -> String {
    value.chars().take(64).collect()
}

/// A query's problem points to a parameter by its name alone.
fn by_name(problem: Problem) -> Problem {
    let name = |mut error: hookyard_model::FieldError| {
        error.pointer = error.pointer.trim_start_matches('/').to_owned();
        error
    };
    Problem::invalid(problem.errors.into_iter().map(name).collect())
}

/// The parameters of every list.
pub(super) struct PageParams;

impl IntoParams for PageParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(PageQuery::MAX_LIMIT))
            .default(Some(PageQuery::DEFAULT_LIMIT.into()));
        vec![
            text("cursor", "The place to go on from: `next` or `prev` of a page's `pagination`."),
            parameter("limit", "How many rows at most.", limit.into()),
            parameter("dir", "Newest first, or oldest first.", words(&["desc", "asc"])),
            parameter("order_by", "The only order there is.", words(&["created_at"])),
        ]
    }
}

/// The parameters of lists of what is configured.
pub(super) struct OrderedParams;

impl IntoParams for OrderedParams {
    fn into_params(of: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = PageParams::into_params(of);
        parameters.retain(|parameter| parameter.name != "order_by");
        let orders: Vec<_> = OrderBy::ALL.iter().map(|order| order.as_str()).collect();
        parameters.push(parameter("order_by", "By what the list runs; `created_at` when absent.", words(&orders)));
        parameters
    }
}

/// Which destinations.
pub(super) struct DestinationParams;

impl IntoParams for DestinationParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            text("q", "Text that stands in the name, the description or the URL, or the whole id."),
            flag("include_metrics", "Whether to count the attempts of the last 24 hours."),
        ]
    }
}

/// Which requests.
pub(super) struct RequestParams;

impl IntoParams for RequestParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            ids::<RequestId>("id"),
            ids::<SourceId>("source_id"),
            parameter("status", "Whether they were let in.", words(&["accepted", "rejected"])),
            flag("verified", "Whether their source checked who sent them."),
            text("rejection_cause", &one_or_more(RejectionCause::ALL)),
            text("method", "One or more HTTP methods, separated by commas."),
            ids::<ConnectionId>("connection_id"),
            text("event_status", "With an event in one or more of these states, separated by commas."),
            flag("has_events", "Whether they made events."),
            flag("has_ignored", "Whether some connection ignored them."),
            flag("is_retry", "Whether they are replays."),
            parameter("retry_kind", "How they were replayed.", words(&["single", "bulk"])),
            ids::<BulkOperationId>("batch_operation_id"),
            operation_scope(),
        ];
        parameters.extend(time_and_text("the id, the event type, the path or the body"));
        parameters
    }
}

/// Which events.
pub(super) struct EventParams;

impl IntoParams for EventParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            ids::<EventId>("id"),
            text(
                "status",
                "One or more of SCHEDULED, QUEUED, HOLD, SUCCESSFUL, FAILED, CANCELLED, separated by commas.",
            ),
            ids::<RequestId>("request_id"),
            ids::<SourceId>("source_id"),
            ids::<ConnectionId>("connection_id"),
            ids::<DestinationId>("destination_id"),
            text("error_code", &one_or_more(ErrorCode::ALL)),
            flag("is_retry", "Whether they were sent again on demand."),
            ids::<BulkOperationId>("batch_operation_id"),
            operation_scope(),
        ];
        parameters.extend(time_and_text("the id, the webhook id, the event type or the last failure"));
        parameters
    }
}

/// Which attempts.
pub(super) struct AttemptParams;

impl IntoParams for AttemptParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            ids::<AttemptId>("id"),
            ids::<EventId>("event_id"),
            ids::<DestinationId>("destination_id"),
            parameter("status", "How they ended.", words(&["SUCCESSFUL", "FAILED"])),
            text("event_type", "One or more event types, separated by commas."),
            text(
                "response_status",
                "One or more of a status such as `503`, a class such as `5xx`, and `none` for attempts without an \
                 answer, separated by commas.",
            ),
            text("error_code", &one_or_more(ErrorCode::ALL)),
            text("trigger", &one_or_more(Trigger::ALL)),
        ];
        parameters.extend(time_and_text(
            "the ids, the event type, the error, the payload as it was taken in or the answer's body",
        ));
        parameters
    }
}

/// Which entries of the audit log.
pub(super) struct AuditParams;

impl IntoParams for AuditParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let actions: Vec<_> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        vec![
            text("subject", "The id of what it was done to, such as a webhook's."),
            parameter("action", "What was done.", words(&actions)),
        ]
    }
}

/// Which runs of a transformation.
pub(super) struct RunParams;

impl IntoParams for RunParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![ids::<EventId>("event_id"), parameter("status", "How they ended.", words(&["SUCCESSFUL", "FAILED"]))]
    }
}

/// Which sources.
pub(super) struct SourceParams;

impl IntoParams for SourceParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            parameter("status", "Whether they take requests in.", words(&["enabled", "disabled"])),
            text("type", "What kind they are, such as GITHUB."),
            text("q", "A text in the name, the description, the type or the id."),
        ]
    }
}

/// Which connections.
pub(super) struct ConnectionParams;

impl IntoParams for ConnectionParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            ids::<ConnectionId>("id"),
            ids::<SourceId>("source_id"),
            ids::<DestinationId>("destination_id"),
            text("q", "A text in the name, the description, the id, or the name of the source or the destination."),
        ]
    }
}

/// Which transformations.
pub(super) struct TransformationParams;

impl IntoParams for TransformationParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![ids::<TransformationId>("id"), text("q", "A text in the name or the id.")]
    }
}

/// What of a bulk operation is wanted.
pub(super) fn operation_scope() -> Parameter {
    let said =
        "Of `batch_operation_id`: what was to be sent again, what was made of it, or both, as when it is absent.";
    parameter("batch_operation_scope", said, words(&["targets", "retries", "related"]))
}

/// Into how many buckets a histogram is cut.
#[derive(Deserialize)]
pub(super) struct Buckets {
    #[serde(default = "default_buckets")]
    pub(super) buckets: u32,
}

const fn default_buckets() -> u32 {
    AttemptHistogram::DEFAULT_BUCKETS
}

/// Into how many buckets.
pub(super) struct BucketParams;

impl IntoParams for BucketParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let buckets = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(AttemptHistogram::MOST_BUCKETS))
            .default(Some(AttemptHistogram::DEFAULT_BUCKETS.into()));
        vec![parameter("buckets", "About how many buckets; their length is rounded up.", buckets.into())]
    }
}

pub(super) fn one_or_more(words: &[impl std::fmt::Display]) -> String {
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    format!("One or more of {}, separated by commas.", words.join(", "))
}

fn time_and_text(places: &str) -> [Parameter; 3] {
    [
        text("from", "Made then or later: RFC 3339, or relative such as `now-24h` (units s, m, h, d)."),
        text("to", "Made then or earlier: RFC 3339, or relative."),
        text("q", &format!("Text that stands in {places}. `search_term` is another name for it.")),
    ]
}

pub(super) fn ids<Id: PartialSchema>(name: &str) -> Parameter {
    let one = match Id::schema() {
        RefOr::T(Schema::Object(object)) => object.pattern.unwrap_or_default(),
        _ => String::new(),
    };
    let prefix = one.trim_start_matches('^').split('_').next().unwrap_or_default().to_owned();
    text(name, &format!("One or more ids (`{prefix}_…`), separated by commas."))
}

pub(super) fn text(name: &str, description: &str) -> Parameter {
    parameter(name, description, ObjectBuilder::new().schema_type(Type::String).into())
}

fn flag(name: &str, description: &str) -> Parameter {
    parameter(name, description, ObjectBuilder::new().schema_type(Type::Boolean).into())
}

pub(super) fn words(words: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).into()
}

pub(super) fn parameter(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use hookyard_model::{AttemptFilter, Cursor, Direction, EventFilter, EventStatus, TimeBound};

    use super::*;

    #[test]
    fn a_page_is_asked_for_by_cursor_limit_and_direction() {
        let cursor = Cursor { back: true, id: "evt_1".to_owned() };
        for name in ["cursor", "next", "prev"] {
            let page: PageQuery = parse(&format!("{name}={cursor}&limit=7&dir=asc&order_by=created_at&x=1")).unwrap();
            assert_eq!(page, PageQuery { cursor: Some(cursor.clone()), limit: Some(7), dir: Direction::Asc });
        }
        assert_eq!(parse::<PageQuery>("cursor=&limit=").unwrap(), PageQuery::default());
    }

    #[test]
    fn ids_and_words_may_be_many_and_repeat() {
        let filter: EventFilter =
            parse("status=FAILED,HOLD&status=QUEUED&from=now-24h&search_term=a%20b&destination_id=").unwrap();
        assert_eq!(filter.status.0, [EventStatus::Failed, EventStatus::Hold, EventStatus::Queued]);
        assert_eq!(filter.q.as_deref(), Some("a b"));
        assert!(matches!(filter.from, Some(TimeBound::BeforeNow(_))));
        assert!(filter.destination_id.is_empty());
    }

    #[test]
    fn a_bad_parameter_is_named() {
        for (query, name) in [
            ("limit=0", "limit"),
            ("limit=256", "limit"),
            ("limit=ten", "limit"),
            ("order_by=name", "order_by"),
            ("dir=up", "dir"),
            ("cursor=%00", "cursor"),
        ] {
            let problem = by_time::<PageQuery>(query).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, name), "{query}");
            assert!(problem.detail.starts_with(name), "{}", problem.detail);
        }
        for (query, name) in [
            ("from=yesterday", "from"),
            ("status=LOST", "status"),
            ("event_id=des_1", "event_id"),
            ("response_status=6xx", "response_status"),
            ("response_status=503,many", "response_status"),
            ("error_code=OOPS", "error_code"),
            ("trigger=INITIAL,WHIM", "trigger"),
        ] {
            assert_eq!(parse::<AttemptFilter>(query).unwrap_err().errors[0].pointer, name, "{query}");
        }
    }
}
