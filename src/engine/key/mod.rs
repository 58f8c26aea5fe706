//! Key pairs: how programs say who they are.

mod known;
mod store;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hookyard_model::{
    Actor, AuditAction, Code, KeyId, KeyPair, Mode, NewKeyPair, Problem, Secret, TeamId, Timestamp, Who,
    service::{Answer, Keys},
};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

pub(crate) use known::KnownKeys;

use crate::{
    Engine, audit,
    clock::Ids,
    db::Tx,
    error::{Error, Result},
};

/// How many characters the random part of a private key has: base64 of 32 bytes.
const PRIVATE_LENGTH: usize = 43;

/// Makes a key pair, whose private key is in the answer alone.
pub(crate) async fn insert(tx: &mut Tx, ids: &Ids, team: TeamId, mode: Mode, now: Timestamp) -> Result<NewKeyPair> {
    let id = KeyId::new(ids.unique(now));
    let public = format!("public_{mode}_{}", URL_SAFE_NO_PAD.encode(ids.bytes::<16>()));
    let private = format!("private_{mode}_{}", URL_SAFE_NO_PAD.encode(ids.bytes::<32>()));
    let row = store::NewRow {
        team,
        mode,
        id,
        public: &public,
        private_hash: hex::encode(hash(&private)),
        private_hint: hint(&private),
        created_at: now,
    };
    store::insert(tx, &row).await?;
    Ok(NewKeyPair { id, mode, public, private: Secret::new(private), created_at: now })
}

fn hash(private: &str) -> [u8; 32] {
    digest(&SHA256, private.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Enough of a private key for people to tell it from another: the rest stays 32 bytes less 6 characters.
fn hint(private: &str) -> String {
    let random = private.len() - PRIVATE_LENGTH;
    format!("{}…{}", &private[..random + 3], &private[private.len() - 3..])
}

/// Whether a text can be a private key at all.
fn looks_private(text: &str) -> bool {
    Mode::ALL
        .iter()
        .filter_map(|mode| text.strip_prefix("private_")?.strip_prefix(mode.as_str())?.strip_prefix('_'))
        .any(|random| {
            random.len() == PRIVATE_LENGTH
                && random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

fn unauthenticated(detail: &str) -> Error {
    Problem::new(Code::Unauthenticated, detail).into()
}

impl Engine {
    async fn make_key_pair(&self, who: &Actor) -> Result<NewKeyPair> {
        self.check_owner(who, "create keys").await?;
        let mut tx = self.db().begin().await?;
        let made = insert(&mut tx, self.ids(), who.team, who.mode, self.now()).await?;
        audit::record(self, &mut tx, who, AuditAction::KeyCreated, made.id, Some(&made.public)).await?;
        tx.commit().await?;
        self.tell(who.team, who.mode, None);
        Ok(made)
    }

    async fn revoke_key(&self, who: &Actor, id: KeyId) -> Result<()> {
        self.check_owner(who, "revoke keys").await?;
        let mut tx = self.db().begin().await?;
        match store::revoke(&mut tx, who.team, who.mode, id, self.now()).await? {
            Some(public) => audit::record(self, &mut tx, who, AuditAction::KeyRevoked, id, Some(&public)).await?,
            None if store::is_known(&mut tx, who.team, who.mode, id).await? => {}
            None => return Err(Problem::not_found("key pair", id).into()),
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, None);
        Ok(())
    }

    /// Whose private key it is, and its public half.
    async fn owner_of_key(&self, private: &str) -> Result<(Actor, String)> {
        let hash = hash(private);
        let asked = match self.0.known_keys.find(&hash) {
            Ok(known) => return Ok(known),
            Err(asked) => asked,
        };
        let Some(owner) = store::find_owner(self.db(), &hex::encode(hash)).await? else {
            let detail = "this private key is unknown or revoked; create new credentials on the Developer tab";
            return Err(unauthenticated(detail));
        };
        let actor = Actor { team: owner.team_id, mode: owner.mode, who: Who::Key(owner.id) };
        self.0.known_keys.remember(asked, hash, actor, owner.public.clone());
        Ok((actor, owner.public))
    }

    async fn actor_of_key(&self, private: &str, public: Option<&str>) -> Result<Actor> {
        if !looks_private(private) {
            let detail = "this is not a private key, which starts with private_test_ or private_live_; \
                          create credentials on the Developer tab";
            return Err(unauthenticated(detail));
        }
        let (actor, known) = self.owner_of_key(private).await?;
        if let Some(public) = public
            && !bool::from(public.as_bytes().ct_eq(known.as_bytes()))
        {
            return Err(unauthenticated("the public key is not of the same pair as the private key"));
        }
        Ok(actor)
    }
}

#[async_trait]
impl Keys for Engine {
    async fn key_pairs(&self, who: &Actor) -> Answer<Vec<KeyPair>> {
        Ok(store::list(self.db(), who.team, who.mode).await?)
    }

    async fn create_key_pair(&self, who: &Actor) -> Answer<NewKeyPair> {
        Ok(self.make_key_pair(who).await?)
    }

    async fn revoke_key_pair(&self, who: &Actor, id: KeyId) -> Answer<()> {
        Ok(self.revoke_key(who, id).await?)
    }

    async fn authenticate(&self, private: &Secret, public: Option<&str>) -> Answer<Actor> {
        Ok(self.actor_of_key(private.reveal(), public).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_known_by_its_look() {
        let random = URL_SAFE_NO_PAD.encode([0xfb; 32]);
        for (text, expected) in [
            (format!("private_test_{random}"), true),
            (format!("private_live_{random}"), true),
            (format!("public_test_{random}"), false),
            (format!("private_other_{random}"), false),
            (format!("private_test_{random}A"), false),
            (format!("private_test_{}=", &random[1..]), false),
            (random, false),
            (String::new(), false),
        ] {
            assert_eq!(looks_private(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_hint_shows_both_ends() {
        let private = format!("private_test_abc{}xyz", "-".repeat(37));
        assert_eq!(hint(&private), "private_test_abc…xyz");
    }

    #[test]
    fn a_key_is_hashed_with_sha_256() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(hash("abc")), expected);
    }
}
