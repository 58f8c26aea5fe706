//! The frame around the pages of signed-in people.

use hookyard_model::Mode;
use leptos::{html, prelude::*};
use leptos_router::{components::Outlet, hooks::use_location};

use super::{header::Header, navigation::Navigation};
use crate::{
    account::{Me, read_me},
    again::{Said, provide_doings},
    live::provide_live,
    ui::{Shortcuts, Trouble, provide_keys},
};

/// Shows the page to those who are signed in; the others are led to where they can.
#[component]
pub(crate) fn SignedIn() -> impl IntoView {
    let me = Resource::new_blocking(|| (), |()| read_me());
    // Not within a `Suspense`: on the server it walks over its children several times to find what they load, and each
    // time the outlet makes the page anew, with resources of its own. What the HTML says and what the browser is given
    // to take it over with would then be read at different moments.
    Suspend::new(async move {
        match me.await {
            Ok(Some(me)) => view! { <Frame me/> }.into_any(),
            Ok(None) => view! { <main class="alone"><p>"One moment…"</p></main> }.into_any(),
            Err(failure) => view! { <main class="alone"><Trouble failure/></main> }.into_any(),
        }
    })
}

#[component]
fn Frame(me: Me) -> impl IntoView {
    let is_live = me.mode == Mode::Live;
    provide_context(me.clone());
    provide_live();
    provide_doings();
    provide_keys();
    let main = NodeRef::<html::Main>::new();
    let path = use_location().pathname;
    // Another page: whoever reads by ear or keyboard goes on at its start.
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now)
            && let Some(main) = main.get_untracked()
        {
            drop(main.focus());
        }
        now
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame" class:live=is_live>
            <Header me/>
            <Navigation/>
            <main id="main" tabindex="-1" node_ref=main><Outlet/></main>
            <Said/>
        </div>
        <Shortcuts/>
    }
}
