//! What a sender of an accepted request is answered.

use serde::{Deserialize, Serialize};

/// An answer of the team's own, in place of the default. It is never given to rejected requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomResponse {
    pub content_type: String,
    pub body: String,
}
