//! The event catalogue: schemas that are checked, and documents that are taken over.

use serde_json::{Value, json};

use crate::{
    api::{names, problem},
    support::{Client, Database, Receiver, Reply, Team, TestServer, id, on_both, until},
};

on_both![
    a_schema_that_cannot_be_used_is_refused,
    what_does_not_fit_is_told_refused_or_let_pass,
    a_changed_schema_counts_at_once,
    deprecation_is_a_mark_with_a_date,
    names_of_our_own_are_not_for_others,
    a_document_is_planned_and_taken_over,
    a_document_that_is_none_changes_nothing,
];

async fn make(client: &Client, input: Value) -> Value {
    client.post("/v1/event-types", input).await.expect(201)
}

/// Changes an event type, at once and for good.
async fn change(client: &Client, kind: &Value, patch: Value) -> Value {
    client.patch(&format!("/v1/event-types/{}", id(kind)), patch).await.expect(200)
}

async fn set_check(team: &Team, check: &str) {
    team.test.patch("/v1/team/settings", json!({ "schema_check": check })).await.expect(200);
}

async fn publish(client: &Client, kind: &str, data: Value) -> Reply {
    client.post("/v1/publish", json!({ "type": kind, "data": data })).await
}

fn amount() -> Value {
    json!({ "type": "object", "required": ["amount"], "properties": { "amount": { "type": "integer" } } })
}

async fn a_schema_that_cannot_be_used_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (schema, pointer) in [
        (json!([]), "/schema"),
        (json!("x"), "/schema"),
        (json!({ "type": "strnig" }), "/schema/type"),
        (json!({ "properties": { "a": { "$ref": "https://example.com/a.json" } } }), "/schema/properties/a/$ref"),
        (json!({ "$ref": "#/$defs/none" }), "/schema/$ref"),
        (json!({ "allOf": [{ "$ref": "#" }] }), "/schema"),
        (json!({ "pattern": "(?<=a)b" }), "/schema/pattern"),
        (json!({ "$schema": "http://json-schema.org/draft-03/schema#" }), "/schema/$schema"),
        (json!({ "enum": ["x".repeat(300_000)] }), "/schema"),
    ] {
        let reply = team.test.post("/v1/event-types", json!({ "name": "a.b", "schema": schema })).await;
        names(&reply, pointer);
    }
    let unfit = json!({ "name": "a.b", "schema": amount(), "example": { "amount": "1" } });
    let said = names(&team.test.post("/v1/event-types", unfit).await, "/example/amount");
    assert_eq!(said, "must be a whole number, not a string");
    assert_eq!(team.list("/v1/event-types").await.len(), 7);

    let made = make(&team.test, json!({ "name": "a.b", "schema": amount(), "example": { "amount": 1 } })).await;
    let path = format!("/v1/event-types/{}", id(&made));
    names(&team.test.patch(&path, json!({ "example": {} })).await, "/example/amount");
    names(&team.test.patch(&path, json!({ "schema": { "required": ["other"] } })).await, "/example/other");
    // A schema and an example are replaced as a whole, and may hold null.
    let both = json!({ "schema": { "properties": { "a": { "default": null } } }, "example": { "a": null } });
    let patched = change(&team.test, &made, both.clone()).await;
    assert_eq!((&patched["schema"], &patched["example"]), (&both["schema"], &both["example"]));
    let bare = change(&team.test, &made, json!({ "schema": null, "example": null })).await;
    assert_eq!((&bare["schema"], &bare["example"]), (&Value::Null, &Value::Null));
    server.stop().await;
}

