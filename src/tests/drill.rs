//! `hookyard drill`, small: an outage, and the recovery from it.

use serde_json::{Value, json};

use crate::support::{Database, hookyard, on_both};

on_both![a_small_outage_is_recovered, a_circuit_breaker_recovers_by_itself, a_database_in_use_is_refused];

async fn a_small_outage_is_recovered(database: Database) {
    let report = drill(&database, &[]).await;
    assert_eq!(report["operation"]["status"], "COMPLETED", "{report}");
    assert!(report["failed_in_outage"].as_u64().unwrap() >= 200, "{report}");
}

async fn a_circuit_breaker_recovers_by_itself(database: Database) {
    let report = drill(&database, &["--breaker"]).await;
    assert_eq!((&report["operator_actions"], &report["failed_in_outage"]), (&json!([]), &json!(0)), "{report}");
}

/// What a drill reports, after it is seen that every event came of it.
async fn drill(database: &Database, more: &[&str]) -> Value {
    let mut command = hookyard(database);
    command.args(["drill", "--events", "200", "--capacity", "200", "--live", "10", "--json"]).args(more);
    if database.url().starts_with("postgres") {
        command.args(["--database-url", database.url()]);
    }
    let output = command.output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"));
    // How fast it goes on a machine with other things to do says nothing; what came of each event does.
    for what in ["events accepted", "events delivered", "sent twice by us", "tried again without a failure"] {
        let verdicts = report["verdicts"].as_array().unwrap();
        let held = verdicts.iter().any(|verdict| verdict["what"] == what && verdict["held"] == true);
        assert!(held, "{what}: {report}\n{told}");
    }
    assert!(report["live_during"]["events"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(output.status.success(), report["held"] == true);
    report
}

async fn a_database_in_use_is_refused(database: Database) {
    let bootstrap = ["bootstrap", "--team", "A", "--email", "a@example.com", "--password", "correct horse"];
    assert!(hookyard(&database).args(bootstrap).output().await.unwrap().status.success());
    let mut command = hookyard(&database);
    let output = command.args(["drill", "--database-url", database.url()]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("needs an empty one"), "{told}");
}
