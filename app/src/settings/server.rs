//! The server functions of the settings: find out who asks, pass it on.

use hookyard_model::{
    AuditAction, AuditEntry, Cursor, Member, NewMember, Notice, Page, SchemaCheck, Secret, TeamSettings, UserId,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::failure::Failure;

#[server(prefix = "/api", endpoint = "team_settings", input = GetUrl)]
pub(crate) async fn read_team_settings() -> Result<TeamSettings, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().team_settings(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "set_schema_check")]
pub(crate) async fn set_schema_check(schema_check: SchemaCheck) -> Result<TeamSettings, Failure> {
    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let mut settings = hookyard().team_settings(&who).await?;
    settings.schema_check = schema_check;
    Ok(hookyard().set_team_settings(&who, settings).await?)
}

/// Sets where a chat takes messages about issues, and for how long it is quiet after one. An empty URL takes it away.
#[server(prefix = "/api", endpoint = "set_issue_notices")]
pub(crate) async fn set_issue_notices(slack_url: String, issue_quiet_minutes: String) -> Result<TeamSettings, Failure> {
    use hookyard_model::Problem;

    use crate::server::{actor, hookyard};
    let who = actor().await?;
    let Ok(minutes) = issue_quiet_minutes.trim().parse() else {
        return Err(Problem::field("/issue_quiet_minutes", "must be a whole number of minutes").into());
    };
    let mut settings = hookyard().team_settings(&who).await?;
    let url = slack_url.trim();
    settings.slack_url = (!url.is_empty()).then(|| Secret::new(url));
    settings.issue_quiet_minutes = minutes;
    Ok(hookyard().set_team_settings(&who, settings).await?)
}

#[server(prefix = "/api", endpoint = "send_test_slack")]
pub(crate) async fn send_test_slack() -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().send_test_slack(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "members", input = GetUrl)]
pub(crate) async fn members() -> Result<Vec<Member>, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().members(&actor().await?).await?)
}

#[server(prefix = "/api", endpoint = "add_member", input = Json)]
pub(crate) async fn add_member(new: NewMember) -> Result<Member, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().add_member(&actor().await?, new).await?)
}

#[server(prefix = "/api", endpoint = "remove_member")]
pub(crate) async fn remove_member(user: UserId) -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().remove_member(&actor().await?, user).await?)
}

#[server(prefix = "/api", endpoint = "set_member_notices")]
pub(crate) async fn set_member_notices(user: UserId, notices: bool) -> Result<Member, Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().set_member_notices(&actor().await?, user, notices).await?)
}

#[server(prefix = "/api", endpoint = "send_test_mail")]
pub(crate) async fn send_test_mail() -> Result<(), Failure> {
    use crate::server::{actor, hookyard};
    Ok(hookyard().send_test_mail(&actor().await?).await?)
}

/// Changes one's own password, and ends one's other sessions.
#[server(prefix = "/api", endpoint = "change_password")]
pub(crate) async fn change_password(current_password: Secret, new_password: Secret) -> Result<(), Failure> {
    use hookyard_model::Who;

    use crate::server::{actor, hookyard, renew_session};
    if let Who::User(user) = actor().await?.who {
        hookyard().change_password(user, &current_password, &new_password).await?;
        renew_session().await?;
    }
    Ok(())
}

/// The newest notices.
#[server(prefix = "/api", endpoint = "notices", input = GetUrl)]
pub(crate) async fn notices() -> Result<Page<Notice>, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};
    const NEWEST: u32 = 10;
    Ok(hookyard().notices(&actor().await?, None, &PageQuery { limit: Some(NEWEST), ..PageQuery::default() }).await?)
}

#[server(prefix = "/api", endpoint = "audit_log", input = GetUrl)]
pub(crate) async fn audit_log(
    action: Option<AuditAction>,
    subject: Option<String>,
    cursor: Option<Cursor>,
) -> Result<Page<AuditEntry>, Failure> {
    use hookyard_model::{AuditFilter, PageQuery};

    use crate::server::{actor, hookyard};
    const ROWS: u32 = 25;
    let filter = AuditFilter { subject, action };
    let page = PageQuery { cursor, limit: Some(ROWS), ..PageQuery::default() };
    Ok(hookyard().audit_log(&actor().await?, &filter, &page).await?)
}
