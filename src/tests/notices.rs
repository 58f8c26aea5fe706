//! Who is told when a webhook keeps failing, is disabled, and delivers again: once a change, by mail and by event.

mod letters;

use std::time::Duration;

use hookyard_engine::Mail;
use serde_json::{Value, json};

use crate::{
    api::whole::execute,
    support::{
        Answer, Client, Database, MailServer, Mailed, Process, Receiver, Setup, Team, TestServer, id, on_both,
        on_postgres, serve, until, verify,
    },
};

mod both {
    use super::*;

    on_both![
        a_change_is_mailed_once_and_an_event_never,
        gone_is_mailed_as_disabled_at_once,
        time_alone_leads_to_a_warning,
        what_is_damaged_keeps_nothing_from_others,
        webhooks_that_subscribe_get_the_change_as_an_event,
        what_a_person_does_is_told_to_nobody,
    ];
}

mod several {
    use super::*;

    on_postgres![two_nodes_mail_a_change_once];
}

/// With mail through `server`, and a clock that the test moves.
fn mailing(server: &MailServer) -> Setup {
    Setup { mail: Some(Mail::new(&server.url(), "Hooks <hooks@example.com>").unwrap()), ..Setup::with_manual_clock() }
}

/// A webhook for `receiver`, disabled by itself by so many failures in so many seconds.
async fn webhook(team: &Team, receiver: &Receiver, event_type: &str, failures: u32, seconds: u64) -> Value {
    let webhook = team.new_webhook(receiver, event_type).await;
    let rule = json!({ "auto_disable": { "consecutive_failures": failures, "failing_for_seconds": seconds } });
    team.test.patch(&format!("/v1/destinations/{}", id(&webhook)), rule).await.expect(200);
    webhook
}

async fn record(team: &Team, webhook: &Value) -> Value {
    team.test.get(&format!("/v1/webhooks/{}", id(webhook))).await.expect(200)
}

/// Publishes so many events that fail, and waits until the webhook has failed `total` times.
async fn fail(team: &Team, webhook: &Value, count: u32, total: u32) {
    let event_type = webhook["event_types"][0].as_str().unwrap();
    for number in 0..count {
        team.publish(event_type, json!({ "n": number })).await;
    }
    until("the failures", async || record(team, webhook).await["health"]["consecutive_failures"] == total).await;
}

/// What was told of webhooks; what is told of their issues is not mailed.
async fn notices(team: &Team) -> Vec<Value> {
    let mut notices = team.list("/v1/notices?dir=asc").await;
    notices.retain(|notice| notice["issue_id"].is_null());
    notices
}

