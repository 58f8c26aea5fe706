//! What a circuit breaker can be told.

use serde_json::{Value, json};

use crate::support::{Database, TestServer, on_both, unique};

on_both![a_rule_that_cannot_be_is_refused];

async fn a_rule_that_cannot_be_is_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let config = |rule: Value| json!({ "url": "https://example.com/hooks", "circuit_breaker": rule });
    let default = team.new_destination(json!({ "url": "https://example.com/hooks" })).await;
    assert_eq!(default["config"]["circuit_breaker"], json!({ "consecutive_failures": 10, "failing_for_seconds": 30 }));
    for (rule, field) in [
        (json!({ "consecutive_failures": 0, "failing_for_seconds": 30 }), "consecutive_failures"),
        (json!({ "consecutive_failures": 1001, "failing_for_seconds": 30 }), "consecutive_failures"),
        (json!({ "consecutive_failures": 5, "failing_for_seconds": 86_401 }), "failing_for_seconds"),
    ] {
        let input = json!({ "name": unique(), "config": config(rule) });
        let refused = team.test.post("/v1/destinations", input).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], format!("/config/circuit_breaker/{field}"), "{refused}");
    }
    for rule in [json!(7), json!({ "consecutive_failures": 5 }), json!({ "opens": "often" })] {
        let input = json!({ "name": unique(), "config": config(rule) });
        let refused = team.test.post("/v1/destinations", input).await;
        assert!([400, 422].contains(&refused.status), "{}", refused.body);
    }
    server.stop().await;
}