async fn what_does_not_fit_is_told_refused_or_let_pass(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    make(&team.test, json!({ "name": "invoice.paid", "schema": amount() })).await;
    team.new_webhook(&receiver, "invoice.paid").await;

    let fitting = publish(&team.test, "invoice.paid", json!({ "amount": 1, "more": true })).await.expect(202);
    assert_eq!(fitting.get("warnings"), None);
    let warned = publish(&team.test, "invoice.paid", json!({ "amount": "one" })).await.expect(202);
    assert_eq!(
        warned["warnings"],
        json!([{ "pointer": "/data/amount", "detail": "must be a whole number, not a string" }])
    );
    let event = warned["event_ids"][0].as_str().unwrap();
    until("what was warned of is sent", async || team.event(event).await["status"] == "SUCCESSFUL").await;
    // What is not in the catalogue is not checked.
    publish(&team.test, "invoice.unheard_of", json!({ "amount": "one" })).await.expect(202);

    set_check(&team, "refuse").await;
    let before = team.list("/v1/requests").await.len();
    let refused = publish(&team.test, "invoice.paid", json!({})).await;
    assert_eq!(names(&refused, "/data/amount"), "is missing");
    let large = json!({ "amount": 1, "rows": vec!["x"; 20_000] });
    publish(&team.test, "invoice.paid", large).await.expect(202);
    let large = json!({ "amount": "1", "rows": vec!["x"; 20_000] });
    names(&publish(&team.test, "invoice.paid", large).await, "/data/amount");
    assert_eq!(team.list("/v1/requests").await.len(), before + 1, "what is refused leaves nothing");
    publish(&team.test, "invoice.unheard_of", json!({})).await.expect(202);

    set_check(&team, "off").await;
    let unseen = publish(&team.test, "invoice.paid", json!({})).await.expect(202);
    assert_eq!(unseen.get("warnings"), None);

    // The other mode has a catalogue of its own, another team its own setting.
    set_check(&team, "refuse").await;
    publish(&team.live, "invoice.paid", json!({})).await.expect(202);
    let other = server.new_team().await;
    make(&other.test, json!({ "name": "invoice.paid", "schema": amount() })).await;
    assert!(publish(&other.test, "invoice.paid", json!({})).await.expect(202)["warnings"].is_array());
    server.stop().await;
}

async fn a_changed_schema_counts_at_once(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    set_check(&team, "refuse").await;
    publish(&team.test, "a.b", json!({})).await.expect(202);
    let made = make(&team.test, json!({ "name": "a.b", "schema": amount() })).await;
    names(&publish(&team.test, "a.b", json!({})).await, "/data/amount");
    change(&team.test, &made, json!({ "schema": { "required": ["name"] } })).await;
    names(&publish(&team.test, "a.b", json!({})).await, "/data/name");
    change(&team.test, &made, json!({ "schema": null })).await;
    publish(&team.test, "a.b", json!({})).await.expect(202);
    change(&team.test, &made, json!({ "schema": amount() })).await;
    names(&publish(&team.test, "a.b", json!({})).await, "/data/amount");
    team.test.delete(&format!("/v1/event-types/{}", id(&made))).await.expect(204);
    publish(&team.test, "a.b", json!({})).await.expect(202);
    server.stop().await;
}

async fn deprecation_is_a_mark_with_a_date(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let made = make(&team.test, json!({ "name": "a.b" })).await;
    assert_eq!(made["deprecated_at"], Value::Null);
    let since = server.now().to_string();
    assert_eq!(change(&team.test, &made, json!({ "deprecated": true })).await["deprecated_at"], json!(since));
    server.advance(std::time::Duration::from_mins(1));
    let later = change(&team.test, &made, json!({ "deprecated": true, "label": "Other" })).await;
    assert_eq!(later["deprecated_at"], json!(since), "since it was said first");
    assert_eq!(change(&team.test, &made, json!({ "deprecated": false })).await["deprecated_at"], Value::Null);
    let old = make(&team.test, json!({ "name": "a.c", "deprecated": true })).await;
    assert_eq!(old["deprecated_at"], json!(server.now().to_string()));
    server.stop().await;
}

async fn names_of_our_own_are_not_for_others(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    for name in ["hookyard", "hookyard.webhook.disabled", "hookyard.anything"] {
        names(&publish(&team.test, name, json!({})).await, "/type");
        names(&team.test.post("/v1/event-types", json!({ "name": name })).await, "/name");
    }
    publish(&team.test, "hookyards.own", json!({})).await.expect(202);
    let ours = ["hookyard.webhook.warning", "hookyard.webhook.disabled", "hookyard.webhook.recovered"];
    let webhook = json!({ "url": receiver.url(), "event_types": ours });
    team.test.post("/v1/webhooks", webhook).await.expect(201);
    let unknown = json!({ "url": receiver.url_of("/other"), "event_types": ["hookyard.anything"] });
    names(&team.test.post("/v1/webhooks", unknown).await, "/event_types/0");
    assert_eq!(team.list("/v1/event-types").await.len(), 7, "our own are not in the catalogue");
    server.stop().await;
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "webhooks": {
            "order.made": { "post": {
                "summary": "Order made", "description": "Somebody ordered.",
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Order" }, "example": { "id": "o1", "parent": { "id": "o0" } },
                } } },
            } },
            "order.kept": { "post": { "summary": "Order Kept" } },
            "order.gone": { "post": { "deprecated": true } },
            "not a name": { "post": {} },
            "order.odd": { "post": { "requestBody": { "content": { "application/json": {
                "schema": { "$ref": "https://example.com/odd.json#/x" },
            } } } } },
        },
        "components": { "schemas": { "Order": {
            "type": "object", "required": ["id"],
            "properties": { "id": { "type": "string" }, "parent": { "$ref": "#/components/schemas/Order" } },
        } } },
    })
}

