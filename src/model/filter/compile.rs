//! Reading a filter, and what is wrong with it.

use serde_json::{Map, Value as Json};

use super::{Comparison, Filter, FilterPart, Kind, Operand, Operator, Place, Test, list::List, place::inner};
use crate::{FieldError, FilterRule};

/// How deep a filter is nested at most, how many conditions it has, and how long it is as JSON.
const DEPTH: usize = 32;
const CONDITIONS: usize = 500;
const BYTES: usize = 64 << 10;
/// The words that are operators, with or without `$`.
const WORDS: [&str; 16] = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "nin",
    "startsWith",
    "endsWith",
    "contains",
    "exist",
    "or",
    "and",
    "not",
    "ref",
];

impl Filter {
    /// Reads a filter that stands at `at`, such as `/rules/0`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, each with the JSON pointer to its place.
    pub fn compile(rule: &FilterRule, at: &str) -> Result<Self, Vec<FieldError>> {
        let parts = [
            (FilterPart::Path, &rule.path),
            (FilterPart::Query, &rule.query),
            (FilterPart::Headers, &rule.headers),
            (FilterPart::Body, &rule.body),
        ];
        let given = || parts.into_iter().filter_map(|(part, pattern)| Some((part, pattern.as_ref()?)));
        if given().next().is_none() {
            return Err(vec![FieldError::new(at, "a filter has at least one of body, headers, query and path")]);
        }
        let too_deep = |(part, pattern): &(FilterPart, &Json)| {
            (depth(pattern, DEPTH + 1) > DEPTH)
                .then(|| FieldError::new(format!("{at}/{part}"), format!("is nested deeper than {DEPTH} levels")))
        };
        // Looked at first, for what follows goes as deep as the filter does.
        let deep: Vec<FieldError> = given().filter_map(|part| too_deep(&part)).collect();
        if !deep.is_empty() {
            return Err(deep);
        }
        let length: usize = given().map(|(_, pattern)| pattern.to_string().len()).sum();
        if length > BYTES {
            return Err(vec![FieldError::new(at, format!("a filter has at most {BYTES} bytes, this has {length}"))]);
        }
        let mut reader = Reader { part: FilterPart::Body, places: Vec::new(), conditions: 0, mistakes: Vec::new() };
        let mut read = Vec::new();
        for (part, pattern) in given() {
            reader.part = part;
            let pointer = format!("{at}/{part}");
            if let Some(test) = reader.part(&pointer, pattern) {
                read.push((part, test));
            }
        }
        if reader.conditions > CONDITIONS {
            reader.mistakes.push(FieldError::new(at, format!("a filter has at most {CONDITIONS} conditions")));
        }
        if reader.mistakes.is_empty() { Ok(Self { parts: read, places: reader.places }) } else { Err(reader.mistakes) }
    }
}

/// How deep JSON is nested, as far as `most`.
fn depth(json: &Json, most: usize) -> usize {
    if most == 0 {
        return 0;
    }
    let inside = |json| 1 + depth(json, most - 1);
    match json {
        Json::Array(items) => items.iter().map(inside).max().unwrap_or(1),
        Json::Object(fields) => fields.values().map(inside).max().unwrap_or(1),
        _ => 0,
    }
}

struct Reader {
    part: FilterPart,
    places: Vec<Place>,
    conditions: usize,
    mistakes: Vec<FieldError>,
}

