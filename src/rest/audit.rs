//! `/v1/audit-log`: who did what that others may ask about.

use axum::{Json, extract::State};
use hookyard_model::{AuditEntry, AuditFilter, Page, PageQuery};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::Answer,
    caller::Caller,
    query::{AuditParams, PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the audit log
///
/// Who revealed or rotated a secret, disabled or deleted a webhook, or changed the team, and when.
#[utoipa::path(
    get, path = "/v1/audit-log", tag = "Audit log", params(PageParams, AuditParams),
    responses((status = 200, body = Page<AuditEntry>)),
)]
async fn list(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(page): Query<PageQuery>,
    Query(filter): Query<AuditFilter>,
) -> Answer<Json<Page<AuditEntry>>> {
    Ok(Json(yard.audit_log(&who, &filter, &page).await?))
}
