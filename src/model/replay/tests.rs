use super::*;

fn parts() -> Parts {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Parts {
        method: "POST".to_owned(),
        path: "/orders".to_owned(),
        query: "a=1".to_owned(),
        headers: vec![pair("content-length", "2"), pair("x-a", "1"), pair("x-b", "2"), pair("x-a", "3")],
        body: b"{}".to_vec(),
    }
}

#[test]
fn what_is_absent_stays_as_it_came() {
    let mut same = parts();
    assert!(Modifications::default().apply(&mut same).is_empty());
    assert_eq!(same, parts());
    // What says the same is no modification.
    let again = Modifications { method: Some("post".to_owned()), query: Some("a=1".to_owned()), ..Default::default() };
    assert!(again.apply(&mut same).is_empty());
}

#[test]
fn each_part_is_modified_alone() {
    let text = |text: &str| text.to_owned();
    let changes = HeaderChanges::Some(vec![
        (text("X-A"), vec![text("9")]),
        (text("x-b"), Vec::new()),
        (text("x-new"), vec![text("n")]),
    ]);
    let all = Modifications {
        method: Some(text("put")),
        path: Some(String::new()),
        query: Some(text("b=2")),
        headers: Some(changes),
        body: Some(Body::from_bytes(b"\xff\xfe\xfd")),
    };
    let mut changed = parts();
    let modified = all.apply(&mut changed);
    assert_eq!(modified, ["/method", "/path", "/query", "/headers/x-a", "/headers/x-b", "/headers/x-new", "/body"]);
    assert_eq!(modified_words(&modified), "method, path, query, body, 3 headers");
    let headers: Vec<_> = changed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(headers, [("content-length", "3"), ("x-a", "9"), ("x-new", "n")], "its length follows the body");
    assert_eq!((changed.method.as_str(), changed.path.as_str(), changed.query.as_str()), ("PUT", "", "b=2"));
    assert_eq!(changed.body, b"\xff\xfe\xfd");

    let list = HeaderChanges::All(vec![(text("X-B"), text("2"))]);
    let mut changed = parts();
    let modified = Modifications { headers: Some(list), ..Default::default() }.apply(&mut changed);
    assert_eq!(modified, ["/headers/content-length", "/headers/x-a"]);
    assert_eq!(changed.headers, [(text("x-b"), text("2"))]);
}

#[test]
fn what_cannot_be_sent_is_named() {
    let method = |text: &str| Modifications { method: Some(text.to_owned()), ..Default::default() };
    let path = |text: &str| Modifications { path: Some(text.to_owned()), ..Default::default() };
    let query = |text: &str| Modifications { query: Some(text.to_owned()), ..Default::default() };
    let header = |name: &str, value: &str| Modifications {
        headers: Some(HeaderChanges::Some(vec![(name.to_owned(), vec![value.to_owned()])])),
        ..Default::default()
    };
    let listed = Modifications {
        headers: Some(HeaderChanges::All(vec![("a".to_owned(), "b".to_owned()), (String::new(), String::new())])),
        ..Default::default()
    };
    for (case, modifications, pointer) in [
        ("no method", method("BREW"), "/method"),
        ("a path without its slash", path("orders"), "/path"),
        ("a path with a query", path("/a?b"), "/path"),
        ("a path with a space", path("/a b"), "/path"),
        ("a path that is too long", path(&format!("/{}", "a".repeat(2048))), "/path"),
        ("a query with its mark", query("?a=1"), "/query"),
        ("a fragment", query("a=1#b"), "/query"),
        ("a name with a space", header("x y", "1"), "/headers/x y"),
        ("a value of two lines", header("x/y", "1\r\nz: 2"), "/headers/x~1y"),
        ("a listed header without a name", listed, "/headers/1"),
    ] {
        let mistakes = modifications.mistakes();
        assert_eq!(mistakes.first().map(|mistake| mistake.pointer.as_str()), Some(pointer), "{case}");
    }
    for fine in
        [method("query"), path(""), path(&format!("/{}", "a".repeat(2047))), query("a=1?b"), header("X-Y", "Zoë")]
    {
        assert_eq!(fine.mistakes(), [], "{fine:?}");
    }
}
