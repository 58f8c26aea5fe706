//! What is kept when a process stops and when its database fails.

use std::fs;

use bytes::Bytes;
use serde_json::json;
use tokio::{net::TcpStream, process::Command, task::JoinSet};

use crate::support::{
    Answer, Database, Process, Receiver, TestServer, on_both, serve, serve_despite_full_files, until, verify,
};

on_both![deliveries_that_end_in_time_are_not_repeated_after_a_stop, deliveries_that_hang_are_handed_back_at_a_stop,];

async fn deliveries_that_end_in_time_are_not_repeated_after_a_stop(database: Database) {
    let receiver = Receiver::answering([Answer::Hold]).await;
    let process = Process::serve(&database).await;
    let team = process.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    for number in 0..50 {
        team.post_to(&source, &json!(number)).await;
    }
    until("a lane full of deliveries", async || receiver.open() == 32).await;

    let address = process.url.strip_prefix("http://").unwrap().to_owned();
    let stopping = tokio::spawn(process.terminate());
    // What is under way ends while the process waits for it.
    until("the process to take no more", async || TcpStream::connect(&address).await.is_err()).await;
    receiver.release();
    assert_eq!(stopping.await.unwrap(), Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");

    let process = Process::serve(&database).await;
    let team = team.at(&process.url);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 50).await;
    assert_eq!(receiver.count(), 50, "each was sent once");
    let attempts = team.list("/v1/attempts?limit=255").await;
    assert!(attempts.iter().all(|attempt| attempt["trigger"] == "INITIAL"), "nothing is in doubt");
    assert_eq!(process.terminate().await, Some(0));
}

async fn deliveries_that_hang_are_handed_back_at_a_stop(database: Database) {
    let receiver = Receiver::answering([Answer::Hold]).await;
    let process = Process::serve(&database).await;
    let team = process.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    for number in 0..20 {
        team.post_to(&source, &json!(number)).await;
    }
    until("all to be under way", async || receiver.open() == 20).await;

    // The receiver holds them all until the process is gone.
    assert_eq!(process.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");

    receiver.release();
    let process = Process::serve(&database).await;
    let team = team.at(&process.url);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 20).await;
    let mut ids = receiver.webhook_ids();
    assert_eq!(ids.len(), 40, "each was sent again");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "with the webhook-id of before");
    assert!(team.attempts("").await.iter().all(|attempt| attempt["trigger"] == "RECOVERY"));
    assert_eq!(process.terminate().await, Some(0));
}

mod on_sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_second_server_on_the_same_data_dir_is_refused() {
        let database = Database::sqlite();
        let first = Process::serve(&database).await;

        let second = serve(&database).output().await.unwrap();

        let said = String::from_utf8_lossy(&second.stderr);
        assert!(!second.status.success());
        assert!(said.lines().last().unwrap().contains("in use by another hookyard serve"), "{said}");
        assert!(!said.contains("listening on"), "{said}");
        assert_eq!(first.terminate().await, Some(0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_disk_refuses_requests_and_loses_none() {
        let database = Database::sqlite();
        let receiver = Receiver::answering([200]).await;
        let process = Process::start(serve_despite_full_files(&database)).await;
        let team = process.new_team(&database).await;
        let (source, _) = team.connected_to(&receiver).await;
        let send = async || team.send_to(&source, "", &[], Bytes::from(vec![b'x'; 100_000])).await;
        let limit = async |bytes: &str| {
            let process = process.id().to_string();
            let fsize = format!("--fsize={bytes}:unlimited");
            assert!(Command::new("prlimit").args(["--pid", &process, &fsize]).status().await.unwrap().success());
        };
        let mut accepted = 0;
        send().await.expect(200);
        accepted += 1;

        let size = fs::metadata(database.data_dir().join("hookyard.db-wal")).unwrap().len();
        limit(&(size + 1_000_000).to_string()).await;
        let refused = loop {
            let reply = send().await;
            if reply.status != 200 {
                break reply;
            }
            accepted += 1;
            assert!(accepted < 1000, "files do not grow any more");
        };

        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
        assert_eq!(team.test.get("/healthz").await.status, 200, "the process lives on");
        limit("unlimited").await;
        until("requests to be taken again", async || send().await.status == 200).await;
        accepted += 1;
        until("all deliveries", async || team.count_events("SUCCESSFUL").await == accepted).await;
        let mut ids = receiver.webhook_ids();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len() as u64, accepted);
        assert_eq!(process.terminate().await, Some(0));
        let (clean, found) = verify(&database).await;
        assert!(clean && found["requests"] == accepted, "{found}");
    }
}

mod on_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_database_that_is_gone_refuses_requests_and_loses_none() {
        let Some(database) = Database::postgres().await else { return };
        let receiver = Receiver::answering([Answer::Hold]).await;
        let server = TestServer::start(&database).await;
        let team = server.new_team().await;
        let (source, _) = team.connected_to(&receiver).await;
        team.post_to(&source, &json!("before")).await;
        until("the first to be under way", async || receiver.open() == 1).await;

        database.go_away().await;
        receiver.release();

        let refused = team.send_to(&source, "", &[], "while it is gone").await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
        let refused = team.test.post("/v1/publish", json!({ "type": "a.b", "data": {} })).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
        assert_eq!(server.client().get("/readyz").await.status, 503);
        assert_eq!(server.client().get("/healthz").await.status, 200);
        database.come_back().await;
        until("requests to be taken again", async || team.send_to(&source, "", &[], "after").await.status == 200).await;
        until("both deliveries", async || team.count_events("SUCCESSFUL").await == 2).await;
        until("readiness", async || server.client().get("/readyz").await.status == 200).await;
        assert_eq!(receiver.webhook_ids().len(), 2, "what was sent meanwhile is recorded, not sent again");
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn connections_that_break_lose_nothing_that_was_accepted() {
        let Some(database) = Database::postgres().await else { return };
        let receiver = Receiver::answering([200]).await;
        let server = TestServer::start(&database).await;
        let team = server.new_team().await;
        let (source, _) = team.connected_to(&receiver).await;
        let mut accepted = 0;
        for number in 0..100 {
            if number % 25 == 10 {
                database.disconnect_all().await;
            }
            let reply = team.send_to(&source, "", &[], number.to_string()).await;
            match reply.status {
                200 => accepted += 1,
                status => assert_eq!((status, reply.header("retry-after")), (503, Some("5"))),
            }
        }
        assert!(accepted > 50, "{accepted}");
        until("all deliveries", async || team.count_events("SUCCESSFUL").await >= accepted).await;
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn connections_that_broke_while_they_were_idle_are_noticed_by_nobody_who_reads() {
        let Some(database) = Database::postgres().await else { return };
        let server = TestServer::start(&database).await;
        let team = server.new_team().await;
        for _ in 0..5 {
            let asked: JoinSet<_> = (0..10)
                .map(|_| {
                    let client = team.test.clone();
                    async move { client.get("/v1/events").await.status }
                })
                .collect();
            assert_eq!(asked.join_all().await, [200; 10]);
            assert!(database.disconnect_all().await > 0);
        }
        server.stop().await;
    }
}
