//! Rules as they are typed, and back.

mod deduplicate;
mod filter;
mod retry;

use hookyard_model::{DelayRule, Rule, TransformRule, TransformationId};

pub(crate) use self::{
    deduplicate::Deduplicate,
    filter::{Filter, pretty},
    retry::Retry,
};
use super::span;

/// An amount and its unit, as typed.
pub(crate) type Span = (String, String);

/// A rule as it was read, or what of it cannot be, and where.
type Read = Result<Rule, (&'static str, String)>;

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

impl Typed {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut typed = Self { deduplicate: None, transform: None, filter: None, delay: None, retry: None };
        for rule in rules {
            match rule {
                Rule::Deduplicate(rule) => typed.deduplicate = Some(Deduplicate::of(rule)),
                Rule::Transform(rule) => typed.transform.get_or_insert_default().push(rule.transformation_id),
                Rule::Filter(rule) => typed.filter = Some(Filter::of(rule)),
                Rule::Delay(rule) => typed.delay = Some(span::split(rule.delay)),
                Rule::Retry(rule) => typed.retry = Some(Retry::of(rule)),
            }
        }
        typed
    }

    /// The rules in their order, and what cannot be read as one.
    pub(crate) fn rules(&self) -> (Vec<Rule>, Vec<Mistake>) {
        let mut rules = Vec::new();
        let mut mistakes = Vec::new();
        let mut take = |kind: &str, read: Read| match read {
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

fn span_of(pointer: &'static str, amount: &str, unit: &str) -> Result<u64, (&'static str, String)> {
    span::joined(amount, unit).ok_or_else(|| (pointer, "is a number, such as 30".to_owned()))
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
