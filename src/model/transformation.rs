//! Transformations: scripts that change a payload on its way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FieldError, Secret, TeamId, Timestamp, TransformationId, source::name_mistakes};

/// A script as its team sees it; the values of its environment are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Transformation {
    pub id: TransformationId,
    pub team_id: TeamId,
    pub name: String,
    pub code: String,
    /// SHA-256 of the code, in hex.
    pub code_hash: String,
    pub env: BTreeMap<String, Secret>,
    pub connections_count: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a team says of a transformation when it makes or replaces one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransformationInput {
    /// 1 to 155 characters, unique in the team's mode.
    pub name: String,
    /// JavaScript that registers `addHandler("transform", (request, context) => …)`.
    pub code: String,
    /// Values that the script sees as `context.env`.
    #[serde(default)]
    pub env: BTreeMap<String, Secret>,
}

impl TransformationInput {
    pub fn mistakes(&self) -> Vec<FieldError> {
        name_mistakes(&self.name)
    }
}
