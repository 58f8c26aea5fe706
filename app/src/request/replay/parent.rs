//! A replay that is not as its parent came, on its own page.

use hookyard_model::{Payload, Request, RequestId, modified_words};
use leptos::prelude::*;

use super::changes::Differing;
use crate::{
    live::asked_later,
    request::server::read_parent,
    ui::{Icon, Shape, Skeleton, sentence},
};

/// What was modified, which opens into what differs.
#[component]
pub(crate) fn ModifiedReplay(request: Request) -> impl IntoView {
    let parent = request.retry_parent_request_id.filter(|_| !request.replay_modified.is_empty());
    parent.zip(request.data).map(|(parent, after)| {
        let words = modified_words(&request.replay_modified);
        let is_open = RwSignal::new(false);
        view! {
            <details
                class="modified-replay"
                data-testid="modified"
                on:toggle:target=move |event| is_open.set(event.target().open())
            >
                <summary><Icon shape=Shape::Chevron/><h2>"Modified replay"</h2><span class="nothing">{words}</span></summary>
                <Show when=move || is_open.get()><Against parent after=after.clone()/></Show>
            </details>
        }
    })
}

#[component]
fn Against(parent: RequestId, after: Payload) -> impl IntoView {
    let parent = asked_later(move || read_parent(parent));
    move || match parent.get() {
        None => view! { <Skeleton rows=3/> }.into_any(),
        Some(Ok(Request { data: Some(before), .. })) => view! { <Differing before after=after.clone()/> }.into_any(),
        Some(Ok(_)) => view! { <p class="nothing">"The original is not kept any more."</p> }.into_any(),
        Some(Err(failure)) => view! { <p class="nothing">{sentence(&failure.detail)}</p> }.into_any(),
    }
}
