//! Step 3: the fix, on this side by a form in place.

use hookyard_model::{Connection, ConnectionId, DestinationId, Recovery, RecoveryChange};
use leptos::prelude::*;

use super::{acts::Acts, server::Shown};
use crate::{
    connection::read_connection,
    destination::EditHere,
    live::asked_later,
    rule::Pipeline,
    ui::{Icon, Notice, Shape, Skeleton, Time, Tone, Trouble, Visible},
};

/// What is edited in place: one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Editing {
    Nothing,
    Destination,
    Connection(ConnectionId),
}

#[component]
pub(super) fn Fix(id: DestinationId, recovery: Memo<Recovery>, shown: Memo<Shown>, acts: Acts) -> impl IntoView {
    let editing = RwSignal::new(Editing::Nothing);
    let changes = Memo::new(move |_| recovery.with(|recovery| recovery.changes.clone()));
    let connections = Memo::new(move |_| {
        let named = |one: &Connection| (one.id, one.name.clone());
        shown.with(|shown| shown.connections.iter().map(named).collect::<Vec<_>>())
    });
    let toggle = move |what: Editing| editing.update(|now| *now = if *now == what { Editing::Nothing } else { what });
    // Without scripts the links lead to the pages where the same is done.
    let button = move |what: Editing, href: String, words: AnyView| {
        view! {
            <a class="button small" href=href aria-expanded=move || (editing.get() == what).to_string()
                on:click=move |event| {
                    event.prevent_default();
                    toggle(what);
                }
            ><Icon shape=Shape::Pencil/>{words}</a>
        }
    };
    let saved = Callback::new(move |_: Connection| acts.saved.update(|count| *count += 1));
    view! {
        <p>"If the receiver was wrong, mend it there. What is wrong on this side is changed here, and used from the next attempt on."</p>
        {move || changes.get().into_iter().map(|change| view! { <Changed change/> }).collect_view()}
        <p class="row edit-buttons">
            {button(Editing::Destination, format!("/destinations/{id}/edit"), "URL, authentication, limits".into_any())}
            {move || connections.get().into_iter().map(|(id, name)| {
                let words = view! { <span>"Rules of "<Visible text=name/></span> }.into_any();
                button(Editing::Connection(id), format!("/connections/{id}"), words)
            }).collect_view()}
        </p>
        {move || match editing.get() {
            Editing::Nothing => ().into_any(),
            Editing::Destination => view! {
                <div class="edit-here" data-testid="edit-here"><EditHere id saved=acts.saved/></div>
            }.into_any(),
            Editing::Connection(id) => view! { <div class="edit-here" data-testid="edit-here"><RulesHere id saved/></div> }.into_any(),
        }}
    }
}

#[component]
fn Changed(change: RecoveryChange) -> impl IntoView {
    let what = if change.connection_id.is_some() { "The connection " } else { "The destination " };
    view! {
        <Notice tone=Tone::Good shape=Shape::Check>
            <p data-testid="changed">{what}<b><Visible text=change.name/></b>" was changed at "<Time at=change.at/>", after the last failure."</p>
        </Notice>
    }
}

#[component]
fn RulesHere(id: ConnectionId, saved: Callback<Connection>) -> impl IntoView {
    let found = asked_later(move || read_connection(id));
    move || match found.get() {
        None => view! { <Skeleton rows=4/> }.into_any(),
        Some(Err(failure)) => view! { <Trouble failure/> }.into_any(),
        Some(Ok(connection)) => view! { <Pipeline connection saved/> }.into_any(),
    }
}
