//! Passwords: argon2id, a few at a time.

use std::time::Duration;

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use hookyard_model::{Code, Problem, Secret};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    clock::Ids,
    error::{Error, Result},
};

/// A hash takes 19 MiB and tens of milliseconds of a core: sign-ins, wanted or not, must not exhaust the machine.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// How long one waits for its turn before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of no password: what is verified when nobody has the e-mail address, so that this takes as long.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyBpdCEhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash to store, with its salt and parameters.
pub(super) async fn hash(ids: &Ids, password: &Secret) -> Result<String> {
    let broken = |error: argon2::password_hash::Error| Error::Broken(format!("a password cannot be hashed: {error}"));
    let salt = SaltString::encode_b64(&ids.bytes::<16>()).map_err(broken)?;
    let password = password.clone();
    let hashed = in_turn(move || {
        Argon2::default().hash_password(password.reveal().as_bytes(), &salt).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(broken)
}

/// Whether it is the password that was hashed; without a hash, no, after the same work.
pub(super) async fn is_right(password: &Secret, hashed: Option<String>) -> Result<bool> {
    let password = password.clone();
    in_turn(move || {
        let known = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| OF_NOBODY.to_owned());
        let right = PasswordHash::new(&hashed)
            .is_ok_and(|hashed| Argon2::default().verify_password(password.reveal().as_bytes(), &hashed).is_ok());
        right && known
    })
    .await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let Ok(Ok(turn)) = timeout(PATIENCE, AT_ONCE.acquire()).await else {
        let detail = "too many are signing in just now; try again in a moment";
        return Err(Problem::new(Code::TooManyRequests, detail).into());
    };
    let done = tokio::task::spawn_blocking(work).await;
    drop(turn);
    done.map_err(|error| Error::Broken(format!("a password was not looked at: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_not() {
        let (right, wrong) = (Secret::new("correct horse"), Secret::new("battery staple"));
        let hashed = hash(&Ids::new(), &right).await.unwrap();
        assert!(is_right(&right, Some(hashed.clone())).await.unwrap());
        assert!(!is_right(&wrong, Some(hashed)).await.unwrap());
        assert!(!is_right(&right, None).await.unwrap());
    }

    #[tokio::test]
    async fn the_hash_of_nobody_is_as_much_work_as_any() {
        let ours = hash(&Ids::new(), &Secret::new("correct horse")).await.unwrap();
        let (ours, nobody) = (PasswordHash::new(&ours).unwrap(), PasswordHash::new(OF_NOBODY).unwrap());
        assert_eq!((ours.algorithm, ours.version, &ours.params), (nobody.algorithm, nobody.version, &nobody.params));
        assert_eq!(ours.hash.unwrap().len(), nobody.hash.unwrap().len());
        assert_eq!(ours.salt.unwrap().len(), nobody.salt.unwrap().len());
    }
}
