//! `/v1/keys`: key pairs.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{Direction, KeyId, KeyPair, NewKeyPair, Page};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, whole},
    caller::Caller,
    input::Id,
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(remove))
}

/// List the key pairs
///
/// Those of the caller's mode that are not revoked, newest first, all on one page.
#[utoipa::path(get, path = "/v1/keys", tag = "Keys", responses((status = 200, body = Page<KeyPair>)))]
async fn list(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Page<KeyPair>>> {
    Ok(whole(yard.key_pairs(&who).await?, "created_at", Direction::Desc))
}

/// Create a key pair
///
/// It is of the caller's team and mode, and may do what an owner may. The private key is in this answer alone.
#[utoipa::path(post, path = "/v1/keys", tag = "Keys", responses((status = 201, body = NewKeyPair)))]
async fn create(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Created<NewKeyPair>> {
    let pair = yard.create_key_pair(&who).await?;
    Ok(Created(format!("/v1/keys/{}", pair.id), pair))
}

/// Revoke a key pair
///
/// At once; also the one that this call is made with.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "Keys", params(("id" = KeyId, Path)), responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(id): Id<KeyId>) -> Answer<StatusCode> {
    yard.revoke_key_pair(&who, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
