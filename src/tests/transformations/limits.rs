//! Scripts that misbehave: each fails its own event, with a reason, and nothing else.

use serde_json::json;

use super::{connected, handler, runs_of, script, transform_rule, transformation};
use crate::support::{Database, Receiver, TestServer, id, on_both, unique, until, verify};

on_both![a_script_that_misbehaves_fails_its_event_alone, a_script_that_loops_for_ever_does_not_hold_up_others];

async fn a_script_that_misbehaves_fails_its_event_alone(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    for (case, body, code) in [
        ("memory", "const a = []; for (;;) a.push('x'.repeat(1000) + a.length)", "OUT_OF_MEMORY"),
        ("recursion", "const f = () => f() + 1; return f()", "OUT_OF_MEMORY"),
        ("output", "return {...request, body: 'x'.repeat(10485761)}", "TOO_LARGE"),
        ("a regular expression", "/^(a+)+$/.test('a'.repeat(40) + 'b'); return request", "TIMEOUT"),
        ("promises without end", "return (async () => { for (;;) await null })()", "TIMEOUT"),
        ("no result", "", "BAD_RESULT"),
        ("no JSON", "return {...request, body: {n: 1n}}", "BAD_RESULT"),
        ("another line in a header", "return {...request, headers: {a: 'b\\r\\nc: d'}}", "BAD_RESULT"),
        (
            "a tampered language",
            "Object.prototype.toJSON = () => { throw new Error('mine') }; return {...request, body: {}}",
            "",
        ),
    ] {
        let source = team.new_source().await;
        let made = transformation(&team, body).await;
        connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
        let request = team.post_to(&source, &json!({ "a": 1 })).await;
        until(case, async || team.events_of(&request).await[0]["status"] == "FAILED").await;
        let event = id(&team.events_of(&request).await[0]);
        let run = &runs_of(&team, &made, &event).await[0];
        if !code.is_empty() {
            assert_eq!(run["error"]["code"], code, "{case}: {run}");
        }
    }
    let source = team.new_source().await;
    let chatty =
        transformation(&team, "for (let i = 0; i < 2000; i++) console.log(i, 'x'.repeat(5000)); return request").await;
    connected(&team, &source, &receiver, json!([transform_rule(&chatty)])).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the chatty one", async || team.events_of(&request).await[0]["status"] == "SUCCESSFUL").await;
    let event = id(&team.events_of(&request).await[0]);
    let run = &runs_of(&team, &chatty, &event).await[0];
    assert_eq!((run["console"].as_array().unwrap().len(), &run["console_truncated"]), (100, &json!(true)));
    assert_eq!(receiver.count(), 1, "nothing of the others was sent");
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}

async fn a_script_that_loops_for_ever_does_not_hold_up_others(database: Database) {
    const LOOPING: usize = 8;
    const OTHERS: usize = 10;
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (looping, quick, plain) = (team.new_source().await, team.new_source().await, team.new_source().await);
    let endless = "let on = true; addHandler('transform', request => { while (on) {} return request })";
    let endless = script(&team, endless).await;
    connected(&team, &looping, &receiver, json!([transform_rule(&endless)])).await;
    let marks = transformation(&team, "return {...request, body: {marked: request.body}}").await;
    connected(&team, &quick, &receiver, json!([transform_rule(&marks)])).await;
    connected(&team, &plain, &receiver, json!([])).await;

    for number in 0..LOOPING {
        team.post_to(&looping, &json!({ "loop": number })).await;
    }
    for number in 0..OTHERS {
        team.post_to(&quick, &json!({ "quick": number })).await;
        team.post_to(&plain, &json!({ "plain": number })).await;
    }
    until("the others", async || receiver.count() == 2 * OTHERS).await;
    let failed = team.count_events("FAILED").await;
    assert!(failed < LOOPING as u64, "the others did not wait for the loops, of which {failed} had ended");
    // Nor do those who try a script.
    let tried = json!({ "code": handler("return request"), "request": { "body": { "tried": true } } });
    assert_eq!(team.test.put("/v1/transformations/run", tried).await.expect(200)["error"], json!(null));
    until("the loops to be stopped", async || team.count_events("FAILED").await == LOOPING as u64).await;
    assert!(
        team.events("status=FAILED")
            .await
            .iter()
            .all(|event| { event["failure_message"].as_str().unwrap().contains("did not end within") })
    );
    let sound = json!({ "name": unique(), "code": handler("return request") });
    team.test.post("/v1/transformations", sound).await.expect(201);
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    server.stop().await;
}
