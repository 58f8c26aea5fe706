//! What deliveries are signed with: `/v1/webhooks/{id}/secret…`, and the public keys for whoever receives.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    routing::get,
};
use hookyard_model::{DestinationId, Direction, Page, Secret, SecretId, SigningKey, SigningScheme, SigningSecret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, Refused, whole},
    caller::Caller,
    input::{Id, Ids, Input},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(secrets))
        .routes(routes!(rotate))
        .routes(routes!(keys, add_key))
        .routes(routes!(end_key))
        .routes(routes!(public_keys))
}

/// `/public-keys/{id}`: for receivers, who have no key of ours.
pub(crate) fn public_router(yard: Yard) -> Router {
    Router::new().route("/public-keys/{id}", get(published)).with_state(yard)
}

/// The secrets that sign a webhook's deliveries.
#[derive(Serialize, ToSchema)]
struct SigningSecrets {
    /// The current one.
    secret: Option<Secret>,
    /// All that sign now, the current one first.
    secrets: Vec<SigningSecret>,
}

/// The public keys that verify a webhook's deliveries.
#[derive(Serialize, ToSchema)]
struct PublicKeys {
    /// The current one first; none where nothing is signed with `v1a`.
    keys: Vec<SigningKey>,
}

/// How what is new takes over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long what signed so far goes on beside it, 0 to 720 hours.
    #[serde(default = "a_day")]
    #[schema(default = 24)]
    overlap_hours: u32,
}

const fn a_day() -> u32 {
    24
}

/// Read a webhook's signing secrets
///
/// That they were read is written to the audit log.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/secret", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = SigningSecrets)),
)]
async fn secrets(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<SigningSecrets>> {
    let secrets = yard.signing_secrets(&who, id).await?;
    Ok(Json(SigningSecrets { secret: secrets.first().map(|current| current.secret.clone()), secrets }))
}

/// Rotate a webhook's signing secret
///
/// The answer has the new one. The secrets so far go on signing beside it for the overlap.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/secret/rotate", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = Rotation, responses((status = 200, body = SigningSecret)),
)]
async fn rotate(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(rotation): Input<Rotation>,
) -> Answer<Json<SigningSecret>> {
    Ok(Json(yard.rotate_secret(&who, id, rotation.overlap_hours).await?))
}

/// List what signs a webhook's deliveries
///
/// Secrets and key pairs, with when each ends, and without what is secret about them.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/signing-keys", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = Page<SigningKey>)),
)]
async fn keys(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<Page<SigningKey>>> {
    Ok(whole(yard.signing_keys(&who, id).await?, "created_at", Direction::Desc))
}

/// Sign a webhook's deliveries with a new key pair
///
/// Ed25519, `v1a` of Standard Webhooks, beside the secret. It is the first, or takes over from the one before after the
/// overlap.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/signing-keys", tag = "Webhooks", params(("id" = DestinationId, Path)),
    request_body = Rotation, responses((status = 201, body = SigningKey)),
)]
async fn add_key(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
    Input(rotation): Input<Rotation>,
) -> Answer<Created<SigningKey>> {
    let key = yard.rotate_signing_key(&who, id, rotation.overlap_hours).await?;
    Ok(Created(format!("/v1/webhooks/{id}/signing-keys/{}", key.id), key))
}

/// End a key or a former secret
///
/// It signs no more from now on. The current secret is replaced by a rotation without overlap instead.
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}/signing-keys/{key_id}", tag = "Webhooks",
    params(("id" = DestinationId, Path), ("key_id" = SecretId, Path)), responses((status = 204)),
)]
async fn end_key(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Ids(webhook, key): Ids<DestinationId, SecretId>,
) -> Answer<StatusCode> {
    yard.end_signing_key(&who, webhook, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List a webhook's public keys
///
/// Receivers find the same without a key of this API under `/public-keys/{id}`.
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/public-keys", tag = "Webhooks", params(("id" = DestinationId, Path)),
    responses((status = 200, body = PublicKeys)),
)]
async fn public_keys(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(id): Id<DestinationId>,
) -> Answer<Json<PublicKeys>> {
    let mut keys = yard.signing_keys(&who, id).await?;
    keys.retain(|key| key.scheme == SigningScheme::V1a);
    Ok(Json(PublicKeys { keys }))
}

/// What anybody may know, and may keep for a minute.
async fn published(
    State(yard): State<Yard>,
    Id(id): Id<DestinationId>,
) -> Result<([(HeaderName, &'static str); 1], Json<PublicKeys>), Refused> {
    let keys = yard.public_keys(id).await?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=60")], Json(PublicKeys { keys })))
}
