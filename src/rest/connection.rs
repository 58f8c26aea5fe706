//! `/v1/connections`.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    Connection, ConnectionFilter, ConnectionId, ConnectionInput, LatestInput, Page, PageQuery, Problem, Status, Trial,
    TrialInput,
};
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Upserted},
    caller::Caller,
    input::{self, Id, Input},
    query::{ConnectionParams, Ordered, OrderedParams},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(list, create, upsert))
        .routes(routes!(read, replace, patch, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(pause))
        .routes(routes!(unpause))
        .routes(routes!(latest_input))
        .routes(routes!(try_rules))
}

/// List connections
#[utoipa::path(
    get, path = "/v1/connections", tag = "Connections", params(OrderedParams, ConnectionParams),
    responses((status = 200, body = Page<Connection>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ordered(page): Ordered<PageQuery>,
    Ordered(filter): Ordered<ConnectionFilter>,
) -> Answer<Json<Page<Connection>>> {
    Ok(Json(yard.connections_where(&who, &filter, &page).await?))
}

/// Create a connection
///
/// `source: {"id": …}` and `destination: {"id": …}` may stand in place of `source_id` and `destination_id`.
#[utoipa::path(post, path = "/v1/connections", tag = "Connections", request_body = ConnectionInput, responses((status = 201, body = Connection)))]
async fn create(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<Map<String, Value>>,
) -> Answer<Created<Connection>> {
    let connection = yard.create_connection(&who, whole(input)?).await?;
    Ok(Created(format!("/v1/connections/{}", connection.id), connection))
}

/// Create or replace a connection by its name
///
/// Its `id` says which, where the body has one; else its source and name do.
#[utoipa::path(
    put, path = "/v1/connections", tag = "Connections", request_body = ConnectionInput,
    responses((status = 201, body = Connection), (status = 200, body = Connection)),
)]
async fn upsert(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(mut input): Input<Map<String, Value>>,
) -> Answer<Upserted<Connection>> {
    let id = input.remove("id").filter(|id| !id.is_null());
    let (connection, made) = match id.map(input::read::<ConnectionId>).transpose().map_err(|_| not_an_id())? {
        Some(id) => (yard.replace_connection(&who, id, whole(input)?).await?, false),
        None => yard.upsert_connection(&who, whole(input)?).await?,
    };
    Ok(Upserted(format!("/v1/connections/{}", connection.id), connection, made))
}

/// Read a connection
#[utoipa::path(
    get, path = "/v1/connections/{id}", tag = "Connections", params(("id" = ConnectionId, Path)), responses((status = 200, body = Connection)),
)]
async fn read(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Connection>> {
    Ok(Json(yard.connection(&who, id).await?))
}

/// Replace a connection
///
/// What is left out gets its default. A secret's placeholder sent back keeps the secret.
#[utoipa::path(
    put, path = "/v1/connections/{id}", tag = "Connections", params(("id" = ConnectionId, Path)), request_body = ConnectionInput,
    responses((status = 200, body = Connection)),
)]
async fn replace(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<ConnectionId>,
    Input(input): Input<Map<String, Value>>,
) -> Answer<Json<Connection>> {
    Ok(Json(yard.replace_connection(&who, id, whole(input)?).await?))
}

/// Change a connection
///
/// A merge patch (RFC 7396): what is left out stays, `null` takes away. It cannot lead elsewhere while events of it wait.
#[utoipa::path(
    patch, path = "/v1/connections/{id}", tag = "Connections", params(("id" = ConnectionId, Path)), request_body = ConnectionInput,
    responses((status = 200, body = Connection)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<ConnectionId>,
    Input(patch): Input<Map<String, Value>>,
) -> Answer<Json<Connection>> {
    Ok(Json(yard.patch_connection(&who, id, by_ids(patch)?).await?))
}

/// Delete a connection
///
/// Its events that are not done are cancelled.
#[utoipa::path(
    delete, path = "/v1/connections/{id}", tag = "Connections", params(("id" = ConnectionId, Path)), responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<StatusCode> {
    yard.delete_connection(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a connection
///
/// It makes events again.
#[utoipa::path(
    method(put, post), path = "/v1/connections/{id}/enable", tag = "Connections", params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Connection)),
)]
async fn enable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Connection>> {
    Ok(Json(yard.set_connection_status(&who, id, Status::Enabled).await?))
}

