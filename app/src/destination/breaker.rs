//! What happens by itself when a destination keeps failing: its circuit breaker and its auto-disable, side by side.

use hookyard_model::{Breaker, BreakerState, CircuitBreaker, Destination, Health, Status};
use leptos::prelude::*;

use super::{
    actions::Acts,
    health::{Gauge, disable_rule, span},
};
use crate::ui::{Badge, Countdown, Icon, Shape, Time, Tone, Visible, grouped, sentence};

/// A badge for a breaker that is open; nothing while it is closed.
pub(crate) fn breaker_badge(state: BreakerState) -> Option<AnyView> {
    let (tone, shape, word) = match state {
        BreakerState::Closed => return None,
        BreakerState::Open => (Tone::Warning, Shape::Hold, "Breaker open"),
        BreakerState::Probing => (Tone::Waiting, Shape::Turn, "Breaker probing"),
    };
    Some(view! { <Badge tone shape word/> }.into_any())
}

/// Both, and how they differ.
#[component]
pub(super) fn Guards(destination: Destination, acts: Acts) -> impl IntoView {
    let Destination { breaker, health, auto_disable, config, status, paused_at, .. } = destination;
    let stopped = status == Status::Disabled || paused_at.is_some();
    let rule = config.circuit_breaker;
    view! {
        <section class="part" aria-labelledby="guards">
            <h2 id="guards">"When it keeps failing"</h2>
            <div class="guards">
                <section class="guard" aria-labelledby="guard-breaker" data-testid="breaker">
                    <header><h3 id="guard-breaker">"Circuit breaker"</h3>{state_badge(rule, &breaker)}</header>
                    {rule.map(|rule| view! { <Diagram rule state=breaker.state/> })}
                    <Now breaker=breaker.clone() rule failures=health.consecutive_failures stopped/>
                    {breaker.is_open().then(|| view! { <Buttons acts stopped/> })}
                    <p class="aside">{breaker_rule(rule)}</p>
                </section>
                <section class="guard" aria-labelledby="guard-disable" data-testid="auto-disable">
                    <header><h3 id="guard-disable">"Auto-disable"</h3></header>
                    <Disabling health/>
                    <p class="aside">{disable_rule(auto_disable)}</p>
                    <p class="aside">
                        "It is the last resort: new requests are then ignored here until somebody enables it. A breaker only holds "
                        "events, and lets them go by itself. Probes count as attempts for both."
                    </p>
                </section>
            </div>
        </section>
    }
}

