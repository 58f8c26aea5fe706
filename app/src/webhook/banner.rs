//! What needs somebody's care about one webhook, and what can be done about it on the spot.

use hookyard_model::{Health, HealthState, Mode, Simulation, Webhook};
use leptos::prelude::*;
use serde_json::{json, value::to_raw_value};

use super::{missed::MissedEvents, simulator::Simulate};
use crate::{
    account::Me,
    developer::WebhookActions,
    ui::{FailureNotice, Icon, Shape, Time, Visible, sentence},
};

/// What there is to say about a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Fine,
    Paused,
    Warned,
    DisabledByItself,
    DisabledByHand,
}

impl Stage {
    fn of(webhook: &Webhook) -> Self {
        match webhook.health.state {
            HealthState::Disabled if webhook.is_disabled_by_itself() => Self::DisabledByItself,
            HealthState::Disabled => Self::DisabledByHand,
            HealthState::Warning => Self::Warned,
            HealthState::Healthy | HealthState::Failing if webhook.paused_at.is_some() => Self::Paused,
            HealthState::Healthy | HealthState::Failing => Self::Fine,
        }
    }

    const fn look(self) -> (&'static str, Shape, &'static str) {
        match self {
            Self::Fine => ("banner", Shape::Check, ""),
            Self::Paused => ("banner", Shape::Hold, "Paused"),
            Self::Warned => ("banner warning", Shape::Alert, "Warning: it keeps failing"),
            Self::DisabledByItself => ("banner bad", Shape::Cross, "Disabled by itself"),
            Self::DisabledByHand => ("banner", Shape::Slash, "Disabled by hand"),
        }
    }
}

/// What is announced when it changes; nothing while all is well.
pub(crate) fn announcement(webhook: &Webhook) -> Option<String> {
    let (_, _, words) = Stage::of(webhook).look();
    (!words.is_empty()).then(|| format!("{}: {words}.", webhook.shown_name()))
}

/// A banner while there is something to say. It stays the same element while its numbers change.
#[component]
pub(crate) fn Banner(
    now: Memo<Webhook>,
    actions: WebhookActions,
    /// Whether it has to say which webhook it is about.
    #[prop(optional)]
    named: bool,
) -> impl IntoView {
    let stage = Memo::new(move |_| now.with(Stage::of));
    let id = now.with_untracked(|webhook| webhook.id);
    let name = Memo::new(move |_| now.with(Webhook::shown_name));
    move || {
        let (class, shape, title) = stage.get().look();
        let detail = match stage.get() {
            Stage::Fine => return view! { <MissedEvents id name=named.then_some(name) is_enabled=true/> }.into_any(),
            Stage::Paused => view! { <Paused now/> }.into_any(),
            Stage::Warned => view! { <Warned now/> }.into_any(),
            Stage::DisabledByItself | Stage::DisabledByHand => view! { <Disabled now/> }.into_any(),
        };
        // There may be several, each a landmark of its own.
        let label = move || if named { format!("{title}: {}", name.get()) } else { title.to_owned() };
        view! {
            <section class=class aria-label=label data-testid="banner">
                <Icon shape/>
                <div>
                    <p class="title">
                        <strong>{title}</strong>
                        {named.then(|| view! {
                            <a href=format!("/webhooks/{id}")>{move || view! { <Visible text=name.get()/> }}</a>
                        })}
                    </p>
                    {detail}
                    <Buttons now stage actions named/>
                </div>
            </section>
        }
        .into_any()
    }
}

#[component]
fn Paused(now: Memo<Webhook>) -> impl IntoView {
    view! {
        <p>
            "Since "{move || now.get().paused_at.map(|at| view! { <Time at/> })}
            ". Its events are held; resumed, they are sent, the oldest first."
        </p>
    }
}

#[component]
fn Warned(now: Memo<Webhook>) -> impl IntoView {
    let health = Memo::new(move |_| now.get().health);
    let progress = move || health.with(|health| health.disable_progress.clamp(0.0, 1.0));
    let percent = move || format!("{:.0}", progress() * 100.0);
    let since = Memo::new(move |_| health.with(|health| health.failing_since));
    let paused = Memo::new(move |_| now.with(|webhook| webhook.paused_at));
    let end = move || {
        let (left, at) = health.with(|health| (health.failures_left, health.disables_at));
        let after = match left {
            None | Some(0 | 1) => "At the next failure".to_owned(),
            Some(left) => format!("After {left} more failures"),
        };
        view! { {after}{at.map(|at| view! { ", not before "<Time at/> })} }
    };
    view! {
        <dl class="facts">
            <div><dt>"Failing since"</dt><dd>{move || since.get().map(|at| view! { <Time at/> })}</dd></div>
            <div><dt>"Failures in a row"</dt><dd>{move || health.with(|health| health.consecutive_failures)}</dd></div>
            <div><dt>"Will be disabled"</dt><dd><span>{end}</span></dd></div>
            {move || health.with(last_error).map(|error| view! {
                <div class="wide"><dt>"Last error"</dt><dd><span><Visible text=error/></span></dd></div>
            })}
        </dl>
        <div class="gauge" role="meter" aria-label="On the way to being disabled" aria-valuemin="0" aria-valuemax="100"
            aria-valuenow=percent aria-valuetext=move || format!("{} percent", percent())>
            <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect width=percent height="1"></rect>
                <line x1="50" x2="50" y1="0" y2="1"></line>
            </svg>
            <span>{percent}" %"</span>
        </div>
        {move || paused.get().map(|at| view! { <p><Icon shape=Shape::Hold/>" Paused since "<Time at/>": its events are held."</p> })}
    }
}

