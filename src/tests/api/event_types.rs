//! The catalogue of event types.

use serde_json::{Value, json};

use super::{names, problem};
use crate::support::{Database, TestServer, id, on_both};

on_both![a_new_team_has_seven, an_event_type_is_made_read_changed_and_deleted];

async fn a_new_team_has_seven(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for client in [&team.test, &team.live] {
        let page = client.get("/v1/event-types").await.expect(200);
        let models = page["models"].as_array().unwrap();
        let names: Vec<_> = models.iter().map(|kind| kind["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "patient.authorization_revoked",
                "patient.connection_success",
                "patient.ehi_export_failed",
                "patient.ehi_export_success",
                "patient.request_health_system",
                "patient.request_support",
                "webhook.test",
            ]
        );
        assert_eq!(page["count"], 7);
        for kind in models {
            assert!(kind["label"].is_string() && kind["schema"].is_object() && kind["example"].is_object(), "{kind}");
        }
    }
    server.stop().await;
}

async fn an_event_type_is_made_read_changed_and_deleted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let input = json!({
        "name": "invoice.paid", "description": "money came", "schema": { "type": "object" }, "example": { "amount": 1 },
        "default_enabled": true,
    });
    let made = team.test.post("/v1/event-types", input.clone()).await;
    let path = made.header("location").unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!((path, &made["label"]), (format!("/v1/event-types/{}", id(&made)), &json!("Invoice Paid")));
    for (field, given) in input.as_object().unwrap() {
        assert_eq!(&made[field], given, "{field}");
    }
    let path = format!("/v1/event-types/{}", id(&made));
    assert_eq!(team.test.get(&path).await.expect(200), made);
    let again = problem(&team.test.post("/v1/event-types", input).await, 409, "RESOURCE_ALREADY_EXISTS");
    assert_eq!(again["resource_id"], made["id"]);

    let patch =
        json!({ "label": "Paid", "description": null, "example": { "currency": "EUR" }, "default_enabled": false });
    let patched = team.test.patch(&path, patch).await.expect(200);
    assert_eq!((&patched["label"], &patched["description"]), (&json!("Paid"), &Value::Null));
    assert_eq!(patched["example"], json!({ "currency": "EUR" }), "an example is replaced as a whole");
    assert_eq!((&patched["schema"], &patched["default_enabled"]), (&made["schema"], &json!(false)));
    names(&team.test.patch(&path, json!({ "name": "invoice.sent" })).await, "/name");
    names(&team.test.patch(&path, json!({ "label": "x".repeat(156) })).await, "/label");

    team.test.delete(&path).await.expect(204);
    problem(&team.test.get(&path).await, 404, "RESOURCE_NOT_FOUND");
    problem(&team.test.delete(&path).await, 404, "RESOURCE_NOT_FOUND");
    assert_eq!(team.list("/v1/event-types").await.len(), 7);
    server.stop().await;
}
