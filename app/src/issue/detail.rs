//! One issue: what it means, how much failed when, and what became of it.

use hookyard_model::{Issue, IssueId};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    act::{Acts, Buttons},
    history::History,
    newest::{Newest, attempt_row, event_row},
    server::{IssueShown, read_issue},
    words::{attempts_words, destination_href, events_href, failures_href, resolution_words, state_badge, things},
};
use crate::{
    again::doings,
    attempt::Explained,
    layout::Lost,
    overview::calm,
    ui::{
        Ago, Bar, BarChart, FailureNotice, Icon, Layer, Place, Shape, Skeleton, Time, Visible, once_read,
        once_read_quietly, sentence, short,
    },
};

/// The issue that the path names.
#[component]
pub(crate) fn IssuePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<IssueId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfIssue id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfIssue(id: IssueId) -> impl IntoView {
    let (changed, acts, doings) = (calm(), Acts::new(), doings());
    let found = Resource::new(move || (changed.get(), acts.done(), doings.count()), move |_| read_issue(id));
    view! {
        <Place title="Issue" up=("/issues", "Issues")>
            <Transition>{once_read_quietly(found, move |shown| view! { <Doing id shown acts/> })}</Transition>
        </Place>
        <FailureNotice failure=Signal::derive(move || acts.failure())/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {once_read(found, |shown| view! { <Found shown/> })}
        </Transition>
    }
}

#[component]
fn Doing(id: IssueId, shown: Memo<IssueShown>, acts: Acts) -> impl IntoView {
    let title = shown.with_untracked(|shown| shown.detail.issue.title.clone());
    let recovery =
        shown.with_untracked(|shown| format!("/destinations/{}/recovery", shown.detail.issue.destination_id));
    let state = Memo::new(move |_| shown.with(|shown| shown.detail.issue.state));
    let is_deleted = Memo::new(move |_| shown.with(|shown| shown.detail.issue.is_deleted));
    view! {
        <Buttons id state title acts/>
        {move || (!is_deleted.get()).then(|| view! {
            <a class="button small primary" href=recovery.clone()><Icon shape=Shape::Turn/>"Recovery"</a>
        })}
    }
}

#[component]
fn Found(shown: Memo<IssueShown>) -> impl IntoView {
    let issue = Memo::new(move |_| shown.with(|shown| shown.detail.issue.clone()));
    let diagnosis = Memo::new(move |_| shown.with(|shown| shown.detail.diagnosis.clone()));
    let history = Memo::new(move |_| shown.with(|shown| shown.detail.history.clone()));
    let attempts = Memo::new(move |_| shown.with(|shown| shown.attempts.clone()));
    let events = Memo::new(move |_| shown.with(|shown| shown.events.clone()));
    let all = move || failures_href(&issue.get(), None);
    view! {
        {move || view! { <Summary issue=issue.get()/> }}
        <Chart issue/>
        <div class="issue-columns">
            {move || diagnosis.get().map(|diagnosis| view! {
                <section class="part issue-meaning" aria-labelledby="meaning" data-testid="issue-meaning">
                    <header><h2 id="meaning">"What it means"</h2></header>
                    <div class="panel"><Explained diagnosis/></div>
                </section>
            })}
            {move || Some(issue.get()).filter(|issue| issue.cause.is_of_transformation()).map(|issue| view! { <OfScript issue/> })}
            <div class="issue-beside">
                {move || Some(attempts.get()).filter(|attempts| !attempts.is_empty())
                    .map(|attempts| view! { <Newest href=all() rows=attempts.into_iter().map(attempt_row).collect()/> })}
                {move || Some(events.get()).filter(|events| !events.is_empty())
                    .map(|events| view! { <Newest href=all() rows=events.into_iter().map(event_row).collect()/> })}
                {move || view! { <History changes=history.get()/> }}
            </div>
        </div>
    }
}

