//! Which requests the list shows, as its URL says it.

use hookyard_model::{BulkScope, Commas, EventStatus, RejectionCause, RequestFilter, RequestStatus};

use super::words::cause_words;
use crate::{attempt::ListQuery, bulk::scope_words, ui::event_word};

/// The query of a list of requests.
pub(crate) type RequestQuery = ListQuery<RequestFilter>;

/// What of a request's branches can be asked for.
pub(super) const BRANCHES: [(&str, &str); 3] =
    [("events", "With events"), ("none", "Without events"), ("ignored", "With ignored branches")];

/// Reads a query; what cannot be read is left out and named.
pub(crate) fn read(value: impl Fn(&str) -> Option<String>) -> RequestQuery {
    let mut read = RequestQuery::default();
    read.filter.status = read.parse("status", "Status", value("status"), |status: &RequestStatus| match status {
        RequestStatus::Accepted => "Accepted".to_owned(),
        RequestStatus::Rejected => "Rejected".to_owned(),
    });
    read.filter.verified = read.parse("verified", "Sender", value("verified"), |verified: &bool| {
        if *verified { "Verified".to_owned() } else { "Not verified".to_owned() }
    });
    read.filter.source_id = read.ids("source", "Source", value("source"));
    read.filter.rejection_cause = read
        .parse("cause", "Refused", value("cause"), |causes: &Commas<RejectionCause>| {
            causes.0.iter().map(|cause| cause_words(*cause)).collect::<Vec<_>>().join(", ")
        })
        .unwrap_or_default();
    read.filter.method = read
        .parse("method", "Method", value("method"), |methods: &Commas<String>| methods.to_string())
        .unwrap_or_default();
    read.filter.event_status = read
        .parse("outcome", "Outcome", value("outcome"), |statuses: &Commas<EventStatus>| {
            statuses.0.iter().map(|status| event_word(*status)).collect::<Vec<_>>().join(", ")
        })
        .unwrap_or_default();
    let branches =
        read.parse("branches", "Branches", value("branches"), |branches: &Branches| branches.words().to_owned());
    match branches {
        Some(Branches::Events) => read.filter.has_events = Some(true),
        Some(Branches::None) => read.filter.has_events = Some(false),
        Some(Branches::Ignored) => read.filter.has_ignored = Some(true),
        None => {}
    }
    read.filter.is_retry = read.parse("replays", "Replays", value("replays"), |is_retry: &bool| {
        if *is_retry { "Replays alone".to_owned() } else { "Without replays".to_owned() }
    });
    read.filter.batch_operation_id = read.ids("operation", "Bulk operation", value("operation"));
    read.filter.batch_operation_scope =
        read.parse("scope", "Of it", value("scope"), |scope: &BulkScope| scope_words(*scope).to_owned());
    read.common(&value, "newest requests");
    (read.filter.from, read.filter.to, read.filter.q) = (read.from, read.to, read.q.clone());
    read
}

#[derive(Clone, Copy)]
enum Branches {
    Events,
    None,
    Ignored,
}

impl Branches {
    const fn words(self) -> &'static str {
        BRANCHES[self as usize].1
    }
}

impl std::str::FromStr for Branches {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "events" => Ok(Self::Events),
            "none" => Ok(Self::None),
            "ignored" => Ok(Self::Ignored),
            _ => Err("expected events, none or ignored"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> RequestQuery {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        read(|name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn a_query_is_read_into_a_filter_and_words() {
        let all = of(
            "status=rejected&verified=false&cause=SOURCE_AUTH_FAILED&method=POST&outcome=FAILED,HOLD&branches=ignored&replays=true",
        );
        assert_eq!(all.filter.has_ignored, Some(true));
        assert_eq!(all.filter.event_status.0, [EventStatus::Failed, EventStatus::Hold]);
        let words: Vec<_> = all.chips.iter().map(|chip| format!("{}: {}", chip.label, chip.value)).collect();
        assert_eq!(
            words,
            [
                "Status: Rejected",
                "Sender: Not verified",
                "Refused: sender not proven",
                "Method: POST",
                "Outcome: Failed, On hold",
                "Branches: With ignored branches",
                "Replays: Replays alone",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_out() {
        for name in ["status", "verified", "source", "cause", "outcome", "branches", "replays"] {
            let found = of(&format!("{name}=perhaps"));
            assert!(found.mistake(name).is_some(), "{name}");
            assert_eq!(found.filter, RequestFilter::default(), "{name}");
        }
    }
}