/// The last error in words, without the code that it begins with.
fn last_error(health: &Health) -> Option<String> {
    let error = health.last_error.as_deref()?;
    let is_code = |start: &str| start.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let words = error.split_once(": ").filter(|(start, _)| is_code(start)).map_or(error, |(_, words)| words);
    Some(sentence(words))
}

#[component]
fn Disabled(now: Memo<Webhook>) -> impl IntoView {
    let id = now.with_untracked(|webhook| webhook.id);
    let at = Memo::new(move |_| now.with(|webhook| webhook.disabled_at));
    let reason = Memo::new(move |_| now.with(|webhook| webhook.disabled_reason.clone()));
    // Where the reason says it, it is not said again.
    let error = Memo::new(move |_| {
        now.with(|webhook| {
            let reason = webhook.disabled_reason.clone()?;
            last_error(&webhook.health).filter(|error| *error != sentence(&reason))
        })
    });
    view! {
        <dl class="facts">
            <div><dt>"Since"</dt><dd>{move || at.get().map(|at| view! { <Time at/> })}</dd></div>
            {move || reason.get().map(|reason| view! {
                <div class="wide"><dt>"Why"</dt><dd><span><Visible text=sentence(&reason)/></span></dd></div>
            })}
            {move || error.get().map(|error| view! {
                <div class="wide"><dt>"Last error"</dt><dd><span><Visible text=error/></span></dd></div>
            })}
        </dl>
        <MissedEvents id name=None is_enabled=false/>
    }
}

#[component]
fn Buttons(now: Memo<Webhook>, stage: Memo<Stage>, actions: WebhookActions, named: bool) -> impl IntoView {
    let id = now.with_untracked(|webhook| webhook.id);
    let is_test = expect_context::<Me>().mode == Mode::Test;
    let test = ServerAction::<Simulate>::new();
    let send = move |_| {
        let kind = "webhook.test".to_owned();
        let payload = to_raw_value(&json!({ "type": kind, "data": { "hello": "from the banner" } }));
        if let Ok(payload) = payload {
            test.dispatch(Simulate { id, simulation: Simulation { kind, payload, exact: false, scenario: None } });
        }
    };
    let is_disabled = move || matches!(stage.get(), Stage::DisabledByItself | Stage::DisabledByHand);
    let is_paused = Memo::new(move |_| now.with(|webhook| webhook.paused_at.is_some()));
    let is_sent = move || matches!(test.value().get(), Some(Ok(_)));
    view! {
        <div class="row">
            {move || is_disabled().then(|| view! {
                <button type="button" class="button primary" on:click=move |_| now.with_untracked(|webhook| actions.enable(webhook))>
                    <Icon shape=Shape::Power/>"Enable"
                </button>
            })}
            {move || (is_test && stage.get() == Stage::Warned).then(|| view! {
                <button type="button" class="button" disabled=test.pending() on:click=send><Icon shape=Shape::Bolt/>"Send test"</button>
            })}
            {move || (stage.get() == Stage::Warned || stage.get() == Stage::DisabledByItself).then(|| view! {
                <a class="button" href=format!("/destinations/{id}/recovery")><Icon shape=Shape::Turn/>"Recover"</a>
            })}
            {named.then(|| view! { <a class="button" href=format!("/webhooks/{id}")>"View Logs"</a> })}
            {(!named).then(|| view! { <a class="button" href="#logs">"View Logs"</a> })}
            {move || (!is_disabled()).then(|| {
                let (verb, shape) = if is_paused.get() { ("Resume", Shape::Arrow) } else { ("Pause", Shape::Hold) };
                let switch = move |_| now.with_untracked(|webhook| actions.set_paused(webhook, !is_paused.get_untracked()));
                view! { <button type="button" class="button" on:click=switch><Icon shape/>{verb}</button> }
            })}
            <span role="status">{move || is_sent().then_some("Test sent: its answer is in the logs.")}</span>
        </div>
        <FailureNotice failure=Signal::derive(move || test.value().get().and_then(Result::err))/>
    }
}
