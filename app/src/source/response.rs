//! The editor of what senders are answered.

use hookyard_model::{RESPONSE_RULES, RESPONSE_STATUSES};
use leptos::prelude::*;

use super::{
    auth::{Answer, about},
    preview::Preview,
    response_draft::{AnswerDraft, ResponseDraft, RuleDraft},
};
use crate::ui::{CheckField, Icon, Shape};

const AT: &str = "/config/custom_response";

#[component]
pub(super) fn ResponseEditor(draft: ResponseDraft, answer: Answer) -> impl IntoView {
    let too_many = about(answer, format!("{AT}/rules"));
    let is_full = move || draft.rules.with(Vec::len) >= RESPONSE_RULES;
    view! {
        <Show when=move || draft.is_own.get()>
            <p class="aside">
                "The first rule that is on and matches answers; when none does, the last answer below. What is rejected never \
                 gets one of these, and events are routed whatever is answered. "
                <code>"{{body.id}}"</code>", "<code>"{{headers.x-request-id}}"</code>", "<code>"{{query.mode}}"</code>", "
                <code>"{{path}}"</code>", "<code>"{{method}}"</code>" and "<code>"{{request.id}}"</code>" stand for what came."
            </p>
            <ol class="answers" data-testid="rules">
                <For each=move || draft.rules.get() key=|rule| rule.key let:rule>
                    <Rule draft rule answer/>
                </For>
                <li class="answer-card last">
                    <header><h3>"When no rule answers"</h3></header>
                    <AnswerFields name="fallback".to_owned() fields=draft.fallback at=Signal::stored(AT.to_owned()) answer/>
                </li>
            </ol>
            {move || too_many.get().map(|text| view! { <p class="mistake" role="alert">{text}</p> })}
            <button
                type="button" class="button" disabled=is_full
                on:click=move |_| draft.add_rule()
            >
                <Icon shape=Shape::Plus/>"Add a rule"
            </button>
            <Preview draft/>
        </Show>
    }
}

#[component]
fn Rule(draft: ResponseDraft, rule: RuleDraft, answer: Answer) -> impl IntoView {
    let key = rule.key;
    let place = Memo::new(move |_| draft.place(key));
    let number = move || format!("Rule {}", place.get() + 1);
    let is_last = move || draft.rules.with(Vec::len) == place.get() + 1;
    let at = Signal::derive(move || format!("{AT}/rules/{}", place.get()));
    let conditions_mistake = Signal::derive(move || {
        let text = rule.conditions.get();
        let read =
            serde_json::from_str::<hookyard_model::ResponseMatch>(if text.trim().is_empty() { "{}" } else { &text });
        let start = format!("{}/match", at.get());
        read.err().map(|error| error.to_string()).or_else(|| {
            let failure = answer.get()?.err()?;
            let found = failure.errors.iter().find(|error| error.pointer.starts_with(&start))?;
            let place = found.pointer.trim_start_matches(&start).trim_start_matches('/');
            Some(if place.is_empty() { found.detail.clone() } else { format!("{place}: {}", found.detail) })
        })
    });
    let name_id = format!("rule-{key}-name");
    view! {
        <li class="answer-card" class:off=move || !rule.is_enabled.get() data-testid="rule">
            <header>
                <h3>{number}</h3>
                <label class="hidden" for=name_id.clone()>{move || format!("Name of rule {}", place.get() + 1)}</label>
                <input
                    id=name_id type="text" placeholder="Its name (optional)" autocomplete="off" prop:value=move || rule.name.get()
                    value=rule.name.get_untracked() on:input:target=move |event| rule.name.set(event.target().value())
                />
                <CheckField name="rule_enabled" label="On" bound=rule.is_enabled/>
                <span class="buttons">
                    <button
                        type="button" class="button quiet small icon-only up" disabled=move || place.get() == 0
                        aria-label=move || format!("Move {} up", number()) on:click=move |_| draft.move_rule(key, false)
                    ><Icon shape=Shape::Chevron/></button>
                    <button
                        type="button" class="button quiet small icon-only down" disabled=is_last
                        aria-label=move || format!("Move {} down", number()) on:click=move |_| draft.move_rule(key, true)
                    ><Icon shape=Shape::Chevron/></button>
                    <button
                        type="button" class="button quiet small icon-only" aria-label=move || format!("Remove {}", number())
                        on:click=move |_| draft.remove_rule(key)
                    ><Icon shape=Shape::Bin/></button>
                </span>
            </header>
            <Text
                id=format!("rule-{key}-match") label="Answers when" text=rule.conditions mistake=conditions_mistake
                hint="method, path, query, headers and body in the language of filters; {} matches everything."
            />
            <AnswerFields name=format!("rule-{key}") fields=rule.answer at answer/>
        </li>
    }
}

