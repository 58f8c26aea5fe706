//! `/v1/source-types`.

use axum::Json;
use hookyard_model::{PRESETS, SourceType, SourceTypeInfo};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Yard, answer::Answer, caller::Caller};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(types))
}

/// Every type of source that can be made.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct SourceTypes {
    models: Vec<SourceTypeInfo>,
    count: usize,
}

/// List the types of sources
///
/// All of them at once: what a source of each is for, how its requests prove where they come from, and what
/// `config.auth` must then have. `WEBHOOK` comes first, the providers by their types.
#[utoipa::path(get, path = "/v1/source-types", tag = "Sources", responses((status = 200, body = SourceTypes)))]
async fn types(Caller(_): Caller) -> Answer<Json<SourceTypes>> {
    let any = SourceTypeInfo {
        kind: SourceType::WEBHOOK.as_str(),
        label: "Any sender",
        description: "A URL that anything can send to, unchecked or with a password, a key or an HMAC of your own",
        docs_url: None,
        verification: None,
        setup: None,
        handshake: None,
        fields: Vec::new(),
    };
    let models: Vec<_> = [any].into_iter().chain(PRESETS.iter().map(SourceTypeInfo::from)).collect();
    Ok(Json(SourceTypes { count: models.len(), models }))
}
