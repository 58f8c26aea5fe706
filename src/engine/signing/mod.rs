//! What deliveries are signed with, as receivers need it, and its rotation.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_model::{
    Actor, Code, DestinationId, Problem, Secret, SecretId, SigningKey, SigningSecret, Timestamp,
    service::{Answer, Signing},
};

use crate::{
    Engine,
    db::{Tx, within},
    destination,
    error::{Error, Result},
};

/// For how long the secrets before may go on signing at most.
const LONGEST_OVERLAP_HOURS: u32 = 720;
/// How many secrets sign at once at most: each adds a signature to every attempt.
const MOST_SECRETS: usize = 10;

/// A key as Standard Webhooks writes it.
fn written(key: &[u8]) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(key)))
}

impl Engine {
    /// The secrets that sign now, the current one first: of a webhook or any other destination.
    async fn live_signing_secrets(&self, who: &Actor, id: DestinationId) -> Result<Vec<SigningSecret>> {
        let secrets = destination::live_secrets(self.db(), who.team, who.mode, id, self.now()).await?;
        // Every destination has a current secret, so without one there is no destination.
        if secrets.is_empty() {
            return Err(Problem::not_found("webhook", id).into());
        }
        let mut shown = Vec::with_capacity(secrets.len());
        for (id, sealed, created_at, expires_at) in secrets {
            shown.push(SigningSecret { id, secret: written(&self.sealer().open(&sealed)?), created_at, expires_at });
        }
        shown.sort_by_key(|secret| secret.expires_at.is_some());
        Ok(shown)
    }

    async fn rotate_signing_secret(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Result<SigningSecret> {
        if overlap_hours > LONGEST_OVERLAP_HOURS {
            let detail = format!("must be 0 to {LONGEST_OVERLAP_HOURS} hours");
            return Err(Problem::field("/overlap_hours", detail).into());
        }
        let now = self.now();
        let live = destination::live_secrets(self.db(), who.team, who.mode, id, now).await?.len();
        if overlap_hours > 0 && live >= MOST_SECRETS {
            let detail = format!("{live} secrets sign for {id} already; rotate with overlap_hours 0 to end them");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let mut tx = self.db().begin().await?;
        let row = destination::lock(&mut tx, who.team, who.mode, id).await?;
        row.ok_or_else(|| Problem::not_found("webhook", id))?;
        let until = now.plus(Duration::from_secs(u64::from(overlap_hours) * 3600));
        destination::expire_secrets(&mut tx, who.team, who.mode, id, until).await?;
        forget_ended_secrets(&mut tx, who, id, now).await?;
        let current = destination::insert_secret(self, &mut tx, who.team, who.mode, id).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        let secrets = self.live_signing_secrets(who, id).await?;
        let rotated = secrets.into_iter().find(|secret| secret.id == current);
        rotated.ok_or_else(|| Error::Broken(format!("the new secret {current} of {id} is gone")))
    }
}

/// Deletes the signing secrets that have ended.
async fn forget_ended_secrets(tx: &mut Tx, who: &Actor, id: DestinationId, now: Timestamp) -> Result<()> {
    const SQL: &str =
        "DELETE FROM signing_secret WHERE team_id = $1 AND mode = $2 AND destination_id = $3 AND expires_at <= $4";
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}

#[async_trait]
impl Signing for Engine {
    async fn signing_keys(&self, _who: &Actor, _id: DestinationId) -> Answer<Vec<SigningKey>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn signing_secrets(&self, who: &Actor, id: DestinationId) -> Answer<Vec<SigningSecret>> {
        Ok(self.live_signing_secrets(who, id).await?)
    }

    async fn rotate_secret(&self, who: &Actor, id: DestinationId, overlap_hours: u32) -> Answer<SigningSecret> {
        Ok(self.rotate_signing_secret(who, id, overlap_hours).await?)
    }

    async fn rotate_signing_key(&self, _who: &Actor, _id: DestinationId, _overlap_hours: u32) -> Answer<SigningKey> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn end_signing_key(&self, _who: &Actor, _id: DestinationId, _key: SecretId) -> Answer<()> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn public_keys(&self, _id: DestinationId) -> Answer<Vec<SigningKey>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
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
