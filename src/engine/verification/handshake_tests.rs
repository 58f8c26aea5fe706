//! What providers ask of a new URL, and that nobody else gets more than they know already.

use super::*;

/// The answer to a call of a source of this type, and whether it had to be let in first.
fn answer(
    kind: &str,
    auth: &[(&str, &str)],
    method: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
    let kind: SourceType = kind.parse().unwrap();
    let fields = auth.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
    let verification = Verification::of(kind, Some(&SourceAuth::ProviderSignature(fields)));
    let headers: Vec<(String, Bytes)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned()))).collect();
    let call = Call {
        method,
        url: Url { base: "https://hooks.example.com", token: None, path: "", query },
        headers: &headers,
        body: body.as_bytes(),
        now: Timestamp::from_millis(1_700_000_000_000),
    };
    let reply = if let Some(greeting) = verification.greeting(kind, &call) {
        greeting.ok()?
    } else {
        verification.check(&call).ok()?;
        verification.answer(kind, &call)?
    };
    let type_of = reply.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value);
    assert!(["", "application/json", "text/plain; charset=utf-8"].contains(&type_of), "{type_of}");
    assert!(
        type_of != "text/plain; charset=utf-8"
            || reply.headers.iter().any(|(name, _)| name == "x-content-type-options")
    );
    Some((reply.status, String::from_utf8(reply.body.to_vec()).unwrap()))
}

fn hmac(key: &str, text: &str) -> Vec<u8> {
    ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref().to_vec()
}

#[expect(clippy::unnecessary_wraps, reason = "it stands for what `answer` says")]
fn said(body: &str) -> Option<(u16, String)> {
    Some((200, body.to_owned()))
}

#[test]
fn a_query_is_echoed_to_whom_it_should_be() {
    let meta = [("secret", "s"), ("verify_token", "my token")];
    let right = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=my+token";
    assert_eq!(answer("META", &meta, "GET", right, &[], ""), said("1158201444"));
    for wrong in [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=other",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.challenge=1&hub.verify_token=my+token&hub.verify_token=my+token",
        "hub.verify_token=my+token",
    ] {
        assert_eq!(answer("META", &meta, "GET", wrong, &[], ""), None, "{wrong}");
    }
    assert_eq!(answer("META", &[("secret", "s")], "GET", "hub.challenge=1&hub.verify_token=", &[], ""), None);
    assert_eq!(answer("META", &meta, "POST", right, &[], "{}"), None);
    assert_eq!(answer("DROPBOX", &[("secret", "s")], "GET", "challenge=%3Cb%3E", &[], ""), said("<b>"));
    assert_eq!(answer("DROPBOX", &[], "GET", "", &[], ""), None);
    assert_eq!(answer("DROPBOX", &[], "GET", &format!("challenge={}", "a".repeat(5000)), &[], ""), None);
    assert_eq!(answer("DROPBOX", &[], "GET", "challenge=a%0d%0ab", &[], ""), None);
    let token = "validationToken=Validation%3a+Testing";
    assert_eq!(answer("MICROSOFT_GRAPH", &[("secret", "s")], "POST", token, &[], ""), said("Validation: Testing"));
    let nylas = [("secret", "s")];
    assert_eq!(answer("NYLAS", &nylas, "GET", "challenge=bc609b38-c81f-47fb", &[], ""), said("bc609b38-c81f-47fb"));
    assert_eq!(answer("NYLAS", &nylas, "POST", "challenge=bc609b38-c81f-47fb", &[], ""), None);
}

#[test]
fn what_has_a_body_is_no_check_of_the_url_that_need_not_be_signed() {
    let notification = r#"{"value":[{"clientState":"other"}]}"#;
    let key = [("secret", "s"), ("verify_token", "t"), ("client_state", "s")];
    let okta = [("x-okta-verification-challenge", "c")];
    for (kind, method, query, headers) in [
        ("MICROSOFT_GRAPH", "POST", "validationToken=1", &[][..]),
        ("META", "GET", "hub.challenge=1&hub.verify_token=t", &[]),
        ("DROPBOX", "GET", "challenge=1", &[]),
        ("NYLAS", "GET", "challenge=1", &[]),
        ("X", "GET", "crc_token=1", &[]),
        ("OKTA", "GET", "", &okta),
        ("TRELLO", "HEAD", "", &[]),
        ("INTERCOM", "HEAD", "", &[]),
    ] {
        assert!(answer(kind, &key, method, query, headers, "").is_some(), "{kind}");
        assert_eq!(answer(kind, &key, method, query, headers, notification), None, "{kind}");
    }
    for method in ["GET", "PUT", "HEAD", "DELETE"] {
        assert_eq!(answer("MICROSOFT_GRAPH", &key, method, "validationToken=1", &[], ""), None, "{method}");
    }
}