async fn kinds(team: &Team) -> Vec<String> {
    notices(team).await.iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

/// Waits until everything that was told so far is mailed.
async fn all_mailed(team: &Team, count: usize) {
    until("the mail", async || {
        let notices = notices(team).await;
        notices.len() == count && notices.iter().all(|notice| notice["mailed_at"].is_string())
    })
    .await;
}

async fn a_change_is_mailed_once_and_an_event_never(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::deciding(|number, _| Answer::status(if number < 20 { 500 } else { 200 })).await;
    let team = server.new_team().await;
    let webhook = webhook(&team, &receiver, "a.b", 20, 0).await;

    fail(&team, &webhook, 9, 9).await;
    assert_eq!(record(&team, &webhook).await["health"]["state"], "failing");
    fail(&team, &webhook, 1, 10).await;
    all_mailed(&team, 1).await;
    fail(&team, &webhook, 10, 20).await;
    all_mailed(&team, 2).await;
    assert_eq!(record(&team, &webhook).await["status"], "disabled");
    for number in 0..80 {
        team.publish("a.b", json!({ "late": number })).await;
    }
    assert_eq!(receiver.count(), 20, "nothing is sent to what is disabled");
    team.test.post(&format!("/v1/webhooks/{}/enable", id(&webhook)), json!({})).await.expect(200);
    team.publish("a.b", json!({ "after": true })).await;
    all_mailed(&team, 3).await;

    assert_eq!(kinds(&team).await, ["warning", "disabled", "recovered"]);
    let url = webhook["url"].as_str().unwrap();
    let letters = mail.letters();
    let subjects: Vec<_> = letters.iter().map(Mailed::subject).collect();
    let expected =
        ["keeps failing", "was disabled", "delivers again"].map(|end| format!("[Hookyard] Webhook {url} {end}"));
    assert_eq!(subjects, expected);
    let page = format!("{}/webhooks/{}", server.url, id(&webhook));
    for letter in &letters {
        assert_eq!((letter.from.as_str(), letter.to.len()), ("hooks@example.com", 1), "{letter:?}");
        assert_eq!(letter.header("auto-submitted"), "auto-generated");
        assert_eq!(letter.text.matches("text/plain").count() + letter.text.matches("text/html").count(), 2);
        for said in [page.as_str(), "Test team", "Mode: test"] {
            assert!(letter.text.contains(said), "{said} in {}", letter.text);
        }
    }
    for said in ["has failed 10 times in a row", "BAD_STATUS: it answered 500", "after 10 more failures"] {
        assert!(letters[0].text.contains(said), "{said} in {}", letters[0].text);
    }
    assert!(letters[1].text.contains("20 attempts in a row failed"), "{}", letters[1].text);
    until("all deliveries", async || team.count_events("SUCCESSFUL").await >= 1).await;
    assert_eq!(mail.count(), 3);
    server.stop().await;
}

async fn gone_is_mailed_as_disabled_at_once(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([410]).await;
    let team = server.new_team().await;
    let webhook = webhook(&team, &receiver, "a.b", 20, 0).await;

    team.publish("a.b", json!({})).await;

    all_mailed(&team, 1).await;
    let notice = &notices(&team).await[0];
    assert_eq!((&notice["kind"], &notice["destination_id"]), (&json!("disabled"), &webhook["id"]));
    assert!(notice["text"].as_str().unwrap().ends_with("was disabled: it answered 410 Gone."), "{notice}");
    assert!(mail.letters()[0].text.contains("it answered 410 Gone"));
    assert_eq!(mail.count(), 1);
    server.stop().await;
}

async fn time_alone_leads_to_a_warning(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([500]).await;
    let team = server.new_team().await;
    let webhook = webhook(&team, &receiver, "a.b", 2, 1000).await;
    fail(&team, &webhook, 2, 2).await;
    let health = &record(&team, &webhook).await["health"];
    assert_eq!((&health["state"], &health["failures_left"]), (&json!("failing"), &json!(1)), "{health}");
    assert_eq!(health["disables_at"], json!(server.now().plus(Duration::from_secs(1000))));
    // Nothing more is sent, so that it is time alone.
    team.test.post(&format!("/v1/webhooks/{}/pause", id(&webhook)), json!({})).await.expect(200);
    server.advance(Duration::from_secs(499));
    assert_eq!(record(&team, &webhook).await["health"]["state"], "failing");

    server.advance(Duration::from_secs(1));

    all_mailed(&team, 1).await;
    server.advance(Duration::from_secs(10_000));
    let webhook = record(&team, &webhook).await;
    assert_eq!((&webhook["status"], &webhook["health"]["state"]), (&json!("enabled"), &json!("warning")));
    assert_eq!((kinds(&team).await, mail.count(), receiver.count()), (vec!["warning".to_owned()], 1, 2));
    server.stop().await;
}

async fn what_is_damaged_keeps_nothing_from_others(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (receiver, told) = (Receiver::answering([410]).await, Receiver::answering([200]).await);
    let kinds = ["hookyard.webhook.warning", "hookyard.webhook.disabled"];
    team.test.post("/v1/webhooks", json!({ "url": told.url(), "event_types": kinds })).await.expect(201);
    let (damaged, well) =
        (webhook(&team, &receiver, "a.b", 20, 0).await, webhook(&team, &receiver, "a.c", 20, 0).await);
    let row = |id: &str, data: &str| {
        format!(
            "('{}', 'test', '{id}', '{}', 'warning', 'x', '{data}', 0, 0, {})",
            team.made.team_id,
            self::id(&damaged),
            server.now().millis()
        )
    };
    let rows = [row("ntc_01HF7YAT000000000000000001", "{"), row("ntc_01HF7YAT000000000000000002", r#"{"n":1}"#)];
    let sql = format!(
        "INSERT INTO notice (team_id, mode, id, destination_id, kind, text, data, mail_tries, due_at, created_at) VALUES {}",
        rows.join(", ")
    );
    execute(&database, &sql).await;
    until("the other notice", async || told.requests().iter().any(|request| request.json()["data"]["n"] == 1)).await;

    let damage =
        format!("UPDATE destination SET auto_disable = '{{', failing_since = 0 WHERE id = '{}'", self::id(&damaged));
    assert_eq!(execute(&database, &damage).await, 1);
    team.publish("a.c", json!({})).await;

    let of_well = format!("/v1/notices?webhook_id={}", self::id(&well));
    let is_told = async || team.list(&of_well).await.iter().any(|notice| notice["kind"] == "disabled");
    until("the other webhook's notice", is_told).await;
    execute(&database, "DELETE FROM notice WHERE data = '{'").await;
    server.stop().await;
}

async fn webhooks_that_subscribe_get_the_change_as_an_event(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (receiver, told) = (Receiver::answering([500]).await, Receiver::answering([200]).await);
    let subscriber = json!({
        "url": told.url(),
        "event_types": ["hookyard.webhook.warning", "hookyard.webhook.disabled", "hookyard.webhook.recovered"],
    });
    team.test.post("/v1/webhooks", subscriber).await.expect(201);
    let live = json!({ "url": "https://127.0.0.1:1/", "event_types": ["hookyard.webhook.disabled"] });
    team.live.post("/v1/webhooks", live).await.expect(201);
    let webhook = webhook(&team, &receiver, "a.b", 2, 0).await;
    fail(&team, &webhook, 1, 1).await;
    until("the first event", async || told.count() == 1).await;
    fail(&team, &webhook, 1, 2).await;
    until("the second event", async || told.count() == 2).await;

    let bodies: Vec<Value> = told.requests().iter().map(|request| request.json()).collect();
    for (body, kind) in bodies.iter().zip(["warning", "disabled"]) {
        assert_eq!(body["type"], format!("hookyard.webhook.{kind}"));
        let data = &body["data"];
        assert_eq!(
            (&data["webhook_id"], &data["url"], &data["mode"]),
            (&webhook["id"], &webhook["url"], &json!("test"))
        );
        assert_eq!((&data["state"], &data["failing_since"]), (&json!(kind), &json!(server.now())));
        assert!(data["last_error"].as_str().unwrap().starts_with("BAD_STATUS"), "{data}");
    }
    assert_eq!(
        (&bodies[0]["data"]["consecutive_failures"], &bodies[0]["data"]["disable_progress"]),
        (&json!(1), &json!(0.5))
    );
    assert_eq!(bodies[1]["data"]["disabled_at"], json!(server.now()));
    let ids: Vec<_> = told.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert!(ids[0] != ids[1] && ids.iter().zip(&bodies).all(|(id, body)| body["id"] == id.as_str()));
    assert_eq!(team.live.get("/v1/events/count").await.expect(200)["count"], 0, "the other mode is told nothing");
    server.stop().await;
}

async fn what_a_person_does_is_told_to_nobody(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([500, 410]).await;
    let team = server.new_team().await;
    let first = webhook(&team, &receiver, "a.b", 20, 0).await;
    fail(&team, &first, 1, 1).await;
    for action in ["disable", "enable", "disable"] {
        team.test.post(&format!("/v1/webhooks/{}/{action}", id(&first)), json!({})).await.expect(200);
    }

    // Another one's change shows that all is told that is to be told.
    let second = webhook(&team, &receiver, "a.c", 20, 0).await;
    team.publish("a.c", json!({})).await;

    all_mailed(&team, 1).await;
    assert_eq!((&notices(&team).await[0]["destination_id"], mail.count()), (&second["id"], 1));
    let mut of_first = team.list(&format!("/v1/notices?webhook_id={}", id(&first))).await;
    of_first.retain(|notice| notice["issue_id"].is_null());
    assert!(of_first.is_empty(), "{of_first:?}");
    server.stop().await;
}

async fn two_nodes_mail_a_change_once(database: Database) {
    const CHANGES: usize = 6;
    let mail = MailServer::start();
    let node = async || {
        let mut command = serve(&database);
        command.env("HOOKYARD_SMTP_URL", mail.url()).env("HOOKYARD_MAIL_FROM", "hooks@example.com");
        Process::start(command).await
    };
    let (one, two) = tokio::join!(node(), node());
    let team = one.new_team(&database).await;
    let receiver = Receiver::answering([410]).await;
    for number in 0..CHANGES {
        webhook(&team, &receiver, &format!("a.t{number}"), 20, 0).await;
    }

    for number in 0..CHANGES {
        let node = if number % 2 == 0 { &one.url } else { &two.url };
        let client: Client = team.test.at(node);
        client.post("/v1/publish", json!({ "type": format!("a.t{number}"), "data": {} })).await.expect(202);
    }

    all_mailed(&team, CHANGES).await;
    assert_eq!((one.terminate().await, two.terminate().await), (Some(0), Some(0)));
    let mut subjects: Vec<_> = mail.letters().iter().map(Mailed::subject).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((mail.count(), subjects.len()), (CHANGES, CHANGES), "each once");
    let (clean, found) = verify(&database).await;
    assert!(clean, "{found}");
}
