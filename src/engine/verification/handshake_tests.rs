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
    let reply = verification.greeting(kind, &call).or_else(|| {
        verification.check(&call).ok()?;
        verification.answer(kind, &call)
    })?;
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
    assert_eq!(answer("WOO_COMMERCE", &[("secret", "s")], "POST", "", &[], "webhook_id=12"), said(""));
    assert_eq!(answer("WOO_COMMERCE", &[("secret", "s")], "POST", "", &[], "webhook_id=12&order=1"), None);
    let challenge = [("x-okta-verification-challenge", "my verification challenge")];
    let expected = said(r#"{"verification":"my verification challenge"}"#);
    assert_eq!(answer("OKTA", &[("secret", "s")], "GET", "", &challenge, ""), expected);
    assert_eq!(answer("GITHUB", &[("secret", "s")], "GET", "challenge=1", &challenge, ""), None);
}
