use serde_json::{Value as Json, json};

use super::*;
use crate::FilterRule;

/// A filter from JSON with its parts.
fn rule(json: &Json) -> FilterRule {
    serde_json::from_value(json.clone()).unwrap()
}

fn body_filter(pattern: &Json) -> Filter {
    Filter::compile(&rule(&json!({ "body": pattern })), "").unwrap()
}

fn passes(pattern: &Json, body: &Json) -> bool {
    let text = body.to_string();
    body_filter(pattern).passes(&View::of_stored("[]", "", "", text.as_bytes()))
}

#[test]
fn each_operator_says_yes_and_no() {
    for (pattern, yes, no) in [
        (json!("a"), json!("a"), json!("b")),
        (json!({"a": "b"}), json!({"a": "b", "c": 1}), json!({"a": "c"})),
        (json!({"a": 1}), json!({"a": 1.0}), json!({"a": "1"})),
        (json!({"a": 1.0}), json!({"a": 1}), json!({"a": 1.5})),
        (json!({"a": null}), json!({"a": null}), json!({})),
        (json!({"a": true}), json!({"a": true}), json!({"a": "true"})),
        (json!({"a": {"b": {"c": 1}}}), json!({"a": {"b": {"c": 1}}}), json!({"a": {"b": 1}})),
        (
            json!({"a": {"$eq": {"x": 1, "y": [2]}}}),
            json!({"a": {"y": [2], "x": 1.0}}),
            json!({"a": {"x": 1, "y": [2], "z": 0}}),
        ),
        (json!({"a": {"$neq": 1}}), json!({"a": 2}), json!({"a": 1})),
        (json!({"a": {"$neq": 1}}), json!({}), json!({"a": [2, 1]})),
        (json!({"a": {"$gt": 1}}), json!({"a": 1.5}), json!({"a": 1})),
        (json!({"a": {"$gte": 1}}), json!({"a": 1}), json!({"a": "2"})),
        (json!({"a": {"$lt": 1}}), json!({"a": -5}), json!({"a": 1})),
        (
            json!({"a": {"$lte": 9_007_199_254_740_992_u64}}),
            json!({"a": 9_007_199_254_740_992_u64}),
            json!({"a": 9_007_199_254_740_993_u64}),
        ),
        (json!({"a": {"$gt": "2026-01-01"}}), json!({"a": "2026-02-01T00:00:00Z"}), json!({"a": "2025-12-31"})),
        (json!({"a": {"$in": [1, "x"]}}), json!({"a": "x"}), json!({"a": "y"})),
        (json!({"a": {"$nin": [1, "x"]}}), json!({"a": "y"}), json!({"a": ["y", "x"]})),
        (json!({"a": {"$startsWith": "ab"}}), json!({"a": "abc"}), json!({"a": "cab"})),
        (json!({"a": {"$startsWith": ["x", "ab"]}}), json!({"a": "abc"}), json!({"a": 12})),
        (json!({"a": {"$endsWith": "bc"}}), json!({"a": "abc"}), json!({"a": "abcd"})),
        (json!({"a": {"$contains": "b"}}), json!({"a": "abc"}), json!({"a": [["abc"], "ac", 1]})),
        (json!({"a": {"$contains": "b"}}), json!({"a": ["x", "abc"]}), json!({"a": []})),
        (json!({"a": {"$contains": "b"}}), json!({"a": ["a", "b"]}), json!({"a": "ac"})),
        (json!({"a": {"$contains": 2}}), json!({"a": [1, 2]}), json!({"a": [1, 22]})),
        (json!({"a": {"$exist": true}}), json!({"a": null}), json!({})),
        (json!({"a": {"$exist": false}}), json!({"b": 1}), json!({"a": null})),
        (json!({"a": {"b": {"$exist": false}}}), json!({}), json!({"a": {"b": 0}})),
        (json!({"$or": [{"a": 1}, {"b": 1}]}), json!({"b": 1}), json!({"a": 2})),
        (json!({"$and": [{"a": 1}, {"b": 1}]}), json!({"a": 1, "b": 1}), json!({"a": 1})),
        (json!({"$not": {"a": 1}}), json!({"a": 2}), json!({"a": 1})),
        (json!({"a": {"$not": {"$gte": 5, "$lt": 9}}}), json!({"a": 9}), json!({"a": 5})),
        (json!({"c": 3, "$or": [{"a": 1}, {"b": 1}]}), json!({"b": 1, "c": 3}), json!({"b": 1})),
        (json!({"a": {"$or": ["x", {"$startsWith": "y"}]}}), json!({"a": "yes"}), json!({"a": "no"})),
        (json!({"a": {"$ref": "body.b"}}), json!({"a": 1, "b": 1.0}), json!({"a": 1, "b": 2})),
        (json!({"a": {"$lte": {"$ref": "b.c"}}}), json!({"a": 1, "b": {"c": 1}}), json!({"a": 1, "b": {}})),
        (json!({"a": {"$in": {"$ref": "/body/b~1c"}}}), json!({"a": 1, "b/c": [1]}), json!({"a": 1, "b/c": 1})),
        (json!({"a": {"$ref": "b[1].c"}}), json!({"a": 1, "b": [0, {"c": 1}]}), json!({"a": 1, "b": [{"c": 1}]})),
        (json!({"a": {"$neq": {"$ref": "b"}}}), json!({"a": 1}), json!({"a": 1, "b": 1})),
        // Lists match when one of their elements does, and several conditions are for the same.
        (json!({"a": "x"}), json!({"a": ["y", "x"]}), json!({"a": ["y"]})),
        (json!({"a": "x"}), json!({"a": [["x"]]}), json!({"a": []})),
        (json!({"a": {"$gte": 2, "$lt": 3}}), json!({"a": [9, 2]}), json!({"a": [1, 3]})),
        (json!({"a": {"b": 1, "c": 1}}), json!({"a": [{"b": 1, "c": 1}]}), json!({"a": [{"b": 1}, {"c": 1}]})),
        (json!({"a": {"b": {"$exist": false}}}), json!({"a": [{"b": 1}, {}]}), json!({"a": [{"b": 1}]})),
        (json!({"a": [1, 2]}), json!({"a": [1, 2]}), json!({"a": [2, 1]})),
        // With `$` or without, and fields that are called like operators.
        (json!({"a": {"gte": 1}}), json!({"a": 1}), json!({"a": 0})),
        (json!({"or": [{"a": 1}]}), json!({"a": 1}), json!({"or": [{"a": 1}]})),
        (json!({"in": "x", "name": "y"}), json!({"in": "x", "name": "y"}), json!({"name": "y"})),
        (json!({"\\in": "x"}), json!({"in": "x"}), json!("x")),
        (json!({"\\$in": "x"}), json!({"$in": "x"}), json!({"in": "x"})),
        (json!({"\\\\in": "x"}), json!({"\\in": "x"}), json!({"in": "x"})),
        (json!({"contains": "err"}), json!("an error"), json!("well")),
    ] {
        assert!(passes(&pattern, &yes), "{pattern} lets {yes} pass");
        assert!(!passes(&pattern, &no), "{pattern} stops {no}");
        let denied = json!({ "$not": pattern });
        assert!(!passes(&denied, &yes) && passes(&denied, &no), "{denied} is the opposite");
    }
}

