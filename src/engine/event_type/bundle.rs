//! A schema of a document made to stand alone: what it refers to comes along as `$defs`.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::{Map, Value};

/// How many values a schema may have with all that it refers to.
const MOST: usize = 50_000;
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

/// The schema with all that it refers to, or why that cannot be had.
pub(super) fn standing_alone(document: &Value, schema: &Value) -> Result<Value, String> {
    // A schema that is nothing but a reference is what it refers to.
    let is_reference = |schema: &Value| schema.as_object().is_some_and(|fields| fields.len() == 1);
    let schema = if is_reference(schema) { resolved(document, schema) } else { schema };
    let own = schema.get("$defs").and_then(Value::as_object).map(|defs| defs.keys().cloned().collect());
    let mut bundle =
        Bundle { document, names: HashMap::new(), taken: own.unwrap_or_default(), to_do: VecDeque::new(), size: 0 };
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
    taken: HashSet<String>,
    to_do: VecDeque<(String, &'a Value)>,
    size: usize,
}

impl Bundle<'_> {
    /// A copy of a schema whose references lead into `$defs`.
    fn copy(&mut self, schema: &Value) -> Result<Value, String> {
        self.size += 1;
        if self.size > MOST {
            return Err("with all that it refers to, this schema is too large".to_owned());
        }
        match schema {
            Value::Array(items) => {
                Ok(Value::Array(items.iter().map(|item| self.copy(item)).collect::<Result<_, _>>()?))
            }
            Value::Object(fields) => self.copy_fields(fields),
            other => Ok(other.clone()),
        }
    }

    fn copy_fields(&mut self, fields: &Map<String, Value>) -> Result<Value, String> {
        let mut copied = Map::new();
        for (name, value) in fields {
            let value = match (name.as_str(), value) {
                ("$ref", Value::String(target)) => Value::String(self.reference(target)?),
                // The document's references are relative to the document, whatever a part calls itself.
                ("$id" | "$schema", Value::String(_)) => continue,
                // Data, in which nothing is a reference.
                ("enum" | "const" | "default" | "example" | "examples" | "discriminator", value) => value.clone(),
                // Names of people's own, which may be those of keywords.
                ("properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions", value) => {
                    let parts = value.as_object().into_iter().flatten();
                    let parts = parts.map(|(name, part)| Ok((name.clone(), self.copy(part)?)));
                    Value::Object(parts.collect::<Result<_, String>>()?)
                }
                (_, value) => self.copy(value)?,
            };
            copied.insert(name.clone(), value);
        }
        Ok(Value::Object(copied))
    }

    fn reference(&mut self, target: &str) -> Result<String, String> {
        let shown: String = target.chars().take(120).collect();
        let pointer =
            pointer_of(target).ok_or_else(|| format!("it refers to {shown}, which is not in this document"))?;
        if let Some(name) = self.names.get(&pointer) {
            return Ok(format!("#/$defs/{name}"));
        }
        let value = self
            .document
            .pointer(&pointer)
            .ok_or_else(|| format!("it refers to {shown}, and there is nothing there"))?;
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
        let mut name = plain.clone();
        let mut count = 1;
        while !self.taken.insert(name.clone()) {
            count += 1;
            name = format!("{plain}_{count}");
        }
        name
    }
}
