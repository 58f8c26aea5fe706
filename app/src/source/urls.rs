//! The URLs of a source: the one to use, those that still work, and changing it.

use hookyard_model::{Source, SourceId, SourceUrl};
use leptos::prelude::*;

use super::server::{EndSourceUrl, RotateSourceUrl};
use crate::{
    ui::{Confirm, CopyText, Countdown, FailureNotice, Icon, Shape, mistake_of},
    webhook::RotateDialog,
};

/// What is done about URLs on a page.
#[derive(Clone, Copy)]
pub(super) struct UrlActs {
    rotate: ServerAction<RotateSourceUrl>,
    end: ServerAction<EndSourceUrl>,
    is_rotating: RwSignal<bool>,
    /// The URL that somebody asked to end.
    ending: RwSignal<Option<SourceId>>,
}

impl UrlActs {
    pub(super) fn new() -> Self {
        Self {
            rotate: ServerAction::new(),
            end: ServerAction::new(),
            is_rotating: RwSignal::new(false),
            ending: RwSignal::new(None),
        }
    }

    /// Grows with each thing done.
    pub(super) fn done(self) -> usize {
        self.rotate.version().get() + self.end.version().get()
    }
}

#[component]
pub(super) fn Urls(source: Source, acts: UrlActs) -> impl IntoView {
    let old: Vec<SourceUrl> = source.urls.iter().filter(|url| url.expires_at.is_some()).cloned().collect();
    let former = move |former: SourceUrl| {
        let token = former.token;
        view! {
            <li data-testid="former-url">
                <CopyText text=former.url what="former URL"/>
                <span class="row">
                    {former.expires_at.map(|at| view! { <span class="aside">"works until "<Countdown at/></span> })}
                    <button type="button" class="button quiet small" on:click=move |_| acts.ending.set(Some(token))>
                        "End it now"
                    </button>
                </span>
            </li>
        }
    };
    view! {
        <section class="part urls" aria-labelledby="source-url">
            <header>
                <h2 id="source-url">"URL"</h2>
                <button type="button" class="button small" on:click=move |_| acts.is_rotating.set(true)>
                    <Icon shape=Shape::Turn/>"Change the URL"
                </button>
            </header>
            {source.url.map(|url| view! { <p class="source-url" data-testid="source-url"><CopyText text=url what="URL"/></p> })}
            {(!old.is_empty()).then(|| view! {
                <p class="aside">"Still taken, so that senders can change over:"</p>
                <ul class="former-urls">{old.into_iter().map(former).collect_view()}</ul>
            })}
        </section>
    }
}

/// What is asked before a URL changes or ends. Stands beside what the page reads again and again.
#[component]
pub(super) fn UrlDialogs(id: SourceId, acts: UrlActs) -> impl IntoView {
    let UrlActs { rotate, end, is_rotating, ending } = acts;
    let is_ending = RwSignal::new(false);
    Effect::new(move |_| is_ending.set(ending.with(Option::is_some)));
    Effect::new(move |_| {
        if let Some(Ok(_)) = rotate.value().get() {
            is_rotating.set(false);
        }
    });
    view! {
        <FailureNotice failure=Signal::derive(move || end.value().get().and_then(Result::err))/>
        <RotateDialog
            open=is_rotating
            title="Change the URL"
            text="A new URL is made. For as long as you choose, requests are taken in at both, so that the sender can change over."
            verb="Make a new URL"
            pending=Signal::derive(move || rotate.pending().get())
            failure=Signal::derive(move || rotate.value().get().and_then(Result::err))
            mistake=mistake_of(move || rotate.value().get(), "/overlap_hours")
            on_rotate=Callback::new(move |overlap_hours| {
                rotate.dispatch(RotateSourceUrl { id, overlap_hours });
            })
        />
        <Confirm
            open=is_ending
            title="End this URL now?"
            text="Whoever still sends to it is answered 404 from now on, and nothing of that is kept."
            verb="End it"
            on_yes=Callback::new(move |()| {
                if let Some(token) = ending.get_untracked() {
                    end.dispatch(EndSourceUrl { id, token });
                }
            })
        />
    }
}
