//! Connections: what passes, what does not and why, and what stands in whose way.

use serde_json::{Value, json};

use super::problem;
use crate::support::{Answer, Database, Receiver, Team, TestServer, id, on_both, until};

on_both![
    only_the_chosen_event_types_pass,
    what_no_connection_takes_is_ignored_with_a_cause,
    what_is_in_use_is_not_deleted,
    a_connections_ends_are_shown,
    the_latest_input_is_the_last_one_accepted,
    what_is_built_in_stays_as_it_is,
    an_id_says_which_connection_is_replaced,
    lists_are_narrowed_to_what_is_asked_for,
    a_connection_leads_elsewhere_once_nothing_waits,
    what_waits_for_its_scripts_keeps_its_branch,
    what_is_disabled_holds_nothing,
    what_somebody_disables_stays_so_when_its_source_comes_back,
];

/// The causes for which a request was ignored, with the connection where there was one.
async fn ignored(team: &Team, request: &Value) -> Vec<(String, Value)> {
    let request = request.as_str().unwrap();
    let list = team.list(&format!("/v1/requests/{request}/ignored_events")).await;
    let record = team.test.get(&format!("/v1/requests/{request}")).await.expect(200);
    assert_eq!((&record["status"], &record["ignored_count"]), (&json!("accepted"), &json!(list.len())));
    let mut ids: Vec<_> = list.iter().map(id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), list.len(), "each has an id of its own");
    list.iter().map(|one| (one["cause"].as_str().unwrap().to_owned(), one["connection_id"].clone())).collect()
}

async fn only_the_chosen_event_types_pass(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let events = team.list("/v1/sources").await[0].clone();
    let mut connections = Vec::new();
    for (name, types) in [("chosen", json!(["a.b", "a.c"])), ("none", json!([])), ("all", json!(null))] {
        let destination = team.new_destination(json!({ "url": receiver.url_of(&format!("/{name}")) })).await;
        let input =
            json!({ "name": name, "source_id": id(&events), "destination_id": id(&destination), "event_types": types });
        let made = team.test.post("/v1/connections", input).await.expect(201);
        assert_eq!(made["event_types"], types);
        connections.push(made);
    }
    let to = |published: &Value| published["event_ids"].as_array().unwrap().len();
    let (passes, other) = (team.publish("a.c", json!({})).await, team.publish("a.cc", json!({})).await);
    assert_eq!((to(&passes), to(&other)), (2, 1));
    let filtered = |number: usize| ("FILTERED".to_owned(), connections[number]["id"].clone());
    assert_eq!(ignored(&team, &passes["request_id"]).await, [filtered(1)]);
    assert_eq!(ignored(&team, &other["request_id"]).await, [filtered(0), filtered(1)]);
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    let mut targets: Vec<_> = receiver.requests().iter().map(|received| received.target.clone()).collect();
    targets.sort();
    assert_eq!(targets, ["/all", "/all", "/chosen"]);
    server.stop().await;
}

async fn an_id_says_which_connection_is_replaced(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let destination = team.new_destination(json!({ "url": "https://example.com" })).await;
    let source = team.new_source().await;
    let input = |name: &str, which: Value| json!({ "id": which, "name": name, "source_id": id(&source), "destination_id": id(&destination) });
    let made = team.test.put("/v1/connections", input("a", json!(null))).await.expect(201);
    let renamed = team.test.put("/v1/connections", input("b", made["id"].clone())).await.expect(200);
    assert_eq!((&renamed["id"], &renamed["name"]), (&made["id"], &json!("b")));
    let by_name = team.test.put("/v1/connections", input("b", json!(null))).await.expect(200);
    assert_eq!(by_name["id"], made["id"]);
    let unknown = json!("con_01HF7YAT000000000000000007");
    team.test.put("/v1/connections", input("c", unknown)).await.expect(404);
    let wrong = team.test.put("/v1/connections", input("c", json!("nonsense"))).await.expect(422);
    assert_eq!(wrong["errors"][0]["pointer"], "/id");
    server.stop().await;
}

async fn what_no_connection_takes_is_ignored_with_a_cause(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let request = json!(team.post_to(&source, &json!({})).await);
    assert_eq!(ignored(&team, &request).await, [("NO_CONNECTION".to_owned(), json!(null))]);

    let connection = team.connect(&source, &destination).await;
    let (at, to) = (format!("/v1/connections/{}", id(&connection)), format!("/v1/destinations/{}", id(&destination)));
    for (path, cause) in [(&at, "CONNECTION_DISABLED"), (&to, "DESTINATION_DISABLED")] {
        team.test.put(&format!("{path}/disable"), json!({})).await.expect(200);
        let request = json!(team.post_to(&source, &json!({})).await);
        assert_eq!(ignored(&team, &request).await, [(cause.to_owned(), connection["id"].clone())]);
        team.test.put(&format!("{path}/enable"), json!({})).await.expect(200);
    }
    let request = json!(team.post_to(&source, &json!({})).await);
    assert!(ignored(&team, &request).await.is_empty());
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    assert_eq!(receiver.count(), 1);
    server.stop().await;
}