#[test]
fn headers_query_and_path_are_texts() {
    let headers = r#"[["x-count","5"],["x-tag","a"],["x-tag","b \"q\""],["content-type","text/plain"]]"#;
    let view = View::of_stored(headers, "/orders/7", "page=2&tag=x&tag=y%20z&ok=true", b"an error");
    for (filter, expected) in [
        (json!({"headers": {"X-Count": "5"}}), true),
        (json!({"headers": {"x-count": 5}}), true),
        (json!({"headers": {"x-count": {"$gte": 5}}}), true),
        (json!({"headers": {"x-count": {"$gt": 5}}}), false),
        (json!({"headers": {"x-tag": "b \"q\""}}), true),
        (json!({"headers": {"x-tag": {"$gte": 1}}}), false),
        (json!({"headers": {"x-tag": {"$contains": "q"}}}), true),
        (json!({"headers": {"x-tag": {"$contains": "c"}}}), false),
        (json!({"query": {"tag": {"$contains": "y"}}}), true),
        (json!({"headers": {"x-none": {"$exist": false}}}), true),
        (json!({"headers": {"$or": [{"x-tag": "c"}, {"x-count": {"$in": [4, 5]}}]}}), true),
        (json!({"query": {"page": 2, "ok": true}}), true),
        (json!({"query": {"tag": "y z"}}), true),
        (json!({"query": {"tag": {"$neq": "x"}}}), false),
        (json!({"query": {"in": "x"}}), false),
        (json!({"path": "/orders/7"}), true),
        (json!({"path": "/orders"}), false),
        (json!({"path": {"startsWith": "/orders"}}), true),
        (json!({"path": {"$not": {"$contains": "ord"}}}), false),
        (json!({"body": {"$contains": "error"}}), true),
        (json!({"body": {"a": 1}}), false),
        (json!({"body": {"a": {"$exist": false}}, "path": "/orders/7"}), true),
        (json!({"query": {"page": {"$lte": {"$ref": "headers.X-Count"}}}}), true),
    ] {
        let compiled = Filter::compile(&rule(&filter), "").unwrap();
        assert_eq!(compiled.passes(&view), expected, "{filter}");
        assert_eq!(compiled.check(&view).is_ok(), expected, "{filter}");
    }
    let pairs = [("x-count".to_owned(), "5".to_owned())];
    let filter = Filter::compile(&rule(&json!({"headers": {"x-count": 5}})), "").unwrap();
    assert!(filter.passes(&View::of_pairs(&pairs, "", "", b"")));
}

