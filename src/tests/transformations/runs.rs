//! What scripts make of events, and what is kept of it.

use serde_json::{Value, json};

use super::{connected, handler, runs_of, transform_rule, transformation};
use crate::support::{Database, Receiver, TestServer, id, on_both, until, verify};

on_both![
    what_a_script_returns_is_what_is_sent_and_shown,
    what_a_script_leaves_alone_keeps_its_bytes,
    scripts_run_in_order_and_the_filter_sees_what_they_made,
    a_script_that_fails_fails_the_event_until_it_is_mended,
    a_retry_sends_what_was_made_once,
    a_published_event_is_transformed_within_its_envelope,
];

async fn what_a_script_returns_is_what_is_sent_and_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(
        &team,
        "console.log('event', context.event_id);
        return {method: 'PUT', path: '/changed', query: {a: ['1', '2']},
            headers: {...request.headers, 'X-Tenant': 'acme', 'x-dropped': null},
            body: {order: request.body.id, from: context.connection_id}}",
    )
    .await;
    let connection = connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let headers = [("content-type", "application/json"), ("x-dropped", "1"), ("x-kept", "2")];
    let reply = team.send_to(&source, "/orders?z=1", &headers, r#"{"id": 7}"#).await.expect(200);
    let request = reply["request_id"].as_str().unwrap();

    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let sent = receiver.request(0);
    assert_eq!((sent.method.as_str(), sent.target.as_str()), ("PUT", "/changed?a=1&a=2"));
    assert_eq!((sent.header("x-tenant"), sent.header("x-dropped"), sent.header("x-kept")), ("acme", "", "2"));
    let body = json!({ "order": 7, "from": id(&connection) });
    assert_eq!(sent.json(), body);

    let event = team.event(&id(&team.events_of(request).await[0])).await;
    assert_eq!(event["data"]["body"], body, "the event shows what it carries");
    let attempt = &team.attempts_of(&event).await[0];
    assert_eq!(serde_json::from_str::<Value>(attempt["request_body"].as_str().unwrap()).unwrap(), body);
    let stored = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
    assert_eq!(stored["data"]["body"], json!({ "id": 7 }), "the request stays as it came");

    let run = &runs_of(&team, &made, &id(&event)).await[0];
    assert_eq!((&run["status"], &run["position"], &run["error"]), (&json!("SUCCESSFUL"), &json!(1), &json!(null)));
    assert_eq!(run["console"], json!([{ "level": "info", "text": format!("event {}", id(&event)) }]));
    assert_eq!((&run["before"]["body"], &run["before"]["path"]), (&json!({ "id": 7 }), &json!("/orders")));
    assert_eq!((&run["after"]["body"], &run["after"]["headers"]["x-tenant"]), (&body, &json!("acme")));
    let by_other_name = format!("/v1/transformations/{}/executions/{}", id(&made), id(run));
    let execution = team.test.get(&by_other_name).await.expect(200);
    for (name, of_run) in [
        ("id", "id"),
        ("webhook_id", "connection_id"),
        ("logs", "console"),
        ("original_event_data", "before"),
        ("transformed_event_data", "after"),
    ] {
        assert_eq!(execution[name], run[of_run], "{name}");
    }
    assert_eq!((&execution["log_level"], &execution["error_code"]), (&json!("info"), &json!(null)));
    assert_eq!((&execution["runtime"], &execution["stats"]["console_lines"]), (&json!("quickjs"), &json!(1)));
    assert_eq!(
        (&execution["original_event_data_id"], &execution["transformed_event_data_id"]),
        (&json!(request), &run["id"])
    );
    assert_eq!(execution["transformed_event_data_id"], event["event_data_id"]);
    let listed = &team.list(&format!("/v1/transformations/{}/executions", id(&made))).await[0];
    for (name, value) in execution.as_object().unwrap() {
        assert!(listed.get(name).is_some() || ["before", "after"].contains(&name.as_str()), "{name} of {listed}");
        assert!(
            listed[name] == *value || ["console", "logs"].contains(&name.as_str()) || listed[name].is_null(),
            "{name}"
        );
    }
    let listed = &team.list(&format!("/v1/transformations/{}/runs", id(&made))).await[0];
    assert_eq!((&listed["console"], &listed["console_lines"]), (&json!([]), &json!(1)));
    let counted = team.test.get(&format!("/v1/transformations/{}", id(&made))).await.expect(200);
    assert_eq!((&counted["executions_24h_count"], &counted["executions_24h_failed_count"]), (&json!(1), &json!(0)));
    assert_eq!(
        (&counted["executions_24h_bins"], &counted["error_code_counts"]),
        (&json!([0, 0, 0, 0, 0, 1]), &json!({}))
    );
    assert_eq!(counted["deleted_at"], json!(null));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}

