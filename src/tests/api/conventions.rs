//! What all calls have in common: statuses, replacing and merging.

use hyper::Method;
use serde_json::{Value, json};

use super::problem;
use crate::support::{Database, Team, TestServer, id, on_both, unique};

on_both![
    every_verb_answers_with_its_status,
    a_replacement_takes_defaults_for_what_it_leaves_out,
    a_patch_merges,
    times_and_ids_have_one_form,
    every_call_has_an_id,
];

/// What makes a source, a destination and a connection.
async fn inputs(team: &Team) -> [(&'static str, Value); 3] {
    let (source, destination) =
        (team.new_source().await, team.new_destination(json!({ "url": "https://a.example" })).await);
    let config = json!({ "url": "https://b.example/", "timeout_ms": 5000, "headers": { "x-a": "1" } });
    [
        ("sources", json!({ "name": unique(), "description": "about", "config": { "allowed_http_methods": ["PUT"] } })),
        ("destinations", json!({ "name": unique(), "description": "about", "config": config })),
        (
            "connections",
            json!({
                "name": unique(), "description": "about",
                "source_id": id(&source), "destination_id": id(&destination), "event_types": ["a.b"],
            }),
        ),
    ]
}

async fn every_verb_answers_with_its_status(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (list, input) in inputs(&team).await {
        let path = format!("/v1/{list}");
        let reply = team.test.post(&path, input.clone()).await;
        let made_at = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        let one = format!("{path}/{}", id(&made));
        assert_eq!(made_at, one);
        assert_eq!(team.test.get(&one).await.expect(200), made);
        for (field, given) in input.as_object().unwrap().iter().filter(|(field, _)| *field != "config") {
            assert_eq!(&made[field], given, "{list}: {field}");
        }
        let again = problem(&team.test.post(&path, input.clone()).await, 409, "RESOURCE_ALREADY_EXISTS");
        assert_eq!(again["resource_id"], made["id"], "it names who has the name");

        let mut other = input.clone();
        other["name"] = json!(unique());
        let made_by_put = team.test.put(&path, other.clone()).await;
        assert!(made_by_put.header("location").is_some());
        let made_by_put = made_by_put.expect(201);
        other["description"] = json!("changed");
        let replaced = team.test.put(&path, other.clone()).await.expect(200);
        assert_eq!((&replaced["id"], &replaced["description"]), (&made_by_put["id"], &json!("changed")));
        // Taking another's name is refused, by whichever verb.
        problem(&team.test.put(&one, other.clone()).await, 409, "RESOURCE_ALREADY_EXISTS");
        let name = json!({ "name": other["name"] });
        problem(&team.test.patch(&one, name).await, 409, "RESOURCE_ALREADY_EXISTS");

        assert_eq!(team.test.put(&one, input.clone()).await.expect(200)["id"], made["id"]);
        team.test.patch(&one, json!({})).await.expect(200);
        for method in [Method::PUT, Method::POST] {
            for (action, is_disabled) in [("disable", true), ("enable", false)] {
                let reply = team.test.send(method.clone(), &format!("{one}/{action}"), &[], "").await.unwrap();
                assert_eq!(reply.expect(200)["disabled_at"].is_string(), is_disabled, "{list}: {action}");
            }
        }
        let deleted = team.test.delete(&one).await;
        assert!(deleted.bytes.is_empty());
        deleted.expect(204);
        for reply in [team.test.get(&one).await, team.test.delete(&one).await, team.test.patch(&one, json!({})).await] {
            problem(&reply, 404, "RESOURCE_NOT_FOUND");
        }
    }
    server.stop().await;
}

async fn a_replacement_takes_defaults_for_what_it_leaves_out(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (list, input) in inputs(&team).await {
        let made = team.test.post(&format!("/v1/{list}"), input.clone()).await.expect(201);
        let mut least = json!({ "name": input["name"] });
        for field in ["source_id", "destination_id"].iter().filter(|field| input.get(**field).is_some()) {
            least[*field] = input[*field].clone();
        }
        if list == "destinations" {
            least["config"] = json!({ "url": "https://b.example/" });
        }
        let replaced = team.test.put(&format!("/v1/{list}/{}", id(&made)), least).await.expect(200);
        assert_eq!(replaced["description"], json!(null), "{list}");
        match list {
            "sources" => {
                assert_eq!(replaced["config"]["allowed_http_methods"], json!(["POST", "PUT", "PATCH", "DELETE"]));
            }
            "destinations" => {
                assert_eq!(
                    (&replaced["config"]["timeout_ms"], &replaced["config"]["headers"]),
                    (&json!(30_000), &json!({}))
                );
                let rule = json!({ "consecutive_failures": 20, "failing_for_seconds": 0 });
                assert_eq!(replaced["auto_disable"], rule);
            }
            _ => assert_eq!(replaced["event_types"], json!(null)),
        }
    }
    let live = json!({ "name": "live", "type": "MOCK" });
    let live = team.live.post("/v1/destinations", live).await.expect(201);
    assert_eq!(live["auto_disable"], json!({ "consecutive_failures": 20, "failing_for_seconds": 86_400 }));
    let health = json!({
        "state": "healthy", "consecutive_failures": 0, "failing_since": null, "disable_progress": 0.0,
        "disables_at": null, "failures_left": 20, "last_error": null,
    });
    assert_eq!(live["health"], health);
    server.stop().await;
}

async fn a_patch_merges(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let config = json!({
        "url": "https://a.example/", "headers": { "x-a": "1", "x-b": "2" }, "timeout_ms": 5000, "rate_limit": 7,
        "auth_type": "BASIC_AUTH", "auth": { "username": "ada", "password": "secret" },
    });
    let made = team
        .test
        .post("/v1/destinations", json!({ "name": "d", "description": "a", "config": config }))
        .await
        .expect(201);
    let path = format!("/v1/destinations/{}", id(&made));
    for (patch, changes) in [
        (json!({ "description": null }), vec![("/description", json!(null))]),
        (
            json!({ "config": { "headers": { "x-a": null, "x-c": "3" } } }),
            vec![("/config/headers", json!({ "x-b": "2", "x-c": "3" }))],
        ),
        (json!({ "config": { "timeout_ms": null } }), vec![("/config/timeout_ms", json!(30_000))]),
        (json!({ "config": { "auth": { "username": "bob" } } }), vec![("/config/auth/username", json!("bob"))]),
        (json!({ "config": { "rate_limit": null } }), vec![("/config/rate_limit", json!(null))]),
        (json!({ "auto_disable": null }), vec![("/auto_disable", json!(null)), ("/health/failures_left", json!(null))]),
        (json!({ "name": "e" }), vec![("/name", json!("e"))]),
        (
            json!({ "config": { "auth_type": "BEARER", "auth": { "token": "t" } } }),
            vec![("/config/auth_type", json!("BEARER")), ("/config/auth", json!({ "token": "••••••••" }))],
        ),
        (
            json!({ "config": { "auth_type": null, "auth": null } }),
            vec![("/config/auth_type", json!(null)), ("/config/auth", json!(null))],
        ),
        (json!({}), vec![]),
    ] {
        let mut expected = team.test.get(&path).await.expect(200);
        for (pointer, value) in changes {
            *expected.pointer_mut(pointer).unwrap() = value;
        }
        let mut patched = team.test.patch(&path, patch.clone()).await.expect(200);
        patched["updated_at"] = expected["updated_at"].clone();
        assert_eq!(patched, expected, "{patch}");
    }
    server.stop().await;
}

async fn times_and_ids_have_one_form(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (list, prefix) in [("sources", "src_"), ("event-types", "ety_"), ("keys", "key_")] {
        let record = &team.list(&format!("/v1/{list}")).await[0];
        let (id, time) = (id(record), record["created_at"].as_str().unwrap());
        assert!(id.starts_with(prefix) && id.len() == prefix.len() + 26, "{id}");
        assert!(time.len() == 24 && time.ends_with('Z') && &time[19..20] == ".", "{time}");
    }
    assert_eq!(&team.made.user_id.to_string()[..4], "usr_");
    server.stop().await;
}

async fn every_call_has_an_id(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (one, two) = (team.test.get("/v1/sources").await, team.test.get("/v1/sources").await);
    assert_ne!(one.header("x-request-id").unwrap(), two.header("x-request-id").unwrap());
    assert_eq!(one.header("cache-control"), Some("no-store"));
    let given = [("x-request-id", "chosen-by-the-caller")];
    let reply = team.test.send(Method::GET, "/v1/sources/src_1", &given, "").await.unwrap();
    problem(&reply, 404, "RESOURCE_NOT_FOUND");
    server.stop().await;
}
