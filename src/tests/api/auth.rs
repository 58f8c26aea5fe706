//! Who may call.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::json;

use super::problem;
use crate::support::{Database, Reply, TestServer, on_both};

on_both![
    a_key_comes_by_bearer_or_basic_and_anything_else_is_401,
    who_calls_is_asked_before_what,
    a_team_id_that_is_not_the_keys_is_403,
    a_revoked_key_stops_at_once,
    a_private_key_is_shown_once,
];

async fn get(server: &TestServer, headers: &[(&str, &str)]) -> Reply {
    server.client().send(Method::GET, "/v1/sources", headers, "").await.unwrap()
}

/// A 401 that says how to authenticate, and not what it was given.
#[track_caller]
fn refused(reply: &Reply, case: &str) {
    let told = problem(reply, 401, "UNAUTHENTICATED").to_string();
    let schemes: Vec<_> = reply.headers.get_all("www-authenticate").iter().map(|s| s.to_str().unwrap()).collect();
    for scheme in ["Bearer", "Basic"] {
        assert!(schemes.iter().any(|told| told.starts_with(scheme)), "{case}: {schemes:?}");
    }
    assert!(!told.contains("_AAAA"), "{case}: it repeats the key: {told}");
}

async fn a_key_comes_by_bearer_or_basic_and_anything_else_is_401(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let (public, private) = (team.made.test.public.as_str(), team.made.test.private.reveal());
    let (live_public, live_private) = (team.made.live.public.as_str(), team.made.live.private.reveal());
    let basic = |public: &str, private: &str| format!("Basic {}", STANDARD.encode(format!("{public}:{private}")));
    for good in [
        format!("Bearer {private}"),
        format!("bearer {private}"),
        basic(public, private),
        basic(live_public, live_private),
    ] {
        get(&server, &[("authorization", &good)]).await.expect(200);
    }
    let unknown = format!("private_test_{}", "A".repeat(43));
    let (mut other_end, mut other_mode) = (private.to_owned(), private.replace("_test_", "_live_"));
    other_end.replace_range(private.len() - 1.., if private.ends_with('A') { "E" } else { "A" });
    other_mode.truncate(private.len());
    for bad in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {public}"),
        format!("Bearer {unknown}"),
        format!("Bearer {other_end}"),
        format!("Bearer {other_mode}"),
        format!("Bearer {}", &private[..private.len() - 1]),
        format!("Bearer {private} {private}"),
        format!("Bearer {private}', ''"),
        format!("Token {private}"),
        private.to_owned(),
        basic(public, &unknown),
        basic(live_public, private),
        basic(public, live_private),
        basic(&other.made.test.public, private),
        basic("", private),
        basic(private, public),
        basic(private, ""),
        format!("Basic {}", STANDARD.encode(private)),
        "Basic ====".to_owned(),
    ] {
        refused(&get(&server, &[("authorization", &bad)]).await, &bad);
    }
    refused(&get(&server, &[]).await, "nothing");
    refused(&get(&server, &[("cookie", &format!("key={private}"))]).await, "a cookie");
    let path = format!("/v1/sources?access_token={private}&authorization={private}");
    refused(&server.client().get(&path).await, "a query");
    server.stop().await;
}

async fn who_calls_is_asked_before_what(database: Database) {
    let server = TestServer::start(&database).await;
    let stranger = server.client();
    let headers = [("content-type", "text/odd"), ("idempotency-key", "k")];
    refused(&stranger.send(Method::POST, "/v1/sources", &headers, "{").await.unwrap(), "a body that cannot be read");
    refused(&stranger.post("/v1/publish", json!({})).await, "an empty body");
    refused(&stranger.get("/v1/sources?limit=0").await, "a query that cannot be read");
    refused(&stranger.get("/v1/events/evt_1").await, "an id that is none");
    server.stop().await;
}

async fn a_team_id_that_is_not_the_keys_is_403(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let bearer = format!("Bearer {}", team.made.test.private.reveal());
    let (own, foreign) = (team.made.team_id.to_string(), other.made.team_id.to_string());
    let with = async |id: &str| get(&server, &[("authorization", &bearer), ("x-team-id", id)]).await;
    assert!(own.starts_with("tm_"));
    with(&own).await.expect(200);
    for wrong in [foreign.as_str(), "tm_1", "", &own.to_lowercase()] {
        problem(&with(wrong).await, 403, "FORBIDDEN");
    }
    // Also where the idempotency key is looked at first.
    let headers = [("authorization", bearer.as_str()), ("x-team-id", &foreign), ("idempotency-key", "k")];
    let reply = server.client().send(Method::POST, "/v1/keys", &headers, "").await.unwrap();
    problem(&reply, 403, "FORBIDDEN");
    assert_eq!(team.list("/v1/keys").await.len(), 1);
    server.stop().await;
}

async fn a_revoked_key_stops_at_once(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for _ in 0..3 {
        let made = team.test.post("/v1/keys", json!({})).await.expect(201);
        let client = team.test.with_key(made["private"].as_str().unwrap());
        client.get("/v1/sources").await.expect(200);
        let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
        assert!(team.test.delete(&path).await.expect(204).is_null());
        refused(&client.get("/v1/sources").await, "revoked");
        refused(&client.post("/v1/keys", json!({})).await, "revoked");
        team.test.delete(&path).await.expect(204);
    }
    // Also the key that revokes itself; the team's others go on.
    let made = team.test.post("/v1/keys", json!({})).await.expect(201);
    let client = team.test.with_key(made["private"].as_str().unwrap());
    client.delete(&format!("/v1/keys/{}", made["id"].as_str().unwrap())).await.expect(204);
    refused(&client.get("/v1/keys").await, "revoked by itself");
    assert_eq!(team.list("/v1/keys").await.len(), 1);
    team.live.get("/v1/keys").await.expect(200);
    server.stop().await;
}

async fn a_private_key_is_shown_once(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for (client, mode) in [(&team.test, "test"), (&team.live, "live")] {
        let made = client.post("/v1/keys", json!({})).await.expect(201);
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let random = |key: String, what: &str, length: usize| {
            let random = key.strip_prefix(&format!("{what}_{mode}_")).unwrap_or_else(|| panic!("{key}")).to_owned();
            assert_eq!(random.len(), length, "{key}");
            assert!(random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{key}");
            random
        };
        random(text("public"), "public", 22);
        let secret = random(text("private"), "private", 43);
        assert_eq!((text("mode").as_str(), &text("id")[..4]), (mode, "key_"));

        let listed = client.get("/v1/keys").await;
        assert!(!String::from_utf8_lossy(&listed.bytes).contains(&secret[4..39]));
        let listed = listed.expect(200)["models"].as_array().unwrap().clone();
        assert_eq!((listed.len(), &listed[0]["id"], &listed[0]["public"]), (2, &made["id"], &made["public"]));
        assert!(listed.iter().all(|key| key["mode"] == mode && key.get("private").is_none()), "{listed:?}");
    }
    server.stop().await;
}
