//! Asking a filter. Nothing is copied; a value is looked at once for each condition that is asked of it.

use std::cmp::Ordering;

use serde_json::Value as Json;
use serde_json_borrow::Value;

use super::{
    Comparison, Filter, FilterPart, Kind, Mismatch, Operand, Operator, Test, explain, value,
    view::{Node, View},
    work::Work,
};

/// What conditions are asked with.
pub(super) struct Asking<'f> {
    part: FilterPart,
    /// What stands at the filter's places, and whether that is where all is text.
    places: &'f [(Option<Json>, bool)],
    pub(super) work: &'f Work,
}

impl Filter {
    /// Whether something passes.
    pub fn passes(&self, view: &View<'_>) -> bool {
        view.work.begin();
        let places = self.places(view);
        let asking = |part| Asking { part, places: &places, work: &view.work };
        let holds = |(part, test): &(FilterPart, Test)| asking(*part).holds(test, view.part(*part));
        self.parts.iter().all(holds) && !view.work.is_spent()
    }

    /// Whether something passes, and if not, the first condition that fails.
    ///
    /// # Errors
    ///
    /// That condition.
    pub fn check(&self, view: &View<'_>) -> Result<(), Mismatch> {
        view.work.begin();
        let places = self.places(view);
        for (part, test) in &self.parts {
            let asking = Asking { part: *part, places: &places, work: &view.work };
            let holds = asking.holds(test, view.part(*part));
            if view.work.is_spent() {
                return Err(explain::too_much(*part, test));
            }
            if !holds {
                // To say why, its conditions are asked once more.
                view.work.begin();
                let why = explain::mismatch(&asking, *part, test, view);
                return Err(if view.work.is_spent() { explain::too_much(*part, test) } else { why });
            }
        }
        Ok(())
    }

    /// What stands at the places that conditions compare with: looked for once, not with every element of a list.
    fn places(&self, view: &View<'_>) -> Vec<(Option<Json>, bool)> {
        let find = |place: &super::Place| {
            let found = place.find(view).filter(|node| view.work.take_copy(*node));
            (found.map(value::owned), is_loose(place.part))
        };
        self.places.iter().map(find).collect()
    }
}

const fn is_loose(part: FilterPart) -> bool {
    matches!(part, FilterPart::Headers | FilterPart::Query)
}

/// Whether `holds` for the value or, in a list, for one of its elements.
pub(super) fn any_of<'v, 'a>(node: Node<'v, 'a>, work: &Work, holds: &impl Fn(Node<'v, 'a>) -> bool) -> bool {
    let inside = |items| while_any(items, work).any(|item| any_of(Node::Value(item), work, holds));
    work.take(1) && (holds(node) || node.items().is_some_and(inside))
}

/// The items, as long as there is work left.
fn while_any<'i, T>(items: &'i [T], work: &Work) -> impl Iterator<Item = &'i T> {
    items.iter().take_while(|_| !work.is_spent())
}

