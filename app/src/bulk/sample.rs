//! An operation made up, to look at its parts and to test them.

use hookyard_model::{BulkItemStatus, BulkStatus, PaceReading, PaceState, Timestamp};
use leptos::prelude::*;

use super::{
    pace_chart::PaceChart,
    progress::{Counts, ProgressBar, Shares},
    words::{item_badge, pace_badge, status_badge},
};

#[component]
pub(crate) fn BulkParts() -> impl IntoView {
    let shares = Signal::stored(Shares::sample());
    let history = Signal::stored(readings());
    view! {
        <section>
            <h2>"Bulk operations"</h2>
            <p class="row">{BulkStatus::ALL.iter().map(|status| status_badge(*status)).collect_view()}</p>
            <p class="row">{BulkItemStatus::ALL.iter().map(|status| item_badge(*status)).collect_view()}</p>
            <p class="row">{PaceState::ALL.iter().map(|state| pace_badge(*state)).collect_view()}</p>
            <ProgressBar shares/>
            <Counts shares/>
            <article class="pace"><PaceChart history/></article>
        </section>
    }
}

/// A receiver that bore up to 90 a second, and then did not.
fn readings() -> Vec<PaceReading> {
    let one = |second: i32| {
        let (at, is_over) = (f64::from(second), second > 110);
        let allowed = if is_over { 42.0 + (at - 110.0) * 0.2 } else { (at * 1.4).min(90.0) };
        PaceReading {
            state: PaceState::BackingOff,
            reason: Some("429 from the receiver".to_owned()),
            allowed,
            sent: allowed - f64::from(second % 5) * 0.8,
            latency_ms: if is_over { 55.0 } else { 30.0 + at * 0.9 },
            base_latency_ms: 30.0,
            error_rate: if (105..125).contains(&second) { 0.2 } else { 0.0 },
            bears: is_over.then_some(81.0),
            at: Timestamp::from_millis(1_769_847_300_000 + i64::from(second) * 1000),
        }
    };
    (0..170).map(one).collect()
}

#[cfg(test)]
pub(super) fn reading() -> PaceReading {
    readings().swap_remove(0)
}

#[cfg(test)]
pub(super) fn operation() -> hookyard_model::BulkOperation {
    let json = serde_json::json!({
        "id": "bch_01HF7YAT000000000000000007", "team_id": "tm_01HF7YAT000000000000000007", "mode": "test",
        "type": "event_bulk_retry", "status": "RUNNING", "filter": {"status": "FAILED"}, "requested_by": null,
        "requested_by_name": null, "rate_limit": null, "rate_limit_period": "second", "pause_reason": null,
        "failure": null, "unproven": null, "total_count": 0, "queued_count": 0, "done_count": 0, "failed_count": 0,
        "retrying_count": 0, "skipped_count": 0, "elsewhere_count": 0, "cancelled_count": 0, "bytes": 0, "destinations": [],
        "cancelable": true, "ends_at": null, "created_at": "2026-01-31T08:15:00Z", "started_at": null,
        "paused_at": null, "finished_at": null,
    });
    serde_json::from_value(json).unwrap()
}
