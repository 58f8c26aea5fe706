//! The commands, and what a process is there for.

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Client, Database, Process, Receiver, TestServer, id, on_both, serve, unique, until, verify};

on_both![
    bootstrap_makes_a_team_whose_keys_work,
    a_second_bootstrap_with_the_same_address_changes_nothing,
    an_api_process_takes_in_and_a_worker_sends,
];

/// The `hookyard` command on this database with these arguments.
pub(super) async fn hookyard(database: &Database, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookyard"));
    command.env("HOOKYARD_DATABASE_URL", database.url()).env("HOOKYARD_DATA_DIR", database.data_dir());
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap()
}

async fn bootstrap(database: &Database, email: &str) -> Output {
    let password = "correct horse battery";
    hookyard(database, &["bootstrap", "--team", "Ours", "--email", email, "--password", password]).await
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// How many teams, people and keys a database has, by what a team sees and what a second one is told.
async fn teams(database: &Database) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["team", "person", "membership", "key_pair", "source", "event_type"] {
        counts.push(super::whole::count(database, table).await);
    }
    counts
}

async fn bootstrap_makes_a_team_whose_keys_work(database: Database) {
    // On a database that nobody has opened, and on one that a server runs on.
    let output = bootstrap(&database, "first@example.com").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let first: Value = serde_json::from_slice(&output.stdout).unwrap();
    // The commands and the server share the key file in the data dir, so the server is a process like them.
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookyard"));
    command.env("HOOKYARD_DATABASE_URL", database.url()).env("HOOKYARD_DATA_DIR", database.data_dir());
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let process = Process::start(command).await;
    let output = bootstrap(&database, &format!("{}@example.com", unique())).await;
    let second: Value = serde_json::from_slice(&output.stdout).unwrap();
    for made in [&first, &second] {
        assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys", "team_id", "user_id"]);
        for mode in ["test", "live"] {
            let key = |half: &str| made["keys"][mode][half].as_str().unwrap().to_owned();
            assert!(key("public").starts_with(&format!("public_{mode}_")), "{made}");
            assert!(key("private").starts_with(&format!("private_{mode}_")), "{made}");
            let client = Client::new(&process.url).with_key(&key("private"));
            let source = client.post("/v1/sources", json!({ "name": "s" })).await.expect(201);
            assert_eq!(source["team_id"], made["team_id"]);
            assert_eq!(client.get("/v1/event-types").await.expect(200)["count"], 7);
        }
        assert!(made["user_id"].as_str().unwrap().starts_with("usr_"));
    }
    assert_eq!(process.terminate().await, Some(0));
}

async fn a_second_bootstrap_with_the_same_address_changes_nothing(database: Database) {
    assert!(bootstrap(&database, "ada@example.com").await.status.success());
    let before = teams(&database).await;
    assert_eq!(before, [1, 1, 1, 2, 2, 14]);
    for same in ["ada@example.com", " ADA@Example.com "] {
        let output = bootstrap(&database, same).await;
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
        let told = text(&output.stderr);
        assert!(told.lines().count() == 1 && told.contains("ada@example.com"), "{told}");
    }
    assert_eq!(teams(&database).await, before);
}

async fn an_api_process_takes_in_and_a_worker_sends(database: Database) {
    let with_role = |role: &str| {
        let mut command = serve(&database);
        command.env("HOOKYARD_ROLE", role);
        command
    };
    let receiver = Receiver::answering([200]).await;
    let api = Process::start(with_role("api")).await;
    let team = api.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let event = team.events_of(&request).await[0].clone();
    assert_eq!((receiver.count(), &event["attempts"]), (0, &json!(0)), "an api process sends nothing");
    assert!(verify(&database).await.0);
    // With SQLite there is one process at a time.
    let is_sqlite = database.url().starts_with("sqlite");
    let api = if is_sqlite {
        assert_eq!(api.terminate().await, Some(0));
        None
    } else {
        Some(api)
    };
    let worker = Process::start(with_role("worker")).await;
    until("the delivery", async || receiver.count() == 1).await;
    let client = Client::new(&worker.url);
    for path in ["/healthz", "/readyz", "/metrics"] {
        client.get(path).await.expect(200);
    }
    let bearer = client.with_key(team.made.test.private.reveal());
    assert_eq!(bearer.get("/v1/sources").await.status, 404, "a worker takes nothing in");
    let path = format!("/in/{}", id(&source));
    assert_eq!(client.send(hyper::Method::POST, &path, &[], "x").await.unwrap().status, 404);
    if let Some(api) = api {
        until("the outcome", async || team.count_events("SUCCESSFUL").await == 1).await;
        assert_eq!(api.terminate().await, Some(0));
    }
    assert_eq!(worker.terminate().await, Some(0));
    // What the worker did stands in the database.
    let server = TestServer::start(&database).await;
    assert_eq!(team.at(&server.url).count_events("SUCCESSFUL").await, 1);
    server.stop().await;
}
