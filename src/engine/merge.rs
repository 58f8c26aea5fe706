//! Merge patches (RFC 7396), and reading what comes of one.

use hookyard_model::{Code, Problem};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Segment;

/// What `current` becomes by `patch`. What the result may not have is a mistake in the field that has it.
pub(crate) fn patched<T: Serialize + DeserializeOwned>(current: &T, patch: Value) -> Result<T, Problem> {
    if !patch.is_object() {
        return Err(Problem::new(Code::InvalidInput, "a patch is a JSON object of the fields to change"));
    }
    let Ok(mut value) = serde_json::to_value(current) else {
        return Err(Problem::new(Code::Internal, "what is stored cannot be written as JSON"));
    };
    forget_other_auth(&mut value, &patch);
    merge(&mut value, patch);
    read(value)
}

/// Objects merge, `null` removes, everything else replaces.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Another kind of auth starts empty: nobody should have to remove the fields of the kind before one by one.
fn forget_other_auth(current: &mut Value, patch: &Value) {
    const KIND: &str = "/config/auth_type";
    if patch.pointer(KIND).is_some_and(|kind| current.pointer(KIND) != Some(kind))
        && let Some(config) = current.get_mut("config").and_then(Value::as_object_mut)
    {
        config.remove("auth");
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            pointer.push('/');
            match segment {
                Segment::Seq { index } => pointer.push_str(&index.to_string()),
                Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Enum { variant } => pointer.push_str(variant),
                Segment::Unknown => pointer.push('?'),
            }
        }
        let mut detail = error.into_inner().to_string();
        // "`delay`: …" is about a field of what stands there.
        let of_field = detail.strip_prefix('`').and_then(|said| said.split_once("`: "));
        if let Some((field, said)) = of_field.map(|(field, said)| (field.to_owned(), said.to_owned())) {
            pointer = format!("{pointer}/{}", field.replace('~', "~0").replace('/', "~1"));
            detail = said;
        }
        if let Some(field) = detail.strip_prefix("unknown field `").and_then(|said| said.split('`').next())
            && let field = field.replace('~', "~0").replace('/', "~1")
            && !pointer.ends_with(&format!("/{field}"))
        {
            pointer = format!("{pointer}/{field}");
        }
        // The path leads to the object that lacks the field; its name is in the message alone.
        if let Some(name) = detail.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            pointer.push('/');
            pointer.push_str(name);
        }
        Problem::field(pointer, detail)
    })
}

#[cfg(test)]
mod tests {
    use hookyard_model::{DestinationAuth, DestinationInput, SourceInput};
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_rfc_7396_says() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let (mut merged, case) = (target.clone(), format!("{target} by {patch}"));
            merge(&mut merged, patch);
            assert_eq!(merged, expected, "{case}");
        }
    }

    #[test]
    fn a_mistake_names_its_field() {
        let input: SourceInput = serde_json::from_value(json!({"name": "orders"})).unwrap();
        for (patch, pointer) in [
            (json!({"nmae": "x"}), "/nmae"),
            (json!({"name": null}), "/name"),
            (json!({"name": 7}), "/name"),
            (json!({"config": {"allowed_http_methods": ["POST", 7]}}), "/config/allowed_http_methods/1"),
            (json!({"config": {"a/b": 7}}), "/config/a~1b"),
            (json!({"config": {"auth_type": "NONE"}}), "/config/auth_type"),
        ] {
            let problem = patched(&input, patch.clone()).unwrap_err();
            assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some(pointer), "{patch}: {problem}");
        }
        assert_eq!(patched(&input, json!(["name"])).unwrap_err().code, Code::InvalidInput);
    }

    #[test]
    fn another_kind_of_auth_starts_empty() {
        let auth = json!({"auth_type": "API_KEY", "auth": {"header_name": "x-key", "value": "v"}});
        let input: DestinationInput = serde_json::from_value(json!({"name": "n", "config": auth})).unwrap();
        let bearer = json!({"config": {"auth_type": "BEARER", "auth": {"token": "t"}}});
        let bearer = patched(&input, bearer).unwrap();
        assert!(matches!(bearer.config.auth, Some(DestinationAuth::Bearer { .. })));
        assert_eq!(patched(&input, json!({"config": {"auth_type": null}})).unwrap().config.auth, None);
        let same = json!({"config": {"auth_type": "API_KEY", "auth": {"header_name": "x-other"}}});
        let same = patched(&input, same).unwrap();
        assert_eq!(same.config.auth.unwrap().secret().reveal(), "v");
    }
}
