//! Verification of a team's own rows on a running server: it is clean while work goes on, and each break is found.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    api::whole::{count, execute},
    support::{Answer, Client, Database, Receiver, Team, TestServer, id, on_both, until, verify},
};

on_both![
    it_is_clean_after_normal_work_and_counts_all_of_it,
    it_raises_no_false_alarm_while_work_goes_on,
    each_break_is_found_and_named,
    queues_that_nobody_looks_after_are_found,
    what_outlives_its_destination_is_left_to_a_chore,
    it_is_of_one_team_and_mode,
    it_can_be_stopped_and_run_again,
    a_node_goes_on_where_another_left_off,
    what_retention_deleted_is_not_missed,
];

/// Runs one and waits for its end.
async fn verified(client: &Client) -> Value {
    client.post("/v1/verify", json!({})).await.expect(202);
    until("the end of the verification", async || client.get("/v1/verify").await.expect(200)["status"] == "COMPLETED")
        .await;
    client.get("/v1/verify").await.expect(200)
}

fn looked_at(found: &Value) -> [u64; 5] {
    ["requests", "ignored", "events", "attempts", "queued"].map(|key| found["looked"][key].as_u64().unwrap())
}

fn names_of(found: &Value) -> Vec<String> {
    let amiss = |rule: &&Value| rule["amiss"].as_u64() != Some(0);
    let rules = found["rules"].as_array().unwrap().iter().filter(amiss);
    rules.map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
}

async fn it_is_clean_after_normal_work_and_counts_all_of_it(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([500]).await);
    let team = server.new_team().await;
    assert_eq!(team.test.get("/v1/verify").await.status, 404, "there was none yet");
    let (source, _) = team.connected_to(&works).await;
    let failing = team.new_destination(json!({ "url": fails.url() })).await;
    team.connect(&source, &failing).await;
    let off = team.new_destination(json!({ "url": fails.url() })).await;
    let off_connection = team.connect(&source, &off).await;
    team.test.put(&format!("/v1/connections/{}/disable", id(&off_connection)), json!({})).await.expect(200);
    let held = team.new_destination(json!({ "url": works.url() })).await;
    team.connect(&source, &held).await;
    team.test.put(&format!("/v1/destinations/{}/pause", id(&held)), json!({})).await.expect(200);
    let request = team.post_to(&source, &json!({})).await;
    until("the outcomes", async || {
        let count = async |status| team.count_events(status).await;
        (count("SUCCESSFUL").await, count("SCHEDULED").await, count("HOLD").await) == (1, 1, 1)
    })
    .await;
    let [delivered] = team.events("status=SUCCESSFUL").await.try_into().unwrap();
    team.test.post(&format!("/v1/events/{}/retry", id(&delivered)), json!({})).await.expect(202);
    team.test.post(&format!("/v1/requests/{request}/retry"), json!({})).await.expect(202);
    until("the replays", async || team.count_events("SUCCESSFUL").await == 3).await;
    until("what failed again", async || team.count_events("SCHEDULED").await == 2).await;
    until("what is held", async || team.count_events("HOLD").await == 2).await;

    let found = verified(&team.test).await;
    assert_eq!(found["discrepancy_count"], 0, "{found}");
    assert_eq!(looked_at(&found), [2, 2, 7, 5, 4]);
    assert_eq!((&found["progress"], found["requested_by"].is_string()), (&json!(1.0), true));
    assert!(found["rules"].as_array().unwrap().iter().all(|rule| rule["sentence"].is_string()));
    let metrics = server.client().get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("\nhookyard_verify_discrepancies 0\n"));
    server.stop().await;
}

async fn it_raises_no_false_alarm_while_work_goes_on(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200, 500]).await;
    let team = server.new_team().await;
    let (source, destination) = team.connected_to(&receiver).await;
    let over = AtomicBool::new(false);
    let path = format!("/v1/destinations/{}", id(&destination));
    let work = async {
        while !over.load(Relaxed) {
            team.post_to(&source, &json!({})).await;
        }
    };
    let switching = async {
        while !over.load(Relaxed) {
            team.test.put(&format!("{path}/pause"), json!({})).await.expect(200);
            team.test.put(&format!("{path}/unpause"), json!({})).await.expect(200);
            tokio::task::yield_now().await;
        }
    };
    let verifying = async {
        for _ in 0..3 {
            let found = verified(&team.test).await;
            assert_eq!(found["discrepancy_count"], 0, "{found}");
        }
        over.store(true, Relaxed);
    };
    tokio::join!(work, switching, verifying);
    server.stop().await;
}