async fn what_a_script_leaves_alone_keeps_its_bytes(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, headers: {...request.headers, 'x-new': '1'}}").await;
    connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let large = vec![b'x'; 10 << 20];
    let bodies: [(&str, &[u8]); 5] = [
        ("application/json", br#"{ "big": 12345678901234567890, "b": 1, "a": 1.0 }"#),
        ("application/octet-stream", b"\x00\xff\xfe binary"),
        ("text/plain", b"not { json"),
        ("application/json", b""),
        ("text/plain", &large),
    ];
    for (number, (kind, body)) in bodies.iter().enumerate() {
        team.send_to(&source, "", &[("content-type", kind)], body.to_vec()).await.expect(200);
        until("the delivery", async || receiver.count() == number + 1).await;
        let sent = receiver.request(number);
        assert_eq!((sent.header("content-type"), sent.header("x-new")), (*kind, "1"));
        assert!(sent.body == *body, "the body of {} bytes is as it came", body.len());
    }
    server.stop().await;
}

async fn scripts_run_in_order_and_the_filter_sees_what_they_made(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let first = transformation(&team, "return {...request, body: {...request.body, steps: ['first']}}").await;
    let second = transformation(&team, "request.body.steps.push('second'); return request").await;
    let filter = json!({ "type": "filter", "body": { "steps": { "$contains": "second" }, "id": { "$gt": 5 } } });
    let rules = json!([filter, transform_rule(&first), transform_rule(&second)]);
    connected(&team, &source, &receiver, rules).await;
    let kept = team.post_to(&source, &json!({ "id": 7 })).await;
    let held_back = team.post_to(&source, &json!({ "id": 3 })).await;

    until("both to be decided", async || {
        team.count_events("SUCCESSFUL").await == 1 && team.count_events("CANCELLED").await == 1
    })
    .await;
    assert_eq!(receiver.request(0).json(), json!({ "id": 7, "steps": ["first", "second"] }));
    assert_eq!(receiver.count(), 1);
    let event = id(&team.events_of(&kept).await[0]);
    let (one, two) = (runs_of(&team, &first, &event).await, runs_of(&team, &second, &event).await);
    assert_eq!(one[0]["after"]["body"], json!({ "id": 7, "steps": ["first"] }));
    assert_eq!((&two[0]["before"], &two[0]["position"]), (&one[0]["after"], &json!(2)));
    let ignored = team.list(&format!("/v1/requests/{held_back}/ignored_events")).await;
    assert_eq!(ignored.len(), 1);
    assert_eq!(ignored[0]["cause"], "FILTERED", "{}", ignored[0]);
    let counted = team.list("/v1/requests?has_ignored=true").await;
    assert_eq!((counted.len(), &counted[0]["id"], &counted[0]["ignored_count"]), (1, &json!(held_back), &json!(1)));
    assert_eq!(ignored[0]["meta"][0]["mismatch"], ignored[0]["mismatch"], "{}", ignored[0]);
    assert_eq!(ignored[0]["updated_at"], ignored[0]["created_at"]);
    // Of a request's events, those that were cancelled are shown to whoever asks for them.
    let of_request = format!("/v1/requests/{held_back}/events");
    assert!(team.list(&of_request).await.is_empty());
    let cancelled = team.list(&format!("{of_request}?status=CANCELLED")).await;
    assert_eq!((cancelled.len(), &cancelled[0]["ignored_reason"]), (1, &json!("FILTERED")));
    let sent = team.event(&event).await;
    assert_ne!(sent["event_data_id"], sent["request_id"], "it carries what the scripts made");
    assert!(sent["ingested_at"].as_str() <= sent["created_at"].as_str());
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}

