//! The language of filters: a pattern over a request's headers, query, path and body.
//!
//! # The pattern
//!
//! - A plain value asks for equality: `{"type": "order.paid"}`. Numbers are equal however they are spelled (`1`, `1.0`),
//!   objects and lists under `$eq` by value. `null` is a `null` that is there; nothing at all is `{"$exist": false}`.
//! - An object looks inside: `{"customer": {"country": "DE"}}`. All its fields must match.
//! - A list matches when one of its elements does; several conditions in one object are for the same element.
//! - Operators: `$eq`, `$neq`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`, `$startsWith`, `$endsWith`, `$contains` (a part of
//!   a text, or in a list an element or a part of one), `$exist`, `$ref` (another place of the request), `$not`, `$or`, `$and`.
//!   `$neq`, `$nin` and `$not` are the whole opposite: of a list, that no element matches.
//! - `$` may be left out: an object whose every key is an operator is one of operators. With other keys beside it, `in` or
//!   `not` is a field's name. A field of such a name alone, or one that starts with `$`, is written `\in`, `\$name`.
//!   `$or`, `$and`, `$not` and `$exist` may stand beside fields.
//!
//! # Types
//!
//! In a body, types are told apart: the text `"5"` is not the number 5, and is neither more nor less than it. Headers and
//! the query are texts, so there a number or truth value is compared with what the text says. Texts are compared letter
//! by letter, which suits times in RFC 3339. Names of headers have no case; a name that is repeated has a list. A body that
//! is not JSON, or is nested deeper than 127 levels, is a text; one that is not UTF-8 is nothing.
//!
//! # Limits
//!
//! What a filter compares with one request is counted. One that would compare too much, such as each element of a long list
//! with each of another, lets nothing pass, and says so.

mod compile;
mod evaluate;
mod explain;
mod list;
mod mismatch;
mod place;
mod value;
mod view;
mod work;

#[cfg(test)]
mod tests;

pub use mismatch::{FilterPart, Mismatch};
pub use place::Place;
pub use view::View;

use serde_json::Value as Json;

/// A filter that was read once, to be asked often.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Cheap ones first.
    parts: Vec<(FilterPart, Test)>,
    /// The places that conditions compare with.
    places: Vec<Place>,
}

/// One thing that is asked of a value, and where in the filter that is said.
#[derive(Debug, Clone)]
struct Test {
    pointer: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// All hold.
    All(Vec<Test>),
    /// One holds. With what was written, for whoever asks why.
    Any(Vec<Test>, Json),
    /// It does not hold.
    Not(Box<Test>, Json),
    /// There is something, or nothing.
    Exists(bool),
    /// The fields of an object, or of one of a list's elements.
    Fields(Vec<(String, Test)>),
    /// The value, or one of a list's elements, compares so in all respects.
    Is(Vec<Comparison>),
    /// The text has this part, or the list this element.
    Has(Comparison),
    /// Neither the value nor one of a list's elements compares so.
    IsNot(Comparison),
}

#[derive(Debug, Clone)]
struct Comparison {
    pointer: String,
    operator: Operator,
    operand: Operand,
    /// What is in the operand, where that is a list that is written in the filter.
    list: Option<list::List>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Neq,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    Nin,
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone)]
enum Operand {
    Value(Json),
    /// The place of this index among the filter's.
    Place(usize),
}

impl Operator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "$eq",
            Self::Neq => "$neq",
            Self::Gt => "$gt",
            Self::Gte => "$gte",
            Self::Lt => "$lt",
            Self::Lte => "$lte",
            Self::In => "$in",
            Self::Nin => "$nin",
            Self::StartsWith => "$startsWith",
            Self::EndsWith => "$endsWith",
            Self::Contains => "$contains",
        }
    }
}

impl Filter {
    /// Whether the body must be read to know.
    pub fn asks_for_body(&self) -> bool {
        let is_body = |part: FilterPart| part == FilterPart::Body;
        self.parts.iter().any(|(part, _)| is_body(*part)) || self.places.iter().any(|place| is_body(place.part))
    }
}
