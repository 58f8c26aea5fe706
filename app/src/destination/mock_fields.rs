//! How the built-in receiver is to behave.

use leptos::prelude::*;

use super::{
    draft::Draft,
    fields::{Answer, about},
    headers::HeaderFields,
    mock_draft::HEADERS,
};
use crate::ui::{CheckField, TextField};

#[component]
pub(super) fn MockFields(draft: Draft, answer: Answer) -> impl IntoView {
    let mock = draft.mock;
    view! {
        <section class="part" aria-labelledby="form-mock">
            <h2 id="form-mock">"What it answers"</h2>
            <p class="aside">"Nothing leaves Hookyard: the answer is made up here, and recorded like any other."</p>
            <div class="field-trio">
                <TextField
                    name="mock_status" label="Status" bound=mock.status hint="100 to 599." mistake=about(answer, "/config/mock/status")
                />
                <TextField
                    name="mock_delay" label="After milliseconds" bound=mock.delay_ms hint="At most 60000."
                    mistake=about(answer, "/config/mock/delay_ms")
                />
                <TextField
                    name="timeout_ms" label="Timeout in milliseconds" bound=draft.timeout_ms hint="A slower answer is too late."
                    mistake=about(answer, "/config/timeout_ms")
                />
            </div>
            <div class="field-pair">
                <TextField
                    name="fail_first" label="First attempts that fail" bound=mock.fail_first hint="Of each event; answered 500."
                    mistake=about(answer, "/config/mock/fail_first")
                />
                <TextField
                    name="fail_percent" label="Percent that fail by chance" bound=mock.fail_percent hint="0 to 100; answered 500."
                    mistake=about(answer, "/config/mock/fail_percent")
                />
            </div>
            <CheckField name="drips" bound=mock.drips label="Let the body come bit by bit"/>
            {move || mock.drips.get().then(|| view! {
                <div class="field-pair">
                    <TextField name="chunks" label="In so many parts" bound=mock.chunks mistake=about(answer, "/config/mock/drip/chunks")/>
                    <TextField
                        name="over_ms" label="Over so many milliseconds" bound=mock.over_ms
                        mistake=about(answer, "/config/mock/drip/over_ms")
                    />
                </div>
            })}
            <div class="field" class:wrong=move || about(answer, "/config/mock/body").with(Option::is_some)>
                <label for="mock_body">"Body"</label>
                <textarea
                    id="mock_body" name="mock_body" class="document short" rows="3" spellcheck="false"
                    prop:value=move || mock.body.get() on:input:target=move |event| mock.body.set(event.target().value())
                >{mock.body.get_untracked()}</textarea>
                <div class="field-hint">
                    {move || match about(answer, "/config/mock/body").get() {
                        Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                        None => view! { <p>"Optional; else a few words in JSON."</p> }.into_any(),
                    }}
                </div>
            </div>
            <HeaderFields rows=mock.headers answer pointer="/config/mock/headers" name=HEADERS label="Headers of the answer"/>
        </section>
    }
}