async fn what_is_in_use_is_not_deleted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (source, destination) =
        (team.new_source().await, team.new_destination(json!({ "url": "https://a.example" })).await);
    let connection = team.connect(&source, &destination).await;
    let ends = [format!("/v1/sources/{}", id(&source)), format!("/v1/destinations/{}", id(&destination))];
    for end in &ends {
        problem(&team.test.delete(end).await, 409, "CONFLICT");
        team.test.get(end).await.expect(200);
    }
    team.test.delete(&format!("/v1/connections/{}", id(&connection))).await.expect(204);
    for end in &ends {
        team.test.delete(end).await.expect(204);
    }
    server.stop().await;
}

async fn a_connections_ends_are_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (source, destination) =
        (team.new_source().await, team.new_destination(json!({ "url": "https://a.example" })).await);
    // By ids, or as objects.
    let given = json!({ "name": "c", "source": { "id": id(&source) }, "destination": { "id": id(&destination) } });
    let made = team.test.post("/v1/connections", given).await.expect(201);
    for (end, record, kind) in [("source", &source, "WEBHOOK"), ("destination", &destination, "HTTP")] {
        assert_eq!(made[end], json!({ "id": record["id"], "name": record["name"], "type": kind }));
        assert_eq!(made[&format!("{end}_id")], record["id"]);
    }
    assert_eq!((&made["rules"], &made["paused_at"]), (&json!([]), &json!(null)));
    let path = format!("/v1/connections/{}", id(&made));
    let paused = team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
    assert!(paused["paused_at"].is_string());
    assert_eq!(team.test.post(&format!("{path}/pause"), json!({})).await.expect(200)["paused_at"], paused["paused_at"]);
    assert_eq!(team.test.post(&format!("{path}/unpause"), json!({})).await.expect(200)["paused_at"], json!(null));
    // Another source may have a connection of the same name.
    let other = json!({ "name": "c", "source_id": id(&team.new_source().await), "destination_id": id(&destination) });
    team.test.post("/v1/connections", other).await.expect(201);
    server.stop().await;
}

async fn the_latest_input_is_the_last_one_accepted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (source, destination) = (
        team.new_source().await,
        team.test.post("/v1/destinations", json!({ "name": "d", "type": "MOCK" })).await.expect(201),
    );
    let connection = team.connect(&source, &destination).await;
    let path = format!("/v1/connections/{}/latest-input", id(&connection));
    let none = json!({ "connection_id": id(&connection), "request_id": null, "latest_input": null });
    assert_eq!(team.test.get(&path).await.expect(200), none);
    for number in 1..=2 {
        let reply =
            team.send_to(&source, "/in?x=1", &[("x-tag", "t")], format!("{{\"n\":{number}}}")).await.expect(200);
        team.post_to(&team.new_source().await, &json!({ "other": true })).await;
        let latest = team.test.get(&path).await.expect(200);
        assert_eq!(latest["request_id"], reply["request_id"]);
        let input = &latest["latest_input"];
        assert_eq!(
            (&input["body"], &input["path"], &input["query"]),
            (&json!({ "n": number }), &json!("/in"), &json!("x=1"))
        );
        assert_eq!(input["headers"]["x-tag"], "t");
    }
    let before = team.test.get(&path).await.expect(200);
    team.test.put(&format!("/v1/sources/{}/disable", id(&source)), json!({})).await.expect(200);
    team.send_to(&source, "", &[], "rejected").await.expect(410);
    assert_eq!(team.test.get(&path).await.expect(200), before);
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    server.stop().await;
}

