//! Attempts one below the other, the newest on top.

use hookyard_model::{Attempt, Page};
use leptos::prelude::*;

use super::row::AttemptRow;
use crate::{
    failure::Failure,
    ui::{Pager, Skeleton, Trouble},
};

/// A page of attempts. Rows that are open stay open while others arrive above them.
#[component]
pub(crate) fn AttemptList(
    page: Resource<Result<Page<Attempt>, Failure>>,
    /// What stands there when there are none.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let attempts = move || page.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default();
    let around = move || match page.get()? {
        Ok(page) if page.models.is_empty() => Some(empty.run()),
        Ok(_) => None,
        Err(failure) => Some(view! { <Trouble failure/> }.into_any()),
    };
    let pager = move || page.get()?.ok().map(|page| view! { <Pager pagination=page.pagination/> });
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            <div class="attempts" data-testid="attempts" data-filled=move || (!attempts().is_empty()).then_some("true")>
                <div class="attempt-head" aria-hidden="true">
                    <span></span>
                    <span>"Time"</span>
                    <span>"Event type"</span>
                    <span>"Status"</span>
                    <span>"HTTP"</span>
                    <span>"Trigger"</span>
                    <span>"Attempt"</span>
                    <span>"Duration"</span>
                </div>
                <ul>
                    <For each=attempts key=|attempt| attempt.id let:attempt>
                        <AttemptRow attempt/>
                    </For>
                </ul>
            </div>
            {around}
            {pager}
        </Transition>
    }
}
