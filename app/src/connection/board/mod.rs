//! The board: sources, what leads from them, and destinations, drawn, or as a table.

mod asked;
mod choice;
mod drawn;
mod ends;
mod keys;
mod plan;
mod row;
mod scene;
mod table;
mod wires;

use std::time::Duration;

use leptos::prelude::*;

use self::{
    asked::{Asked, Doomed},
    choice::STATES,
    drawn::Drawn,
    ends::connections,
    scene::Scene,
    table::Table,
};
use super::{
    flow::{Flows, at_most_every},
    form::ConnectionForm,
    server::{Board, read_board, read_flows},
};
use crate::{
    failure::Failure,
    live::watch,
    ui::{
        Confirm, Dialog, Empty, FailureNotice, Filters, Here, Icon, Place, SearchFilter, SelectFilter, Shape, Skeleton,
        here, once_read,
    },
};

/// How long the board rests after it was read again.
const REST: Duration = Duration::from_secs(2);

#[component]
pub(crate) fn ConnectionsPage() -> impl IntoView {
    let asked = Asked::new();
    let made = RwSignal::new(0_u32);
    let settings = at_most_every(REST, watch(|change| change.destination.is_none()));
    let traffic = at_most_every(REST, watch(|_| true));
    let board = Resource::new(move || (settings.get(), made.get(), asked.answered()), |_| read_board());
    let flows = Resource::new(move || (traffic.get(), asked.answered()), |_| read_flows());
    let is_creating = RwSignal::new(false);
    open_while(is_creating, asked.ends);
    let done = move |()| {
        is_creating.set(false);
        made.update(|count| *count += 1);
    };
    view! {
        <Place title="Connections">
            <ViewSwitch/>
            <a class="button primary without-scripts" href="/connections/new"><Icon shape=Shape::Plus/>"Create Connection"</a>
            <button type="button" class="button primary with-scripts" on:click=move |_| asked.ends.set(Some((None, None)))>
                <Icon shape=Shape::Plus/>"Create Connection"
            </button>
        </Place>
        <FailureNotice failure=Signal::derive(move || asked.failure())/>
        <BoardFilters/>
        <Transition fallback=|| view! { <Skeleton rows=8/> }>
            {once_read(board, move |board| view! { <Shown asked board flows/> })}
        </Transition>
        <Dialog open=is_creating title="New connection">
            <ConnectionForm ends=asked.ends.get_untracked().unwrap_or_default() done/>
        </Dialog>
        <Deletion asked/>
    }
}

/// Opens a dialog while there is something to ask, and forgets it when the dialog is closed.
fn open_while<T: Send + Sync + 'static>(open: RwSignal<bool>, asked: RwSignal<Option<T>>) {
    Effect::new(move |_| {
        let is_asked = asked.with(Option::is_some);
        if open.get_untracked() != is_asked {
            open.set(is_asked);
        }
    });
    Effect::new(move |ran_before: Option<()>| {
        let is_closed = !open.get();
        if ran_before.is_some() && is_closed && asked.with_untracked(Option::is_some) {
            asked.set(None);
        }
    });
}

/// Asks before a connection is deleted.
#[component]
fn Deletion(asked: Asked) -> impl IntoView {
    let open = RwSignal::new(false);
    open_while(open, asked.doomed);
    // What it was stays readable while the dialog closes.
    let last =
        Memo::new(move |before: Option<&Option<Doomed>>| asked.doomed.get().or_else(|| before.cloned().flatten()));
    let title = move || {
        last.with(|doomed| doomed.as_ref().map(|doomed| format!("Delete {}?", doomed.name))).unwrap_or_default()
    };
    let text = move || last.with(|doomed| doomed.as_ref().map(consequences)).unwrap_or_default();
    let delete = Callback::new(move |()| {
        if let Some(doomed) = last.get_untracked() {
            asked.delete(doomed.id);
        }
    });
    view! { <Confirm open title=Signal::derive(title) text=Signal::derive(text) verb="Delete" on_yes=delete/> }
}

fn consequences(doomed: &Doomed) -> String {
    let waiting = match doomed.waiting {
        0 => "No event of it waits.".to_owned(),
        1 => "1 event of it that still waits is cancelled, also if it is held.".to_owned(),
        count => format!("{count} events of it that still wait are cancelled, held ones too."),
    };
    format!("{} no longer leads to {}. {waiting} What was delivered stays in the history.", doomed.from, doomed.to)
}

