//! What deliveries are signed with, as receivers need it, and its rotation.

mod store;

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_model::{
    Actor, AuditAction, Code, DestinationId, Problem, Secret, SecretId, SigningKey, SigningScheme, SigningSecret,
    service::{Answer, Signing},
};

pub(crate) use store::{Owner, live};

use crate::{
    Engine, audit,
    db::Tx,
    delivery::Signer,
    destination,
    error::{Error, Result},
    seal::Sealer,
};
use store::Row;

/// For how long what signed before may go on signing at most.
const LONGEST_OVERLAP_HOURS: u32 = 720;
/// How much signs at once by one scheme at most: each adds a signature to every attempt.
const MOST: usize = 10;

/// A secret as Standard Webhooks writes it.
fn written(key: &[u8]) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(key)))
}

/// Makes what signs from now on, of 32 random bytes: a `v1` secret, or a `v1a` key from its seed.
pub(crate) async fn insert(engine: &Engine, tx: &mut Tx, owner: Owner, scheme: SigningScheme) -> Result<SecretId> {
    let row = fresh(engine, scheme);
    store::insert(tx, owner, &row).await?;
    Ok(row.id)
}

fn fresh(engine: &Engine, scheme: SigningScheme) -> Row {
    let now = engine.now();
    let id = SecretId::new(engine.ids().unique(now));
    let secret = engine.sealer().seal(&engine.ids().bytes::<32>());
    Row { id, scheme, secret, created_at: now, expires_at: None }
}

impl Row {
    /// What signs, ready to do so.
    pub(crate) fn signer(&self, sealer: &Sealer) -> Result<Signer> {
        let key = sealer.open(&self.secret)?;
        Signer::new(self.scheme, &key).ok_or_else(|| Error::Broken(format!("the signing key {} is damaged", self.id)))
    }

    fn revealed(&self, sealer: &Sealer) -> Result<SigningSecret> {
        let secret = written(&sealer.open(&self.secret)?);
        Ok(SigningSecret { id: self.id, secret, created_at: self.created_at, expires_at: self.expires_at })
    }

