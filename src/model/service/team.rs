use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, AuditEntry, AuditFilter, DestinationId, Member, NewMember, Notice, Page, PageQuery, TeamSettings, UserId,
};

/// A team's own matters.
#[async_trait]
pub trait Teams: Send + Sync {
    async fn team_settings(&self, who: &Actor) -> Answer<TeamSettings>;

    async fn set_team_settings(&self, who: &Actor, settings: TeamSettings) -> Answer<TeamSettings>;

    /// Who belongs to the team, by e-mail address.
    async fn members(&self, who: &Actor) -> Answer<Vec<Member>>;

    async fn add_member(&self, who: &Actor, new: NewMember) -> Answer<Member>;

    /// Takes somebody out of the team; the last owner stays.
    async fn remove_member(&self, who: &Actor, user: UserId) -> Answer<()>;

    /// Chooses whether notices are mailed to somebody.
    async fn set_member_notices(&self, who: &Actor, user: UserId, notices: bool) -> Answer<Member>;

    /// Mails a test notice to whoever asks, at once; says why when it cannot be mailed.
    async fn send_test_mail(&self, who: &Actor) -> Answer<()>;

    /// Sends a test message to the team's Slack-compatible URL, at once; says why when it was not taken.
    async fn send_test_slack(&self, who: &Actor) -> Answer<()>;

    /// The notices that were given, newest first; of one webhook where `webhook` says which.
    async fn notices(&self, who: &Actor, webhook: Option<DestinationId>, page: &PageQuery) -> Answer<Page<Notice>>;

    /// Who did what, newest first.
    async fn audit_log(&self, who: &Actor, filter: &AuditFilter, page: &PageQuery) -> Answer<Page<AuditEntry>>;
}