async fn import(team: &Team, body: Value) -> Vec<Value> {
    let page = team.test.post("/v1/event-types/import", body).await.expect(200);
    page["models"].as_array().unwrap().clone()
}

fn actions(plan: &[Value]) -> Vec<(&str, &str)> {
    plan.iter().map(|one| (one["name"].as_str().unwrap(), one["action"].as_str().unwrap())).collect()
}

async fn a_document_is_planned_and_taken_over(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    make(&team.test, json!({ "name": "order.kept", "default_enabled": true })).await;
    let described = json!({ "name": "order.gone", "description": "It went.", "default_enabled": true });
    make(&team.test, described).await;
    let text = document().to_string();

    let plan = import(&team, json!({ "document": text, "dry_run": true })).await;
    let expected = [
        ("not a name", "refuse"),
        ("order.gone", "update"),
        ("order.kept", "keep"),
        ("order.made", "create"),
        ("order.odd", "refuse"),
    ];
    assert_eq!(actions(&plan), expected);
    assert_eq!(plan[0]["mistakes"][0]["pointer"], "/name");
    assert_eq!(plan[4]["mistakes"][0]["pointer"], "/schema");
    assert_eq!(team.list("/v1/event-types").await.len(), 9, "a dry run stores nothing");

    let some = json!({ "document": text, "names": ["order.made", "order.odd"] });
    assert_eq!(actions(&import(&team, some).await), [("order.made", "create"), ("order.odd", "refuse")]);
    let made = |list: Vec<Value>, name: &str| list.into_iter().find(|kind| kind["name"] == name).unwrap();
    let order = made(team.list("/v1/event-types").await, "order.made");
    assert_eq!((&order["label"], &order["description"]), (&json!("Order made"), &json!("Somebody ordered.")));
    assert_eq!(order["schema"]["$defs"]["Order"]["properties"]["parent"]["$ref"], "#/$defs/Order", "{order}");
    assert_eq!(order["example"], json!({ "id": "o1", "parent": { "id": "o0" } }));
    set_check(&team, "refuse").await;
    let deep = json!({ "id": "1", "parent": { "id": "2", "parent": {} } });
    names(&publish(&team.test, "order.made", deep).await, "/data/parent/parent/id");

    assert_eq!(import(&team, json!({ "document": text })).await.len(), 5);
    let gone = made(team.list("/v1/event-types").await, "order.gone");
    assert!(gone["deprecated_at"].is_string(), "{gone}");
    assert_eq!((&gone["description"], &gone["default_enabled"]), (&json!("It went."), &json!(true)));
    let again = import(&team, json!({ "document": text, "dry_run": true })).await;
    assert!(again.iter().all(|one| ["keep", "refuse"].contains(&one["action"].as_str().unwrap())), "{again:?}");

    let yaml = "openapi: 3.1.0\nwebhooks:\n  order.sent:\n    post:\n      summary: Order Sent\n      responses: {200: {description: ok}}\n";
    assert_eq!(actions(&import(&team, json!({ "document": yaml })).await), [("order.sent", "create")]);
    // What is imported in test mode is in the catalogue of test mode.
    assert_eq!(team.live.get("/v1/event-types").await.expect(200)["count"], 7);
    server.stop().await;
}

async fn a_document_that_is_none_changes_nothing(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let bomb = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |yaml, n| {
        format!("{yaml}a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n", before = n - 1)
    });
    for document in ["", "{", "hello", "openapi: 3.0.3\nwebhooks: {a.b: {}}", "openapi: 3.1.0", bomb.as_str()] {
        let reply = team.test.post("/v1/event-types/import", json!({ "document": document })).await;
        names(&reply, "/document");
    }
    let large = json!({ "document": " ".repeat((2 << 20) + 1) });
    names(&team.test.post("/v1/event-types/import", large).await, "/document");
    let unknown = json!({ "document": document().to_string(), "names": ["order.made", "order.none"] });
    names(&team.test.post("/v1/event-types/import", unknown).await, "/names/1");
    problem(&team.test.post("/v1/event-types/import", json!({})).await, 422, "INVALID_INPUT");
    assert_eq!(team.list("/v1/event-types").await.len(), 7);
    server.stop().await;
}
