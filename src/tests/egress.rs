//! Where deliveries may not go, however it is spelt.

use serde_json::json;

use crate::support::{Database, Receiver, Setup, TestServer, id, on_both, until};

on_both![addresses_that_are_not_public_are_refused_in_every_spelling, what_is_allowed_is_allowed_alone];

async fn addresses_that_are_not_public_are_refused_in_every_spelling(database: Database) {
    const HOSTS: [&str; 34] = [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "%31%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[fec0::1]",
    ];
    let server = TestServer::start_with(&database, Setup::with_nothing_allowed()).await;
    let receiver = Receiver::answering([200]).await;
    let port = receiver.url().rsplit_once(':').unwrap().1.to_owned();
    let team = server.new_team().await;
    let source = team.new_source().await;
    let mut destinations = Vec::new();
    for host in HOSTS {
        let destination = team.new_destination(json!({ "url": format!("http://{host}:{port}/") })).await;
        team.connect(&source, &destination).await;
        destinations.push((host, id(&destination)));
    }

    team.post_to(&source, &json!({ "secret": 7 })).await;

    until("all outcomes", async || team.list("/v1/attempts?limit=255").await.len() == HOSTS.len()).await;
    let attempts = team.list("/v1/attempts?limit=255").await;
    for (host, destination) in destinations {
        let attempt = attempts.iter().find(|attempt| attempt["destination_id"] == destination).unwrap();
        assert_eq!(attempt["error_code"], "EGRESS_DENIED", "{host}: {}", attempt["error_message"]);
        assert!(attempt["timings"]["connect_ms"].is_null(), "{host}: nobody was called");
    }
    assert_eq!(receiver.count(), 0);
    server.stop().await;
}

async fn what_is_allowed_is_allowed_alone(database: Database) {
    let setup = Setup { egress_allow: vec!["127.0.0.1/32".parse().unwrap()], ..Setup::with_manual_clock() };
    let server = TestServer::start_with(&database, setup).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let neighbour = receiver.url().replace("127.0.0.1", "127.0.0.2");
    let destination = team.new_destination(json!({ "url": neighbour })).await;
    team.connect(&source, &destination).await;

    team.post_to(&source, &json!({})).await;

    until("both outcomes", async || team.list("/v1/attempts").await.len() == 2).await;
    let refused = &team.attempts(&format!("destination_id={}", id(&destination))).await[0];
    assert_eq!(refused["error_code"], "EGRESS_DENIED");
    assert_eq!(receiver.count(), 1);
    server.stop().await;
}
