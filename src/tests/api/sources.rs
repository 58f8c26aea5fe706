//! Sources: who is let in, and in which order that is asked.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512, Key, sign};
use serde_json::{Value, json};

use crate::support::{Database, Reply, Team, TestServer, id, on_both, unique};

on_both![
    a_signature_must_be_that_of_the_body,
    a_known_signature_is_accepted,
    a_password_or_a_key_must_be_right,
    checks_come_in_their_order,
    a_sources_url_is_shown_and_works,
    a_list_of_sources_can_be_searched,
    what_a_source_cannot_be_is_said_at_its_field,
    a_type_changes_with_what_it_checks_by,
];

async fn source_with(team: &Team, auth_type: &str, auth: Value) -> Value {
    let config = json!({ "auth_type": auth_type, "auth": auth });
    team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await.expect(201)
}

/// The request was let in, and counts as verified.
async fn accepted(team: &Team, reply: Reply) {
    let id = reply.expect(200)["request_id"].as_str().unwrap().to_owned();
    let request = team.test.get(&format!("/v1/requests/{id}")).await.expect(200);
    assert_eq!((&request["status"], &request["verified"]), (&json!("accepted"), &json!(true)), "{request}");
    assert_eq!((&request["rejection_cause"], &request["rejection_detail"]), (&json!(null), &json!(null)));
}

