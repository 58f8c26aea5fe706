//! Several nodes on one database.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::{
    api::whole::number,
    support::{Answer, Client, Database, Process, Receiver, TestServer, id, on_postgres, until, verify},
};

on_postgres![
    nodes_that_start_together_on_a_fresh_database_all_come_up,
    nodes_share_the_work_and_send_each_event_once,
    a_node_takes_over_what_another_left_when_it_was_killed,
    a_node_that_slept_past_its_lease_goes_on_where_it_was,
    a_node_that_slept_while_another_took_over_changes_nothing,
    settings_changed_on_one_node_count_on_the_other,
    a_lane_that_is_kept_after_all_is_held_once,
];

async fn nodes_that_start_together_on_a_fresh_database_all_come_up(database: Database) {
    let (one, two, three) =
        tokio::join!(Process::serve(&database), Process::serve(&database), Process::serve(&database));
    for node in [one, two, three] {
        assert_eq!(Client::new(&node.url).get("/readyz").await.status, 200);
        assert_eq!(node.terminate().await, Some(0));
    }
}

async fn lanes_held(node: &Process) -> u64 {
    let metrics = Client::new(&node.url).get("/metrics").await;
    let text = String::from_utf8_lossy(&metrics.bytes).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("hookyard_lanes_held "));
    line.unwrap().parse().unwrap()
}

