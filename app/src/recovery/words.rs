//! What the page says and asks for, apart from how it looks.

#[cfg(any(feature = "ssr", test))]
use hookyard_model::{
    BulkInput, BulkLimit, BulkTargets, Commas, EventFilter, EventStatus, FieldError, Problem, RatePeriod, TimeBound,
    Timestamp,
};
use hookyard_model::{DestinationId, EventId, FailureGroup, IssueCause, RecoveryWindow};

use crate::ui::{error_word, grouped};

/// The path of the page about a window, at a retry where there is one.
pub(super) fn path(id: DestinationId, window: RecoveryWindow, retried: Option<EventId>) -> String {
    let pairs = [
        ("from", window.from.map(|bound| bound.to_string())),
        ("to", window.to.map(|bound| bound.to_string())),
        ("retried", retried.map(|event| event.to_string())),
    ];
    let set: Vec<_> = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    let hash = if retried.is_some() { "#retry" } else { "" };
    let query = if set.is_empty() { String::new() } else { format!("?{}", set.join("&")) };
    format!("/destinations/{id}/recovery{query}{hash}")
}

/// All that was given up for a destination in a window.
#[cfg(any(feature = "ssr", test))]
pub(super) fn bulk_input(
    id: DestinationId,
    (from, to): (Timestamp, Timestamp),
    limit: Option<BulkLimit>,
    unproven: Option<String>,
) -> BulkInput {
    let filter = EventFilter {
        destination_id: Commas(vec![id]),
        status: Commas(vec![EventStatus::Failed]),
        from: Some(TimeBound::At(from)),
        to: Some(TimeBound::At(to)),
        ..EventFilter::default()
    };
    BulkInput { targets: BulkTargets::Events(Box::new(filter)), limit, unproven, once: None }
}

/// Why it starts without proof; none where nothing was typed.
#[cfg(any(feature = "ssr", test))]
pub(super) fn unproven(name: &str, typed_name: &str, reason: &str) -> Result<Option<String>, Problem> {
    let (typed, reason) = (typed_name.trim(), reason.trim());
    if typed.is_empty() && reason.is_empty() {
        return Ok(None);
    }
    let mut mistakes = Vec::new();
    if typed != name.trim() {
        mistakes.push(FieldError::new("/typed_name", format!("type `{name}`, the destination's name")));
    }
    if reason.is_empty() {
        mistakes.push(FieldError::new("/reason", "say why: it is kept with the operation and in the audit log"));
    }
    Problem::check(mistakes)?;
    Ok(Some(reason.to_owned()))
}

/// A limit as it was typed; none where nothing was.
#[cfg(any(feature = "ssr", test))]
pub(super) fn limit(number: &str, period: &str) -> Result<Option<BulkLimit>, Problem> {
    let number = number.trim();
    if number.is_empty() {
        return Ok(None);
    }
    let wrong =
        || Problem::field("/bulk_rate_limit", "expected a whole number from 1 to 10,000, or nothing for no limit");
    let rate_limit = number.parse().ok().filter(|rate| (1..=10_000).contains(rate)).ok_or_else(wrong)?;
    Ok(Some(BulkLimit { rate_limit, rate_limit_period: period.trim().parse().unwrap_or(RatePeriod::Second) }))
}

/// A count with its noun.
pub(super) fn count(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A cause in a word or two, such as `503` or `timeout`.
pub(super) fn cause_word(cause: IssueCause) -> String {
    match cause {
        IssueCause::Status(status) => status.to_string(),
        IssueCause::Error(code) => error_word(code).to_owned(),
    }
}

/// What became of a group's events.
pub(super) fn became(group: &FailureGroup) -> String {
    let mut parts = Vec::new();
    if group.failed > 0 {
        parts.push(format!("{} given up", grouped(group.failed)));
    }
    if group.delivered_since > 0 {
        parts.push(format!("{} of them delivered since", grouped(group.delivered_since)));
    }
    if group.retrying > 0 {
        let verb = if group.retrying == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} tried again by themselves", grouped(group.retrying)));
    }
    parts.join(", ").replace("1 is tried again by themselves", "1 is tried again by itself")
}

/// An event type, or a word for none.
pub(super) fn type_word(event_type: &str) -> String {
    if event_type.is_empty() { "events without a type".to_owned() } else { event_type.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_proof_needs_the_name_and_a_reason() {
        assert_eq!(unproven("orders", "", " ").unwrap(), None);
        assert_eq!(unproven("orders", " orders ", " a test ").unwrap().as_deref(), Some("a test"));
        assert!(unproven("orders", "Orders", "why").unwrap_err().about("/typed_name").is_some());
        assert!(unproven("orders", "orders", "").unwrap_err().about("/reason").is_some());
    }

    #[test]
    fn a_limit_is_a_number_in_its_range_or_nothing() {
        assert_eq!(limit(" ", "second").unwrap(), None);
        let expected = BulkLimit { rate_limit: 20, rate_limit_period: RatePeriod::Minute };
        assert_eq!(limit(" 20 ", "minute").unwrap(), Some(expected));
        for wrong in ["0", "10001", "-1", "many"] {
            assert!(limit(wrong, "second").unwrap_err().about("/bulk_rate_limit").is_some(), "{wrong}");
        }
    }

    #[test]
    fn the_path_keeps_the_window() {
        let id: DestinationId = "des_01HF7YAT000000000000000007".parse().unwrap();
        let event: EventId = "evt_01HF7YAT000000000000000007".parse().unwrap();
        let window = RecoveryWindow { from: "now-1h".parse().ok(), to: None };
        assert_eq!(path(id, RecoveryWindow::default(), None), format!("/destinations/{id}/recovery"));
        assert_eq!(
            path(id, window, Some(event)),
            format!("/destinations/{id}/recovery?from=now-3600s&retried={event}#retry")
        );
        let at = Timestamp::from_millis(5);
        let input = bulk_input(id, (at, at), None, None);
        let BulkTargets::Events(filter) = input.targets else { panic!("events are retried") };
        assert_eq!((filter.destination_id.0, filter.status.0), (vec![id], vec![EventStatus::Failed]));
    }
}
