//! A connection's rules as JSON: to copy, and to save without scripts.

use hookyard_model::Connection;
use leptos::{form::ActionForm, prelude::*};

use crate::{
    rule::SaveRules,
    typed::Typed,
    ui::{FailureNotice, Visible, query_param},
};

#[component]
pub(super) fn RulesAsJson(
    connection: Connection,
    /// What was written before and refused.
    typed: Typed,
) -> impl IntoView {
    let id = connection.id;
    let save = ServerAction::<SaveRules>::new();
    let failure = move || save.value().get().and_then(Result::err);
    let saved = || serde_json::to_string_pretty(&connection.rules).unwrap_or_default();
    let rules = typed.get("rules").cloned().unwrap_or_else(saved);
    let is_refused = query_param("__err").get_untracked().is_some();
    let mistakes = move || failure().map(|failure| failure.errors.clone()).unwrap_or_default();
    let is_wrong = move || !mistakes().is_empty();
    let reload = move || {
        if let Some(Ok(_)) = save.value().get() {
            // The editors above begin anew with what was saved.
            drop(window().location().reload());
        }
    };
    Effect::new(move |_| reload());
    view! {
        <details class="as-json" open=is_refused>
            <summary>"The saved rules as JSON"</summary>
            <ActionForm action=save>
                <FailureNotice failure=Signal::derive(failure)/>
                <input type="hidden" name="id" value=id.to_string()/>
                <div class="field" class:wrong=is_wrong>
                    <label for="rules-json">"Rules"</label>
                    <textarea id="rules-json" name="rules" class="lines-field" rows="12" spellcheck="false"
                        aria-describedby="rules-json-hint" aria-invalid=move || is_wrong().then_some("true")
                    >{rules}</textarea>
                    <div class="field-hint" id="rules-json-hint">
                        {move || mistakes().into_iter().map(|mistake| view! {
                            <p class="mistake"><code><Visible text=mistake.pointer/></code>": "<Visible text=mistake.detail/></p>
                        }).collect_view()}
                    </div>
                </div>
                <footer><button class="button" disabled=save.pending()>"Save this JSON"</button></footer>
            </ActionForm>
        </details>
    }
}