#[test]
fn a_wrong_token_is_a_refusal_that_says_so() {
    let refused = |fields: &[(&str, &str)], query: &str, method: &str| {
        let kind: SourceType = "META".parse().unwrap();
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
        let url = Url { base: "", token: None, path: "", query };
        let call = Call { method, url, headers: &[], body: b"", now: Timestamp::from_millis(0) };
        let verification = Verification::of(kind, Some(&SourceAuth::ProviderSignature(fields)));
        verification.greeting(kind, &call).and_then(Result::err)
    };
    let meta = [("secret", "s"), ("verify_token", "my token")];
    let told = |text: &str| Some(text.to_owned());
    let wrong = told("the hub.verify_token is not the verify_token set here");
    assert_eq!(refused(&meta, "hub.challenge=1&hub.verify_token=other", "GET"), wrong);
    let none = told("there is not exactly one hub.verify_token in the query");
    assert_eq!(refused(&meta, "hub.challenge=1", "GET"), none);
    assert_eq!(refused(&meta, "hub.challenge=1&hub.verify_token=my+token&hub.verify_token=x", "GET"), none);
    let unset = told("the source's verify_token is not set yet");
    assert_eq!(refused(&[("secret", "s")], "hub.challenge=1&hub.verify_token=", "GET"), unset);
    // What is no check of the URL goes the way of all others.
    assert_eq!(refused(&meta, "hub.verify_token=other", "GET"), None);
    assert_eq!(refused(&meta, "hub.challenge=1&hub.verify_token=other", "POST"), None);
}

