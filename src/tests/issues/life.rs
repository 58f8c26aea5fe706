//! When issues are opened, counted and resolved.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CALM, Switch, deliver, fail, in_state, issue, issues, only_issue, recover};
use crate::{
    api::whole::count,
    support::{Answer, Database, NOBODY, Receiver, TestServer, id, on_both, unique, until},
};

on_both![
    failures_are_grouped_by_destination_and_cause,
    what_is_simulated_opens_nothing,
    somebody_looks_after_it_and_it_is_over_by_itself,
    it_is_resolved_by_hand_and_opened_again,
    what_comes_and_goes_is_waited_for_longer,
    other_failures_do_not_hide_that_it_fails,
    a_failing_script_is_an_issue_until_it_works,
    it_goes_with_its_destination_and_then_with_its_time,
    nobody_else_sees_it,
];

async fn failures_are_grouped_by_destination_and_cause(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let asked = Receiver::deciding(|_, request| {
        Answer::status(u16::try_from(request.json()["status"].as_u64().unwrap()).unwrap())
    })
    .await;
    let source = team.new_source().await;
    let destination = team.new_destination(json!({ "url": asked.url() })).await;
    let retry = json!({
        "type": "retry", "strategy": "linear", "interval": 60_000, "count": 3, "response_status_codes": ["500-599"],
    });
    let connection = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [retry],
    });
    team.test.post("/v1/connections", connection).await.expect(201);
    let (other_source, other) = team.connected_with(json!({ "url": NOBODY })).await;

    for status in [500, 404, 500, 200, 404, 500] {
        team.post_to(&source, &json!({ "status": status })).await;
    }
    team.post_to(&other_source, &json!({})).await;
    until("all to be tried", async || team.list("/v1/attempts").await.len() == 7).await;
    until("all to be counted", async || issues(&team).await.len() == 3).await;

    let mut found = issues(&team).await;
    found.sort_by_key(|issue| issue["cause"].to_string());
    let seen: Vec<_> = found
        .iter()
        .map(|issue| (issue["cause"].as_str().unwrap(), &issue["destination_id"], &issue["attempts"], &issue["events"]))
        .collect();
    let (here, there) = (&destination["id"], &other["id"]);
    assert_eq!(
        seen,
        [
            ("CONNECTION_REFUSED", there, &json!(1), &json!(0)),
            ("HTTP_404", here, &json!(2), &json!(2)),
            ("HTTP_500", here, &json!(3), &json!(0)),
        ]
    );
    let name = destination["name"].as_str().unwrap();
    let titles: Vec<_> = found.iter().map(|issue| issue["title"].as_str().unwrap().to_owned()).collect();
    let refused = format!("Connection refused by {}", other["name"].as_str().unwrap());
    assert_eq!(titles, [refused, format!("404 from {name}"), format!("500 from {name}")]);
    for issue in &found {
        assert_eq!((&issue["state"], &issue["times_opened"]), (&json!("OPEN"), &json!(1)), "{issue}");
        assert_eq!((&issue["opened_at"], &issue["last_seen_at"]), (&json!(server.now()), &json!(server.now())));
        let drawn: u64 = issue["failures"].as_array().unwrap().iter().map(|b| b["attempts"].as_u64().unwrap()).sum();
        assert_eq!(json!(drawn), issue["attempts"], "what is drawn is what is counted");
    }
    let detail = issue(&team, &found[2]).await;
    assert!(
        detail["diagnosis"]["title"].is_string() && detail["last_error"].as_str().unwrap().contains("500"),
        "{detail}"
    );
    for (query, expected) in [
        ("cause=HTTP_500", 1),
        ("cause=HTTP_404,HTTP_500", 2),
        ("q=refused", 1),
        ("state=OPEN", 3),
        ("state=RESOLVED", 0),
        ("from=now-1h&to=now", 3),
        ("to=now-1h", 0),
    ] {
        assert_eq!(team.list(&format!("/v1/issues?{query}")).await.len(), expected, "{query}");
        assert_eq!(team.test.get(&format!("/v1/issues/count?{query}")).await.expect(200)["count"], expected, "{query}");
    }
    let of_other = format!("/v1/issues?destination_id={}", id(&other));
    assert_eq!(team.list(&of_other).await.len(), 1);
    assert_eq!(team.test.get("/v1/issues?cause=HTTP").await.status, 422);
    server.stop().await;
}

