//! What attempts came to by the minute, counted in the commit that records them, so that charts need not read history.

mod store;

use std::collections::BTreeMap;

use hookyard_model::{
    Actor, AttemptBucket, AttemptFilter, AttemptHistogram, AttemptStatus, DestinationId, Timestamp, WebhookActivity,
};

use crate::{
    db::{Db, Tx},
    delivery::LaneKey,
    error::Result,
    writer::Settlement,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// How many hours [`activity`] shows.
const HOURS: usize = 24;

/// Counts attempts that were not recorded before. An attempt belongs to the minute that its id was made in, as it does
/// in lists by time.
pub(crate) async fn add(tx: &mut Tx, settlements: impl Iterator<Item = &Settlement>) -> sqlx::Result<()> {
    let mut counts: BTreeMap<(LaneKey, i64), (u32, u32)> = BTreeMap::new();
    for settlement in settlements {
        let minute = settlement.attempt.id.made_at().millis() / MINUTE * MINUTE;
        let (successful, failed) = counts.entry((settlement.lane, minute)).or_default();
        match settlement.attempt.status {
            AttemptStatus::Successful => *successful += 1,
            AttemptStatus::Failed => *failed += 1,
        }
    }
    store::add(tx, &counts).await
}

/// Whether the counts by the minute say all that `filter` and buckets of `step_ms` ask for.
pub(crate) fn suffices(filter: &AttemptFilter, step_ms: u64) -> bool {
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
    step_ms.is_multiple_of(MINUTE.cast_unsigned())
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
    let step = i64::try_from(histogram.step_ms).unwrap_or(i64::MAX);
    let rows = store::by_time(db, who, &filter.destination_id.0, (histogram.from, histogram.to), step).await?;
    for row in rows {
        let at = Timestamp::from_millis(row.number * step);
        for (status, count) in [(AttemptStatus::Successful, row.successful), (AttemptStatus::Failed, row.failed)] {
            if filter.status.is_none_or(|wanted| wanted == status) {
                histogram.add(at, status, count.unsigned_abs());
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
    let last = now.millis().div_euclid(HOUR);
    let first = last + 1 - i64::try_from(HOURS).unwrap_or_default();
    let at = |number: i64| Timestamp::from_millis(number * HOUR);
    let empty = |number| AttemptBucket { at: at(number), successful: 0, failed: 0 };
    let hours: Vec<_> = (first..=last).map(empty).collect();
    let mut all: Vec<_> = ids.iter().map(|id| WebhookActivity { id: *id, hours: hours.clone() }).collect();
    if ids.is_empty() {
        return Ok(all);
    }
    for row in store::by_destination_and_time(db, who, ids, (at(first), at(last + 1)), HOUR).await? {
        let Some(index) = usize::try_from(row.number - first).ok().filter(|index| *index < HOURS) else { continue };
        for one in all.iter_mut().filter(|one| one.id == row.destination_id) {
            one.hours[index].successful = row.successful.unsigned_abs();
            one.hours[index].failed = row.failed.unsigned_abs();
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
    fn minutes_suffice_for_whole_minutes_of_destinations() {
        let all = AttemptFilter::default();
        let destination = Commas(vec![DestinationId::new(Ulid::nil())]);
        let some = AttemptFilter { destination_id: destination, status: Some(AttemptStatus::Failed), ..all.clone() };
        let dns = AttemptFilter { error_code: Commas(vec![ErrorCode::Dns]), ..all.clone() };
        let text = AttemptFilter { q: Some("x".into()), ..all.clone() };
        for (case, filter, step, expected) in [
            ("all", &all, 60_000, true),
            ("a destination's failures by the hour", &some, 3_600_000, true),
            ("by half minutes", &some, 30_000, false),
            ("one error", &dns, 60_000, false),
            ("a text", &text, 60_000, false),
        ] {
            assert_eq!(suffices(filter, step), expected, "{case}");
        }
    }
}
