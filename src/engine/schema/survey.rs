//! What a schema could cost, found without running it.
//!
//! A part of a schema leads to others for the same value (`allOf`, `$ref` …) or for values within it (`properties` …).
//! A part that leads to itself for the same value would never end; one that leads to several for each value within can
//! take twice the time with each level of the data.

use std::collections::{BTreeMap, HashMap, VecDeque};

use hookyard_model::FieldError;
use serde_json::Value;

/// How many parts a schema may have.
const MOST_PARTS: usize = 5_000;
/// How deep a schema may nest.
const MOST_DEPTH: usize = 64;
/// How many parts may apply to one value, and how many one after another.
const MOST_AT_ONCE: u64 = 5_000;
const MOST_IN_A_ROW: usize = 32;

/// The bounds that were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey {
    /// How many parts apply to one value at most.
    at_once: u64,
    /// As `at_once`, with what each part asks for: names, values and patterns count by their size.
    weight: u64,
    /// How many of them one within another.
    in_a_row: usize,
    /// How many parts a value within gets from the parts of the value around it.
    growth: u64,
    /// How many levels of data it looks into; none: all, since it refers to itself.
    levels: Option<usize>,
}

impl Survey {
    /// How many steps it may take to check one path into data of this depth.
    pub(super) fn steps(&self, depth: usize) -> u64 {
        self.at_once.saturating_mul(self.grown(depth))
    }

    /// About how much work it may be to check data of this depth and size.
    pub(super) fn work(&self, depth: usize, size: u64) -> u64 {
        self.weight.saturating_mul(self.grown(depth)).saturating_mul(size)
    }

    fn grown(&self, depth: usize) -> u64 {
        let levels = self.levels.map_or(depth, |levels| levels.min(depth));
        self.growth.saturating_pow(u32::try_from(levels).unwrap_or(u32::MAX))
    }

    /// Whether a check of data of this depth gets by with an ordinary stack.
    pub(super) fn is_shallow(&self, depth: usize) -> bool {
        self.in_a_row.saturating_mul(depth.max(1)) <= 128
    }
}

/// Which values within a value a part is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Within {
    Property(String),
    AnyProperty,
    Item,
}

#[derive(Default)]
struct Part {
    /// What the part asks for by itself.
    weight: u64,
    same: Vec<usize>,
    within: Vec<(Within, usize)>,
}