async fn what_is_built_in_stays_as_it_is(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let events = format!("/v1/sources/{}", id(&team.list("/v1/sources").await[0]));
    for reply in [
        team.test.delete(&events).await,
        team.test.patch(&events, json!({ "name": "mine" })).await,
        team.test.put(&events, json!({ "name": "mine" })).await,
        team.test.post(&format!("{events}/disable"), json!({})).await,
    ] {
        problem(&reply, 409, "CONFLICT");
    }
    // A webhook is one connection, which goes with it alone.
    let webhook = team.new_webhook(&receiver, "a.b").await;
    let connection = team.list("/v1/connections").await[0].clone();
    assert_eq!(connection["destination_id"], webhook["id"]);
    let at = format!("/v1/connections/{}", id(&connection));
    problem(&team.test.delete(&at).await, 409, "CONFLICT");
    problem(&team.test.delete(&format!("/v1/destinations/{}", id(&webhook))).await, 409, "CONFLICT");
    let source = team.new_source().await;
    problem(&team.test.patch(&at, json!({ "source_id": id(&source) })).await, 409, "CONFLICT");
    super::names(&team.test.patch(&at, json!({ "event_types": null })).await, "/event_types");
    let more = json!({ "name": "c", "source_id": id(&source), "destination_id": id(&webhook) });
    super::names(&team.test.post("/v1/connections", more).await, "/destination_id");
    assert_eq!(team.list("/v1/connections").await, [connection]);
    server.stop().await;
}

async fn lists_are_narrowed_to_what_is_asked_for(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let [one, other] = [team.new_source().await, team.new_source().await];
    let [first, second] = ["https://one.example.com", "https://two.example.com"].map(|url| json!({ "url": url }));
    let [first, second] = [team.new_destination(first).await, team.new_destination(second).await];
    let mut made = Vec::new();
    for (name, source, destination) in
        [("orders", &one, &first), ("Orders_too", &one, &second), ("bills", &other, &second)]
    {
        let input = json!({ "name": name, "source_id": id(source), "destination_id": id(destination) });
        made.push(id(&team.test.post("/v1/connections", input).await.expect(201)));
    }
    for (query, expected) in [
        (format!("source_id={}", id(&one)), &[1, 0][..]),
        (format!("destination_id={}", id(&second)), &[2, 1]),
        (format!("source_id={}&destination_id={}", id(&one), id(&second)), &[1]),
        (format!("source_id={},{}&dir=asc", id(&one), id(&other)), &[0, 1, 2]),
        (format!("id={},{}", made[0], made[2]), &[2, 0]),
        ("q=orders".to_owned(), &[1, 0]),
        (format!("q={}", other["name"].as_str().unwrap()), &[2]),
        ("q=nothing".to_owned(), &[]),
        (format!("source_id={}&limit=1", id(&one)), &[1]),
    ] {
        let found: Vec<_> = team.list(&format!("/v1/connections?{query}")).await.iter().map(id).collect();
        assert_eq!(found, expected.iter().map(|index| made[*index].clone()).collect::<Vec<_>>(), "{query}");
    }
    let wrong = team.test.get("/v1/connections?source_id=des_1").await.expect(422);
    assert_eq!(wrong["errors"][0]["pointer"], "source_id");

    let mut scripts = Vec::new();
    for name in ["enrich", "Enrich_more", "drop"] {
        let input = json!({ "name": name, "code": "addHandler('transform', (request) => request)" });
        scripts.push(id(&team.test.post("/v1/transformations", input).await.expect(201)));
    }
    for (query, expected) in
        [("q=enrich".to_owned(), &[1, 0][..]), (format!("id={}", scripts[2]), &[2]), ("q=none".to_owned(), &[])]
    {
        let found: Vec<_> = team.list(&format!("/v1/transformations?{query}")).await.iter().map(id).collect();
        assert_eq!(found, expected.iter().map(|index| scripts[*index].clone()).collect::<Vec<_>>(), "{query}");
    }
    server.stop().await;
}

async fn a_connection_leads_elsewhere_once_nothing_waits(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::Hold]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let elsewhere = team.new_destination(json!({ "url": receiver.url_of("/elsewhere") })).await;
    let [connection] = team.list("/v1/connections").await.try_into().unwrap();
    let path = format!("/v1/connections/{}", id(&connection));
    let request = team.post_to(&source, &json!({})).await;
    until("the attempt", async || receiver.count() == 1).await;

    let refused = team.test.patch(&path, json!({ "destination_id": id(&elsewhere) })).await.expect(409);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("1 event(s)") && detail.contains(&id(&destination)), "{detail}");
    team.test.patch(&path, json!({ "description": "anything else" })).await.expect(200);
    team.test
        .post(&format!("/v1/events/{}/cancel", id(&team.events_of(&request).await[0])), json!({}))
        .await
        .expect(200);
    team.test.patch(&path, json!({ "destination_id": id(&elsewhere) })).await.expect(200);
    receiver.release();

    // What is sent again goes where it went, and is cancelled with its connection all the same.
    until("the end of the attempt", async || team.attempts("").await.len() == 1).await;
    let before = format!("/v1/destinations/{}", id(&destination));
    team.test.post(&format!("{before}/pause"), json!({})).await.expect(200);
    team.test
        .post(&format!("/v1/events/{}/retry", id(&team.events_of(&request).await[0])), json!({}))
        .await
        .expect(202);
    until("what is held", async || team.count_events("HOLD").await == 1).await;
    team.test.delete(&path).await.expect(204);
    assert_eq!(team.count_events("CANCELLED").await, 2);
    server.stop().await;
}

