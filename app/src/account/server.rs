//! The server functions about accounts and the session.

use hookyard_model::{About, Mode, Secret, Team, TeamId};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Who is signed in, and what every page needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Me {
    pub(crate) email: String,
    pub(crate) team: String,
    pub(crate) team_id: TeamId,
    /// All that they belong to.
    pub(crate) teams: Vec<Team>,
    pub(crate) mode: Mode,
    pub(crate) theme: String,
    pub(crate) about: About,
}

/// What the forms of signed-out people are filled with: what they typed before, but for the password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub(crate) team: String,
    pub(crate) email: String,
}

/// The page that a signed-out person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Door {
    SetUp,
    SignIn,
}

/// Who is signed in; nobody is led to the page that they need first.
#[server(prefix = "/api", endpoint = "me", input = GetUrl)]
pub(crate) async fn read_me() -> Result<Option<Me>, Failure> {
    use hookyard_model::Who;

    use crate::server::{actor_if_any, cookie, hookyard, page_path, sign_out};

    if let Some(actor) = actor_if_any().await?
        && let Who::User(user) = actor.who
    {
        if let Some(account) = hookyard().account(user).await? {
            let team = account.teams.iter().find(|team| team.id == actor.team);
            return Ok(Some(Me {
                email: account.email,
                team: team.map(|team| team.name.clone()).unwrap_or_default(),
                team_id: actor.team,
                teams: account.teams,
                mode: actor.mode,
                theme: cookie("theme").filter(|theme| ["light", "dark"].contains(&theme.as_str())).unwrap_or_default(),
                about: hookyard().about(),
            }));
        }
        sign_out().await?;
    }
    if hookyard().is_new().await? {
        leptos_axum::redirect("/setup");
    } else {
        let next: String = url::form_urlencoded::byte_serialize(page_path().as_bytes()).collect();
        leptos_axum::redirect(&format!("/sign-in?next={next}"));
    }
    Ok(None)
}

/// Leads those who stand before the wrong door to the right one, and gives back what was typed.
#[server(prefix = "/api", endpoint = "door", input = GetUrl)]
pub(crate) async fn open_door(door: Door) -> Result<Typed, Failure> {
    use super::next::HOME;
    use crate::server::{actor_if_any, hookyard, typed_before};

    let is_new = hookyard().is_new().await?;
    match door {
        _ if actor_if_any().await?.is_some() => leptos_axum::redirect(HOME),
        Door::SetUp if !is_new => leptos_axum::redirect("/sign-in"),
        Door::SignIn if is_new => leptos_axum::redirect("/setup"),
        Door::SetUp | Door::SignIn => {}
    }
    let mut typed = Typed::default();
    for (name, value) in typed_before() {
        match name.as_str() {
            "team" => typed.team = value,
            "email" => typed.email = value,
            _ => {}
        }
    }
    Ok(typed)
}

/// Makes the first account and signs in with it.
#[server(prefix = "/api", endpoint = "set_up")]
pub(crate) async fn set_up(
    team: String,
    email: String,
    password: Secret,
    #[server(default)] catalogue: bool,
) -> Result<(), Failure> {
    use hookyard_model::NewOwner;

    use super::next::HOME;
    use crate::server::{hookyard, remember_typed, sign_in};

    remember_typed(&[("team", &team), ("email", &email)]);
    let account = hookyard().set_up(NewOwner { team, email, password, catalogue }).await?;
    sign_in(&account).await?;
    leptos_axum::redirect(HOME);
    Ok(())
}

/// Signs in and goes on to where one wanted to go.
#[server(prefix = "/api", endpoint = "sign_in")]
pub(crate) async fn sign_in(email: String, password: Secret, #[server(default)] next: String) -> Result<(), Failure> {
    use super::next::local_or_home;
    use crate::server::{hookyard, remember_typed};

    remember_typed(&[("email", &email)]);
    let account = hookyard().sign_in(email.trim(), &password).await?;
    crate::server::sign_in(&account).await?;
    leptos_axum::redirect(local_or_home(&next));
    Ok(())
}

/// Ends the session.
#[server(prefix = "/api", endpoint = "sign_out")]
pub(crate) async fn sign_out() -> Result<(), Failure> {
    crate::server::sign_out().await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Switches what is shown to test or live, and shows the list that `page` belongs to.
#[server(prefix = "/api", endpoint = "set_mode")]
pub(crate) async fn set_mode(mode: Mode, #[server(default)] page: String) -> Result<(), Failure> {
    use super::next::local_or_home;

    crate::server::actor().await?;
    crate::server::set_mode(mode).await?;
    leptos_axum::redirect(local_or_home(&page));
    Ok(())
}

/// Switches to another team that one belongs to, and shows the list that `page` belongs to.
#[server(prefix = "/api", endpoint = "set_team")]
pub(crate) async fn set_team(team: TeamId, #[server(default)] page: String) -> Result<(), Failure> {
    use super::next::local_or_home;

    let who = crate::server::actor().await?;
    crate::server::set_team(&who, team).await?;
    leptos_axum::redirect(local_or_home(&page));
    Ok(())
}
