//! `/v1/events/bulk_operations` and `/v1/requests/bulk_operations`: all that a filter finds, sent again.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use hookyard_model::{
    Actor, BulkBucket, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkOperation, BulkOperationId,
    BulkPreview, BulkTargets, FieldError, Page, PageQuery, Problem, RatePeriod,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::{IntoParams as _, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created},
    caller::Caller,
    input::{self, Id, Input},
    query::{EventParams, PageParams, Query, RequestParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list_events, start_events))
        .routes(routes!(read_events, limit_events))
        .routes(routes!(items_events))
        .routes(routes!(pause_events))
        .routes(routes!(resume_events))
        .routes(routes!(cancel_events))
        .routes(routes!(list_requests, start_requests))
        .routes(routes!(read_requests, limit_requests))
        .routes(routes!(items_requests))
        .routes(routes!(pause_requests))
        .routes(routes!(resume_requests))
        .routes(routes!(cancel_requests))
}

/// A bulk operation to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBulkOperation {
    /// As of the list: each name with a value, several with commas between or as a list.
    #[schema(value_type = Object)]
    filter: Map<String, Value>,
    /// At most so many in a period, 1 to 10,000. Without it, as fast as the receivers bear.
    #[serde(default)]
    rate_limit: Option<u32>,
    #[serde(default)]
    rate_limit_period: Option<RatePeriod>,
    /// Whether only to say what it would do.
    #[serde(default)]
    dry_run: bool,
    /// Why it is to run although no single retry succeeded since the last failure. Only people need it.
    #[serde(default)]
    unproven: Option<String>,
}

impl NewBulkOperation {
    fn read(self, kind: BulkKind) -> Result<(BulkInput, bool), Problem> {
        let targets = match kind {
            BulkKind::EventBulkRetry => BulkTargets::Events(Box::new(filter(self.filter, kind)?)),
            BulkKind::RequestBulkRetry => BulkTargets::Requests(Box::new(filter(self.filter, kind)?)),
        };
        let limit = limit(self.rate_limit, self.rate_limit_period)?;
        Ok((BulkInput { targets, limit, unproven: self.unproven }, self.dry_run))
    }
}

fn limit(rate: Option<u32>, period: Option<RatePeriod>) -> Result<Option<BulkLimit>, Problem> {
    match (rate, period) {
        (Some(rate_limit), period) => {
            Ok(Some(BulkLimit { rate_limit, rate_limit_period: period.unwrap_or(RatePeriod::Second) }))
        }
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Problem::field("/rate_limit", "is missing; a period alone is no limit")),
    }
}

/// The filter of a list, from the names and values that its query takes.
fn filter<T: DeserializeOwned>(given: Map<String, Value>, kind: BulkKind) -> Result<T, Problem> {
    let known: Vec<String> = match kind {
        BulkKind::EventBulkRetry => EventParams::into_params(|| None),
        BulkKind::RequestBulkRetry => RequestParams::into_params(|| None),
    }
    .into_iter()
    .map(|parameter| parameter.name)
    .collect();
    let mut filter = Map::new();
    for (name, value) in given {
        let pointer = format!("/filter/{}", input::escaped(&name));
        let known_as = match (name.as_str(), kind) {
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

/// The names that are true or false.
const FLAGS: [&str; 4] = ["verified", "has_events", "has_ignored", "is_retry"];

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
        Value::Array(values) if values.is_empty() => Err("is empty; leave it out, or say what to send again"),
        Value::Array(values) => {
            let texts: Vec<_> = values.iter().map(text).collect::<Result<_, _>>()?;
            Ok(Some(Value::String(texts.join(","))))
        }
        Value::Object(_) => Err(WRONG),
        value => text(&value).map(|text| Some(Value::String(text))),
    }
}

/// Which operations.
#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    bucket: BulkBucket,
}

/// Which items.
#[derive(Deserialize)]
struct WhichItems {
    #[serde(default)]
    status: Option<BulkItemStatus>,
}

/// A new limit of a bulk operation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkChange {
    /// At most so many in a period, 1 to 10,000; null lifts the limit.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    rate_limit: Option<u32>,
    #[serde(default)]
    rate_limit_period: Option<RatePeriod>,
}

/// What must be there, be it null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(deserializer)
}

async fn start(yard: &Yard, who: &Actor, new: NewBulkOperation, kind: BulkKind) -> Answer<Response> {
    let (input, dry_run) = new.read(kind)?;
    if dry_run {
        return Ok(Json(yard.preview_bulk(who, &input).await?).into_response());
    }
    let operation = yard.start_bulk(who, &input).await?;
    let list = match kind {
        BulkKind::EventBulkRetry => "events",
        BulkKind::RequestBulkRetry => "requests",
    };
    let at = format!("/v1/{list}/bulk_operations/{}", operation.id);
    Ok(Created(at, operation).into_response())
}

/// The operation, when it is of this kind.
async fn find(yard: &Yard, who: &Actor, id: BulkOperationId, kind: BulkKind) -> Answer<BulkOperation> {
    let found = yard.bulk_operation(who, id).await?;
    if found.kind == kind { Ok(found) } else { Err(Problem::not_found("bulk operation", id).into()) }
}

