//! What was counted: requests, events and attempts by the second, in the commit that records them, so that charts need
//! not read history. Seconds are folded into minutes, and those into hours, as they grow old.

mod aside;
mod fold;
mod latency;
mod store;
mod table;
mod tally;

pub(crate) use aside::{Aside, keep};
pub(crate) use fold::step as fold;
pub(crate) use latency::Buckets;
pub(crate) use store::{EventEnds, Of, Stretches, attempts, events, failures, ignored, latencies, requests};
pub(crate) use tally::{Ended, Tally};

use std::time::Duration;

use hookyard_model::{
    Actor, AttemptBucket, AttemptFilter, AttemptHistogram, AttemptStatus, DestinationId, Timestamp, WebhookActivity,
};

use crate::{db::Db, error::Result};

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// How many hours [`activity`] shows.
const HOURS: i64 = 24;
/// The outcome of a request that was let in.
pub(crate) const ACCEPTED: &str = "accepted";

/// How far back whole seconds can be told apart, and whole minutes.
pub(crate) const SECONDS_KEPT: Duration = Duration::from_hours(1);
pub(crate) const MINUTES_KEPT: Duration = Duration::from_hours(72);

/// Whether stretches of this length, in milliseconds, can be counted from `from` on.
pub(crate) fn is_kept(from: Timestamp, length: i64, now: Timestamp) -> bool {
    let back = |kept: Duration| from.plus(kept).plus(Duration::from_mins(4)) >= now;
    match table::span_of(length) {
        Some(HOUR) => true,
        Some(MINUTE) => back(MINUTES_KEPT),
        Some(_) => back(SECONDS_KEPT),
        None => false,
    }
}

/// Whether what is counted says all that `filter` and the buckets of `histogram` ask for.
pub(crate) fn suffices(filter: &AttemptFilter, histogram: &AttemptHistogram, now: Timestamp) -> bool {
    // What else there is must be empty; a new field stops the build here.
    let AttemptFilter {
        id,
        event_id,
        destination_id: _,
        status: _,
        event_type,
        response_status,
        error_code,
        trigger,
        from: _,
        to: _,
        q,
    } = filter;
    is_kept(histogram.from, i64::try_from(histogram.step_ms).unwrap_or(i64::MAX), now)
        && id.is_empty()
        && event_id.is_empty()
        && event_type.is_empty()
        && response_status.is_empty()
        && error_code.is_empty()
        && trigger.is_empty()
        && q.as_deref().unwrap_or_default().is_empty()
}

/// Adds what was counted to `histogram`, for whose filter and step it [`suffices`].
pub(crate) async fn fill(db: &Db, who: &Actor, filter: &AttemptFilter, histogram: &mut AttemptHistogram) -> Result<()> {
    let length = i64::try_from(histogram.step_ms).unwrap_or(i64::MAX);
    let when = Stretches { from: histogram.from, to: histogram.to, length };
    for row in attempts(db, who, when, Of { ids: &filter.destination_id.0, each: false }).await? {
        let Some(place) = when.place(row.number) else { continue };
        for (status, count) in [(AttemptStatus::Successful, row.successful), (AttemptStatus::Failed, row.failed)] {
            if filter.status.is_none_or(|wanted| wanted == status) {
                histogram.add(when.at(place), status, count.unsigned_abs());
            }
        }
    }
    Ok(())
}

/// What was sent to these destinations in the last 24 hours, in their order.
pub(crate) async fn activity(
    db: &Db,
    who: &Actor,
    ids: &[DestinationId],
    now: Timestamp,
) -> Result<Vec<WebhookActivity>> {
    let end = Timestamp::from_millis((now.millis().div_euclid(HOUR) + 1) * HOUR);
    let when = Stretches::ending(end, HOUR, HOURS);
    let empty = |place| AttemptBucket { at: when.at(place), successful: 0, failed: 0 };
    let hours: Vec<_> = (0..when.count()).map(empty).collect();
    let mut all: Vec<_> = ids.iter().map(|id| WebhookActivity { id: *id, hours: hours.clone() }).collect();
    if ids.is_empty() {
        return Ok(all);
    }
    for row in attempts(db, who, when, Of { ids, each: true }).await? {
        let Some(place) = when.place(row.number) else { continue };
        for one in all.iter_mut().filter(|one| Some(one.id) == row.id) {
            one.hours[place].successful = row.successful.unsigned_abs();
            one.hours[place].failed = row.failed.unsigned_abs();
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Commas, ErrorCode};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn counts_suffice_for_destinations_as_long_as_they_are_fine_enough() {
        let now: Timestamp = "2026-03-04T10:17:33.250Z".parse().unwrap();
        let all = AttemptFilter::default();
        let destination = Commas(vec![DestinationId::new(Ulid::nil())]);
        let some = AttemptFilter { destination_id: destination, status: Some(AttemptStatus::Failed), ..all.clone() };
        let dns = AttemptFilter { error_code: Commas(vec![ErrorCode::Dns]), ..all.clone() };
        let text = AttemptFilter { q: Some("x".into()), ..all.clone() };
        for (case, filter, ago, span, expected) in [
            ("all of a day", &all, 24, 24, true),
            ("a destination's failures in fifteen days", &some, 360, 360, true),
            ("the last minutes of an hour", &all, 1, 1, true),
            ("an hour of yesterday, by the minute", &all, 24, 1, true),
            ("an hour of last week, by the minute", &all, 168, 1, false),
            ("one error", &dns, 24, 24, false),
            ("a text", &text, 24, 24, false),
        ] {
            let from = now.minus(Duration::from_hours(ago));
            let histogram = AttemptHistogram::empty(from, from.plus(Duration::from_hours(span)), 60);
            assert_eq!(suffices(filter, &histogram, now), expected, "{case}");
        }
        assert!(is_kept(now.minus(Duration::from_hours(1)), 5 * SECOND, now));
        assert!(!is_kept(now.minus(Duration::from_hours(2)), 30 * SECOND, now));
    }
}