async fn what_is_simulated_opens_nothing(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([500]).await;
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let simulated = json!({ "type": "a.b", "payload": { "data": {} } });
    team.test.post(&format!("/v1/webhooks/{}/simulate", id(&webhook)), simulated).await.expect(202);
    until("the failure", async || team.list("/v1/attempts?status=FAILED").await.len() == 1).await;

    // A real one after it shows that all is counted that is to be.
    team.publish("a.b", json!({})).await;

    let found = in_state(&team, "OPEN").await;
    assert_eq!((&found["attempts"], &found["is_webhook"]), (&json!(1), &json!(true)), "{found}");
    server.stop().await;
}

async fn somebody_looks_after_it_and_it_is_over_by_itself(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    let open = in_state(&team, "OPEN").await;
    let path = format!("/v1/issues/{}", id(&open));

    let acknowledged = team.test.post(&format!("{path}/acknowledge"), json!({})).await.expect(200);
    assert_eq!(acknowledged["state"], "ACKNOWLEDGED");
    assert_eq!(acknowledged["acknowledged_by_name"], json!(team.made.test.public), "{acknowledged}");
    team.test.put(&format!("{path}/acknowledge"), json!({})).await.expect(200);
    fail(&team, &source).await;
    only_issue(&team, "the count", |issue| issue["attempts"] == 2 && issue["state"] == "ACKNOWLEDGED").await;
    // Time alone is no proof.
    server.advance(Duration::from_secs(3));
    receiver.set(200);
    deliver(&team, &source).await;
    assert_eq!(issues(&team).await[0]["state"], "ACKNOWLEDGED", "it was seen a moment ago");

    server.advance(CALM);

    let over = in_state(&team, "RESOLVED").await;
    assert_eq!((&over["resolution"], &over["resolved_by"]), (&json!("ITSELF"), &Value::Null), "{over}");
    assert_eq!(over["resolved_at"], json!(server.now()));
    team.test.post(&format!("{path}/acknowledge"), json!({})).await.expect(409);
    let history = issue(&team, &over).await["history"].clone();
    let kinds: Vec<_> = history.as_array().unwrap().iter().map(|change| change["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["RESOLVED", "ACKNOWLEDGED", "OPENED"]);
    assert_eq!((&history[0]["attempts"], &history[0]["resolution"]), (&json!(2), &json!("ITSELF")));
    server.stop().await;
}

async fn it_is_resolved_by_hand_and_opened_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    fail(&team, &source).await;
    let open = only_issue(&team, "the count", |issue| issue["attempts"] == 2).await;
    server.advance(Duration::from_secs(1));

    let resolved = team.test.post(&format!("/v1/issues/{}/resolve", id(&open)), json!({})).await.expect(200);
    assert_eq!((&resolved["state"], &resolved["resolution"]), (&json!("RESOLVED"), &json!("PERSON")), "{resolved}");
    assert_eq!(resolved["resolved_by_name"], json!(team.made.test.public));
    server.advance(Duration::from_secs(1));
    fail(&team, &source).await;

    let again = in_state(&team, "OPEN").await;
    assert_eq!((&again["id"], &again["times_opened"], &again["attempts"]), (&open["id"], &json!(2), &json!(1)));
    assert_eq!((&again["resolved_at"], &again["resolution"]), (&Value::Null, &Value::Null));
    assert_eq!((&again["created_at"], &again["opened_at"]), (&open["opened_at"], &json!(server.now())));
    let history = issue(&team, &again).await["history"].clone();
    let kinds: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["kind"].as_str().unwrap(), &change["opening"]))
        .collect();
    assert_eq!(kinds, [("OPENED", &json!(2)), ("RESOLVED", &json!(1)), ("OPENED", &json!(1))]);
    server.stop().await;
}

async fn what_comes_and_goes_is_waited_for_longer(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    recover(&server, &team, &source, &receiver, CALM).await;
    receiver.set(500);
    fail(&team, &source).await;
    in_state(&team, "OPEN").await;
    receiver.set(200);
    deliver(&team, &source).await;
    server.advance(CALM);
    // Another destination's issue shows that they were looked at.
    let other = Switch::at(500).await;
    let (other_source, _) = team.connected_to(&other.receiver).await;
    fail(&team, &other_source).await;
    other.set(200);
    deliver(&team, &other_source).await;
    server.advance(CALM);

    until("both to be over", async || team.list("/v1/issues?state=RESOLVED").await.len() == 2).await;
    let again = issues(&team).await.remove(0);
    let (last, over) = (again["last_seen_at"].as_str().unwrap(), again["resolved_at"].as_str().unwrap());
    let [last, over] = [last, over].map(|at| at.parse::<hookyard_model::Timestamp>().unwrap());
    assert_eq!((over.since(last), &again["times_opened"]), (CALM * 2, &json!(2)), "{again}");
    server.stop().await;
}

