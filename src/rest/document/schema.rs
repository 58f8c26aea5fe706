//! Schemas that cannot be derived as they are written.

use serde_json::{Value, json};

/// The records that a merge patch changes.
const PATCHED: [&str; 5] = ["Source", "Destination", "Connection", "Transformation", "EventType"];

/// Corrects in a document what deriving got wrong, or left bulky.
pub(super) fn correct(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for name in ["SourceConfig", "DestinationConfig"] {
        auth_beside(&mut schemas[name]);
    }
    // A merge patch is the input, with everything left out that stays.
    for name in PATCHED {
        let mut input = schemas[format!("{name}Input")].clone();
        nothing_required(&mut input);
        schemas[format!("{name}Patch")] = input;
    }
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (_, field) in fields.into_iter().flatten() {
            described(field);
        }
        if let Some(row) = name.strip_prefix("Page_") {
            schema["properties"]["models"]["items"] = reference(row);
        }
    }
    for (_, path) in document["paths"].as_object_mut().into_iter().flatten() {
        let other_name = path["patch"]["operationId"].as_str().map(|id| format!("{id}_by_put"));
        let is_put_too = other_name.is_some() && path["put"]["operationId"].as_str() == other_name.as_deref();
        for method in if is_put_too { &["patch", "put"][..] } else { &["patch"] } {
            if let Some(body) = path.pointer_mut(&format!("/{method}/requestBody/content/application~1json"))
                && let Some(name) = PATCHED.iter().find(|name| body["schema"] == reference(&format!("{name}Input")))
            {
                body["schema"] = reference(&format!("{name}Patch"));
            }
        }
    }
}

/// What is said of a field that may be null is said of the field, and not of what it is where it is not null.
fn described(field: &mut Value) {
    let Some(field) = field.as_object_mut() else { return };
    let kinds = field.get_mut("oneOf").and_then(Value::as_array_mut);
    let said = kinds.into_iter().flatten().find_map(|one| one.as_object_mut()?.remove("description"));
    if let Some(said) = said {
        field.entry("description").or_insert(said);
    }
}

/// `auth_type` and `auth` stand beside the other fields, which all have defaults.
fn auth_beside(config: &mut Value) {
    nothing_required(config);
    let auth = config["properties"]["auth"].take();
    let tagged = auth["oneOf"][1]["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let field = |name: &'static str| tagged.iter().map(move |one| one["properties"][name].clone());
    let kinds: Vec<_> = field("auth_type").map(|kind| kind["enum"][0].clone()).chain([Value::Null]).collect();
    let forms: Vec<_> = field("auth").chain([json!({ "type": "null" })]).collect();
    config["properties"]["auth_type"] =
        json!({ "type": ["string", "null"], "enum": kinds, "description": "Which form `auth` has." });
    config["properties"]["auth"] = json!({ "anyOf": forms });
}

fn nothing_required(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
