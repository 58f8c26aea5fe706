//! Which events the list shows, as its URL says it.

use hookyard_model::{BulkScope, Commas, EventFilter, EventStatus};

use crate::{attempt::ListQuery, bulk::scope_words, ui::event_word};

/// The query of a list of events.
pub(crate) type EventQuery = ListQuery<EventFilter>;

/// Reads a query; what cannot be read is left out and named.
pub(crate) fn read(value: impl Fn(&str) -> Option<String>) -> EventQuery {
    let mut read = EventQuery::default();
    read.filter.status = read
        .parse("status", "Status", value("status"), |statuses: &Commas<EventStatus>| {
            statuses.0.iter().map(|status| event_word(*status)).collect::<Vec<_>>().join(", ")
        })
        .unwrap_or_default();
    read.filter.source_id = read.ids("source", "Source", value("source"));
    read.filter.connection_id = read.ids("connection", "Connection", value("connection"));
    read.filter.destination_id = read.ids("destination", "Destination", value("destination"));
    read.filter.request_id = read.ids("request", "Request", value("request"));
    read.filter.error_code = read.errors(value("error"));
    read.filter.is_retry = read.parse("retries", "Retries", value("retries"), |is_retry: &bool| {
        if *is_retry { "Sent again on demand".to_owned() } else { "Without those sent again".to_owned() }
    });
    read.filter.batch_operation_id = read.ids("operation", "Bulk operation", value("operation"));
    read.filter.batch_operation_scope =
        read.parse("scope", "Of it", value("scope"), |scope: &BulkScope| scope_words(*scope).to_owned());
    read.common(&value, "newest events");
    (read.filter.from, read.filter.to, read.filter.q) = (read.from, read.to, read.q.clone());
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> EventQuery {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        read(|name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn a_query_is_read_into_a_filter_and_words() {
        let all = of("status=HOLD,FAILED&error=TIMEOUT&retries=true&from=now-2h&q=x");
        assert_eq!(all.filter.status.0, [EventStatus::Hold, EventStatus::Failed]);
        assert!(all.filter.from.is_some() && all.filter.q.as_deref() == Some("x"));
        let words: Vec<_> = all.chips.iter().map(|chip| format!("{}: {}", chip.label, chip.value)).collect();
        assert_eq!(words[..3], ["Status: On hold, Failed", "Error: timeout", "Retries: Sent again on demand"]);
        for name in ["status", "source", "connection", "destination", "request", "error", "retries"] {
            let found = of(&format!("{name}=perhaps"));
            assert!(found.mistake(name).is_some(), "{name}");
            assert_eq!(found.filter, EventFilter::default(), "{name}");
        }
    }
}