#[component]
fn AnswerFields(name: String, fields: AnswerDraft, at: Signal<String>, answer: Answer) -> impl IntoView {
    let said = move |field: &'static str| {
        Signal::derive(move || {
            let (failure, start) = (answer.get()?.err()?, format!("{}/{field}", at.get()));
            failure.errors.iter().find(|error| error.pointer.starts_with(&start)).map(|error| error.detail.clone())
        })
    };
    let (status, kind) = (format!("{name}-status"), format!("{name}-type"));
    let (wrong_status, wrong_kind) = (said("status"), said("content_type"));
    let statuses = RESPONSE_STATUSES.iter().map(|known| {
        let known = known.to_string();
        let is_chosen = fields.status.get_untracked() == known;
        view! { <option value=known.clone() selected=is_chosen>{known.clone()}</option> }
    });
    view! {
        <div class="two">
            <div class="field" class:wrong=move || wrong_status.with(Option::is_some)>
                <label for=status.clone()>"Status"</label>
                <select id=status on:change:target=move |event| fields.status.set(event.target().value())>
                    {statuses.collect_view()}
                </select>
                <Wrong mistake=wrong_status/>
            </div>
            <div class="field" class:wrong=move || wrong_kind.with(Option::is_some)>
                <label for=kind.clone()>"Content type"</label>
                <input
                    id=kind type="text" list="content-types" autocomplete="off" value=fields.content_type.get_untracked()
                    aria-invalid=move || wrong_kind.with(Option::is_some).then_some("true")
                    on:input:target=move |event| fields.content_type.set(event.target().value())
                />
                <Wrong mistake=wrong_kind/>
            </div>
        </div>
        <Text id=format!("{name}-body") label="Body" text=fields.body mistake=said("body")/>
        <details class="raw" open=!fields.headers.get_untracked().is_empty()>
            <summary>"Headers"</summary>
            <Text id=format!("{name}-headers") label="One a line" text=fields.headers hint="x-tag: value" mistake=said("headers")/>
        </details>
    }
}

/// A text of several lines.
#[component]
fn Text(
    id: String,
    label: &'static str,
    text: RwSignal<String>,
    #[prop(optional)] hint: &'static str,
    mistake: Signal<Option<String>>,
) -> impl IntoView {
    let rows = text.with_untracked(|text| text.lines().count().clamp(2, 12));
    view! {
        <div class="field" class:wrong=move || mistake.with(Option::is_some)>
            <label for=id.clone()>{label}</label>
            <textarea
                id=id class="document short" spellcheck="false" autocapitalize="off" autocomplete="off" rows=rows.to_string()
                aria-invalid=move || mistake.with(Option::is_some).then_some("true")
                prop:value=move || text.get() on:input:target=move |event| text.set(event.target().value())
            >{text.get_untracked()}</textarea>
            <Wrong mistake hint/>
        </div>
    }
}

#[component]
fn Wrong(mistake: Signal<Option<String>>, #[prop(optional)] hint: &'static str) -> impl IntoView {
    view! {
        <div class="field-hint">
            {move || match mistake.get() {
                Some(mistake) => view! { <p class="mistake" role="alert">{mistake}</p> }.into_any(),
                None if hint.is_empty() => ().into_any(),
                None => view! { <p>{hint}</p> }.into_any(),
            }}
        </div>
    }
}
