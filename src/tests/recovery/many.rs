//! An outage of very many events: the window has all of them, and all of them are counted.

use std::fmt::Write as _;

use hookyard_model::{EventId, Recovery, StepState, Timestamp};
use serde_json::{Value, json};

use super::Scene;
use crate::{
    api::whole::execute,
    support::{Database, TestServer, id, on_both},
};

on_both![the_window_has_all_of_a_long_outage];

/// How many fail beside the one that really does.
const EVENTS: i64 = 25_000;
/// How far apart they are, in milliseconds: the outage is of some six hours.
const APART: i64 = 900;
const COLUMNS: &str =
    "source_id, connection_id, destination_id, event_type, simulated, attempts, error_code, untransformed";

/// The start of the id of what was made then, and its end.
fn id_parts(at: i64, number: i64) -> (String, String) {
    let first = EventId::first_at(Timestamp::from_millis(at)).to_string();
    let (time, _) = first.split_at("evt_".len() + 10);
    (time.to_owned(), format!("{number:016}"))
}

/// Puts in many events like that one, from `before` on and each some time before the last, with these statuses.
async fn put_in(database: &Database, like: &str, before: i64, is_delivered: bool, numbers: std::ops::Range<i64>) {
    let mut number = numbers.start;
    while number < numbers.end {
        let until = (number + 1000).min(numbers.end);
        let mut rows = String::new();
        for number in number..until {
            let (time, end) = id_parts(before - number * APART, number);
            let _ =
                write!(rows, "{}('{time}', '{end}', {})", if rows.is_empty() { "" } else { ", " }, 500 + number % 2);
        }
        // Delivered again just after the last of them failed.
        let (id, status, answer) = if is_delivered {
            let (later, _) = id_parts(before + 60_000, 0);
            (format!("'{later}' || v.rest"), "SUCCESSFUL", "200".to_owned())
        } else {
            ("v.time || v.rest".to_owned(), "FAILED", "v.status".to_owned())
        };
        let sql = format!(
            "WITH v(time, rest, status) AS (VALUES {rows}) \
             INSERT INTO event (team_id, mode, id, request_id, webhook_id, status, response_status, created_at, updated_at, \
                 {COLUMNS}) \
             SELECT e.team_id, e.mode, {id}, 'req_' || v.rest, 'wh_' || v.rest, '{status}', {answer}, e.created_at, \
                 e.updated_at, {COLUMNS} \
             FROM event e CROSS JOIN v WHERE e.id = '{like}'"
        );
        assert_eq!(execute(database, &sql).await, (until - number).unsigned_abs());
        number = until;
    }
    if database.url().starts_with("postgres") {
        // It looks by itself within a minute at what it has.
        execute(database, "ANALYZE event").await;
    }
}

async fn the_window_has_all_of_a_long_outage(database: Database) {
    let server = TestServer::start(&database).await;
    let scene = Scene::new(&server).await;
    let real = scene.event("FAILED").await;
    let failed_at = real.parse::<EventId>().unwrap().made_at().millis();
    put_in(&database, &real, failed_at, false, 1..EVENTS + 1).await;
    let read = async || serde_json::from_value::<Recovery>(scene.recovery().await).unwrap();
    let counts = |found: &Recovery| (found.failed, found.delivered_since, found.left());
    let all = EVENTS.unsigned_abs() + 1;

    let found = read().await;
    assert_eq!(counts(&found), (all, 0, all));
    assert!(!found.is_part);
    assert_eq!(found.from.millis(), failed_at - EVENTS * APART, "the window begins with the first");
    assert_eq!(found.to.millis(), failed_at);
    assert_eq!(found.groups.len(), 3, "{:?}", found.groups);
    let [first, second, really] = found.groups.as_slice() else { panic!("three causes") };
    assert_eq!((first.failed + second.failed, really.failed), (all - 1, 1));
    assert_eq!(first.bins.iter().chain(&second.bins).sum::<u64>(), all - 1);
    assert!(first.bins.iter().filter(|bin| **bin > 0).count() > 20, "they are spread: {:?}", first.bins);
    assert_eq!(first.examples.len(), 10);
    assert_eq!(first.first_at.millis().min(second.first_at.millis()), found.from.millis());
    let filter = format!("?from={}&to={}", found.from, found.to);
    let asked: Recovery = serde_json::from_value(scene.recovery_with(&filter).await).unwrap();
    assert_eq!(counts(&asked), (all, 0, all), "the same when it is asked for by its bounds");
    // What a replay of the window would take is all of it.
    let preview = json!({ "filter": { "destination_id": id(&scene.destination), "status": "FAILED",
        "from": found.from, "to": found.to }, "dry_run": true });
    let preview = scene.team.test.post("/v1/events/bulk_operations", preview).await;
    assert_eq!(preview.body["total_count"], json!(all), "{}", preview.body);

    // The newest are delivered: the others are left, and the replay is not done.
    put_in(&database, &real, failed_at, true, 1..EVENTS - 10).await;
    scene.answers(200);
    scene.retry(&real, "SUCCESSFUL").await;
    let found = read().await;
    assert_eq!(counts(&found), (all, all - 11, 11));
    assert_eq!(found.steps(true).replay, StepState::ToDo);
    let left: Vec<_> = found.groups.iter().flat_map(|group| &group.examples).map(|one| one.event_id).collect();
    assert!(!left.is_empty(), "what is left is offered, however old");
    let oldest = id_parts(failed_at - (EVENTS - 10) * APART, EVENTS - 10);
    assert!(left.iter().all(|event| event.to_string() <= format!("{}{}", oldest.0, oldest.1)), "{left:?}");

    put_in(&database, &real, failed_at, true, EVENTS - 10..EVENTS + 1).await;
    let found = read().await;
    assert_eq!((counts(&found), found.is_part), ((all, all, 0), false));
    assert_eq!(found.steps(true).replay, StepState::Done);
    assert_eq!(scene.recovery().await["locked"], Value::Null);
    // Of requests that never came, they do not add up.
    execute(&database, "DELETE FROM event WHERE webhook_id LIKE 'wh_%'").await;
    server.stop().await;
}
