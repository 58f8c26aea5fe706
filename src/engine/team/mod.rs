//! A team's own matters: its members, its settings, and who is told what.

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditEntry, AuditFilter, Code, DestinationId, Member, NewMember, Notice, Page, PageQuery, Problem,
    TeamSettings, UserId,
    service::{Answer, Teams},
};

use crate::{Engine, audit};

#[async_trait]
impl Teams for Engine {
    async fn team_settings(&self, _who: &Actor) -> Answer<TeamSettings> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn set_team_settings(&self, _who: &Actor, _settings: TeamSettings) -> Answer<TeamSettings> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn members(&self, _who: &Actor) -> Answer<Vec<Member>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn add_member(&self, _who: &Actor, _new: NewMember) -> Answer<Member> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn remove_member(&self, _who: &Actor, _user: UserId) -> Answer<()> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn set_member_notices(&self, _who: &Actor, _user: UserId, _notices: bool) -> Answer<Member> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn send_test_mail(&self, _who: &Actor) -> Answer<()> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn notices(&self, _who: &Actor, _webhook: Option<DestinationId>, _page: &PageQuery) -> Answer<Page<Notice>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn audit_log(&self, who: &Actor, filter: &AuditFilter, page: &PageQuery) -> Answer<Page<AuditEntry>> {
        Ok(audit::page(self, who, filter, page).await?)
    }
}
