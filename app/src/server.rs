//! What only the server side of the dashboard has: the services, who asks, and the session.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, header, request::Parts};
use hookyard_model::{Account, Actor, Code, Mode, Problem, TeamId, UserId, Who, service::Hookyard};
use leptos::prelude::{ServerFnErrorErr, expect_context, use_context};
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

const USER: &str = "user";
const TEAM: &str = "team";
const MODE: &str = "mode";

/// The cookie for what was typed.
const TYPED: &str = "hookyard_typed";

/// So many bytes of what was typed are kept at most: browsers refuse cookies above 4096.
const TYPED_AT_MOST: usize = 3800;

/// All that Hookyard can be asked to do.
pub fn hookyard() -> Arc<dyn Hookyard> {
    expect_context()
}

/// Who is signed in.
pub async fn actor() -> Result<Actor, Problem> {
    actor_if_any().await?.ok_or_else(|| Problem::new(Code::Unauthenticated, "You are signed out. Sign in to go on."))
}

/// Who is signed in, if anybody is. That it cannot be known is an error: nobody is sent to sign in for that.
pub(crate) async fn actor_if_any() -> Result<Option<Actor>, Problem> {
    actor_of(&session().await?, &*hookyard()).await
}

/// Whether somebody signed in with this session.
pub async fn is_signed_in(session: &Session) -> bool {
    session.get::<UserId>(USER).await.is_ok_and(|user| user.is_some())
}

/// Who is signed in with this session, if anybody is. Whoever was taken out of the team since they signed in is not.
pub async fn actor_of(session: &Session, hookyard: &dyn Hookyard) -> Result<Option<Actor>, Problem> {
    let user: Option<UserId> = session.get(USER).await.map_err(|_| unreadable())?;
    let team: Option<TeamId> = session.get(TEAM).await.map_err(|_| unreadable())?;
    let mode: Option<Mode> = session.get(MODE).await.map_err(|_| unreadable())?;
    let Some((user, team)) = user.zip(team) else { return Ok(None) };
    let belongs = hookyard.belongs(user, team).await?;
    Ok(belongs.then(|| Actor { team, mode: mode.unwrap_or_default(), who: Who::User(user) }))
}

/// Starts a session for `account`, in its first team and in test mode, under a new session id.
pub(crate) async fn sign_in(account: &Account) -> Result<(), Problem> {
    let Some(team) = account.teams.first() else {
        return Err(Problem::new(Code::Forbidden, "This account belongs to no team."));
    };
    let session = session().await?;
    session.cycle_id().await.map_err(|_| unreadable())?;
    session.insert(USER, account.user_id).await.map_err(|_| unreadable())?;
    session.insert(TEAM, team.id).await.map_err(|_| unreadable())?;
    session.insert(MODE, Mode::Test).await.map_err(|_| unreadable())
}

/// Ends the session.
pub(crate) async fn sign_out() -> Result<(), Problem> {
    session().await?.flush().await.map_err(|_| unreadable())
}

pub(crate) async fn set_mode(mode: Mode) -> Result<(), Problem> {
    session().await?.insert(MODE, mode).await.map_err(|_| unreadable())
}

/// Shows another team, if whoever asks belongs to it.
pub(crate) async fn set_team(who: &Actor, team: TeamId) -> Result<(), Problem> {
    let Who::User(user) = who.who else { return Err(not_yours()) };
    if !hookyard().belongs(user, team).await? {
        return Err(not_yours());
    }
    session().await?.insert(TEAM, team).await.map_err(|_| unreadable())
}

fn not_yours() -> Problem {
    Problem::new(Code::Forbidden, "You do not belong to this team.")
}

/// Goes on in this session under a new id, once all sessions of the person were ended.
pub(crate) async fn renew_session() -> Result<(), Problem> {
    session().await?.cycle_id().await.map_err(|_| unreadable())
}

async fn session() -> Result<Session, Problem> {
    leptos_axum::extract().await.map_err(|_: ServerFnErrorErr| unreadable())
}

/// The reason is the database's and stays out of the answer; the session store logs it.
fn unreadable() -> Problem {
    Problem::new(Code::Unavailable, "Sessions cannot be read just now. Try again in a moment.")
}

/// Gives the answer under way this status.
pub(crate) fn set_status(status: u16) {
    // A form that posts without scripts is led back to its page; a status of our own would keep it from going there.
    if let (false, Some(response), Ok(status)) =
        (is_form_post(), use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
}

/// Whether a form posts without scripts.
fn is_form_post() -> bool {
    use_context::<Parts>()
        .is_some_and(|parts| parts.method == Method::POST && contains(&parts.headers, header::ACCEPT, "text/html"))
}

/// The path and query of the page that is shown: of the request itself, or of the page that a browser asks from.
pub(crate) fn page_path() -> String {
    let Some(parts) = use_context::<Parts>() else { return "/".to_owned() };
    let of_page = || parts.uri.path_and_query().map(ToString::to_string);
    let of_referer = || {
        let referer = parts.headers.get(header::REFERER)?.to_str().ok()?;
        let url = url::Url::parse(referer).ok()?;
        Some(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    };
    let path = if parts.uri.path().starts_with("/api/") { of_referer() } else { of_page() };
    path.unwrap_or_else(|| "/".to_owned())
}

/// The value of a cookie that the browser sent.
pub(crate) fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let mut cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    cookies.find_map(|line| {
        let mut pairs = line.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    })
}

/// Asks the browser to keep for a minute what was typed into a form, for the page that shows the form again without
/// scripts; whether it is short enough for that. Out of the reach of scripts; a password never belongs here.
pub(crate) fn remember_typed(fields: &[(&str, &str)]) -> bool {
    let typed = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let is_short = typed.len() <= TYPED_AT_MOST;
    let cookie = format!("{TYPED}={typed}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    if let (Some(response), Ok(cookie), true) = (use_context::<ResponseOptions>(), cookie.parse(), is_short) {
        response.append_header(header::SET_COOKIE, cookie);
    }
    is_short
}

/// The problem of a form, with what was typed remembered; says so when that is too long for a cookie.
pub(crate) fn refused(mut problem: Problem, fields: &[(&str, &str)]) -> Problem {
    let page = page_path();
    let path = page.split('?').next().unwrap_or_default();
    let fields: Vec<_> = fields.iter().copied().chain([("page", path)]).collect();
    if is_form_post() && !remember_typed(&fields) {
        problem.detail.push_str(" What was typed is too long to stand here again: go back in the browser to have it.");
    }
    problem
}

/// What [`remember_typed`] kept.
pub(crate) fn typed_before() -> Vec<(String, String)> {
    let typed = cookie(TYPED).unwrap_or_default();
    url::form_urlencoded::parse(typed.as_bytes()).into_owned().collect()
}

fn contains(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}
