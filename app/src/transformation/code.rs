//! An editor for a script: numbered, coloured lines, with what is wrong at its line.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::javascript::parts;
use crate::ui::Visible;

/// Above so many bytes or lines the text area stands alone: a copy of it would be slow to type into.
const COPIED_AT_MOST: (usize, usize) = (64_000, 3_000);

#[component]
pub(super) fn CodeEditor(
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    /// What is wrong, with its line.
    mistakes: Signal<Vec<(usize, String)>>,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    // After Escape, Tab leaves the field as it does everywhere else.
    let tab_leaves = StoredValue::new(false);
    let is_large = Memo::new(move |_| {
        let (bytes, lines) = COPIED_AT_MOST;
        value.with(|text| text.len() > bytes || text.bytes().filter(|byte| *byte == b'\n').count() > lines)
    });
    let lines = move || {
        if is_large.get() {
            return Vec::new();
        }
        value.with(|text| text.split('\n').map(str::to_owned).enumerate().collect::<Vec<_>>())
    };
    let line = move |(index, text): (usize, String)| {
        let is_wrong = move || mistakes.with(|mistakes| mistakes.iter().any(|(line, _)| *line == index + 1));
        let part = |(kind, text): (super::javascript::Kind, &str)| {
            let text = text.to_owned();
            view! { <span class=kind.class()><Visible text/></span> }
        };
        view! { <div class="line" class:wrong=is_wrong>{parts(&text).into_iter().map(part).collect_view()}</div> }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let is_bare = !event.shift_key() && !event.ctrl_key() && !event.alt_key() && !event.meta_key();
        match event.key().as_str() {
            "Escape" => tab_leaves.set_value(true),
            "Tab" if is_bare && !tab_leaves.get_value() => {
                event.prevent_default();
                insert("  ");
            }
            "Enter" if is_bare => {
                if let Some(indent) = indent(area) {
                    event.prevent_default();
                    insert(&format!("\n{indent}"));
                }
            }
            "Tab" | "Shift" => {}
            _ => tab_leaves.set_value(false),
        }
    };
    let go = move |line: usize| {
        let Some(area) = area.get_untracked() else { return };
        let before: usize = value.with_untracked(|text| {
            text.split('\n').take(line.saturating_sub(1)).map(|line| line.encode_utf16().count() + 1).sum()
        });
        let at = u32::try_from(before).unwrap_or(u32::MAX);
        // They fail only for a text area that is no longer part of the page.
        drop(area.focus());
        drop(area.set_selection_range(at, at));
    };
    view! {
        <div class="field" class:wrong=move || mistakes.with(|mistakes| !mistakes.is_empty())>
            <label for=name>{label}</label>
            <div class="editor script" class:large=is_large>
                <div class="lines" aria-hidden="true"><For each=lines key=|line| line.clone() children=line/></div>
                <textarea
                    id=name
                    name=name
                    node_ref=area
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    aria-describedby=format!("{name}-hint")
                    aria-invalid=move || mistakes.with(|mistakes| !mistakes.is_empty()).then_some("true")
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                    on:keydown=key
                    on:focus=move |_| tab_leaves.set_value(false)
                >{value.get_untracked()}</textarea>
            </div>
            <div class="field-hint" id=format!("{name}-hint")>
                <div aria-live="polite">
                    {move || mistakes.get().into_iter().map(|(line, words)| view! {
                        <p class="mistake" data-testid="code-mistake">
                            {(line > 0).then(|| view! { <button type="button" class="go-to" title="Go there" on:click=move |_| go(line)>"Line "{line}":"</button>" " })}
                            <Visible text=words/>
                        </p>
                    }).collect_view()}
                </div>
                <p>"Tab indents; press Escape first to leave the field with Tab."</p>
            </div>
        </div>
    }
}

/// Types `text` where the caret is, so that it can be undone.
fn insert(text: &str) {
    if let Ok(page) = document().dyn_into::<web_sys::HtmlDocument>() {
        // A browser that cannot leaves the text as it is.
        drop(page.exec_command_with_show_ui_and_value("insertText", false, text));
    }
}

/// The space that the line with the caret begins with, if there is any; deeper behind an opening bracket.
fn indent(area: NodeRef<html::Textarea>) -> Option<String> {
    let area = area.get_untracked()?;
    let caret = area.selection_start().ok().flatten()?;
    let before: Vec<u16> = area.value().encode_utf16().take(usize::try_from(caret).ok()?).collect();
    let before = String::from_utf16_lossy(&before);
    let line = before.rsplit('\n').next()?;
    let space: String = line.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
    let is_open = line.trim_end().ends_with(['{', '[', '(']);
    (is_open || !space.is_empty()).then(|| if is_open { space + "  " } else { space })
}
