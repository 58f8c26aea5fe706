//! What deliveries are signed with (Standard Webhooks 1.0.0).

use serde::{Deserialize, Serialize};

use crate::{Secret, SecretId, Timestamp};

/// How a secret signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SigningScheme {
    /// HMAC-SHA256 with a secret that both sides know.
    #[default]
    V1,
    /// Ed25519: the receiver knows the public key alone.
    V1a,
}

words! { SigningScheme: V1 = "v1", V1a = "v1a" }

/// A signing secret, shown to those who ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SigningSecret {
    pub id: SecretId,
    /// `whsec_` and base64 (Standard Webhooks).
    pub secret: Secret,
    pub created_at: Timestamp,
    /// When it stops signing; none for the current one.
    pub expires_at: Option<Timestamp>,
}

/// What signs a webhook's deliveries, without what is secret about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SigningKey {
    pub id: SecretId,
    pub scheme: SigningScheme,
    /// `whpk_` and base64, of `v1a` alone.
    pub public_key: Option<String>,
    pub created_at: Timestamp,
    /// When it stops signing; none for a current one.
    pub expires_at: Option<Timestamp>,
}
