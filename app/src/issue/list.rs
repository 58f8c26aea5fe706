//! The list of issues.

use hookyard_model::{Cursor, DestinationId, Issue, IssueCounts, IssueState};
use leptos::prelude::*;

use super::{
    act::{Acts, Buttons},
    server::{IssueList, find_issues},
    words::{attempts_words, state_badge, state_word, things},
};
use crate::{
    attempt::{ChoiceFilter, choices},
    overview::calm,
    ui::{
        Ago, Empty, FailureNotice, Filters, Pager, Place, SearchFilter, Shape, Skeleton, Sparkline, Visible, grouped,
        here, latest, once_read, query_param, query_value, sentence,
    },
};

/// The word in the URL for issues in any state.
const ALL: &str = "all";

#[component]
pub(crate) fn IssuesPage() -> impl IntoView {
    let (changed, acts) = (calm(), Acts::new());
    let asked = query_param("state");
    // Without a word in the URL, those that nobody looks after.
    let state = Memo::new(move |_| match asked.get().as_deref() {
        Some(ALL) => None,
        Some(word) => Some(word.to_ascii_uppercase().parse::<IssueState>().unwrap_or(IssueState::Open)),
        None => Some(IssueState::Open),
    });
    let (q, cursor) = (query_param("q"), query_value::<Cursor>("cursor"));
    let destination = query_value::<DestinationId>("destination");
    let found = Resource::new(
        move || (changed.get(), acts.done(), state.get(), destination.get(), q.get(), cursor.get()),
        |(_, _, state, destination, q, cursor)| find_issues(state, destination, q, cursor),
    );
    let is_filtered = Memo::new(move |_| q.get().is_some() || destination.get().is_some());
    let choices = choices();
    view! {
        <Place title="Issues"/>
        <section class="issues" aria-label="Issues">
            <div class="toolbar">
                <Filters action="/issues">
                    <input type="hidden" name="state" value=move || asked.get()/>
                    <SearchFilter placeholder="Destination, cause or error"/>
                    <ChoiceFilter name="destination" label="Destination" choices pick=|choices| choices.destinations/>
                </Filters>
            </div>
            <FailureNotice failure=Signal::derive(move || acts.failure())/>
            <Transition fallback=|| view! { <Skeleton rows=6/> }>
                {once_read(found, move |list| view! { <Found list state is_filtered acts/> })}
            </Transition>
        </section>
    }
}

#[component]
fn Found(list: Memo<IssueList>, state: Memo<Option<IssueState>>, is_filtered: Memo<bool>, acts: Acts) -> impl IntoView {
    let issues = Memo::new(move |_| list.with(|list| list.page.models.clone()));
    let counts = Memo::new(move |_| list.with(|list| list.counts));
    let is_any = Memo::new(move |_| issues.with(|issues| !issues.is_empty()));
    let pager =
        move || is_any.get().then(|| view! { <Pager pagination=list.with(|list| list.page.pagination.clone())/> });
    view! {
        <Tabs state counts/>
        {move || if is_any.get() {
            view! { <Table issues acts/> }.into_any()
        } else {
            nothing(state.get(), is_filtered.get(), counts.get())
        }}
        {pager}
    }
}

/// The states, each with how many there are.
#[component]
fn Tabs(state: Memo<Option<IssueState>>, counts: Memo<IssueCounts>) -> impl IntoView {
    let here = here();
    let tab = move |of: Option<IssueState>| {
        let word = of.map_or("All", state_word);
        let value = of.map_or_else(|| ALL.to_owned(), |of| of.as_str().to_ascii_lowercase());
        let count = move || {
            let counts = counts.get();
            grouped(of.map_or(counts.open + counts.acknowledged + counts.resolved, |of| counts.of(of)))
        };
        let href = move || here.with(&[("state", Some(&value)), ("cursor", None)]);
        view! {
            <li>
                <a href=href aria-current=move || (state.get() == of).then_some("true")>
                    {word}<span class="number">{count}</span>
                </a>
            </li>
        }
    };
    let states = IssueState::ALL.iter().map(|state| Some(*state)).chain([None]);
    view! { <nav class="windows states" aria-label="State"><ul>{states.map(tab).collect_view()}</ul></nav> }
}

