//! The page where a request is changed before it is replayed.

use std::time::Duration;

use hookyard_model::{FieldError, Modifications, Payload, Problem, ReplayPreview, Request, RequestId};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

use super::{branches::Branches, changes::Differing, draft::Draft, fields::Fields};
use crate::{
    again::{Act, Deed, doings},
    failure::Failure,
    layout::Lost,
    request::server::{preview_replay, read_request, replay_modified},
    ui::{FailureNotice, Icon, Place, Shape, Skeleton, Trouble},
};

/// How long nothing is typed before it is asked where it would go.
const REST: Duration = Duration::from_millis(500);

/// The request that the path names.
#[component]
pub(crate) fn ReplayPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<RequestId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OfRequest id/> }.into_any(),
        None => view! { <Lost/> }.into_any(),
    }
}

#[component]
fn OfRequest(id: RequestId) -> impl IntoView {
    let read = Resource::new(|| (), move |()| read_request(id));
    view! {
        <Place title="Modify and replay" up=(format!("/requests/{id}"), "Request")/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {move || read.get().map(|read| match read {
                Ok(Request { data: None, .. }) => view! { <p class="nothing">"Its payload is not kept any more."</p> }.into_any(),
                Ok(mut request) => match request.data.take() {
                    Some(payload) => view! { <Editor request payload/> }.into_any(),
                    None => ().into_any(),
                },
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

/// The answer to the last question where it would go.
type Asked = RwSignal<Option<Result<ReplayPreview, Failure>>>;

/// Asks where it would go, once and again when nothing was typed for a while. Answers to what was asked before are
/// dropped. What is wrong by itself is known without asking, and no longer said as soon as it is mended.
fn ask_while_typing(id: RequestId, with: Memo<Modifications>) -> Asked {
    let asked: Asked = RwSignal::new(None);
    let turn = StoredValue::new(0_u32);
    let is_wrong = StoredValue::new(false);
    let say = move |mistakes: Vec<FieldError>| {
        is_wrong.set_value(!mistakes.is_empty());
        asked.try_set((!mistakes.is_empty()).then(|| Err(Failure::shown(Problem::invalid(mistakes)))));
    };
    Effect::new(move |before: Option<()>| {
        let with = with.get();
        let this = turn.get_value().wrapping_add(1);
        turn.set_value(this);
        if is_wrong.get_value() {
            say(with.mistakes());
        }
        let ask = move || {
            let mistakes = with.mistakes();
            if turn.try_get_value() != Some(this) {
                return;
            }
            if !mistakes.is_empty() {
                return say(mistakes);
            }
            spawn_local(async move {
                let answer = preview_replay(id, with).await;
                if turn.try_get_value() == Some(this) {
                    asked.try_set(Some(answer));
                }
            });
        };
        set_timeout(ask, if before.is_some() { REST } else { Duration::ZERO });
    });
    asked
}

#[component]
fn Editor(request: Request, payload: Payload) -> impl IntoView {
    let id = request.id;
    let doings = doings();
    let draft = Draft::new(&request, payload);
    let with = Memo::new(move |_| draft.modifications());
    let asked = ask_while_typing(id, with);
    let sent_wrong = RwSignal::new(None::<Failure>);
    // What is wrong with what is typed; the refusal of what was sent stays until something else is typed.
    Effect::new(move |before: Option<()>| {
        with.track();
        if before.is_some() {
            sent_wrong.set(None);
        }
    });
    let wrong = Signal::derive(move || sent_wrong.get().or_else(|| asked.get().and_then(Result::err)));
    // What is said beside a field is not said twice.
    let general = Signal::derive(move || wrong.get().filter(|wrong| wrong.errors.is_empty()));
    let is_same = Memo::new(move |_| with.with(Modifications::is_empty));
    let is_busy = RwSignal::new(false);
    let send = move |_| {
        if is_busy.get_untracked() || is_same.get_untracked() {
            return;
        }
        is_busy.set(true);
        spawn_local(async move {
            let came = replay_modified(id, with.get_untracked()).await;
            is_busy.try_set(false);
            match came {
                Ok(made) => {
                    doings.tell(Deed::Replay(id), Ok(Some(format!("/requests/{}", made.replay_request_id))));
                }
                Err(failure) => {
                    sent_wrong.try_set(Some(failure.clone()));
                    doings.tell(Deed::Replay(id), Err(failure));
                }
            }
        });
    };
    let differing = move || {
        let after = with.with(|with| draft.changed(with));
        view! { <Differing before=draft.original() after/> }
    };
    view! {
        <FailureNotice failure=general/>
        <div class="replay-page">
            <section class="part replay-editor" aria-labelledby="replay-request">
                <header><h2 id="replay-request">"The request"</h2></header>
                <p class="aside">"It is sent through its source's connections as they are now, as a new request. A signature among the headers is of what came, and not made anew."</p>
                <Fields draft with wrong/>
            </section>
            <div class="replay-beside">
                <section class="part" aria-labelledby="replay-differs" data-testid="differs">
                    <header><h2 id="replay-differs">"What differs"</h2></header>
                    {differing}
                </section>
                <section class="part" aria-labelledby="replay-goes">
                    <header><h2 id="replay-goes">"Where it would go"</h2></header>
                    <div aria-live="polite" class="replay-goes">
                        {move || match asked.get() {
                            None => view! { <Skeleton rows=2/> }.into_any(),
                            Some(Ok(preview)) => view! { <Branches preview/> }.into_any(),
                            Some(Err(_)) => view! { <p class="nothing">"That is known once it can be sent."</p> }.into_any(),
                        }}
                    </div>
                </section>
                <div class="replay-send">
                    <button
                        type="button"
                        class="button primary"
                        aria-disabled=move || (is_same.get() || is_busy.get()).then_some("true")
                        aria-describedby="replay-same"
                        on:click=send
                    ><Icon shape=Shape::Turn/>"Replay as modified"</button>
                    <Act deed=Deed::Replay(id) word="Replay exactly"/>
                    <p class="aside" id="replay-same">{move || is_same.get().then_some("Nothing is modified yet.")}</p>
                </div>
            </div>
        </div>
    }
}
