//! What a person may do in the dashboard, in which team, and with which password.

use hyper::Method;
use serde_json::json;

use super::{
    problem,
    team::{address, ask, sign_in},
};
use crate::support::{Client, Database, Reply, TestServer, id, on_both};

on_both![
    only_owners_make_and_revoke_keys,
    only_owners_change_settings,
    what_concerns_the_team_is_logged_in_both_modes,
    who_belongs_to_two_teams_switches_between_them,
    a_password_is_changed_by_whoever_knows_it,
];

/// Posts a form to the dashboard's server in a session.
async fn call(client: &Client, session: &str, what: &str, form: &str) -> Reply {
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"), ("cookie", session)];
    client.send(Method::POST, &format!("/api/{what}"), &headers, form.to_owned()).await.unwrap()
}

async fn only_owners_make_and_revoke_keys(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let email = address();
    team.test.post("/v1/team/members", json!({ "email": email, "password": "correct horse" })).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    let pairs = team.list("/v1/keys").await;
    let refused = call(&client, &session, "create_key_pair", "").await;
    assert_eq!((refused.status, &refused.body["detail"]), (403, &json!("only owners may create keys")));
    let refused = call(&client, &session, "revoke_key_pair", &format!("id={}", id(&pairs[0]))).await;
    assert_eq!((refused.status, &refused.body["detail"]), (403, &json!("only owners may revoke keys")));
    assert_eq!(team.list("/v1/keys").await, pairs);

    let owner = team.list("/v1/team/members").await.into_iter().find(|member| member["role"] == "owner").unwrap();
    let session = sign_in(&client, owner["email"].as_str().unwrap()).await;
    let made = call(&client, &session, "create_key_pair", "").await.expect(200);
    for _ in 0..2 {
        team.test.delete(&format!("/v1/keys/{}", id(&made))).await.expect(204);
    }
    let log = team.list(&format!("/v1/audit-log?subject={}", id(&made))).await;
    let actions: Vec<_> = log.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key_revoked", "key_created"], "each once");
    assert_eq!((&log[1]["actor_name"], &log[1]["detail"]), (&owner["email"], &made["public"]));
    problem(&team.live.delete(&format!("/v1/keys/{}", id(&made))).await, 404, "RESOURCE_NOT_FOUND");
    server.stop().await;
}

async fn only_owners_change_settings(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let email = address();
    team.test.post("/v1/team/members", json!({ "email": email, "password": "correct horse" })).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    let refused = call(&client, &session, "set_schema_check", "schema_check=off").await;
    let said = json!("only owners may change the team's settings");
    assert_eq!((refused.status, &refused.body["detail"]), (403, &said));
    assert_eq!(team.test.get("/v1/team/settings").await.expect(200)["schema_check"], "warn");
    server.stop().await;
}

async fn what_concerns_the_team_is_logged_in_both_modes(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    team.test.patch("/v1/team/settings", json!({ "schema_check": "refuse" })).await.expect(200);
    team.live.post("/v1/team/members", json!({ "email": address(), "password": "correct horse" })).await.expect(201);
    team.live.post("/v1/keys", json!({})).await.expect(201);
    for (client, expected) in [
        (&team.test, &["member_added", "settings_changed"][..]),
        (&team.live, &["key_created", "member_added", "settings_changed"]),
        (&other.test, &[]),
    ] {
        let log = client.get("/v1/audit-log").await.expect(200);
        let actions: Vec<_> =
            log["models"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(actions, expected);
    }
    server.stop().await;
}

async fn who_belongs_to_two_teams_switches_between_them(database: Database) {
    let server = TestServer::start(&database).await;
    let (first, second, foreign) = (server.new_team().await, server.new_team().await, server.new_team().await);
    let email = address();
    first.test.post("/v1/team/members", json!({ "email": email, "password": "correct horse" })).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    assert_eq!(ask(&client, &session, "me").await.1["teams"].as_array().map(Vec::len), Some(1));
    second.test.post("/v1/team/members", json!({ "email": email })).await.expect(201);
    assert_eq!(ask(&client, &session, "me").await.1["teams"].as_array().map(Vec::len), Some(2));
    let page = async || {
        let headers = [("cookie", session.as_str()), ("accept", "text/html")];
        let page = client.send(Method::GET, "/developer", &headers, "").await.unwrap();
        String::from_utf8_lossy(&page.bytes).into_owned()
    };
    assert!(page().await.contains("action=\"/api/set_team"), "it can be chosen without scripts");

    let team = &second.made.team_id;
    let moved = call(&client, &session, "set_team", &format!("team={team}&page=%2Fevents")).await;
    assert_eq!((moved.status < 400, moved.header("location")), (true, Some("/events")), "{moved:?}");
    assert_eq!(ask(&client, &session, "me").await.1["team_id"], team.to_string());
    let members = ask(&client, &session, "members").await.1;
    let owner = second.made.user_id.to_string();
    assert!(members.as_array().unwrap().iter().any(|member| member["user_id"] == owner), "{members}");

    let refused = call(&client, &session, "set_team", &format!("team={}", foreign.made.team_id)).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(ask(&client, &session, "me").await.1["team_id"], team.to_string());
    server.stop().await;
}

async fn a_password_is_changed_by_whoever_knows_it(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (email, bystander) = (address(), address());
    for email in [&email, &bystander] {
        team.test.post("/v1/team/members", json!({ "email": email, "password": "correct horse" })).await.expect(201);
    }
    let client = server.client();
    let (here, elsewhere) = (sign_in(&client, &email).await, sign_in(&client, &email).await);
    let of_another = sign_in(&client, &bystander).await;
    for (form, pointer) in [
        ("current_password=wrong+horse&new_password=battery+staple", "/current"),
        ("current_password=correct+horse&new_password=short", "/new"),
    ] {
        let refused = call(&client, &here, "change_password", form).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{refused:?}");
    }
    assert_eq!(ask(&client, &elsewhere, "members").await.0, 200);

    let form = "current_password=correct+horse&new_password=battery+staple";
    let changed = call(&client, &here, "change_password", form).await;

    assert_eq!(changed.status, 200, "{changed:?}");
    let renewed = changed.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap().to_owned();
    for (session, status) in [(&here, 401), (&elsewhere, 401), (&renewed, 200), (&of_another, 200)] {
        assert_eq!(ask(&client, session, "members").await.0, status);
    }
    let sign_in = async |password: &str| {
        let form = format!("email={}&password={password}", email.replace('@', "%40"));
        call(&client, "", "sign_in", &form).await.status
    };
    assert_eq!(sign_in("correct+horse").await, 401);
    assert!(sign_in("battery+staple").await < 400);
    server.stop().await;
}