/// A delivered event, one that failed and waits, one that is held, and one that is sent again.
async fn history(server: &TestServer) -> (Team, [Value; 4]) {
    let team = server.new_team().await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([500]).await);
    let mut events = Vec::new();
    for receiver in [&works, &fails] {
        let (source, _) = team.connected_to(receiver).await;
        let request = team.post_to(&source, &json!({})).await;
        events.push(team.events_of(&request).await[0].clone());
    }
    let (source, destination) = team.connected_with(json!({ "url": works.url() })).await;
    team.test.put(&format!("/v1/destinations/{}/pause", id(&destination)), json!({})).await.expect(200);
    let request = team.post_to(&source, &json!({})).await;
    events.push(team.events_of(&request).await[0].clone());
    until("the outcomes", async || {
        let count = async |status| team.count_events(status).await;
        (count("SUCCESSFUL").await, count("SCHEDULED").await, count("HOLD").await) == (1, 1, 1)
    })
    .await;
    let again = team.test.post(&format!("/v1/events/{}/retry", id(&events[0])), json!({})).await.expect(202);
    events.push(json!({ "id": again["replay_event_id"] }));
    until("the retry", async || team.count_events("SUCCESSFUL").await == 2).await;
    (team, events.try_into().unwrap())
}

async fn each_break_is_found_and_named(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, [delivered, waiting, held, again]) = history(&server).await;
    assert_eq!(verified(&team.test).await["discrepancy_count"], 0);
    let [delivered_id, waiting_id, held_id, again_id] = [&delivered, &waiting, &held, &again].map(id);
    let paused = held["destination_id"].as_str().unwrap();
    let request = delivered["request_id"].as_str().unwrap();
    let event = |set: &str, id: &str| format!("UPDATE event SET {set} WHERE id = '{id}'");
    let requests = |set: &str| format!("UPDATE request SET {set} WHERE id = '{request}'");
    for (rule, breaks, mends, named) in [
        ("request_events", requests("events_count = 2"), requests("events_count = 1"), request),
        ("request_ignored", requests("ignored_count = 1"), requests("ignored_count = 0"), request),
        ("request_outcome", requests("status = 'rejected'"), requests("status = 'accepted'"), request),
        (
            "event_payload",
            event("data_id = 'exe_00000000000000000000000000'", &delivered_id),
            event("data_id = NULL", &delivered_id),
            delivered_id.as_str(),
        ),
        ("event_attempts", event("attempts = 5", &delivered_id), event("attempts = 1", &delivered_id), &delivered_id),
        (
            "event_delivered",
            format!("UPDATE attempt SET status = 'FAILED' WHERE event_id = '{delivered_id}'"),
            format!("UPDATE attempt SET status = 'SUCCESSFUL' WHERE event_id = '{delivered_id}'"),
            &delivered_id,
        ),
        (
            "event_queued",
            event("next_attempt_at = next_attempt_at + 1", &waiting_id),
            event("next_attempt_at = next_attempt_at - 1", &waiting_id),
            &waiting_id,
        ),
        (
            "event_held",
            format!("UPDATE destination SET paused_at = NULL WHERE id = '{paused}'"),
            format!("UPDATE destination SET paused_at = 1 WHERE id = '{paused}'"),
            &held_id,
        ),
        (
            "event_parent",
            event(&format!("retry_parent_id = '{}'", delivered_id.replace("evt_0", "evt_1")), &again_id),
            event(&format!("retry_parent_id = '{delivered_id}'"), &again_id),
            &again_id,
        ),
    ] {
        assert_eq!(execute(&database, &breaks).await, 1, "{rule}");
        let found = verified(&team.test).await;
        assert!(names_of(&found).contains(&rule.to_owned()), "{rule} is not found: {found}");
        let list = found["discrepancies"].as_array().unwrap();
        let told = |one: &Value| one["rule"] == rule && one["subject"] == named && one["detail"].is_string();
        assert!(list.iter().any(told), "{rule}: {named} is not named in {found}");
        assert_eq!(execute(&database, &mends).await, 1, "{rule}");
    }
    let found = verified(&team.test).await;
    assert_eq!(found["discrepancy_count"], 0, "{found}");
    // What cannot be mended.
    execute(&database, &format!("DELETE FROM event WHERE id = '{again_id}'")).await;
    execute(&database, &format!("DELETE FROM request WHERE id = '{request}'")).await;
    let found = verified(&team.test).await;
    assert_eq!(names_of(&found), ["event_request", "attempt_event"], "{found}");
    let metrics = server.client().get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("\nhookyard_verify_discrepancies 2\n"));
}

async fn queues_that_nobody_looks_after_are_found(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (_, [_, waiting, ..]) = history(&server).await;
    server.stop().await;
    let destination = waiting["destination_id"].as_str().unwrap();
    let never = format!("UPDATE lane SET due_at = {} WHERE destination_id = '{destination}'", i64::MAX);
    assert_eq!(execute(&database, &never).await, 1);
    let (clean, found) = verify(&database).await;
    assert!(!clean && found["discrepancies"][0].as_str().unwrap().contains(destination), "{found}");
    assert_eq!(execute(&database, &never.replace(&i64::MAX.to_string(), "0")).await, 1);
    assert!(verify(&database).await.0);

    let waiting = id(&waiting);
    let staged = format!(
        "INSERT INTO transforming (team_id, mode, event_id, connection_id, rank, cause, size) \
         SELECT team_id, mode, id, connection_id, 0, 'INITIAL', 0 FROM event WHERE id = '{waiting}'"
    );
    assert_eq!(execute(&database, &staged).await, 1);
    let (clean, found) = verify(&database).await;
    let told = found["discrepancies"].as_array().unwrap();
    assert!(!clean && told.iter().any(|one| one.as_str().unwrap().contains(&waiting)), "{found}");
}

