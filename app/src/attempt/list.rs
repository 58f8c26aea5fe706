//! Attempts one below the other, the newest on top.

use hookyard_model::{Attempt, EventStatus, Page};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    compare::Comparison,
    detail::Named,
    row::{AttemptRow, COMPARE_FORM, Rows},
};
use crate::{
    failure::Failure,
    ui::{Pager, Skeleton, Trouble, here},
};

/// A page of attempts. Rows that are open stay open while others arrive above them.
#[component]
pub(crate) fn AttemptList(
    page: Resource<Result<Page<Attempt>, Failure>>,
    /// What stands there when there are none.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let rows = Rows { event: RwSignal::new(None), picked: RwSignal::new(Vec::new()) };
    let attempts = move || page.get().and_then(Result::ok).map(|page| page.models).unwrap_or_default();
    let now = move |first: &Attempt| {
        let (id, first) = (first.id, (first.event_attempts, first.event_status));
        let of_page = move |page: &Page<Attempt>| {
            page.models.iter().find(|one| one.id == id).map(|one| (one.event_attempts, one.event_status))
        };
        Memo::new(move |before: Option<&(u32, EventStatus)>| {
            let found = page.with(|page| page.as_ref().and_then(|page| page.as_ref().ok()).and_then(of_page));
            found.or(before.copied()).unwrap_or(first)
        })
    };
    let around = move || match page.get()? {
        Ok(page) if page.models.is_empty() => Some(empty.run()),
        Ok(_) => None,
        Err(failure) => Some(view! { <Trouble failure/> }.into_any()),
    };
    let pager = move || page.get()?.ok().map(|page| view! { <Pager pagination=page.pagination/> });
    view! {
        <Comparison/>
        <Named/>
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
                        {
                            let now = now(&attempt);
                            let (of, status) = (Signal::derive(move || now.get().0), Signal::derive(move || now.get().1));
                            view! { <AttemptRow of status attempt rows/> }
                        }
                    </For>
                </ul>
            </div>
            {around}
            {pager}
        </Transition>
        <CompareForm rows/>
    }
}

/// What is chosen to be compared. Two are enough to go on; without scripts by its button.
#[component]
fn CompareForm(rows: Rows) -> impl IntoView {
    let here = here();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let picked = rows.picked.get();
        if let [one, two] = picked[..] {
            rows.picked.set(Vec::new());
            let (one, two) = if one < two { (one, two) } else { (two, one) };
            let to = untrack(|| here.with(&[("compare", Some(&format!("{one},{two}")))]));
            navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    });
    // Two are side by side above the list: there they are looked at.
    let kept = move || {
        let field = |(name, value): (String, String)| view! { <input type="hidden" name=name value=value/> };
        here.but(&["compare", "attempt"]).into_iter().map(field).collect_view()
    };
    view! {
        <form id=COMPARE_FORM method="get" class="compare-form">
            {kept}
            <button class="button small without-scripts">"Compare two"</button>
            <p role="status">
                {move || (rows.picked.with(Vec::len) == 1).then_some("One attempt is chosen. Choose another one to compare them.")}
            </p>
        </form>
    }
}
