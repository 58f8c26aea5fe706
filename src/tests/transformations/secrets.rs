//! Values of environments, wherever scripts put them.

use serde_json::{Value, json};

use super::{connected, handler, runs_of, transform_rule};
use crate::support::{Database, Receiver, Team, TestServer, id, on_both, unique, until};

on_both![what_a_script_wrote_of_its_environment_stays_hidden, what_no_script_changed_is_shown_as_it_came];

const SECRET: &str = "very-secret-token";

/// A transformation that puts this value of its environment into all that it can.
async fn leaking(team: &Team, value: &str) -> Value {
    let code = handler(
        "const token = context.env.TOKEN;
        return {...request, path: '/' + token, query: {t: token}, headers: {...request.headers, 'x-token': token}, body: {token}}",
    );
    let input = json!({ "name": unique(), "code": code, "env": { "TOKEN": value } });
    team.test.post("/v1/transformations", input).await.expect(201)
}

/// All that is shown of a delivered event and of the run that made it.
async fn shown(team: &Team, event: &str, made: &Value) -> Vec<Value> {
    let mut shown = vec![team.event(event).await];
    shown.extend(team.attempts(&format!("event_id={event}")).await);
    shown.extend(team.list(&format!("/v1/attempts?event_id={event}")).await);
    shown.push(team.test.get(&format!("/v1/requests/{}/trace", shown[0]["request_id"].as_str().unwrap())).await.body);
    shown.extend(runs_of(team, made, event).await);
    assert!(shown.len() >= 5, "{shown:?}");
    shown
}

async fn what_a_script_wrote_of_its_environment_stays_hidden(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let source = team.new_source().await;
    let made = leaking(&team, SECRET).await;
    let connection = connected(&team, &source, &receiver, json!([transform_rule(&made)])).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(
        (receiver.request(0).header("x-token"), receiver.request(0).json()),
        (SECRET, json!({ "token": SECRET }))
    );

    let event = id(&team.events_of(&request).await[0]);
    let hidden = async |case: &str| {
        for record in shown(&team, &event, &made).await {
            assert!(!record.to_string().contains(SECRET), "{case}: {record}");
        }
    };
    hidden("as it was made").await;
    let path = format!("/v1/transformations/{}", id(&made));
    team.test.patch(&path, json!({ "env": { "TOKEN": "another value" } })).await.expect(200);
    hidden("after the value was replaced").await;
    team.test.patch(&path, json!({ "env": { "TOKEN": null } })).await.expect(200);
    hidden("after it was taken away").await;
    team.test.patch(&format!("/v1/connections/{}", id(&connection)), json!({ "rules": [] })).await.expect(200);
    team.test.delete(&path).await.expect(204);
    hidden("after the transformation was deleted").await;
    server.stop().await;
}

async fn what_no_script_changed_is_shown_as_it_came(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (plain, _) = team.connected_to(&receiver).await;
    let source = team.new_source().await;
    let [one, other] = [leaking(&team, "europe").await, leaking(&team, "africa").await];
    connected(&team, &source, &receiver, json!([transform_rule(&one)])).await;
    let body = json!({ "region": "europe", "token": "africa" });
    let request = team.post_to(&plain, &body).await;
    let changed = team.post_to(&source, &body).await;
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;

    let event = team.event(&id(&team.events_of(&request).await[0])).await;
    assert_eq!(event["data"]["body"], body);
    let [attempt] = team.attempts_of(&event).await.try_into().unwrap();
    assert_eq!(attempt["request_body"], body.to_string(), "the very bytes");
    let event = id(&team.events_of(&changed).await[0]);
    let run = &runs_of(&team, &one, &event).await[0];
    assert_eq!(run["before"]["body"], body, "what came, too");
    assert_eq!(run["after"]["body"], json!({ "token": "••••••••" }));
    // The other's values are not what this one was given.
    team.test
        .patch(&format!("/v1/transformations/{}", id(&other)), json!({ "env": { "T": "token\"" } }))
        .await
        .expect(200);
    assert_eq!(team.event(&event).await["data"]["body"], json!({ "token": "••••••••" }));
    server.stop().await;
}
