//! Attempts: rows that open into what was sent and what came back, filtered, counted over time and compared.

mod choices;
mod common;
mod compare;
mod curl;
mod detail;
mod diagnosis;
mod diff;
mod differences;
mod exchange;
mod filters;
mod histogram;
mod ladder;
mod list;
mod moment;
mod newer;
mod page;
mod query;
mod row;
mod server;
mod times;
mod timing;

pub(crate) use choices::{ChoiceFilter, Choices, choices};
pub(crate) use common::ListFilters;
pub(crate) use curl::{AsCurl, command};
pub(crate) use detail::AttemptDetail;
pub(crate) use diagnosis::Explained;
pub(crate) use diagnosis::WhyFailed;
pub(crate) use differences::{BodyDifference, HeaderDifferences};
pub(crate) use filters::{ErrorFilter, LogFilters, unfiltered};
pub(crate) use histogram::{Bars as HistogramBars, Counted, Histogram};
pub(crate) use list::AttemptList;
pub(crate) use newer::{Newer, Newest, live_unless_searched};
pub(crate) use page::AttemptsPage;
pub(crate) use query::{Chip, ListQuery, LogQuery, Mistake};
pub(crate) use server::{attempts, count_attempts, event_attempts, newest_attempts, read_attempt};
pub(crate) use timing::TimingBar;

/// An attempt for tests to begin with.
#[cfg(test)]
fn sample() -> hookyard_model::Attempt {
    let json = serde_json::json!({
        "id": "att_01HF7YAT000000000000000007", "team_id": "tm_01HF7YAT000000000000000007", "mode": "test",
        "event_id": "evt_01HF7YAT000000000000000007", "request_id": "req_01HF7YAT000000000000000007",
        "connection_id": "con_01HF7YAT000000000000000007", "source_id": "src_01HF7YAT000000000000000007",
        "destination_id": "des_01HF7YAT000000000000000007", "event_type": "a.b", "webhook_id": "w", "attempt_number": 1,
        "event_attempts": 1, "event_status": "FAILED", "trigger": "INITIAL", "status": "FAILED", "simulated": false, "error_code": null,
        "error_message": null, "http_method": "POST", "requested_url": null, "response_status": null,
        "response_latency": null, "delivery_latency": 1.0, "timings": {"total_ms": 1.0}, "successful_at": null,
        "delivered_at": "2026-01-31T08:15:00Z", "responded_at": null, "next_attempt_at": null,
        "created_at": "2026-01-31T08:15:00Z", "updated_at": "2026-01-31T08:15:00Z", "request_headers": {}, "response_headers": null,
        "response_body_truncated": false,
    });
    serde_json::from_value(json).unwrap()
}
