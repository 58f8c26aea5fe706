//! Why a filter did not let something pass: the first condition that failed, in words.

use serde_json::Value as Json;

use super::{
    Comparison, FilterPart, Kind, Mismatch, Operator, Test,
    evaluate::Asking,
    place::inside,
    value::{said, shown},
    view::{Node, View},
};

/// How many alternatives are told.
const ALTERNATIVES: usize = 3;

/// That a filter would compare too much of a request.
pub(super) fn too_much(part: FilterPart, test: &Test) -> Mismatch {
    Mismatch {
        part,
        pointer: test.pointer.clone(),
        place: part.to_string(),
        operator: "at most".to_owned(),
        wanted: Json::from("2 million comparisons"),
        found: None,
        sentence: format!(
            "there is too much to compare in {part}; nothing passes a filter that cannot be asked to the end"
        ),
    }
}

/// Why `test`, which fails for this part, does.
pub(super) fn mismatch(asking: &Asking<'_>, part: FilterPart, test: &Test, view: &View<'_>) -> Mismatch {
    let mut why = Why { asking, part }.of(test, view.part(part), part.as_str());
    if part == FilterPart::Body && view.json().is_none() {
        let what = if view.bytes().is_empty() { "there is no body" } else { "the body is not JSON" };
        why.sentence = format!("{what}; {}", why.sentence);
    }
    why
}

struct Why<'w> {
    asking: &'w Asking<'w>,
    part: FilterPart,
}

impl Why<'_> {
    fn of(&self, test: &Test, node: Option<Node<'_, '_>>, place: &str) -> Mismatch {
        match &test.kind {
            Kind::All(tests) => {
                let failing = tests.iter().find(|test| !self.asking.holds(test, node));
                self.of(failing.unwrap_or(&tests[0]), node, place)
            }
            Kind::Any(tests, wanted) => {
                let each: Vec<String> =
                    tests.iter().take(ALTERNATIVES).map(|test| self.of(test, node, place).sentence).collect();
                let more = if tests.len() > ALTERNATIVES { "; …" } else { "" };
                let sentence = match tests.len() {
                    1 => each.concat(),
                    count => format!("none of {count} alternatives matches: {}{more}", each.join("; ")),
                };
                self.mismatch(test, "$or", wanted.clone(), node, place, sentence)
            }
            Kind::Not(_, wanted) => {
                let sentence = format!("{} matches {}, which it must not", is(node, place), said(wanted));
                self.mismatch(test, "$not", wanted.clone(), node, place, sentence)
            }
            Kind::Exists(wanted) => {
                let sentence = match node {
                    None => format!("{place} is missing, and must be there"),
                    Some(_) => format!("{}, and must not be there", is(node, place)),
                };
                self.mismatch(test, "$exist", Json::Bool(*wanted), node, place, sentence)
            }
            Kind::Fields(fields) => self.of_fields(fields, node, place),
            Kind::Is(comparisons) => {
                let failing = comparisons.iter().find(|one| {
                    !node.is_some_and(|node| {
                        super::evaluate::any_of(node, self.asking.work, &|node| self.asking.compares(one, node))
                    })
                });
                self.of_comparison(failing.unwrap_or(&comparisons[0]), node, place)
            }
            Kind::Has(comparison) | Kind::IsNot(comparison) => self.of_comparison(comparison, node, place),
        }
    }

    fn of_fields(&self, fields: &[(String, Test)], node: Option<Node<'_, '_>>, place: &str) -> Mismatch {
        if let Some([first, rest @ ..]) = node.and_then(Node::items) {
            let mut why = self.of_fields(fields, Some(Node::Value(first)), &format!("{place}[0]"));
            if !rest.is_empty() {
                let count = rest.len() + 1;
                why.sentence =
                    format!("none of the {count} elements of {place} matches; of the first, {}", why.sentence);
            }
            return why;
        }
        let of = |(name, test): &(String, Test)| {
            let node = node.and_then(|node| node.get(name));
            (!self.asking.holds(test, node)).then(|| self.of(test, node, &inside(place, name)))
        };
        fields.iter().find_map(of).unwrap_or_else(|| {
            // It holds after all, which is not asked.
            let (name, test) = &fields[0];
            self.of(test, node.and_then(|node| node.get(name)), &inside(place, name))
        })
    }

    fn of_comparison(&self, comparison: &Comparison, node: Option<Node<'_, '_>>, place: &str) -> Mismatch {
        let operator = comparison.operator;
        let test = Test { pointer: comparison.pointer.clone(), kind: Kind::Exists(true) };
        let Some((wanted, loose)) = self.asking.operand(comparison) else {
            let sentence = format!("{}, and what it is compared with is missing", is(node, place));
            return self.mismatch(&test, operator.as_str(), Json::Null, node, place, sentence);
        };
        let is = match node.and_then(Node::items) {
            Some([]) => format!("{place} is an empty list"),
            Some([_, _, ..]) if operator != Operator::Eq => format!("no element fits: {}", is(node, place)),
            _ => is(node, place),
        };
        let wanted_text = said(wanted);
        let wish = match operator {
            Operator::Eq => format!("wanted {wanted_text}"),
            Operator::Neq => format!("wanted anything but {wanted_text}"),
            Operator::Gt => format!("wanted more than {wanted_text}"),
            Operator::Gte => format!("wanted at least {wanted_text}"),
            Operator::Lt => format!("wanted less than {wanted_text}"),
            Operator::Lte => format!("wanted at most {wanted_text}"),
            Operator::In => format!("wanted one of {wanted_text}"),
            Operator::Nin => format!("wanted none of {wanted_text}"),
            Operator::StartsWith => format!("wanted a text that starts with {wanted_text}"),
            Operator::EndsWith => format!("wanted a text that ends with {wanted_text}"),
            Operator::Contains => format!("wanted one that contains {wanted_text}"),
        };
        let hint = match (wanted, node) {
            (Json::Number(_), Some(Node::Value(serde_json_borrow::Value::Str(_)))) if !loose => {
                " (a text is not a number)"
            }
            (Json::String(_), Some(Node::Value(serde_json_borrow::Value::Number(_)))) if !loose => {
                " (a number is not a text)"
            }
            _ => "",
        };
        self.mismatch(&test, operator.as_str(), wanted.clone(), node, place, format!("{is}, {wish}{hint}"))
    }

    fn mismatch(
        &self,
        test: &Test,
        operator: &str,
        wanted: Json,
        node: Option<Node<'_, '_>>,
        place: &str,
        sentence: String,
    ) -> Mismatch {
        Mismatch {
            part: self.part,
            pointer: test.pointer.clone(),
            place: place.to_owned(),
            operator: operator.to_owned(),
            wanted,
            found: node.map(shown),
            sentence,
        }
    }
}

fn is(node: Option<Node<'_, '_>>, place: &str) -> String {
    match node {
        None => format!("{place} is missing"),
        Some(node) => format!("{place} is {}", said(&shown(node))),
    }
}
