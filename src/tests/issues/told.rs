//! Who is told of issues: once an outage, by mail, by a chat and by event.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CALM, Switch, deliver, fail, in_state, issues, mailing, only_issue, recover};
use crate::support::{Answer, Database, MailServer, Mailed, Receiver, Setup, Team, TestServer, id, on_both, until};

on_both![
    an_outage_is_one_issue_and_one_message,
    within_the_quiet_time_nothing_more_is_told,
    what_still_fails_after_the_quiet_time_is_told,
    an_event_that_tells_of_issues_and_fails_tells_of_nothing,
    the_chat_s_url_is_a_secret,
    a_member_who_is_no_owner_sends_no_test_message,
    a_message_that_is_not_taken_is_tried_again,
    a_message_that_is_refused_is_not_tried_again,
    a_private_address_gets_no_message,
    a_webhook_s_members_get_its_own_notices,
];

async fn set(team: &Team, settings: Value) {
    team.test.patch("/v1/team/settings", settings).await.expect(200);
}

/// A chat, and a webhook of the team for the operational events.
async fn listening(team: &Team) -> (Receiver, Receiver) {
    let (chat, told) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
    set(team, json!({ "slack_url": chat.url_of("/services/T0/B0/x") })).await;
    let kinds = ["hookyard.issue.opened", "hookyard.issue.resolved"];
    team.test.post("/v1/webhooks", json!({ "url": told.url(), "event_types": kinds })).await.expect(201);
    (chat, told)
}

/// Waits until what was told to the chat is noted. What is not when its lease is over is told again.
async fn noted(team: &Team) {
    let is_told = |notice: &Value| notice["slack_at"].is_string();
    until("what was told to be noted", async || team.list("/v1/notices").await.iter().all(is_told)).await;
}

