use async_trait::async_trait;

use super::Answer;
use crate::{Account, Actor, Bootstrapped, KeyId, KeyPair, NewKeyPair, NewOwner, Secret, TeamId, UserId};

/// People and teams.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Whether nobody has an account yet.
    async fn is_new(&self) -> Answer<bool>;

    /// Makes the first account and its team; refused when there is an account already.
    async fn set_up(&self, owner: NewOwner) -> Answer<Account>;

    /// Makes a team, its owner and a key pair a mode; refused when the e-mail address has an account.
    async fn bootstrap(&self, owner: NewOwner) -> Answer<Bootstrapped>;

    /// Who has this e-mail address and password. One answer whichever of the two is wrong.
    async fn sign_in(&self, email: &str, password: &Secret) -> Answer<Account>;

    /// Gives a user a new password, and ends all their sessions; refused unless `current` is their password.
    async fn change_password(&self, user: UserId, current: &Secret, new: &Secret) -> Answer<()>;

    /// Whether somebody belongs to a team. Asked at each request of a session, and so answered from memory for moments.
    async fn belongs(&self, user: UserId, team: TeamId) -> Answer<bool>;

    /// The account of a user who signed in before; `None` when it is gone.
    async fn account(&self, user: UserId) -> Answer<Option<Account>>;
}

/// Key pairs.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The mode's key pairs that are not revoked, newest first.
    async fn key_pairs(&self, who: &Actor) -> Answer<Vec<KeyPair>>;

    /// Makes a key pair; its private key is in this answer alone.
    async fn create_key_pair(&self, who: &Actor) -> Answer<NewKeyPair>;

    /// Revokes a key pair at once.
    async fn revoke_key_pair(&self, who: &Actor, id: KeyId) -> Answer<()>;

    /// Whose private key this is; with `public`, only when it is that pair's.
    async fn authenticate(&self, private: &Secret, public: Option<&str>) -> Answer<Actor>;
}