async fn nodes_share_the_work_and_send_each_event_once(database: Database) {
    const LANES: usize = 8;
    const EACH: usize = 20;
    let (one, two) = tokio::join!(Process::serve(&database), Process::serve(&database));
    let team = one.new_team(&database).await;
    let nodes = [team.clone(), team.at(&two.url)];
    let mut lanes = Vec::new();
    // A node that looks takes all lanes that are due: one more for whoever has none, until both have some.
    loop {
        let node = match (lanes_held(&one).await, lanes_held(&two).await) {
            (0, _) => 0,
            (_, 0) => 1,
            _ if lanes.len() < LANES => lanes.len() % 2,
            _ => break,
        };
        assert!(lanes.len() < 20 * LANES, "one node takes them all");
        // Were two nodes to send to one destination, there would be two at once.
        let receiver = Receiver::answering([Answer::Slow]).await;
        let (source, _) = team.connected_with(json!({ "url": receiver.url(), "max_concurrency": 1 })).await;
        nodes[node].post_to(&source, &json!(0)).await;
        lanes.push((source, receiver));
    }

    // Faster than its receiver answers, so that some always wait.
    for (source, _) in &lanes {
        for number in 1..EACH {
            nodes[number % 2].post_to(source, &json!(number)).await;
        }
    }

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == (lanes.len() * EACH) as u64).await;
    for (_, receiver) in &lanes {
        let mut numbers: Vec<_> = receiver.requests().iter().map(|request| request.json().as_u64().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..EACH as u64).collect::<Vec<_>>(), "each once");
        assert_eq!(receiver.most_open(), 1, "one node at a time");
    }
    let held = (lanes_held(&one).await, lanes_held(&two).await);
    assert!(held.0 > 0 && held.1 > 0 && held.0 + held.1 == lanes.len() as u64, "both have lanes: {held:?}");
    assert_eq!((one.terminate().await, two.terminate().await), (Some(0), Some(0)));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_node_takes_over_what_another_left_when_it_was_killed(database: Database) {
    let receiver = Receiver::answering([Answer::Hold]).await;
    let first = Process::serve(&database).await;
    let team = first.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    for number in 0..5 {
        team.post_to(&source, &json!(number)).await;
    }
    until("all to be under way", async || receiver.open() == 5).await;
    let second = Process::serve(&database).await;
    let team = team.at(&second.url);

    first.kill().await;
    receiver.release();

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 5).await;
    let mut ids = receiver.webhook_ids();
    assert_eq!(ids.len(), 10);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "the same webhook-ids again");
    assert!(team.attempts("").await.iter().all(|attempt| attempt["trigger"] == "RECOVERY"));
    assert_eq!(second.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_node_that_slept_past_its_lease_goes_on_where_it_was(database: Database) {
    let receiver = Receiver::answering([Answer::Hold]).await;
    let node = Process::serve(&database).await;
    let team = node.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    for number in 0..50 {
        team.post_to(&source, &json!(number)).await;
    }
    until("a lane full of deliveries", async || receiver.open() == 32).await;

    node.signal("STOP").await;
    receiver.release();
    // As long as a lease is.
    tokio::time::sleep(Duration::from_secs(12)).await;
    node.signal("CONT").await;

    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 50).await;
    assert_eq!(receiver.count(), 50, "nobody else had the lane, so nothing is in doubt");
    assert_eq!(node.terminate().await, Some(0));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn a_node_that_slept_while_another_took_over_changes_nothing(database: Database) {
    let receiver = Receiver::answering([Answer::Hold]).await;
    let sleeper = Process::serve(&database).await;
    let team = sleeper.new_team(&database).await;
    let (source, _) = team.connected_to(&receiver).await;
    for number in 0..5 {
        team.post_to(&source, &json!(number)).await;
    }
    until("all to be under way", async || receiver.open() == 5).await;
    let other = Process::serve(&database).await;

    sleeper.signal("STOP").await;
    until("the other to send as well", async || receiver.open() == 10).await;
    receiver.release();
    until("all deliveries", async || team.at(&other.url).count_events("SUCCESSFUL").await == 5).await;
    let settled = team.at(&other.url).events("").await;
    sleeper.signal("CONT").await;

    // It learns that the lane is another's, and that goes on.
    until("what it sent to be recorded", async || team.list("/v1/attempts").await.len() == 10).await;
    assert_eq!(team.events("").await, settled);
    team.post_to(&source, &json!("after")).await;
    until("a delivery by way of the sleeper", async || team.count_events("SUCCESSFUL").await == 6).await;
    assert_eq!((sleeper.terminate().await, other.terminate().await), (Some(0), Some(0)));
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}

async fn settings_changed_on_one_node_count_on_the_other(database: Database) {
    let (one, two) = tokio::join!(Process::serve(&database), Process::serve(&database));
    let receiver = Receiver::answering([200]).await;
    let here = one.new_team(&database).await;
    let there = here.at(&two.url);
    let source = here.new_source().await;
    // The other node has seen the source without a connection.
    there.post_to(&source, &json!("ignored")).await;

    let destination = here.new_destination(json!({ "url": receiver.url() })).await;
    here.connect(&source, &destination).await;

    until("a delivery by way of the other node", async || {
        there.post_to(&source, &json!("delivered")).await;
        receiver.count() > 0
    })
    .await;
    assert_eq!((one.terminate().await, two.terminate().await), (Some(0), Some(0)));
}

/// While a lane is given back its leases are renewed. Somebody put something in, so it is kept: nobody takes it beside itself.
async fn a_lane_that_is_kept_after_all_is_held_once(database: Database) {
    const WAITING: &str = "
        SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let input = json!({
        "name": "later", "source_id": id(&source), "destination_id": id(&destination),
        "rules": [{ "type": "delay", "delay": 10_000 }],
    });
    team.test.post("/v1/connections", input).await.expect(201);
    for number in 0..20 {
        team.post_to(&source, &json!(number)).await;
    }
    let held = async || number(&database, "SELECT COUNT(*) FROM lane WHERE holder IS NOT NULL").await == 1;
    until("the lane to be held", held).await;
    let epoch = number(&database, "SELECT epoch FROM lane").await;
    let waiting = async |count| until("a statement to wait", async || number(&database, WAITING).await == count).await;

    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let mut change = other.begin().await.unwrap();
    sqlx::query("UPDATE lane SET nudges = nudges + 1").execute(&mut *change).await.unwrap();
    // The renewal waits, then the lane that is given back, then whoever puts something in.
    waiting(1).await;
    let path = format!("/v1/destinations/{}", id(&destination));
    team.test.post(&format!("{path}/disable"), json!({})).await.expect(200);
    waiting(2).await;
    let client = team.test.clone();
    let enabled = tokio::spawn(async move { client.post(&format!("{path}/enable"), json!({})).await });
    waiting(3).await;
    change.commit().await.unwrap();
    enabled.await.unwrap().expect(200);

    // The next renewal comes after everything that the last one led to.
    let until_when = async || number(&database, "SELECT held_until FROM lane").await;
    let before = until_when().await;
    until("another renewal", async || until_when().await > before && held().await).await;
    assert_eq!(number(&database, "SELECT epoch FROM lane").await, epoch, "it was taken beside itself");
    until("all to be delivered", async || {
        server.advance(Duration::from_secs(1));
        team.count_events("SUCCESSFUL").await == 20
    })
    .await;
    assert_eq!(receiver.count(), 20);
    server.stop().await;
}