async fn change(
    yard: &Yard,
    who: &Actor,
    (id, kind): (BulkOperationId, BulkKind),
    change: BulkChange,
) -> Answer<Json<BulkOperation>> {
    find(yard, who, id, kind).await?;
    let limit = match change.rate_limit {
        Some(_) => limit(change.rate_limit, change.rate_limit_period)?,
        None => None,
    };
    Ok(Json(yard.limit_bulk(who, id, limit).await?))
}

/// Both lists have the same calls, of operations of their own.
macro_rules! calls {
    ($kind:expr, $tag:literal, $base:literal, $what:literal, $left_out:literal,
        $list:ident, $start:ident, $read:ident, $limit:ident, $items:ident, $pause:ident, $resume:ident, $cancel:ident) => {
        #[utoipa::path(
            get, path = $base, tag = $tag, operation_id = concat!("list_bulk_", $what),
            summary = concat!("List bulk operations of ", $what),
            params(
                PageParams,
                ("bucket" = inline(Option<BulkBucket>), Query, description = "Those that go on, those that have ended, or all."),
            ),
            responses((status = 200, body = Page<BulkOperation>)),
        )]
        async fn $list(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Query(page): Query<PageQuery>,
            Query(Which { bucket }): Query<Which>,
        ) -> Answer<Json<Page<BulkOperation>>> {
            Ok(Json(yard.bulk_operations(&who, Some($kind), bucket, &page).await?))
        }

        #[utoipa::path(
            post, path = $base, tag = $tag, operation_id = concat!("start_bulk_", $what),
            summary = concat!("Send many ", $what, " again"),
            description = concat!("All that the filter finds now and that does not wait for a try of its own, below what is live \
                and at a pace that the receivers bear. What was delivered since by another way is skipped, unless it is asked \
                for by its id or by its state. ", $left_out, " With `dry_run` nothing is sent, and the answer says what would \
                be. A filter has at most 1,000 values of each name, and at most 20 operations go on at a time."),
            request_body = NewBulkOperation,
            responses((status = 201, body = BulkOperation), (status = 200, body = BulkPreview)),
        )]
        async fn $start(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Input(new): Input<NewBulkOperation>,
        ) -> Answer<Response> {
            start(&yard, &who, new, $kind).await
        }

        #[utoipa::path(
            get, path = concat!($base, "/{id}"), tag = $tag, operation_id = concat!("read_bulk_", $what),
            summary = concat!("Read a bulk operation of ", $what), params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $read(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
        ) -> Answer<Json<BulkOperation>> {
            Ok(Json(find(&yard, &who, id, $kind).await?))
        }

        #[utoipa::path(
            patch, path = concat!($base, "/{id}"), tag = $tag, operation_id = concat!("limit_bulk_", $what),
            summary = concat!("Limit a bulk operation of ", $what), params(("id" = BulkOperationId, Path)),
            request_body = BulkChange, responses((status = 200, body = BulkOperation)),
        )]
        async fn $limit(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            Input(to): Input<BulkChange>,
        ) -> Answer<Json<BulkOperation>> {
            change(&yard, &who, (id, $kind), to).await
        }

        #[utoipa::path(
            get, path = concat!($base, "/{id}/items"), tag = $tag, operation_id = concat!("list_bulk_items_of_", $what),
            summary = concat!("List the items of a bulk operation of ", $what),
            description = "What is sent again, each with what came of it. `dir=asc` is their own order.",
            params(
                ("id" = BulkOperationId, Path), PageParams,
                ("status" = Option<BulkItemStatus>, Query, description = "Only those in this state."),
            ),
            responses((status = 200, body = Page<BulkItem>)),
        )]
        async fn $items(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            Query(page): Query<PageQuery>,
            Query(WhichItems { status }): Query<WhichItems>,
        ) -> Answer<Json<Page<BulkItem>>> {
            find(&yard, &who, id, $kind).await?;
            Ok(Json(yard.bulk_items(&who, id, status, &page).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/pause"), tag = $tag, operation_id = concat!("pause_bulk_", $what),
            summary = concat!("Pause a bulk operation of ", $what), params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $pause(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, $kind).await?;
            Ok(Json(yard.pause_bulk(&who, id).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/resume"), tag = $tag, operation_id = concat!("resume_bulk_", $what),
            summary = concat!("Resume a bulk operation of ", $what), params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $resume(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, $kind).await?;
            Ok(Json(yard.resume_bulk(&who, id).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/cancel"), tag = $tag, operation_id = concat!("cancel_bulk_", $what),
            summary = concat!("Cancel a bulk operation of ", $what),
            description = "When the answer comes, nothing of it is sent any more. What was sent stays sent.",
            params(("id" = BulkOperationId, Path)), responses((status = 200, body = BulkOperation)),
        )]
        async fn $cancel(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, $kind).await?;
            Ok(Json(yard.cancel_bulk(&who, id).await?))
        }
    };
}

calls!(
    BulkKind::EventBulkRetry,
    "Events",
    "/v1/events/bulk_operations",
    "events",
    "Cancelled events are left out unless `status` or `id` asks for them.",
    list_events,
    start_events,
    read_events,
    limit_events,
    items_events,
    pause_events,
    resume_events,
    cancel_events
);
calls!(
    BulkKind::RequestBulkRetry,
    "Requests",
    "/v1/requests/bulk_operations",
    "requests",
    "Rejected requests are left out unless `status`, `rejection_cause`, `id` or `batch_operation_id` asks for them.",
    list_requests,
    start_requests,
    read_requests,
    limit_requests,
    items_requests,
    pause_requests,
    resume_requests,
    cancel_requests
);
