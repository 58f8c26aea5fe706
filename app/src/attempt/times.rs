//! The stretch of time that the Delivery Logs show, as their URL says it.

use std::time::Duration;

use hookyard_model::{TimeBound, Timestamp};

use super::query::{Chip, Mistake};

/// The stretches of time that have a name, up to now.
pub(crate) const STRETCHES: [(&str, &str, Duration); 3] = [
    ("1h", "Last hour", Duration::from_hours(1)),
    ("24h", "Last 24 hours", Duration::from_hours(24)),
    ("7d", "Last 7 days", Duration::from_hours(7 * 24)),
];

/// The choice of times of one's own.
pub(crate) const CUSTOM: &str = "custom";

/// What a query says about time.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// The named stretch, or [`CUSTOM`], or nothing.
    pub(super) time: &'static str,
    pub(super) from: Option<TimeBound>,
    pub(super) to: Option<TimeBound>,
    pub(super) chips: Vec<Chip>,
    pub(super) mistakes: Vec<Mistake>,
}

/// Reads the stretch's name and the bounds; a name goes before bounds.
pub(super) fn read(time: Option<&str>, from: Option<String>, to: Option<String>) -> Times {
    let mut read = Times::default();
    if let Some((name, words, length)) = STRETCHES.iter().find(|(name, ..)| time == Some(name)) {
        read.time = name;
        read.from = Some(TimeBound::BeforeNow(*length));
        read.chips.push(Chip { name: "time", label: "Time", value: (*words).to_owned() });
        return read;
    }
    match time {
        Some(CUSTOM) => read.time = CUSTOM,
        Some(time) => {
            let expected = STRETCHES.map(|(name, ..)| name).join(", ");
            let text = format!("Time was left out: `{}` is none of {expected}, {CUSTOM}", cut(time));
            read.mistakes.push(Mistake { name: "time", text });
        }
        None => {}
    }
    if from.is_some() || to.is_some() {
        read.time = CUSTOM;
    }
    read.from = read.bound("from", "From", from);
    read.to = read.bound("to", "To", to);
    if let (Some(TimeBound::At(from)), Some(TimeBound::At(to))) = (read.from, read.to)
        && from >= to
    {
        read.mistakes.push(Mistake { name: "to", text: "To was left out: it is not later than From".to_owned() });
        read.to = None;
    }
    for (name, label, bound) in [("from", "From", read.from), ("to", "To", read.to)] {
        read.chips.extend(bound.map(|bound| Chip { name, label, value: bound_words(bound) }));
    }
    read
}

impl Times {
    fn bound(&mut self, name: &'static str, label: &str, text: Option<String>) -> Option<TimeBound> {
        let text = text?;
        let found = bound(&text);
        if found.is_none() {
            let text = format!("{label} was left out: `{}` is not a time such as 2026-01-31T08:15, in UTC", cut(&text));
            self.mistakes.push(Mistake { name, text });
        }
        found
    }
}

/// A time as the API takes it, or as a form gives it: without a zone, in UTC.
fn bound(text: &str) -> Option<TimeBound> {
    let as_form = || match text.len() {
        16 => format!("{text}:00Z").parse().ok(),
        _ => format!("{text}Z").parse().ok(),
    };
    text.parse().ok().or_else(as_form)
}

fn bound_words(bound: TimeBound) -> String {
    match bound {
        TimeBound::At(time) => format!("{} UTC", &utc_for_form(time).replace('T', " ")),
        TimeBound::BeforeNow(_) => bound.to_string(),
    }
}

/// A time as a field for one takes it, in UTC: `2026-01-31T08:15:00`.
pub(crate) fn utc_for_form(time: Timestamp) -> String {
    time.to_string().chars().take(19).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A form's fields as the query that they mean: nothing that is empty, and no times where a named stretch is chosen.
pub(crate) fn tidy(mut fields: Vec<(String, String)>) -> Vec<(String, String)> {
    fields.retain(|(_, value)| !value.trim().is_empty());
    let is_named = |fields: &[(String, String)]| {
        fields.iter().any(|(name, value)| name == "time" && STRETCHES.iter().any(|(stretch, ..)| stretch == value))
    };
    let is_custom = fields.iter().any(|(name, value)| name == "time" && value == CUSTOM);
    let is_time = |name: &str| matches!(name, "from" | "to");
    if is_named(&fields) || !is_custom {
        fields.retain(|(name, _)| !is_time(name));
    } else if fields.iter().any(|(name, _)| is_time(name)) {
        fields.retain(|(name, _)| name != "time");
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    #[test]
    fn times_are_utc_unless_they_say_otherwise() {
        let at = |text: &str| Some(TimeBound::At(text.parse().unwrap()));
        for (query, from, to) in [
            ("from=2026-01-31T08:15", at("2026-01-31T08:15:00Z"), None),
            ("to=2026-01-31T08:15:09", None, at("2026-01-31T08:15:09Z")),
            ("from=2026-01-31T08:15:00.250Z", at("2026-01-31T08:15:00.250Z"), None),
            ("from=2026-01-31T10:15:00%2B02:00", at("2026-01-31T08:15:00Z"), None),
            ("from=now-2h", Some(TimeBound::BeforeNow(Duration::from_hours(2))), None),
            ("time=custom", None, None),
            ("time=1h&from=2026-01-31T08:15", Some(TimeBound::BeforeNow(Duration::from_hours(1))), None),
        ] {
            let pairs = pairs(query);
            let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            let found = read(value("time").as_deref(), value("from"), value("to"));
            assert_eq!(found.time == CUSTOM, !query.starts_with("time=1h"), "{query}");
            assert_eq!((found.from, found.to), (from, to), "{query}");
            assert_eq!(found.mistakes, [], "{query}");
        }
    }

    #[test]
    fn a_form_makes_a_short_query() {
        let tidied = |query: &str| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(tidy(pairs(query))).finish()
        };
        for (form, query) in [
            ("status=FAILED&type=&q=", "status=FAILED"),
            ("time=24h&from=2026-01-01T00:00", "time=24h"),
            ("time=custom&from=a&to=", "from=a"),
            ("time=custom&from=&to=", "time=custom"),
            ("time=&from=a", ""),
        ] {
            assert_eq!(tidied(form), query, "{form}");
        }
    }
}