#[test]
fn a_mistake_is_told_where_it_is() {
    for (filter, pointer, detail) in [
        (json!({}), "/rules/0", "at least one"),
        (json!({"body": {}}), "/rules/0/body", "empty"),
        (json!({"body": {"a": {}}}), "/rules/0/body/a", "empty"),
        (json!({"body": {"amount": {"$gte": {}}}}), "/rules/0/body/amount/$gte", "a number"),
        (json!({"body": {"amount": {"gt": null}}}), "/rules/0/body/amount/gt", "a number"),
        (json!({"body": {"a": {"$exists": true}}}), "/rules/0/body/a/$exists", "`$exist` is"),
        (json!({"body": {"a": {"$ne": 1}}}), "/rules/0/body/a/$ne", "`$neq` is"),
        (json!({"body": {"a": {"$regex": "x"}}}), "/rules/0/body/a/$regex", "$startsWith"),
        (json!({"body": {"a": {"$in": "x"}}}), "/rules/0/body/a/$in", "a list"),
        (json!({"body": {"a": {"$nin": []}}}), "/rules/0/body/a/$nin", "a list"),
        (json!({"body": {"a": {"$startsWith": 1}}}), "/rules/0/body/a/$startsWith", "a text"),
        (json!({"body": {"a": {"$contains": ["x"]}}}), "/rules/0/body/a/$contains", "a text"),
        (json!({"body": {"a": {"$exist": 1}}}), "/rules/0/body/a/$exist", "true or false"),
        (json!({"body": {"$or": {}}}), "/rules/0/body/$or", "a list"),
        (json!({"body": {"$and": []}}), "/rules/0/body/$and", "a list"),
        (json!({"body": {"$or": [{"a": 1}, {"a": {"$lt": []}}]}}), "/rules/0/body/$or/1/a/$lt", "a number"),
        (json!({"body": {"a": {"$gte": 1, "b": 2}}}), "/rules/0/body/a/$gte", "side by side"),
        (json!({"body": {"a": {"$ref": ""}}}), "/rules/0/body/a/$ref", "no place"),
        (json!({"body": {"a": {"$eq": {"$ref": 1}}}}), "/rules/0/body/a/$eq/$ref", "a place"),
        (json!({"body": {"a/b": {"$gte": true}}}), "/rules/0/body/a~1b/$gte", "a number"),
        (json!({"headers": "x"}), "/rules/0/headers", "an object"),
        (json!({"headers": {"$contains": "x"}}), "/rules/0/headers/$contains", "name one"),
        (json!({"path": 5}), "/rules/0/path", "a text"),
        (json!({"path": {"a": 1}}), "/rules/0/path", "a text"),
        (json!({"path": {"$begins": "/a"}}), "/rules/0/path/$begins", "not an operator"),
        (json!({"query": {"a": {"$exist": true}}, "body": {"a": {"$lt": true}}}), "/rules/0/body/a/$lt", "a number"),
    ] {
        let mistakes = Filter::compile(&rule(&filter), "/rules/0").unwrap_err();
        assert_eq!(mistakes.len(), 1, "{filter}: {mistakes:?}");
        assert_eq!(mistakes[0].pointer, pointer, "{filter}: {mistakes:?}");
        assert!(mistakes[0].detail.contains(detail), "{filter}: {mistakes:?}");
    }
    let deep = (0..40).fold(json!(1), |inside, _| json!({ "a": inside }));
    assert_eq!(Filter::compile(&rule(&json!({ "body": deep })), "").unwrap_err()[0].pointer, "/body");
    let many: serde_json::Map<_, _> = (0..600).map(|n| (format!("f{n}"), json!(n))).collect();
    assert!(Filter::compile(&rule(&json!({ "body": many })), "").is_err());
    assert!(Filter::compile(&rule(&json!({ "body": {"a": "x".repeat(70_000)} })), "").is_err());
}

