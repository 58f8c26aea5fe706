//! Who is told when a webhook keeps failing, is disabled, and delivers again: once a change, by mail and by event.

use std::time::Duration;

use hookyard_engine::Mail;
use serde_json::{Value, json};

use crate::{
    api::whole::execute,
    support::{
        Answer, Client, Database, MailServer, Mailed, Process, Receiver, Setup, Team, TestServer, id, on_both,
        on_postgres, serve, unique, until, verify,
    },
};

mod both {
    use super::*;

    on_both![
        a_change_is_mailed_once_and_an_event_never,
        gone_is_mailed_as_disabled_at_once,
        time_alone_leads_to_a_warning,
        only_the_chosen_members_get_mail,
        mail_that_cannot_be_handed_in_is_tried_again,
        a_member_who_cannot_be_reached_keeps_it_from_nobody,
        a_mailbox_that_is_refused_for_now_is_tried_again_alone,
        what_is_damaged_keeps_nothing_from_others,
        webhooks_that_subscribe_get_the_change_as_an_event,
        what_a_person_does_is_told_to_nobody,
        a_test_mail_goes_out_at_once,
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

async fn notices(team: &Team) -> Vec<Value> {
    team.list("/v1/notices?dir=asc").await
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
    let mail = MailServer::start().await;
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
    let mail = MailServer::start().await;
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
    let mail = MailServer::start().await;
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

/// Adds a member; returns the record.
async fn add(team: &Team, email: &str) -> Value {
    let new = json!({ "email": email, "password": "correct horse" });
    team.test.post("/v1/team/members", new).await.expect(201)
}

async fn only_the_chosen_members_get_mail(database: Database) {
    let mail = MailServer::start().await;
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([410]).await;
    let team = server.new_team().await;
    let owner = team.list("/v1/team/members").await[0]["email"].as_str().unwrap().to_owned();
    let (told, untold) = (format!("told.{}@example.com", unique()), format!("untold.{}@example.com", unique()));
    add(&team, &told).await;
    let silent = add(&team, &untold).await;
    let path = format!("/v1/team/members/{}", silent["user_id"].as_str().unwrap());
    assert_eq!(team.test.patch(&path, json!({ "notices": false })).await.expect(200)["notices"], false);
    webhook(&team, &receiver, "a.b", 20, 0).await;

    team.publish("a.b", json!({})).await;

    all_mailed(&team, 1).await;
    let mut letters = mail.letters();
    letters.sort_by(|a, b| a.to.cmp(&b.to));
    let to: Vec<_> = letters.iter().map(|letter| letter.to.join(",")).collect();
    let mut expected = vec![owner.clone(), told.clone()];
    expected.sort();
    assert_eq!(to, expected);
    let mut mailed_to: Vec<String> = serde_json::from_value(notices(&team).await[0]["mailed_to"].clone()).unwrap();
    mailed_to.sort();
    assert_eq!(mailed_to, expected);
    for letter in letters {
        let other = if letter.to[0] == owner { &told } else { &owner };
        assert!(!letter.text.contains(other.as_str()), "nobody learns who else gets it");
    }
    server.stop().await;
}

async fn mail_that_cannot_be_handed_in_is_tried_again(database: Database) {
    let address = MailServer::nobody().await;
    let setup = Setup {
        mail: Some(Mail::new(&format!("smtp://{address}"), "hooks@example.com").unwrap()),
        ..Setup::with_manual_clock()
    };
    let server = TestServer::start_with(&database, setup).await;
    let (gone, well) = (Receiver::answering([410]).await, Receiver::answering([200]).await);
    let team = server.new_team().await;
    webhook(&team, &gone, "a.b", 20, 0).await;
    webhook(&team, &well, "a.b", 20, 0).await;

    team.publish("a.b", json!({})).await;

    until("the error", async || notices(&team).await.first().is_some_and(|notice| notice["mail_error"].is_string()))
        .await;
    let notice = &notices(&team).await[0];
    assert_eq!((&notice["mailed_at"], &notice["mailed_to"]), (&json!(null), &json!([])));
    until("deliveries, which wait for no mail", async || well.count() == 1).await;
    let mail = MailServer::start_at(address).await;
    server.advance(Duration::from_secs(11));
    all_mailed(&team, 1).await;
    let notice = &notices(&team).await[0];
    assert_eq!((&notice["mail_error"], mail.count()), (&json!(null), 1), "{notice}");
    server.stop().await;
}

async fn a_member_who_cannot_be_reached_keeps_it_from_nobody(database: Database) {
    let mail = MailServer::start().await;
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([410]).await;
    let team = server.new_team().await;
    // The first by name.
    let lost = format!("0.{}@example.com", unique());
    add(&team, &lost).await;
    mail.refuse(&lost);
    webhook(&team, &receiver, "a.b", 20, 0).await;

    team.publish("a.b", json!({})).await;

    all_mailed(&team, 1).await;
    let notice = &notices(&team).await[0];
    let error = notice["mail_error"].as_str().unwrap();
    assert!(error.contains(&lost) && error.contains("no such mailbox"), "{error}");
    assert_eq!((notice["mailed_to"].as_array().unwrap().len(), mail.count()), (1, 1));
    server.stop().await;
}

async fn a_mailbox_that_is_refused_for_now_is_tried_again_alone(database: Database) {
    let mail = MailServer::start().await;
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let receiver = Receiver::answering([410]).await;
    let team = server.new_team().await;
    // The first two by name.
    let (full, barred) = (format!("0.{}@example.com", unique()), format!("00.{}@example.com", unique()));
    add(&team, &full).await;
    add(&team, &barred).await;
    mail.refuse_with(&full, "452 mailbox full");
    mail.refuse_with(&barred, "554 not from you");
    webhook(&team, &receiver, "a.b", 20, 0).await;

    team.publish("a.b", json!({})).await;

    until("the owner's letter", async || mail.count() == 1).await;
    until("what is said of the others", async || {
        let error = notices(&team).await[0]["mail_error"].as_str().unwrap_or_default().to_owned();
        [&full, &barred].iter().all(|address| error.contains(address.as_str()))
    })
    .await;
    assert_eq!(notices(&team).await[0]["mailed_to"].as_array().unwrap().len(), 1);
    mail.take(&full);
    mail.take(&barred);
    server.advance(Duration::from_mins(1));
    all_mailed(&team, 1).await;
    let mut to: Vec<_> = mail.letters().iter().map(|letter| letter.to.join(",")).collect();
    to.sort();
    to.dedup();
    assert_eq!((mail.count(), to.len()), (3, 3), "each once: {to:?}");
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
    until("the other webhook's notice", async || !team.list(&of_well).await.is_empty()).await;
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
    let mail = MailServer::start().await;
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
    let of_first = team.list(&format!("/v1/notices?webhook_id={}", id(&first))).await;
    assert!(of_first.is_empty(), "{of_first:?}");
    server.stop().await;
}

async fn a_test_mail_goes_out_at_once(database: Database) {
    let mail = MailServer::start().await;
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let team = server.new_team().await;
    team.test.post("/v1/team/test-mail", json!({})).await.expect(204);
    assert_eq!((mail.count(), mail.letters()[0].subject()), (1, "[Hookyard] Test notice".to_owned()));
    let refused = team.test.post("/v1/team/test-mail", json!({})).await;
    assert_eq!((refused.status, refused.header("retry-after").is_some(), mail.count()), (429, true, 1), "{refused:?}");
    server.new_team().await.test.post("/v1/team/test-mail", json!({})).await.expect(204);
    server.advance(Duration::from_mins(1));
    drop(mail);
    let refused = team.test.post("/v1/team/test-mail", json!({})).await.expect(503);
    assert!(refused["detail"].as_str().unwrap().contains("was not taken"), "{refused}");
    server.stop().await;
    let silent = TestServer::start(&database).await;
    let refused = team.test.at(&silent.url).post("/v1/team/test-mail", json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("HOOKYARD_SMTP_URL"), "{refused}");
    silent.stop().await;
}

async fn two_nodes_mail_a_change_once(database: Database) {
    const CHANGES: usize = 6;
    let mail = MailServer::start().await;
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
