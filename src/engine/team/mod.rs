//! A team's own matters: its members, its settings, and who is told what.

mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, AuditEntry, AuditFilter, Code, DestinationId, Member, NewMember, Notice, Page, PageQuery,
    Problem, TeamSettings, UserId, Who,
    service::{Answer, Teams},
};

pub(crate) use store::{member_emails, role, slack_url};

use crate::{Engine, account, audit, error::Result, notice};

pub(crate) const OWNER: &str = "owner";
const MEMBER: &str = "member";

impl Engine {
    async fn change_settings(&self, who: &Actor, mut settings: TeamSettings) -> Result<TeamSettings> {
        Problem::check(settings.mistakes())?;
        self.check_owner(who, "change the team's settings").await?;
        let mut tx = self.db().begin().await?;
        let before = store::lock_settings(&mut tx, who.team, self.sealer()).await?;
        if let Some(url) = &mut settings.slack_url {
            url.keep(before.slack_url.as_ref());
            if url.is_redacted() {
                return Err(
                    Problem::field("/slack_url", "there is no URL yet that the placeholder could stand for").into()
                );
            }
        }
        if before != settings {
            store::set_settings(&mut tx, who.team, &settings, self.sealer()).await?;
            let detail = changes(&before, &settings);
            audit::record(self, &mut tx, who, AuditAction::SettingsChanged, who.team, Some(&detail)).await?;
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        Ok(settings)
    }

    /// Adds somebody who has an account, or makes one with their first password.
    async fn let_in(&self, who: &Actor, mut new: NewMember) -> Result<Member> {
        new.email = account::tidy(&new.email);
        Problem::check(new.mistakes())?;
        if new.email.contains(char::is_control) {
            return Err(Problem::field("/email", "has a control character").into());
        }
        self.check_owner(who, "add members").await?;
        let known = account::find_by_email(self.db(), &new.email).await?;
        let made = match (&known, &new.password) {
            (Some(_), Some(_)) => {
                let detail = "has an account on this server already, with a password of its own: leave this one out";
                return Err(Problem::field("/password", detail).into());
            }
            (None, None) => {
                let detail = "nobody has an account with this address yet: give their first password";
                return Err(Problem::field("/password", detail).into());
            }
            (Some(_), None) => None,
            (None, Some(password)) => Some(account::person(self, &new.email, password).await?),
        };
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let user = match (known, made) {
            (Some(user), _) => user,
            (None, made) => match made {
                Some(person) if account::insert_person(&mut tx, &person, now).await? => person.id,
                _ => return Err(taken(&new.email)),
            },
        };
        if !store::insert_member(&mut tx, who.team, user, MEMBER, now).await? {
            return Err(taken(&new.email));
        }
        audit::record(self, &mut tx, who, AuditAction::MemberAdded, user, Some(&new.email)).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        self.find_member(who, user).await
    }

    async fn let_go(&self, who: &Actor, user: UserId) -> Result<()> {
        self.check_owner(who, "remove members").await?;
        let member = self.find_member(who, user).await?;
        let mut tx = self.db().begin().await?;
        // Two owners who remove each other at once must not both succeed.
        store::lock_settings(&mut tx, who.team, self.sealer()).await?;
        if !store::delete_member(&mut tx, who.team, user).await? {
            return Err(Problem::not_found("member", user).into());
        }
        if store::count_owners(&mut tx, who.team).await? == 0 {
            let detail = format!("{} is the team's last owner, and stays", member.email);
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        audit::record(self, &mut tx, who, AuditAction::MemberRemoved, user, Some(&member.email)).await?;
        tx.commit().await?;
        // Their sessions are of no use for this team from now on.
        self.settings_changed(who.team);
        Ok(())
    }

    async fn choose_notices(&self, who: &Actor, user: UserId, notices: bool) -> Result<Member> {
        if who.who != Who::User(user) {
            self.check_owner(who, "choose for others what is mailed to them").await?;
        }
        let mut tx = self.db().begin().await?;
        if !store::set_notices(&mut tx, who.team, user, notices).await? {
            return Err(Problem::not_found("member", user).into());
        }
        tx.commit().await?;
        self.find_member(who, user).await
    }

    async fn find_member(&self, who: &Actor, user: UserId) -> Result<Member> {
        let members = store::members(self.db(), who.team, Some(user)).await?;
        Ok(members.into_iter().next().ok_or_else(|| Problem::not_found("member", user))?)
    }

    /// A key is made by an owner and for the team, so it may do what an owner may.
    pub(crate) async fn check_owner(&self, who: &Actor, what: &str) -> Result<()> {
        let is_owner = match who.who {
            Who::Key(_) => true,
            Who::User(user) => role(self.db(), who.team, user).await?.as_deref() == Some(OWNER),
        };
        if is_owner { Ok(()) } else { Err(Problem::new(Code::Forbidden, format!("only owners may {what}")).into()) }
    }
}

/// What is different, in words.
fn changes(before: &TeamSettings, now: &TeamSettings) -> String {
    let mut changes = Vec::new();
    if before.schema_check != now.schema_check {
        changes.push(format!("schema check: {}, before {}", now.schema_check, before.schema_check));
    }
    if before.issue_quiet_minutes != now.issue_quiet_minutes {
        let (now, before) = (now.issue_quiet_minutes, before.issue_quiet_minutes);
        changes.push(format!("quiet time of issues: {now} minutes, before {before}"));
    }
    if before.slack_url != now.slack_url {
        let what = if now.slack_url.is_some() { "set" } else { "taken away" };
        changes.push(format!("Slack-compatible URL: {what}"));
    }
    changes.join("; ")
}

fn taken(email: &str) -> crate::error::Error {
    let detail = format!("{email} is a member already");
    let errors = vec![hookyard_model::FieldError::new("/email", "is a member of this team already")];
    Problem { errors, ..Problem::new(Code::ResourceAlreadyExists, detail) }.into()
}

#[async_trait]
impl Teams for Engine {
    async fn team_settings(&self, who: &Actor) -> Answer<TeamSettings> {
        Ok(store::settings(self.db(), who.team, self.sealer()).await?.redacted())
    }

    async fn set_team_settings(&self, who: &Actor, settings: TeamSettings) -> Answer<TeamSettings> {
        Ok(self.change_settings(who, settings).await?.redacted())
    }

    async fn members(&self, who: &Actor) -> Answer<Vec<Member>> {
        Ok(store::members(self.db(), who.team, None).await?)
    }

    async fn add_member(&self, who: &Actor, new: NewMember) -> Answer<Member> {
        Ok(self.let_in(who, new).await?)
    }

    async fn remove_member(&self, who: &Actor, user: UserId) -> Answer<()> {
        Ok(self.let_go(who, user).await?)
    }

    async fn set_member_notices(&self, who: &Actor, user: UserId, notices: bool) -> Answer<Member> {
        Ok(self.choose_notices(who, user, notices).await?)
    }

    async fn send_test_mail(&self, who: &Actor) -> Answer<()> {
        Ok(notice::send_test(self, who).await?)
    }

    async fn send_test_slack(&self, who: &Actor) -> Answer<()> {
        self.check_owner(who, "send a test message").await?;
        Ok(notice::send_test_slack(self, who).await?)
    }

    async fn notices(&self, who: &Actor, webhook: Option<DestinationId>, page: &PageQuery) -> Answer<Page<Notice>> {
        Ok(notice::page(self, who, webhook, page).await?)
    }

    async fn audit_log(&self, who: &Actor, filter: &AuditFilter, page: &PageQuery) -> Answer<Page<AuditEntry>> {
        Ok(audit::page(self, who, filter, page).await?)
    }
}