/// The board or the table; links, so that either can be shared.
#[component]
fn ViewSwitch() -> impl IntoView {
    let here = here();
    let link = move |word: &'static str, view: Option<&'static str>| {
        let is_it = move || here.value("view").as_deref() == view;
        view! {
            <a href=move || here.with(&[("view", view)]) aria-current=move || is_it().then_some("true")>{word}</a>
        }
    };
    view! { <nav class="switch" aria-label="View">{link("Board", None)}{link("Table", Some("table"))}</nav> }
}

#[component]
fn BoardFilters() -> impl IntoView {
    let here = here();
    let own = |(value, word): (&str, &str)| (value.to_owned(), word.to_owned());
    let kept = move |name: &'static str| {
        move || here.value(name).map(|value| view! { <input type="hidden" name=name value=value/> })
    };
    view! {
        <Filters action=here.path()>
            <SearchFilter placeholder="Connection, source or destination"/>
            <SelectFilter name="state" label="State" any="All" options=STATES.map(own).to_vec()/>
            <SelectFilter name="by" label="Grouped by" any="Source" options=vec![own(("destination", "Destination"))]/>
            <SelectFilter name="fold" label="Groups" any="Fold when many" options=vec![own(("all", "Fold all")), own(("none", "Show all"))]/>
            {kept("view")}
            {kept("source")}
            {kept("destination")}
        </Filters>
    }
}

#[component]
fn Shown(asked: Asked, board: Memo<Board>, flows: Resource<Result<Flows, Failure>>) -> impl IntoView {
    // Read again and found the same, nothing is drawn again.
    let flows = Memo::new(move |_| flows.get().and_then(Result::ok).unwrap_or_default());
    let scene = Scene::new(asked, board, flows);
    let here = here();
    let is_bare = Memo::new(move |_| board.with(|board| board.routes.is_empty() && board.destinations.is_empty()));
    let is_nothing =
        Memo::new(move |_| scene.shown.with(Vec::is_empty) && scene.choice.with(choice::Choice::is_filter));
    let is_table = Memo::new(move |_| scene.choice.with(|choice| choice.is_table));
    move || match (is_bare.get(), is_nothing.get()) {
        (true, _) => view! { <Bare/> }.into_any(),
        (_, true) => view! { <NoneFits here/> }.into_any(),
        _ => view! {
            <Sum scene whole=board/>
            {if is_table.get() { view! { <Table scene/> }.into_any() } else { view! { <Drawn scene/> }.into_any() }}
        }
        .into_any(),
    }
}

#[component]
fn Bare() -> impl IntoView {
    view! {
        <Empty shape=Shape::Connection title="No connections yet">
            <p>"A connection leads what a source takes in to a destination."</p>
            <p><a href="/sources">"Make a source"</a>" · "<a href="/destinations">"Make a destination"</a></p>
        </Empty>
    }
}

#[component]
fn NoneFits(here: Here) -> impl IntoView {
    view! {
        <Empty shape=Shape::Question title="No connection fits">
            <p><a href=move || here.only(&["view"])>"Show all"</a></p>
        </Empty>
    }
}

/// What is shown of how many, and what all of it does.
#[component]
fn Sum(scene: Scene, whole: Memo<Board>) -> impl IntoView {
    let words = move || {
        let (shown, all) = (scene.shown.with(Vec::len), whole.with(|board| board.routes.len()));
        if shown == all { connections(all) } else { format!("{shown} of {}", connections(all)) }
    };
    let flow = move || scene.shown.with(|shown| scene.flow_of(shown));
    let cut = move || {
        whole
            .with(|board| board.is_cut)
            .then_some(" There are more than the board takes: search in the table or the API.")
    };
    view! {
        <p class="aside board-sum" role="status">
            {words}" · "{move || flow().rate()}
            {move || Some(flow().failed).filter(|failed| *failed > 0).map(|failed| format!(" · {failed} failing"))}
            {move || Some(flow().waiting).filter(|waiting| *waiting > 0).map(|waiting| format!(" · {waiting} waiting"))}
            {cut}
        </p>
    }
}
