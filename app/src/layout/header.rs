//! The bar at the top: whose data, test or live, and the account.

use hookyard_model::{Mode, Team, TeamId};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

use super::theme::ThemeSwitch;
use crate::{
    account::{Me, SetMode, SetTeam, SignOut},
    ui::{Icon, Shape, ShowKeys},
};

/// The product's sign and name.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <span class="logo">
            <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                <path class="yard" d="M3 28V6.5L7 3h18l4 3.5V28M3 28h26"/>
                <path class="hook" d="M16 3v9.5c0 2.5 4.3 2.8 4.3 6.1a4.3 4.3 0 0 1-8.6.3"/>
            </svg>
            "Hookyard"
        </span>
    }
}

#[component]
pub(crate) fn Header(me: Me) -> impl IntoView {
    view! {
        <header class="bar">
            <a class="home" href="/overview"><Logo/></a>
            <span class="team" title="Team">{me.team.clone()}</span>
            <ModeSwitch mode=me.mode/>
            <AccountMenu me/>
        </header>
    }
}

/// Switches between test and live. A plain form: the page is loaded anew, so nothing of the other mode stays on it.
#[component]
fn ModeSwitch(mode: Mode) -> impl IntoView {
    let path = use_location().pathname;
    let list = move || list_of(&path.get());
    let button = |to: Mode, word: &'static str, shape: Shape| {
        view! {
            <button name="mode" value=to.as_str() aria-pressed=(to == mode).to_string()><Icon shape/>{word}</button>
        }
    };
    view! {
        <form method="post" action=SetMode::url()>
            <input type="hidden" name="page" value=list/>
            <div class="mode" role="group" aria-label="Mode">
                {button(Mode::Test, "Test", Shape::Info)}
                {button(Mode::Live, "Live", Shape::Bolt)}
            </div>
        </form>
    }
}

/// The list that a page belongs to: one thing of test mode does not exist in live mode.
fn list_of(path: &str) -> String {
    match path.split('/').nth(1) {
        Some("webhooks") => "/developer".to_owned(),
        Some("") | None => "/overview".to_owned(),
        Some(first) => format!("/{first}"),
    }
}

#[component]
fn AccountMenu(me: Me) -> impl IntoView {
    let Me { email, team, team_id, teams, theme, .. } = me;
    view! {
        <button type="button" class="button quiet icon-only account" popovertarget="account-menu" aria-label="Account">
            <Icon shape=Shape::Account/>
        </button>
        <div id="account-menu" class="menu" popover="auto">
            <p class="who"><strong>{email}</strong><span>{team}</span></p>
            {(teams.len() > 1).then(|| view! { <TeamSwitch teams shown=team_id/> })}
            <ThemeSwitch theme/>
            <ShowKeys/>
            <form method="post" action=SignOut::url()>
                <button class="button wide">"Sign out"</button>
            </form>
        </div>
    }
}

/// Switches between the teams that one belongs to. A plain form, as [`ModeSwitch`] is.
#[component]
fn TeamSwitch(teams: Vec<Team>, shown: TeamId) -> impl IntoView {
    let path = use_location().pathname;
    let list = move || list_of(&path.get());
    let button = |team: Team| {
        let is_shown = (team.id == shown).to_string();
        view! { <button name="team" value=team.id.to_string() aria-pressed=is_shown>{team.name}</button> }
    };
    view! {
        <form method="post" action=SetTeam::url()>
            <input type="hidden" name="page" value=list/>
            <div class="teams" role="group" aria-label="Team">{teams.into_iter().map(button).collect_view()}</div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::list_of;

    #[test]
    fn a_page_belongs_to_a_list() {
        for (path, list) in [
            ("/events/evt_1", "/events"),
            ("/events", "/events"),
            ("/webhooks/des_1", "/developer"),
            ("/", "/overview"),
        ] {
            assert_eq!(list_of(path), list);
        }
    }
}
