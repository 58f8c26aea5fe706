//! Which rows a list shows, as its URL says it; and those of attempts.

use std::{fmt, str::FromStr};

use hookyard_model::{AttemptFilter, AttemptStatus, Commas, Cursor, ErrorCode, ResponseCode, TimeBound, Trigger};

use super::times;
use crate::ui::error_word;

/// What cannot be read of a URL, for its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The field's name in the query.
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

/// A restriction that is in force: its name in the query, and how it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chip {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

/// The query of a list, as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListQuery<F> {
    pub(crate) filter: F,
    pub(crate) chips: Vec<Chip>,
    pub(crate) mistakes: Vec<Mistake>,
    /// The named stretch, or `custom`, or nothing.
    pub(crate) time: &'static str,
    /// The bounds of time.
    pub(crate) from: Option<TimeBound>,
    pub(crate) to: Option<TimeBound>,
    /// The text that is searched for.
    pub(crate) q: Option<String>,
}

/// The query of a list of attempts.
pub(crate) type LogQuery = ListQuery<AttemptFilter>;

impl LogQuery {
    /// Reads a query; what cannot be read is left out and named.
    pub(crate) fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| trimmed(value(name));
        let mut read = Self::default();
        read.filter.status = read.parse("status", "Status", value("status"), |status: &AttemptStatus| match status {
            AttemptStatus::Successful => "Successful".to_owned(),
            AttemptStatus::Failed => "Failed".to_owned(),
        });
        read.filter.destination_id = read.ids("destination", "Destination", value("destination"));
        read.filter.event_type =
            read.parse("type", "Event type", value("type"), |types: &Commas<String>| joined(types)).unwrap_or_default();
        read.filter.response_status = read
            .parse(
                "code",
                "Response",
                value("code").map(|code| code.to_ascii_lowercase()),
                |codes: &Commas<ResponseCode>| joined(codes),
            )
            .unwrap_or_default();
        read.filter.error_code = read.errors(value("error"));
        read.filter.trigger = read
            .parse("trigger", "Trigger", value("trigger"), |triggers: &Commas<Trigger>| {
                triggers.0.iter().map(|trigger| trigger_word(*trigger)).collect::<Vec<_>>().join(", ")
            })
            .unwrap_or_default();
        read.common(value, "newest attempts");
        (read.filter.from, read.filter.to, read.filter.q) = (read.from, read.to, read.q.clone());
        read
    }
}

fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl<F> ListQuery<F> {
    /// Reads what every list has: the time, the text, and whether the place in the list is known.
    pub(crate) fn common(&mut self, value: impl Fn(&str) -> Option<String>, first: &str) {
        let value = |name: &str| trimmed(value(name));
        let times = times::read(value("time").as_deref(), value("from"), value("to"));
        self.time = times.time;
        (self.from, self.to) = (times.from, times.to);
        self.chips.extend(times.chips);
        self.mistakes.extend(times.mistakes);
        self.q = value("q");
        if let Some(q) = self.q.clone() {
            self.chips.push(Chip { name: "q", label: "Text", value: q });
        }
        if value("cursor").is_some_and(|cursor| cursor.parse::<Cursor>().is_err()) {
            let text = format!("This place in the list is not known: the {first} are shown.");
            self.mistakes.push(Mistake { name: "cursor", text });
        }
    }

    /// Ids; where their chips are shown, they have names.
    pub(crate) fn ids<Id: FromStr<Err: fmt::Display> + fmt::Display>(
        &mut self,
        name: &'static str,
        label: &'static str,
        text: Option<String>,
    ) -> Commas<Id> {
        self.parse(name, label, trimmed(text), |ids: &Commas<Id>| joined(ids)).unwrap_or_default()
    }

    /// What attempts failed with.
    pub(crate) fn errors(&mut self, text: Option<String>) -> Commas<ErrorCode> {
        let words =
            |errors: &Commas<ErrorCode>| errors.0.iter().map(|error| error_word(*error)).collect::<Vec<_>>().join(", ");
        self.parse("error", "Error", trimmed(text), words).unwrap_or_default()
    }

    pub(crate) fn parse<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
        label: &'static str,
        text: Option<String>,
        words: impl Fn(&T) -> String,
    ) -> Option<T> {
        let text = text?;
        match text.parse() {
            Ok(value) => {
                self.chips.push(Chip { name, label, value: words(&value) });
                Some(value)
            }
            Err(error) => {
                self.mistakes.push(Mistake { name, text: format!("{label} was left out: {error}") });
                None
            }
        }
    }

    pub(crate) fn mistake(&self, name: &str) -> Option<&str> {
        self.mistakes.iter().find(|mistake| mistake.name == name).map(|mistake| mistake.text.as_str())
    }
}

fn joined<T: fmt::Display>(values: &Commas<T>) -> String {
    values.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Why there was an attempt, in a word.
pub(crate) const fn trigger_word(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Initial => "First",
        Trigger::Automatic => "Retry",
        Trigger::Manual => "Manual",
        Trigger::BulkRetry => "Bulk retry",
        Trigger::Unpause => "Resumed",
        Trigger::Recovery => "Recovery",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hookyard_model::TimeBound;

    use super::*;

    fn read(query: &str) -> LogQuery {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        LogQuery::read(|name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn a_query_is_read_into_a_filter_and_words() {
        let all = read("status=FAILED&type=a.b&code=5XX,none&trigger=MANUAL&time=24h&q=out+of+paper");
        assert_eq!(all.filter.response_status.0, [ResponseCode::Class(5), ResponseCode::None]);
        assert_eq!(all.filter.from, Some(TimeBound::BeforeNow(Duration::from_hours(24))));
        let words: Vec<_> = all.chips.iter().map(|chip| format!("{}: {}", chip.label, chip.value)).collect();
        assert_eq!(
            words,
            [
                "Status: Failed",
                "Event type: a.b",
                "Response: 5xx, none",
                "Trigger: Manual",
                "Time: Last 24 hours",
                "Text: out of paper"
            ]
        );
        assert_eq!(all.mistakes, []);
        assert_eq!(read("status=&code=&q=+"), LogQuery::default());
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_out() {
        for (query, field) in [
            ("status=MAYBE", "status"),
            ("code=999", "code"),
            ("code=six", "code"),
            ("trigger=LUCK", "trigger"),
            ("time=century", "time"),
            ("from=yesterday", "from"),
            ("to=2026-13-45T99:99", "to"),
            ("from=2026-01-02T00:00&to=2026-01-01T00:00", "to"),
            ("cursor=%00", "cursor"),
        ] {
            let found = read(query);
            assert!(found.mistake(field).is_some(), "{query}: {found:?}");
            assert!(
                found.filter.status.is_none() && found.filter.response_status.is_empty() && found.filter.to.is_none()
            );
        }
    }
}
