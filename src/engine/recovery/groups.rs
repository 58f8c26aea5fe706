//! Failures by why they failed, and the stretch of time that they are in. Pure.

use std::collections::{BTreeMap, HashMap};

use hookyard_model::{AttemptHistogram, FailureExample, FailureGroup, Timestamp};

use super::store::Failed;

/// How many characters of an id stand before its time.
const EVENT: usize = "evt_".len();
/// About how many bins the window is drawn in.
const BINS: u32 = 48;
/// How many examples a group has.
const EXAMPLES: usize = 10;

/// How many characters of their ids those events share that are together: so many that each bin has some of them.
pub(super) fn characters(from: Timestamp, to: Timestamp) -> usize {
    let step = AttemptHistogram::empty(from, to, BINS).step_ms;
    // Five bits a character; the time ends with the tenth, in milliseconds.
    let coarse = (step / 2).max(1).ilog2() as usize / 5;
    EVENT + 10 - coarse.min(10)
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
        let count = if row.is_retrying { &mut group.retrying } else { &mut group.failed };
        *count += row.count;
        group.delivered_since += row.delivered;
        group.first_at = group.first_at.min(row.first_id.made_at());
        group.last_at = group.last_at.max(at);
        if let Some(bin) = bin(&empty, at).and_then(|bin| group.bins.get_mut(bin)) {
            *bin += row.count;
        }
        if let Some(left) = row.left_id.filter(|_| !row.is_retrying && group.examples.len() < EXAMPLES) {
            group.examples.push(FailureExample {
                event_id: left,
                event_type: row.event_type.clone(),
                created_at: left.made_at(),
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
        *counts.entry(row.event_type.as_deref().unwrap_or_default()).or_default() += row.count;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(kind, _)| kind.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use hookyard_model::{ErrorCode, EventId, IssueCause};

    use super::*;

    fn row(minute: i64, cause: IssueCause) -> Failed {
        let id = EventId::first_at(Timestamp::from_millis(minute * 60_000));
        let (count, delivered) = (1, 0);
        Failed { id, first_id: id, left_id: Some(id), cause, event_type: None, count, delivered, is_retrying: false }
    }

    #[test]
    fn what_is_counted_together_is_of_one_bin_or_two() {
        let at = |minute: i64| Timestamp::from_millis(minute * 60_000);
        for minutes in [0, 1, 60, 24 * 60, 15 * 24 * 60] {
            let (from, to) = (at(1_000_000), at(1_000_000 + minutes));
            let bin = AttemptHistogram::empty(from, to, BINS).step_ms;
            let together = 32_u64.pow(u32::try_from(14 - characters(from, to)).unwrap());
            assert!((together..64 * together).contains(&(bin / 2)), "{together} ms of {bin} ms, {minutes} minutes");
        }
        let mut some = row(90, IssueCause::Status(503));
        (some.first_id, some.count, some.delivered) = (EventId::first_at(at(80)), 70, 20);
        let (groups, _) = grouped(&[some], at(80), at(90));
        let group = &groups[0];
        assert_eq!((group.failed, group.delivered_since, group.examples.len()), (70, 20, 1));
        assert_eq!((group.first_at, group.bins.iter().sum::<u64>()), (at(80), 70));
    }

    #[test]
    fn failures_are_grouped_by_why() {
        let (refused, timeout) = (IssueCause::Status(401), IssueCause::Error(ErrorCode::Timeout));
        let mut rows = vec![row(100, refused), row(99, timeout), row(98, refused), row(90, refused), row(89, timeout)];
        rows[1].is_retrying = true;
        (rows[3].delivered, rows[3].left_id) = (1, None);
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