async fn an_outage_is_one_issue_and_one_message(database: Database) {
    const EVENTS: usize = 300;
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let team = server.new_team().await;
    let (chat, told) = listening(&team).await;
    let receiver = Receiver::deciding(|number, _| Answer::status(if number < EVENTS { 500 } else { 200 })).await;
    let (source, destination) = team.connected_to(&receiver).await;
    // Else it is disabled after some.
    team.test
        .patch(&format!("/v1/destinations/{}", id(&destination)), json!({ "auto_disable": null }))
        .await
        .expect(200);

    for number in 0..EVENTS {
        team.post_to(&source, &json!({ "n": number })).await;
    }
    let open = only_issue(&team, "all to be counted", |issue| issue["attempts"] == EVENTS).await;
    until("the messages", async || (mail.count(), chat.count(), told.count()) == (1, 1, 1)).await;

    let title = format!("500 from {}", destination["name"].as_str().unwrap());
    assert_eq!((&open["title"], &open["times_opened"]), (&json!(title), &json!(1)));
    let page = format!("{}/issues/{}", server.url, id(&open));
    let letter = mail.letters().remove(0);
    assert_eq!(letter.subject(), format!("[Hookyard] {title}"));
    for said in [page.as_str(), "it answered 500", "Mode: test", "Cause: HTTP_500"] {
        assert!(letter.text.contains(said), "{said} in {}", letter.text);
    }
    let message = chat.request(0);
    assert_eq!((message.method.as_str(), message.target.as_str()), ("POST", "/services/T0/B0/x"));
    assert_eq!(message.header("content-type"), "application/json");
    assert!(message.json()["text"].as_str().unwrap().ends_with(&title), "{}", message.json());
    assert!(message.json()["blocks"].to_string().contains(&page), "{}", message.json());
    let event = told.request(0).json();
    assert_eq!((&event["type"], &event["data"]["issue_id"]), (&json!("hookyard.issue.opened"), &open["id"]));
    assert_eq!((&event["data"]["cause"], &event["data"]["state"]), (&json!("HTTP_500"), &json!("OPEN")), "{event}");

    deliver(&team, &source).await;
    server.advance(CALM);
    in_state(&team, "RESOLVED").await;
    until("the other messages", async || (mail.count(), chat.count(), told.count()) == (2, 2, 2)).await;
    let subjects: Vec<_> = mail.letters().iter().map(Mailed::subject).collect();
    assert!(subjects[1].ends_with("delivers again"), "{subjects:?}");
    assert_eq!(told.request(1).json()["type"], "hookyard.issue.resolved");
    assert_eq!(told.request(1).json()["data"]["resolution"], "ITSELF");
    noted(&team).await;
    let notices = async || team.list("/v1/notices?dir=asc").await;
    let is_mailed = |notice: &Value| notice["mailed_at"].is_string();
    until("what was mailed to be noted", async || notices().await.iter().all(is_mailed)).await;
    server.advance(Duration::from_mins(90));
    until("the rest", async || team.count_events("SUCCESSFUL").await > EVENTS as u64).await;
    assert_eq!((issues(&team).await.len(), mail.count(), chat.count(), told.count()), (1, 2, 2, 2));
    let notices = notices().await;
    let kinds: Vec<_> = notices.iter().map(|notice| notice["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["issue_opened", "issue_resolved"]);
    server.stop().await;
}

async fn within_the_quiet_time_nothing_more_is_told(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (chat, _told) = listening(&team).await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    until("the first message", async || chat.count() == 1).await;
    recover(&server, &team, &source, &receiver, CALM).await;
    until("that it delivers", async || chat.count() == 2).await;

    // Again, within the hour: nobody is told, neither then nor when it is over.
    receiver.set(500);
    fail(&team, &source).await;
    in_state(&team, "OPEN").await;
    recover(&server, &team, &source, &receiver, CALM * 2).await;
    noted(&team).await;
    server.advance(Duration::from_hours(1));
    receiver.set(500);
    fail(&team, &source).await;
    until("the next message", async || chat.count() == 3).await;

    let said = chat.request(2).json().to_string();
    assert!(said.contains("Once more it failed and recovered since the last message."), "{said}");
    let found = in_state(&team, "OPEN").await;
    assert_eq!(found["times_opened"], 3);
    // Without a quiet time each is told.
    noted(&team).await;
    set(&team, json!({ "issue_quiet_minutes": 0 })).await;
    recover(&server, &team, &source, &receiver, Duration::from_mins(20)).await;
    receiver.set(500);
    fail(&team, &source).await;
    until("two more", async || chat.count() == 5).await;
    server.stop().await;
}

async fn what_still_fails_after_the_quiet_time_is_told(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (chat, _told) = listening(&team).await;
    set(&team, json!({ "issue_quiet_minutes": 5 })).await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    until("the first message", async || chat.count() == 1).await;
    server.advance(Duration::from_secs(1));
    receiver.set(404);
    fail(&team, &source).await;
    until("the other cause", async || issues(&team).await.len() == 2).await;
    // A destination of its own shows that all is told that is to be.
    let other = Receiver::answering([500]).await;
    let (other_source, _) = team.connected_to(&other).await;
    fail(&team, &other_source).await;
    until("the other destination's", async || chat.count() == 2).await;
    noted(&team).await;

    server.advance(Duration::from_mins(5));

    until("the other cause's", async || chat.count() == 3).await;
    let said = chat.request(2).json().to_string();
    assert!(said.contains("404 from") && said.contains("1 other issue of it is open as well."), "{said}");
    server.stop().await;
}

async fn an_event_that_tells_of_issues_and_fails_tells_of_nothing(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let told = Receiver::answering([500]).await;
    let kinds = ["hookyard.issue.opened", "hookyard.issue.resolved"];
    team.test.post("/v1/webhooks", json!({ "url": told.url(), "event_types": kinds })).await.expect(201);
    let chat = Receiver::answering([200]).await;
    set(&team, json!({ "slack_url": chat.url(), "issue_quiet_minutes": 0 })).await;
    let receiver = Receiver::answering([500]).await;
    let (source, _) = team.connected_to(&receiver).await;

    fail(&team, &source).await;

    // The webhook's own issue is told to the chat, and not to the webhook.
    until("both messages", async || chat.count() == 2).await;
    until("both to be published", async || {
        let notices = team.list("/v1/notices").await;
        notices.len() == 2 && notices.iter().all(|notice| notice["slack_at"].is_string())
    })
    .await;
    assert_eq!((issues(&team).await.len(), told.count()), (2, 1));
    server.stop().await;
}

async fn the_chat_s_url_is_a_secret(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let settings = team.test.get("/v1/team/settings").await.expect(200);
    assert_eq!((&settings["issue_quiet_minutes"], &settings["slack_url"]), (&json!(60), &Value::Null));
    let untested = team.test.post("/v1/team/test-slack", json!({})).await;
    assert_eq!(untested.status, 409, "{}", untested.body);
    for (patch, pointer) in [
        (json!({ "slack_url": "hooks.example.com" }), "/slack_url"),
        (json!({ "slack_url": "ftp://hooks.example.com/" }), "/slack_url"),
        (json!({ "slack_url": hookyard_model::REDACTED }), "/slack_url"),
        (json!({ "issue_quiet_minutes": 1441 }), "/issue_quiet_minutes"),
    ] {
        let refused = team.test.patch("/v1/team/settings", patch).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{}", refused.body);
    }

    let chat = Receiver::answering([200]).await;
    let set = team.test.patch("/v1/team/settings", json!({ "slack_url": chat.url_of("/hidden") })).await.expect(200);
    assert_eq!(set["slack_url"], hookyard_model::REDACTED);
    let kept = json!({ "slack_url": hookyard_model::REDACTED, "issue_quiet_minutes": 1440 });
    team.test.patch("/v1/team/settings", kept).await.expect(200);
    team.test.post("/v1/team/test-slack", json!({})).await.expect(204);
    assert_eq!((chat.count(), chat.request(0).target.as_str()), (1, "/hidden"));
    assert!(chat.request(0).json()["text"].is_string() && chat.request(0).json()["blocks"].is_array());
    let audit = team.list("/v1/audit-log?action=settings_changed").await;
    let said: Vec<_> = audit.iter().map(|entry| entry["detail"].as_str().unwrap().to_owned()).collect();
    assert_eq!(said, ["quiet time of issues: 1440 minutes, before 60", "Slack-compatible URL: set"]);
    let gone = team.test.patch("/v1/team/settings", json!({ "slack_url": null })).await.expect(200);
    assert_eq!((&gone["slack_url"], &gone["issue_quiet_minutes"]), (&Value::Null, &json!(1440)));
    server.stop().await;
}

async fn a_member_who_is_no_owner_sends_no_test_message(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let (session, _) = crate::recovery::person(&server, &team).await;
    let member = crate::recovery::call(&server.client(), &session, "send_test_slack", &[]).await;
    assert_eq!(member.status, 403, "{}", member.body);
    server.stop().await;
}

async fn a_message_that_is_not_taken_is_tried_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let chat =
        Receiver::answering([Answer::status(500), Answer::status(200), Answer::status(404).with_body("no_service")])
            .await;
    set(&team, json!({ "slack_url": chat.url() })).await;
    let receiver = Switch::at(500).await;
    let (source, _) = team.connected_to(&receiver.receiver).await;
    fail(&team, &source).await;
    let notice = async || team.list("/v1/notices").await.remove(0);
    until("the refusal", async || chat.count() == 1 && notice().await["slack_error"].is_string()).await;
    assert_eq!(notice().await["slack_error"], "it answered 500 Internal Server Error: noted");

    server.advance(Duration::from_secs(10));

    until("the next try", async || notice().await["slack_at"].is_string()).await;
    assert_eq!((chat.count(), &notice().await["slack_error"]), (2, &Value::Null));
    let refused = team.test.post("/v1/team/test-slack", json!({})).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.body["detail"], "the message was not taken: it answered 404 Not Found: no_service");
    server.stop().await;
}

