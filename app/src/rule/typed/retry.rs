//! When what failed is tried again, as typed.

use hookyard_model::{RetryRule, RetryStrategy, Rule};

use super::{Read, Span, span, span_of};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retry {
    /// `linear`, `exponential` or `custom`.
    pub(crate) strategy: String,
    pub(crate) count: String,
    pub(crate) interval: Span,
    /// No amount: no cap.
    pub(crate) cap: Span,
    /// The waits of a custom list, such as `30 s, 5 min, 1 h`.
    pub(crate) list: String,
    /// The statuses that are tried again, such as `429, 500-599`.
    pub(crate) statuses: String,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            strategy: "exponential".to_owned(),
            count: "5".to_owned(),
            interval: span::split(60_000),
            cap: (String::new(), "h".to_owned()),
            list: "30 s, 5 min, 1 h".to_owned(),
            statuses: String::new(),
        }
    }
}

impl Retry {
    pub(super) fn of(rule: &RetryRule) -> Self {
        let usual = Self::default();
        let strategy = match rule.strategy {
            RetryStrategy::Linear => "linear",
            RetryStrategy::Exponential => "exponential",
            RetryStrategy::Custom => "custom",
        };
        let list = |waits: &Vec<u64>| waits.iter().map(|wait| compact(*wait)).collect::<Vec<_>>().join(", ");
        Self {
            strategy: strategy.to_owned(),
            count: rule.count.map(|count| count.to_string()).unwrap_or(usual.count),
            interval: rule.interval.map(span::split).unwrap_or(usual.interval),
            cap: rule.max_interval.map(span::split).unwrap_or(usual.cap),
            list: rule.intervals.as_ref().map(list).unwrap_or(usual.list),
            statuses: rule.response_status_codes.as_ref().map(|codes| codes.join(", ")).unwrap_or_default(),
        }
    }

    pub(crate) fn read(&self) -> Read {
        let statuses: Vec<_> =
            self.statuses.split([',', ' ']).filter(|code| !code.is_empty()).map(str::to_owned).collect();
        let cap = match self.cap.0.trim() {
            "" => None,
            amount => Some(span_of("/max_interval", amount, &self.cap.1)?),
        };
        let mut rule = RetryRule {
            strategy: RetryStrategy::Custom,
            count: None,
            interval: None,
            intervals: None,
            max_interval: None,
            response_status_codes: Some(statuses).filter(|statuses| !statuses.is_empty()),
        };
        if self.strategy == "custom" {
            let waits: Option<Vec<_>> =
                self.list.split([',', '\n']).filter(|text| !text.trim().is_empty()).map(wait).collect();
            let wrong = || ("/intervals", "is a list such as 30 s, 5 min, 1 h".to_owned());
            rule.intervals = Some(waits.filter(|waits| !waits.is_empty()).ok_or_else(wrong)?);
        } else {
            rule.strategy = if self.strategy == "linear" { RetryStrategy::Linear } else { RetryStrategy::Exponential };
            rule.count =
                Some(self.count.trim().parse().map_err(|_| ("/count", "is a number from 1 to 50".to_owned()))?);
            rule.interval = Some(span_of("/interval", &self.interval.0, &self.interval.1)?);
            rule.max_interval = cap;
        }
        Ok(Rule::Retry(rule))
    }
}

fn compact(ms: u64) -> String {
    let (amount, unit) = span::split(ms);
    format!("{amount} {unit}")
}

/// A wait of a custom list: an amount with its unit.
fn wait(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    span::joined(&text[..at], &text[at..])
}
