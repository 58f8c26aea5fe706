//! What a bulk operation works on, as URLs and people say it: by the query of the list that it came from.

use hookyard_model::{BulkKind, BulkTargets};
use serde_json::Value;

use crate::{
    attempt::{Chip, Mistake},
    event, request,
};

/// Names and values of a query.
pub(super) type Pairs = Vec<(String, String)>;

/// The parameter that says which list it is.
pub(super) const KIND: &str = "kind";

/// What the lists can be asked for.
const OF_EVENTS: &[&str] = &[
    "status",
    "source",
    "connection",
    "destination",
    "request",
    "error",
    "retries",
    "operation",
    "scope",
    "time",
    "from",
    "to",
    "q",
];
const OF_REQUESTS: &[&str] = &[
    "status",
    "verified",
    "source",
    "cause",
    "method",
    "outcome",
    "branches",
    "replays",
    "operation",
    "scope",
    "time",
    "from",
    "to",
    "q",
];

/// What the API names otherwise than the pages do.
const OTHERWISE: [(&str, &str); 10] = [
    ("source_id", "source"),
    ("connection_id", "connection"),
    ("destination_id", "destination"),
    ("webhook_id", "destination"),
    ("request_id", "request"),
    ("error_code", "error"),
    ("rejection_cause", "cause"),
    ("event_status", "outcome"),
    ("batch_operation_id", "operation"),
    ("batch_operation_scope", "scope"),
];

pub(super) const fn names(kind: BulkKind) -> &'static [&'static str] {
    match kind {
        BulkKind::EventBulkRetry => OF_EVENTS,
        BulkKind::RequestBulkRetry => OF_REQUESTS,
    }
}

/// The list that operations of this kind come from.
pub(super) const fn list(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::EventBulkRetry => "/events",
        BulkKind::RequestBulkRetry => "/requests",
    }
}

/// The list, filtered so.
pub(super) fn list_of(kind: BulkKind, pairs: &Pairs) -> String {
    let query = text(pairs);
    if query.is_empty() { list(kind).to_owned() } else { format!("{}?{query}", list(kind)) }
}

pub(super) fn text(pairs: &Pairs) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(super) fn parsed(text: &str) -> Pairs {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What of a page's query is the list's filter.
pub(super) fn of_page(kind: BulkKind, mut pairs: Pairs) -> Pairs {
    pairs.retain(|(name, _)| names(kind).contains(&name.as_str()));
    pairs
}

/// A query with the names that pages use; none where it has them already.
pub(super) fn with_names_of_pages(pairs: &Pairs) -> Option<Pairs> {
    let other = |name: &str| OTHERWISE.iter().find(|(known, _)| *known == name).map(|(_, name)| (*name).to_owned());
    let is_one = pairs.iter().any(|(name, _)| other(name).is_some());
    is_one.then(|| {
        pairs.iter().map(|(name, value)| (other(name).unwrap_or_else(|| name.clone()), value.clone())).collect()
    })
}

/// The filter that an operation was made with, as its list's query, and what that list has no words for.
pub(super) fn of_filter(kind: BulkKind, filter: &Value) -> (Pairs, Pairs) {
    let said = filter.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let value = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            Value::Array(all) => all
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(","),
            other => other.to_string(),
        };
        (!value.is_empty()).then(|| named(kind, name, value))
    });
    said.partition(|(name, _)| names(kind).contains(&name.as_str()))
}

fn named(kind: BulkKind, name: &str, value: String) -> (String, String) {
    let name = match (name, kind) {
        ("is_retry", BulkKind::EventBulkRetry) => "retries",
        ("is_retry", BulkKind::RequestBulkRetry) => "replays",
        ("has_events", _) => {
            return ("branches".to_owned(), if value == "true" { "events" } else { "none" }.to_owned());
        }
        ("has_ignored", _) if value == "true" => return ("branches".to_owned(), "ignored".to_owned()),
        (name, _) => OTHERWISE.iter().find(|(known, _)| *known == name).map_or(name, |(_, name)| *name),
    };
    (name.to_owned(), value)
}

/// What is in force, in words.
pub(super) fn chips(kind: BulkKind, pairs: &Pairs) -> Vec<Chip> {
    read(kind, pairs).1
}

/// What a list's query asks for, in words too, and what of it cannot be read.
pub(super) fn read(kind: BulkKind, pairs: &Pairs) -> (BulkTargets, Vec<Chip>, Vec<Mistake>) {
    let value = |name: &str| pairs.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.clone());
    match kind {
        BulkKind::EventBulkRetry => {
            let read = event::read_query(value);
            (BulkTargets::Events(Box::new(read.filter)), read.chips, read.mistakes)
        }
        BulkKind::RequestBulkRetry => {
            let read = request::read_query(value);
            (BulkTargets::Requests(Box::new(read.filter)), read.chips, read.mistakes)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DESTINATION: &str = "des_01HF7YAT000000000000000007";

    #[test]
    fn a_filter_leads_back_to_its_list() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (pairs, rest) = of_filter(
            BulkKind::EventBulkRetry,
            &json!({"status": "FAILED,HOLD", "destination_id": DESTINATION, "is_retry": false, "q": null, "id": "evt_1"}),
        );
        assert_eq!(pairs, [pair("destination", DESTINATION), pair("retries", "false"), pair("status", "FAILED,HOLD")]);
        assert_eq!(rest, [pair("id", "evt_1")]);
        let query = format!("/events?destination={DESTINATION}&retries=false&status=FAILED%2CHOLD");
        assert_eq!(list_of(BulkKind::EventBulkRetry, &pairs), query);
        let words: Vec<_> = chips(BulkKind::EventBulkRetry, &pairs).into_iter().map(|chip| chip.value).collect();
        assert_eq!(words, ["Failed, On hold", DESTINATION, "Without those sent again"]);

        let filter = json!({"status": "rejected", "has_events": false, "rejection_cause": ["SOURCE_AUTH_FAILED"]});
        let (pairs, rest) = of_filter(BulkKind::RequestBulkRetry, &filter);
        assert_eq!((pairs.len(), rest.len()), (3, 0));
        assert_eq!(read(BulkKind::RequestBulkRetry, &pairs).2, []);
    }

    #[test]
    fn names_of_the_api_become_those_of_pages() {
        let pairs = parsed("kind=event_bulk_retry&destination_id=x&status=FAILED");
        let named = with_names_of_pages(&pairs).unwrap();
        assert_eq!(text(&named), "kind=event_bulk_retry&destination=x&status=FAILED");
        assert_eq!(with_names_of_pages(&named), None);
        assert_eq!(text(&of_page(BulkKind::EventBulkRetry, named)), "destination=x&status=FAILED");
    }
}