    fn shown(&self, sealer: &Sealer) -> Result<SigningKey> {
        Ok(SigningKey {
            id: self.id,
            scheme: self.scheme,
            public_key: match self.scheme {
                SigningScheme::V1 => None,
                SigningScheme::V1a => self.signer(sealer)?.public_key(),
            },
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

/// What the audit log says of a rotation.
fn told(scheme: SigningScheme, before: usize, overlap_hours: u32) -> String {
    let what = match scheme {
        SigningScheme::V1 => "A new secret",
        SigningScheme::V1a => "A new Ed25519 key",
    };
    match (before, overlap_hours) {
        (0, _) => format!("{what}."),
        (_, 0) => format!("{what}; the former ended at once."),
        (_, 1) => format!("{what}; the former signs too for 1 hour."),
        (_, hours) => format!("{what}; the former signs too for {hours} hours."),
    }
}

impl Engine {
    /// What signs now for a webhook or any other destination. Every destination has a current secret, so without one
    /// there is no destination.
    async fn live_signing(&self, who: &Actor, id: DestinationId) -> Result<Vec<Row>> {
        let live = store::live(self.db(), (who.team, who.mode, id), self.now()).await?;
        if live.is_empty() {
            return Err(Problem::not_found("webhook", id).into());
        }
        Ok(live)
    }

    async fn reveal_signing_secrets(&self, who: &Actor, id: DestinationId) -> Result<Vec<SigningSecret>> {
        let live = self.live_signing(who, id).await?;
        let secrets = live.iter().filter(|row| row.scheme == SigningScheme::V1);
        let secrets = secrets.map(|row| row.revealed(self.sealer())).collect::<Result<_>>()?;
        let mut tx = self.db().begin().await?;
        audit::record(self, &mut tx, who, AuditAction::SecretRevealed, id, None).await?;
        tx.commit().await?;
        self.tell(who.team, who.mode, Some(id));
        Ok(secrets)
    }

    /// Makes what signs from now on by `scheme`; what did so far goes on for `overlap_hours`.
    async fn rotate_signing(
        &self,
        who: &Actor,
        id: DestinationId,
        scheme: SigningScheme,
        overlap_hours: u32,
    ) -> Result<Row> {
        if overlap_hours > LONGEST_OVERLAP_HOURS {
            let detail = format!("must be 0 to {LONGEST_OVERLAP_HOURS} hours");
            return Err(Problem::field("/overlap_hours", detail).into());
        }
        let (now, owner) = (self.now(), (who.team, who.mode, id));
        let mut tx = self.db().begin().await?;
        let row = destination::lock(&mut tx, who.team, who.mode, id).await?;
        row.ok_or_else(|| Problem::not_found("webhook", id))?;
        let live = store::live_within(&mut tx, owner, now).await?;
        let before = live.iter().filter(|row| row.scheme == scheme).count();
        if overlap_hours > 0 && before >= MOST {
            let detail = format!("{before} secrets sign for {id} already; rotate with overlap_hours 0 to end them");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let until = now.plus(Duration::from_secs(u64::from(overlap_hours) * 3600));
        store::expire(&mut tx, owner, scheme, until).await?;
        store::forget_ended(&mut tx, owner, now).await?;
        let current = fresh(self, scheme);
        store::insert(&mut tx, owner, &current).await?;
        let action = match scheme {
            SigningScheme::V1 => AuditAction::SecretRotated,
            SigningScheme::V1a => AuditAction::SigningKeyAdded,
        };
        audit::record(self, &mut tx, who, action, id, Some(&told(scheme, before, overlap_hours))).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        Ok(current)
    }

    /// The public keys of a destination of whichever team.
    pub(crate) async fn read_public_keys(&self, id: DestinationId) -> Result<Vec<SigningKey>> {
        let live = store::live_public(self.db(), id, self.now()).await?;
        live.iter().map(|row| row.shown(self.sealer())).collect()
    }

    async fn end_signing(&self, who: &Actor, id: DestinationId, key: SecretId) -> Result<()> {
        let (now, owner) = (self.now(), (who.team, who.mode, id));
        let mut tx = self.db().begin().await?;
        let row = destination::lock(&mut tx, who.team, who.mode, id).await?;
        row.ok_or_else(|| Problem::not_found("webhook", id))?;
        let live = store::live_within(&mut tx, owner, now).await?;
        let doomed = live.iter().find(|row| row.id == key).ok_or_else(|| Problem::not_found("signing key", key))?;
        let detail = match (doomed.scheme, doomed.expires_at) {
            // The former ones end by themselves: without the current one, nothing would sign before long.
            (SigningScheme::V1, None) => {
                let detail = format!("{key} is the current secret; rotate with overlap_hours 0 to replace it at once");
                return Err(Problem::new(Code::Conflict, detail).into());
            }
            (SigningScheme::V1, Some(_)) => "A former secret was ended before its time.",
            (SigningScheme::V1a, None) => "The current Ed25519 key was ended.",
            (SigningScheme::V1a, Some(_)) => "A former Ed25519 key was ended before its time.",
        };
        store::delete(&mut tx, owner, key).await?;
        audit::record(self, &mut tx, who, AuditAction::SigningKeyRemoved, id, Some(detail)).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        Ok(())
    }
}

#[async_trait]
impl Signing for Engine {
    async fn signing_keys(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningKey>> {
        let live = self.live_signing(who, id).await?;
        Ok(live.iter().map(|row| row.shown(self.sealer())).collect::<Result<_>>()?)
    }

    async fn signing_secrets(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningSecret>> {
        Ok(self.reveal_signing_secrets(who, id).await?)
    }

    async fn rotate_secret(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningSecret> {
        let current = self.rotate_signing(who, id, SigningScheme::V1, overlap_hours).await?;
        Ok(current.revealed(self.sealer())?)
    }

    async fn rotate_signing_key(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningKey> {
        let current = self.rotate_signing(who, id, SigningScheme::V1a, overlap_hours).await?;
        Ok(current.shown(self.sealer())?)
    }

    async fn end_signing_key(&self, who: &Actor, id: DestinationId, key: SecretId) -> Answer<()> {
        Ok(self.end_signing(who, id, key).await?)
    }

    async fn public_keys(&self, id: DestinationId) -> Answer<Vec<SigningKey>> {
        let (known, now) = (self.known_public_keys(id).await?, self.now());
        let is_live = |key: &&SigningKey| key.expires_at.is_none_or(|end| end > now);
        let live: Vec<_> = known.iter().flat_map(|keys| keys.iter()).filter(is_live).cloned().collect();
        if live.is_empty() {
            let detail = format!("nothing that is signed with a key pair is sent to {id}");
            return Err(Problem::new(Code::ResourceNotFound, detail));
        }
        Ok(live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_as_standard_webhooks_does() {
        assert_eq!(written(&[0xfb, 0xff, 0]).reveal(), "whsec_+/8A");
    }
}
