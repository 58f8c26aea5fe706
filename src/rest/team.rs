//! `/v1/team` and `/v1/notices`: a team's own matters.

use axum::{Json, extract::State, http::StatusCode};
use hookyard_model::{
    DestinationId, Direction, Member, NewMember, Notice, Page, PageQuery, Secret, TeamSettings, UserId,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Yard,
    answer::{Answer, Created, whole},
    caller::Caller,
    input::{Id, Input},
    query::{PageParams, Query},
};

pub(super) fn routes() -> OpenApiRouter<Yard> {
    OpenApiRouter::new()
        .routes(routes!(settings, set_settings))
        .routes(routes!(members, add))
        .routes(routes!(patch, remove))
        .routes(routes!(test_mail))
        .routes(routes!(test_slack))
        .routes(routes!(notices))
}

/// Read the team's settings
#[utoipa::path(get, path = "/v1/team/settings", tag = "Team", responses((status = 200, body = TeamSettings)))]
async fn settings(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<TeamSettings>> {
    Ok(Json(yard.team_settings(&who).await?))
}

/// What is to change of the settings; what is left out stays.
#[expect(clippy::option_option, reason = "absent, null and given are three things")]
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamSettingsPatch {
    #[serde(default)]
    schema_check: Option<hookyard_model::SchemaCheck>,
    /// 0 to 1440.
    #[serde(default)]
    issue_quiet_minutes: Option<u32>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    slack_url: Option<Option<Secret>>,
}

#[expect(clippy::option_option, reason = "absent, null and given are three things")]
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Secret>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Change the team's settings
///
/// They hold for both modes. What is left out stays. Only owners change them.
#[utoipa::path(
    patch, path = "/v1/team/settings", tag = "Team", request_body = TeamSettingsPatch,
    responses((status = 200, body = TeamSettings)),
)]
async fn set_settings(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Input(patch): Input<TeamSettingsPatch>,
) -> Answer<Json<TeamSettings>> {
    let before = yard.team_settings(&who).await?;
    let settings = TeamSettings {
        schema_check: patch.schema_check.unwrap_or(before.schema_check),
        issue_quiet_minutes: patch.issue_quiet_minutes.unwrap_or(before.issue_quiet_minutes),
        slack_url: patch.slack_url.unwrap_or(before.slack_url),
    };
    Ok(Json(yard.set_team_settings(&who, settings).await?))
}

/// List the members
///
/// All on one page, by e-mail address.
#[utoipa::path(get, path = "/v1/team/members", tag = "Team", responses((status = 200, body = Page<Member>)))]
async fn members(State(yard): State<Yard>, Caller(who): Caller) -> Answer<Json<Page<Member>>> {
    Ok(whole(yard.members(&who).await?, "email", Direction::Asc))
}

/// Add a member
///
/// Somebody who has an account on this server, and signs in with the password they have; or somebody new with their
/// first password. Only owners add members.
#[utoipa::path(
    post, path = "/v1/team/members", tag = "Team", request_body = NewMember, responses((status = 201, body = Member)),
)]
async fn add(State(yard): State<Yard>, Caller(who): Caller, Input(new): Input<NewMember>) -> Answer<Created<Member>> {
    let member = yard.add_member(&who, new).await?;
    Ok(Created(format!("/v1/team/members/{}", member.user_id), member))
}

/// What is to change of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberPatch {
    /// Whether notices about webhooks are mailed to them.
    notices: bool,
}

/// Change a member
#[utoipa::path(
    patch, path = "/v1/team/members/{user_id}", tag = "Team", params(("user_id" = UserId, Path)),
    request_body = MemberPatch, responses((status = 200, body = Member)),
)]
async fn patch(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Id(user): Id<UserId>,
    Input(patch): Input<MemberPatch>,
) -> Answer<Json<Member>> {
    Ok(Json(yard.set_member_notices(&who, user, patch.notices).await?))
}

/// Remove a member
///
/// Their sessions see nothing of the team from then on. The last owner stays.
#[utoipa::path(
    delete, path = "/v1/team/members/{user_id}", tag = "Team", params(("user_id" = UserId, Path)),
    responses((status = 204)),
)]
async fn remove(State(yard): State<Yard>, Caller(who): Caller, Id(user): Id<UserId>) -> Answer<StatusCode> {
    yard.remove_member(&who, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mail a test notice
///
/// At once, to every member with notices on; once a minute at most. The answer says why when it cannot be mailed.
#[utoipa::path(post, path = "/v1/team/test-mail", tag = "Team", responses((status = 204)))]
async fn test_mail(State(yard): State<Yard>, Caller(who): Caller) -> Answer<StatusCode> {
    yard.send_test_mail(&who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test message to the team's chat
///
/// At once, to the Slack-compatible URL of the settings. The answer says why when it was not taken.
#[utoipa::path(post, path = "/v1/team/test-slack", tag = "Team", responses((status = 204)))]
async fn test_slack(State(yard): State<Yard>, Caller(who): Caller) -> Answer<StatusCode> {
    yard.send_test_slack(&who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which notices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NoticeFilter {
    /// Those about this webhook.
    #[serde(default)]
    webhook_id: Option<DestinationId>,
}

/// List notices
///
/// What people were told of webhooks that keep failing, were disabled, or deliver again, and of issues that were opened or
/// are over.
#[utoipa::path(
    get, path = "/v1/notices", tag = "Team", params(NoticeFilter, PageParams),
    responses((status = 200, body = Page<Notice>)),
)]
async fn notices(
    State(yard): State<Yard>,
    Caller(who): Caller,
    Query(filter): Query<NoticeFilter>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Notice>>> {
    Ok(Json(yard.notices(&who, filter.webhook_id, &page).await?))
}