/// What a key of a pattern is.
enum Key<'k> {
    /// One of [`WORDS`], without `$`.
    Operator(&'static str),
    Field(&'k str),
    /// Starts with `$` and is no operator.
    Unknown(&'k str),
}

impl Reader {
    fn wrong(&mut self, pointer: &str, detail: impl Into<String>) {
        self.mistakes.push(FieldError::new(pointer, detail));
    }

    /// A whole part. Headers and the query are names with values; the path is a text.
    fn part(&mut self, pointer: &str, pattern: &Json) -> Option<Test> {
        match (self.part, pattern) {
            (FilterPart::Headers | FilterPart::Query, Json::Object(_))
            | (FilterPart::Body, _)
            | (FilterPart::Path, Json::String(_)) => {}
            (FilterPart::Path, Json::Object(fields)) if fields.keys().all(|key| word(key).is_some()) => {}
            (FilterPart::Path, Json::Object(fields)) if fields.keys().any(|key| key.starts_with('$')) => {}
            (FilterPart::Path, _) => {
                self.wrong(
                    pointer,
                    "the path is a text such as \"/orders\", or operators such as {\"$startsWith\": \"/orders\"}",
                );
                return None;
            }
            (FilterPart::Headers | FilterPart::Query, _) => {
                let what = self.part;
                self.wrong(pointer, format!("{what} is an object of names, such as {{\"x-topic\": \"orders\"}}"));
                return None;
            }
            (FilterPart::EventType, _) => return None,
        }
        self.pattern(pointer, pattern, true)
    }

    /// What a value must be like. `top`: the value is a whole part.
    fn pattern(&mut self, pointer: &str, pattern: &Json, top: bool) -> Option<Test> {
        let Json::Object(fields) = pattern else {
            self.conditions += 1;
            let operand = Operand::Value(pattern.clone());
            let equal = Comparison { pointer: pointer.to_owned(), operator: Operator::Eq, operand, list: None };
            return Some(Test { pointer: pointer.to_owned(), kind: Kind::Is(vec![equal]) });
        };
        if fields.is_empty() {
            self.wrong(pointer, "is empty and says nothing; leave it out, or ask for {\"$exist\": true}");
            return None;
        }
        // Nothing but these can be asked of all headers or the whole query; what else has no `$` there is a name.
        let named = top && matches!(self.part, FilterPart::Headers | FilterPart::Query);
        let fits = |word: &str| !named || matches!(word, "or" | "and" | "not");
        let all_words = fields.keys().all(|key| word(key).is_some_and(|word| key.starts_with('$') || fits(word)));
        let key = |key: &str| match key.strip_prefix('\\') {
            Some(_) => None,
            None => word(key).filter(|_| all_words || key.starts_with('$')),
        };
        let kind = |name| match (key(name), name.strip_prefix('\\')) {
            (Some(word), _) => Key::Operator(word),
            (None, Some(name)) => Key::Field(name),
            (None, None) if name.starts_with('$') => Key::Unknown(name),
            (None, None) => Key::Field(name),
        };
        let mut tests = Vec::new();
        let mut looks_inside = Vec::new();
        let mut comparisons = Vec::new();
        for (name, inside) in fields {
            let pointer = inner(pointer, name);
            match kind(name) {
                Key::Unknown(name) => {
                    let detail = format!(
                        "`{name}` is not an operator{}; a field of this name is written `\\{name}`",
                        meant(name)
                    );
                    self.wrong(&pointer, detail);
                }
                Key::Field(name) => {
                    let name = if named && self.part == FilterPart::Headers {
                        name.to_ascii_lowercase()
                    } else {
                        name.to_owned()
                    };
                    if let Some(test) = self.pattern(&pointer, inside, false) {
                        looks_inside.push((name, test));
                    }
                }
                Key::Operator(word) if named && !matches!(word, "or" | "and" | "not") => {
                    let part = self.part;
                    self.wrong(&pointer, format!("all of the {part} cannot be compared at once; name one of them"));
                }
                Key::Operator(word) => self.operator(&pointer, word, inside, top, &mut tests, &mut comparisons),
            }
        }
        if let (Some(comparison), Some((name, _))) = (comparisons.first(), looks_inside.first()) {
            let detail = format!(
                "`{}` compares a value and `{name}` looks into an object: they cannot stand side by side",
                comparison.operator.as_str()
            );
            let pointer = comparison.pointer.clone();
            self.wrong(&pointer, detail);
        }
        let test = |kind| Test { pointer: pointer.to_owned(), kind };
        let (not, is): (Vec<_>, Vec<_>) =
            comparisons.into_iter().partition(|one| matches!(one.operator, Operator::Neq | Operator::Nin));
        let (has, is): (Vec<_>, Vec<_>) = is.into_iter().partition(|one| one.operator == Operator::Contains);
        tests.extend(has.into_iter().map(|one| Test { pointer: one.pointer.clone(), kind: Kind::Has(one) }));
        tests.extend(not.into_iter().map(|one| Test { pointer: one.pointer.clone(), kind: Kind::IsNot(one) }));
        if !is.is_empty() {
            tests.insert(0, test(Kind::Is(is)));
        }
        if !looks_inside.is_empty() {
            tests.push(test(Kind::Fields(looks_inside)));
        }
        if tests.len() > 1 { Some(test(Kind::All(tests))) } else { tests.pop() }
    }

    fn operator(
        &mut self,
        pointer: &str,
        word: &'static str,
        operand: &Json,
        top: bool,
        tests: &mut Vec<Test>,
        comparisons: &mut Vec<Comparison>,
    ) {
        self.conditions += 1;
        let kind = match word {
            "exist" => match operand {
                Json::Bool(wanted) => Kind::Exists(*wanted),
                _ => return self.wrong(pointer, "is true or false"),
            },
            "not" => match self.pattern(pointer, operand, top) {
                Some(test) => Kind::Not(Box::new(test), operand.clone()),
                None => return,
            },
            "or" | "and" => match operand {
                Json::Array(patterns) if !patterns.is_empty() => {
                    let read =
                        |(index, pattern): (usize, &Json)| self.pattern(&format!("{pointer}/{index}"), pattern, top);
                    let read: Vec<Test> = patterns.iter().enumerate().filter_map(read).collect();
                    if word == "or" { Kind::Any(read, operand.clone()) } else { Kind::All(read) }
                }
                _ => return self.wrong(pointer, "is a list of at least one pattern"),
            },
            _ => {
                if let Some((operator, operand)) = self.comparison(pointer, word, operand) {
                    let list = match (&operand, operator) {
                        (Operand::Value(Json::Array(items)), Operator::In | Operator::Nin) => Some(List::new(items)),
                        _ => None,
                    };
                    comparisons.push(Comparison { pointer: pointer.to_owned(), operator, operand, list });
                }
                return;
            }
        };
        tests.push(Test { pointer: pointer.to_owned(), kind });
    }

    fn comparison(&mut self, pointer: &str, word: &str, operand: &Json) -> Option<(Operator, Operand)> {
        if word == "ref" {
            return Some((Operator::Eq, self.place(pointer, operand)?));
        }
        let operator = match word {
            "eq" => Operator::Eq,
            "neq" => Operator::Neq,
            "gt" => Operator::Gt,
            "gte" => Operator::Gte,
            "lt" => Operator::Lt,
            "lte" => Operator::Lte,
            "in" => Operator::In,
            "nin" => Operator::Nin,
            "startsWith" => Operator::StartsWith,
            "endsWith" => Operator::EndsWith,
            _ => Operator::Contains,
        };
        if let Some(operand) = reference(operand) {
            return Some((operator, self.place(&inner(pointer, "$ref"), operand)?));
        }
        let is_text = |json: &Json| json.is_string();
        let wrong = match operator {
            Operator::Eq | Operator::Neq => None,
            Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => {
                (!(operand.is_number() || is_text(operand))).then_some("is a number, a text or {\"$ref\": …}")
            }
            Operator::In | Operator::Nin => operand
                .as_array()
                .is_none_or(Vec::is_empty)
                .then_some("is a list of at least one value, or {\"$ref\": …} to a list"),
            Operator::StartsWith | Operator::EndsWith => {
                let texts = operand.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_text));
                (!(is_text(operand) || texts)).then_some("is a text, a list of texts or {\"$ref\": …}")
            }
            Operator::Contains => (operand.is_array() || operand.is_object() || operand.is_null())
                .then_some("is a text, a number, a truth value or {\"$ref\": …}"),
        };
        if let Some(wrong) = wrong {
            self.wrong(pointer, format!("{wrong}, not {}", super::value::said(operand)));
            return None;
        }
        Some((operator, Operand::Value(operand.clone())))
    }

    fn place(&mut self, pointer: &str, operand: &Json) -> Option<Operand> {
        let place = match operand {
            Json::String(text) => Place::within(text, self.part),
            _ => Err("is a place in the request, such as \"body.customer.id\"".to_owned()),
        };
        match place {
            Ok(place) => {
                self.places.push(place);
                Some(Operand::Place(self.places.len() - 1))
            }
            Err(detail) => {
                self.wrong(pointer, detail);
                None
            }
        }
    }
}

