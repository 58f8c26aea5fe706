//! Filters, and why something did not pass.

use std::time::Duration;

use serde_json::{Value, json};

use super::{branch, ignored, request, ruled};
use crate::support::{Database, Receiver, TestServer, id, on_both, unique, until};

on_both![
    only_what_matches_is_sent_and_the_rest_says_why,
    why_is_told_by_the_rules_of_that_time,
    many_branches_that_do_not_match_are_all_found_again,
    what_is_wrong_with_rules_is_said_of_its_place,
    any_body_is_filtered_without_harm,
    webhooks_filter_what_is_published,
];

async fn only_what_matches_is_sent_and_the_rest_says_why(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let filter = json!({
        "type": "filter",
        "body": { "amount": { "$gte": 100 }, "items": { "sku": { "startsWith": "A" } } },
        "headers": { "X-Topic": "orders" },
        "query": { "v": { "$in": [1, 2] } },
        "path": { "$startsWith": "/hooks" },
    });
    let (source, connection) = ruled(&team, &receiver, json!([filter])).await;
    let send = async |more: &str, topic: &str, amount: i64| {
        let headers = [("content-type", "application/json"), ("x-topic", topic)];
        let body = json!({ "amount": amount, "items": [{ "sku": "B1" }, { "sku": "A1" }] }).to_string();
        team.send_to(&source, more, &headers, body).await.expect(200)["request_id"].as_str().unwrap().to_owned()
    };

    let sent = send("/hooks/a?v=2", "orders", 100).await;
    assert_eq!(team.events_of(&sent).await.len(), 1);
    until("the one that matches", || async { receiver.count() == 1 }).await;
    for (more, topic, amount, pointer, sentence) in [
        ("/hooks/a?v=2", "orders", 50, "/rules/0/body/amount/$gte", "body.amount is 50, wanted at least 100"),
        (
            "/hooks/a?v=2",
            "refunds",
            100,
            "/rules/0/headers/X-Topic",
            "headers.x-topic is \"refunds\", wanted \"orders\"",
        ),
        ("/hooks/a?v=3", "orders", 100, "/rules/0/query/v/$in", "query.v is \"3\", wanted one of [1,2]"),
        (
            "/other?v=1",
            "orders",
            100,
            "/rules/0/path/$startsWith",
            "path is \"/other\", wanted a text that starts with \"/hooks\"",
        ),
    ] {
        let filtered = send(more, topic, amount).await;
        assert_eq!(team.events_of(&filtered).await.len(), 0, "{more} {topic} {amount}");
        let [why] = ignored(&team, &filtered).await.try_into().unwrap();
        assert_eq!((&why["cause"], &why["connection_id"]), (&json!("FILTERED"), &connection["id"]));
        assert_eq!((&why["mismatch"]["pointer"], &why["reason"]), (&json!(pointer), &json!(sentence)));
        assert_eq!(request(&team, &filtered).await["ignored_count"], 1);
    }
    assert_eq!(receiver.count(), 1);
    server.stop().await;
}

async fn why_is_told_by_the_rules_of_that_time(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, connection) = ruled(&team, &receiver, json!([{ "type": "filter", "body": { "n": 1 } }])).await;
    let path = format!("/v1/connections/{}", id(&connection));
    let first = team.post_to(&source, &json!({ "n": 5 })).await;
    server.advance(Duration::from_mins(10));
    team.test.patch(&path, json!({ "rules": [{ "type": "filter", "body": { "n": { "$gt": 7 } } }] })).await.expect(200);
    let second = team.post_to(&source, &json!({ "n": 5 })).await;
    server.advance(Duration::from_mins(10));
    team.test.patch(&path, json!({ "rules": [], "event_types": ["a.b"] })).await.expect(200);
    let third = team.post_to(&source, &json!({ "n": 5, "type": "a.c" })).await;
    server.advance(Duration::from_mins(10));

    let reasons = async || {
        let mut reasons = Vec::new();
        for request in [&first, &second, &third] {
            reasons.push(ignored(&team, request).await[0]["reason"].as_str().unwrap().to_owned());
        }
        reasons
    };
    let told = ["body.n is 5, wanted 1", "body.n is 5, wanted more than 7", "its event type is a.c, wanted one of a.b"];
    assert_eq!(reasons().await, told);
    assert_eq!(team.test.delete(&path).await.status, 204);
    assert_eq!(reasons().await, told, "also after the connection is gone");
    server.stop().await;
}

