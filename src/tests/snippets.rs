//! The programs that receivers are given, run as whoever copies them would, on deliveries of a real server.

mod run;

use std::time::Duration;

use bytes::Bytes;
use hookyard_engine::Clock;
use hookyard_model::{Secret, SigningScheme, SnippetLanguage, SnippetValues, snippet};
use serde_json::json;
use standardwebhooks::Webhook;

use self::run::{Running, shell};
use crate::support::{Database, Received, Receiver, Setup, Team, TestServer, id, on_sqlite, until};

// What signs is the same on both databases: see `signatures`.
on_sqlite![
    programs_let_in_what_a_shared_secret_signed,
    programs_let_in_what_a_key_pair_signed,
    the_shell_sends_what_is_signed,
];

/// Deliveries to one webhook, and what its programs are filled with.
struct Scene {
    server: TestServer,
    values: SnippetValues,
    /// Of this moment, with several signatures.
    fresh: Received,
    /// Of ten minutes ago, signed like the fresh one.
    old: Received,
    /// Of this moment, to another webhook.
    foreign: Received,
}

impl Scene {
    async fn new(database: &Database) -> Self {
        let age = Duration::from_mins(10);
        let clock = Clock::manual(Clock::system().now().minus(age));
        let server = TestServer::start_with(database, Setup { clock, ..Setup::default() }).await;
        let (receiver, other) = (Receiver::answering([200]).await, Receiver::answering([200]).await);
        let team = server.new_team().await;
        let webhook = team.new_webhook(&receiver, "invoice.paid").await;
        let values = values(&team, &id(&webhook), webhook["url"].as_str().unwrap()).await;
        values_of_stranger(&team, &other).await;
        // Both schemes sign twice, so what is looked for stands among others.
        for path in ["secret/rotate", "signing-keys"] {
            let reply = team.test.post(&format!("/v1/webhooks/{}/{path}", id(&webhook)), json!({})).await;
            assert!(reply.status < 300, "{}", reply.body);
        }
        let deliver = async |count| {
            team.publish("invoice.paid", json!({ "name": "Zo\u{eb} \u{1f44d}", "n": count })).await;
            until("the deliveries", async || receiver.count() == count && other.count() == count).await;
            until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2 * count as u64).await;
        };
        deliver(1).await;
        server.advance(age);
        deliver(2).await;
        let (old, fresh, foreign) = (receiver.request(0), receiver.request(1), other.request(1));
        assert_eq!(fresh.header("webhook-signature").split(' ').count(), 4);
        Self { server, values, fresh, old, foreign }
    }
}

/// A webhook's first secret and public key, which go on signing after others were made.
async fn values(team: &Team, webhook: &str, url: &str) -> SnippetValues {
    let secret = team.test.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200);
    let key = team.test.post(&format!("/v1/webhooks/{webhook}/signing-keys"), json!({})).await.expect(201);
    SnippetValues {
        url: Some(url.to_owned()),
        secret: Some(Secret::new(secret["secret"].as_str().unwrap())),
        public_key: Some(key["public_key"].as_str().unwrap().to_owned()),
        public_keys_url: "https://hooks.example/public-keys".to_owned(),
    }
}

async fn values_of_stranger(team: &Team, receiver: &Receiver) {
    let webhook = team.new_webhook(receiver, "invoice.paid").await;
    values(team, &id(&webhook), webhook["url"].as_str().unwrap()).await;
}

/// The same delivery with another value of a header.
fn with(received: &Received, name: &str, value: &str) -> Received {
    let mut changed = received.clone();
    changed.headers.iter_mut().filter(|(known, _)| known == name).for_each(|(_, old)| value.clone_into(old));
    changed
}