/// The operator that a key is, with or without `$`.
fn word(key: &str) -> Option<&'static str> {
    let name = key.strip_prefix('$').unwrap_or(key);
    WORDS.into_iter().find(|word| *word == name)
}

/// What an operand refers to, if it does.
fn reference(operand: &Json) -> Option<&Json> {
    let fields: &Map<String, Json> = operand.as_object().filter(|fields| fields.len() == 1)?;
    fields.get("$ref").or_else(|| fields.get("ref"))
}

/// The operator that was probably meant.
fn meant(name: &str) -> String {
    let letters = |text: &str| text.trim_start_matches('$').to_ascii_lowercase().replace(['_', '-'], "");
    let same = |word: &&&str| {
        let (given, word) = (letters(name), letters(word));
        given == word || given == format!("{word}s") || format!("{given}s") == word
    };
    let alias = match letters(name).as_str() {
        "ne" => Some("neq"),
        "ge" => Some("gte"),
        "le" => Some("lte"),
        "equals" | "equal" => Some("eq"),
        "includes" => Some("contains"),
        "notin" => Some("nin"),
        "any" => Some("or"),
        "all" => Some("and"),
        _ => None,
    };
    let found = alias.or_else(|| WORDS.iter().find(same).copied());
    found.map_or_else(
        || ", which are $eq, $neq, $gt, $gte, $lt, $lte, $in, $nin, $startsWith, $endsWith, $contains, $exist, $or, $and, $not, $ref".to_owned(),
        |word| format!("; `${word}` is"),
    )
}
