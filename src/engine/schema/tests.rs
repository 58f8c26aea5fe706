use serde_json::json;

use super::*;

fn said(mistakes: &[FieldError]) -> Vec<String> {
    mistakes.iter().map(|mistake| format!("{}: {}", mistake.pointer, mistake.detail)).collect()
}

fn check(schema: &Value, data: &Value) -> Vec<String> {
    said(
        &Schema::read(schema).unwrap_or_else(|mistakes| panic!("{schema}: {:?}", said(&mistakes))).check(data, "/data"),
    )
}

fn refused(schema: &Value) -> Vec<String> {
    match Schema::read(schema) {
        Ok(_) => panic!("{schema} was taken"),
        Err(mistakes) => said(&mistakes),
    }
}

#[test]
fn a_mistake_is_a_sentence_at_its_place() {
    for (schema, data, expected) in [
        (json!({"required": ["a"]}), json!({}), "/data/a: is missing"),
        (
            json!({"properties": {"a": {"type": "integer"}}}),
            json!({"a": "1"}),
            "/data/a: must be a whole number, not a string",
        ),
        (
            json!({"properties": {"a/b": {"type": ["string", "null"]}}}),
            json!({"a/b": 1}),
            "/data/a~1b: must be null or a string, not a number",
        ),
        (
            json!({"properties": {"a": true}, "additionalProperties": false}),
            json!({"x": 1}),
            "/data/x: is not a property that the schema knows",
        ),
        (json!({"additionalProperties": false}), json!({"x": 1}), "/data: must have no properties"),
        (json!({"properties": {"a": {"enum": ["x", "y", 1]}}}), json!({"a": "z"}), "/data/a: must be one of x, y, 1"),
        (json!({"properties": {"a": {"const": "x"}}}), json!({"a": "z"}), "/data/a: must be x"),
        (json!({"properties": {"a": {"minLength": 1}}}), json!({"a": ""}), "/data/a: must not be empty"),
        (
            json!({"properties": {"a": {"format": "email"}}}),
            json!({"a": "nobody"}),
            "/data/a: must be an e-mail address",
        ),
        (json!({"properties": {"a": {"format": "int32"}}}), json!({"a": 7}), ""),
        (
            json!({"properties": {"a": {"pattern": "^[a-z]+$"}}}),
            json!({"a": "A"}),
            "/data/a: must match the pattern ^[a-z]+$",
        ),
        (json!({"properties": {"a": {"minimum": 3}}}), json!({"a": 2}), "/data/a: must be at least 3"),
        (
            json!({"properties": {"a": {"items": {"type": "string"}}}}),
            json!({"a": ["x", 1]}),
            "/data/a/1: must be a string, not a number",
        ),
        (json!({"properties": {"a": {"minItems": 1}}}), json!({"a": []}), "/data/a: must have at least 1 item"),
        (json!({"properties": {"a": false}}), json!({"a": 1}), "/data/a: is not allowed by the schema"),
        (
            json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"required": ["b"], "type": "object"}]}}}),
            json!({"a": 1}),
            "/data/a: fits none of the 2 alternatives; for one of them it must be a string, not a number",
        ),
        (
            json!({"oneOf": [{"type": "object"}, true]}),
            json!({}),
            "/data: fits more than one of the alternatives, and must fit exactly one",
        ),
        (
            json!({"propertyNames": {"pattern": "^a"}}),
            json!({"b": 1}),
            "/data: a property's name must match the pattern ^a",
        ),
        // Draft 7 by its name.
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{"type": "string"}]}}}),
            json!({"a": [1]}),
            "/data/a/0: must be a string, not a number",
        ),
        (json!(true), json!({"a": 1}), ""),
        (json!(false), json!({"a": 1}), "/data: is not allowed by the schema"),
        (
            json!({"$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"}),
            json!({"next": {"next": {"next": 3}}}),
            "/data/next/next/next: must be an object, not a number",
        ),
        (
            json!({"$defs": {"n": {"$anchor": "name", "type": "string"}}, "properties": {"a": {"$ref": "#name"}}}),
            json!({"a": 1}),
            "/data/a: must be a string, not a number",
        ),
    ] {
        assert_eq!(check(&schema, &data).first().map_or("", String::as_str), expected, "{schema}");
    }
}

#[test]
fn at_most_twenty_mistakes_are_told() {
    let names: Vec<_> = (0..50).map(|n| format!("p{n}")).collect();
    assert_eq!(check(&json!({"required": names}), &json!({})).len(), 20);
    let many = json!({"a": vec![1; 100_000]});
    assert_eq!(check(&json!({"properties": {"a": {"items": {"type": "string"}}}}), &many).len(), 1);
}