struct Walk<'a> {
    root: &'a Value,
    parts: Vec<Part>,
    by_pointer: HashMap<String, usize>,
    to_do: VecDeque<(String, &'a Value, usize)>,
    /// References, and the parts that hold them.
    references: Vec<(usize, String, &'a str)>,
    anchors: HashMap<&'a str, usize>,
    mistakes: Vec<FieldError>,
}

/// Looks a schema over; says what is wrong with it, or what it could cost.
pub(super) fn survey(schema: &Value) -> Result<Survey, Vec<FieldError>> {
    let mut walk = Walk {
        root: schema,
        parts: Vec::new(),
        by_pointer: HashMap::new(),
        to_do: VecDeque::new(),
        references: Vec::new(),
        anchors: HashMap::new(),
        mistakes: Vec::new(),
    };
    walk.part(String::new(), schema, 0);
    loop {
        while let Some((pointer, value, depth)) = walk.to_do.pop_front() {
            walk.look(&pointer, value, depth);
            if walk.parts.len() > MOST_PARTS || walk.mistakes.len() >= super::MOST_MISTAKES {
                break;
            }
        }
        if walk.parts.len() > MOST_PARTS {
            let detail = format!("a schema has at most {MOST_PARTS} parts");
            return Err(vec![FieldError::new("/schema", detail)]);
        }
        if !walk.follow() {
            break;
        }
    }
    if walk.mistakes.is_empty() { measure(&walk.parts) } else { Err(walk.mistakes) }
}

impl<'a> Walk<'a> {
    /// The part at `pointer`, to be looked at if it was not yet.
    fn part(&mut self, pointer: String, value: &'a Value, depth: usize) -> usize {
        if let Some(known) = self.by_pointer.get(&pointer) {
            return *known;
        }
        let index = self.parts.len();
        self.parts.push(Part::default());
        self.by_pointer.insert(pointer.clone(), index);
        self.to_do.push_back((pointer, value, depth));
        index
    }

    fn wrong(&mut self, pointer: &str, detail: impl Into<String>) {
        self.mistakes.push(FieldError::new(format!("/schema{pointer}"), detail));
    }

    fn look(&mut self, pointer: &str, value: &'a Value, depth: usize) {
        let Some(at) = self.by_pointer.get(pointer).copied() else { return };
        let Value::Object(fields) = value else {
            if !value.is_boolean() {
                self.wrong(pointer, "a schema is an object, true or false");
            }
            return;
        };
        if depth > MOST_DEPTH {
            self.wrong(pointer, format!("a schema nests at most {MOST_DEPTH} levels"));
            return;
        }
        for (name, value) in fields {
            let here = format!("{pointer}/{}", escaped(name));
            self.parts[at].weight += weight(name, value);
            match (name.as_str(), value) {
                ("$ref" | "$dynamicRef", Value::String(target)) => self.references.push((at, here, target)),
                ("$id", _) if !pointer.is_empty() => {
                    self.wrong(&here, "only the whole schema may have an $id; refer to parts as #/$defs/name");
                }
                ("$anchor" | "$dynamicAnchor", Value::String(anchor)) => drop(self.anchors.insert(anchor, at)),
                ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                    for (index, value) in list.iter().enumerate() {
                        let to = self.part(format!("{here}/{index}"), value, depth + 1);
                        self.parts[at].same.push(to);
                    }
                }
                ("not" | "if" | "then" | "else", _) => {
                    let to = self.part(here, value, depth + 1);
                    self.parts[at].same.push(to);
                }
                ("dependentSchemas" | "dependencies", Value::Object(map)) => {
                    for (name, value) in map.iter().filter(|(_, value)| !value.is_array()) {
                        let to = self.part(format!("{here}/{}", escaped(name)), value, depth + 1);
                        self.parts[at].same.push(to);
                    }
                }
                ("properties", Value::Object(map)) => {
                    for (name, value) in map {
                        let to = self.part(format!("{here}/{}", escaped(name)), value, depth + 1);
                        self.parts[at].within.push((Within::Property(name.clone()), to));
                    }
                }
                ("patternProperties", Value::Object(map)) => {
                    for (name, value) in map {
                        let to = self.part(format!("{here}/{}", escaped(name)), value, depth + 1);
                        self.parts[at].within.push((Within::AnyProperty, to));
                    }
                }
                ("additionalProperties" | "additionalItems", Value::Bool(_)) => {}
                // What is looked at once more by these is looked at twice.
                ("additionalProperties" | "unevaluatedProperties" | "propertyNames", _) => {
                    let to = self.part(here, value, depth + 1);
                    self.parts[at].within.push((Within::AnyProperty, to));
                }
                ("items" | "prefixItems", Value::Array(list)) => {
                    for (index, value) in list.iter().enumerate() {
                        let to = self.part(format!("{here}/{index}"), value, depth + 1);
                        self.parts[at].within.push((Within::Item, to));
                    }
                }
                ("items" | "additionalItems" | "unevaluatedItems" | "contains", _) => {
                    let to = self.part(here, value, depth + 1);
                    self.parts[at].within.push((Within::Item, to));
                }
                ("$defs" | "definitions", Value::Object(map)) => {
                    for (name, value) in map {
                        self.part(format!("{here}/{}", escaped(name)), value, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// Follows the references found so far; says whether that led to parts not seen before.
    fn follow(&mut self) -> bool {
        for (at, here, target) in std::mem::take(&mut self.references) {
            let Some(fragment) = target.strip_prefix('#') else {
                let detail = "a schema refers to its own parts only, such as #/$defs/name; nothing is fetched";
                self.wrong(&here, detail);
                continue;
            };
            let fragment = percent_decoded(fragment);
            let to = if fragment.is_empty() || fragment.starts_with('/') {
                self.root.pointer(&fragment).map(|value| self.part(fragment.clone(), value, 1))
            } else {
                self.anchors.get(fragment.as_str()).copied()
            };
            match to {
                Some(to) => self.parts[at].same.push(to),
                None => {
                    self.wrong(&here, format!("there is nothing at {} in this schema", super::mistakes::cut(target)));
                }
            }
        }
        !self.to_do.is_empty() && self.mistakes.is_empty()
    }
}

/// How much a keyword asks of each value: lists and objects by how many they have, patterns by how far they unfold.
fn weight(keyword: &str, value: &Value) -> u64 {
    match (keyword, value) {
        ("$defs" | "definitions" | "default" | "example" | "examples" | "description" | "title", _) => 0,
        ("pattern", Value::String(pattern)) => unfolded(pattern),
        ("patternProperties", Value::Object(map)) => map.keys().map(|pattern| unfolded(pattern)).sum(),
        ("enum" | "const", value) => super::size(value),
        (_, Value::Array(list)) => list.len() as u64,
        (_, Value::Object(map)) => map.len() as u64,
        _ => 1,
    }
}

/// About how many places a pattern has once what it repeats is written out; few of them are looked at for each byte.
fn unfolded(pattern: &str) -> u64 {
    let braces = pattern.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let counts = braces.filter_map(|range| range.rsplit(',').find_map(|count| count.trim().parse::<u64>().ok()));
    let counts = counts.map(|count| count.max(1));
    1 + counts.fold(pattern.len() as u64, u64::saturating_mul) / 8
}

fn measure(parts: &[Part]) -> Result<Survey, Vec<FieldError>> {
    let whole = |detail: &str| vec![FieldError::new("/schema", detail)];
    let (order, is_whole) = sorted(parts, |part| part.same.clone());
    if !is_whole {
        return Err(whole("a part of this schema refers to itself for the same value, which would never end"));
    }
    let mut at_once = vec![1u64; parts.len()];
    let mut weights: Vec<u64> = parts.iter().map(|part| 1 + part.weight).collect();
    let mut in_a_row = vec![1usize; parts.len()];
    let mut growths: Vec<BTreeMap<Within, u64>> = vec![BTreeMap::new(); parts.len()];
    let (mut growth, mut work) = (0, 0);
    for at in order.into_iter().rev() {
        let part = &parts[at];
        let mut into = BTreeMap::new();
        for (within, _) in &part.within {
            *into.entry(within.clone()).or_insert(0u64) += 1;
        }
        for to in &part.same {
            at_once[at] = at_once[at].saturating_add(at_once[*to]);
            weights[at] = weights[at].saturating_add(weights[*to]);
            in_a_row[at] = in_a_row[at].max(1 + in_a_row[*to]);
            work += growths[*to].len();
            for (within, count) in &growths[*to] {
                let sum = into.entry(within.clone()).or_insert(0u64);
                *sum = sum.saturating_add(*count);
            }
        }
        if at_once[at] > MOST_AT_ONCE || in_a_row[at] > MOST_IN_A_ROW || work > 500_000 {
            return Err(whole("this schema is too complex: too many of its parts apply to one value"));
        }
        let any = into.get(&Within::AnyProperty).copied().unwrap_or_default();
        let named = into.iter().map(|(within, count)| match within {
            Within::Property(_) => count.saturating_add(any),
            Within::AnyProperty | Within::Item => *count,
        });
        growth = growth.max(named.max().unwrap_or_default());
        growths[at] = into;
    }
    Ok(Survey {
        at_once: at_once.iter().copied().max().unwrap_or(1),
        weight: weights.iter().copied().max().unwrap_or(1),
        in_a_row: in_a_row.iter().copied().max().unwrap_or(1),
        growth: growth.max(1),
        levels: levels(parts),
    })
}

/// How many levels of data a schema looks into, if that does not depend on the data.
fn levels(parts: &[Part]) -> Option<usize> {
    let next = |part: &Part| part.same.iter().copied().chain(part.within.iter().map(|(_, to)| *to)).collect();
    let (order, is_whole) = sorted(parts, next);
    if !is_whole {
        return None;
    }
    let mut levels = vec![0usize; parts.len()];
    for at in order.into_iter().rev() {
        let same = parts[at].same.iter().map(|to| levels[*to]);
        let within = parts[at].within.iter().map(|(_, to)| 1 + levels[*to]);
        levels[at] = same.chain(within).max().unwrap_or_default();
    }
    levels.into_iter().max()
}

/// The parts such that each stands before those it leads to; and whether that is all, which it is without circles.
fn sorted(parts: &[Part], next: impl Fn(&Part) -> Vec<usize>) -> (Vec<usize>, bool) {
    let mut led_to = vec![0usize; parts.len()];
    for to in parts.iter().flat_map(&next) {
        led_to[to] += 1;
    }
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| led_to[*at] == 0).collect();
    let mut done = 0;
    while let Some(at) = order.get(done).copied() {
        done += 1;
        for to in next(&parts[at]) {
            led_to[to] -= 1;
            if led_to[to] == 0 {
                order.push(to);
            }
        }
    }
    let is_whole = order.len() == parts.len();
    (order, is_whole)
}

/// A name as a part of a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A fragment without its `%` escapes.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let decoded = match (first, more) {
            (b'%', [high, low, ..]) => hex::decode([*high, *low]).ok().and_then(|byte| byte.first().copied()),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