async fn lets_in_only_genuine_ones(scene: &Scene, scheme: SigningScheme) {
    for language in SnippetLanguage::ALL.iter().copied() {
        let Some(text) = snippet(language, scheme, &scene.values) else { continue };
        let Some(program) = Running::start(language, scheme, &text, &scene.values, &[]).await else { continue };
        let fresh = &scene.fresh;
        let flipped = |place: usize| {
            let mut body = fresh.body.to_vec();
            body[place] ^= 1;
            Received { body: Bytes::from(body), ..fresh.clone() }
        };
        let signatures = fresh.header("webhook-signature");
        let of_scheme = signatures.split(' ').filter(|signature| signature.starts_with(&format!("{scheme},")));
        let [newer, own] = of_scheme.collect::<Vec<_>>()[..] else { panic!("{signatures}") };
        for (case, delivery, is_genuine) in [
            ("a genuine one", fresh.clone(), true),
            ("with its signature alone", with(fresh, "webhook-signature", own), true),
            ("with another key's alone", with(fresh, "webhook-signature", newer), false),
            ("an old one", scene.old.clone(), false),
            ("of another webhook", scene.foreign.clone(), false),
            ("with a flipped bit", flipped(fresh.body.len() / 2), false),
            ("with a flipped last bit", flipped(fresh.body.len() - 1), false),
            ("with another id", with(fresh, "webhook-id", "msg_1"), false),
            ("of another time", with(fresh, "webhook-timestamp", &(fresh_seconds(fresh) + 1).to_string()), false),
            ("of no time", with(fresh, "webhook-timestamp", "soon"), false),
            ("with an empty signature", with(fresh, "webhook-signature", &format!("{scheme},")), false),
            ("with no signature", with(fresh, "webhook-signature", ""), false),
            ("with a signature that is none", with(fresh, "webhook-signature", &format!("{scheme},????")), false),
            ("with a shorter one", with(fresh, "webhook-signature", &own[..own.len() - 4]), false),
            ("by another scheme's name", with(fresh, "webhook-signature", &own.replacen("v1", "v2", 1)), false),
        ] {
            assert_eq!(program.lets_in(&delivery).await, is_genuine, "{} {scheme}: {case}", language.name());
        }
        println!("ran: {} {scheme}", language.name());
    }
}

fn fresh_seconds(received: &Received) -> i64 {
    received.header("webhook-timestamp").parse().unwrap()
}

async fn programs_let_in_what_a_shared_secret_signed(database: Database) {
    let scene = Scene::new(&database).await;
    lets_in_only_genuine_ones(&scene, SigningScheme::V1).await;

    // What was not revealed is in the environment of the program.
    let secret = scene.values.secret.clone().unwrap();
    let values = SnippetValues { secret: None, ..scene.values.clone() };
    for language in SnippetLanguage::ALL.iter().copied() {
        let text = snippet(language, SigningScheme::V1, &values).unwrap();
        let environment = [("WEBHOOK_SECRET", secret.reveal())];
        // Rust's are compiled with the tests, whatever stands in them.
        if language != SnippetLanguage::Rust
            && let Some(program) = Running::start(language, SigningScheme::V1, &text, &values, &environment).await
        {
            assert!(program.lets_in(&scene.fresh).await, "{}", language.name());
        }
    }
    scene.server.stop().await;
}

async fn programs_let_in_what_a_key_pair_signed(database: Database) {
    let scene = Scene::new(&database).await;
    lets_in_only_genuine_ones(&scene, SigningScheme::V1a).await;
    scene.server.stop().await;
}

async fn the_shell_sends_what_is_signed(_: Database) {
    let receiver = Receiver::answering([200]).await;
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let values = SnippetValues {
        url: Some(receiver.url_of("/by-hand?a=1&b=$x")),
        secret: Some(Secret::new(secret)),
        ..SnippetValues::default()
    };
    let text = snippet(SnippetLanguage::Shell, SigningScheme::V1, &values).unwrap();
    assert!(shell(&text, "send", &[], r#"{"by": "hand"}"#.as_bytes()).await);
    let received = receiver.request(0);
    assert_eq!((received.target.as_str(), &received.body[..]), ("/by-hand?a=1&b=$x", br#"{"by": "hand"}"#.as_slice()));
    let mut headers = hyper::HeaderMap::new();
    for (name, value) in received.headers.iter().filter(|(name, _)| name.starts_with("webhook-")) {
        headers.insert(name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap());
    }
    assert!(Webhook::new(secret).unwrap().verify(&received.body, &headers).is_ok());
}
