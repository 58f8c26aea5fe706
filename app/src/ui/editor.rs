//! An editor for JSON: a transparent text area over a coloured copy of its text.

use leptos::prelude::*;

use super::code::coloured;

/// What is wrong with `text` as JSON, and where.
pub(crate) fn json_mistake(text: &str) -> Option<String> {
    let error = serde_json::from_str::<serde_json::Value>(text).err()?;
    let (line, column) = (error.line(), error.column());
    let reason = error.to_string();
    let reason = reason.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&reason);
    Some(format!("Line {line}, column {column}: {reason}"))
}

/// A field for JSON. Says where it is wrong while it is typed.
#[component]
pub(crate) fn JsonEditor(name: &'static str, label: &'static str, value: RwSignal<String>) -> impl IntoView {
    let mistake = Memo::new(move |_| value.with(|text| json_mistake(text)));
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=name>{label}</label>
            <div class="editor">
                <pre aria-hidden="true">{move || value.with(|text| coloured(text, true))}"\n"</pre>
                <textarea
                    id=name
                    name=name
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
                    Some(mistake) => view! { <p class="mistake">{mistake}</p> }.into_any(),
                    None => view! { <p>"Valid JSON"</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_says_where() {
        assert_eq!(json_mistake("{\"a\": 1}"), None);
        let mistake = json_mistake("{\n  \"a\": 1,\n}").unwrap();
        assert!(mistake.starts_with("Line 3, column 1: "), "{mistake}");
        assert!(!mistake.contains(" at line "), "{mistake}");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_editor_is_there_before_scripts_are() {
        let html = Owner::new().with(|| {
            let value = RwSignal::new("{\"a\": 1".to_owned());
            view! { <JsonEditor name="payload" label="Payload" value/> }.to_html()
        });
        let html = html.replace("<!>", "");
        assert!(html.contains("<span class=\"json-key\">\"a\"</span>"), "{html}");
        assert!(html.contains("Line 1, column 7"), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
    }
}
