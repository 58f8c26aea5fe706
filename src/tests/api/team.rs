//! A team's settings and members, and what those who are gone may still see.

use hyper::Method;
use serde_json::{Value, json};

use super::{names, problem, whole::execute};
use crate::support::{Client, Database, TestServer, on_both, unique, until};

on_both![
    settings_are_changed_and_logged,
    members_come_and_go,
    bad_members_are_refused,
    whoever_is_removed_sees_nothing_from_then_on,
    only_owners_say_who_belongs,
    a_session_that_cannot_be_read_is_not_signed_out,
];

async fn settings_are_changed_and_logged(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let path = "/v1/team/settings";
    assert_eq!(team.test.get(path).await.expect(200)["schema_check"], "warn");
    let changed = team.test.patch(path, json!({ "schema_check": "refuse" })).await.expect(200);
    assert_eq!(changed["schema_check"], "refuse");
    assert_eq!(team.test.patch(path, json!({})).await.expect(200), changed, "what is left out stays");
    assert_eq!(team.live.get(path).await.expect(200), changed, "they hold for both modes");
    assert_eq!(other.test.get(path).await.expect(200)["schema_check"], "warn");
    names(&team.test.patch(path, json!({ "schema_check": "loud" })).await, "/schema_check");
    let log = team.list("/v1/audit-log?action=settings_changed").await;
    assert_eq!((log.len(), &log[0]["detail"]), (1, &json!("schema check: refuse, before warn")), "{log:?}");
    assert_eq!(log[0]["actor_name"], team.test.get("/v1/keys").await.expect(200)["models"][0]["public"]);
    server.stop().await;
}

pub(super) fn address() -> String {
    format!("ada.{}@example.com", unique())
}

async fn members_come_and_go(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let email = address();
    let new = json!({ "email": format!(" {} ", email.to_uppercase()), "password": "correct horse" });
    let made = team.test.post("/v1/team/members", new).await.expect(201);
    assert_eq!((&made["email"], &made["role"], &made["notices"]), (&json!(email), &json!("member"), &json!(true)));
    assert!(made.get("password").is_none() && made.get("password_hash").is_none());
    let members = team.list("/v1/team/members").await;
    assert!(members.contains(&made) && members.len() == 2, "{members:?}");
    // Who has an account comes into another team without a password.
    let same = other.test.post("/v1/team/members", json!({ "email": email })).await.expect(201);
    assert_eq!(same["user_id"], made["user_id"]);
    let one = format!("/v1/team/members/{}", made["user_id"].as_str().unwrap());
    assert_eq!(team.test.patch(&one, json!({ "notices": false })).await.expect(200)["notices"], false);
    assert!(
        other.list("/v1/team/members").await.iter().all(|member| member["notices"] == true),
        "each team for itself"
    );
    team.test.delete(&one).await.expect(204);
    problem(&team.test.delete(&one).await, 404, "RESOURCE_NOT_FOUND");
    problem(&team.test.patch(&one, json!({ "notices": true })).await, 404, "RESOURCE_NOT_FOUND");
    assert_eq!((team.list("/v1/team/members").await.len(), other.list("/v1/team/members").await.len()), (1, 2));
    let owner = format!("/v1/team/members/{}", team.made.user_id);
    let refused = problem(&team.test.delete(&owner).await, 409, "CONFLICT");
    assert!(refused["detail"].as_str().unwrap().contains("last owner"), "{refused}");
    let actions: Vec<_> = team.list("/v1/audit-log").await.iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["member_removed", "member_added"]);
    server.stop().await;
}

async fn bad_members_are_refused(database: Database) {
    let server = TestServer::start(&database).await;
    let (team, other) = (server.new_team().await, server.new_team().await);
    let known = team.list("/v1/team/members").await[0]["email"].clone();
    for (input, pointer) in [
        (json!({ "email": "ada" }), "/email"),
        (json!({ "email": address(), "password": "short" }), "/password"),
        (json!({ "email": address() }), "/password"),
        (json!({ "email": known, "password": "another password" }), "/password"),
        (json!({ "email": address(), "role": "owner" }), "/role"),
        (json!({}), "/email"),
    ] {
        names(&other.test.post("/v1/team/members", input).await, pointer);
    }
    let again =
        problem(&team.test.post("/v1/team/members", json!({ "email": known })).await, 409, "RESOURCE_ALREADY_EXISTS");
    assert_eq!(again["errors"][0]["pointer"], "/email", "{again}");
    assert_eq!((team.list("/v1/team/members").await.len(), other.list("/v1/team/members").await.len()), (1, 1));
    server.stop().await;
}

