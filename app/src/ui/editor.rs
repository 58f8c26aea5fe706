//! An editor for JSON: a transparent text area over a coloured, numbered copy of its text.

use std::fmt;

use leptos::{html, prelude::*};

use super::code::coloured;

/// Above so many bytes or lines the text area stands alone: a copy of it would be slow to type into.
const COPIED_AT_MOST: (usize, usize) = (64_000, 3_000);

/// What is wrong with a text as JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonMistake {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    reason: String,
}

impl fmt::Display for JsonMistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

/// What is wrong with `text` as JSON, and where.
pub(crate) fn json_mistake(text: &str) -> Option<JsonMistake> {
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    let (line, column) = (error.line(), error.column());
    let reason = error.to_string();
    let reason = reason.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&reason);
    // The parser counts bytes, people count characters.
    let of_line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let column = of_line[..of_line.floor_char_boundary(column)].chars().count().max(1);
    Some(JsonMistake { line, column, reason: reason.to_owned() })
}

/// A field for JSON. Says where it is wrong while it is typed.
#[component]
pub(crate) fn JsonEditor(
    name: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    /// What is doubtful, with its line; not as bad as a mistake.
    #[prop(into, optional)]
    warnings: Signal<Vec<(usize, String)>>,
) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let mistake = Memo::new(move |_| value.with(|text| json_mistake(text)));
    let is_large = Memo::new(move |_| {
        let (bytes, lines) = COPIED_AT_MOST;
        value.with(|text| text.len() > bytes || text.bytes().filter(|byte| *byte == b'\n').count() > lines)
    });
    let wrong_line = Memo::new(move |_| mistake.with(|mistake| mistake.as_ref().map(|mistake| mistake.line)));
    let lines = move || {
        if is_large.get() {
            return Vec::new();
        }
        value.with(|text| text.split('\n').map(str::to_owned).enumerate().collect::<Vec<_>>())
    };
    let line = move |(index, text): (usize, String)| {
        let is_warned = move || warnings.with(|warnings| warnings.iter().any(|(line, _)| *line == index + 1));
        view! {
            <div class="line" class:wrong=move || wrong_line.get() == Some(index + 1) class:warned=is_warned>
                {coloured(&text, true)}
            </div>
        }
    };
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <div class="editor" class:large=is_large>
                <div class="lines" aria-hidden="true">
                    <For each=lines key=|line| line.clone() children=line/>
                </div>
                <textarea
                    id=name
                    name=name
                    node_ref=area
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    aria-describedby=format!("{name}-hint")
                    aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                    prop:value=move || value.get()
                    on:input:target=move |event| value.set(event.target().value())
                >
                    {value.get_untracked()}
                </textarea>
            </div>
            <div class="field-hint" id=format!("{name}-hint") aria-live="polite" data-testid="json-status">
                {move || match mistake.get() {
                    Some(mistake) => {
                        let JsonMistake { line, column, .. } = mistake;
                        let go = move |_| go_to(area, &value.read_untracked(), line, column);
                        view! { <p class="mistake"><GoTo line column=Some(column) go/>" "{mistake.reason}</p> }.into_any()
                    }
                    None => view! { <p>"Valid JSON"{is_large.get().then_some(", too large for colours and line numbers")}</p> }.into_any(),
                }}
                <ul class="warnings" hidden=move || warnings.with(Vec::is_empty)>
                    {move || warnings.get().into_iter().map(|(line, text)| {
                        let go = move |_| go_to(area, &value.read_untracked(), line, 1);
                        view! { <li><GoTo line column=None go/>" "{text}</li> }
                    }).collect_view()}
                </ul>
            </div>
        </div>
    }
}

/// A place in the text, and the way there.
#[component]
fn GoTo(line: usize, column: Option<usize>, go: impl Fn(web_sys::MouseEvent) + 'static) -> impl IntoView {
    let column = column.map(|column| format!(", column {column}"));
    view! { <button type="button" class="go-to" title="Go there" on:click=go>"Line "{line}{column}":"</button> }
}

/// Puts the caret where the line and the column are.
fn go_to(area: NodeRef<html::Textarea>, text: &str, line: usize, column: usize) {
    let Some(area) = area.get_untracked() else { return };
    let before: usize = text.split('\n').take(line.saturating_sub(1)).map(|line| line.encode_utf16().count() + 1).sum();
    let of_line = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let within: usize = of_line.chars().take(column.saturating_sub(1)).map(char::len_utf16).sum();
    let at = u32::try_from(before + within).unwrap_or(u32::MAX);
    // They fail only for a text area that is no longer part of the page.
    drop(area.focus());
    drop(area.set_selection_range(at, at));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_says_where() {
        assert_eq!(json_mistake("{\"a\": 1}"), None);
        for (text, expected) in [
            ("{\n  \"a\": 1,\n}", "Line 3, column 1: "),
            ("{\"é日\": nope}", "Line 1, column 9: "),
            ("", "Line 1, column 1: "),
            ("{\"a\": 1} x", "Line 1, column 10: "),
        ] {
            let mistake = json_mistake(text).unwrap().to_string();
            assert!(mistake.starts_with(expected), "{mistake}");
            assert!(!mistake.contains(" at line "), "{mistake}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_editor_is_there_before_scripts_are() {
        let html = Owner::new().with(|| {
            let value = RwSignal::new("{\"a\": 1\n".to_owned());
            let warnings = vec![(1, "is doubtful".to_owned())];
            view! { <JsonEditor name="payload" label="Payload" value warnings=Signal::stored(warnings)/> }.to_html()
        });
        let html = html.replace("<!>", "").replace("<!---->", "");
        assert!(html.contains("<span class=\"json-key\">\"a\"</span>"), "{html}");
        assert!(html.contains("Line 2, column 1"), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("class=\"line wrong\"") && html.contains("class=\"line  warned\""), "{html}");
    }
}
