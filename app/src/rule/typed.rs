//! Rules as they are typed, and back.

use hookyard_model::{
    DeduplicateRule, DelayRule, FilterRule, RetryRule, RetryStrategy, Rule, TransformRule, TransformationId,
};
use serde_json::Value;

use super::span;

/// An amount and its unit, as typed.
pub(crate) type Span = (String, String);

/// A rule that cannot be read, or that the server refused: its kind, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) kind: String,
    /// A pointer into the rule, such as `/window`.
    pub(crate) pointer: String,
    pub(crate) detail: String,
}

/// What a connection's rules are typed as. A rule that is switched off keeps what was typed until the page is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) deduplicate: Option<Deduplicate>,
    pub(crate) transform: Option<Vec<TransformationId>>,
    pub(crate) filter: Option<Filter>,
    pub(crate) delay: Option<Span>,
    pub(crate) retry: Option<Retry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deduplicate {
    pub(crate) window: Span,
    /// `all`, `include` or `exclude`.
    pub(crate) by: String,
    /// A field a line.
    pub(crate) fields: String,
}

/// The JSON of each part; what is empty does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) query: String,
    pub(crate) path: String,
}

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

impl Default for Deduplicate {
    fn default() -> Self {
        Self { window: span::split(300_000), by: "all".to_owned(), fields: String::new() }
    }
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

impl Typed {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut typed = Self { deduplicate: None, transform: None, filter: None, delay: None, retry: None };
        for rule in rules {
            match rule {
                Rule::Deduplicate(rule) => typed.deduplicate = Some(deduplicate(rule)),
                Rule::Transform(rule) => typed.transform.get_or_insert_default().push(rule.transformation_id),
                Rule::Filter(rule) => typed.filter = Some(filter(rule)),
                Rule::Delay(rule) => typed.delay = Some(span::split(rule.delay)),
                Rule::Retry(rule) => typed.retry = Some(retry(rule)),
            }
        }
        typed
    }

    /// The rules in their order, and what cannot be read as one.
    pub(crate) fn rules(&self) -> (Vec<Rule>, Vec<Mistake>) {
        let mut rules = Vec::new();
        let mut mistakes = Vec::new();
        let mut take = |kind: &str, read: Result<Rule, (&str, String)>| match read {
            Ok(rule) => rules.push(rule),
            Err((pointer, detail)) => {
                mistakes.push(Mistake { kind: kind.to_owned(), pointer: pointer.to_owned(), detail });
            }
        };
        if let Some(typed) = &self.deduplicate {
            take("deduplicate", typed.read());
        }
        match self.transform.as_deref() {
            Some([]) => take("transform", Err(("", "choose a transformation, or switch this off".to_owned()))),
            Some(ids) => ids.iter().for_each(|id| {
                take("transform", Ok(Rule::Transform(TransformRule { transformation_id: *id })));
            }),
            None => {}
        }
        if let Some(typed) = &self.filter {
            take("filter", typed.read());
        }
        if let Some((amount, unit)) = &self.delay {
            take("delay", span_of("/delay", amount, unit).map(|delay| Rule::Delay(DelayRule { delay })));
        }
        if let Some(typed) = &self.retry {
            take("retry", typed.read());
        }
        (rules, mistakes)
    }
}

fn span_of<'a>(pointer: &'a str, amount: &str, unit: &str) -> Result<u64, (&'a str, String)> {
    span::joined(amount, unit).ok_or_else(|| (pointer, "is a number, such as 30".to_owned()))
}

fn deduplicate(rule: &DeduplicateRule) -> Deduplicate {
    let (by, fields) = match (&rule.include_fields, &rule.exclude_fields) {
        (Some(fields), _) => ("include", fields.join("\n")),
        (None, Some(fields)) => ("exclude", fields.join("\n")),
        (None, None) => ("all", String::new()),
    };
    Deduplicate { window: span::split(rule.window), by: by.to_owned(), fields }
}

