//! Sources that check who sends, by each provider's own scheme.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_engine::Clock;
use hookyard_model::{REDACTED, Timestamp};
use hyper::Method;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Client, Database, Receiver, Reply, Setup, Team, TestServer, id, on_both, unique};

on_both![
    what_providers_send_is_believed_and_what_others_send_is_not,
    the_reason_of_a_refusal_is_in_the_record_alone,
    secrets_are_redacted_and_kept,
    mistakes_are_named,
    the_url_that_was_called_is_what_is_signed,
    a_handshake_is_answered_stored_and_makes_no_event,
    a_secret_that_the_provider_chooses_is_taken_from_its_first_request,
];

/// What a provider's own library or documentation made.
#[derive(Deserialize)]
struct Vector {
    kind: String,
    from: String,
    auth: Value,
    now: i64,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
    #[serde(default)]
    body_unsigned: bool,
}

fn vectors() -> Vec<Vector> {
    let mut vectors: Vec<Vector> = serde_json::from_str(include_str!("../engine/verification/vectors.json")).unwrap();
    vectors.sort_by_key(|vector| vector.now);
    vectors
}

fn vector(kind: &str) -> Vector {
    vectors().into_iter().rfind(|vector| vector.kind == kind).unwrap()
}

impl Vector {
    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// A server whose clock stands where the vectors were made.
async fn server_at(database: &Database, now: i64) -> TestServer {
    let clock = Clock::manual(Timestamp::from_millis(now));
    TestServer::start_with(database, Setup { clock, ..Setup::default() }).await
}

async fn new_source(team: &Team, kind: &str, auth: &Value) -> Value {
    let config = json!({ "auth_type": "PROVIDER_SIGNATURE", "auth": auth });
    team.test.post("/v1/sources", json!({ "name": unique(), "type": kind, "config": config })).await.expect(201)
}

async fn send(
    client: &Client,
    method: Method,
    source: &Value,
    more: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let url = format!("{}{more}", source["url"].as_str().unwrap());
    client.send(method, &url, headers, body.to_owned()).await.unwrap()
}

/// The stored request that an answer names.
async fn stored(team: &Team, reply: &Reply) -> Value {
    let of_default = reply.body["request_id"].as_str();
    let id = of_default.or_else(|| reply.header("hookyard-request-id")).unwrap();
    team.test.get(&format!("/v1/requests/{id}")).await.expect(200)
}

async fn what_providers_send_is_believed_and_what_others_send_is_not(database: Database) {
    // What is signed with the URL cannot be sent here, and a few examples are old.
    let own = |vector: &Vector| vector.url.ends_with("/in/src_1") && vector.now > 1_790_000_000_000;
    let vectors: Vec<Vector> = vectors().into_iter().filter(|vector| own(vector) && vector.kind != "TWILIO").collect();
    let server = server_at(&database, vectors[0].now).await;
    let (team, client) = (server.new_team().await, server.client());
    for vector in vectors {
        let away = u64::try_from(vector.now - server.now().millis()).unwrap();
        server.advance(Duration::from_millis(away));
        let what = format!("{} of {}", vector.kind, vector.from);
        let source = new_source(&team, &vector.kind, &vector.auth).await;
        let reply = send(&client, Method::POST, &source, "", &vector.headers(), &vector.body).await;
        assert_eq!(reply.status, 200, "{what}: {}", stored(&team, &reply).await["rejection_detail"]);
        assert_eq!(stored(&team, &reply).await["verified"], true, "{what}");

        let forged = format!("{} ", vector.body);
        let bare: Vec<_> = vector.headers().into_iter().filter(|(name, _)| *name == "content-type").collect();
        let reply = if vector.body_unsigned || vector.kind == "AWS_SNS" {
            send(&client, Method::POST, &source, "", &bare, "{\"value\":[{}]}").await
        } else {
            send(&client, Method::POST, &source, "", &vector.headers(), &forged).await
        };
        assert_eq!(reply.status, 401, "{what}, forged");
        let request = stored(&team, &reply).await;
        assert_eq!((&request["status"], &request["verified"]), (&json!("rejected"), &json!(false)), "{what}");
        assert_eq!(request["rejection_cause"], "SOURCE_AUTH_FAILED", "{what}");
        assert!(!request["rejection_detail"].as_str().unwrap().is_empty(), "{what}");
    }
    server.stop().await;
}

async fn the_reason_of_a_refusal_is_in_the_record_alone(database: Database) {
    let stripe = vector("STRIPE");
    let server = server_at(&database, stripe.now).await;
    let (team, client) = (server.new_team().await, server.client());
    let source = new_source(&team, "STRIPE", &stripe.auth).await;
    let signed = Timestamp::from_millis(stripe.now).seconds();
    server.advance(Duration::from_millis(u64::try_from((signed + 412) * 1000 - stripe.now).unwrap()));
    for (headers, detail) in [
        (stripe.headers(), "timestamp 412 s old, tolerance 300 s"),
        (vec![], "there is no stripe-signature header"),
        (
            vec![("stripe-signature", "t=1,v1=00"), ("stripe-signature", "t=1,v1=00")],
            "there is more than one stripe-signature header",
        ),
        (vec![("stripe-signature", "nonsense")], "there is no v1 of the header stripe-signature"),
    ] {
        let reply = send(&client, Method::POST, &source, "", &headers, &stripe.body).await;
        assert_eq!(reply.status, 401);
        assert_eq!(stored(&team, &reply).await["rejection_detail"], detail);
        let keys: Vec<&String> = reply.body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error", "ok", "request_id"], "the sender hears the cause alone");
    }
    server.stop().await;
}

async fn secrets_are_redacted_and_kept(database: Database) {
    let stripe = vector("STRIPE");
    let server = server_at(&database, stripe.now).await;
    let (team, client) = (server.new_team().await, server.client());
    let source = new_source(&team, "STRIPE", &stripe.auth).await;
    let path = format!("/v1/sources/{}", id(&source));
    let shown = team.test.get(&path).await.expect(200);
    assert_eq!(shown["config"]["auth"], json!({ "secret": REDACTED }));

    let back = json!({ "name": shown["name"], "type": "STRIPE", "config": shown["config"] });
    assert_eq!(team.test.put(&path, back).await.expect(200)["config"], shown["config"]);
    assert_eq!(send(&client, Method::POST, &source, "", &stripe.headers(), &stripe.body).await.status, 200);
    let back = json!({ "name": shown["name"], "type": "STRIPE", "config": shown["config"] });
    assert_eq!(team.test.put("/v1/sources", back).await.expect(200)["config"], shown["config"]);
    assert_eq!(send(&client, Method::POST, &source, "", &stripe.headers(), &stripe.body).await.status, 200);
    let problem = team.test.patch(&path, json!({ "type": "GITHUB" })).await.expect(422);
    assert_eq!(problem["errors"][0]["pointer"], "/config/auth/secret", "one provider's secret is not another's");

    let sendgrid = vector("SENDGRID");
    let open = new_source(&team, "SENDGRID", &sendgrid.auth).await;
    assert_eq!(open["config"]["auth"], sendgrid.auth, "a public key is no secret");
    let postmark = new_source(&team, "POSTMARK", &json!({ "username": "ada", "password": "pw" })).await;
    assert_eq!(postmark["config"]["auth"], json!({ "username": "ada", "password": REDACTED }));
    server.stop().await;
}

async fn mistakes_are_named(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let types = team.list("/v1/source-types").await;
    assert!(types.len() > 30);
    assert_eq!(types[0]["type"], "WEBHOOK");
    let sendgrid = types.iter().find(|kind| kind["type"] == "SENDGRID").unwrap();
    assert_eq!(sendgrid["fields"][0]["name"], "public_key");
    assert_eq!(sendgrid["fields"][0]["secret"], false);
    for (kind, auth, pointer) in [
        ("WEBHOOK", json!({ "secret": "s" }), "/config/auth_type"),
        ("STRIPE", json!({}), "/config/auth/secret"),
        ("STRIPE", json!({ "secret": "s", "public_key": "k" }), "/config/auth/public_key"),
        ("STRIPE", json!({ "secret": REDACTED }), "/config/auth/secret"),
        ("DISCORD", json!({ "public_key": "not hex" }), "/config/auth/public_key"),
        ("SENDGRID", json!({ "public_key": "bm90IGEga2V5" }), "/config/auth/public_key"),
        ("PAYPAL", json!({ "certificate": "-----BEGIN CERTIFICATE-----" }), "/config/auth/certificate"),
    ] {
        let config = json!({ "auth_type": "PROVIDER_SIGNATURE", "auth": auth });
        let input = json!({ "name": unique(), "type": kind, "config": config });
        let problem = team.test.post("/v1/sources", input).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{kind} {auth}: {problem}");
    }
    team.test.post("/v1/sources", json!({ "name": unique(), "type": "NOBODY" })).await.expect(422);
    server.stop().await;
}

fn mac(algorithm: hmac::Algorithm, key: &str, text: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text.as_bytes()))
}

