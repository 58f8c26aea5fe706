//! What stands on the disk is no use to whoever takes it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{Database, TestServer, id, on_sqlite, until};

on_sqlite![nothing_secret_is_readable_on_the_disk];

const SECRET: &str = "s3cr3t-value";

async fn nothing_secret_is_readable_on_the_disk(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let auth = json!({ "header_name": "x-key", "value": SECRET });
    let config = json!({ "auth_type": "API_KEY", "auth": auth });
    team.test.post("/v1/sources", json!({ "name": "marker-source", "config": config })).await.expect(201);
    let config = json!({ "url": "https://a.example", "auth_type": "BEARER", "auth": { "token": SECRET } });
    let destination = team.new_destination(config).await;
    let signing = team.test.get(&format!("/v1/webhooks/{}/secret", id(&destination))).await.expect(200);
    let signing = signing["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
    // The answer with a private key in it is kept for its repetition.
    let headers = [("idempotency-key", "marker-key")];
    let made = team.test.send(hyper::Method::POST, "/v1/keys", &headers, "").await.unwrap().expect(201);
    server.stop().await;

    // The last connection, which takes the log of writes and its index into the database, may end a moment later.
    let beside = || ["hookyard.db-wal", "hookyard.db-shm"].iter().any(|name| database.data_dir().join(name).exists());
    until("the database to be closed", async || !beside()).await;
    let mut disk = Vec::new();
    for entry in std::fs::read_dir(database.data_dir()).unwrap() {
        disk.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let has = |text: &[u8]| disk.windows(text.len()).any(|window| window == text);
    assert!(has(b"marker-source") && has(b"marker-key"), "the database was read");
    assert!(!has(SECRET.as_bytes()));
    assert!(!has(signing.as_bytes()) && !has(&STANDARD.decode(&signing).unwrap()));
    for private in [made["private"].as_str().unwrap(), team.made.test.private.reveal()] {
        assert!(!has(private.as_bytes()) && !has(&private.as_bytes()["private_test_".len()..]));
    }
    assert!(!has(b"correct horse"), "the owner's password");
}
