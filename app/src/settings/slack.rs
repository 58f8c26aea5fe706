//! Who is told of issues beside the members, and how often.

use hookyard_model::TeamSettings;
use leptos::{form::ActionForm, prelude::*};

use super::server::{SendTestSlack, SetIssueNotices, read_team_settings};
use crate::ui::{FailureNotice, Icon, Shape, Skeleton, TextField, Trouble, mistake_of};

#[component]
pub(super) fn IssueNotices() -> impl IntoView {
    let settings = Resource::new(|| (), |()| read_team_settings());
    view! {
        <section class="part" aria-labelledby="issue-notices">
            <header><h2 id="issue-notices">"Notices of issues"</h2></header>
            <p class="aside">
                "When a destination begins to fail, people are told once, however much fails; and once more when it delivers again. "
                "Members get an e-mail, a chat a message, and webhooks that chose them the events "
                <code>"hookyard.issue.opened"</code>" and "<code>"hookyard.issue.resolved"</code>"."
            </p>
            <Transition fallback=|| view! { <Skeleton rows=3/> }>
                {move || settings.get().map(|settings| match settings {
                    Ok(settings) => view! { <Form settings/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

/// The form stays while it is saved: what was typed is kept.
#[component]
fn Form(settings: TeamSettings) -> impl IntoView {
    let (set, test) = (ServerAction::<SetIssueNotices>::new(), ServerAction::<SendTestSlack>::new());
    let url = RwSignal::new(settings.slack_url.map(|url| url.reveal().to_owned()).unwrap_or_default());
    let minutes = RwSignal::new(settings.issue_quiet_minutes.to_string());
    let has_url = RwSignal::new(!url.get_untracked().is_empty());
    Effect::new(move |_| {
        if let Some(Ok(saved)) = set.value().get() {
            has_url.set(saved.slack_url.is_some());
            // What was typed is a secret from now on.
            url.set(saved.slack_url.map(|url| url.reveal().to_owned()).unwrap_or_default());
            test.clear();
        }
    });
    let other = move || {
        let failure = set.value().get().and_then(Result::err)?;
        failure.errors.is_empty().then_some(failure)
    };
    let is_saved = move || matches!(set.value().get(), Some(Ok(_)));
    let is_sent = move || matches!(test.value().get(), Some(Ok(())));
    let failure = Signal::derive(move || other().or_else(|| test.value().get().and_then(Result::err)));
    view! {
        <div class="panel issue-notices">
            <ActionForm action=set attr:novalidate="">
                <TextField
                    name="slack_url"
                    label="Slack-compatible webhook URL"
                    bound=url
                    placeholder="https://hooks.slack.com/services/…"
                    hint="An incoming webhook of Slack, or of a chat that takes the same messages. It is kept secret; empty it to end the messages."
                    mistake=mistake_of(move || set.value().get(), "/slack_url")
                />
                <TextField
                    name="issue_quiet_minutes"
                    label="Quiet time in minutes"
                    bound=minutes
                    hint="For so long nothing more is told of a destination once something was, 0 to 1440. What fails meanwhile is told in the next message."
                    mistake=mistake_of(move || set.value().get(), "/issue_quiet_minutes")
                />
                <div class="row">
                    <button class="button primary" disabled=set.pending()>"Save"</button>
                    <span role="status" class="saved">{move || is_saved().then_some("Saved.")}</span>
                </div>
            </ActionForm>
            <ActionForm action=test attr:class="row" attr:hidden=move || !has_url.get()>
                <button class="button" disabled=test.pending()><Icon shape=Shape::Bolt/>"Send a test message"</button>
                <span role="status" class="saved">{move || is_sent().then_some("It was taken. Look for it in your chat.")}</span>
            </ActionForm>
            <FailureNotice failure/>
        </div>
    }
}
