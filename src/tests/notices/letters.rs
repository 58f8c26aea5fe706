//! Whom a notice is mailed to, and what happens when one of them, or the mail server, does not take it.

use std::time::Duration;

use hookyard_engine::Mail;
use serde_json::{Value, json};

use super::{all_mailed, mailing, notices, webhook};
use crate::support::{Database, MailServer, Receiver, Setup, Team, TestServer, on_both, unique, until};

on_both![
    only_the_chosen_members_get_mail,
    mail_that_cannot_be_handed_in_is_tried_again,
    a_member_who_cannot_be_reached_keeps_it_from_nobody,
    a_mailbox_that_is_refused_for_now_is_tried_again_alone,
    a_test_mail_goes_out_at_once,
];

/// Adds a member; returns the record.
async fn add(team: &Team, email: &str) -> Value {
    let new = json!({ "email": email, "password": "correct horse" });
    team.test.post("/v1/team/members", new).await.expect(201)
}

async fn only_the_chosen_members_get_mail(database: Database) {
    let mail = MailServer::start();
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
    let place = MailServer::nobody();
    let url = format!("smtp://{}", place.local_addr().unwrap());
    let setup = Setup { mail: Some(Mail::new(&url, "hooks@example.com").unwrap()), ..Setup::with_manual_clock() };
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
    let mail = MailServer::start_at(place);
    server.advance(Duration::from_secs(11));
    all_mailed(&team, 1).await;
    let notice = &notices(&team).await[0];
    assert_eq!((&notice["mail_error"], mail.count()), (&json!(null), 1), "{notice}");
    server.stop().await;
}

async fn a_member_who_cannot_be_reached_keeps_it_from_nobody(database: Database) {
    let mail = MailServer::start();
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
    let mail = MailServer::start();
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

async fn a_test_mail_goes_out_at_once(database: Database) {
    let mail = MailServer::start();
    let server = TestServer::start_with(&database, mailing(&mail)).await;
    let team = server.new_team().await;
    team.test.post("/v1/team/test-mail", json!({})).await.expect(204);
    assert_eq!((mail.count(), mail.letters()[0].subject()), (1, "[Hookyard] Test notice".to_owned()));
    let refused = team.test.post("/v1/team/test-mail", json!({})).await;
    assert_eq!((refused.status, refused.header("retry-after").is_some(), mail.count()), (429, true, 1), "{refused:?}");
    server.new_team().await.test.post("/v1/team/test-mail", json!({})).await.expect(204);
    server.advance(Duration::from_mins(1));
    mail.stop().await;
    let refused = team.test.post("/v1/team/test-mail", json!({})).await.expect(503);
    assert!(refused["detail"].as_str().unwrap().contains("was not taken"), "{refused}");
    server.stop().await;
    let silent = TestServer::start(&database).await;
    let refused = team.test.at(&silent.url).post("/v1/team/test-mail", json!({})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("HOOKYARD_SMTP_URL"), "{refused}");
    silent.stop().await;
}
