//! The simulator: made-up events, sent for real. A panel above the Delivery Logs, where what was sent appears.

mod check;
mod compose;
mod draft;
mod markdown;
mod preview;
mod report;
mod sample;
mod saved;
mod scenarios;
mod sent;
mod server;
mod tab;
mod words;

pub(super) use server::Simulate;

use hookyard_model::{DestinationId, ReceiverCheckId};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use self::{
    check::{Checks, ReceiverChecks},
    compose::Compose,
    draft::{Draft, groups},
    scenarios::Scenarios,
    sent::WhenDisabled,
    server::read_simulator,
    tab::Tab,
};
use crate::ui::{Here, Icon, Notice, Shape, Skeleton, Tone, Trouble, here, query_value};

/// The button, and the panel that it opens.
#[component]
pub(super) fn SimulateWebhook(id: DestinationId) -> impl IntoView {
    let tab = query_value::<Tab>("simulate");
    let here = here();
    let draft = Draft::new();
    let navigate = use_navigate();
    // Without scripts the form leads to the panel, and keeps the rest of the address.
    let others = move || {
        let field = |(name, value): (String, String)| view! { <input type="hidden" name=name value=value/> };
        here.but(&["simulate", "check"]).into_iter().map(field).collect_view()
    };
    let toggle = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let next = if tab.get_untracked().is_none() { Some(Tab::Compose) } else { None };
        navigate(
            &untrack(|| address(here, next, None)),
            NavigateOptions { scroll: false, ..NavigateOptions::default() },
        );
    };
    view! {
        <form class="simulate" method="get" action=format!("/webhooks/{id}") on:submit=toggle>
            {others}
            <input type="hidden" name="simulate" value=Tab::Compose.word()/>
            <button
                id="simulate"
                class="button primary"
                aria-expanded=move || tab.get().is_some().to_string()
                aria-controls="simulator"
            ><Icon shape=Shape::Bolt/>"Simulate Webhook"</button>
        </form>
        <div id="simulator">
            <Show when=move || tab.get().is_some()><Panel id draft tab/></Show>
        </div>
    }
}

#[component]
fn Panel(id: DestinationId, draft: Draft, tab: Memo<Option<Tab>>) -> impl IntoView {
    let loaded = Resource::new(|| (), move |()| read_simulator(id));
    let checks = Checks::of(id, tab);
    // After the page was taken over: server and browser first have to show the same.
    let is_alive = RwSignal::new(false);
    Effect::new(move |_| is_alive.set(true));
    let shown = move || tab.get().unwrap_or(Tab::Compose);
    view! {
        <section class="simulator" aria-labelledby="simulator-title">
            <header>
                <h2 id="simulator-title">"Simulate Webhook"</h2>
                <Close/>
            </header>
            <div class="scripts-off">
                <Notice tone=Tone::Warning shape=Shape::Alert>
                    <p>"Scripts are off in this browser. Payloads can be read here; sending them needs scripts, or the API: POST /v1/webhooks/"{id.to_string()}"/simulate."</p>
                </Notice>
            </div>
            <Tabs tab is_alive/>
            <div id="simulate-panel" role="tabpanel" aria-labelledby=move || shown().id()>
                <WhenDisabled id/>
                <Transition fallback=|| view! { <Skeleton rows=8/> }>
                    {move || loaded.get().map(|loaded| match loaded {
                        Ok((webhook, catalogue)) => {
                            let groups = groups(&webhook, &catalogue);
                            draft.begin(&groups, catalogue);
                            Effect::new(move |_| draft.refresh());
                            let part = move || match shown() {
                                Tab::Compose => view! { <Compose id draft groups=groups.clone()/> }.into_any(),
                                Tab::Scenarios => view! { <Scenarios id draft/> }.into_any(),
                                Tab::Check => {
                                    view! { <ReceiverChecks id webhook=webhook.clone() groups=groups.clone() checks/> }.into_any()
                                }
                            };
                            part.into_any()
                        }
                        Err(failure) => view! { <Trouble failure/> }.into_any(),
                    })}
                </Transition>
            </div>
        </section>
    }
}

/// The parts as tabs: links, so that each has an address; with the keys that tabs have.
#[component]
fn Tabs(tab: Memo<Option<Tab>>, is_alive: RwSignal<bool>) -> impl IntoView {
    let navigate = use_navigate();
    let here = here();
    let link = move |this: Tab| {
        let navigate = navigate.clone();
        let href = simulator_link(Some(this), None);
        let is_chosen = move || tab.get() == Some(this);
        let go = move |event: web_sys::KeyboardEvent| {
            let Some(next) = this.beside(&event.key()) else { return };
            event.prevent_default();
            let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
            navigate(&untrack(|| address(here, Some(next), None)), options);
            focus(&next.id());
        };
        view! {
            <a
                id=this.id()
                role="tab"
                href=href
                data-noscroll="true"
                aria-selected=move || is_chosen().to_string()
                aria-controls="simulate-panel"
                tabindex=move || (is_alive.get() && !is_chosen()).then_some("-1")
                on:keydown=go
            >{this.label()}</a>
        }
    };
    view! { <div class="tabs" role="tablist" aria-label="Simulate Webhook">{Tab::ALL.map(link).into_iter().collect_view()}</div> }
}

#[component]
fn Close() -> impl IntoView {
    view! {
        <a
            class="button quiet icon-only"
            href=simulator_link(None, None)
            data-noscroll="true"
            aria-label="Close the simulator"
            on:click=|_| focus("simulate")
        ><Icon shape=Shape::Plus/></a>
    }
}

/// Follows the address: where the simulator is at `tab`, or shut.
fn simulator_link(tab: Option<Tab>, check: Option<ReceiverCheckId>) -> Signal<String> {
    let here = here();
    Signal::derive(move || address(here, tab, check))
}

/// This page with the simulator at `tab`, or shut; all else in the address stays.
fn address(here: Here, tab: Option<Tab>, check: Option<ReceiverCheckId>) -> String {
    here.with(&[("simulate", tab.map(Tab::word)), ("check", check.map(|check| check.to_string()).as_deref())])
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    if let Some(element) =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // It fails only for what is no longer part of the page.
        drop(element.focus());
    }
}
