//! Nobody sees or changes what is another team's, or the other mode's.

use hyper::Method;
use serde_json::{Value, json};

use super::{Belongings, calls, names, problem};
use crate::support::{Client, Database, Receiver, Team, TestServer, id, on_both, unique};

on_both![
    lists_and_counts_have_nothing_of_others,
    no_call_finds_what_is_of_others,
    an_id_of_others_in_a_body_is_refused,
    names_and_urls_are_free_of_others,
    published_events_stay_in_their_team_and_mode,
];

/// Who looks in: the other team, and the same team in live mode.
struct Scene {
    server: TestServer,
    receiver: Receiver,
    team: Team,
    other: Team,
    belongings: Belongings,
}

impl Scene {
    async fn new(database: &Database) -> Self {
        let server = TestServer::start(database).await;
        let receiver = Receiver::answering([200]).await;
        let (team, other) = (server.new_team().await, server.new_team().await);
        let belongings = Belongings::of(&team, &receiver).await;
        Self { server, receiver, team, other, belongings }
    }

    fn strangers(&self) -> [(&'static str, Client); 2] {
        [("another team", self.other.test.clone()), ("the other mode", self.team.live.clone())]
    }
}

async fn lists_and_counts_have_nothing_of_others(database: Database) {
    let scene = Scene::new(&database).await;
    let ids: Vec<_> = scene.belongings.iter().collect();
    for (list, own) in &ids {
        let text = scene.team.test.get(&format!("/v1/{list}")).await.expect(200).to_string();
        assert!(text.contains(own), "{list} has one's own {own}");
    }
    for (who, stranger) in scene.strangers() {
        for (list, _) in &ids {
            for query in ["", "?limit=255&dir=asc", "?include=data&from=now-1h"] {
                let page = stranger.get(&format!("/v1/{list}{query}")).await.expect(200);
                let text = page.to_string();
                for (_, foreign) in &ids {
                    assert!(!text.contains(foreign.as_str()), "{who} sees {foreign} in {list}{query}");
                }
                // What a new team has from the beginning: its built-in source, its catalogue, its key.
                let expected = match *list {
                    "sources" | "keys" => 1,
                    "event-types" => 7,
                    _ => 0,
                };
                assert_eq!(page["count"], expected, "{who}: {list}{query}");
            }
        }
        for path in ["requests/count", "events/count"] {
            assert_eq!(stranger.get(&format!("/v1/{path}")).await.expect(200)["count"], 0, "{who}: {path}");
        }
        let foreign = |list: &str| scene.belongings.id(list);
        for path in [
            format!("requests?id={}", foreign("requests")),
            format!("requests?source_id={}", foreign("sources")),
            format!("events?request_id={}", foreign("requests")),
            format!("events?destination_id={}", foreign("destinations")),
            format!("events?connection_id={}", foreign("connections")),
            format!("attempts?event_id={}", foreign("events")),
            format!("attempts?destination_id={}", foreign("destinations")),
            format!("events?q={}", foreign("events")),
        ] {
            assert_eq!(stranger.get(&format!("/v1/{path}")).await.expect(200)["count"], 0, "{who}: {path}");
        }
    }
    scene.server.stop().await;
}

async fn no_call_finds_what_is_of_others(database: Database) {
    let scene = Scene::new(&database).await;
    let before = snapshot(&scene).await;
    let calls: Vec<_> = calls(&scene.team).await.into_iter().filter(|(_, path, _)| path.contains("{id}")).collect();
    assert!(calls.len() > 40, "{} calls have an id in their path", calls.len());
    for (who, stranger) in scene.strangers() {
        let source = stranger.post("/v1/sources", json!({ "name": unique() })).await.expect(201);
        let config = json!({ "url": "https://receiver.example/" });
        let destination =
            stranger.post("/v1/destinations", json!({ "name": unique(), "config": config })).await.expect(201);
        for (method, path, _) in &calls {
            // A body that would do, so that nothing but the id is in the way.
            let body = match (method.as_str(), path.as_str()) {
                ("PUT", "/v1/sources/{id}") => json!({ "name": "taken over" }),
                ("PUT", "/v1/destinations/{id}") => json!({ "name": "taken over", "config": config }),
                ("PUT", "/v1/transformations/{id}") => {
                    json!({ "name": "taken over", "code": "addHandler('transform', request => request)" })
                }
                ("PUT", "/v1/connections/{id}") => {
                    json!({ "name": "taken over", "source_id": id(&source), "destination_id": id(&destination) })
                }
                ("PATCH", path) if path.contains("bulk_operations") => json!({ "rate_limit": 5 }),
                ("PATCH", _) => json!({ "description": "taken over" }),
                (_, "/v1/webhooks/{id}/simulate" | "/v1/webhooks/{id}/simulate/preview") => {
                    json!({ "type": "webhook.test", "payload": { "data": {} } })
                }
                _ => json!({}),
            };
            let path = scene.belongings.filled(path);
            let headers: &[_] = if method == Method::GET { &[] } else { &[("content-type", "application/json")] };
            let body = if method == Method::GET { String::new() } else { body.to_string() };
            let reply = stranger.send(method.clone(), &path, headers, body).await.unwrap();
            let is_simulator =
                ["/simulate", "saved-payloads", "receiver-checks"].iter().any(|part| path.contains(part));
            if is_simulator && who == "the other mode" {
                problem(&reply, 403, "SIMULATOR_TEST_MODE_ONLY");
            } else {
                assert_eq!(reply.status, 404, "{who}: {method} {path}: {}", reply.body);
                problem(&reply, 404, "RESOURCE_NOT_FOUND");
            }
        }
    }
    assert_eq!(snapshot(&scene).await, before, "and all is as it was");
    scene.server.stop().await;
}

/// All of the team's lists.
async fn snapshot(scene: &Scene) -> Vec<Value> {
    let mut lists = Vec::new();
    for (list, _) in scene.belongings.iter() {
        lists.push(scene.team.test.get(&format!("/v1/{list}")).await.expect(200));
    }
    lists
}

async fn an_id_of_others_in_a_body_is_refused(database: Database) {
    let scene = Scene::new(&database).await;
    let (foreign_source, foreign_destination) = (scene.belongings.id("sources"), scene.belongings.id("destinations"));
    for (_, stranger) in scene.strangers() {
        let source = id(&stranger.post("/v1/sources", json!({ "name": "s" })).await.expect(201));
        let mock = json!({ "name": "d", "type": "MOCK" });
        let destination = id(&stranger.post("/v1/destinations", mock).await.expect(201));
        let good = json!({ "name": "c", "source_id": source, "destination_id": destination });
        let connection = id(&stranger.post("/v1/connections", good).await.expect(201));
        let path = format!("/v1/connections/{connection}");
        for (source, destination, pointer) in
            [(&foreign_source, &destination, "/source_id"), (&source, &foreign_destination, "/destination_id")]
        {
            let bad = json!({ "name": "other", "source_id": source, "destination_id": destination });
            names(&stranger.post("/v1/connections", bad.clone()).await, pointer);
            names(&stranger.put("/v1/connections", bad.clone()).await, pointer);
            names(&stranger.put(&path, bad).await, pointer);
            let patch = json!({ "source_id": source, "destination_id": destination });
            names(&stranger.patch(&path, patch).await, pointer);
            let ends = json!({ "name": "other", "source": { "id": source }, "destination": { "id": destination } });
            names(&stranger.post("/v1/connections", ends).await, pointer);
        }
        assert_eq!(stranger.get("/v1/connections").await.expect(200)["count"], 1);
    }
    scene.server.stop().await;
}

async fn names_and_urls_are_free_of_others(database: Database) {
    let scene = Scene::new(&database).await;
    let name = |list: &str| scene.belongings.things.iter().find(|(known, _)| *known == list).unwrap().1["name"].clone();
    for (_, stranger) in scene.strangers() {
        stranger.post("/v1/sources", json!({ "name": name("sources") })).await.expect(201);
        let destination = json!({ "name": name("destinations"), "type": "MOCK" });
        stranger.post("/v1/destinations", destination).await.expect(201);
        stranger.post("/v1/event-types", json!({ "name": name("event-types") })).await.expect(201);
    }
    let url = scene.team.list("/v1/webhooks").await[0]["url"].clone();
    scene.other.test.post("/v1/webhooks", json!({ "url": url, "event_types": ["webhook.test"] })).await.expect(201);
    scene.server.stop().await;
}

async fn published_events_stay_in_their_team_and_mode(database: Database) {
    let scene = Scene::new(&database).await;
    let kind = scene.team.list("/v1/webhooks").await[0]["event_types"][0].clone();
    let (before, delivered) = (scene.receiver.count(), scene.team.count_events("SUCCESSFUL").await);
    for (_, stranger) in scene.strangers() {
        let published = stranger.post("/v1/publish", json!({ "type": kind, "data": {} })).await.expect(202);
        assert_eq!(published["event_ids"], json!([]));
    }
    let published = scene.team.publish(kind.as_str().unwrap(), json!({})).await;
    assert_eq!(published["event_ids"].as_array().unwrap().len(), 1);
    crate::support::until("one's own event", async || scene.receiver.count() > before).await;
    assert_eq!(scene.receiver.count(), before + 1);
    crate::support::until("its outcome", async || scene.team.count_events("SUCCESSFUL").await == delivered + 1).await;
    scene.server.stop().await;
}
