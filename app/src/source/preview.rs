//! Which rule would answer a sample, and what: worked out here, with nothing sent.

use hookyard_model::{Asked, Responder};
use leptos::prelude::*;

use super::response_draft::ResponseDraft;
use crate::ui::{CopyButton, HttpStatus, coloured};

/// What the sample begins with.
const SAMPLE_BODY: &str = "{\n  \"id\": \"evt_1\",\n  \"type\": \"ping\"\n}";

#[component]
pub(super) fn Preview(draft: ResponseDraft) -> impl IntoView {
    let method = RwSignal::new("POST".to_owned());
    let path = RwSignal::new("/?mode=test".to_owned());
    let headers = RwSignal::new("content-type: application/json".to_owned());
    let body = RwSignal::new(SAMPLE_BODY.to_owned());
    let answered = Memo::new(move |_| {
        let response = draft.read()?;
        let responder = Responder::new(&response)?;
        let whole = path.get();
        let (path, query) = whole.split_once('?').unwrap_or((&whole, ""));
        let headers = headers.get();
        let headers = headers.lines().filter_map(|line| line.split_once(':'));
        let asked = Asked {
            request_id: "req_0000000000000000000000TEST".to_owned(),
            method: method.get().trim().to_uppercase(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned())).collect(),
        };
        let answered = responder.answer(&asked, body.get().as_bytes());
        let name = answered.rule.and_then(|rule| response.rules.get(rule)?.name.clone());
        Ok::<_, String>((answered, name))
    });
    view! {
        <section class="try" aria-labelledby="try-answer">
            <h3 id="try-answer">"Try it"</h3>
            <p class="aside">"A request as you type it here. Nothing is sent."</p>
            <div class="try-parts">
                <div class="asked">
                    <div class="two narrow-first">
                        <Line id="try-method" label="Method" text=method/>
                        <Line id="try-path" label="Path and query" text=path/>
                    </div>
                    <Lines id="try-headers" label="Headers" text=headers/>
                    <Lines id="try-body" label="Body" text=body/>
                </div>
                <output class="answered" data-testid="preview" aria-live="polite">
                    {move || match answered.get() {
                        Err(why) => view! { <p class="mistake">{crate::ui::sentence(&why)}</p> }.into_any(),
                        Ok((answered, name)) => {
                            let who = match (answered.rule, name) {
                                (Some(rule), Some(name)) => format!("Rule {}, {name}, answers", rule + 1),
                                (Some(rule), None) => format!("Rule {} answers", rule + 1),
                                (None, _) => "No rule answers: the last answer is given".to_owned(),
                            };
                            let headers: Vec<_> =
                                answered.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                            let body = answered.body.clone();
                            view! {
                                <p class="strong">{who}</p>
                                <p><HttpStatus status=Some(answered.status) error=None/></p>
                                <pre class="code wrap">{headers.join("\n")}</pre>
                                <pre class="code wrap" data-testid="preview-body">{coloured(&body, true)}</pre>
                                <CopyButton text=body what="answer"/>
                            }
                            .into_any()
                        }
                    }}
                </output>
            </div>
            <datalist id="content-types">
                {["application/json", "text/plain", "application/xml", "text/xml"].map(|kind| view! { <option value=kind></option> }).collect_view()}
            </datalist>
        </section>
    }
}

#[component]
fn Line(id: &'static str, label: &'static str, text: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id type="text" spellcheck="false" autocomplete="off" value=text.get_untracked() prop:value=move || text.get()
                on:input:target=move |event| text.set(event.target().value())
            />
        </div>
    }
}

#[component]
fn Lines(id: &'static str, label: &'static str, text: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <textarea
                id=id class="document short" spellcheck="false" autocomplete="off" rows="3" prop:value=move || text.get()
                on:input:target=move |event| text.set(event.target().value())
            >{text.get_untracked()}</textarea>
        </div>
    }
}
