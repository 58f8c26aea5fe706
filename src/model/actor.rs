//! Who asks.

use crate::{KeyId, Mode, TeamId, UserId};

/// Who asks, for which team and in which mode. Every service method that touches a team's data takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    pub team: TeamId,
    pub mode: Mode,
    pub who: Who,
}

/// The person or key behind an [`Actor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Who {
    User(UserId),
    Key(KeyId),
}
