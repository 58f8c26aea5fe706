//! A schema of a document made to stand alone: what it refers to comes along as `$defs`.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Map, Value};

/// How large a schema may be with all that it refers to, about as JSON; and those of a document together.
const MOST: usize = 256 << 10;
const MOST_IN_ALL: usize = 8 << 20;
/// How many references may follow one another.
const LONGEST_CHAIN: usize = 32;

/// What `value` stands for, where it is a reference into the document.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..LONGEST_CHAIN {
        let Some(target) = value.get("$ref").and_then(Value::as_str).and_then(|target| at(document, target)) else {
            break;
        };
        value = target;
    }
    value
}

fn at<'a>(document: &'a Value, target: &str) -> Option<&'a Value> {
    document.pointer(&pointer_of(target)?)
}

fn pointer_of(target: &str) -> Option<String> {
    let fragment = target.strip_prefix('#')?;
    (fragment.is_empty() || fragment.starts_with('/')).then(|| crate::schema::percent_decoded(fragment))
}

/// The schema of a property, also where it is said by what the schema refers to or is put together from.
pub(super) fn property<'a>(document: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let mut to_do = vec![schema];
    let mut seen = 0;
    while let Some(schema) = to_do.pop() {
        seen += 1;
        if seen > 100 {
            return None;
        }
        let schema = resolved(document, schema);
        if let Some(found) = schema.get("properties").and_then(|properties| properties.get(name)) {
            return Some(found);
        }
        // The last is the most particular.
        to_do.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
    }
    None
}

/// What is left of how large all schemas and examples of a document may be together.
pub(super) struct Room(usize);

impl Room {
    pub(super) const fn new() -> Self {
        Self(MOST_IN_ALL)
    }

    /// A copy of an example, or why it is too large for one.
    pub(super) fn example(&mut self, example: &Value) -> Result<Value, String> {
        let most = self.0.min(MOST);
        let mut left = most;
        let fits = take(&mut left, example).is_ok();
        self.0 -= most - left;
        if fits { Ok(example.clone()) } else { Err(self.full("this example is too large")) }
    }

    fn full(&self, otherwise: &str) -> String {
        if self.0 > 0 { otherwise } else { "this document's schemas and examples are too large together" }.to_owned()
    }
}

/// Takes a value's size, about that of its JSON, from what is left; an error when that is less, after which nothing is.
fn take(left: &mut usize, value: &Value) -> Result<(), ()> {
    take_bytes(left, 2)?;
    match value {
        Value::String(text) => take_bytes(left, text.len()),
        Value::Array(items) => items.iter().try_for_each(|item| take(left, item)),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(name, value)| take_bytes(left, name.len() + 2).and_then(|()| take(left, value))),
        _ => Ok(()),
    }
}

fn take_bytes(left: &mut usize, bytes: usize) -> Result<(), ()> {
    let fits = bytes <= *left;
    *left = left.saturating_sub(bytes);
    if fits { Ok(()) } else { Err(()) }
}

/// The schema with all that it refers to, or why that cannot be had.
pub(super) fn standing_alone(document: &Value, schema: &Value, room: &mut Room) -> Result<Value, String> {
    let most = room.0.min(MOST);
    let mut left = most;
    let made = bundled(document, schema, &mut left);
    room.0 -= most - left;
    made.map_err(|why| why.unwrap_or_else(|| room.full("with all that it refers to, this schema is too large")))
}

/// The schema with all that it refers to, or why that cannot be had; none: it is too large.
fn bundled(document: &Value, schema: &Value, left: &mut usize) -> Result<Value, Option<String>> {
    // A schema that is nothing but a reference is what it refers to.
    let is_reference = |schema: &Value| schema.as_object().is_some_and(|fields| fields.len() == 1);
    let schema = if is_reference(schema) { resolved(document, schema) } else { schema };
    let own = schema.get("$defs").and_then(Value::as_object);
    let taken = own.into_iter().flat_map(Map::keys).map(|name| (name.clone(), 1)).collect();
    let mut bundle = Bundle { document, names: HashMap::new(), taken, to_do: VecDeque::new(), left };
    let mut whole = bundle.copy(schema)?;
    let mut defs = BTreeMap::new();
    while let Some((name, value)) = bundle.to_do.pop_front() {
        defs.insert(name, bundle.copy(value)?);
    }
    if let (Value::Object(fields), false) = (&mut whole, defs.is_empty())
        && let Value::Object(known) = fields.entry("$defs").or_insert_with(|| Value::Object(Map::new()))
    {
        known.extend(defs);
    }
    Ok(whole)
}