async fn other_failures_do_not_hide_that_it_fails(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    in_state(&team, "OPEN").await;
    receiver.set(404);
    fail(&team, &source).await;
    until("the other cause", async || issues(&team).await.len() == 2).await;
    server.advance(CALM * 3);
    receiver.set(200);
    // What is retried by now delivers, too.
    until("all to be over", async || team.list("/v1/issues?state=RESOLVED").await.len() == 2).await;
    let seen = issues(&team).await;
    assert!(seen.iter().all(|issue| issue["resolution"] == "ITSELF"), "{seen:?}");
    server.stop().await;
}

async fn a_failing_script_is_an_issue_until_it_works(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let code =
        "addHandler('transform', (request) => { if (request.body.fails) throw new Error('no'); return request; })";
    let script = team.test.post("/v1/transformations", json!({ "name": unique(), "code": code })).await.expect(201);
    let rule = json!({ "type": "transform", "transformation_id": id(&script) });
    let input = json!({
        "name": unique(), "source_id": id(&source), "destination_id": id(&destination), "rules": [rule],
    });
    team.test.post("/v1/connections", input).await.expect(201);

    team.post_to(&source, &json!({ "fails": true })).await;

    let open = in_state(&team, "OPEN").await;
    assert_eq!(
        (&open["cause"], &open["attempts"], &open["events"]),
        (&json!("TRANSFORM_FAILED"), &json!(1), &json!(1))
    );
    assert!(open["last_error"].as_str().unwrap().contains("no") && open["last_attempt_id"].is_null(), "{open}");
    server.advance(CALM);
    deliver(&team, &source).await;
    let over = in_state(&team, "RESOLVED").await;
    assert_eq!(over["resolution"], "ITSELF");
    server.stop().await;
}

async fn it_goes_with_its_destination_and_then_with_its_time(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([500]).await;
    let (source, destination) = team.connected_to(&receiver).await;
    fail(&team, &source).await;
    let open = in_state(&team, "OPEN").await;
    let connection = team.list("/v1/connections").await.into_iter().find(|c| c["source_id"] == source["id"]).unwrap();
    team.test.delete(&format!("/v1/connections/{}", id(&connection))).await;
    let deleted = team.test.delete(&format!("/v1/destinations/{}", id(&destination))).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    server.advance(Duration::from_secs(2));

    let over = in_state(&team, "RESOLVED").await;
    assert_eq!((&over["resolution"], &over["is_deleted"]), (&json!("DELETED"), &json!(true)), "{over}");
    assert_eq!(over["title"], open["title"], "its name is still known");
    server.advance(Duration::from_hours(15 * 24 + 1));
    until("it to be gone", async || issues(&team).await.is_empty()).await;
    for table in ["issue", "issue_change", "issue_told"] {
        assert_eq!(count(&database, table).await, 0, "{table}");
    }
    until("its counts to be gone", async || count(&database, "failure_rollup").await == 0).await;
    server.stop().await;
}

async fn nobody_else_sees_it(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let receiver = Receiver::answering([500]).await;
    let (source, _) = team.connected_to(&receiver).await;
    fail(&team, &source).await;
    let open = in_state(&team, "OPEN").await;

    for stranger in [&other.test, &other.live, &team.live] {
        assert_eq!(stranger.get("/v1/issues").await.expect(200)["count"], 0);
        assert_eq!(stranger.get("/v1/issues/count").await.expect(200)["open"], 0);
        let path = format!("/v1/issues/{}", id(&open));
        assert_eq!(stranger.get(&path).await.status, 404);
        for action in ["acknowledge", "resolve"] {
            assert_eq!(stranger.post(&format!("{path}/{action}"), json!({})).await.status, 404, "{action}");
        }
    }
    assert_eq!(issue(&team, &open).await["state"], "OPEN");
    server.stop().await;
}