/// The request was refused for this, kept whole, and its sender was told no more than the cause.
async fn rejected(team: &Team, reply: Reply, status: u16, cause: &str, case: &str) -> Value {
    let said = reply.expect(status);
    let id = said["request_id"].as_str().unwrap_or_else(|| panic!("{case}: {said}")).to_owned();
    assert_eq!(said, json!({ "ok": false, "error": cause, "request_id": id }), "{case}");
    let request = team.test.get(&format!("/v1/requests/{id}")).await.expect(200);
    for (field, expected) in [
        ("status", json!("rejected")),
        ("rejection_cause", json!(cause)),
        ("verified", json!(false)),
        ("events_count", json!(0)),
    ] {
        assert_eq!(request[field], expected, "{case}: {field}");
    }
    assert!(request["rejection_detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{case}: {request}");
    assert!(team.list(&format!("/v1/requests/{id}/events")).await.is_empty(), "{case}");
    request
}

async fn a_signature_must_be_that_of_the_body(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let body: &[u8] = b"{\"amount\": 1.0}\xff";
    for (algorithm, hash) in [("sha1", HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("sha256", HMAC_SHA256), ("sha512", HMAC_SHA512)]
    {
        for (encoding, prefix) in [("hex", ""), ("hex", "sha256="), ("base64", ""), ("base64", "v1 ")] {
            let case = format!("{algorithm} {encoding} `{prefix}`");
            let auth = json!({
                "signature_header": "X-Sig", "secret": "key", "algorithm": algorithm, "encoding": encoding,
                "prefix": prefix,
            });
            let source = source_with(&team, "HMAC", auth).await;
            let signed = |secret: &str, body: &[u8], prefix: &str| {
                let signature = sign(&Key::new(hash, secret.as_bytes()), body);
                let text = if encoding == "hex" { hex::encode(signature) } else { STANDARD.encode(signature) };
                format!("{prefix}{text}")
            };
            let good = signed("key", body, prefix);
            accepted(&team, team.send_to(&source, "", &[("x-sig", &good)], body).await).await;
            let mut cases = vec![
                ("another secret", vec![("x-sig", signed("kex", body, prefix))]),
                ("another body", vec![("x-sig", signed("key", b"{}", prefix))]),
                ("cut short", vec![("x-sig", good[..good.len() - 4].to_owned())]),
                ("nothing but the prefix", vec![("x-sig", prefix.to_owned())]),
                ("another prefix", vec![("x-sig", signed("key", body, "sha999="))]),
                ("another header", vec![("x-signature", good.clone())]),
                ("twice", vec![("x-sig", good.clone()), ("x-sig", good.clone())]),
                ("no header", vec![]),
            ];
            if !prefix.is_empty() {
                cases.push(("no prefix", vec![("x-sig", signed("key", body, ""))]));
            }
            let mut details = std::collections::HashSet::new();
            for (wrong, headers) in cases {
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let reply = team.send_to(&source, "", &headers, body).await;
                let request = rejected(&team, reply, 401, "SOURCE_AUTH_FAILED", &format!("{case}: {wrong}")).await;
                let raw = &request["data"]["raw"];
                assert_eq!(
                    (raw["encoding"].as_str(), raw["text"].as_str()),
                    (Some("base64"), Some(&*STANDARD.encode(body)))
                );
                details.insert(request["rejection_detail"].as_str().unwrap().to_owned());
            }
            assert!(details.len() >= 4, "the record, and it alone, tells what was wrong: {details:?}");
        }
    }
    server.stop().await;
}

async fn a_known_signature_is_accepted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    // RFC 4231, test case 2, and RFC 2202 for SHA-1.
    for (algorithm, signature) in [
        (json!(null), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (json!("sha1"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    ] {
        let mut auth = json!({ "signature_header": "X-Hub-Signature", "secret": "Jefe" });
        if algorithm.is_string() {
            auth["algorithm"] = algorithm;
        }
        let source = source_with(&team, "HMAC", auth).await;
        let body = "what do ya want for nothing?";
        accepted(&team, team.send_to(&source, "", &[("x-hub-signature", signature)], body).await).await;
        let upper = signature.to_uppercase();
        accepted(&team, team.send_to(&source, "", &[("x-hub-signature", &upper)], body).await).await;
    }
    server.stop().await;
}

async fn a_password_or_a_key_must_be_right(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    let by_password = source_with(&team, "BASIC_AUTH", json!({ "username": "ada", "password": "p:w" })).await;
    let by_key = source_with(&team, "API_KEY", json!({ "header_name": "X-Api-Key", "value": "open" })).await;
    // Without a key of the API, which would stand in the same header.
    let send = async |source: &Value, name: &str, value: &str| {
        let path = format!("/in/{}", id(source));
        server.client().send(Method::POST, &path, &[(name, value)], "x").await.unwrap()
    };
    for scheme in ["Basic", "basic"] {
        let value = basic("ada:p:w").replace("Basic", scheme);
        accepted(&team, send(&by_password, "authorization", &value).await).await;
    }
    accepted(&team, send(&by_key, "x-api-key", "open").await).await;
    for (source, name, value) in [
        (&by_password, "authorization", basic("ada:p:x")),
        (&by_password, "authorization", basic("Ada:p:w")),
        (&by_password, "authorization", basic("ada:p:w ")),
        (&by_password, "authorization", basic("ada")),
        (&by_password, "authorization", "Basic ???".into()),
        (&by_password, "authorization", format!("Bearer {}", STANDARD.encode("ada:p:w"))),
        (&by_password, "x-other", "1".into()),
        (&by_key, "x-api-key", "opens".into()),
        (&by_key, "x-api-key", "Open".into()),
        (&by_key, "x-api-key", String::new()),
        (&by_key, "x-other", "open".into()),
    ] {
        let reply = send(source, name, &value).await;
        rejected(&team, reply, 401, "SOURCE_AUTH_FAILED", &value).await;
    }
    // Where nothing is asked for nothing is verified.
    let open = team.new_source().await;
    let request = team.post_to(&open, &json!({})).await;
    assert_eq!(team.test.get(&format!("/v1/requests/{request}")).await.expect(200)["verified"], json!(false));
    server.stop().await;
}

async fn checks_come_in_their_order(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = source_with(&team, "API_KEY", json!({ "header_name": "x-key", "value": "open" })).await;
    let path = format!("/v1/sources/{}", id(&source));
    team.test.patch(&path, json!({ "config": { "allowed_http_methods": ["POST"] } })).await.expect(200);
    team.test.put(&format!("{path}/disable"), json!({})).await.expect(200);
    // One that is wrong in every way, and then in one way less each time.
    let huge = vec![b'x'; (10 << 20) + 1];
    let send = async |method: Method, key: &str, body: &[u8]| {
        let url = format!("/in/{}/a", id(&source));
        server.client().send(method, &url, &[("x-key", key)], body.to_vec()).await.unwrap()
    };
    rejected(&team, send(Method::PUT, "shut", &huge).await, 410, "SOURCE_DISABLED", "all wrong").await;
    team.test.put(&format!("{path}/enable"), json!({})).await.expect(200);
    rejected(&team, send(Method::PUT, "shut", &huge).await, 405, "SOURCE_METHOD_NOT_ALLOWED", "enabled").await;
    rejected(&team, send(Method::POST, "shut", &huge).await, 413, "PAYLOAD_TOO_LARGE", "by POST").await;
    rejected(&team, send(Method::POST, "shut", b"x").await, 401, "SOURCE_AUTH_FAILED", "small").await;
    accepted(&team, send(Method::POST, "open", b"x").await).await;
    assert_eq!(team.list("/v1/requests?status=rejected").await.len(), 4);
    assert_eq!(team.list("/v1/requests").await.len(), 5);
    server.stop().await;
}

async fn a_sources_url_is_shown_and_works(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let url = source["url"].as_str().unwrap();
    assert_eq!(url, format!("{}/in/{}", server.url, id(&source)));
    let reply = server.client().send(Method::POST, url, &[], "x").await.unwrap().expect(200);
    let id = reply["request_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("req_"));
    assert_eq!(reply, json!({ "ok": true, "queued": true, "transport": "queue", "request_id": id }));
    server.stop().await;
}

async fn a_list_of_sources_can_be_searched(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let make = async |name: &str, description: &str, status: &str| {
        // Within a millisecond they are in any order, since nobody can guess their ids.
        server.advance(Duration::from_millis(1));
        let input = json!({ "name": name, "description": description, "status": status });
        id(&team.test.post("/v1/sources", input).await.expect(201))
    };
    let orders = make("shop orders", "what the SHOP sells", "enabled").await;
    let bills = make("bills", "100% of the shop's bills", "disabled").await;
    let other = make("other", "", "enabled").await;
    for (query, expected) in [
        ("q=shop", vec![&bills, &orders]),
        ("q=100%25", vec![&bills]),
        ("q=ORDERS", vec![&orders]),
        (&format!("q={other}"), vec![&other]),
        ("q=shop&status=enabled", vec![&orders]),
        ("status=disabled", vec![&bills]),
        ("type=WEBHOOK&status=enabled", vec![&other, &orders]),
        ("q=no such thing".replace(' ', "+").as_str(), vec![]),
    ] {
        let found: Vec<_> = team.list(&format!("/v1/sources?{query}")).await.iter().map(id).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    assert_eq!(team.list("/v1/sources?type=EVENTS").await.len(), 1);
    team.test.get("/v1/sources?type=NONE").await.expect(422);
    server.stop().await;
}

async fn what_a_source_cannot_be_is_said_at_its_field(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let answer = |more: Value| {
        let mut response = json!({ "content_type": "application/json", "body": "{}" });
        response.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "custom_response": response })
    };
    let rule = |more: Value| {
        let mut rule = json!({ "content_type": "text/plain", "body": "" });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer(json!({ "rules": [rule] }))
    };
    let at = |field: &str| format!("/config/custom_response/{field}");
    for (config, pointer) in [
        (json!({ "allowed_http_methods": [] }), "/config/allowed_http_methods".to_owned()),
        (json!({ "allowed_http_methods": ["POST", "FETCH"] }), "/config/allowed_http_methods/1".to_owned()),
        (answer(json!({ "content_type": "text/html" })), at("content_type")),
        (answer(json!({ "content_type": "image/svg+xml" })), at("content_type")),
        (answer(json!({ "status": 302 })), at("status")),
        (answer(json!({ "status": 199 })), at("status")),
        (answer(json!({ "status": 204 })), at("body")),
        (answer(json!({ "body": "{" })), at("body")),
        (answer(json!({ "body": "{\"a\":{{body.a}}" })), at("body")),
        (answer(json!({ "body": "\"{{nothing}}\"" })), at("body")),
        (answer(json!({ "body": format!("\"{}\"", "x".repeat(64 << 10)) })), at("body")),
        (answer(json!({ "headers": { "set-cookie": "a=b" } })), at("headers/set-cookie")),
        (answer(json!({ "headers": { "Content-Length": "1" } })), at("headers/Content-Length")),
        (answer(json!({ "headers": { "location": "https://a.example" } })), at("headers/location")),
        (answer(json!({ "headers": { "hookyard-request-id": "x" } })), at("headers/hookyard-request-id")),
        (answer(json!({ "headers": { "x-a": "1\r\nset-cookie: a=b" } })), at("headers/x-a")),
        (answer(json!({ "headers": { "x a": "1" } })), at("headers/x a")),
        (rule(json!({ "match": { "method": "FETCH" } })), at("rules/0/match/method/0")),
        (rule(json!({ "match": { "body": { "a": { "$near": 1 } } } })), at("rules/0/match/body/a/$near")),
        (rule(json!({ "match": { "cookies": {} } })), at("rules/0/match/cookies")),
        (rule(json!({ "name": "x".repeat(156) })), at("rules/0/name")),
        (rule(json!({ "status": 700 })), at("rules/0/status")),
        (answer(json!({ "rules": vec![rule(json!({}))["custom_response"]["rules"][0].clone(); 51] })), at("rules")),
    ] {
        let reply = team.test.post("/v1/sources", json!({ "name": unique(), "config": config })).await;
        let problem = reply.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{config:.200} {problem}");
    }
    assert_eq!(team.list("/v1/sources").await.len(), 1, "nothing was made");
    server.stop().await;
}

async fn a_type_changes_with_what_it_checks_by(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let input = json!({
        "name": unique(), "type": "GITHUB", "description": "about",
        "config": { "auth_type": "PROVIDER_SIGNATURE", "auth": { "secret": "s3cret" }, "allowed_http_methods": ["POST"] },
    });
    let source = team.test.post("/v1/sources", input.clone()).await.expect(201);
    let path = format!("/v1/sources/{}", id(&source));
    assert_eq!(source["config"]["auth"]["secret"], "••••••••");
    // What GitHub gave is nothing to another provider, and a plain webhook has no scheme.
    for kind in ["STRIPE", "WEBHOOK"] {
        let problem = team.test.patch(&path, json!({ "type": kind })).await.expect(422);
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with("/config/auth"), "{problem}");
    }
    // Sent back as it was shown, it keeps its secret; and a patch of something else leaves it alone.
    let mut back = input;
    back["config"] = source["config"].clone();
    team.test.put(&path, back).await.expect(200);
    team.test
        .patch(&path, json!({ "description": null, "config": { "allowed_http_methods": ["PUT"] } }))
        .await
        .expect(200);
    let body = "{}";
    let signature = hex::encode(sign(&Key::new(HMAC_SHA256, b"s3cret"), body.as_bytes()));
    let header = format!("sha256={signature}");
    let reply = server
        .client()
        .send(Method::PUT, &format!("/in/{}", id(&source)), &[("x-hub-signature-256", &header)], body)
        .await
        .unwrap();
    accepted(&team, reply).await;
    // With another way in the same patch it changes.
    let other = json!({ "type": "WEBHOOK", "config": { "auth_type": "API_KEY", "auth": { "header_name": "x-k", "value": "v" } } });
    let changed = team.test.patch(&path, other).await.expect(200);
    assert_eq!((&changed["type"], &changed["description"]), (&json!("WEBHOOK"), &json!(null)));
    server.stop().await;
}
