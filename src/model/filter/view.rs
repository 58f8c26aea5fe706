//! What filters look at: a request, read as far as somebody asks and without copying it.

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

use serde_json_borrow::Value;

use super::{FilterPart, Place, work::Work};

/// A request's headers, as they are stored or as they came.
#[derive(Debug, Clone, Copy)]
enum Pairs<'a> {
    /// A JSON list of pairs.
    Stored(&'a str),
    Read(&'a [(String, String)]),
}

/// A request that borrows what it is made of. Each part is read once, when it is first looked at.
#[derive(Debug)]
pub struct View<'a> {
    pairs: Pairs<'a>,
    query_string: &'a str,
    bytes: &'a [u8],
    path: Value<'a>,
    headers: OnceCell<Named<'a>>,
    query: OnceCell<Named<'a>>,
    body: OnceCell<Body<'a>>,
    /// What is left to be done with it.
    pub(super) work: Work,
}

/// Names and their values; a name that is repeated has a list. Names of headers are in lower case.
type Named<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A place in a view.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'v, 'a> {
    /// All headers, or all of the query.
    Named(&'v [(Cow<'a, str>, Value<'a>)]),
    Value(&'v Value<'a>),
}

impl<'v, 'a> Node<'v, 'a> {
    /// What is under a name. Of names that are repeated in JSON the last counts, as it does elsewhere.
    pub(super) fn get(self, name: &str) -> Option<Self> {
        match self {
            Self::Named(named) => named.iter().find(|(known, _)| known == name).map(|(_, value)| Self::Value(value)),
            Self::Value(Value::Object(fields)) => {
                fields.iter().filter(|(known, _)| *known == name).last().map(|(_, value)| Self::Value(value))
            }
            Self::Value(_) => None,
        }
    }

    /// What is at an index of a list.
    pub(super) fn at(self, index: usize) -> Option<Self> {
        self.items().and_then(|items| items.get(index)).map(Self::Value)
    }

    /// How many fields are looked through to find one.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Named(named) => named.len(),
            Self::Value(Value::Object(fields)) => fields.len(),
            Self::Value(_) => 0,
        }
    }

    pub(super) fn items(self) -> Option<&'v [Value<'a>]> {
        match self {
            Self::Value(Value::Array(items)) => Some(items),
            Self::Value(_) | Self::Named(_) => None,
        }
    }
}

/// A body, read as what it is.
#[derive(Debug)]
enum Body<'a> {
    Json(Value<'a>),
    /// Not JSON, or nested deeper than JSON is read.
    Text(Value<'a>),
    /// Empty, or not even UTF-8.
    Nothing,
}

impl<'a> View<'a> {
    /// Of a request as it is stored: its headers a JSON list of pairs, its query string without the question mark.
    pub fn of_stored(headers: &'a str, path: &'a str, query: &'a str, body: &'a [u8]) -> Self {
        Self::new(Pairs::Stored(headers), path, query, body)
    }

    /// Of a request as it came.
    pub fn of_pairs(headers: &'a [(String, String)], path: &'a str, query: &'a str, body: &'a [u8]) -> Self {
        Self::new(Pairs::Read(headers), path, query, body)
    }

    fn new(pairs: Pairs<'a>, path: &'a str, query_string: &'a str, bytes: &'a [u8]) -> Self {
        let path = Value::Str(Cow::Borrowed(path));
        let (headers, query, body) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { pairs, query_string, bytes, path, headers, query, body, work: Work::default() }
    }

    /// A part; `None` when there is nothing in it.
    pub(super) fn part(&self, part: FilterPart) -> Option<Node<'_, 'a>> {
        match part {
            FilterPart::EventType => None,
            FilterPart::Headers => Some(Node::Named(self.headers.get_or_init(|| self.read_headers()))),
            FilterPart::Query => Some(Node::Named(self.query.get_or_init(|| self.read_query()))),
            FilterPart::Path => Some(Node::Value(&self.path)),
            FilterPart::Body => match self.body() {
                Body::Json(value) | Body::Text(value) => Some(Node::Value(value)),
                Body::Nothing => None,
            },
        }
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<&Value<'a>> {
        match self.body() {
            Body::Json(value) => Some(value),
            Body::Text(_) | Body::Nothing => None,
        }
    }

    /// Shows `look` what is at a place.
    pub fn with<T>(&self, place: &Place, look: impl FnOnce(Option<&Value<'a>>) -> T) -> T {
        match place.find(self) {
            Some(Node::Value(value)) => look(Some(value)),
            Some(Node::Named(_)) | None => look(None),
        }
    }

    pub fn path(&self) -> &str {
        match &self.path {
            Value::Str(path) => path,
            _ => "",
        }
    }

    /// The body's bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub const fn query_string(&self) -> &'a str {
        self.query_string
    }

    fn body(&self) -> &Body<'a> {
        self.body.get_or_init(|| {
            if self.bytes.is_empty() {
                return Body::Nothing;
            }
            match std::str::from_utf8(self.bytes) {
                Err(_) => Body::Nothing,
                Ok(text) => {
                    serde_json::from_str(text).map_or_else(|_| Body::Text(Value::Str(Cow::Borrowed(text))), Body::Json)
                }
            }
        })
    }

    fn read_headers(&self) -> Named<'a> {
        match self.pairs {
            Pairs::Read(pairs) => {
                grouped(pairs.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(value.as_str()))))
            }
            Pairs::Stored(text) => {
                // As a list of lists of texts: this borrows what has no escapes, as pairs of `Cow` would not.
                let Ok(Value::Array(pairs)) = serde_json::from_str(text) else { return grouped([].into_iter()) };
                grouped(pairs.into_iter().filter_map(|pair| {
                    let Value::Array(pair) = pair else { return None };
                    match <[Value<'a>; 2]>::try_from(pair) {
                        Ok([Value::Str(name), Value::Str(value)]) => Some((name, value)),
                        _ => None,
                    }
                }))
            }
        }
    }

    fn read_query(&self) -> Named<'a> {
        grouped(url::form_urlencoded::parse(self.query_string.as_bytes()))
    }
}

fn grouped<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Named<'a> {
    let mut named: Named<'a> = Vec::new();
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
    for (name, value) in pairs {
        let value = Value::Str(value);
        match places.get(&name) {
            None => {
                places.insert(name.clone(), named.len());
                named.push((name, value));
            }
            Some(&index) => match &mut named[index].1 {
                Value::Array(values) => values.push(value),
                single => *single = Value::Array(vec![std::mem::take(single), value]),
            },
        }
    }
    named
}