async fn a_script_that_fails_fails_the_event_until_it_is_mended(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "console.log('so far');\nthrow new Error('no customer')").await;
    connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let request = team.post_to(&source, &json!({ "id": 7 })).await;

    until("the failure", async || team.count_events("FAILED").await == 1).await;
    let event = team.events_of(&request).await[0].clone();
    assert_eq!((&event["error_code"], &event["attempts"]), (&json!("TRANSFORM_FAILED"), &json!(0)));
    let said = event["failure_message"].as_str().unwrap();
    assert!(said.contains("no customer") && said.contains("line 2"), "{said}");
    let run = &runs_of(&team, &made, &id(&event)).await[0];
    assert_eq!((&run["error"]["code"], &run["error"]["line"]), (&json!("EXCEPTION"), &json!(2)));
    assert_eq!((&run["console"][0]["text"], run.get("after")), (&json!("so far"), None));
    assert_eq!(run["before"]["body"], json!({ "id": 7 }));

    let mended = json!({ "code": handler("return {...request, body: {mended: true}}") });
    team.test.patch(&format!("/v1/transformations/{}", id(&made)), mended).await.expect(200);
    team.test.post(&format!("/v1/events/{}/retry", id(&event)), json!({})).await.expect(202);
    until("the retried event", async || team.count_events("SUCCESSFUL").await == 1).await;
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    until("the replayed request", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert!(receiver.requests().iter().all(|sent| sent.json() == json!({ "mended": true })));
    assert_eq!(receiver.request(0).header("webhook-id"), event["webhook_id"], "the same event to its receiver");
    let counted = team.test.get(&format!("/v1/transformations/{}", id(&made))).await.expect(200);
    assert_eq!((&counted["executions_24h_count"], &counted["executions_24h_failed_count"]), (&json!(3), &json!(1)));
    assert_eq!(counted["error_code_counts"], json!({ "EXCEPTION": 1 }));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}

async fn a_retry_sends_what_was_made_once(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = transformation(&team, "return {...request, body: {version: 1}}").await;
    connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let event = id(&team.events_of(&request).await[0]);

    let newer = json!({ "code": handler("return {...request, body: {version: 2}}") });
    team.test.patch(&format!("/v1/transformations/{}", id(&made)), newer).await.expect(200);
    team.test.post(&format!("/v1/events/{event}/retry"), json!({})).await.expect(202);
    until("the retry", async || team.count_events("SUCCESSFUL").await == 2).await;
    assert_eq!(receiver.request(1).json(), json!({ "version": 1 }), "an event keeps what it carries");
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    until("the replay", async || team.count_events("SUCCESSFUL").await == 3).await;
    assert_eq!(receiver.request(2).json(), json!({ "version": 2 }), "a request goes through what there is now");
    server.stop().await;
}

async fn a_published_event_is_transformed_within_its_envelope(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    // A webhook's own connection takes no scripts; any other from the built-in source does.
    let sources = team.list("/v1/sources").await;
    let built_in = sources.iter().find(|source| source["type"] == "EVENTS").unwrap();
    let made = transformation(&team, "request.body.data.added = context.event_type; return request").await;
    connected(&team, built_in, &receiver, json!([transform_rule(&made)])).await;
    team.publish("order.paid", json!({ "id": 7 })).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    let sent = receiver.request(0).json();
    assert_eq!(sent["data"], json!({ "id": 7, "added": "order.paid" }));
    assert_eq!(sent["type"], "order.paid");

    let broken = json!({ "code": handler("return {...request, body: 'no JSON'}") });
    team.test.patch(&format!("/v1/transformations/{}", id(&made)), broken).await.expect(200);
    let published = team.publish("order.paid", json!({ "id": 8 })).await;
    // Not the only one: that an issue is opened is published too, and goes the same way.
    let event = published["event_ids"][0].as_str().unwrap();
    until("the failure", async || team.event(event).await["status"] == "FAILED").await;
    server.stop().await;
}
