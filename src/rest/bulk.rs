//! `/v1/events/bulk_operations` and `/v1/requests/bulk_operations`: all that a filter finds, sent again.

mod targets;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use hookyard_model::{
    Actor, BulkBucket, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkOperation, BulkOperationId,
    BulkPreview, BulkTargets, Page, PageQuery, Problem, RatePeriod,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::targets::{EventTargets, RequestTargets, Targets, filter};
use super::{
    Yard,
    answer::{Answer, Created},
    caller::Caller,
    input::{Id, Input, Nothing},
    query::{PageParams, Query},
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
struct NewBulkOperation<F> {
    /// What to send again, by the parameters of the list: each with a value, several as a list or with commas between.
    /// Empty, it finds all there is. A parameter that is unknown is refused.
    filter: F,
    /// At most so many in a period, to all destinations together. Without it, as fast as the receivers bear.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_000)]
    rate_limit: Option<u32>,
    /// What `rate_limit` counts over: a second when it is absent.
    #[serde(default)]
    rate_limit_period: Option<RatePeriod>,
    /// Whether only to say what it would do: nothing is made, and 200 answers with a preview.
    #[serde(default)]
    #[schema(default = false)]
    dry_run: Option<bool>,
    /// Why it is to run although no single retry succeeded since the last failure. People need it in the dashboard; a key
    /// does not, and it is only written down.
    #[serde(default)]
    #[schema(max_length = 500)]
    unproven: Option<String>,
}

impl<F: Targets> NewBulkOperation<F> {
    fn read(self) -> Result<(BulkInput, bool), Problem> {
        let targets = match F::KIND {
            BulkKind::EventBulkRetry => BulkTargets::Events(Box::new(filter::<F, _>(self.filter)?)),
            BulkKind::RequestBulkRetry => BulkTargets::Requests(Box::new(filter::<F, _>(self.filter)?)),
        };
        let limit = limit(self.rate_limit, self.rate_limit_period)?;
        Ok((BulkInput { targets, limit, unproven: self.unproven, once: None }, self.dry_run == Some(true)))
    }
}

fn limit(rate: Option<u32>, period: Option<RatePeriod>) -> Result<Option<BulkLimit>, Problem> {
    match (rate, period) {
        (Some(rate_limit), period) => {
            Ok(Some(BulkLimit { rate_limit, rate_limit_period: period.unwrap_or(RatePeriod::Second) }))
        }
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Problem::field("/rate_limit", "is missing or null; a period alone is no limit")),
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
    /// At most so many in a period, to all destinations together; null lifts the limit.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>, required = true, minimum = 1, maximum = 10_000)]
    rate_limit: Option<u32>,
    /// What `rate_limit` counts over: a second when it is absent.
    #[serde(default)]
    rate_limit_period: Option<RatePeriod>,
}

/// What must be there, be it null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(deserializer)
}

async fn start<F: Targets>(yard: &Yard, who: &Actor, new: NewBulkOperation<F>) -> Answer<Response> {
    let (input, dry_run) = new.read()?;
    if dry_run {
        return Ok(Json(yard.preview_bulk(who, &input).await?).into_response());
    }
    let operation = yard.start_bulk(who, &input).await?;
    let list = match F::KIND {
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
    let limit = limit(change.rate_limit, change.rate_limit_period)?;
    Ok(Json(yard.limit_bulk(who, id, limit).await?))
}

/// Both lists have the same calls, of operations of their own.
macro_rules! calls {
    ($targets:ty, $tag:literal, $base:literal, $what:literal, $left_out:literal,
        $list:ident, $start:ident, $read:ident, $limit:ident, $items:ident, $pause:ident, $resume:ident, $cancel:ident) => {
        #[utoipa::path(
            get, path = $base, tag = $tag, operation_id = concat!("list_bulk_", $what),
            summary = concat!("List bulk operations of ", $what),
            description = "Newest first, with how each does at each of its destinations.",
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
            Ok(Json(yard.bulk_operations(&who, Some(<$targets>::KIND), bucket, &page).await?))
        }

        #[utoipa::path(
            post, path = $base, tag = $tag, operation_id = concat!("start_bulk_", $what),
            summary = concat!("Send many ", $what, " again"),
            description = concat!("All that the filter finds now and that does not wait for a try of its own, below what is live \
                and at a pace that the receivers bear. What that is is fixed when the operation is made, and written down \
                before anything is sent; `total_count` says how many there are. What was delivered since by another way is \
                skipped, unless it is asked for by its id or by its state. ", $left_out, "\n\n\
                With `dry_run` nothing is sent, and the answer says what would be: how many, where to, how long it takes and \
                what that estimate rests on, and what stands in the way.\n\n\
                A filter has at most 1,000 values of each name. At most 20 operations of each mode go on at a time; one more \
                is 409. A second call starts a second operation; give an `Idempotency-Key` where a call may be repeated."),
            request_body = NewBulkOperation<$targets>,
            responses((status = 201, body = BulkOperation), (status = 200, body = BulkPreview)),
        )]
        async fn $start(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Input(new): Input<NewBulkOperation<$targets>>,
        ) -> Answer<Response> {
            start(&yard, &who, new).await
        }

