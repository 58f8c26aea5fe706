//! Private keys that were looked up of late, so that not every call asks the database.

use std::{collections::HashMap, time::Duration};

use hookyard_model::{Actor, TeamId};
use parking_lot::RwLock;
use tokio::time::Instant;

/// The SHA-256 of a private key.
pub(super) type Hash = [u8; 32];

/// How long a key is taken as found: so long does a node that missed the news go on taking a revoked one.
const VALID: Duration = Duration::from_secs(10);

/// More keys than this are not in use at once; where they are, looking up again costs little.
const LIMIT: usize = 10_000;

/// Private keys that were looked up of late, by their hash.
#[derive(Debug)]
pub(crate) struct KnownKeys(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<Hash, Key>,
    /// How many times keys were forgotten: what was looked up before the last time may be out of date.
    forgotten: u64,
}

#[derive(Debug, Clone)]
struct Key {
    actor: Actor,
    public: String,
    looked_up: Instant,
}

/// Taken before the database is asked, so that its answer is not kept when it was overtaken by a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    forgotten: u64,
    at: Instant,
}

impl KnownKeys {
    pub(crate) fn new() -> Self {
        Self(RwLock::default())
    }

    /// Forgets the team's keys, of which some may be revoked.
    pub(crate) fn forget(&self, team: TeamId) {
        let mut known = self.0.write();
        known.forgotten += 1;
        known.keys.retain(|_, key| key.actor.team != team);
    }

    /// Whose key it is, and its public half, or what [`Self::remember`] wants to know.
    pub(super) fn find(&self, hash: &Hash) -> Result<(Actor, String), Asked> {
        let (known, at) = (self.0.read(), Instant::now());
        match known.keys.get(hash) {
            Some(key) if at.duration_since(key.looked_up) < VALID => Ok((key.actor, key.public.clone())),
            _ => Err(Asked { forgotten: known.forgotten, at }),
        }
    }

    pub(super) fn remember(&self, asked: Asked, hash: Hash, actor: Actor, public: String) {
        let mut known = self.0.write();
        if known.forgotten == asked.forgotten {
            if known.keys.len() >= LIMIT {
                known.keys.clear();
            }
            known.keys.insert(hash, Key { actor, public, looked_up: asked.at });
        }
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::{KeyId, Mode, Who};
    use ulid::Ulid;

    use super::*;

    fn actor(team: u128) -> Actor {
        let who = Who::Key(KeyId::new(Ulid(1)));
        Actor { team: TeamId::new(Ulid(team)), mode: Mode::Test, who }
    }

    #[tokio::test]
    async fn a_key_is_known_until_its_team_is_forgotten() {
        let known = KnownKeys::new();
        for (hash, team) in [([1; 32], 1), ([2; 32], 2)] {
            let asked = known.find(&hash).unwrap_err();
            known.remember(asked, hash, actor(team), "public".to_owned());
        }
        assert_eq!(known.find(&[1; 32]).unwrap(), (actor(1), "public".to_owned()));
        known.forget(actor(1).team);
        assert!(known.find(&[1; 32]).is_err());
        assert!(known.find(&[2; 32]).is_ok());
    }

    #[tokio::test]
    async fn what_was_looked_up_before_a_change_is_not_kept() {
        let known = KnownKeys::new();
        let asked = known.find(&[1; 32]).unwrap_err();
        known.forget(actor(1).team);
        known.remember(asked, [1; 32], actor(1), "public".to_owned());
        assert!(known.find(&[1; 32]).is_err());
    }
}
