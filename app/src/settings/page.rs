//! The settings as a whole.

use leptos::prelude::*;

use super::{
    audit::AuditLog,
    mail::MailState,
    members::Members,
    notices::Notices,
    password::OwnAccount,
    publishing::{Retention, SchemaChecks},
    slack::IssueNotices,
};
use crate::{account::Me, ui::Place};

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let me = expect_context::<Me>();
    view! {
        <Place title="Settings"/>
        <p class="aside">"Of the team "<strong>{me.team.clone()}</strong>", in both modes. Notices, and what the audit log says of webhooks and keys, are of "{me.mode.as_str()}" mode."</p>
        <OwnAccount email=me.email.clone()/>
        <Members me=me.email.clone()/>
        <MailState from=me.about.mail_from.clone() email=me.email/>
        <IssueNotices/>
        <SchemaChecks/>
        <Retention days=me.about.retention_days/>
        <Notices/>
        <AuditLog/>
    }
}
