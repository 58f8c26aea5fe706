//! The editor of the deduplicate rule.

use leptos::prelude::*;

use super::{
    draft::Draft,
    fields::Fields,
    parts::{LinesField, SpanField, WordChoice, mistake_at},
    typed::Mistake,
};

#[component]
pub(super) fn DeduplicateEditor(draft: Draft, mistakes: Signal<Vec<Mistake>>, fields: Signal<Fields>) -> impl IntoView {
    let names_fields = Memo::new(move |_| draft.by.with(|by| by != "all"));
    let pick = move |place: String| {
        let shown = place.clone();
        let add = move |_| {
            draft.fields.update(|text| {
                if text.lines().any(|line| line.trim() == place) {
                    return;
                }
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(&place);
            });
        };
        view! { <li><button type="button" class="button quiet small" on:click=add><code>{shown}</code></button></li> }
    };
    let mistake = Signal::derive(move || {
        let of = |pointer| mistake_at(mistakes, "deduplicate", pointer).get();
        of("/include_fields").or_else(|| of("/exclude_fields"))
    });
    view! {
        <SpanField name="dedupe-window" label="Window" span=draft.window mistake=mistake_at(mistakes, "deduplicate", "/window")
            hint="From 1 second to 15 days, counted from the first of the requests that are the same."/>
        <WordChoice name="dedupe-by" label="Two requests are the same when" bound=draft.by options=vec![
            ("all", "method, path, query and body are the same"),
            ("include", "these fields are the same"),
            ("exclude", "everything but these fields is the same"),
        ]/>
        <Show when=move || names_fields.get()>
            <LinesField name="dedupe-fields" label="Fields, one a line" bound=draft.fields placeholder="body.id" mistake=mistake
                hint="Such as body.id, headers.x-request-id, query.shop or path."/>
            <Show when=move || fields.with(|fields| !fields.body.is_empty() || !fields.headers.is_empty())>
                <details class="offers">
                    <summary>"Fields of the latest request"</summary>
                    <ul>{move || fields.with(Fields::places).into_iter().map(pick).collect_view()}</ul>
                </details>
            </Show>
        </Show>
    }
}
