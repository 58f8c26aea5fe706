//! Instants and durations.

use hookyard_model::Timestamp;
use leptos::prelude::*;

/// An instant: UTC from the server, the reader's own time once the browser has taken over. The title is exact.
#[component]
pub(crate) fn Time(at: Timestamp) -> impl IntoView {
    let is_local = RwSignal::new(false);
    Effect::new(move |_| is_local.set(true));
    let exact = at.to_string();
    let title = format!("{} UTC", exact.replace('T', " ").trim_end_matches('Z'));
    let text = move || if is_local.get() { in_local_time(at) } else { in_utc(at) };
    view! { <time class="time" datetime=exact title=title>{text}</time> }
}

/// An instant of the past by how long ago it was; exact in its title.
#[component]
pub(crate) fn Ago(at: Timestamp) -> impl IntoView {
    // Words from the server too: they are narrower than the instant, and what stands beside them would move.
    let now = RwSignal::new(server_now());
    Effect::new(move |_| {
        let tell = move || {
            now.try_set(Some(js_sys::Date::now()));
        };
        tell();
        if let Ok(ticking) = set_interval_with_handle(tell, std::time::Duration::from_secs(10)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let exact = at.to_string();
    let title = format!("{} UTC", exact.replace('T', " ").trim_end_matches('Z'));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 9999 are exact in f64")]
    let made = at.millis() as f64;
    let text = move || now.get().map_or_else(|| in_utc(at), |now| ago((now - made) / 1000.0));
    view! { <time class="time ago" datetime=exact title=title>{text}</time> }
}

/// The server's time in milliseconds since 1970; none in the browser, which asks its own clock once it has taken over.
#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "only words for people are made of it")]
fn server_now() -> Option<f64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64() * 1000.0)
}

#[cfg(not(feature = "ssr"))]
const fn server_now() -> Option<f64> {
    None
}

/// So many seconds ago, for people.
fn ago(seconds: f64) -> String {
    match seconds {
        s if s < 5.0 => "just now".to_owned(),
        s if s < 60.0 => format!("{:.0} s ago", ((s / 10.0).floor() * 10.0).max(5.0)),
        s if s < 3600.0 => format!("{:.0} min ago", (s / 60.0).floor()),
        s if s < 86_400.0 => format!("{:.0} h ago", (s / 3600.0).floor()),
        s if s < 2.0 * 86_400.0 => "1 day ago".to_owned(),
        s => format!("{:.0} days ago", (s / 86_400.0).floor()),
    }
}

/// Such as `2026-01-31 08:15:00`.
fn in_utc(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(19).collect()
}

/// As [`in_utc`], where the browser is.
pub(crate) fn in_local_time(at: Timestamp) -> String {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds until the year 9999 are exact in f64")]
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.millis() as f64));
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
    )
}

/// A duration for people: `0.4 ms`, `87 ms`, `1.25 s`.
pub(crate) fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 60_000.0 => format!("{:.2} s", ms / 1000.0),
        ms => format!("{:.1} min", ms / 60_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_past_is_told_in_whole_units() {
        for (seconds, text) in [
            (-3.0, "just now"),
            (7.0, "5 s ago"),
            (59.0, "50 s ago"),
            (61.0, "1 min ago"),
            (7199.0, "1 h ago"),
            (90_000.0, "1 day ago"),
            (200_000.0, "2 days ago"),
        ] {
            assert_eq!(ago(seconds), text);
        }
    }

    #[test]
    fn durations_have_about_three_digits() {
        for (ms, text) in [
            (0.0, "0.0 ms"),
            (0.44, "0.4 ms"),
            (9.94, "9.9 ms"),
            (87.4, "87 ms"),
            (1250.0, "1.25 s"),
            (90_000.0, "1.5 min"),
        ] {
            assert_eq!(milliseconds(ms), text);
        }
    }
}