#[test]
fn a_signed_ping_is_answered() {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = hex::encode(pair.public_key());
    let discord = |kind: &str, body: &str, signed: bool| {
        let text = format!("1700000000{body}");
        let signature = hex::encode(pair.sign(if signed { text.as_bytes() } else { b"other" }));
        let headers = [("x-signature-timestamp", "1700000000"), ("x-signature-ed25519", signature.as_str())];
        answer(kind, &[("public_key", &key)], "POST", "", &headers, body)
    };
    assert_eq!(discord("DISCORD", r#"{"type":1,"id":"1"}"#, true), said(r#"{"type":1}"#));
    assert_eq!(discord("DISCORD", r#"{"type":1,"id":"1"}"#, false), None, "not Discord");
    assert_eq!(discord("DISCORD", r#"{"type":2,"id":"1"}"#, true), None, "a command");
    assert_eq!(discord("DISCORD_EVENTS", r#"{"version":1,"type":0}"#, true), Some((204, String::new())));
    assert_eq!(discord("DISCORD_EVENTS", r#"{"version":1,"type":0}"#, false), None);
    assert_eq!(discord("DISCORD_EVENTS", r#"{"version":1,"type":1}"#, true), None, "an event");
}

#[test]
fn a_confirmation_of_a_subscription_is_kept_and_answered() {
    let vectors: Vec<serde_json::Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let mut seen = Vec::new();
    for vector in vectors.iter().filter(|vector| vector["kind"] == "AWS_SNS") {
        let auth = [
            ("topic_arn", vector["auth"]["topic_arn"].as_str().unwrap()),
            ("certificate", vector["auth"]["certificate"].as_str().unwrap()),
        ];
        let body = vector["body"].as_str().unwrap();
        let confirms = body.contains("\"SubscriptionConfirmation\"");
        seen.push(confirms);
        let expected = if confirms { said("") } else { None };
        assert_eq!(answer("AWS_SNS", &auth, "POST", "", &[], body), expected, "{body}");
        let forged = body.replacen("22b80b92", "22b80b93", 1);
        assert_eq!(answer("AWS_SNS", &auth, "POST", "", &[], &forged), None, "forged");
    }
    assert!(seen.contains(&true) && seen.contains(&false));
}

#[test]
fn a_key_signs_no_forgery() {
    let key = [("secret", "consumer-secret")];
    let expected =
        format!(r#"{{"response_token":"sha256={}"}}"#, STANDARD.encode(hmac("consumer-secret", "challenge_1")));
    assert_eq!(answer("X", &key, "GET", "crc_token=challenge_1", &[], ""), said(&expected));
    assert_eq!(answer("X", &key, "GET", "crc_token=%7B%22a%22%3A1%7D", &[], ""), None, "a body would be signed");
    assert_eq!(answer("X", &[], "GET", "crc_token=challenge_1", &[], ""), None, "there is no key");

    let zoom = |token: &str, signed: bool| {
        let body = format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":"{token}"}}}}"#);
        let signature = hex::encode(hmac("zoom", &format!("v0:1700000000:{body}")));
        let signature = format!("v0={}", if signed { signature } else { "00".repeat(32) });
        let headers = [("x-zm-request-timestamp", "1700000000"), ("x-zm-signature", signature.as_str())];
        answer("ZOOM", &[("secret", "zoom")], "POST", "", &headers, &body)
    };
    let signature = hex::encode(hmac("zoom", "qgg8vlvZRS6UYooatFL8Aw"));
    let expected = format!(r#"{{"encryptedToken":"{signature}","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#);
    assert_eq!(zoom("qgg8vlvZRS6UYooatFL8Aw", true), said(&expected));
    assert_eq!(zoom("qgg8vlvZRS6UYooatFL8Aw", false), None, "not Zoom");
    assert_eq!(zoom("v0:1700000000:x", true), None, "what is signed is like a request");
}

#[test]
fn a_signed_challenge_is_answered() {
    let slack = |body: &str, key: &str| {
        let signature = format!("v0={}", hex::encode(hmac(key, &format!("v0:1700000000:{body}"))));
        let headers = [("x-slack-request-timestamp", "1700000000"), ("x-slack-signature", signature.as_str())];
        answer("SLACK", &[("secret", "slack")], "POST", "", &headers, body)
    };
    let body =
        r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
    assert_eq!(slack(body, "slack"), said("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"));
    assert_eq!(slack(body, "other"), None);
    assert_eq!(
        slack(r#"{"type":"event_callback","event":{"type":"url_verification"},"challenge":"x"}"#, "slack"),
        None
    );

    let twitch = |body: &str, key: &str| {
        let (id, at) = ("e76c6bd4", "2023-11-14T22:13:20Z");
        let signature = format!("sha256={}", hex::encode(hmac(key, &format!("{id}{at}{body}"))));
        let headers = [
            ("twitch-eventsub-message-id", id),
            ("twitch-eventsub-message-timestamp", at),
            ("twitch-eventsub-message-signature", signature.as_str()),
        ];
        answer("TWITCH", &[("secret", "tw-secret")], "POST", "", &headers, body)
    };
    let pending = r#"{"challenge":"pogchamp-kappa-360noscope","subscription":{"status":"webhook_callback_verification_pending"}}"#;
    assert_eq!(twitch(pending, "tw-secret"), said("pogchamp-kappa-360noscope"));
    assert_eq!(twitch(pending, "other"), None);
    assert_eq!(twitch(r#"{"challenge":"x","subscription":{"status":"enabled"}}"#, "tw-secret"), None);

    let xero = |body: &str| {
        let signature = STANDARD.encode(hmac("xero", body));
        answer("XERO", &[("secret", "xero")], "POST", "", &[("x-xero-signature", signature.as_str())], body)
    };
    assert_eq!(xero(r#"{"events":[],"entropy":"S0m3r4Nd0m"}"#), said(""));
    assert_eq!(xero(r#"{"events":[{"id":1}],"entropy":"S0m3r4Nd0m"}"#), None);
}

#[test]
fn a_secret_that_the_provider_chooses_is_confirmed_once() {
    let given = [("x-hook-secret", "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81")];
    assert_eq!(answer("ASANA", &[], "POST", "", &given, "{}"), said(""));
    assert_eq!(answer("ASANA", &[("secret", "set")], "POST", "", &given, "{}"), None);
    assert_eq!(answer("ASANA", &[], "POST", "", &[("x-hook-secret", "a b")], "{}"), None);
    let body = r#"{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}"#;
    assert_eq!(answer("NOTION", &[], "POST", "", &[], body), said(""));
    assert_eq!(answer("NOTION", &[("secret", "set")], "POST", "", &[], body), None);
}

#[test]
fn what_only_asks_whether_the_url_is_there_is_told_so() {
    assert_eq!(answer("TRELLO", &[("secret", "s")], "HEAD", "", &[], ""), said(""));
    assert_eq!(answer("TRELLO", &[("secret", "s")], "GET", "", &[], ""), None);
    assert_eq!(answer("INTERCOM", &[("secret", "s")], "HEAD", "", &[], ""), said(""));
    assert_eq!(answer("INTERCOM", &[("secret", "s")], "GET", "", &[], ""), None);
    assert_eq!(answer("WOO_COMMERCE", &[("secret", "s")], "POST", "", &[], "webhook_id=12"), said(""));
    assert_eq!(answer("WOO_COMMERCE", &[("secret", "s")], "POST", "", &[], "webhook_id=12&order=1"), None);
    let challenge = [("x-okta-verification-challenge", "my verification challenge")];
    let expected = said(r#"{"verification":"my verification challenge"}"#);
    assert_eq!(answer("OKTA", &[("secret", "s")], "GET", "", &challenge, ""), expected);
    assert_eq!(answer("GITHUB", &[("secret", "s")], "GET", "challenge=1", &challenge, ""), None);
}