fn nothing(state: Option<IssueState>, is_filtered: bool, counts: IssueCounts) -> AnyView {
    let others = counts.open + counts.acknowledged + counts.resolved;
    match state {
        _ if is_filtered => view! {
            <Empty shape=Shape::Question title="No issue fits">
                <a class="button" href="/issues?state=all">"Show all issues"</a>
            </Empty>
        }
        .into_any(),
        Some(IssueState::Open) if others > 0 => view! {
            <Empty shape=Shape::Check title="Nothing fails that nobody looks after">
                <p>"An issue opens with the first failed delivery of its kind, and is resolved by itself once the destination delivers again."</p>
            </Empty>
        }
        .into_any(),
        Some(state) if others > 0 => {
            view! { <Empty shape=Shape::Check title=format!("No issue is {}", state_word(state).to_lowercase())/> }.into_any()
        }
        _ => view! {
            <Empty shape=Shape::Check title="No issues yet">
                <p>"When deliveries fail, all failures of one destination with one cause are one issue here, however many they are. People are told once."</p>
                <p class="row"><a class="button" href="/settings#issue-notices">"Who is told"</a></p>
            </Empty>
        }
        .into_any(),
    }
}

#[component]
fn Table(issues: Memo<Vec<Issue>>, acts: Acts) -> impl IntoView {
    view! {
        <table class="table issue-table" aria-label="Issues">
            <thead>
                <tr>
                    <th scope="col">"Issue"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Last 24 hours"</th>
                    <th scope="col" class="number">"Failed"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Last seen"</th>
                    <th scope="col"><span class="hidden">"What can be done"</span></th>
                </tr>
            </thead>
            <tbody data-testid="issues">
                <For each=move || issues.get() key=|issue| issue.id let:issue>
                    <Row now=latest(issues, issue.clone(), |issue| issue.id) issue acts/>
                </For>
            </tbody>
        </table>
    }
}

/// The row stays the same element while what it says changes, so that nothing loses the focus.
#[component]
fn Row(issue: Issue, now: Memo<Issue>, acts: Acts) -> impl IntoView {
    let id = issue.id;
    let state = Memo::new(move |_| now.with(|issue| issue.state));
    let opened_at = Memo::new(move |_| now.with(|issue| issue.opened_at));
    let seen_at = Memo::new(move |_| now.with(|issue| issue.last_seen_at));
    let error = Memo::new(move |_| now.with(|issue| issue.last_error.clone()));
    let pairs = Signal::derive(move || {
        now.with(|issue| issue.failures.iter().map(|bucket| (0, bucket.attempts)).collect::<Vec<_>>())
    });
    let drawn = Signal::derive(move || {
        let count = pairs.with(|pairs| pairs.iter().map(|(_, failed)| failed).sum());
        format!("Last 24 hours: {}", things(count, "failure"))
    });
    let events = move || now.with(|issue| issue.events);
    view! {
        <tr class="linked" data-testid="issue" data-row="" data-state=move || state.get().as_str()>
            <td class="grow">
                <a class="row-link" data-open="" href=format!("/issues/{id}")><Visible text=issue.title.clone()/></a>
                <span class="cause few-lines">{move || view! { <Visible text=sentence(&error.get())/> }}</span>
            </td>
            <td data-label="State">{move || state_badge(state.get())}</td>
            <td data-label="Last 24 hours"><Sparkline pairs words=drawn/></td>
            <td data-label="Failed" class="number">
                {move || now.with(attempts_words)}
                {move || Some(events()).filter(|events| *events > 0).map(|events| view! {
                    <span class="cause bad">{things(events, "event")}" for good"</span>
                })}
            </td>
            <td data-label="Since">{move || view! { <Ago at=opened_at.get()/> }}</td>
            <td data-label="Last seen">{move || view! { <Ago at=seen_at.get()/> }}</td>
            <td class="buttons"><div class="acts"><Buttons id state title=issue.title acts/></div></td>
        </tr>
    }
}
