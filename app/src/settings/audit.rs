//! Who did what.

use hookyard_model::{AuditAction, AuditEntry, Cursor};
use leptos::prelude::*;

use super::server::audit_log;
use crate::ui::{
    Empty, Filters, Pager, SelectFilter, Shape, Skeleton, Time, Trouble, Visible, query_param, query_value,
};

/// The audit log, by what the URL says.
#[component]
pub(super) fn AuditLog() -> impl IntoView {
    let action = query_value::<AuditAction>("action");
    let subject = query_param("subject");
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(
        move || (action.get(), subject.get(), cursor.get()),
        |(action, subject, cursor)| audit_log(action, subject, cursor),
    );
    let options: Vec<_> =
        AuditAction::ALL.iter().map(|action| (action.to_string(), words(*action).to_owned())).collect();
    let is_filtered = move || action.get().is_some() || subject.get().is_some();
    view! {
        <section class="part" aria-labelledby="audit">
            <header><h2 id="audit">"Audit log"</h2></header>
            <div class="toolbar">
                <Filters action="/settings">
                    <SelectFilter name="action" label="What was done" any="All" options/>
                </Filters>
            </div>
            <Transition fallback=|| view! { <Skeleton rows=5/> }>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() && is_filtered() => view! {
                        <Empty shape=Shape::Key title="No entry fits"><a class="button" href="/settings">"Show all entries"</a></Empty>
                    }
                    .into_any(),
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Key title="Nothing yet">
                            <p>"Who reveals a secret, disables a webhook or changes a setting is written down here."</p>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) => view! { <Table entries=page.models/> <Pager pagination=page.pagination/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Table(entries: Vec<AuditEntry>) -> impl IntoView {
    view! {
        <table class="table" aria-labelledby="audit">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"What was done"</th>
                    <th scope="col">"To what"</th>
                    <th scope="col">"By whom"</th>
                </tr>
            </thead>
            <tbody>{entries.into_iter().map(|entry| view! { <Row entry/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(entry: AuditEntry) -> impl IntoView {
    let subject = entry.subject.clone();
    view! {
        <tr data-testid="audit-entry">
            <td><Time at=entry.created_at/></td>
            <td data-label="What was done">{words(entry.action)}</td>
            <td data-label="To what" class="grow">
                {match page_of(&subject, entry.action) {
                    Some(page) => view! { <a href=format!("/{page}/{subject}")><code>{subject.clone()}</code></a> }.into_any(),
                    None => view! { <code><Visible text=subject/></code> }.into_any(),
                }}
                {entry.detail.map(|detail| view! { <span class="cause"><Visible text=detail/></span> })}
            </td>
            <td data-label="By whom"><Visible text=entry.actor_name.unwrap_or(entry.actor)/></td>
        </tr>
    }
}

/// Where what it was done to is shown.
fn page_of(subject: &str, action: AuditAction) -> Option<&'static str> {
    use AuditAction::{DestinationDisabled, DestinationEnabled, DestinationPaused, DestinationUnpaused};
    let is_of_destination =
        matches!(action, DestinationEnabled | DestinationDisabled | DestinationPaused | DestinationUnpaused);
    match subject.split_once('_')?.0 {
        "des" if is_of_destination => Some("destinations"),
        "des" => Some("webhooks"),
        "con" => Some("connections"),
        "evt" => Some("events"),
        "req" => Some("requests"),
        "bch" => Some("bulk"),
        _ => None,
    }
}

/// What was done, for people.
pub(crate) const fn words(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SecretRevealed => "Secret revealed",
        AuditAction::SecretRotated => "Secret rotated",
        AuditAction::SigningKeyAdded => "Signing key added",
        AuditAction::SigningKeyRemoved => "Signing key removed",
        AuditAction::WebhookEnabled => "Webhook enabled",
        AuditAction::WebhookDisabled => "Webhook disabled",
        AuditAction::WebhookDeleted => "Webhook deleted",
        AuditAction::MissedReplayed => "Missed events replayed",
        AuditAction::MemberAdded => "Member added",
        AuditAction::MemberRemoved => "Member removed",
        AuditAction::SettingsChanged => "Settings changed",
        AuditAction::KeyCreated => "Key created",
        AuditAction::KeyRevoked => "Key revoked",
        AuditAction::SourceUrlRotated => "Source URL changed",
        AuditAction::SourceUrlEnded => "Source URL ended",
        AuditAction::SourceEnabled => "Source enabled",
        AuditAction::SourceDisabled => "Source disabled",
        AuditAction::SourceDeleted => "Source deleted",
        AuditAction::BulkStarted => "Bulk operation started",
        AuditAction::BulkPaused => "Bulk operation paused",
        AuditAction::BulkResumed => "Bulk operation resumed",
        AuditAction::BulkCancelled => "Bulk operation cancelled",
        AuditAction::BulkLimited => "Limit of a bulk operation changed",
        AuditAction::BreakerProbed => "Circuit breaker probed",
        AuditAction::BreakerClosed => "Circuit breaker closed",
        AuditAction::RequestModified => "Request replayed with changes",
        AuditAction::IdempotencyConfirmed => "Idempotency confirmed",
        AuditAction::DestinationEnabled => "Destination enabled",
        AuditAction::DestinationDisabled => "Destination disabled",
        AuditAction::DestinationPaused => "Destination paused",
        AuditAction::DestinationUnpaused => "Destination resumed",
        AuditAction::ConnectionEnabled => "Connection enabled",
        AuditAction::ConnectionDisabled => "Connection disabled",
        AuditAction::ConnectionPaused => "Connection paused",
        AuditAction::ConnectionUnpaused => "Connection resumed",
        AuditAction::EventRetried => "Event retried",
        AuditAction::EventCancelled => "Event cancelled",
        AuditAction::RequestReplayed => "Request replayed",
    }
}