        #[utoipa::path(
            get, path = concat!($base, "/{id}"), tag = $tag, operation_id = concat!("read_bulk_", $what),
            summary = concat!("Read a bulk operation of ", $what),
            description = "Where it is, what its items came to, and how fast each destination is sent to just now.",
            params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $read(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
        ) -> Answer<Json<BulkOperation>> {
            Ok(Json(find(&yard, &who, id, <$targets>::KIND).await?))
        }

        #[utoipa::path(
            patch, path = concat!($base, "/{id}"), tag = $tag, operation_id = concat!("limit_bulk_", $what),
            summary = concat!("Limit a bulk operation of ", $what),
            description = "Sets, changes or lifts its limit while it goes on, at once. One that has ended is 409.",
            params(("id" = BulkOperationId, Path)),
            request_body = BulkChange, responses((status = 200, body = BulkOperation)),
        )]
        async fn $limit(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            Input(to): Input<BulkChange>,
        ) -> Answer<Json<BulkOperation>> {
            change(&yard, &who, (id, <$targets>::KIND), to).await
        }

        #[utoipa::path(
            get, path = concat!($base, "/{id}/items"), tag = $tag, operation_id = concat!("list_bulk_items_of_", $what),
            summary = concat!("List the items of a bulk operation of ", $what),
            description = "What is sent again, each with what came of it and what it became, by their numbers: the last first, \
                with `dir=asc` in the order in which they are sent. They are written down when the operation is made, some \
                thousands a second.",
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
            find(&yard, &who, id, <$targets>::KIND).await?;
            Ok(Json(yard.bulk_items(&who, id, status, &page).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/pause"), tag = $tag, operation_id = concat!("pause_bulk_", $what),
            summary = concat!("Pause a bulk operation of ", $what),
            description = "Nothing more of it is put into the queue; what is in the queue already, half a second's worth, may \
                still go out. One that is paused or has ended is 409.",
            params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $pause(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            _: Nothing,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, <$targets>::KIND).await?;
            Ok(Json(yard.pause_bulk(&who, id).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/resume"), tag = $tag, operation_id = concat!("resume_bulk_", $what),
            summary = concat!("Resume a bulk operation of ", $what),
            description = "Goes on with one that was paused, by somebody or by itself, slowly at first. Of one that runs, what \
                stopped at some destination goes on: its obstacle has the code `stopped`. One that has ended is 409.",
            params(("id" = BulkOperationId, Path)),
            responses((status = 200, body = BulkOperation)),
        )]
        async fn $resume(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            _: Nothing,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, <$targets>::KIND).await?;
            Ok(Json(yard.resume_bulk(&who, id).await?))
        }

        #[utoipa::path(
            post, path = concat!($base, "/{id}/cancel"), tag = $tag, operation_id = concat!("cancel_bulk_", $what),
            summary = concat!("Cancel a bulk operation of ", $what),
            description = "When the answer comes, nothing of it is sent any more. What was sent stays sent, and goes on by its own \
                retries where it failed. It cannot be resumed: start another one. One that has ended is 409.",
            params(("id" = BulkOperationId, Path)), responses((status = 200, body = BulkOperation)),
        )]
        async fn $cancel(
            State(yard): State<Yard>,
            Caller(who): Caller,
            Id(id): Id<BulkOperationId>,
            _: Nothing,
        ) -> Answer<Json<BulkOperation>> {
            find(&yard, &who, id, <$targets>::KIND).await?;
            Ok(Json(yard.cancel_bulk(&who, id).await?))
        }
    };
}

calls!(
    EventTargets,
    "Events",
    "/v1/events/bulk_operations",
    "events",
    "Cancelled events are left out unless `status` or `id` asks for them. An event was delivered since where its connection \
     delivered the same again, or a replay of its request as that came.",
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
    RequestTargets,
    "Requests",
    "/v1/requests/bulk_operations",
    "requests",
    "Rejected requests are left out unless `status`, `rejection_cause`, `id` or `batch_operation_id` asks for them. \
     Replays skip deduplicate rules: they would be the copies of their own originals. A request goes to those of its \
     source's connections to which no replay of it, as it came, was delivered or is about to be; where none is left, it is \
     skipped.",
    list_requests,
    start_requests,
    read_requests,
    limit_requests,
    items_requests,
    pause_requests,
    resume_requests,
    cancel_requests
);
