//! The time until something is due.

use std::time::Duration;

use hookyard_model::Timestamp;
use leptos::prelude::*;

use super::Time;

/// An instant to come, and, in the browser, how long it still takes, second by second.
#[component]
pub(crate) fn Countdown(at: Timestamp) -> impl IntoView {
    let left = RwSignal::new(None::<i64>);
    Effect::new(move |_| {
        let look = move || {
            left.try_set(Some((at.millis() - now()).div_euclid(1000)));
        };
        look();
        // Without a timer the instant alone stands there.
        if let Ok(timer) = set_interval_with_handle(look, Duration::from_secs(1)) {
            on_cleanup(move || timer.clear());
        }
    });
    view! {
        <span class="countdown">
            <Time at/>
            {move || left.get().map(|left| view! { " (" <span role="timer">{in_words(left)}</span> ")" })}
        </span>
    }
}

/// The browser's clock, in milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far from the limits")]
fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Seconds from now for people.
pub(crate) fn in_words(left: i64) -> String {
    match left {
        ..1 => "now".to_owned(),
        1..60 => format!("in {left} s"),
        60..3600 => format!("in {} min {} s", left / 60, left % 60),
        3600..86_400 => format!("in {} h {} min", left / 3600, left / 60 % 60),
        _ => format!("in {} d {} h", left / 86_400, left / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn what_is_far_is_told_roughly() {
        for (left, words) in [
            (-5, "now"),
            (0, "now"),
            (59, "in 59 s"),
            (61, "in 1 min 1 s"),
            (3_725, "in 1 h 2 min"),
            (90_000, "in 1 d 1 h"),
        ] {
            assert_eq!(in_words(left), words);
        }
    }
}