async fn what_waits_for_its_scripts_keeps_its_branch(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, other) = (team.new_source().await, team.new_source().await);
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    // Each takes as long as a script may.
    let slow = "addHandler('transform', (request) => { while (true) {} })";
    let script = team.test.post("/v1/transformations", json!({ "name": "slow", "code": slow })).await.expect(201);
    let input = json!({
        "name": "slow", "source_id": id(&source), "destination_id": id(&destination),
        "rules": [{ "type": "transform", "transformation_id": id(&script) }],
    });
    let path = format!("/v1/connections/{}", id(&team.test.post("/v1/connections", input).await.expect(201)));
    for number in 0..60 {
        team.post_to(&source, &json!({ "n": number })).await;
    }
    let elsewhere = json!({ "source_id": id(&other) });
    let refused = team.test.patch(&path, elsewhere.clone()).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("still wait"), "{refused}");
    let quick = json!({ "code": "addHandler('transform', (request) => request)" });
    team.test.patch(&format!("/v1/transformations/{}", id(&script)), quick).await.expect(200);
    until("all to be over", async || team.count_events("QUEUED").await == 0).await;
    assert!(team.count_events("SUCCESSFUL").await > 0, "what waited was delivered");
    team.test.patch(&path, elsewhere).await.expect(200);
    server.stop().await;
}

async fn what_is_disabled_holds_nothing(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let [connection] = team.list("/v1/connections").await.try_into().unwrap();
    let path = format!("/v1/connections/{}", id(&connection));
    for (delivered, by_patch) in [false, true].into_iter().enumerate() {
        team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
        team.post_to(&source, &json!({})).await;
        until("what is held", async || team.count_events("HOLD").await == 1).await;
        let disabled = if by_patch {
            team.test.patch(&path, json!({ "disabled_at": server.now().to_string() })).await
        } else {
            team.test.put(&format!("{path}/disable"), json!({})).await
        };
        let disabled = disabled.expect(200);
        assert_eq!((disabled["disabled_at"].is_string(), &disabled["paused_at"]), (true, &json!(null)));
        until("what was held to be delivered", async || team.count_events("SUCCESSFUL").await == delivered as u64 + 1)
            .await;
        team.test.put(&format!("{path}/enable"), json!({})).await.expect(200);
    }
    let input = json!({
        "name": "c", "source_id": id(&source), "destination_id": id(&destination),
        "paused_at": server.now().to_string(), "disabled_at": server.now().to_string(),
    });
    assert_eq!(team.test.post("/v1/connections", input).await.expect(201)["paused_at"], json!(null));
    server.stop().await;
}

async fn what_somebody_disables_stays_so_when_its_source_comes_back(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let destination = team.new_destination(json!({ "url": "https://example.com" })).await;
    let [patched, put, unchanged] = [
        team.connect(&source, &destination).await,
        team.connect(&source, &destination).await,
        team.connect(&source, &destination).await,
    ];
    let path = |connection: &Value| format!("/v1/connections/{}", id(connection));
    team.test.put(&format!("/v1/sources/{}/disable", id(&source)), json!({})).await.expect(200);
    let disabled_at = "2026-01-01T00:00:00Z";
    team.test.patch(&path(&patched), json!({ "disabled_at": disabled_at })).await.expect(200);
    let whole = |connection: &Value, disabled_at: &Value| {
        json!({
            "name": connection["name"], "source_id": id(&source), "destination_id": id(&destination),
            "disabled_at": disabled_at,
        })
    };
    team.test.put(&path(&put), whole(&put, &json!(disabled_at))).await.expect(200);
    // What comes back as it was says nothing.
    let now = team.test.get(&path(&unchanged)).await.expect(200);
    team.test.put(&path(&unchanged), whole(&now, &now["disabled_at"])).await.expect(200);
    team.test.put(&format!("/v1/sources/{}/enable", id(&source)), json!({})).await.expect(200);
    for (connection, stays) in [(&patched, true), (&put, true), (&unchanged, false)] {
        let found = team.test.get(&path(connection)).await.expect(200);
        assert_eq!(found["disabled_at"].is_string(), stays, "{found}");
    }
    server.stop().await;
}
