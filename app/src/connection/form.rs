//! The form of a new connection.

use leptos::{form::ActionForm, prelude::*};

use super::server::{BoardEnd, Connect, read_board};
use crate::{
    failure::Failure,
    live::asked_later,
    typed::Typed,
    ui::{Empty, FailureNotice, Shape, Skeleton, TextField, Trouble, mistake_of, mistake_within},
};

/// Makes a connection between a source and a destination that are there, in a dialog.
#[component]
pub(crate) fn ConnectionForm(
    /// The ends that are chosen already.
    ends: (Option<String>, Option<String>),
    #[prop(into)] done: Callback<()>,
) -> impl IntoView {
    let read = asked_later(async || read_board().await.map(|board| (board.sources, board.destinations)));
    let ends = StoredValue::new(ends);
    move || match read.get() {
        None => view! { <Skeleton rows=4/> }.into_any(),
        Some(read) => view! { <ConnectEnds read ends=ends.get_value() done/> }.into_any(),
    }
}

/// The form, once it is known what there is to connect.
#[component]
pub(super) fn ConnectEnds(
    read: Result<(Vec<BoardEnd>, Vec<BoardEnd>), Failure>,
    ends: (Option<String>, Option<String>),
    /// What was typed before and refused.
    #[prop(optional)]
    typed: Typed,
    /// What to do then; without it, the connection's page is next.
    #[prop(optional)]
    done: Option<Callback<()>>,
) -> impl IntoView {
    match read {
        Err(failure) => view! { <Trouble failure/> }.into_any(),
        Ok((sources, destinations)) => {
            let sources: Vec<_> = sources.into_iter().filter(|source| !source.is_built_in).collect();
            if sources.is_empty() || destinations.is_empty() {
                view! {
                    <Empty shape=Shape::Connection title="Make a source and a destination first">
                        <p><a href="/sources">"Sources"</a>" · "<a href="/destinations">"Destinations"</a></p>
                    </Empty>
                }
                .into_any()
            } else {
                view! { <Form sources destinations ends typed done/> }.into_any()
            }
        }
    }
}

#[component]
fn Form(
    sources: Vec<BoardEnd>,
    destinations: Vec<BoardEnd>,
    ends: (Option<String>, Option<String>),
    typed: Typed,
    #[prop(optional_no_strip)] done: Option<Callback<()>>,
) -> impl IntoView {
    let connect = ServerAction::<Connect>::new();
    let answer = move || connect.value().get();
    Effect::new(move |_| {
        if let (Some(Ok(_)), Some(done)) = (connect.value().get(), done) {
            done.run(());
        }
    });
    let is_known = |pointer: &str| pointer == "/name" || pointer.starts_with("/event_types");
    let elsewhere =
        move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| is_known(&error.pointer)));
    let before = |name: &str| typed.get(name).cloned();
    let name = RwSignal::new(before("name").unwrap_or_default());
    let types = RwSignal::new(before("types").unwrap_or_default());
    let (source, destination) = (before("source").or(ends.0), before("destination").or(ends.1));
    view! {
        <ActionForm action=connect attr:class="connect-form" attr:novalidate="">
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="name" label="Name" bound=name placeholder="orders" mistake=mistake_of(answer, "/name")/>
            <ends::Choice name="source" label="From source" all=sources chosen=source/>
            <ends::Choice name="destination" label="To destination" all=destinations chosen=destination/>
            <TextField name="types" label="Event types" bound=types
                hint="Separated by commas; all of them when empty. Only published events have a type."
                mistake=mistake_within(answer, "/event_types")/>
            {done.is_none().then(|| view! { <input type="hidden" name="go" value="true"/> })}
            <footer><button class="button primary" disabled=connect.pending()>"Create"</button></footer>
        </ActionForm>
    }
}

mod ends {
    //! The choice of an end.

    use leptos::prelude::*;

    use super::BoardEnd;

    #[component]
    pub(super) fn Choice(
        name: &'static str,
        label: &'static str,
        all: Vec<BoardEnd>,
        chosen: Option<String>,
    ) -> impl IntoView {
        let id = format!("connect-{name}");
        let option = move |end: BoardEnd| {
            let selected = chosen.as_ref().is_some_and(|chosen| *chosen == end.id);
            view! { <option value=end.id selected=selected>{end.name}</option> }
        };
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <select id=id name=name>{all.into_iter().map(option).collect_view()}</select>
            </div>
        }
    }
}