#[test]
fn a_mismatch_names_the_condition_and_the_value() {
    let body = json!({
        "amount": 50, "currency": "EUR", "text": "150", "tags": ["a", "b"], "none": [],
        "items": [{"sku": "x"}, {"sku": "y"}], "a.b": {"c": 1}, "long": "x".repeat(5000),
    });
    for (pattern, pointer, sentence) in [
        (json!({"amount": {"$gte": 100}}), "/body/amount/$gte", "body.amount is 50, wanted at least 100"),
        (json!({"currency": "EUR", "amount": 1}), "/body/amount", "body.amount is 50, wanted 1"),
        (json!({"gone": 1}), "/body/gone", "body.gone is missing, wanted 1"),
        (
            json!({"text": {"$gt": 100}}),
            "/body/text/$gt",
            "body.text is \"150\", wanted more than 100 (a text is not a number)",
        ),
        (json!({"tags": "c"}), "/body/tags", "body.tags is [\"a\",\"b\"], wanted \"c\""),
        (json!({"none": {"$in": [1]}}), "/body/none/$in", "body.none is an empty list, wanted one of [1]"),
        (
            json!({"currency": {"$nin": ["EUR", "USD"]}}),
            "/body/currency/$nin",
            "body.currency is \"EUR\", wanted none of [\"EUR\",\"USD\"]",
        ),
        (
            json!({"items": {"sku": "z"}}),
            "/body/items/sku",
            "none of the 2 elements of body.items matches; of the first, body.items[0].sku is \"x\", wanted \"z\"",
        ),
        (
            json!({"$or": [{"amount": 1}, {"currency": "USD"}]}),
            "/body/$or",
            "none of 2 alternatives matches: body.amount is 50, wanted 1; body.currency is \"EUR\", wanted \"USD\"",
        ),
        (
            json!({"amount": {"$not": {"$lt": 60}}}),
            "/body/amount/$not",
            "body.amount is 50 matches {\"$lt\":60}, which it must not",
        ),
        (json!({"amount": {"$exist": false}}), "/body/amount/$exist", "body.amount is 50, and must not be there"),
        (json!({"a.b": {"c": 2}}), "/body/a.b/c", "body[\"a.b\"].c is 1, wanted 2"),
        (
            json!({"amount": {"$ref": "total"}}),
            "/body/amount/$ref",
            "body.amount is 50, and what it is compared with is missing",
        ),
    ] {
        let text = body.to_string();
        let mismatch = body_filter(&pattern).check(&View::of_stored("[]", "", "", text.as_bytes())).unwrap_err();
        assert_eq!((mismatch.pointer.as_str(), mismatch.sentence.as_str()), (pointer, sentence), "{pattern}");
        let wire = serde_json::to_string(&mismatch).unwrap();
        assert_eq!(serde_json::from_str::<Mismatch>(&wire).unwrap(), mismatch);
    }
    let text = body.to_string();
    let mismatch =
        body_filter(&json!({"long": "y"})).check(&View::of_stored("[]", "", "", text.as_bytes())).unwrap_err();
    assert!(mismatch.sentence.len() < 500, "{}", mismatch.sentence);
    let mismatch = body_filter(&json!({"a": 1})).check(&View::of_stored("[]", "", "", b"plain")).unwrap_err();
    assert_eq!(mismatch.sentence, "the body is not JSON; body.a is missing, wanted 1");
}

