//! Where an attempt's time went.

use hookyard_model::Timings;
use leptos::prelude::*;

use crate::ui::milliseconds;

/// A part of the time: its class, its name, its start and length in milliseconds.
type Part = (&'static str, &'static str, f64, f64);

/// The parts of the attempt itself that happened, one after the other. The wait before it is none of them: it may be
/// hours, and would leave nothing to see of the rest.
fn parts(timings: &Timings) -> Vec<Part> {
    let mut start = 0.0;
    [
        ("dns", "DNS", timings.dns_ms),
        ("connect", "Connect", timings.connect_ms),
        ("tls", "TLS", timings.tls_ms),
        ("first-byte", "First byte", timings.first_byte_ms),
        ("body", "Body", timings.body_ms),
    ]
    .into_iter()
    .filter_map(|(class, name, length)| length.map(|length| (class, name, length.max(0.0))))
    .map(|(class, name, length)| {
        let part = (class, name, start, length);
        start += length;
        part
    })
    .collect()
}

/// How much of the bar the wait takes at most, in hundredths.
const WAIT_AT_MOST: f64 = 20.0;

/// A bar of the parts, the wait before them in a short piece of its own, and their names and lengths.
#[component]
pub(crate) fn TimingBar(timings: Timings) -> impl IntoView {
    let parts = parts(&timings);
    let whole = parts.last().map_or(0.0, |(.., start, length)| start + length).max(0.001);
    let wait = timings.queue_ms.map_or(0.0, |wait| wait.max(0.0));
    let from = (wait / (wait + whole) * 100.0).min(WAIT_AT_MOST);
    let queue = (wait > 0.0).then(|| {
        view! { <rect class="queue" x="0" width=format!("{from:.2}") y="3" height="4"></rect> }
    });
    let bar = |(class, _, start, length): &Part| {
        let x = format!("{:.2}", from + start / whole * (100.0 - from));
        // A part that took hardly any time is still seen.
        let width = format!("{:.2}", (length / whole * (100.0 - from)).max(0.4));
        view! { <rect class=*class x=x width=width y="0" height="10"></rect> }
    };
    let entry = |(class, name, _, length): &Part| {
        view! { <div><dt class=*class>{*name}</dt><dd>{milliseconds(*length)}</dd></div> }
    };
    view! {
        <div class="timing">
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                {queue}
                {parts.iter().map(bar).collect_view()}
            </svg>
            <dl>
                {timings.queue_ms.map(|wait| view! { <div><dt class="queue">"In the queue before"</dt><dd>{milliseconds(wait)}</dd></div> })}
                {parts.iter().map(entry).collect_view()}
                <div class="total"><dt>"Total"</dt><dd>{milliseconds(timings.total_ms)}</dd></div>
            </dl>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_leave_out_what_did_not_happen() {
        let timings =
            Timings { queue_ms: Some(2.0), connect_ms: Some(3.0), first_byte_ms: Some(5.0), ..Timings::default() };
        let parts: Vec<_> =
            parts(&timings).into_iter().map(|(class, _, start, length)| (class, start, length)).collect();
        assert_eq!(parts, [("connect", 0.0, 3.0), ("first-byte", 3.0, 5.0)]);
    }
}