#[component]
fn Summary(issue: Issue) -> impl IntoView {
    let resolved = issue.resolved_at.map(|at| {
        let how = issue.resolution.map(resolution_words);
        let by = issue.resolved_by_name.clone().map(|name| view! { ", "<Visible text=name/> });
        view! { <div><dt>"Resolved"</dt><dd><Time at/>" "{how}{by}</dd></div> }
    });
    let acknowledged = issue.acknowledged_at.map(|at| {
        let by = issue.acknowledged_by_name.clone().map(|name| view! { " by "<Visible text=name/> });
        view! { <div><dt>"Acknowledged"</dt><dd><Time at/>{by}</dd></div> }
    });
    let destination = if issue.is_deleted {
        view! { <Visible text=issue.destination_name.clone()/>" (deleted)" }.into_any()
    } else {
        view! { <a href=destination_href(&issue)><Visible text=issue.destination_name.clone()/></a> }.into_any()
    };
    let events = if issue.events > 0 {
        view! { <a href=events_href(&issue)>{things(issue.events, "event")}</a> }.into_any()
    } else {
        view! { "none" }.into_any()
    };
    let times = issue.times_opened;
    view! {
        <div class="summary issue-summary" data-testid="issue-summary" data-state=issue.state.as_str()>
            <p class="url">{state_badge(issue.state)}<strong class="name"><Visible text=issue.title.clone()/></strong></p>
            <p class="description"><Visible text=sentence(&issue.last_error)/></p>
            <dl class="facts">
                <div><dt>{if issue.is_webhook { "Webhook" } else { "Destination" }}</dt><dd>{destination}</dd></div>
                <div><dt>"Cause"</dt><dd><code>{issue.cause.to_string()}</code></dd></div>
                <div><dt>"Since"</dt><dd><Time at=issue.opened_at/></dd></div>
                <div><dt>"Last seen"</dt><dd><Ago at=issue.last_seen_at/></dd></div>
                <div><dt>"Failed"</dt><dd><a href=failures_href(&issue, None)>{attempts_words(&issue)}</a></dd></div>
                <div><dt>"Failed for good"</dt><dd>{events}</dd></div>
                {(times > 1).then(|| view! { <div><dt>"Opened"</dt><dd>{times}" times"</dd></div> })}
                {acknowledged} {resolved}
            </dl>
        </div>
    }
}

/// Failures over time; each bar leads to the attempts that it counts.
#[component]
fn Chart(issue: Memo<Issue>) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "it is drawn")]
    let bars = Signal::derive(move || {
        let issue = issue.get();
        let step = match issue.failures.as_slice() {
            [first, second, ..] => second.at.since(first.at),
            _ => std::time::Duration::from_hours(1),
        };
        let bar = |bucket: &hookyard_model::FailureBucket| {
            let href = failures_href(&issue, Some((bucket.at, bucket.at.plus(step))));
            Bar {
                at: bucket.at,
                values: vec![Some(bucket.attempts as f64)],
                words: format!("{} failed", things(bucket.attempts, "attempt")),
                hrefs: vec![href.clone()],
                href,
            }
        };
        issue.failures.iter().map(bar).collect()
    });
    let summary = Signal::derive(move || issue.with(|issue| format!("{} since it was opened", attempts_words(issue))));
    let layers = vec![Layer { class: "bad", word: "failed" }];
    view! { <BarChart title="Failures over time" summary layers bars unit=short testid="chart-failures"/> }
}

#[component]
fn OfScript(issue: Issue) -> impl IntoView {
    view! {
        <section class="part issue-meaning" aria-labelledby="meaning" data-testid="issue-meaning">
            <header><h2 id="meaning">"What it means"</h2></header>
            <div class="panel">
                <h3>"A script fails"</h3>
                <p>"A transformation of the connection ended with an error, so that there was nothing to send. Its events failed; what came is kept."</p>
                <h4>"What to do"</h4>
                <ol>
                    <li>"Open a failed event below: its page has the run, with the error and what the script wrote to its console."</li>
                    <li>"Mend the script of "<a href=format!("/connections/{}", issue.connection_id)>"the connection"</a>" and try it on what came."</li>
                    <li>"Replay the requests: a retry would send what the script has made, which is nothing."</li>
                </ol>
            </div>
        </section>
    }
}
