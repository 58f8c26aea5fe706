//! JSON Schema: what an event's data is checked against.
//!
//! Drafts 2020-12 and 7. A schema stands alone: it refers to its own parts only, so that nothing is ever fetched. Whoever
//! writes a schema must not be able to stop the server with it: `survey` bounds how large it is and how much work it can
//! cause, patterns are matched in linear time, and what nests deeply has a stack of its own.

mod known;
mod mistakes;
mod survey;

use std::thread;

use hookyard_model::FieldError;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

pub(crate) use known::Checks;
use survey::Survey;
pub(crate) use survey::percent_decoded;

/// How large a schema may be, and an example.
const LARGEST: usize = 256 << 10;
/// How many mistakes are told of one event.
const MOST_MISTAKES: usize = 20;
/// How many steps a check may take by the schema's shape and the data's depth.
const MOST_STEPS: u64 = 20_000_000;
/// How much work a check may be by the schema's weight and the data's size: a second or two.
const MOST_WORK: u64 = 100_000_000;
/// A check of so little work is done at once, where others wait for it.
const LIGHT: u64 = 20_000;
/// Up to how much work all mistakes are looked for, and up to how much the first: all are found before one is told.
const MOST_FOR_ALL: u64 = 100_000;
const MOST_FOR_FIRST: u64 = 1_000_000;
/// The stack for what nests deeply; only what is used of it costs memory.
const DEEP_STACK: usize = 256 << 20;

/// A schema that was read, ready to check with.
pub(crate) struct Schema {
    validator: Validator,
    survey: Survey,
}

impl Schema {
    /// Reads a schema, or says what is wrong with it; pointers start with `/schema`.
    pub(crate) fn read(schema: &Value) -> Result<Self, Vec<FieldError>> {
        if schema.to_string().len() > LARGEST {
            let detail = format!("a schema has at most {} KiB", LARGEST >> 10);
            return Err(vec![FieldError::new("/schema", detail)]);
        }
        let draft = draft_of(schema)?;
        let survey = survey::survey(schema)?;
        with_deep_stack(|| compile(schema, draft))
            .unwrap_or_else(|| Err(vec![FieldError::new("/schema", "this schema cannot be read")]))
            .map(|validator| Self { validator, survey })
    }

    /// Where `data` does not fit, `at` being the pointer to it.
    pub(crate) fn check(&self, data: &Value, at: &str) -> Vec<FieldError> {
        let depth = depth(data);
        if self.survey.steps(depth) > MOST_STEPS {
            return vec![FieldError::new(at, "is nested too deeply to be checked against this schema")];
        }
        let work = self.survey.work(depth, size(data));
        if work > MOST_WORK {
            return vec![FieldError::new(at, "is too large to be checked against this schema")];
        }
        let check = || self.mistakes(data, at, work);
        if self.survey.is_shallow(depth) {
            return check();
        }
        with_deep_stack(check)
            .unwrap_or_else(|| vec![FieldError::new(at, "is nested too deeply to be checked against this schema")])
    }

    /// Whether a check is so little work that it may hold up others.
    fn is_light(&self, data: &Value) -> bool {
        let depth = depth(data);
        self.survey.is_shallow(depth) && self.survey.work(depth, size(data)) <= LIGHT
    }

    fn mistakes(&self, data: &Value, at: &str, work: u64) -> Vec<FieldError> {
        if self.validator.is_valid(data) {
            return Vec::new();
        }
        if work > MOST_FOR_FIRST {
            return vec![FieldError::new(at, "does not fit the schema; it is too large to say where")];
        }
        if work > MOST_FOR_ALL {
            return self.validator.validate(data).err().iter().flat_map(|error| mistakes::of(error, at)).collect();
        }
        self.validator.iter_errors(data).flat_map(|error| mistakes::of(&error, at)).take(MOST_MISTAKES).collect()
    }
}

/// What is wrong with an example that goes with `schema`; pointers start with `/example`.
pub(crate) fn example_mistakes(schema: Option<&Schema>, example: &Value) -> Vec<FieldError> {
    if example.to_string().len() > LARGEST {
        return vec![FieldError::new("/example", format!("an example has at most {} KiB", LARGEST >> 10))];
    }
    schema.map(|schema| schema.check(example, "/example")).unwrap_or_default()
}

fn draft_of(schema: &Value) -> Result<Draft, Vec<FieldError>> {
    let Some(said) = schema.get("$schema") else { return Ok(Draft::Draft202012) };
    match said.as_str().unwrap_or_default().trim_end_matches('#') {
        "https://json-schema.org/draft/2020-12/schema" => Ok(Draft::Draft202012),
        "http://json-schema.org/draft-07/schema" | "https://json-schema.org/draft-07/schema" => Ok(Draft::Draft7),
        _ => {
            let detail = "use https://json-schema.org/draft/2020-12/schema or http://json-schema.org/draft-07/schema#";
            Err(vec![FieldError::new("/schema/$schema", detail)])
        }
    }
}

fn compile(schema: &Value, draft: Draft) -> Result<Validator, Vec<FieldError>> {
    jsonschema::options()
        .with_draft(draft)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20))
        .offline()
        .build(schema)
        .map_err(|error| mistakes::of(&error, "/schema"))
}

/// Runs `work` on a thread with a deep stack; `None` when it panicked, or there is no thread to be had.
pub(crate) fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let deep = thread::Builder::new().name("schema".to_owned()).stack_size(DEEP_STACK);
        deep.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// How deep lists and objects nest.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// How many values there are in a value; long texts and names count for more.
fn size(value: &Value) -> u64 {
    let of_text = |text: &str| (text.len() / 16) as u64;
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| of_text(name) + size(value)).sum(),
        Value::String(text) => of_text(text),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
