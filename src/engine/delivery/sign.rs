//! Signatures by Standard Webhooks: `v1` with a shared secret, `v1a` with a key pair.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_model::{SigningScheme, Timestamp};
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};

/// What signs, read once and used for many attempts.
#[derive(Debug)]
pub(crate) enum Signer {
    /// HMAC-SHA256.
    Shared(hmac::Key),
    /// Ed25519.
    Pair(Ed25519KeyPair),
}

impl Signer {
    /// From the bytes of a secret or the seed of a key pair; `None` when they are not 32 bytes of a seed.
    pub(crate) fn new(scheme: SigningScheme, key: &[u8]) -> Option<Self> {
        match scheme {
            SigningScheme::V1 => Some(Self::Shared(hmac::Key::new(hmac::HMAC_SHA256, key))),
            SigningScheme::V1a => Ed25519KeyPair::from_seed_unchecked(key).ok().map(Self::Pair),
        }
    }

    /// `whpk_` and base64; none of a shared secret.
    pub(crate) fn public_key(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Pair(pair) => Some(format!("whpk_{}", STANDARD.encode(pair.public_key()))),
        }
    }

    /// What goes into `webhook-signature`: the scheme and, in base64, the signature of `id.timestamp.body`.
    pub(crate) fn sign(&self, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp_seconds}.");
        match self {
            Self::Shared(key) => {
                let mut context = hmac::Context::with_key(key);
                context.update(head.as_bytes());
                context.update(body);
                format!("v1,{}", STANDARD.encode(context.sign()))
            }
            // Ed25519 reads its message twice, so it must have it in one piece.
            Self::Pair(pair) => {
                format!("v1a,{}", STANDARD.encode(pair.sign(&[head.as_bytes(), body].concat())))
            }
        }
    }
}

/// What signs for a destination and when each ends: `v1` first, and of each scheme the current one first.
#[derive(Debug, Default)]
pub(crate) struct Signers(pub(crate) Vec<(Signer, Option<Timestamp>)>);

impl Signers {
    /// The value of `webhook-signature`: one signature by each that signs at `at`.
    pub(crate) fn sign(&self, at: Timestamp, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let live = self.0.iter().filter(|(_, ends)| ends.is_none_or(|ends| ends > at));
        let signatures: Vec<_> = live.map(|(signer, _)| signer.sign(id, timestamp_seconds, body)).collect();
        signatures.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

    fn shared() -> Signer {
        let key = STANDARD.decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        Signer::new(SigningScheme::V1, &key).unwrap()
    }

    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        assert_eq!(shared().sign(ID, 1_649_367_553, BODY), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn a_key_pair_is_the_one_of_its_seed_and_verifies() {
        // RFC 8032, 7.1, test 1.
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let pair = Signer::new(SigningScheme::V1a, &seed).unwrap();
        let public = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        assert_eq!(pair.public_key().unwrap(), format!("whpk_{}", STANDARD.encode(&public)));
        let signed = pair.sign(ID, 7, b"body");
        let signature = STANDARD.decode(signed.strip_prefix("v1a,").unwrap()).unwrap();
        let message = format!("{ID}.7.body");
        assert!(UnparsedPublicKey::new(&ED25519, &public).verify(message.as_bytes(), &signature).is_ok());
        assert!(Signer::new(SigningScheme::V1a, &seed[1..]).is_none());
    }

    #[test]
    fn each_signs_until_its_end() {
        let [now, then] = [10, 20].map(Timestamp::from_millis);
        let signers = Signers(vec![(shared(), None), (shared(), Some(then))]);
        let count = |at| signers.sign(at, ID, 1, BODY).split(' ').count();
        assert_eq!((count(now), count(then)), (2, 1));
        assert_eq!(Signers::default().sign(now, ID, 1, BODY), "");
    }
}
