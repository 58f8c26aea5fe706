//! Composing a payload: the form beside what it will look like on its way.

use hookyard_model::DestinationId;
use leptos::prelude::*;

use super::{
    draft::{Draft, Group},
    preview::{Preview, Previewed},
    saved::SavedPayloads,
    sent::SentAs,
    server::Simulate,
};
use crate::ui::{FailureNotice, Icon, JsonEditor, Shape, line_of, place_of};

#[component]
pub(super) fn Compose(id: DestinationId, draft: Draft, groups: Vec<Group>) -> impl IntoView {
    let simulate = ServerAction::<Simulate>::new();
    let previewed = Previewed::of(id, draft);
    let warnings = Signal::derive(move || {
        let warnings = previewed.warnings();
        let on_lines = |payload: &String| {
            let line = |pointer: &str| line_of(payload, place_of(payload, pointer).start);
            let mut lines: Vec<_> = warnings.iter().map(|warning| (line(&warning.pointer), words(warning))).collect();
            lines.sort_unstable();
            lines
        };
        draft.payload.with(on_lines)
    });
    let obstacle = Memo::new(move |_| draft.obstacle());
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(simulation) = draft.simulation(None).filter(|_| obstacle.with_untracked(Option::is_none)) {
            simulate.dispatch(Simulate { id, simulation });
        }
    };
    let sent = Signal::derive(move || simulate.value().get()?.ok());
    view! {
        <div class="compose">
            <form on:submit=send>
                <TypeSelect
                    name="event_type"
                    label="Event Type"
                    groups
                    chosen=draft.kind
                    on_choice=Callback::new(move |name| draft.choose(name))
                />
                <SavedPayloads draft/>
                <JsonEditor name="payload" label="Payload JSON" value=draft.payload warnings/>
                <div class="row tools">
                    <button type="button" class="button small" on:click=move |_| draft.start_afresh()>
                        <Icon shape=Shape::Turn/>"New example"
                    </button>
                    <Show when=move || draft.can_bring_back()>
                        <button type="button" class="button quiet small" on:click=move |_| draft.bring_back()>
                            "Bring back what was there"
                        </button>
                    </Show>
                </div>
                <div class="exactness">
                    <label class="check">
                        <input
                            type="checkbox"
                            name="exact"
                            prop:checked=move || draft.exact.get()
                            on:change:target=move |event| draft.exact.set(event.target().checked())
                        />
                        <span>"Send exactly as typed"</span>
                    </label>
                    <p class="aside">
                        {move || if draft.exact.get() {
                            "Byte for byte what stands above, but for space before and after it; id, date and api_mode too are as you typed them."
                        } else {
                            "id, date and api_mode are filled in when it is sent, like those of a real event."
                        }}
                    </p>
                </div>
                <FailureNotice failure=Signal::derive(move || simulate.value().get().and_then(Result::err))/>
                <footer>
                    <button
                        class="button primary"
                        aria-describedby="send-reason"
                        disabled=move || obstacle.with(Option::is_some) || simulate.pending().get()
                    ><Icon shape=Shape::Bolt/>"Send Simulated Payload"</button>
                    <span class="mistake" id="send-reason">{move || obstacle.get()}</span>
                    <SentAs sent/>
                </footer>
            </form>
            <Preview previewed/>
        </div>
    }
}

/// Such as "`count` is not a number": the field and what is odd about it.
fn words(warning: &hookyard_model::FieldError) -> String {
    let field = warning.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    if field.is_empty() { warning.detail.clone() } else { format!("{field}: {}", warning.detail) }
}

/// A choice of an event type by its label.
#[component]
pub(super) fn TypeSelect(
    name: &'static str,
    label: &'static str,
    groups: Vec<Group>,
    #[prop(into)] chosen: Signal<String>,
    on_choice: Callback<String>,
) -> impl IntoView {
    let names: Vec<_> = groups.iter().flat_map(|group| &group.types).map(|(name, _)| name.clone()).collect();
    // A saved payload may be of a type that the catalogue has lost.
    let stranger = move || chosen.get_untracked();
    let is_stranger = move || chosen.with(|chosen| !names.contains(chosen));
    let option = move |(name, label): (String, String)| {
        let value = name.clone();
        view! { <option value=value selected=move || chosen.with(|chosen| *chosen == name)>{label}</option> }
    };
    let group = move |group: Group| {
        view! { <optgroup label=group.label>{group.types.into_iter().map(option).collect_view()}</optgroup> }
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select
                id=name
                name=name
                prop:value=move || chosen.get()
                on:change:target=move |event| on_choice.run(event.target().value())
            >
                {groups.into_iter().map(group).collect_view()}
                {move || is_stranger().then(|| view! { <option selected>{stranger()}</option> })}
            </select>
        </div>
    }
}