async fn what_outlives_its_destination_is_left_to_a_chore(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (_, [_, waiting, ..]) = history(&server).await;
    server.stop().await;
    let (destination, waiting) = (waiting["destination_id"].as_str().unwrap(), id(&waiting));
    assert_eq!(execute(&database, &format!("DELETE FROM lane WHERE destination_id = '{destination}'")).await, 1);
    let is_found = async || {
        let (clean, found) = verify(&database).await;
        let told = found["discrepancies"].as_array().unwrap();
        assert_eq!(clean, !told.iter().any(|one| one.as_str().unwrap().contains(&waiting)), "{found}");
        !clean
    };
    assert!(is_found().await, "nobody sends it, and nobody cancels it");

    // As when it is taken in by one node while another deletes the destination.
    assert_eq!(execute(&database, &format!("DELETE FROM destination WHERE id = '{destination}'")).await, 1);
    assert!(!is_found().await, "it is about to be cancelled");
    let long_ago = format!("UPDATE event SET updated_at = 1 WHERE id = '{waiting}'");
    assert_eq!(execute(&database, &long_ago).await, 1);
    assert!(is_found().await, "it should have been");
}

async fn it_is_of_one_team_and_mode(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, _) = history(&server).await;
    let (other, _) = history(&server).await;
    execute(&database, &format!("UPDATE event SET attempts = 9 WHERE team_id = '{}'", other.made.team_id)).await;
    let (found, theirs) = (verified(&team.test).await, verified(&other.test).await);
    assert_eq!((&found["discrepancy_count"], &theirs["discrepancy_count"]), (&json!(0), &json!(4)));
    assert_eq!(looked_at(&verified(&team.live).await), [0; 5]);
    assert_eq!(server.client().get("/v1/verify").await.status, 401);
}

async fn it_can_be_stopped_and_run_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, [delivered, ..]) = history(&server).await;
    assert_eq!(team.test.post("/v1/verify/stop", json!({})).await.status, 404, "there is none to stop");
    // What is amiss is looked at again a while later, so this one takes its time.
    execute(&database, &format!("UPDATE event SET attempts = 9 WHERE id = '{}'", id(&delivered))).await;
    team.test.post("/v1/verify", json!({})).await.expect(202);
    let stopped = team.test.post("/v1/verify/stop", json!({})).await.expect(200);
    assert_eq!((&stopped["status"], stopped["finished_at"].is_string()), (&json!("STOPPED"), true));
    execute(&database, &format!("UPDATE event SET attempts = 1 WHERE id = '{}'", id(&delivered))).await;
    let found = verified(&team.test).await;
    assert_eq!(found["discrepancy_count"], 0, "{found}");
    server.stop().await;
}

async fn a_node_goes_on_where_another_left_off(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([Answer::from(200)]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    verified(&team.test).await;
    server.stop().await;

    // As a node leaves it that is killed in the middle.
    let left = "UPDATE verification SET status = 'RUNNING', finished_at = NULL, held_until = 0, \
         state = '{\"stage\":\"Attempts\",\"looked\":{\"requests\":41}}'";
    assert_eq!(execute(&database, left).await, 1);
    let server = TestServer::start(&database).await;
    let team = team.at(&server.url);
    until("the end", async || team.test.get("/v1/verify").await.expect(200)["status"] == "COMPLETED").await;
    let found = team.test.get("/v1/verify").await.expect(200);
    assert_eq!(looked_at(&found), [41, 0, 0, 1, 0], "{found}");
    server.stop().await;
}

async fn what_retention_deleted_is_not_missed(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, [_, waiting, ..]) = history(&server).await;
    let path = format!("/v1/destinations/{}/pause", waiting["destination_id"].as_str().unwrap());
    team.test.put(&path, json!({})).await.expect(200);
    until("what failed to be held", async || team.count_events("HOLD").await == 2).await;

    // Its attempt goes, and the event stays with what it waits with.
    server.advance(Duration::from_hours(15 * 24 + 1));
    until("all but what waits to be gone", async || {
        (count(&database, "attempt").await, count(&database, "request").await) == (0, 2)
    })
    .await;
    assert_eq!(verified(&team.test).await["discrepancy_count"], 0);
    // By what was deleted, and not by a setting or a clock: to this command it is younger than anything that is.
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
    assert_eq!(execute(&database, "UPDATE retained SET since = 0 WHERE since > 0").await, 1);
    assert!(!verify(&database).await.0, "had nobody deleted anything, they would be missed");
}
