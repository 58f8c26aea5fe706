//! How senders are answered: by default, in the team's own words, or with what an upstream says.

use hookyard_model::{ProxyConfig, SourceConfig, SourceMode};
use leptos::prelude::*;

use super::{
    auth::{Answer, about},
    draft::Draft,
    response::ResponseEditor,
};
use crate::{
    typed::{Typed, refill},
    ui::{CheckField, TextField},
};

/// What is typed about an upstream.
#[derive(Clone, Copy)]
pub(super) struct UpstreamDraft {
    /// Whether senders get its answer.
    pub(super) is_on: RwSignal<bool>,
    target_url: RwSignal<String>,
    path_forwarding: RwSignal<bool>,
    timeout_ms: RwSignal<String>,
    response_limit: RwSignal<String>,
}

impl UpstreamDraft {
    pub(super) fn of(config: Option<&SourceConfig>) -> Self {
        let is_on = config.is_some_and(|config| config.upstream().is_some());
        let proxy = config.and_then(|config| config.proxy.clone()).unwrap_or_default();
        Self {
            is_on: RwSignal::new(is_on),
            target_url: RwSignal::new(proxy.target_url),
            path_forwarding: RwSignal::new(proxy.path_forwarding),
            timeout_ms: RwSignal::new(proxy.timeout_ms.to_string()),
            response_limit: RwSignal::new(proxy.response_limit.to_string()),
        }
    }

    /// Takes over what was typed. Own answers are written with scripts alone, and stay as they are without.
    pub(super) fn fill(&self, typed: &Typed) {
        refill(
            typed,
            &[
                ("target_url", self.target_url),
                ("timeout_ms", self.timeout_ms),
                ("response_limit", self.response_limit),
            ],
        );
        if let Some(way) = typed.get("answering") {
            self.is_on.set(way == "proxy");
        }
        if typed.contains_key("target_url") {
            self.path_forwarding.set(typed.contains_key("path_forwarding"));
        }
    }

    /// What is to be stored.
    pub(super) fn taken(&self) -> Result<Option<(SourceMode, ProxyConfig)>, String> {
        if !self.is_on.get_untracked() {
            return Ok(None);
        }
        let number = |text: RwSignal<String>, what: &str| {
            text.get_untracked().trim().parse().map_err(|_| format!("{what} is a whole number"))
        };
        let proxy = ProxyConfig {
            target_url: self.target_url.get_untracked().trim().to_owned(),
            path_forwarding: self.path_forwarding.get_untracked(),
            timeout_ms: number(self.timeout_ms, "the upstream's time to answer")?,
            response_limit: number(self.response_limit, "how much of the upstream's answer is stored")?,
        };
        Ok(Some((SourceMode::Proxy, proxy)))
    }
}

/// The choice of how senders are answered, and the fields of what was chosen.
#[component]
pub(super) fn Answering(draft: Draft, answer: Answer) -> impl IntoView {
    let (own, upstream) = (draft.response.is_own, draft.upstream.is_on);
    let choose = move |is_own: bool, is_upstream: bool| {
        own.set(is_own);
        upstream.set(is_upstream);
    };
    let way = move |label: &'static str, value: &'static str, is_own: bool, is_upstream: bool| {
        let is_chosen = move || own.get() == is_own && upstream.get() == is_upstream;
        let at_first = untrack(is_chosen);
        let class = if is_own && !at_first { "check with-scripts" } else { "check" };
        view! {
            <label class=class>
                <input
                    type="radio" name="answering" value=value checked=at_first prop:checked=is_chosen
                    on:change=move |_| choose(is_own, is_upstream)
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choice">
            <legend class="hidden">"What senders are answered"</legend>
            {way("Answer 200 with the request's id, as JSON", "default", false, false)}
            {way("Answer senders in our own words", "own", true, false)}
            {way("Proxy: answer what an upstream of ours answers", "proxy", false, true)}
        </fieldset>
        <div class="with-scripts"><ResponseEditor draft=draft.response answer/></div>
        <Show when=move || upstream.get()><UpstreamFields draft=draft.upstream answer/></Show>
    }
}

#[component]
fn UpstreamFields(draft: UpstreamDraft, answer: Answer) -> impl IntoView {
    let said = move |field: &str| about(answer, format!("/config/proxy/{field}"));
    view! {
        <p class="aside">
            "Each accepted request is stored, then sent to the upstream once, and the sender waits for its answer. Connections \
             get their events as always, whatever the upstream says. What is rejected is not sent there, and neither are replays."
        </p>
        <TextField
            name="target_url" label="Upstream URL" kind="url" bound=draft.target_url placeholder="https://shop.example.com/hooks"
            mistake=said("target_url")
        />
        <CheckField
            name="path_forwarding" label="Add the path and the query that follow the source's URL" bound=draft.path_forwarding
        />
        <div class="two">
            <TextField
                name="timeout_ms" label="Time to answer, in ms" kind="number" bound=draft.timeout_ms
                hint="1000 to 30000. After that the sender is answered 504." mistake=said("timeout_ms")
            />
            <TextField
                name="response_limit" label="Bytes of the answer that are stored" kind="number" bound=draft.response_limit
                hint="Up to 1048576. The sender gets all of it." mistake=said("response_limit")
            />
        </div>
    }
}

/// The upstream as the page of its source shows it.
#[component]
pub(super) fn UpstreamFacts(upstream: ProxyConfig) -> impl IntoView {
    let ProxyConfig { target_url, path_forwarding, timeout_ms, response_limit } = upstream;
    let path = if path_forwarding { "Path and query are added." } else { "Path and query are not added." };
    view! {
        <section class="part" aria-labelledby="answers" data-testid="upstream">
            <header><h2 id="answers">"Answers"</h2></header>
            <p>"A proxy: accepted requests are answered what the upstream answers."</p>
            <p class="line"><code>{target_url}</code></p>
            <p class="aside">
                {path}" It has "{timeout_ms}" ms to answer. The first "{response_limit}" bytes of its answer are stored."
            </p>
        </section>
    }
}
