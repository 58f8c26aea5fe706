//! The rules under way: what the editors hold.

use hookyard_model::{FieldError, Rule, TransformationId, rule_mistakes};
use leptos::prelude::*;

use super::typed::{Deduplicate, Filter, Mistake, Retry, Span, Typed};

/// An amount and a unit that are typed into.
#[derive(Clone, Copy)]
pub(crate) struct SpanDraft {
    pub(crate) amount: RwSignal<String>,
    pub(crate) unit: RwSignal<String>,
}

impl SpanDraft {
    fn new((amount, unit): Span) -> Self {
        Self { amount: RwSignal::new(amount), unit: RwSignal::new(unit) }
    }

    fn get(self) -> Span {
        (self.amount.get(), self.unit.get())
    }
}

/// The rules under way.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    pub(crate) has_deduplicate: RwSignal<bool>,
    pub(crate) window: SpanDraft,
    pub(crate) by: RwSignal<String>,
    pub(crate) fields: RwSignal<String>,
    pub(crate) has_transform: RwSignal<bool>,
    pub(crate) transformations: RwSignal<Vec<TransformationId>>,
    pub(crate) has_filter: RwSignal<bool>,
    pub(crate) headers: RwSignal<String>,
    pub(crate) body: RwSignal<String>,
    pub(crate) query: RwSignal<String>,
    pub(crate) path: RwSignal<String>,
    pub(crate) has_delay: RwSignal<bool>,
    pub(crate) delay: SpanDraft,
    pub(crate) has_retry: RwSignal<bool>,
    pub(crate) strategy: RwSignal<String>,
    pub(crate) count: RwSignal<String>,
    pub(crate) interval: SpanDraft,
    pub(crate) cap: SpanDraft,
    pub(crate) list: RwSignal<String>,
    pub(crate) statuses: RwSignal<String>,
    /// The rules that were sent last: pointers in the answer are about them.
    sent: RwSignal<Vec<Rule>>,
}

impl Draft {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let typed = Typed::of(rules);
        let has = (
            typed.deduplicate.is_some(),
            typed.transform.is_some(),
            typed.filter.is_some(),
            typed.delay.is_some(),
            typed.retry.is_some(),
        );
        let Deduplicate { window, by, fields } = typed.deduplicate.unwrap_or_default();
        let Filter { headers, body, query, path } = typed.filter.unwrap_or_default();
        let retry = typed.retry.unwrap_or_default();
        let text = RwSignal::<String>::new;
        // An editor of JSON begins with something that is JSON.
        let part = |json: String| RwSignal::new(if json.is_empty() { "{}".to_owned() } else { json });
        Self {
            has_deduplicate: RwSignal::new(has.0),
            window: SpanDraft::new(window),
            by: text(by),
            fields: text(fields),
            has_transform: RwSignal::new(has.1),
            transformations: RwSignal::new(typed.transform.unwrap_or_default()),
            has_filter: RwSignal::new(has.2),
            headers: part(headers),
            body: part(body),
            query: part(query),
            path: part(path),
            has_delay: RwSignal::new(has.3),
            delay: SpanDraft::new(typed.delay.unwrap_or_else(|| ("5".to_owned(), "min".to_owned()))),
            has_retry: RwSignal::new(has.4),
            strategy: text(retry.strategy),
            count: text(retry.count),
            interval: SpanDraft::new(retry.interval),
            cap: SpanDraft::new(retry.cap),
            list: text(retry.list),
            statuses: text(retry.statuses),
            sent: RwSignal::new(rules.to_vec()),
        }
    }

    /// What is typed now, of the rules that are on.
    pub(crate) fn typed(self) -> Typed {
        Typed {
            deduplicate: self.has_deduplicate.get().then(|| Deduplicate {
                window: self.window.get(),
                by: self.by.get(),
                fields: self.fields.get(),
            }),
            transform: self.has_transform.get().then(|| self.transformations.get()),
            filter: self.has_filter.get().then(|| Filter {
                headers: self.headers.get(),
                body: self.body.get(),
                query: self.query.get(),
                path: self.path.get(),
            }),
            delay: self.has_delay.get().then(|| self.delay.get()),
            retry: self.has_retry.get().then(|| self.retry()),
        }
    }

    /// What is typed of the retry rule, on or off.
    pub(crate) fn retry(self) -> Retry {
        Retry {
            strategy: self.strategy.get(),
            count: self.count.get(),
            interval: self.interval.get(),
            cap: self.cap.get(),
            list: self.list.get(),
            statuses: self.statuses.get(),
        }
    }

    /// Whether a rule of this kind is on.
    pub(crate) fn has(self, kind: &str) -> RwSignal<bool> {
        match kind {
            "deduplicate" => self.has_deduplicate,
            "transform" => self.has_transform,
            "filter" => self.has_filter,
            "delay" => self.has_delay,
            _ => self.has_retry,
        }
    }

    pub(crate) fn remember_sent(self, rules: &[Rule]) {
        self.sent.set(rules.to_vec());
    }

    /// What is wrong with what is typed, as far as it can be read.
    pub(crate) fn live_mistakes(self) -> Vec<Mistake> {
        let (rules, _) = self.typed().rules();
        rule_mistakes(&rules).iter().filter_map(|error| mistake(&rules, error)).collect()
    }

    /// What the server found wrong, by kind rather than by place in the list that was sent.
    pub(crate) fn refused(self, errors: &[FieldError]) -> Vec<Mistake> {
        self.sent.with_untracked(|sent| errors.iter().filter_map(|error| mistake(sent, error)).collect())
    }
}

fn mistake(sent: &[Rule], error: &FieldError) -> Option<Mistake> {
    let within = error.pointer.strip_prefix("/rules/")?;
    let (index, rest) =
        within.split_once('/').map_or((within, String::new()), |(index, rest)| (index, format!("/{rest}")));
    let rule = sent.get(index.parse::<usize>().ok()?)?;
    Some(Mistake { kind: rule.kind().to_owned(), pointer: rest, detail: error.detail.clone() })
}

#[cfg(test)]
mod tests {
    use hookyard_model::DelayRule;

    use super::*;

    #[test]
    fn an_answer_is_led_to_its_rule() {
        let sent = [Rule::Filter(hookyard_model::FilterRule::default()), Rule::Delay(DelayRule { delay: 1 })];
        let of = |pointer: &str| mistake(&sent, &FieldError::new(pointer, "wrong")).map(|m| (m.kind, m.pointer));
        assert_eq!(of("/rules/0/body/a/$gte"), Some(("filter".to_owned(), "/body/a/$gte".to_owned())));
        assert_eq!(of("/rules/1"), Some(("delay".to_owned(), String::new())));
        assert_eq!((of("/rules/7"), of("/name")), (None, None));
    }
}