/// Disable a connection
///
/// It makes no events any more; what it made before goes on. If it was paused, it is no more, and what it held goes on too.
#[utoipa::path(
    method(put, post), path = "/v1/connections/{id}/disable", tag = "Connections", params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Connection)),
)]
async fn disable(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Connection>> {
    Ok(Json(yard.set_connection_status(&who, id, Status::Disabled).await?))
}

/// Pause a connection
///
/// Its events are held.
#[utoipa::path(
    method(put, post), path = "/v1/connections/{id}/pause", tag = "Connections", params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Connection)),
)]
async fn pause(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Connection>> {
    Ok(Json(yard.set_connection_paused(&who, id, true).await?))
}

/// Resume a connection
///
/// Its held events go on, oldest first.
#[utoipa::path(
    method(put, post), path = "/v1/connections/{id}/unpause", tag = "Connections", params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Connection)),
)]
async fn unpause(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<ConnectionId>) -> Answer<Json<Connection>> {
    Ok(Json(yard.set_connection_paused(&who, id, false).await?))
}

/// Read the last request that a connection's source took in
#[utoipa::path(
    get, path = "/v1/connections/{id}/latest-input", tag = "Connections", params(("id" = ConnectionId, Path)),
    responses((status = 200, body = LatestInput)),
)]
async fn latest_input(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<ConnectionId>,
) -> Answer<Json<LatestInput>> {
    Ok(Json(yard.latest_input(&who, id).await?))
}

/// Try rules on requests that came
///
/// Says of each of the last requests of a source, or of those that `request_ids` lists, what the rules would make of it:
/// sent, filtered (with the condition that failed), a duplicate (of which), or a script that failed; what scripts change; how
/// long each rule took. Duplicates are looked for among the requests that are tried. Nothing is sent or stored.
#[utoipa::path(
    post, path = "/v1/connections/try", tag = "Connections", request_body = TrialInput,
    responses((status = 200, body = Trial)),
)]
async fn try_rules(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(input): Input<TrialInput>,
) -> Answer<Json<Trial>> {
    Ok(Json(yard.try_rules(&who, input).await?))
}

fn not_an_id() -> Problem {
    Problem::field("/id", "is the id of a connection")
}

fn whole(input: Map<String, Value>) -> Result<ConnectionInput, Problem> {
    input::read(by_ids(input)?)
}

/// A connection whose ends are given as `source_id` and `destination_id`, however they came.
fn by_ids(mut input: Map<String, Value>) -> Result<Value, Problem> {
    for (end, id) in [("source", "source_id"), ("destination", "destination_id")] {
        let Some(given) = input.remove(end) else { continue };
        if input.contains_key(id) {
            return Err(Problem::field(format!("/{end}"), format!("stands beside {id}; give one of the two")));
        }
        let given = given.get("id").cloned();
        let given = given.ok_or_else(|| Problem::field(format!("/{end}/id"), "is missing; connect what exists"))?;
        input.insert(id.to_owned(), given);
    }
    Ok(Value::Object(input))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(input: Value) -> Result<ConnectionInput, String> {
        let Value::Object(input) = input else { panic!("not an object") };
        whole(input).map_err(|problem| problem.errors[0].pointer.clone())
    }

    #[test]
    fn the_ends_may_come_as_ids_or_as_objects() {
        let (source, destination) = ("src_01HF7YAT000000000000000007", "des_01HF7YAT000000000000000007");
        let plain = read(json!({ "name": "a", "source_id": source, "destination_id": destination })).unwrap();
        let objects = json!({ "name": "a", "source": { "id": source }, "destination": { "id": destination, "x": 1 } });
        assert_eq!(read(objects).as_ref(), Ok(&plain));
        for (input, pointer) in [
            (json!({ "name": "a", "source": { "id": source }, "source_id": source }), "/source"),
            (json!({ "name": "a", "source": { "name": "b" } }), "/source/id"),
            (json!({ "name": "a", "source_id": source }), "/destination_id"),
            (json!({ "name": "a", "source_id": "des_1" }), "/source_id"),
        ] {
            assert_eq!(read(input.clone()).unwrap_err(), pointer, "{input}");
        }
    }
}