fn state_badge(rule: Option<CircuitBreaker>, breaker: &Breaker) -> AnyView {
    let (tone, shape, word) = match (rule, breaker.state) {
        (_, BreakerState::Open) => (Tone::Warning, Shape::Hold, "Open"),
        (_, BreakerState::Probing) => (Tone::Waiting, Shape::Turn, "Probing"),
        (None, BreakerState::Closed) => (Tone::Off, Shape::Slash, "Switched off"),
        (Some(_), BreakerState::Closed) => (Tone::Good, Shape::Check, "Closed"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

/// What it does now, and what comes next.
#[component]
fn Now(breaker: Breaker, rule: Option<CircuitBreaker>, failures: u32, stopped: bool) -> impl IntoView {
    let since = breaker.since;
    let more = if breaker.held_is_more { "More than " } else { "" };
    let held = match breaker.held {
        1 if !breaker.held_is_more => "1 event waits".to_owned(),
        held => format!("{more}{} events wait", grouped(held)),
    };
    match breaker.state {
        BreakerState::Closed if breaker.is_draining => view! {
            <p>
                "Closed"{since.map(|at| view! { " since "<Time at/> })}". "{held}
                " still: they go out gently, the oldest first, and what is new goes before them."
            </p>
        }
        .into_any(),
        BreakerState::Closed => {
            let so_far = rule
                .filter(|_| failures > 0)
                .map(|rule| format!("{failures} of {} failures in a row so far.", rule.consecutive_failures));
            let last = since.map(|at| view! { <p class="aside">"It was open last until "<Time at/>"."</p> });
            let words =
                if rule.is_some() { "Events go out as they come." } else { "Nothing is held, however often it fails." };
            view! { <p>{words}{so_far.map(|words| format!(" {words}"))}</p> {last} }.into_any()
        }
        BreakerState::Open | BreakerState::Probing => {
            let reason = breaker.reason.as_deref().map(|reason| view! { ": "<Visible text=sentence(reason)/> });
            let next = match (stopped, breaker.state, breaker.held, breaker.next_probe_at) {
                (true, ..) => view! { ". Probes go out when the destination does." }.into_any(),
                (_, BreakerState::Open, _, Some(at)) => {
                    view! { "; the next probe goes out "<Countdown at/>"." }.into_any()
                }
                (_, _, 0, _) => view! { ": the next event to come is the probe." }.into_any(),
                _ => view! { "; a probe is going out." }.into_any(),
            };
            let probes = match breaker.probes {
                0 => None,
                1 => Some("1 probe failed so far.".to_owned()),
                n => Some(format!("{n} probes failed so far.")),
            };
            let held = if breaker.held == 0 { "No event waits".to_owned() } else { held };
            view! {
                <p>"Open"{since.map(|at| view! { " since "<Time at/> })}{reason}</p>
                <p data-testid="breaker-now"><strong>{held}</strong>{next}" Nothing fails or uses up retries meanwhile."</p>
                {probes.map(|words| view! { <p class="aside">{words}</p> })}
            }
            .into_any()
        }
    }
}

#[component]
fn Buttons(acts: Acts, stopped: bool) -> impl IntoView {
    view! {
        <p class="row">
            {(!stopped).then(|| view! {
                <button type="button" class="button small" disabled=acts.is_probing() on:click=move |_| acts.probe()>
                    <Icon shape=Shape::Turn/>"Probe now"
                </button>
            })}
            <button type="button" class="button small" on:click=move |_| acts.ask_to_close()><Icon shape=Shape::Arrow/>"Close it"</button>
        </p>
    }
}

/// When a breaker opens, and what then.
fn breaker_rule(rule: Option<CircuitBreaker>) -> String {
    let Some(rule) = rule else {
        return "With a circuit breaker, events would be held while the receiver fails, and go out when it is well."
            .to_owned();
    };
    let failures = match rule.consecutive_failures {
        1 => "a failure".to_owned(),
        n => format!("{n} failures in a row"),
    };
    let time = match rule.failing_for_seconds {
        0 => String::new(),
        seconds => format!(" over at least {}", span(seconds)),
    };
    format!(
        "It opens after {failures}{time}. Then events wait, and a single one is tried after 5 seconds, 10, 20, 40, then each \
         minute. When one is delivered it closes, and what waited goes out gently."
    )
}

/// How near it is to being disabled.
#[component]
fn Disabling(health: Health) -> impl IntoView {
    let words = match (health.failures_left, health.consecutive_failures) {
        _ if health.disable_progress >= 1.0 => view! { "It is disabled." }.into_any(),
        (_, 0) => view! { "The last attempt was successful, or there was none yet." }.into_any(),
        (None, n) => view! { {n}" failures in a row so far." }.into_any(),
        (Some(left), n) => {
            let at = health.disables_at.map(|at| view! { ", not before "<Time at/> });
            let more = if left == 1 { "the next failure".to_owned() } else { format!("{left} more failures") };
            view! { {n}" of "{n + left}" failures in a row so far. It will be disabled at "{more}{at}"." }.into_any()
        }
    };
    view! { <p>{words}</p> <Gauge health/> }
}

/// Closed, open, probing, and what leads from one to the other.
#[component]
fn Diagram(rule: CircuitBreaker, state: BreakerState) -> impl IntoView {
    let node = move |of: BreakerState, x: u32, word: &'static str, words: &'static str| {
        let class = if state == of { format!("node now {of}") } else { "node".to_owned() };
        view! {
            <g class=class>
                <rect x=x y="34" width="112" height="52" rx="10"></rect>
                <text x=x + 56 y="57" class="word">{word}</text>
                <text x=x + 56 y="74">{words}</text>
            </g>
        }
    };
    let opens = match rule.consecutive_failures {
        1 => "1 failure".to_owned(),
        n => format!("{n} failures"),
    };
    let over = match rule.failing_for_seconds {
        0 => String::new(),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    view! {
        <svg
            class="breaker-diagram" viewBox="0 28 520 94" role="img"
            aria-label=format!("The circuit breaker is {state}. Closed leads to open, open to probing, probing back to closed or to open.")
        >
            <path class="way" d="M114 52 H198"></path><path class="head" d="M204 52 l-9 -4.5 v9 z"></path>
            <text x="160" y="44">{opens}</text>
            <text x="160" y="68">{over}</text>
            <path class="way" d="M318 52 H400"></path><path class="head" d="M406 52 l-9 -4.5 v9 z"></path>
            <text x="362" y="44">"5 to 60 s"</text>
            <path class="way" d="M406 70 H324"></path><path class="head" d="M318 70 l9 -4.5 v9 z"></path>
            <text x="362" y="85">"it fails"</text>
            <path class="way" d="M462 88 V104 Q462 116 450 116 H70 Q58 116 58 104 V94"></path><path class="head" d="M58 88 l-4.5 9 h9 z"></path>
            <text x="260" y="110">"the probe is delivered"</text>
            {node(BreakerState::Closed, 2, "Closed", "events go out")}
            {node(BreakerState::Open, 206, "Open", "events wait")}
            {node(BreakerState::Probing, 408, "Probing", "one goes out")}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_said_in_words() {
        let of = |consecutive_failures, failing_for_seconds| {
            breaker_rule(Some(CircuitBreaker { consecutive_failures, failing_for_seconds }))
        };
        assert!(of(10, 30).starts_with("It opens after 10 failures in a row over at least 30 seconds. Then"));
        assert!(of(1, 0).starts_with("It opens after a failure. Then"));
        assert!(breaker_rule(None).starts_with("With a circuit breaker"));
    }
}
