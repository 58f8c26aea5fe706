//! People and their teams: the first owner, and signing in.

mod password;
mod store;

use async_trait::async_trait;
use hookyard_model::{
    Account, Bootstrapped, Code, Mode, NewOwner, Problem, Secret, Team, TeamId, UserId, password_mistake,
    service::{Accounts, Answer},
};
pub(crate) use store::{Person, insert_person};

use crate::{
    Engine,
    db::{Db, Tx},
    error::Result,
    event_type, key, session, source,
};

/// One spelling an address, however it is typed.
pub(crate) fn tidy(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The owner as stored, if acceptable.
fn checked(mut owner: NewOwner) -> Result<NewOwner> {
    owner.email = tidy(&owner.email);
    owner.team = owner.team.trim().to_owned();
    Problem::check(owner.mistakes())?;
    for (pointer, text) in [("/team", &owner.team), ("/email", &owner.email)] {
        if text.contains(char::is_control) {
            return Err(Problem::field(pointer, "has a control character").into());
        }
    }
    Ok(owner)
}

/// Somebody new.
pub(crate) async fn person(engine: &Engine, email: &str, password: &Secret) -> Result<Person> {
    Ok(Person {
        id: UserId::new(engine.ids().unique(engine.now())),
        email: email.to_owned(),
        password_hash: password::hash(engine.ids(), password).await?,
    })
}

/// Who has an account with this address, which is tidy.
pub(crate) async fn find_by_email(db: &Db, email: &str) -> Result<Option<UserId>> {
    Ok(store::find_by_email(db, email).await?.map(|person| person.id))
}

/// The address of somebody's account.
pub(crate) async fn email(db: &Db, user: UserId) -> Result<Option<String>> {
    Ok(store::find(db, user).await?.map(|person| person.email))
}

impl Engine {
    /// Makes a person who owns a new team, in which both modes can take events in.
    async fn found_team(&self, tx: &mut Tx, person: &Person, owner: &NewOwner) -> Result<Team> {
        let now = self.now();
        if !store::insert_person(tx, person, now).await? {
            let detail = format!("{} has an account already; nothing was changed", person.email);
            return Err(Problem::new(Code::ResourceAlreadyExists, detail).into());
        }
        let team = Team { id: TeamId::new(self.ids().unique(now)), name: owner.team.clone() };
        store::insert_team(tx, &team, person.id, now).await?;
        for mode in Mode::ALL {
            source::insert_built_in(tx, self.ids(), team.id, *mode, now).await?;
            if owner.catalogue {
                event_type::insert_ready_made(tx, self.ids(), team.id, *mode, now).await?;
            }
        }
        Ok(team)
    }

    async fn make_first_account(&self, owner: NewOwner) -> Result<Account> {
        let owner = checked(owner)?;
        let taken = || Problem::new(Code::Conflict, "this server has an owner already; sign in instead");
        // Asked before the password is hashed, so that a set-up page left open costs others nothing.
        if !store::is_empty(self.db()).await? {
            return Err(taken().into());
        }
        let person = person(self, &owner.email, &owner.password).await?;
        let mut tx = self.db().begin().await?;
        if !store::is_empty_alone(&mut tx).await? {
            return Err(taken().into());
        }
        let team = self.found_team(&mut tx, &person, &owner).await?;
        tx.commit().await?;
        Ok(Account { user_id: person.id, email: person.email, teams: vec![team] })
    }

    async fn bootstrap_team(&self, owner: NewOwner) -> Result<Bootstrapped> {
        let owner = checked(owner)?;
        let person = person(self, &owner.email, &owner.password).await?;
        let mut tx = self.db().begin().await?;
        // A set-up that is under way must not find that nobody is there.
        store::is_empty_alone(&mut tx).await?;
        let team = self.found_team(&mut tx, &person, &owner).await?;
        let test = key::insert(&mut tx, self.ids(), team.id, Mode::Test, self.now()).await?;
        let live = key::insert(&mut tx, self.ids(), team.id, Mode::Live, self.now()).await?;
        tx.commit().await?;
        Ok(Bootstrapped { team_id: team.id, user_id: person.id, test, live })
    }

    async fn account_with(&self, email: &str, password: &Secret) -> Result<Account> {
        let email = tidy(email);
        // No stored address has control characters, and PostgreSQL does not even look for a NUL.
        let possible = !email.contains(char::is_control);
        let person = if possible { store::find_by_email(self.db(), &email).await? } else { None };
        let hash = person.as_ref().map(|person| person.password_hash.clone());
        let right = password::is_right(password, hash).await?;
        let Some(person) = person.filter(|_| right) else {
            let detail = "the e-mail address or the password is not right";
            return Err(Problem::new(Code::Unauthenticated, detail).into());
        };
        self.account_of(person).await
    }

    async fn set_password(&self, user: UserId, current: &Secret, new: &Secret) -> Result<()> {
        Problem::check(password_mistake(new, "/new").into_iter().collect())?;
        let person = store::find(self.db(), user).await?.ok_or_else(|| Problem::not_found("account", user))?;
        if !password::is_right(current, Some(person.password_hash.clone())).await? {
            return Err(Problem::field("/current", "is not your password").into());
        }
        let hash = password::hash(self.ids(), new).await?;
        let mut tx = self.db().begin().await?;
        if !store::change_password(&mut tx, &person, &hash).await? {
            return Err(Problem::field("/current", "was changed just now").into());
        }
        session::end_all(&mut tx, user).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn account_of(&self, person: Person) -> Result<Account> {
        let teams = store::teams(self.db(), person.id).await?;
        Ok(Account { user_id: person.id, email: person.email, teams })
    }

    async fn find_account(&self, user: UserId) -> Result<Option<Account>> {
        match store::find(self.db(), user).await? {
            Some(person) => Ok(Some(self.account_of(person).await?)),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl Accounts for Engine {
    async fn is_new(&self) -> Answer<bool> {
        Ok(store::is_empty(self.db()).await?)
    }

    async fn set_up(&self, owner: NewOwner) -> Answer<Account> {
        Ok(self.make_first_account(owner).await?)
    }

    async fn bootstrap(&self, owner: NewOwner) -> Answer<Bootstrapped> {
        Ok(self.bootstrap_team(owner).await?)
    }

    async fn sign_in(&self, email: &str, password: &Secret) -> Answer<Account> {
        Ok(self.account_with(email, password).await?)
    }

    async fn change_password(&self, user: UserId, current: &Secret, new: &Secret) -> Answer<()> {
        Ok(self.set_password(user, current, new).await?)
    }

    async fn belongs(&self, user: UserId, team: TeamId) -> Answer<bool> {
        Ok(self.is_member(user, team).await?)
    }

    async fn account(&self, user: UserId) -> Answer<Option<Account>> {
        Ok(self.find_account(user).await?)
    }
}
