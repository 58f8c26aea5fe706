//! The issues that are not resolved, on the pages of what they are about.

use hookyard_model::{DestinationId, Issue};
use leptos::prelude::*;

use super::{
    server::issues_now,
    words::{attempts_words, state_badge},
};
use crate::{
    overview::calm,
    ui::{Ago, Visible},
};

/// The newest issues that are not resolved, of one destination where it is named; nothing, where there are none.
#[component]
pub(crate) fn IssuesNow(#[prop(optional, into)] destination: Option<DestinationId>) -> impl IntoView {
    let changed = calm();
    let found = Resource::new(move || changed.get(), move |_| issues_now(destination));
    let all = destination.map_or_else(|| "/issues".to_owned(), |id| format!("/issues?state=all&destination={id}"));
    view! {
        <Transition>
            {move || found.get().and_then(Result::ok).filter(|issues| !issues.is_empty()).map(|issues| view! {
                <section class="alert-list issues-now" aria-labelledby="issues-now" data-testid="issues-now">
                    <header>
                        <h2 id="issues-now">"Issues"</h2>
                        <a href=all.clone()>"All"<span class="hidden">" issues"</span></a>
                    </header>
                    <ul>{issues.into_iter().map(row).collect_view()}</ul>
                </section>
            })}
        </Transition>
    }
}

fn row(issue: Issue) -> impl IntoView {
    view! {
        <li>
            {state_badge(issue.state)}
            <a class="strong name" href=format!("/issues/{}", issue.id)><Visible text=issue.title.clone()/></a>
            <span class="why-short">{attempts_words(&issue)}" failed: "<Visible text=issue.last_error.clone()/></span>
            <span class="when">"since "<Ago at=issue.opened_at/></span>
        </li>
    }
}
