//! What changed, for pages that are open.

use serde::{Deserialize, Serialize};

use crate::{DestinationId, Mode, TeamId};

/// Something that an open page may want to show: which kind of rows of which team changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    pub team: TeamId,
    pub mode: Mode,
    /// The destination whose events or attempts changed; none when only requests did, or settings.
    pub destination: Option<DestinationId>,
}
