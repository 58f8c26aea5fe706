//! The pace of recovery, as receivers see it: what is live always goes first, and what is sent again comes slowly.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    api::whole::{count, execute},
    support::{Answer, Database, Received, Receiver, Team, TestServer, id, on_both, until},
};

on_both![
    live_events_find_room_while_recovery_waits_for_answers,
    recovery_starts_slowly_and_grows,
    recovery_rests_when_the_receiver_refuses,
    recovery_stops_when_most_of_it_fails,
];

/// How far a manual clock is moved at a time.
const STEP: Duration = Duration::from_millis(100);

/// A source and a destination with this config, and so many events that wait as those of a bulk operation do.
async fn waiting(database: &Database, team: &Team, mut config: Value, events: usize) -> Value {
    // Whatever fails is this test's own doing.
    config["circuit_breaker"] = Value::Null;
    let (source, destination) = team.connected_with(config).await;
    let connections = team.list(&format!("/v1/connections?destination_id={}", id(&destination))).await;
    let connection = format!("/v1/connections/{}", id(&connections[0]));
    team.test.put(&format!("{connection}/pause"), json!({})).await.expect(200);
    for number in 0..events {
        team.post_to(&source, &json!({ "again": number })).await;
    }
    until("all to be held", async || team.count_events("HOLD").await == events as u64).await;
    assert_eq!(execute(database, "UPDATE pending SET rank = 3").await, events as u64);
    team.test.put(&format!("{connection}/unpause"), json!({})).await.expect(200);
    source
}

fn is_live(request: &Received) -> bool {
    !request.json()["live"].is_null()
}

/// How many live ones and how many others came.
fn came(receiver: &Receiver) -> (usize, usize) {
    let requests = receiver.requests();
    let live = requests.iter().filter(|request| is_live(request)).count();
    (live, requests.len() - live)
}

/// Sends a live event and waits until it arrived: the lane has looked at everything since.
async fn look(team: &Team, source: &Value, receiver: &Receiver) {
    let live = came(receiver).0;
    team.post_to(source, &json!({ "live": live })).await;
    until("the live event", async || came(receiver).0 > live).await;
}

/// How many attempts the server is making.
async fn under_way(server: &TestServer) -> usize {
    let metrics = server.client().get("/metrics").await;
    let text = String::from_utf8_lossy(&metrics.bytes).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("hookyard_attempts_under_way "));
    line.unwrap().parse().unwrap()
}

/// Waits until nothing is on its way to the receiver, and what came of everything that arrived is recorded.
async fn settle(database: &Database, server: &TestServer, receiver: &Receiver) {
    until("what came of it", async || {
        under_way(server).await == 0 && count(database, "attempt").await == i64::try_from(receiver.count()).unwrap()
    })
    .await;
}

async fn live_events_find_room_while_recovery_waits_for_answers(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::deciding(|number, _| if number < 8 { Answer::Hold } else { Answer::Slow }).await;
    let team = server.new_team().await;
    let config = json!({ "url": receiver.url(), "max_concurrency": 8 });
    let source = waiting(&database, &team, config, 30).await;
    until("recovery to be under way", async || receiver.open() >= 2).await;

    for number in 0..20 {
        team.post_to(&source, &json!({ "live": number })).await;
    }

    until("all places to be taken", async || receiver.open() == 8).await;
    let (live, again) = came(&receiver);
    assert!(live >= 4 && again <= 4, "{live} live, {again} again");
    receiver.release();
    until("all deliveries", async || team.count_events("SUCCESSFUL").await == 50).await;
    assert_eq!((came(&receiver), receiver.most_open()), ((20, 30), 8));
    // What came after the places were free again: what is live before the rest.
    let order: Vec<bool> = receiver.requests().iter().map(is_live).collect();
    let last_live = order.iter().rposition(|is_live| *is_live).unwrap();
    let again_before = order[..last_live].iter().filter(|is_live| !**is_live).count();
    assert!(again_before <= 8, "{again_before} went before the last live one");
    server.stop().await;
}

async fn recovery_starts_slowly_and_grows(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let source = waiting(&database, &team, json!({ "url": receiver.url() }), 60).await;

    let mut came_in = vec![];
    while came(&receiver).1 < 60 {
        let before = came(&receiver).1;
        for _ in 0..10 {
            look(&team, &source, &receiver).await;
            settle(&database, &server, &receiver).await;
            server.advance(STEP);
        }
        came_in.push(came(&receiver).1 - before);
        assert!(came_in.len() < 30, "{came_in:?}");
    }

    // Five a second at first, of which two may go at once, then never more than twice as many as in the second before.
    assert!(came_in[0] <= 12, "{came_in:?}");
    assert!(came_in[1] <= 22, "{came_in:?}");
    assert!(came_in.iter().max() > came_in.first(), "{came_in:?}");
    until("all deliveries", async || count(&database, "event WHERE status <> 'SUCCESSFUL'").await == 0).await;
    server.stop().await;
}

async fn recovery_rests_when_the_receiver_refuses(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::deciding(|number, request| {
        let refuses = !is_live(request) && number > 20;
        Answer::status(if refuses { 429 } else { 200 })
    })
    .await;
    let team = server.new_team().await;
    let source = waiting(&database, &team, json!({ "url": receiver.url() }), 40).await;

    let refused = async || count(&database, "attempt WHERE response_status = 429").await;
    while refused().await == 0 {
        look(&team, &source, &receiver).await;
        settle(&database, &server, &receiver).await;
        server.advance(STEP);
    }
    settle(&database, &server, &receiver).await;
    let (live, again) = came(&receiver);
    // The rest lasts a second, which what is live does not notice.
    for _ in 0..7 {
        look(&team, &source, &receiver).await;
        server.advance(STEP);
    }
    let after = came(&receiver);
    assert_eq!(after, (live + 7, again), "nothing but what is live");
    assert!(refused().await <= 3, "no more than was under way already");
    server.stop().await;
}

async fn recovery_stops_when_most_of_it_fails(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::deciding(|_, request| Answer::status(if is_live(request) { 200 } else { 400 })).await;
    let team = server.new_team().await;
    let source = waiting(&database, &team, json!({ "url": receiver.url() }), 40).await;

    // Ten seconds would be enough for all of them.
    for _ in 0..100 {
        look(&team, &source, &receiver).await;
        settle(&database, &server, &receiver).await;
        server.advance(STEP);
    }

    let again = came(&receiver).1;
    assert!((10..=14).contains(&again), "{again} of 40 were tried");
    let told = "pace WHERE reading LIKE '%\"stopped\"%' AND reading LIKE '%10 of the last 10 tries failed, the last with 400%'";
    until("that it stopped is written", async || count(&database, told).await == 1).await;
    server.stop().await;
}