async fn many_branches_that_do_not_match_are_all_found_again(database: Database) {
    const MANY: usize = 30;
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = ruled(&team, &receiver, json!([{ "type": "filter", "body": { "tenant": 0 } }])).await;
    let mut connections: Vec<Value> = Vec::new();
    for tenant in 0..MANY {
        let filter = json!([{ "type": "filter", "body": { "tenant": tenant } }]);
        connections.push(branch(&team, &source, &receiver, filter).await);
    }

    let sent = team.post_to(&source, &json!({ "tenant": 7 })).await;
    assert_eq!(team.events_of(&sent).await.len(), 1);
    let check = async || {
        let branches = ignored(&team, &sent).await;
        assert_eq!(branches.len(), MANY);
        assert_eq!(request(&team, &sent).await["ignored_count"], MANY);
        let mut of: Vec<_> = branches.iter().map(|branch| branch["connection_id"].as_str().unwrap()).collect();
        of.dedup();
        assert_eq!(of.len(), MANY, "each once");
        assert!(!of.contains(&connections[7]["id"].as_str().unwrap()));
        let reason = |branch: &Value| branch["reason"].as_str().unwrap().starts_with("body.tenant is 7, wanted ");
        assert!(branches.iter().all(reason), "{branches:?}");
    };
    check().await;
    for connection in &connections[..5] {
        assert_eq!(team.test.delete(&format!("/v1/connections/{}", id(connection))).await.status, 204);
    }
    check().await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.stop().await;
}

async fn what_is_wrong_with_rules_is_said_of_its_place(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, connection) = ruled(&team, &receiver, json!([])).await;
    let path = format!("/v1/connections/{}", id(&connection));
    let filter = |body: Value| json!([{ "type": "filter", "body": body }]);
    let retry = |more: Value| {
        let mut rule = json!({ "type": "retry", "strategy": "linear", "count": 3, "interval": 1000 });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([rule])
    };
    for (rules, pointer) in [
        (json!([{ "type": "sort" }]), "/rules/0/type"),
        (json!([{ "body": {} }]), "/rules/0/type"),
        (json!([{ "type": "filter" }]), "/rules/0"),
        (filter(json!({ "amount": { "$gte": {} } })), "/rules/0/body/amount/$gte"),
        (filter(json!({ "amount": { "$about": 5 } })), "/rules/0/body/amount/$about"),
        (filter(json!({})), "/rules/0/body"),
        (json!([{ "type": "filter", "path": 5 }]), "/rules/0/path"),
        (json!([{ "type": "filter", "cookies": {} }]), "/rules/0/cookies"),
        (json!([{ "type": "delay", "delay": 0 }]), "/rules/0/delay"),
        (json!([{ "type": "delay", "delay": 1_296_000_001_u64 }]), "/rules/0/delay"),
        (json!([{ "type": "delay", "delay": "long" }]), "/rules/0/delay"),
        (json!([{ "type": "delay" }]), "/rules/0/delay"),
        (json!([{ "type": "delay", "delay": 1 }, { "type": "delay", "delay": 1 }]), "/rules/1"),
        (json!([{ "type": "deduplicate", "window": 999 }]), "/rules/0/window"),
        (json!([{ "type": "deduplicate", "window": 1000, "include_fields": ["id"] }]), "/rules/0/include_fields/0"),
        (json!([{ "type": "deduplicate", "window": 1000, "exclude_fields": [] }]), "/rules/0/exclude_fields"),
        (
            json!([{ "type": "deduplicate", "window": 1000, "include_fields": ["path"], "exclude_fields": ["body.a"] }]),
            "/rules/0/exclude_fields",
        ),
        (
            json!([{ "type": "transform", "transformation_id": "trs_01HF7YAT000000000000000007" }]),
            "/rules/0/transformation_id",
        ),
        (json!([{ "type": "transform", "transformation_id": 5 }]), "/rules/0/transformation_id"),
        (retry(json!({ "count": 51 })), "/rules/0/count"),
        (retry(json!({ "interval": 10 })), "/rules/0/interval"),
        (retry(json!({ "intervals": [1000] })), "/rules/0/intervals"),
        (retry(json!({ "strategy": "fast" })), "/rules/0/strategy"),
        (retry(json!({ "response_status_codes": ["5xx"] })), "/rules/0/response_status_codes/0"),
        (json!([{ "type": "retry", "strategy": "custom" }]), "/rules/0/intervals"),
        (json!([{ "type": "retry", "strategy": "custom", "intervals": [1000, 1] }]), "/rules/0/intervals/1"),
    ] {
        let refused = team.test.patch(&path, json!({ "rules": rules })).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{rules}: {}",
            refused.body
        );
    }
    let rules = json!([
        { "type": "retry", "strategy": "custom", "intervals": [1000, 5000] },
        { "type": "delay", "delay": 1 },
        { "type": "filter", "body": { "a": { "b": null } } },
        { "type": "deduplicate", "window": 1_296_000_000_u64, "exclude_fields": ["body.at"] },
    ]);
    let kept = team.test.patch(&path, json!({ "rules": rules })).await.expect(200);
    let order = [&rules[3], &rules[2], &rules[1], &rules[0]];
    assert_eq!(kept["rules"].as_array().unwrap().iter().collect::<Vec<_>>(), order, "in their order, as they were");
    assert_eq!(team.test.get(&path).await.expect(200)["rules"], kept["rules"]);
    let _ = source;
    server.stop().await;
}

