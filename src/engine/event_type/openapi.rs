//! The `webhooks` section of an `OpenAPI` 3.1 document, read as event types.

use hookyard_model::{FieldError, Problem};
use serde_json::{Map, Value};

use super::bundle::{self, Room};
use crate::schema::with_deep_stack;

/// How large a document may be, and how many event types it may have.
const LARGEST: usize = 2 << 20;
const MOST: usize = 500;
/// Of how many characters of a label or a description more is not read.
const LONGEST_TEXT: usize = 10_000;

/// An event type as a document has it. What the document does not say is none.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) label: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: Option<bool>,
    pub(super) schema: Option<Value>,
    pub(super) example: Option<Value>,
    pub(super) mistakes: Vec<FieldError>,
}

/// Reads a document, JSON or YAML; what is wrong with it as a whole is a mistake in the field `/document`.
pub(super) fn read(document: &str) -> Result<Vec<Found>, Problem> {
    let wrong = |detail: String| Problem::field("/document", detail);
    if document.len() > LARGEST {
        return Err(wrong(format!("a document has at most {} MiB", LARGEST >> 20)));
    }
    let document = parse(document).map_err(wrong)?;
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.") && !version.starts_with("3.0") => {}
        Some(version) => {
            let version: String = version.chars().take(20).collect();
            return Err(wrong(format!("this is OpenAPI {version}; the webhooks section came with OpenAPI 3.1")));
        }
        None => return Err(wrong("this is not an OpenAPI document: it does not say `openapi: 3.1.0`".to_owned())),
    }
    let webhooks = document.get("webhooks").and_then(Value::as_object).filter(|webhooks| !webhooks.is_empty());
    let Some(webhooks) = webhooks else {
        return Err(wrong("this document has no webhooks section, or an empty one".to_owned()));
    };
    if webhooks.len() > MOST {
        return Err(wrong(format!("this document has {} webhooks; at most {MOST} are read", webhooks.len())));
    }
    let mut room = Room::new();
    Ok(webhooks.iter().map(|(name, item)| event_type(&document, name, item, &mut room)).collect())
}

fn parse(document: &str) -> Result<Value, String> {
    if document.trim().is_empty() {
        return Err("paste a document, or choose a file".to_owned());
    }
    if document.trim_start().starts_with('{') {
        return serde_json::from_str(document).map_err(|error| format!("this is not JSON: {error}"));
    }
    let read = with_deep_stack(|| from_yaml(document)).unwrap_or_else(|| Err("it cannot be read".to_owned()));
    read.map_err(|said| {
        format!("this is neither JSON nor YAML that can be read: {}", said.lines().next().unwrap_or_default())
    })
}

/// YAML within bounds: a short text can stand for a huge or a very deep value.
fn from_yaml(document: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 400_000,
            max_nodes: 200_000,
            max_depth: 100,
            max_aliases: 2_000,
            max_anchors: 2_000,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 200_000,
            max_replay_stack_depth: 32,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(document, options).map_err(|error| error.to_string())
}

fn event_type(document: &Value, name: &str, item: &Value, room: &mut Room) -> Found {
    const METHODS: [&str; 8] = ["post", "put", "patch", "get", "delete", "options", "head", "trace"];
    let item = bundle::resolved(document, item);
    let operation = METHODS.iter().find_map(|method| item.get(method)).unwrap_or(&Value::Null);
    let text = |field: &str| {
        let said = [operation, item].into_iter().find_map(|place| place.get(field)?.as_str());
        let said = said.map(str::trim).filter(|text| !text.is_empty());
        // Not all of what is too long in any case: many may refer to one.
        said.map(|text| text.chars().take(LONGEST_TEXT).collect())
    };
    let body = operation.get("requestBody").map(|body| bundle::resolved(document, body));
    let content = body.and_then(|body| json_content(body.get("content")?.as_object()?));
    let whole = content.and_then(|content| content.get("schema"));
    let data = whole.and_then(|whole| data_of_envelope(document, whole));
    let example = example(document, content, whole, data);
    let mut found = Found {
        name: name.to_owned(),
        label: text("summary"),
        description: text("description"),
        deprecated: operation.get("deprecated").and_then(Value::as_bool),
        schema: None,
        example: None,
        mistakes: Vec::new(),
    };
    match example.map(|example| room.example(example)).transpose() {
        Ok(example) => found.example = example,
        Err(detail) => found.mistakes.push(FieldError::new("/example", detail)),
    }
    match data.or(whole).map(|schema| bundle::standing_alone(document, schema, room)).transpose() {
        Ok(schema) => found.schema = schema,
        Err(detail) => found.mistakes.push(FieldError::new("/schema", detail)),
    }
    found
}