impl Asking<'_> {
    pub(super) fn holds(&self, test: &Test, node: Option<Node<'_, '_>>) -> bool {
        match &test.kind {
            Kind::All(tests) => tests.iter().all(|test| self.holds(test, node)),
            Kind::Any(tests, _) => tests.iter().any(|test| self.holds(test, node)),
            Kind::Not(test, _) => !self.holds(test, node),
            Kind::Exists(wanted) => node.is_some() == *wanted,
            Kind::Fields(fields) => self.fields(fields, node),
            Kind::Is(comparisons) => node.is_some_and(|node| {
                any_of(node, self.work, &|node| comparisons.iter().all(|one| self.compares(one, node)))
            }),
            Kind::Has(comparison) => node.is_some_and(|node| self.has(comparison, node)),
            Kind::IsNot(comparison) => {
                !node.is_some_and(|node| any_of(node, self.work, &|node| self.compares(comparison, node)))
            }
        }
    }

    fn fields(&self, fields: &[(String, Test)], node: Option<Node<'_, '_>>) -> bool {
        let width = node.map_or(0, Node::width);
        let holds = |(name, test): &(String, Test)| {
            self.work.take_field(width) && self.holds(test, node.and_then(|node| node.get(name)))
        };
        match node.and_then(Node::items) {
            Some(items) if !items.is_empty() => {
                let is = |item| self.work.take(1) && self.fields(fields, Some(Node::Value(item)));
                while_any(items, self.work).any(is)
            }
            _ => fields.iter().all(holds),
        }
    }

    /// What a comparison compares with, and whether either side is where all is text; `None` when that is a place with
    /// nothing in it.
    pub(super) fn operand<'o>(&'o self, comparison: &'o Comparison) -> Option<(&'o Json, bool)> {
        let loose = is_loose(self.part);
        match &comparison.operand {
            Operand::Value(wanted) => Some((wanted, loose)),
            Operand::Place(index) => {
                let (wanted, is_loose) = self.places.get(*index)?;
                wanted.as_ref().map(|wanted| (wanted, loose || *is_loose))
            }
        }
    }

    /// Whether a text has the part that is wanted, or a list the element or an element with the part.
    fn has(&self, comparison: &Comparison, node: Node<'_, '_>) -> bool {
        let (Some((wanted, loose)), Node::Value(found)) = (self.operand(comparison), node) else { return false };
        let has = |found: &Value<'_>| match (found, wanted) {
            (Value::Str(found), Json::String(wanted)) => self.work.take_text(found) && found.contains(wanted.as_str()),
            (found, wanted) => self.equal(wanted, found, loose),
        };
        match found {
            Value::Array(items) => while_any(items, self.work).any(has),
            found => has(found),
        }
    }

    /// Whether a value itself compares so; the opposites are compared as what they are the opposite of.
    pub(super) fn compares(&self, comparison: &Comparison, node: Node<'_, '_>) -> bool {
        let (Some((wanted, loose)), Node::Value(found)) = (self.operand(comparison), node) else { return false };
        let compared = |fits: fn(Ordering) -> bool| {
            self.work.take_text(found.as_str().unwrap_or_default())
                && value::compare(wanted, found, loose).is_some_and(fits)
        };
        match comparison.operator {
            Operator::Eq | Operator::Neq => self.equal(wanted, found, loose),
            Operator::Gt => compared(Ordering::is_gt),
            Operator::Gte => compared(Ordering::is_ge),
            Operator::Lt => compared(Ordering::is_lt),
            Operator::Lte => compared(Ordering::is_le),
            Operator::In | Operator::Nin => {
                let known = comparison.list.as_ref().and_then(|list| list.has(found, loose));
                let equals_any = |list| while_any(list, self.work).any(|wanted| self.equal(wanted, found, loose));
                known.unwrap_or_else(|| wanted.as_array().is_some_and(|list| equals_any(list)))
            }
            Operator::StartsWith => self.texts(wanted, found, |found, wanted| found.starts_with(wanted)),
            Operator::EndsWith => self.texts(wanted, found, |found, wanted| found.ends_with(wanted)),
            Operator::Contains => self.has(comparison, node),
        }
    }

    fn equal(&self, wanted: &Json, found: &Value<'_>, loose: bool) -> bool {
        value::equal(wanted, found, loose, self.work)
    }

    /// Whether a text goes with one of the texts that are wanted.
    fn texts(&self, wanted: &Json, found: &Value<'_>, fits: fn(&str, &str) -> bool) -> bool {
        let Value::Str(found) = found else { return false };
        match wanted {
            Json::String(wanted) => self.work.take_text(wanted) && fits(found, wanted),
            Json::Array(list) => {
                let mut each = while_any(list, self.work).filter_map(Json::as_str);
                each.any(|wanted| self.work.take_text(wanted) && fits(found, wanted))
            }
            _ => false,
        }
    }
}