async fn any_body_is_filtered_without_harm(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) =
        ruled(&team, &receiver, json!([{ "type": "filter", "body": { "a": { "b": { "$gte": 1 } } } }])).await;
    let mut bodies: Vec<Vec<u8>> =
        vec![Vec::new(), b"\xff\xfe\x00".to_vec(), b"{\"a\": [1,".to_vec(), b"a=1&b=2".to_vec()];
    bodies.push([vec![b'['; 200_000], vec![b']'; 200_000]].concat());
    bodies.push(r#"{"a":"#.repeat(500_000).into_bytes());
    bodies.push(format!("{{\"a\":[{}0]}}", "0,".repeat(2_000_000)).into_bytes());
    for body in bodies {
        let start = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        let reply = team.send_to(&source, "", &[("content-type", "application/json")], body).await.expect(200);
        let [why] = ignored(&team, reply["request_id"].as_str().unwrap()).await.try_into().unwrap();
        assert_eq!(why["cause"], "FILTERED", "{start}");
        let reason = why["reason"].as_str().unwrap();
        assert!(reason.contains("body.a") || reason.contains("too much to compare"), "{start}: {why}");
    }
    let large = json!({ "a": { "b": 2 }, "fill": "x".repeat(1 << 20) });
    let passes = team.post_to(&source, &large).await;
    assert_eq!(team.events_of(&passes).await.len(), 1, "a large one is read as well");
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    server.stop().await;
}

async fn webhooks_filter_what_is_published(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let kind = format!("t{}.made", unique().replace('-', ""));
    let webhook = team.new_webhook(&receiver, &kind).await;
    let connections = team.list("/v1/connections?limit=255").await;
    let connection = connections.iter().find(|one| one["destination_id"] == webhook["id"]).unwrap();
    let path = format!("/v1/connections/{}", id(connection));
    let refused = team.test.patch(&path, json!({ "rules": [{ "type": "deduplicate", "window": 1000 }] })).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/rules/0")));
    let rules = json!([{ "type": "filter", "body": { "data": { "amount": { "$gte": 10 } } } }]);
    team.test.patch(&path, json!({ "rules": rules })).await.expect(200);

    let small = team.publish(&kind, json!({ "amount": 1 })).await;
    let large = team.publish(&kind, json!({ "amount": 10 })).await;
    assert_eq!((&small["event_ids"], large["event_ids"].as_array().unwrap().len()), (&json!([]), 1));
    let why = ignored(&team, small["request_id"].as_str().unwrap()).await;
    let why = why.iter().find(|branch| branch["connection_id"] == connection["id"]).unwrap();
    assert_eq!(why["reason"], "body.data.amount is 1, wanted at least 10");
    let simulation = json!({ "type": kind, "payload": { "amount": 1 } });
    let simulated = team.test.post(&format!("/v1/webhooks/{}/simulate", id(&webhook)), simulation).await.expect(202);
    assert_eq!(simulated["event_ids"].as_array().unwrap().len(), 1, "what is asked for passes whatever the filter");
    until("both deliveries", async || receiver.count() == 2).await;
    server.stop().await;
}
