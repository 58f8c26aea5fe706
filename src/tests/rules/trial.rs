//! Trying rules before they are saved.

use serde_json::{Value, json};

use super::ruled;
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![rules_are_tried_on_what_came, a_filter_is_tried_on_what_was_typed];

fn outcomes(trial: &Value) -> Vec<&str> {
    trial["requests"].as_array().unwrap().iter().map(|tried| tried["outcome"].as_str().unwrap()).collect()
}

async fn rules_are_tried_on_what_came(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, connection) = ruled(&team, &receiver, json!([])).await;
    let mut requests = Vec::new();
    for (order, amount) in [(1, 50), (2, 100), (2, 100), (3, 200)] {
        requests.push(team.post_to(&source, &json!({ "order": order, "amount": amount })).await);
    }
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 4).await;

    let rules = json!([
        { "type": "deduplicate", "window": 60_000, "include_fields": ["body.order"] },
        { "type": "filter", "body": { "amount": { "$gte": 100 } } },
        { "type": "delay", "delay": 5000 },
    ]);
    let input = json!({ "source_id": id(&source), "rules": rules });
    let trial = team.test.post("/v1/connections/try", input).await.expect(200);
    assert_eq!(outcomes(&trial), ["SENT", "DEDUPLICATED", "SENT", "FILTERED"]);
    assert_eq!(
        trial["counts"],
        json!({ "sent": 2, "filtered": 1, "deduplicated": 1, "transform_failed": 0, "not_tried": 0 })
    );
    let tried = trial["requests"].as_array().unwrap();
    assert_eq!((&tried[0]["request_id"], &tried[0]["delay_ms"]), (&json!(requests[3]), &json!(5000)));
    assert_eq!(tried[1]["duplicate_of"], json!(requests[1]));
    assert_eq!(tried[3]["mismatch"]["pointer"], "/body/amount/$gte");
    assert_eq!(tried[3]["reason"], "body.amount is 50, wanted at least 100");
    let kinds: Vec<_> = tried[0]["steps"].as_array().unwrap().iter().map(|step| step["type"].clone()).collect();
    assert_eq!(kinds, ["deduplicate", "filter", "delay"]);

    let code = r#"addHandler("transform", (request) => {
        console.log("order", request.body.order);
        if (request.body.order === 3) throw new Error("no such order");
        return { ...request, body: { ...request.body, amount: request.body.amount * 2 } };
    })"#;
    let filter = json!([{ "type": "filter", "body": { "amount": { "$gt": 100 } } }]);
    let input = json!({ "connection_id": id(&connection), "rules": filter, "script": { "code": code }, "last": 4 });
    let trial = team.test.post("/v1/connections/try", input).await.expect(200);
    assert_eq!(
        outcomes(&trial),
        ["TRANSFORM_FAILED", "SENT", "SENT", "FILTERED"],
        "the filter sees what the script returns"
    );
    let tried = &trial["requests"][1];
    assert_eq!(tried["changes"], json!([{ "pointer": "/body/amount", "before": 100, "after": 200 }]));
    assert_eq!((&tried["before"]["body"]["amount"], &tried["after"]["body"]["amount"]), (&json!(100), &json!(200)));
    assert_eq!(tried["steps"][0]["console"][0]["text"], "order 2");
    assert!(trial["requests"][0]["reason"].as_str().unwrap().contains("no such order"), "{trial}");

    let one = json!({ "request_ids": [requests[0]], "rules": filter });
    assert_eq!(outcomes(&team.test.post("/v1/connections/try", one).await.expect(200)), ["FILTERED"]);
    let bad = json!([{ "type": "filter", "body": { "a": { "$gte": {} } } }]);
    for (input, pointer) in [
        (json!({ "rules": [] }), "/source_id"),
        (json!({ "source_id": id(&source), "rules": bad }), "/rules/0/body/a/$gte"),
        (json!({ "source_id": id(&source), "last": 101 }), "/last"),
        (json!({ "request_ids": ["req_01HF7YAT000000000000000007"] }), "/request_ids/0"),
        (json!({ "source_id": id(&source), "colour": 1 }), "/colour"),
    ] {
        let refused = team.test.post("/v1/connections/try", input.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{input}: {}",
            refused.body
        );
    }
    assert_eq!(receiver.count(), 4, "nothing was sent");
    server.stop().await;
}

async fn a_filter_is_tried_on_what_was_typed(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let filter = json!({ "body": { "amount": { "gte": 100 } }, "headers": { "x-topic": "a" }, "query": { "p": 2 } });
    let test = async |body: Value| {
        let input = json!({ "body": body, "headers": { "X-Topic": ["b", "a"] }, "query": { "p": 2 } });
        team.test.post("/v1/filters/test", json!({ "filter": filter, "input": input })).await.expect(200)
    };
    assert_eq!(test(json!({ "amount": 100 })).await, json!({ "matched": true, "reason": null }));
    let no = test(json!({ "amount": 99.5 })).await;
    assert_eq!(
        (&no["matched"], &no["reason"]["sentence"]),
        (&json!(false), &json!("body.amount is 99.5, wanted at least 100"))
    );
    let refused = team.test.post("/v1/filters/test", json!({ "filter": { "body": { "a": { "$x": 1 } } } })).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/filter/body/a/$x")));
    server.stop().await;
}