#[test]
fn no_body_is_too_much() {
    for (case, body) in [
        ("nested", "[".repeat(10_000) + &"]".repeat(10_000)),
        ("nested objects", r#"{"a":"#.repeat(10_000)),
        ("half of it", "{\"a\": [1, 2".to_owned()),
        ("nothing", String::new()),
    ] {
        let filter = body_filter(&json!({"a": {"b": {"$gte": 1}}}));
        let view = View::of_stored("[]", "", "", body.as_bytes());
        assert!(!filter.passes(&view), "{case}");
        assert!(!filter.check(&view).unwrap_err().sentence.is_empty(), "{case}");
    }
    assert!(!body_filter(&json!({"a": 1})).passes(&View::of_stored("not JSON", "", "%ff&&=", b"\xff\x00")));
    let nested = "[".repeat(126) + "1" + &"]".repeat(126);
    assert!(body_filter(&json!(1)).passes(&View::of_stored("[]", "", "", nested.as_bytes())));
}

/// A small generator of numbers that look random and are the same every time.
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    move |most| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most.max(1) as u64).unwrap()
    }
}

fn any_value(next: &mut impl FnMut(usize) -> usize, depth: usize) -> Json {
    match next(if depth == 0 { 4 } else { 6 }) {
        0 => json!(next(4)),
        1 => json!(["a", "b", "ab", "1"][next(4)]),
        2 => json!(next(2) == 0),
        3 => Json::Null,
        4 => (0..next(3)).map(|_| any_value(next, depth - 1)).collect(),
        _ => ["a", "b"].into_iter().take(next(3)).map(|name| (name.to_owned(), any_value(next, depth - 1))).collect(),
    }
}

fn any_pattern(next: &mut impl FnMut(usize) -> usize, depth: usize) -> Json {
    let scalar = |next: &mut dyn FnMut(usize) -> usize| [json!(next(4)), json!(["a", "b"][next(2)])][next(2)].clone();
    match next(if depth == 0 { 5 } else { 9 }) {
        0 => scalar(next),
        1 => json!({ (["$gt", "$gte", "$lt", "$lte"][next(4)]): scalar(next) }),
        2 => json!({ (["$eq", "$neq", "$contains"][next(3)]): scalar(next) }),
        3 => json!({ (["$in", "$nin"][next(2)]): [scalar(next), scalar(next)] }),
        4 => json!({ "$exist": next(2) == 0 }),
        5 => json!({ "$not": any_pattern(next, depth - 1) }),
        6 => json!({ (["$or", "$and"][next(2)]): [any_pattern(next, depth - 1), any_pattern(next, depth - 1)] }),
        _ => json!({ "a": any_pattern(next, depth - 1) }),
    }
}

#[test]
fn the_laws_of_logic_hold_and_every_no_has_a_reason() {
    let mut next = numbers();
    for _ in 0..20_000 {
        let (p, q, body) = (any_pattern(&mut next, 3), any_pattern(&mut next, 2), any_value(&mut next, 4));
        let (is_p, is_q) = (passes(&p, &body), passes(&q, &body));
        assert_eq!(passes(&json!({"$not": p}), &body), !is_p, "not {p} of {body}");
        assert_eq!(passes(&json!({"$or": [p, q]}), &body), is_p || is_q, "{p} or {q} of {body}");
        assert_eq!(passes(&json!({"$and": [p, q]}), &body), is_p && is_q, "{p} and {q} of {body}");
        let text = body.to_string();
        let checked = body_filter(&p).check(&View::of_stored("[]", "", "", text.as_bytes()));
        assert_eq!(checked.is_ok(), is_p, "{p} of {body}");
        if let Err(why) = checked {
            assert!(why.pointer.starts_with("/body"), "{why:?}");
            assert!(why.sentence.starts_with("body") || why.sentence.starts_with("no"), "{why:?}");
        }
    }
}

