//! What is wrong with rules.

use super::{DeduplicateRule, DelayRule, RetryRule, RetryStrategy, Rule};
use crate::{FieldError, Filter, FilterPart, Place};

/// Milliseconds.
const SECOND: u64 = 1000;
const FIFTEEN_DAYS: u64 = 15 * 24 * 60 * 60 * SECOND;
/// How many tries there are after the first at most.
pub(super) const RETRIES: u32 = 50;
/// How many rules a connection has at most, and how many fields or status codes one of them names.
const RULES: usize = 20;
const NAMED: usize = 50;

/// What is wrong with a connection's rules.
pub fn rule_mistakes(rules: &[Rule]) -> Vec<FieldError> {
    if rules.len() > RULES {
        return vec![FieldError::new("/rules", format!("a connection has at most {RULES} rules"))];
    }
    let mut mistakes = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let at = format!("/rules/{index}");
        let is_first = !rules[..index].iter().any(|before| before.kind() == rule.kind());
        // Scripts may follow each other; of the others a second would contradict the first.
        if !is_first && !matches!(rule, Rule::Transform(_)) {
            mistakes
                .push(FieldError::new(&at, format!("there is a {} rule already; a connection has one", rule.kind())));
            continue;
        }
        match rule {
            Rule::Deduplicate(rule) => mistakes.extend(deduplicate(rule, &at)),
            Rule::Transform(_) => {}
            Rule::Filter(rule) => mistakes.extend(Filter::compile(rule, &at).err().into_iter().flatten()),
            Rule::Delay(DelayRule { delay }) => mistakes.extend(between(*delay, 1, &format!("{at}/delay"))),
            Rule::Retry(rule) => mistakes.extend(retry(rule, &at)),
        }
    }
    mistakes
}

/// Milliseconds that are too few or too many.
fn between(millis: u64, least: u64, pointer: &str) -> Option<FieldError> {
    (!(least..=FIFTEEN_DAYS).contains(&millis))
        .then(|| FieldError::new(pointer, format!("is {least} to {FIFTEEN_DAYS} milliseconds (15 days), not {millis}")))
}

fn deduplicate(rule: &DeduplicateRule, at: &str) -> Vec<FieldError> {
    let mut mistakes: Vec<FieldError> = between(rule.window, SECOND, &format!("{at}/window")).into_iter().collect();
    if rule.include_fields.is_some() && rule.exclude_fields.is_some() {
        let detail = "fields are either included or excluded, not both";
        mistakes.push(FieldError::new(format!("{at}/exclude_fields"), detail));
    }
    for (name, fields) in [("include_fields", &rule.include_fields), ("exclude_fields", &rule.exclude_fields)] {
        let Some(fields) = fields else { continue };
        let at = format!("{at}/{name}");
        if fields.is_empty() || fields.len() > NAMED {
            mistakes.push(FieldError::new(&at, format!("names 1 to {NAMED} fields, such as body.id")));
        }
        for (index, field) in fields.iter().enumerate().take(NAMED) {
            let wrong = match Place::parse(field) {
                Err(wrong) => Some(wrong),
                Ok(place)
                    if name == "exclude_fields" && place.steps().is_empty() && place.part() == FilterPart::Body =>
                {
                    Some("the whole body cannot be left out; name what is to be compared in include_fields".to_owned())
                }
                Ok(_) => None,
            };
            mistakes.extend(wrong.map(|wrong| FieldError::new(format!("{at}/{index}"), wrong)));
        }
    }
    mistakes
}

fn retry(rule: &RetryRule, at: &str) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let mut wrong = |field: &str, detail: String| mistakes.push(FieldError::new(format!("{at}/{field}"), detail));
    match (rule.strategy, &rule.intervals) {
        (RetryStrategy::Custom, None) => wrong("intervals", "a custom strategy lists its waits".to_owned()),
        (RetryStrategy::Custom, Some(list)) if list.is_empty() || list.len() > RETRIES as usize => {
            wrong("intervals", format!("lists 1 to {RETRIES} waits"));
        }
        (RetryStrategy::Linear | RetryStrategy::Exponential, Some(_)) => {
            wrong("intervals", "only a custom strategy lists its waits; this one has an `interval`".to_owned());
        }
        _ => {}
    }
    match (rule.strategy, rule.interval, rule.count) {
        (RetryStrategy::Custom, Some(_), _) => {
            wrong("interval", "a custom strategy has `intervals`, and no `interval`".to_owned());
        }
        (RetryStrategy::Linear | RetryStrategy::Exponential, None, _) => {
            wrong("interval", "is missing: the milliseconds between two attempts".to_owned());
        }
        (RetryStrategy::Linear | RetryStrategy::Exponential, _, None) => {
            wrong("count", "is missing: how many tries there are after the first".to_owned());
        }
        _ => {}
    }
    if let Some(count) = rule.count.filter(|count| !(1..=RETRIES).contains(count)) {
        wrong("count", format!("is 1 to {RETRIES}, not {count}"));
    }
    if let (Some(count), Some(list)) = (rule.count, &rule.intervals)
        && count as usize > list.len()
    {
        wrong("count", format!("is at most the number of waits in `intervals`, {}", list.len()));
    }
    for (name, millis) in [("interval", rule.interval), ("max_interval", rule.max_interval)] {
        mistakes.extend(millis.and_then(|millis| between(millis, SECOND, &format!("{at}/{name}"))));
    }
    for (index, millis) in rule.intervals.iter().flatten().enumerate().take(RETRIES as usize) {
        mistakes.extend(between(*millis, SECOND, &format!("{at}/intervals/{index}")));
    }
    if let Some(codes) = &rule.response_status_codes {
        let at = format!("{at}/response_status_codes");
        if codes.is_empty() || codes.len() > NAMED {
            mistakes.push(FieldError::new(
                &at,
                format!("lists 1 to {NAMED} codes or ranges; leave it out for all failures"),
            ));
        }
        for (index, code) in codes.iter().enumerate().take(NAMED) {
            mistakes
                .extend(super::retry::codes(code).err().map(|wrong| FieldError::new(format!("{at}/{index}"), wrong)));
        }
    }
    mistakes
}
