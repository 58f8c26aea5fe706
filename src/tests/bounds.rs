//! What one team may ask of the server is bounded, and who asks for more is told so.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::{
    api::{names, problem},
    support::{Answer, Client, Database, Receiver, Reply, Team, TestServer, id, on_both, until},
};

on_both![
    what_no_schema_can_be_held_against_is_a_mistake,
    much_data_is_not_checked_against_much_of_a_schema,
    what_a_document_refers_to_often_is_not_copied_without_end,
    a_catalogue_has_an_end,
    saved_payloads_have_room_together,
    one_check_of_a_webhook_is_under_way,
    a_public_key_is_shown_no_longer_than_it_signs,
    searches_take_turns,
];

async fn set_check(team: &Team, check: &str) {
    team.test.patch("/v1/team/settings", json!({ "schema_check": check })).await.expect(200);
}

async fn make(client: &Client, name: &str, schema: Value) {
    client.post("/v1/event-types", json!({ "name": name, "schema": schema })).await.expect(201);
}

/// Publishes data as it is written.
async fn publish(team: &Team, data: &str) -> Reply {
    let body = format!(r#"{{"type":"a.b","data":{data}}}"#);
    team.test.send(hyper::Method::POST, "/v1/publish", &[("content-type", "application/json")], body).await.unwrap()
}

async fn what_no_schema_can_be_held_against_is_a_mistake(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    make(&team.test, "a.b", json!({ "type": "object" })).await;
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let large = format!(r#"{{"text":"{}","a":1e400}}"#, "x".repeat(20_000));
    for (data, detail) in [
        (r#"{"a":"\ud800"}"#, "cannot be checked: it holds a text with half of a \\u pair"),
        (r#"{"a":1e400}"#, "cannot be checked: it holds a number that is too large"),
        (&deep, "is nested too deeply to be checked against this schema"),
        (&large, "cannot be checked: it holds a number that is too large"),
    ] {
        set_check(&team, "warn").await;
        let warned = publish(&team, data).await.expect(202);
        assert_eq!(warned["warnings"], json!([{ "pointer": "/data", "detail": detail }]), "{data:.60}");
        set_check(&team, "refuse").await;
        assert_eq!(names(&publish(&team, data).await, "/data"), detail, "{data:.60}");
        set_check(&team, "off").await;
        publish(&team, data).await.expect(202);
    }
    server.stop().await;
}

async fn much_data_is_not_checked_against_much_of_a_schema(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let all = json!({ "allOf": vec![json!({ "minimum": 0 }); 4_900] });
    make(&team.test, "a.b", json!({ "properties": { "a": { "items": all } } })).await;
    let much = json!({ "a": vec![1; 1_000_000] }).to_string();
    let detail = "is too large to be checked against this schema";
    let warned = publish(&team, &much).await.expect(202);
    assert_eq!(warned["warnings"], json!([{ "pointer": "/data", "detail": detail }]));
    set_check(&team, "refuse").await;
    assert_eq!(names(&publish(&team, &much).await, "/data"), detail);
    publish(&team, &json!({ "a": vec![1; 100] }).to_string()).await.expect(202);
    names(&publish(&team, &json!({ "a": vec![-1; 10] }).to_string()).await, "/data/a/0");
    server.stop().await;
}

/// A document with so many event types, named from `first` on, which share one schema.
fn document(first: usize, count: usize, schema: &Value) -> Value {
    let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Shared" } } } });
    let webhook = |n| (format!("many.n{n}"), json!({ "post": { "requestBody": body } }));
    let webhooks: Map<String, Value> = (first..first + count).map(webhook).collect();
    json!({ "openapi": "3.1.0", "webhooks": webhooks, "components": { "schemas": { "Shared": schema } } })
}

async fn import(team: &Team, document: &Value, dry_run: bool) -> Reply {
    let input = json!({ "document": document.to_string(), "dry_run": dry_run });
    team.test.post("/v1/event-types/import", input).await
}

async fn what_a_document_refers_to_often_is_not_copied_without_end(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let bomb = document(0, 500, &json!({ "description": "x".repeat(1_900_000) }));
    let reply = import(&team, &bomb, true).await;
    assert!(reply.bytes.len() < 1 << 20, "{} bytes", reply.bytes.len());
    let plan = reply.expect(200)["models"].as_array().unwrap().clone();
    assert_eq!(plan.len(), 500);
    for item in plan {
        assert_eq!((&item["action"], &item["input"]["schema"]), (&json!("refuse"), &Value::Null));
        assert_eq!(item["mistakes"][0]["pointer"], "/schema");
    }
    let fitting = document(0, 500, &json!({ "description": "x".repeat(200_000) }));
    let reply = import(&team, &fitting, true).await;
    assert!(reply.bytes.len() < 10 << 20, "{} bytes", reply.bytes.len());
    server.stop().await;
}

async fn a_catalogue_has_an_end(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let schema = json!({ "type": "object" });
    let ready_made = team.list("/v1/event-types").await.len();
    import(&team, &document(0, 500, &schema), false).await.expect(200);
    let (too_many, just_enough) = (document(500, 501 - ready_made, &schema), document(500, 500 - ready_made, &schema));
    problem(&import(&team, &too_many, false).await, 409, "CONFLICT");
    assert_eq!(team.list("/v1/event-types").await.len(), ready_made + 500, "all or nothing");
    import(&team, &just_enough, false).await.expect(200);
    let more = team.test.post("/v1/event-types", json!({ "name": "one.more" })).await;
    assert!(problem(&more, 409, "CONFLICT")["detail"].as_str().unwrap().contains("1000"));
    // What is there can still be changed.
    import(&team, &document(0, 500, &json!({ "type": "object", "title": "Other" })), false).await.expect(200);
    make(&team.live, "one.more", json!({})).await;
    server.stop().await;
}

async fn saved_payloads_have_room_together(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let payload = |name: &str, payload: String| json!({ "name": name, "type": "a.b", "payload": payload });
    let list = "/v1/saved-payloads";
    for number in 0..7 {
        team.test.post(list, payload(&number.to_string(), "x".repeat(1 << 20))).await.expect(201);
    }
    // Bytes, not letters.
    let half = "é".repeat(1 << 18);
    team.test.post(list, payload("seven", half.clone())).await.expect(201);
    team.test.post(list, payload("eight", half)).await.expect(201);
    let full = problem(&team.test.post(list, payload("nine", "x".to_owned())).await, 409, "CONFLICT");
    assert!(full["detail"].as_str().unwrap().contains("8 MiB"), "{full}");
    team.test.post(list, payload("0", "y".repeat(1 << 20))).await.expect(201);
    team.test.post(list, payload("0", "y".to_owned())).await.expect(201);
    team.test.post(list, payload("nine", "x".to_owned())).await.expect(201);
    assert_eq!(team.list(list).await.len(), 10);
    server.stop().await;
}

async fn one_check_of_a_webhook_is_under_way(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::Hold]).await;
    let team = server.new_team().await;
    for _ in 0..4 {
        let path = format!("/v1/webhooks/{}/receiver-checks", id(&team.new_webhook(&receiver, "a.b").await));
        let starts = join_all((0..6).map(|_| team.test.post(&path, json!({ "scenarios": ["valid"] })))).await;
        let begun: Vec<_> = starts.iter().filter(|reply| reply.status == 202).collect();
        assert_eq!(begun.len(), 1);
        for refused in starts.iter().filter(|reply| reply.status != 202) {
            assert_eq!(problem(refused, 409, "CONFLICT")["resource_id"], begun[0].body["id"]);
        }
        assert_eq!(team.list(&path).await.len(), 1);
    }
    receiver.release();
    until("the deliveries of the checks", async || team.count_events("SUCCESSFUL").await == 4).await;
    server.stop().await;
}

async fn a_public_key_is_shown_no_longer_than_it_signs(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let webhook = id(&team.new_webhook(&receiver, "a.b").await);
    let keys = format!("/v1/webhooks/{webhook}/signing-keys");
    let shown = async || {
        let reply = server.client().get(&format!("/public-keys/{webhook}")).await;
        reply.body["keys"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(shown().await, 0);
    team.test.post(&keys, json!({})).await.expect(201);
    assert_eq!(shown().await, 1);
    team.test.post(&keys, json!({ "overlap_hours": 2 })).await.expect(201);
    assert_eq!(shown().await, 2);
    server.advance(std::time::Duration::from_hours(2));
    assert_eq!(shown().await, 1, "also of what is remembered");
    server.stop().await;
}

async fn searches_take_turns(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    team.new_webhook(&receiver, "a.b").await;
    team.publish("a.b", json!({ "fruit": "pears" })).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let searches = ["attempts?q=pears", "attempts/histogram?q=pears", "requests?q=pears", "events?q=evt_"];
    let asked = searches.iter().cycle().take(6).map(|search| format!("/v1/{search}"));
    let found = join_all(asked.map(async |path| team.test.get(&path).await.expect(200))).await;
    for found in found {
        assert!(found["models"].as_array().is_none_or(|models| models.len() == 1), "{found}");
    }
    server.stop().await;
}
