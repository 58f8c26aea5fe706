//! A connection's rules, read once to be asked with every request.

use std::time::Duration;

use hookyard_model::{DelayRule, Filter, Mismatch, Rule, Sameness, TransformationId, View};

/// A connection's rules, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct CompiledRules {
    pub(crate) deduplicate: Option<Deduplicate>,
    /// The scripts that change its payloads, in their order.
    pub(crate) transforms: Vec<TransformationId>,
    filter: Option<Filter>,
    /// A filter that is stored and cannot be read lets nothing pass, rather than everything.
    is_broken: bool,
    /// How long the first attempt waits.
    pub(crate) delay: Duration,
}

/// What makes requests the same, and for how long.
#[derive(Debug)]
pub(crate) struct Deduplicate {
    pub(crate) sameness: Sameness,
    pub(crate) window: Duration,
}

impl CompiledRules {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let mut compiled = Self::default();
        for rule in rules {
            match rule {
                Rule::Deduplicate(rule) => {
                    let window = Duration::from_millis(rule.window);
                    compiled.deduplicate = Some(Deduplicate { sameness: Sameness::new(rule), window });
                }
                Rule::Transform(rule) => compiled.transforms.push(rule.transformation_id),
                Rule::Filter(rule) => match Filter::compile(rule, "") {
                    Ok(filter) => compiled.filter = Some(filter),
                    Err(mistakes) => {
                        tracing::error!(?mistakes, "a stored filter cannot be read; nothing passes it");
                        compiled.is_broken = true;
                    }
                },
                Rule::Delay(DelayRule { delay }) => compiled.delay = Duration::from_millis(*delay),
                // Asked after an attempt, by the destination's lane.
                Rule::Retry(_) => {}
            }
        }
        compiled
    }

    /// Whether scripts change what it sends: then its filter sees what they return.
    pub(crate) fn has_transforms(&self) -> bool {
        !self.transforms.is_empty()
    }

    pub(crate) fn has_filter(&self) -> bool {
        self.filter.is_some() || self.is_broken
    }

    /// Whether the filter lets something pass.
    pub(crate) fn passes(&self, view: &View<'_>) -> bool {
        !self.is_broken && self.filter.as_ref().is_none_or(|filter| filter.passes(view))
    }

    /// Whether the filter lets something pass, and if not, the condition that fails.
    pub(crate) fn check(&self, view: &View<'_>) -> Result<(), Option<Mismatch>> {
        match &self.filter {
            _ if self.is_broken => Err(None),
            None => Ok(()),
            Some(filter) => filter.check(view).map_err(Some),
        }
    }

    /// Whether the body must be read as JSON to decide what becomes of a request.
    pub(crate) fn asks_for_body(&self) -> bool {
        let compares = self.deduplicate.as_ref().is_some_and(|rule| rule.sameness.asks_for_body());
        let filters = !self.has_transforms() && self.filter.as_ref().is_some_and(Filter::asks_for_body);
        compares || filters
    }
}
