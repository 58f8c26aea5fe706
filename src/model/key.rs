//! Key pairs for the REST API.

use serde::{Deserialize, Serialize};

use crate::{KeyId, Mode, Secret, Timestamp};

/// A key pair as its team sees it; the private key was shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct KeyPair {
    pub id: KeyId,
    pub mode: Mode,
    /// `public_test_…` or `public_live_…`.
    pub public: String,
    /// The private key's first and last characters.
    pub private_hint: String,
    pub created_at: Timestamp,
}

/// A key pair just made. The private key is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct NewKeyPair {
    pub id: KeyId,
    pub mode: Mode,
    pub public: String,
    pub private: Secret,
    pub created_at: Timestamp,
}