fn json_content(content: &Map<String, Value>) -> Option<&Value> {
    let is_json = |name: &str| {
        let kind = name.split(';').next().unwrap_or_default().trim();
        kind == "application/json" || kind.ends_with("+json") || kind == "*/*"
    };
    content.get("application/json").or_else(|| content.iter().find(|(name, _)| is_json(name)).map(|(_, value)| value))
}

/// The schema of `data`, where a schema describes an envelope such as ours.
fn data_of_envelope<'a>(document: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    bundle::property(document, schema, "type")?;
    bundle::property(document, schema, "data")
}

/// The example of an event's data that a document gives, at the body, in its schema, or in the schema of its data.
fn example<'a>(
    document: &'a Value,
    content: Option<&'a Value>,
    whole: Option<&'a Value>,
    data: Option<&'a Value>,
) -> Option<&'a Value> {
    let first = |place: &'a Value| match place.get("examples") {
        Some(Value::Object(named)) => {
            named.values().next().and_then(|example| bundle::resolved(document, example).get("value"))
        }
        Some(Value::Array(list)) => list.first(),
        _ => None,
    };
    let given = |place: &'a Value| place.get("example").or_else(|| first(place));
    let in_schema = |schema: &'a Value| given(bundle::resolved(document, schema));
    let of_body = content.and_then(given).or_else(|| whole.and_then(in_schema));
    let of_data = of_body.map(|body| match body {
        Value::Object(fields) if data.is_some() && fields.contains_key("type") => fields.get("data").unwrap_or(body),
        body => body,
    });
    of_data.or_else(|| data.and_then(in_schema))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(document: &Value) -> Found {
        read(&document.to_string()).unwrap().remove(0)
    }

    fn webhook(operation: &Value) -> Value {
        json!({
            "openapi": "3.1.0",
            "webhooks": {"a.b": {"post": operation}},
            "components": {
                "schemas": {
                    "Money": {"type": "object", "required": ["cents"], "properties": {"cents": {"type": "integer"}}},
                    "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
                    "Envelope": {"type": "object", "properties": {"type": {"type": "string"}, "data": {"type": "object"}}},
                },
                "requestBodies": {"Money": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Money"}}}}},
                "examples": {"Money": {"value": {"cents": 5}}},
            },
        })
    }

    fn body(schema: &Value) -> Value {
        json!({"requestBody": {"content": {"application/json": {"schema": schema}}}})
    }

    #[test]
    fn yaml_is_read_as_people_write_it() {
        let document = "
# the team's events
openapi: 3.1.0
info: {title: Shop, version: '1'}
webhooks:
  invoice.paid:
    post:
      summary: Invoice Paid
      description: >
        Money
        came.
      deprecated: true
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Invoice'}
            examples:
              usual:
                value: {amount: 12, paid_on: 2026-01-31, ok: yes}
      responses:
        200: {description: fine}
components:
  schemas:
    Invoice:
      type: object
      required: [amount]
      properties:
        amount: &amount {type: integer}
        tax: *amount
";
        let found = read(document).unwrap().remove(0);
        assert_eq!(
            (found.name.as_str(), found.label.as_deref(), found.description.as_deref(), found.deprecated),
            ("invoice.paid", Some("Invoice Paid"), Some("Money came."), Some(true))
        );
        let schema = found.schema.unwrap();
        assert_eq!(schema["properties"]["tax"], json!({"type": "integer"}));
        assert_eq!(found.example.unwrap(), json!({"amount": 12, "paid_on": "2026-01-31", "ok": "yes"}));
    }

    #[test]
    fn a_schema_comes_with_what_it_refers_to() {
        for (case, schema, expected) in [
            (
                "a reference alone is what it refers to",
                json!({"$ref": "#/components/schemas/Money"}),
                json!({"type": "object", "required": ["cents"], "properties": {"cents": {"type": "integer"}}}),
            ),
            (
                "a circle",
                json!({"properties": {"first": {"$ref": "#/components/schemas/Node"}}}),
                json!({
                    "properties": {"first": {"$ref": "#/$defs/Node"}},
                    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
                }),
            ),
            (
                "our envelope",
                json!({"properties": {"type": {"const": "a.b"}, "data": {"$ref": "#/components/schemas/Money"}}}),
                json!({"type": "object", "required": ["cents"], "properties": {"cents": {"type": "integer"}}}),
            ),
            (
                "our envelope, put together",
                json!({"allOf": [
                    {"$ref": "#/components/schemas/Envelope"}, {"properties": {"data": {"title": "mine"}}},
                ]}),
                json!({"title": "mine"}),
            ),
            (
                "a part of a part, and a property of a special name",
                json!({"properties": {"example": {"$ref": "#/components/schemas/Money/properties/cents"}}, "default": {"$ref": "#/x"}}),
                json!({
                    "properties": {"example": {"$ref": "#/$defs/cents"}}, "default": {"$ref": "#/x"},
                    "$defs": {"cents": {"type": "integer"}},
                }),
            ),
        ] {
            let found = one(&webhook(&body(&schema)));
            assert_eq!(found.mistakes, [], "{case}");
            assert_eq!(found.schema, Some(expected), "{case}");
        }
        for (schema, expected) in [
            (
                json!({"items": {"$ref": "https://example.com/x.json"}}),
                "it refers to https://example.com/x.json, which is not",
            ),
            (
                json!({"items": {"$ref": "#/components/schemas/None"}}),
                "it refers to #/components/schemas/None, and there is nothing",
            ),
        ] {
            let found = one(&webhook(&body(&schema)));
            assert!(found.mistakes[0].detail.starts_with(expected), "{:?}", found.mistakes);
            assert_eq!(found.mistakes[0].pointer, "/schema");
        }
    }

    #[test]
    fn what_many_refer_to_is_not_copied_without_end() {
        let of_size = |size: usize, count: usize, place: &str| {
            let mut document = webhook(&body(&json!({"$ref": "#/components/schemas/Large"})));
            let (large, webhook) = (json!({ place: "x".repeat(size) }), document["webhooks"]["a.b"].take());
            document["components"]["schemas"]["Large"] = large;
            document["webhooks"] = (0..count).map(|n| (format!("a.b{n}"), webhook.clone())).collect();
            read(&document.to_string()).unwrap()
        };
        for (place, pointer) in [("description", "/schema"), ("default", "/schema"), ("example", "/example")] {
            for found in of_size(1_900_000, 500, place) {
                assert_eq!(found.mistakes[0].pointer, pointer, "{place}");
                assert!(found.schema.is_none() && found.example.is_none(), "{place}");
            }
        }
        let together = of_size(200_000, 500, "description");
        let copied = together.iter().filter(|found| found.schema.is_some()).count();
        assert_eq!(copied, (8 << 20) / 200_100);
        assert_eq!(together[499].mistakes[0].detail, "this document's schemas and examples are too large together");
    }

    #[test]
    fn bodies_and_examples_are_found_where_they_are() {
        let money = json!({"$ref": "#/components/schemas/Money"});
        let referred = one(&webhook(&json!({"requestBody": {"$ref": "#/components/requestBodies/Money"}})));
        assert!(referred.schema.is_some() && referred.example.is_none());
        for content in [
            json!({"schema": money, "example": {"cents": 5}}),
            json!({"schema": money, "examples": {"one": {"$ref": "#/components/examples/Money"}}}),
            json!({"schema": {"type": "object", "examples": [{"cents": 5}]}}),
            json!({"schema": {"properties": {"type": {}, "data": money}}, "example": {"type": "a.b", "data": {"cents": 5}}}),
        ] {
            let found = one(&webhook(&json!({"requestBody": {"content": {"application/vnd.x+json": content}}})));
            assert_eq!(found.example, Some(json!({"cents": 5})), "{content}");
        }
        let bare = one(&webhook(&json!({"summary": " "})));
        assert!(bare.label.is_none() && bare.schema.is_none() && bare.example.is_none() && bare.mistakes.is_empty());
    }

    #[test]
    fn what_is_no_such_document_is_refused_with_the_reason() {
        let bomb = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |yaml, n| {
            format!("{yaml}a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n", before = n - 1)
        });
        let merged = (1..40).fold("a0: &a0 {x: 1}\n".to_owned(), |yaml, n| {
            format!(
                "{yaml}a{n}: &a{n} {{<<: [*a{before}, *a{before}], k{n}: [*a{before}, *a{before}]}}\n",
                before = n - 1
            )
        });
        let deep = format!("a: {}", "[".repeat(50_000));
        let blocks: String = (0..3_000).map(|n| format!("{}a:\n", " ".repeat(n))).take(1_000).collect();
        for (document, expected) in [
            ("", "paste a document"),
            ("{", "this is not JSON: "),
            ("hello", "this is not an OpenAPI document"),
            ("[1]", "this is not an OpenAPI document"),
            ("a: b: c: d", "this is neither JSON nor YAML"),
            ("openapi: 3.0.3\nwebhooks: {a: {}}", "this is OpenAPI 3.0.3; "),
            ("openapi: 3.1.0", "this document has no webhooks"),
            ("openapi: 3.1.0\nwebhooks: {}", "this document has no webhooks"),
            (&bomb, "this is neither JSON nor YAML"),
            (&merged, "this is neither JSON nor YAML"),
            (&deep, "this is neither JSON nor YAML"),
            (&blocks, "this is neither JSON nor YAML"),
            (&"x".repeat(LARGEST + 1), "a document has at most 2 MiB"),
        ] {
            let problem = read(document).err().unwrap_or_else(|| panic!("{document:.80} was read"));
            assert_eq!(problem.errors[0].pointer, "/document");
            assert!(problem.errors[0].detail.starts_with(expected), "{document:.80}: {}", problem.errors[0].detail);
        }
    }
}
