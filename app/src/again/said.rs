//! What came of it: said at the foot of the page, where nothing moves for it.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::Deed;
use crate::{
    failure::Failure,
    ui::{Icon, Shape, Visible, sentence},
};

/// What came of it: the id of what it made, if anything.
type Done = Result<Option<String>, Failure>;

/// What was done of late in this tab.
#[derive(Clone, Copy)]
pub(crate) struct Doings {
    last: RwSignal<Option<(Deed, Done)>>,
    /// Where what each made is found.
    made: RwSignal<HashMap<Deed, String>>,
    /// Grows with everything that is done.
    count: RwSignal<u32>,
}

impl Doings {
    fn new() -> Self {
        Self { last: RwSignal::new(None), made: RwSignal::default(), count: RwSignal::new(0) }
    }

    /// Says what came of a deed.
    pub(crate) fn tell(self, deed: Deed, came: Result<Option<String>, Failure>) {
        if let Ok(Some(href)) = &came {
            let href = href.clone();
            self.made.try_update(|made| drop(made.insert(deed, href)));
        }
        self.last.try_set(Some((deed, came)));
        self.count.try_update(|count| *count += 1);
    }

    /// Where what this made is found.
    pub(super) fn made(self, deed: Deed) -> Option<String> {
        self.made.with(|made| made.get(&deed).cloned())
    }

    /// How often something was done: what shows it is read anew then.
    pub(crate) fn count(self) -> u32 {
        self.count.get()
    }
}

/// For all pages of a tab.
pub(crate) fn provide_doings() {
    provide_context(Doings::new());
}

pub(crate) fn doings() -> Doings {
    use_context().unwrap_or_else(Doings::new)
}

/// The last that was done, until it is closed or another page is opened.
#[component]
pub(crate) fn Said() -> impl IntoView {
    let doings = doings();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            doings.last.set(None);
        }
        now
    });
    let words = |deed: Deed, came: Result<Option<String>, Failure>| {
        match (deed, came) {
        (_, Err(failure)) => {
            view! { <Icon shape=Shape::Cross/><p><Visible text=sentence(&failure.detail)/></p> }.into_any()
        }
        (Deed::Retry(_), Ok(href)) => {
            view! { <Icon shape=Shape::Check/><p>"Queued as a new event. "{href.map(|href| view! { <a href=href>"Open it"</a> })}</p> }
                .into_any()
        }
        (Deed::Replay(_), Ok(href)) => {
            view! { <Icon shape=Shape::Check/><p>"Replayed as a new request. "{href.map(|href| view! { <a href=href>"Open it"</a> })}</p> }
                .into_any()
        }
        (Deed::Cancel(_), Ok(_)) => view! { <Icon shape=Shape::Slash/><p>"The event is cancelled."</p> }.into_any(),
    }
    };
    let is_bad = move || doings.last.with(|last| last.as_ref().is_some_and(|(_, came)| came.is_err()));
    view! {
        <div class="said" class:bad=is_bad role="status" data-testid="said">
            {move || doings.last.get().map(|(deed, came)| view! {
                <div>
                    {words(deed, came)}
                    <button type="button" class="button quiet icon-only" aria-label="Close" on:click=move |_| doings.last.set(None)>
                        <Icon shape=Shape::Plus/>
                    </button>
                </div>
            })}
        </div>
    }
}
