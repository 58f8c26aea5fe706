//! Keys made ready once, and signatures checked with them.

use std::collections::BTreeMap;

use hookyard_model::{
    Secret, provider_key,
    scheme::{Algorithm, Key},
};
use ring::{digest, hmac, signature};
use subtle::ConstantTimeEq as _;

use super::Refused;

/// A key that is ready to check with. `Debug` shows nothing of it.
pub(super) enum Prepared {
    Hmac(hmac::Key),
    /// A plain hash, whose secret is part of what it is over.
    Sha1,
    /// Public keys, of which one must be the right one.
    Public(&'static dyn signature::VerificationAlgorithm, Vec<Vec<u8>>),
    /// The scheme has none.
    Nothing,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[key]")
    }
}

impl Prepared {
    pub(super) const fn nothing() -> Self {
        Self::Nothing
    }

    pub(super) fn hmac(algorithm: Algorithm, key: &[u8]) -> Self {
        let algorithm = match algorithm {
            Algorithm::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::HmacSha256 => hmac::HMAC_SHA256,
            Algorithm::HmacSha512 => hmac::HMAC_SHA512,
            Algorithm::Sha1 | Algorithm::Ed25519 | Algorithm::EcdsaP256 | Algorithm::RsaSha256 => return Self::Nothing,
        };
        Self::Hmac(hmac::Key::new(algorithm, key))
    }

    /// The key of a scheme among a source's fields.
    pub(super) fn of(algorithm: Algorithm, key: Key, fields: &BTreeMap<String, Secret>) -> Result<Self, Refused> {
        let name = key.field();
        let text = fields.get(name).map_or("", Secret::reveal);
        if text.is_empty() {
            return Err(format!("the source's {name} is not set yet"));
        }
        let unreadable = || format!("the source's {name} cannot be read");
        let secret = || match key {
            Key::Text(_) => Some(text.as_bytes().to_vec()),
            Key::Hex(_) => provider_key::hex(text),
            Key::Whsec(_) => provider_key::whsec(text),
            Key::PublicKey(_) => None,
        };
        Ok(match algorithm {
            Algorithm::HmacSha1 | Algorithm::HmacSha256 | Algorithm::HmacSha512 => {
                Self::hmac(algorithm, &secret().ok_or_else(unreadable)?)
            }
            Algorithm::Sha1 => Self::Sha1,
            Algorithm::Ed25519 => {
                let key = provider_key::hex(text).filter(|key| key.len() == 32).ok_or_else(unreadable)?;
                Self::Public(&signature::ED25519, vec![key])
            }
            Algorithm::EcdsaP256 => {
                let point = provider_key::p256_point(text).ok_or_else(unreadable)?;
                Self::Public(&signature::ECDSA_P256_SHA256_ASN1, vec![point])
            }
            Algorithm::RsaSha256 => {
                let keys = provider_key::rsa_keys(text).ok_or_else(unreadable)?;
                Self::Public(&signature::RSA_PKCS1_2048_8192_SHA256, keys)
            }
        })
    }

    /// The HMAC of a text, where this is a key of one.
    pub(super) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hmac(key) => Some(hmac::sign(key, text).as_ref().to_vec()),
            Self::Sha1 | Self::Public(..) | Self::Nothing => None,
        }
    }

    /// Whether one of these signatures is that of the text in these pieces. An HMAC is computed once, however many there are.
    pub(super) fn verifies(&self, pieces: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
        let any =
            |right: &[u8]| signatures.iter().fold(false, |any, given| any | bool::from(given.as_slice().ct_eq(right)));
        match self {
            Self::Hmac(key) => {
                let mut context = hmac::Context::with_key(key);
                for piece in pieces {
                    context.update(piece);
                }
                any(context.sign().as_ref())
            }
            Self::Sha1 => {
                let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
                for piece in pieces {
                    context.update(piece);
                }
                any(context.finish().as_ref())
            }
            Self::Public(algorithm, keys) => {
                let text = pieces.concat();
                self::verify_public(*algorithm, keys, &text, signatures)
            }
            Self::Nothing => false,
        }
    }

    /// Whether a signature over the SHA-1 hash is right, which only an RSA key's may be: the first version of Amazon SNS's.
    pub(super) fn verifies_rsa_sha1(&self, text: &[u8], given: Vec<u8>) -> bool {
        match self {
            Self::Public(_, keys) => {
                verify_public(&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, keys, text, &[given])
            }
            Self::Hmac(_) | Self::Sha1 | Self::Nothing => false,
        }
    }
}

fn verify_public(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    keys: &[Vec<u8>],
    text: &[u8],
    signatures: &[Vec<u8>],
) -> bool {
    let is_of =
        |key: &Vec<u8>, given: &Vec<u8>| signature::UnparsedPublicKey::new(algorithm, key).verify(text, given).is_ok();
    keys.iter().any(|key| signatures.iter().any(|given| is_of(key, given)))
}
