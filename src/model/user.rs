//! People, their teams, and what they may know of the server.

use serde::{Deserialize, Serialize};

use crate::{FieldError, NewKeyPair, Secret, TeamId, UserId};

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Team {
    pub id: TeamId,
    pub name: String,
}

/// A person who signed in, and their teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: UserId,
    pub email: String,
    pub teams: Vec<Team>,
}

/// The first owner of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOwner {
    pub team: String,
    pub email: String,
    pub password: Secret,
    /// Whether the team starts with the ready-made catalogue of event types.
    #[serde(default)]
    pub catalogue: bool,
}

impl NewOwner {
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if !(1..=100).contains(&self.team.trim().chars().count()) {
            mistakes.push(FieldError::new("/team", "a team's name has 1 to 100 characters"));
        }
        if !is_email(&self.email) {
            mistakes.push(FieldError::new("/email", "not an e-mail address such as ada@example.com"));
        }
        mistakes.extend(password_mistake(&self.password, "/password"));
        mistakes
    }
}

/// What is wrong with a password that somebody chooses.
pub fn password_mistake(password: &Secret, pointer: &str) -> Option<FieldError> {
    match password.reveal().len() {
        ..10 => Some(FieldError::new(pointer, "a password has at least 10 characters")),
        10..=1024 => None,
        _ => Some(FieldError::new(pointer, "a password has at most 1024 bytes")),
    }
}

/// Whether `text` looks like an e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    let well_formed = |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty();
    text.rsplit_once('@').is_some_and(well_formed) && !text.contains(char::is_whitespace) && text.len() <= 254
}

/// A team just made from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrapped {
    pub team_id: TeamId,
    pub user_id: UserId,
    pub test: NewKeyPair,
    pub live: NewKeyPair,
}

/// What pages say about the server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    pub version: String,
    /// Where the server is from outside, without a slash at its end.
    pub public_url: String,
    /// Address ranges that deliveries may reach although they are not public.
    pub egress_allow: Vec<String>,
    pub retention_days: u32,
    /// Whether e-mail is set up.
    pub mail: bool,
    /// Who mail comes from, where it is set up.
    pub mail_from: Option<String>,
}