/// Signs in as the dashboard does; returns the session's cookie.
pub(super) async fn sign_in(client: &Client, email: &str) -> String {
    let form = format!("email={}&password=correct+horse", email.replace('@', "%40").replace('+', "%2B"));
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let reply = client.send(Method::POST, "/api/sign_in", &headers, form).await.unwrap();
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.contains("session"));
    session.unwrap_or_else(|| panic!("no session: {reply:?}")).to_owned()
}

/// Asks the dashboard's server something in a session.
pub(super) async fn ask(client: &Client, session: &str, what: &str) -> (u16, Value) {
    let headers = [("cookie", session), ("accept", "application/json")];
    let reply = client.send(Method::GET, &format!("/api/{what}"), &headers, "").await.unwrap();
    (reply.status, reply.body)
}

async fn whoever_is_removed_sees_nothing_from_then_on(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let email = address();
    let new = json!({ "email": email, "password": "correct horse" });
    let member = team.test.post("/v1/team/members", new).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    let (status, members) = ask(&client, &session, "members").await;
    assert_eq!((status, members.as_array().map(Vec::len)), (200, Some(2)), "{members}");

    team.test.delete(&format!("/v1/team/members/{}", member["user_id"].as_str().unwrap())).await.expect(204);

    let (status, said) = ask(&client, &session, "members").await;
    assert_eq!(status, 401, "{said}");
    let headers = [("cookie", session.as_str())];
    let live = client.send(Method::GET, "/live", &headers, "").await.unwrap();
    assert_eq!(live.status, 401);
    // Let in again, the session is of use again.
    team.test.post("/v1/team/members", json!({ "email": email })).await.expect(201);
    until("the session to be of use", async || ask(&client, &session, "members").await.0 == 200).await;
    server.stop().await;
}

async fn only_owners_say_who_belongs(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let email = address();
    let new = json!({ "email": email, "password": "correct horse" });
    let member = team.test.post("/v1/team/members", new).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    let call = async |what: &str, form: String| {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("cookie", session.as_str()),
        ];
        client.send(Method::POST, &format!("/api/{what}"), &headers, form).await.unwrap().status
    };
    assert_eq!(call("remove_member", format!("user={}", team.made.user_id)).await, 403);
    assert_eq!(call("set_member_notices", format!("user={}&notices=false", team.made.user_id)).await, 403);
    let own = member["user_id"].as_str().unwrap();
    assert_eq!(call("set_member_notices", format!("user={own}&notices=false")).await, 200, "for oneself");
    assert_eq!(team.list("/v1/team/members").await.len(), 2);
    server.stop().await;
}

async fn a_session_that_cannot_be_read_is_not_signed_out(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let email = address();
    team.test.post("/v1/team/members", json!({ "email": email, "password": "correct horse" })).await.expect(201);
    let client = server.client();
    let session = sign_in(&client, &email).await;
    assert_eq!(ask(&client, &session, "me").await.1["email"], json!(email));

    execute(&database, "ALTER TABLE session RENAME TO session_away").await;
    let (status, said) = ask(&client, &session, "me").await;
    assert_eq!((status, &said["code"]), (503, &json!("UNAVAILABLE")), "{said}");
    let headers = [("cookie", session.as_str()), ("accept", "text/html")];
    for path in ["/developer", "/live"] {
        let reply = client.send(Method::GET, path, &headers, "").await.unwrap();
        assert_eq!((reply.status, reply.headers.get("location")), (503, None), "{path}");
    }

    execute(&database, "ALTER TABLE session_away RENAME TO session").await;
    assert_eq!(ask(&client, &session, "me").await.1["email"], json!(email));
    server.stop().await;
}