#[test]
fn a_schema_that_is_none_is_refused_where_it_is_wrong() {
    for (schema, expected) in [
        (json!({"type": "strnig"}), "/schema/type: "),
        (json!({"properties": {"a": {"minimum": "3"}}}), "/schema/properties/a/minimum: "),
        (json!({"properties": {"a": 7}}), "/schema/properties/a: a schema is an object, true or false"),
        (json!({"properties": {"a": {"pattern": "("}}}), "/schema/properties/a/pattern: "),
        (json!({"properties": {"a": {"pattern": "(?=a)b"}}}), "/schema/properties/a/pattern: "),
        (json!({"pattern": "(a{1000}){1000}"}), "/schema/pattern: "),
        (json!({"$schema": "https://example.com/mine"}), "/schema/$schema: use https://json-schema.org/"),
        (
            json!({"properties": {"a": {"$ref": "https://example.com/a.json"}}}),
            "/schema/properties/a/$ref: a schema refers to its own parts only",
        ),
        (json!({"$ref": "file:///etc/passwd"}), "/schema/$ref: a schema refers to its own parts only"),
        (json!({"$ref": "other.json"}), "/schema/$ref: a schema refers to its own parts only"),
        (json!({"$ref": "#/$defs/none"}), "/schema/$ref: there is nothing at #/$defs/none in this schema"),
        (json!({"$ref": "#none"}), "/schema/$ref: there is nothing at #none"),
        (json!({"properties": {"a": {"$id": "https://example.com/x"}}}), "/schema/properties/a/$id: only the whole"),
        (json!("x"), "/schema: a schema is an object, true or false"),
    ] {
        let mistakes = refused(&schema);
        assert!(mistakes[0].starts_with(expected), "{schema}: {mistakes:?}");
    }
}

#[test]
fn a_schema_cannot_stop_the_server() {
    let mut doubling = serde_json::Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        doubling.insert(format!("d{n}"), json!({"allOf": [next, next]}));
    }
    doubling.insert("d40".to_owned(), json!({"type": "string"}));
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        json!({"$dynamicAnchor": "me", "if": {"$dynamicRef": "#me"}}),
        json!({"$id": "https://example.com/me", "allOf": [{"$ref": "https://example.com/me"}]}),
        json!({"$defs": doubling, "$ref": "#/$defs/d0"}),
        json!({"properties": (0..6000).map(|n| (format!("p{n}"), json!(true))).collect::<serde_json::Map<_, _>>()}),
        json!({"enum": ["x".repeat(300_000)]}),
    ] {
        assert!(!refused(&schema).is_empty());
    }
    let deep = (0..100).fold(json!({"type": "string"}), |inner, _| json!({"items": inner}));
    assert!(refused(&deep)[0].contains("nests at most 64 levels"));
    // Parts that refer to one another in a long row, within deep data.
    let row: serde_json::Map<_, _> = (0..2000)
        .map(|n| (format!("d{n}"), json!({"properties": {"a": {"$ref": format!("#/$defs/d{}", (n + 1) % 2000)}}})))
        .collect();
    let nested = (0..120).fold(json!(1), |inner, _| json!({"a": inner}));
    assert!(check(&json!({"$defs": row, "$ref": "#/$defs/d0"}), &nested).is_empty());
    let in_a_row = (0..25).fold(json!({"properties": {"a": {"$ref": "#"}}}), |inner, _| json!({"allOf": [inner]}));
    assert!(check(&in_a_row, &nested).is_empty());
    // Twice the work with each level of the data.
    let twice = json!({"properties": {"a": {"$ref": "#"}}, "allOf": [{"properties": {"a": {"$ref": "#"}}}]});
    assert_eq!(check(&twice, &nested), ["/data: is nested too deeply to be checked against this schema"]);
    assert!(check(&twice, &json!({"a": {"a": {"a": 1}}})).is_empty());
    // Much data against much of a schema, however it is spread.
    let all = json!({"items": {"allOf": vec![json!({"minimum": 0}); 4_900]}});
    let (list, texts) = (json!(vec![1; 200_000]), json!(vec!["x"; 200_000]));
    let too_large = ["/data: is too large to be checked against this schema"];
    assert_eq!(check(&all, &list), too_large);
    assert!(check(&all, &json!(vec![1; 2_000])).is_empty());
    let numbers: Vec<_> = (0..15_000).collect();
    assert_eq!(check(&json!({"items": {"enum": numbers}}), &texts), too_large);
    let names: Vec<_> = numbers.iter().map(|n| format!("n{n}")).collect();
    assert_eq!(check(&json!({"items": {"required": names}}), &list), too_large);
    let properties: serde_json::Map<_, _> = (0..4_000).map(|n| (format!("p{n}"), json!(true))).collect();
    assert_eq!(check(&json!({"items": {"properties": properties}}), &list), too_large);
    let long = json!("a".repeat(10 << 20));
    assert_eq!(check(&json!({"pattern": "^[ab]{900}$"}), &long), too_large);
    assert!(check(&json!({"pattern": "^a*$", "maxLength": 99_999_999}), &long).is_empty());
    // What is usual: a closed object with some fields and long lists.
    let row = json!({"type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {"id": {"type": "integer"}, "name": {"type": "string", "pattern": "^.{1,100}$"}}});
    let usual = json!({"type": "object", "additionalProperties": false, "properties": {"rows": {"items": row}}});
    let rows = json!({"rows": vec![json!({"id": 1, "name": "somebody"}); 50_000]});
    assert!(check(&usual, &rows).is_empty());
    // A pattern that others match in exponential time.
    let pattern = json!({"properties": {"a": {"pattern": "^(a+)+$"}}});
    let text = format!("{}!", "a".repeat(50_000));
    assert_eq!(check(&pattern, &json!({"a": text})).len(), 1);
}

#[test]
fn an_example_fits_its_schema() {
    let schema = Schema::read(&json!({"required": ["a"]})).ok();
    assert_eq!(said(&example_mistakes(schema.as_ref(), &json!({}))), ["/example/a: is missing"]);
    assert!(example_mistakes(schema.as_ref(), &json!({"a": 1})).is_empty());
    assert!(example_mistakes(None, &json!({})).is_empty());
    assert_eq!(example_mistakes(None, &json!("x".repeat(300_000))).len(), 1);
}