#[test]
fn a_filter_that_would_compare_too_much_lets_nothing_pass_and_says_so() {
    let numbers: Vec<usize> = (0..5000).collect();
    let others: Vec<usize> = (5000..10_000).collect();
    let body = json!({ "a": numbers, "b": others, "n": 1, "deep": [[numbers, others], [others]] }).to_string();
    let view = View::of_stored("[]", "", "", body.as_bytes());
    for pattern in [
        json!({"a": {"$in": {"$ref": "body.b"}}}),
        json!({"a": {"$nin": {"$ref": "body.b"}}}),
        json!({"$not": {"a": {"$in": {"$ref": "body.b"}}}}),
        json!({"$or": [{"a": {"$in": {"$ref": "body.b"}}}, {"n": {"$not": {"deep": {"$in": {"$ref": "body.b"}}}}}]}),
        json!({"deep": {"$neq": {"$ref": "body"}, "$nin": {"$ref": "body.a"}}}),
    ] {
        let filter = body_filter(&pattern);
        // The first of them uses up what all share.
        for _ in 0..2 {
            assert!(!filter.passes(&view), "{pattern}");
            let why = filter.check(&view).unwrap_err();
            assert!(why.sentence.contains("too much to compare"), "{pattern}: {}", why.sentence);
        }
    }
    // What others ask of the same request is answered all the same.
    let simple = body_filter(&json!({"n": 1, "a": 4999, "b": {"$nin": [1, 2]}}));
    assert!(simple.passes(&view));
    assert_eq!(simple.check(&view), Ok(()));
}

#[test]
fn a_copy_of_what_is_compared_with_is_not_made_over_and_over() {
    let body = json!({ "a": vec!["x"; 1000], "b": 1 }).to_string();
    let view = View::of_stored("[]", "", "", body.as_bytes());
    let refs: Vec<Json> = (0..490).map(|_| json!({"b": {"$ref": "body"}})).collect();
    let why = body_filter(&json!({"$or": refs})).check(&view).unwrap_err();
    assert!(why.sentence.contains("too much to compare"), "{}", why.sentence);
}

#[test]
fn a_value_is_found_in_a_list_however_long_both_are() {
    let wanted: Vec<String> = (0..5000).map(|index| format!("id-{index}")).collect();
    let given: Vec<String> = (5000..50_000).map(|index| format!("id-{index}")).collect();
    for (given, wanted) in [
        (json!(given), json!(wanted)),
        (json!((5000..50_000).collect::<Vec<u32>>()), json!((0..5000).collect::<Vec<u32>>())),
    ] {
        let mut with = given.as_array().unwrap().clone();
        with.push(wanted[4999].clone());
        assert!(passes(&json!({"a": {"$in": wanted}}), &json!({"a": with})));
        assert!(!passes(&json!({"a": {"$in": wanted}}), &json!({"a": given})));
        assert!(passes(&json!({"a": {"$nin": wanted}}), &json!({"a": given})));
    }
    for (list, value, expected) in [
        (json!([1, "x", null]), json!(1.0), true),
        (json!([1.0, "x"]), json!(1), true),
        (json!([1.5, true, {"a": 1}]), json!({"a": 1}), true),
        (json!(["1"]), json!(1), false),
        (json!([1, 2]), json!("1"), false),
        (json!([u64::MAX]), json!(u64::MAX), true),
        (json!(["x", [1]]), json!([[1]]), true),
    ] {
        assert_eq!(passes(&json!({"a": {"$in": list}}), &json!({"a": value})), expected, "{list} {value}");
    }
    let header = Filter::compile(&rule(&json!({"headers": {"x-n": {"$in": [5, true]}}})), "").unwrap();
    assert!(header.passes(&View::of_stored(r#"[["x-n","5"]]"#, "", "", b"")));
    assert!(header.passes(&View::of_stored(r#"[["x-n","true"]]"#, "", "", b"")));
    assert!(!header.passes(&View::of_stored(r#"[["x-n","6"]]"#, "", "", b"")));
}
