//! How a destination does, and how near it is to being disabled by itself.

use hookyard_model::{AutoDisable, Destination, Health, HealthState};
use leptos::prelude::*;

use super::breaker::breaker_badge;

use crate::ui::{Badge, Shape, Time, Tone, Visible, health_badge, sentence};

/// Health, pause and an open circuit breaker in a badge or more.
pub(super) fn badges(destination: &Destination) -> AnyView {
    let health = health_badge(destination.health.state, destination.disabled_reason.is_some());
    let paused = destination.paused_at.is_some();
    view! {
        {health}
        {paused.then(|| view! { <Badge tone=Tone::Warning shape=Shape::Hold word="Paused"/> })}
        {breaker_badge(destination.breaker.state)}
    }
    .into_any()
}

#[component]
pub(super) fn HealthPart(destination: Destination) -> impl IntoView {
    let Destination { health, disabled_at, disabled_reason, paused_at, .. } = destination;
    let is_disabled = health.state == HealthState::Disabled;
    let paused = paused_at.map(|at| {
        view! {
            <p>
                "Paused since "<Time at/>". Requests go on to be taken in; their events are held. Resumed, they are sent, the "
                "oldest first, but for what a paused connection holds."
            </p>
        }
    });
    let disabled = disabled_at.map(|at| {
        let reason = disabled_reason.map(|reason| view! { " "<Visible text=sentence(&reason)/> });
        view! {
            <p>
                "Disabled since "<Time at/>"."{reason}
                " What waited is held; new requests are ignored here. Enabling it forgets its failures."
            </p>
        }
    });
    let failing = (health.consecutive_failures > 0 && !is_disabled).then(|| failing(&health));
    let well = (health.consecutive_failures == 0 && !is_disabled)
        .then(|| view! { <p>"The last attempt was successful, or there was none yet."</p> });
    let error = health.last_error.clone().map(|text| view! { <p class="aside">"Last error: "<Visible text/></p> });
    view! {
        <section class="part" aria-labelledby="health">
            <h2 id="health">"Health"</h2>
            {paused} {disabled} {failing} {well} {error}
        </section>
    }
}

fn failing(health: &Health) -> AnyView {
    let failures = match health.consecutive_failures {
        1 => "The last attempt failed".to_owned(),
        n => format!("The last {n} attempts failed"),
    };
    let since = health.failing_since.map(|at| view! { ", since "<Time at/> });
    view! { <p>{failures}{since}"."</p> }.into_any()
}

/// How far it is on the way to being disabled.
#[component]
pub(super) fn Gauge(health: Health) -> impl IntoView {
    let percent = format!("{:.0}", health.disable_progress.clamp(0.0, 1.0) * 100.0);
    let shown = health.consecutive_failures > 0 && health.failures_left.is_some();
    shown.then(|| {
        view! {
            <div class="gauge" role="meter" aria-label="On the way to being disabled" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=percent.clone() aria-valuetext=format!("{percent} percent")>
                <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=percent.clone() height="1"></rect>
                    <line x1="50" x2="50" y1="0" y2="1"></line>
                </svg>
                <span>{percent.clone()}" %"</span>
            </div>
        }
    })
}

/// When it is disabled by itself.
pub(super) fn disable_rule(rule: Option<AutoDisable>) -> String {
    let Some(rule) = rule else {
        return "It is never disabled by itself, but for an answer of 410.".to_owned();
    };
    let failures = match rule.consecutive_failures {
        1 => "a failure".to_owned(),
        n => format!("{n} failures in a row"),
    };
    let time = match rule.failing_for_seconds {
        0 => String::new(),
        seconds => format!(" over at least {}", span(seconds)),
    };
    format!("It is disabled by itself after {failures}{time}, and at once by an answer of 410.")
}

/// A span of time in its largest whole unit.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (length, word) = units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length)).unwrap_or((1, "second"));
    match seconds / length {
        1 => format!("1 {word}"),
        n => format!("{n} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_said_in_words() {
        let of =
            |consecutive_failures, failing_for_seconds| Some(AutoDisable { consecutive_failures, failing_for_seconds });
        for (given, words) in [
            (of(20, 0), "It is disabled by itself after 20 failures in a row, and at once by an answer of 410."),
            (
                of(1, 86_400),
                "It is disabled by itself after a failure over at least 1 day, and at once by an answer of 410.",
            ),
            (
                of(3, 5400),
                "It is disabled by itself after 3 failures in a row over at least 90 minutes, and at once by an answer of 410.",
            ),
            (None, "It is never disabled by itself, but for an answer of 410."),
        ] {
            assert_eq!(disable_rule(given), words);
        }
    }
}