struct Bundle<'a> {
    document: &'a Value,
    /// What was referred to, by its pointer: the name it has in `$defs`.
    names: HashMap<String, String>,
    /// Names, and how often each was wanted.
    taken: HashMap<String, usize>,
    to_do: VecDeque<(String, &'a Value)>,
    left: &'a mut usize,
}

impl Bundle<'_> {
    /// A copy of a schema whose references lead into `$defs`.
    fn copy(&mut self, schema: &Value) -> Result<Value, Option<String>> {
        match schema {
            Value::Array(items) => {
                self.take(2)?;
                Ok(Value::Array(items.iter().map(|item| self.copy(item)).collect::<Result<_, _>>()?))
            }
            Value::Object(fields) => self.copy_fields(fields),
            other => self.as_it_is(other),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Option<String>> {
        take_bytes(self.left, bytes).map_err(|()| None)
    }

    fn as_it_is(&mut self, value: &Value) -> Result<Value, Option<String>> {
        take(self.left, value).map_err(|()| None)?;
        Ok(value.clone())
    }

    fn copy_fields(&mut self, fields: &Map<String, Value>) -> Result<Value, Option<String>> {
        self.take(2)?;
        let mut copied = Map::new();
        for (name, value) in fields {
            self.take(name.len() + 2)?;
            let value = match (name.as_str(), value) {
                ("$ref", Value::String(target)) => Value::String(self.reference(target)?),
                // The document's references are relative to the document, whatever a part calls itself.
                ("$id" | "$schema", Value::String(_)) => continue,
                // Data, in which nothing is a reference.
                ("enum" | "const" | "default" | "example" | "examples" | "discriminator", value) => {
                    self.as_it_is(value)?
                }
                // Names of people's own, which may be those of keywords.
                ("properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions", value) => {
                    let mut parts = Map::new();
                    for (name, part) in value.as_object().into_iter().flatten() {
                        self.take(name.len() + 2)?;
                        parts.insert(name.clone(), self.copy(part)?);
                    }
                    Value::Object(parts)
                }
                (_, value) => self.copy(value)?,
            };
            copied.insert(name.clone(), value);
        }
        Ok(Value::Object(copied))
    }

    fn reference(&mut self, target: &str) -> Result<String, Option<String>> {
        self.take(target.len())?;
        let shown: String = target.chars().take(120).collect();
        let pointer =
            pointer_of(target).ok_or_else(|| Some(format!("it refers to {shown}, which is not in this document")))?;
        if let Some(name) = self.names.get(&pointer) {
            return Ok(format!("#/$defs/{name}"));
        }
        let value = self
            .document
            .pointer(&pointer)
            .ok_or_else(|| Some(format!("it refers to {shown}, and there is nothing there")))?;
        let name = self.name_for(&pointer);
        self.names.insert(pointer, name.clone());
        self.to_do.push_back((name.clone(), value));
        Ok(format!("#/$defs/{name}"))
    }

    /// A name for `$defs` that needs no escaping and that nothing else has.
    fn name_for(&mut self, pointer: &str) -> String {
        let last = pointer.rsplit('/').next().unwrap_or_default();
        let plain: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(80).collect();
        let plain = if plain.is_empty() { "part".to_owned() } else { plain };
        let mut count = self.taken.get(&plain).copied().unwrap_or_default();
        let mut name = plain.clone();
        if count > 0 {
            while self.taken.contains_key(&name) {
                count += 1;
                name = format!("{plain}_{count}");
            }
            self.taken.insert(name.clone(), 1);
        }
        self.taken.insert(plain, count.max(1));
        name
    }
}
