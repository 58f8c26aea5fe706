//! Failures by why they failed, and the stretch of time that they are in. Pure.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use hookyard_model::{AttemptHistogram, EventId, FailureExample, FailureGroup, Timestamp};

use super::store::Failed;

/// A pause longer than this parts one stretch of failures from the next.
const APART: Duration = Duration::from_hours(1);
/// About how many bins the window is drawn in.
const BINS: u32 = 48;
/// How many examples a group has.
const EXAMPLES: usize = 10;

/// When the last stretch of failures begins; `rows` are the newest first.
pub(super) fn begins(rows: &[Failed]) -> Option<EventId> {
    let mut begins = rows.first()?.id;
    for row in rows {
        if begins.made_at().since(row.id.made_at()) > APART {
            break;
        }
        begins = row.id;
    }
    Some(begins)
}

/// The groups, most first, with the bins of the window.
pub(super) fn grouped(rows: &[Failed], from: Timestamp, to: Timestamp) -> (Vec<FailureGroup>, AttemptHistogram) {
    let empty = AttemptHistogram::empty(from, to, BINS);
    let mut groups: Vec<FailureGroup> = Vec::new();
    let mut found = HashMap::new();
    for row in rows {
        let at = row.id.made_at();
        let index = *found.entry(row.cause).or_insert_with(|| {
            groups.push(new_group(row, at, &empty));
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(index) else { continue };
        group.failed += u64::from(!row.is_retrying);
        group.retrying += u64::from(row.is_retrying);
        group.delivered_since += u64::from(row.was_delivered);
        group.first_at = group.first_at.min(at);
        group.last_at = group.last_at.max(at);
        if let Some(bin) = bin(&empty, at).and_then(|bin| group.bins.get_mut(bin)) {
            *bin += 1;
        }
        if !row.is_retrying && !row.was_delivered && group.examples.len() < EXAMPLES {
            group.examples.push(FailureExample {
                event_id: row.id,
                event_type: row.event_type.clone(),
                created_at: at,
            });
        }
    }
    groups
        .sort_by_key(|group| std::cmp::Reverse((group.failed - group.delivered_since, group.failed + group.retrying)));
    (groups, empty)
}

fn new_group(row: &Failed, at: Timestamp, empty: &AttemptHistogram) -> FailureGroup {
    FailureGroup {
        cause: row.cause,
        title: String::new(),
        diagnosis: None,
        failed: 0,
        delivered_since: 0,
        retrying: 0,
        first_at: at,
        last_at: at,
        bins: vec![0; empty.buckets.len()],
        examples: Vec::new(),
        attempt_id: None,
        answer: None,
    }
}

fn bin(window: &AttemptHistogram, at: Timestamp) -> Option<usize> {
    let step = i64::try_from(window.step_ms).ok().filter(|step| *step > 0)?;
    usize::try_from((at.millis() - window.from.millis()).div_euclid(step)).ok()
}

/// The types of the events, most first; `""` for those without.
pub(super) fn event_types(rows: &[Failed]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.event_type.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(kind, _)| kind.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use hookyard_model::{ErrorCode, IssueCause};

    use super::*;

    fn row(minute: i64, cause: IssueCause) -> Failed {
        let id = EventId::first_at(Timestamp::from_millis(minute * 60_000));
        Failed { id, cause, event_type: None, is_retrying: false, was_delivered: false }
    }

    #[test]
    fn the_last_stretch_of_failures_begins_after_a_pause() {
        let cause = IssueCause::Status(503);
        let rows = |minutes: &[i64]| minutes.iter().map(|minute| row(*minute, cause)).collect::<Vec<_>>();
        for (case, minutes, expected) in [
            ("nothing failed", &[][..], None),
            ("one", &[1000][..], Some(1000)),
            ("all within an hour of each other", &[1000, 960, 900, 840][..], Some(840)),
            ("an earlier stretch is another", &[1000, 960, 880, 870][..], Some(960)),
        ] {
            let begins = begins(&rows(minutes)).map(|id| id.made_at().millis() / 60_000);
            assert_eq!(begins, expected, "{case}");
        }
    }

    #[test]
    fn failures_are_grouped_by_why() {
        let (refused, timeout) = (IssueCause::Status(401), IssueCause::Error(ErrorCode::Timeout));
        let mut rows = vec![row(100, refused), row(99, timeout), row(98, refused), row(90, refused), row(89, timeout)];
        rows[1].is_retrying = true;
        rows[3].was_delivered = true;
        rows[0].event_type = Some("a.b".to_owned());
        let at = |minute: i64| Timestamp::from_millis(minute * 60_000);

        let (groups, window) = grouped(&rows, at(89), at(100));

        assert_eq!(groups.iter().map(|group| group.cause).collect::<Vec<_>>(), [refused, timeout]);
        assert_eq!((groups[0].failed, groups[0].delivered_since, groups[0].retrying), (3, 1, 0));
        assert_eq!((groups[1].failed, groups[1].retrying), (1, 1));
        assert_eq!((groups[0].first_at, groups[0].last_at), (at(90), at(100)));
        assert_eq!(groups[0].examples.len(), 2, "not what was delivered since");
        assert_eq!(groups[1].examples.len(), 1, "not what is tried by itself");
        assert_eq!(groups[0].bins.iter().sum::<u64>(), 3);
        assert_eq!(groups[0].bins.len(), window.buckets.len());
        assert_eq!(event_types(&rows), ["", "a.b"]);
    }

    #[test]
    fn what_is_outside_of_the_window_has_no_bin() {
        let at = |minute: i64| Timestamp::from_millis(minute * 60_000);
        let window = AttemptHistogram::empty(at(10), at(20), BINS);
        assert_eq!(bin(&window, at(10)), Some(0));
        assert_eq!(bin(&window, at(9)), None);
    }
}