async fn a_message_that_is_refused_is_not_tried_again(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let chat = Receiver::answering([Answer::status(400).with_body("invalid_blocks"), Answer::status(200)]).await;
    set(&team, json!({ "slack_url": chat.url() })).await;
    let (source, _) = team.connected_to(&Receiver::answering([500]).await).await;
    fail(&team, &source).await;
    let notice = async || team.list("/v1/notices?dir=asc").await.remove(0);
    until("the refusal", async || chat.count() == 1 && notice().await["slack_error"].is_string()).await;

    server.advance(Duration::from_hours(1));

    // A later message shows that the first is not sent again.
    let (other, _) = team.connected_to(&Receiver::answering([500]).await).await;
    fail(&team, &other).await;
    until("the next message", async || team.list("/v1/notices").await[0]["slack_at"].is_string()).await;
    assert_eq!((chat.count(), &notice().await["slack_at"]), (2, &Value::Null));
    assert_eq!(notice().await["slack_error"], "it answered 400 Bad Request: invalid_blocks");
    server.stop().await;
}

async fn a_private_address_gets_no_message(database: Database) {
    let server = TestServer::start_with(&database, Setup::with_nothing_allowed()).await;
    let team = server.new_team().await;
    let chat = Receiver::answering([200]).await;
    set(&team, json!({ "slack_url": chat.url() })).await;
    let refused = team.test.post("/v1/team/test-slack", json!({})).await;
    assert_eq!((refused.status, chat.count()), (503, 0), "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("not public"), "{}", refused.body);
    let (source, _) = team.connected_with(json!({ "url": chat.url() })).await;
    fail(&team, &source).await;
    let open = in_state(&team, "OPEN").await;
    assert_eq!(open["cause"], "EGRESS_DENIED");
    let notice = async || team.list("/v1/notices").await.into_iter().next().unwrap_or_default();
    until("the refusal", async || notice().await["slack_error"].is_string()).await;
    assert_eq!(chat.count(), 0);
    server.stop().await;
}

async fn a_webhook_s_members_get_its_own_notices(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let team = server.new_team().await;
    let (chat, told) = listening(&team).await;
    let receiver = Receiver::answering([410]).await;
    let webhook = team.new_webhook(&receiver, "a.b").await;

    team.publish("a.b", json!({})).await;

    until("all of them", async || (mail.count(), chat.count(), told.count()) == (1, 1, 1)).await;
    assert!(mail.letters()[0].subject().ends_with("was disabled"), "{:?}", mail.letters()[0].subject());
    let open = in_state(&team, "OPEN").await;
    assert_eq!(open["title"], json!(format!("410 from {}", webhook["url"].as_str().unwrap())));
    assert_eq!((&open["events"], &open["is_webhook"]), (&json!(1), &json!(true)));
    server.stop().await;
}