async fn the_url_that_was_called_is_what_is_signed(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, client) = (server.new_team().await, server.client());
    let auth = json!({ "secret": "key" });

    let square = new_source(&team, "SQUARE", &auth).await;
    let url = format!("{}/shop?a=%20b", square["url"].as_str().unwrap());
    let signature = mac(hmac::HMAC_SHA256, "key", &format!("{url}{{}}"));
    let headers = [("x-square-hmacsha256-signature", signature.as_str())];
    assert_eq!(send(&client, Method::POST, &square, "/shop?a=%20b", &headers, "{}").await.status, 200);
    assert_eq!(send(&client, Method::POST, &square, "/shop?a=+b", &headers, "{}").await.status, 401);
    assert_eq!(send(&client, Method::POST, &square, "/other?a=%20b", &headers, "{}").await.status, 401);

    let twilio = new_source(&team, "TWILIO", &auth).await;
    let signed = format!("{}/sms{}", twilio["url"].as_str().unwrap(), "Body<hi>From+1");
    let signature = mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "key", &signed);
    let headers = [("x-twilio-signature", signature.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(send(&client, Method::POST, &twilio, "/sms", &headers, "From=%2B1&Body=%3Chi%3E").await.status, 200);
    assert_eq!(send(&client, Method::POST, &twilio, "/sms", &headers, "From=%2B2&Body=%3Chi%3E").await.status, 401);
    server.stop().await;
}

async fn a_handshake_is_answered_stored_and_makes_no_event(database: Database) {
    let slack = vector("SLACK");
    let server = server_at(&database, slack.now).await;
    let (team, client) = (server.new_team().await, server.client());
    let receiver = Receiver::answering([200]).await;
    let destination = team.new_destination(json!({ "url": receiver.url() })).await;
    let connected = async |kind: &str, auth: Value| {
        let source = new_source(&team, kind, &auth).await;
        team.connect(&source, &destination).await;
        source
    };
    let meta = connected("META", json!({ "secret": "s", "verify_token": "mine" })).await;
    let query = "?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=mine";
    let reply = send(&client, Method::GET, &meta, query, &[], "").await;
    assert_eq!((reply.status, &reply.bytes[..]), (200, &b"<script>"[..]));
    assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let request = stored(&team, &reply).await;
    assert_eq!((&request["status"], &request["events_count"]), (&json!("accepted"), &json!(0)));
    assert_eq!(request["ignored_count"], 1);
    let ignored = team.list(&format!("/v1/requests/{}/ignored_events", id(&request))).await;
    assert_eq!(ignored[0]["cause"], "HANDSHAKE");
    let of_other = format!("/v1/requests/{}/ignored_events?connection_id=con_01HF7YAT000000000000000007", id(&request));
    assert!(team.list(&of_other).await.is_empty());
    let kept = request["data"].to_string();
    assert!(kept.contains("hub.verify_token=%E2%80%A2") && !kept.contains("mine"), "the token is not kept: {kept}");
    let reply = send(&client, Method::GET, &meta, "?hub.challenge=1&hub.verify_token=theirs", &[], "").await;
    assert_eq!(reply.status, 401, "a wrong token is refused as such, though GET is not allowed");
    let request = stored(&team, &reply).await;
    assert_eq!(request["rejection_cause"], "SOURCE_AUTH_FAILED");
    assert_eq!(request["rejection_detail"], "the hub.verify_token is not the verify_token set here");
    assert!(!request["data"].to_string().contains("theirs"), "{request}");
    assert_eq!(send(&client, Method::GET, &meta, "", &[], "").await.status, 405);

    let source = connected("SLACK", json!({ "secret": "slack-secret" })).await;
    let (body, now) = (r#"{"type":"url_verification","challenge":"abc"}"#, server.now().seconds().to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"slack-secret");
    let signature = format!("v0={}", hex::encode(hmac::sign(&key, format!("v0:{now}:{body}").as_bytes())));
    let headers = [("x-slack-request-timestamp", now.as_str()), ("x-slack-signature", signature.as_str())];
    let reply = send(&client, Method::POST, &source, "", &headers, body).await;
    assert_eq!((reply.status, &reply.bytes[..]), (200, &b"abc"[..]));
    assert_eq!(stored(&team, &reply).await["verified"], true);
    assert_eq!(send(&client, Method::POST, &source, "", &headers[..1], body).await.status, 401);

    let source = connected("TRELLO", json!({ "secret": "s" })).await;
    assert_eq!(send(&client, Method::HEAD, &source, "", &[], "").await.status, 200);
    team.test.post(&format!("/v1/sources/{}/disable", id(&source)), json!({})).await.expect(200);
    assert_eq!(send(&client, Method::HEAD, &source, "", &[], "").await.status, 410, "a disabled source answers nobody");

    assert!(team.events("").await.is_empty());
    assert_eq!(receiver.count(), 0);
    server.stop().await;
}

async fn a_secret_that_the_provider_chooses_is_taken_from_its_first_request(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (team, client) = (server.new_team().await, server.client());
    let source = new_source(&team, "ASANA", &json!({})).await;
    let refused = send(&client, Method::POST, &source, "", &[], "{}").await;
    assert_eq!(stored(&team, &refused).await["rejection_detail"], "the source's secret is not set yet");

    let headers = [("x-hook-secret", "b537207f20cbfa02357cf448134da559")];
    let reply = send(&client, Method::POST, &source, "", &headers, "{}").await;
    assert_eq!((reply.status, reply.header("x-hook-secret")), (200, Some(headers[0].1)));
    let shown = stored(&team, &reply).await["data"]["headers"]["x-hook-secret"].clone();
    assert_eq!(shown, headers[0].1);

    let auth = json!({ "config": { "auth": { "secret": shown } } });
    team.test.patch(&format!("/v1/sources/{}", id(&source)), auth).await.expect(200);
    let signature = hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, headers[0].1.as_bytes()), b"{}"));
    let signed = [("x-hook-signature", signature.as_str())];
    assert_eq!(send(&client, Method::POST, &source, "", &signed, "{}").await.status, 200);
    assert_eq!(send(&client, Method::POST, &source, "", &headers, "{}").await.status, 401, "the secret stays");
    server.stop().await;
}