impl Deduplicate {
    fn read(&self) -> Result<Rule, (&'static str, String)> {
        let window = span_of("/window", &self.window.0, &self.window.1)?;
        let fields: Vec<_> = self
            .fields
            .split(['\n', ','])
            .map(str::trim)
            .filter(|field| !field.is_empty())
            .map(str::to_owned)
            .collect();
        let (include_fields, exclude_fields) = match self.by.as_str() {
            "include" if fields.is_empty() => {
                return Err(("/include_fields", "name a field, such as body.id".to_owned()));
            }
            "exclude" if fields.is_empty() => {
                return Err(("/exclude_fields", "name a field, such as body.sent_at".to_owned()));
            }
            "include" => (Some(fields), None),
            "exclude" => (None, Some(fields)),
            _ => (None, None),
        };
        Ok(Rule::Deduplicate(DeduplicateRule { window, include_fields, exclude_fields }))
    }
}

fn filter(rule: &FilterRule) -> Filter {
    let text = |part: &Option<Value>| part.as_ref().map(pretty).unwrap_or_default();
    Filter { headers: text(&rule.headers), body: text(&rule.body), query: text(&rule.query), path: text(&rule.path) }
}

pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl Filter {
    fn read(&self) -> Result<Rule, (&'static str, String)> {
        let part = |pointer: &'static str, text: &str| match text.trim() {
            "" | "{}" => Ok(None),
            text => {
                serde_json::from_str(text).map(Some).map_err(|error| (pointer, format!("this is not JSON: {error}")))
            }
        };
        let rule = FilterRule {
            headers: part("/headers", &self.headers)?,
            body: part("/body", &self.body)?,
            query: part("/query", &self.query)?,
            path: part("/path", &self.path)?,
        };
        if rule == FilterRule::default() {
            return Err(("", "write a condition, or switch this off: an empty filter is not saved".to_owned()));
        }
        Ok(Rule::Filter(rule))
    }
}

fn retry(rule: &RetryRule) -> Retry {
    let usual = Retry::default();
    let strategy = match rule.strategy {
        RetryStrategy::Linear => "linear",
        RetryStrategy::Exponential => "exponential",
        RetryStrategy::Custom => "custom",
    };
    let list = |waits: &Vec<u64>| waits.iter().map(|wait| compact(*wait)).collect::<Vec<_>>().join(", ");
    Retry {
        strategy: strategy.to_owned(),
        count: rule.count.map(|count| count.to_string()).unwrap_or(usual.count),
        interval: rule.interval.map(span::split).unwrap_or(usual.interval),
        cap: rule.max_interval.map(span::split).unwrap_or(usual.cap),
        list: rule.intervals.as_ref().map(list).unwrap_or(usual.list),
        statuses: rule.response_status_codes.as_ref().map(|codes| codes.join(", ")).unwrap_or_default(),
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

impl Retry {
    pub(crate) fn read(&self) -> Result<Rule, (&'static str, String)> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules() -> Vec<Rule> {
        serde_json::from_value(json!([
            {"type": "deduplicate", "window": 60000, "include_fields": ["body.id", "headers.x-id"]},
            {"type": "filter", "body": {"amount": {"$gte": 100}}, "path": "/eu"},
            {"type": "delay", "delay": 90000},
            {"type": "retry", "strategy": "exponential", "count": 5, "interval": 60000, "max_interval": 3_600_000,
             "response_status_codes": ["429", "500-599"]},
        ]))
        .unwrap()
    }

    #[test]
    fn rules_come_back_as_they_were() {
        let custom = json!([{"type": "retry", "strategy": "custom", "intervals": [30000, 300_000, 3_600_000]}]);
        for rules in [rules(), serde_json::from_value(custom).unwrap(), Vec::new()] {
            assert_eq!(Typed::of(&rules).rules(), (rules, Vec::new()));
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let mut typed = Typed::of(&rules());
        typed.filter = Some(Filter { body: "{}".to_owned(), ..Filter::default() });
        typed.transform = Some(Vec::new());
        typed.delay = Some(("soon".to_owned(), "s".to_owned()));
        if let Some(retry) = &mut typed.retry {
            retry.strategy = "custom".to_owned();
            retry.list = "5".to_owned();
        }
        let (rules, mistakes) = typed.rules();
        assert_eq!(rules.len(), 1);
        let places: Vec<_> = mistakes.iter().map(|mistake| (mistake.kind.as_str(), mistake.pointer.as_str())).collect();
        assert_eq!(places, [("transform", ""), ("filter", ""), ("delay", "/delay"), ("retry", "/intervals")]);
        typed.filter = Some(Filter { query: "{\"a\": }".to_owned(), ..Filter::default() });
        assert_eq!(typed.rules().1[1].pointer, "/query");
    }
}
