mod network;

use ulid::Ulid;

use super::*;
use crate::{
    AttemptId, BodyEncoding, ConnectionId, DestinationId, EventId, EventStatus, Headers, Mode, RequestId, SourceId,
    TeamId, Timestamp, Timings, Trigger,
};

const AT: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const URL: &str = "https://a.example/hooks/acme";

/// A failed attempt that went as usual up to its end.
fn attempt() -> Attempt {
    let id = Ulid::nil();
    Attempt {
        id: AttemptId::new(id),
        team_id: TeamId::new(id),
        mode: Mode::Test,
        event_id: EventId::new(id),
        request_id: RequestId::new(id),
        connection_id: ConnectionId::new(id),
        source_id: SourceId::new(id),
        destination_id: DestinationId::new(id),
        event_type: Some("patient.connection_success".to_owned()),
        webhook_id: "msg_1".to_owned(),
        attempt_number: 1,
        event_attempts: 1,
        event_status: EventStatus::Failed,
        trigger: Trigger::Initial,
        bulk_retry_id: None,
        status: AttemptStatus::Failed,
        simulated: false,
        error_code: None,
        error_message: None,
        http_method: "POST".to_owned(),
        requested_url: Some(URL.to_owned()),
        response_status: None,
        response_latency: None,
        delivery_latency: 30_000.0,
        timings: Timings { dns_ms: Some(3.0), connect_ms: Some(20.0), total_ms: 30_000.0, ..Timings::default() },
        successful_at: None,
        delivered_at: AT,
        responded_at: None,
        next_attempt_at: None,
        created_at: AT,
        updated_at: AT,
        request_headers: headers(&[("content-type", "application/json"), ("webhook-signature", "v1,x")]),
        request_body: Some("{}".to_owned()),
        request_body_encoding: Some(BodyEncoding::Utf8),
        response_headers: None,
        body: None,
        body_encoding: None,
        response_body_truncated: false,
        diagnosis: None,
    }
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn answered(status: u16, head: &[(&str, &str)], body: &str) -> Attempt {
    Attempt {
        error_code: Some(ErrorCode::BadStatus),
        error_message: Some(format!("it answered {status}")),
        response_status: Some(status),
        response_latency: Some(30_000.0),
        responded_at: Some(AT),
        response_headers: Some(headers(head)),
        body: Some(body.to_owned()),
        body_encoding: Some(BodyEncoding::Utf8),
        ..attempt()
    }
}

fn unanswered(code: ErrorCode, message: &str) -> Attempt {
    Attempt { error_code: Some(code), error_message: Some(message.to_owned()), ..attempt() }
}

fn to(url: &str, attempt: Attempt) -> Attempt {
    Attempt { requested_url: Some(url.to_owned()), ..attempt }
}

/// All that a diagnosis says, a line each.
fn text(diagnosis: &Diagnosis) -> String {
    let all = [&diagnosis.title, &diagnosis.explanation];
    let lines: Vec<_> = all.into_iter().chain(&diagnosis.evidence).chain(&diagnosis.next_steps).cloned().collect();
    lines.join("\n")
}

/// Case, attempt, title, and what else must be said.
type Case = (&'static str, Attempt, &'static str, &'static [&'static str]);

#[track_caller]
fn check(cases: &[Case]) {
    for (case, attempt, title, parts) in cases {
        let diagnosis = Diagnosis::of(attempt).unwrap_or_else(|| panic!("{case}: no diagnosis"));
        assert_eq!(&diagnosis.title, title, "{case}: {diagnosis:#?}");
        let text = text(&diagnosis);
        for part in *parts {
            assert!(text.contains(part), "{case}: `{part}` is not in {text}");
        }
        assert!(!diagnosis.next_steps.is_empty(), "{case}: what to do?");
        assert!(!diagnosis.evidence.is_empty(), "{case}: what says so?");
        let sentences = diagnosis.next_steps.iter().chain([&diagnosis.explanation]);
        assert!(sentences.clone().all(|text| text.ends_with('.')), "{case}: {diagnosis:#?}");
        assert!(
            !diagnosis.title.ends_with('.') && diagnosis.evidence.iter().all(|line| !line.ends_with('.')),
            "{case}"
        );
    }
}

#[test]
fn what_succeeded_needs_no_diagnosis() {
    assert_eq!(Diagnosis::of(&Attempt { status: AttemptStatus::Successful, ..answered(200, &[], "ok") }), None);
}

#[test]
fn every_failure_has_words() {
    for code in ErrorCode::ALL {
        let diagnosis = Diagnosis::of(&unanswered(*code, "something new")).unwrap();
        assert!(!diagnosis.title.is_empty() && !diagnosis.next_steps.is_empty(), "{code}");
    }
    for status in 100..600 {
        let diagnosis = Diagnosis::of(&answered(status, &[], "")).unwrap();
        assert!(!diagnosis.next_steps.is_empty(), "{status}");
        assert!(diagnosis.explanation.contains(&status.to_string()), "{status}: {}", diagnosis.explanation);
    }
}

#[test]
fn redirects() {
    let leads = |status, location: &str| answered(status, &[("location", location)], "");
    check(&[
        (
            "to https",
            to("http://a.example/h", leads(301, "https://a.example/h")),
            "It redirects from http to https",
            &["the redirect leads to https://a.example/h", "Change the URL to https://a.example/h."],
        ),
        (
            "a slash",
            leads(308, "/hooks/acme/"),
            "It redirects for a slash at the end of the path",
            &["Change the URL to https://a.example/hooks/acme/"],
        ),
        (
            "another host",
            leads(302, "https://www.a.example/hooks/acme"),
            "It redirects to another host",
            &["for the time being"],
        ),
        (
            "a login",
            leads(302, "https://a.example/users/sign_in?next=1"),
            "It redirects to a login page",
            &["without a session"],
        ),
        ("another path", leads(307, "/v2/hooks"), "It redirects to another address", &["https://a.example/v2/hooks"]),
        ("nowhere", answered(301, &[], ""), "It redirects, and does not say where to", &["without a Location"]),
    ]);
}

#[test]
fn who_asks() {
    const OTHER: &str = "It does not accept the signature";
    let with_token =
        |attempt: Attempt| Attempt { request_headers: headers(&[("authorization", "[redacted]")]), ..attempt };
    let bearer = &[("www-authenticate", "Bearer realm=\"hooks\"")];
    check(&[
        (
            "a token is wanted",
            answered(401, bearer, ""),
            "It wants other credentials",
            &[
                "asks for Bearer credentials; the request carried none",
                "Bearer realm=\"hooks\"",
                "authentication `BEARER`",
            ],
        ),
        (
            "another token is wanted",
            with_token(answered(401, bearer, "")),
            "It wants other credentials",
            &["did not satisfy it", "have expired"],
        ),
        (
            "it does not say how",
            answered(401, &[], "who?"),
            "It wants other credentials",
            &["it says “who?”", "secret"],
        ),
        ("403", answered(403, &[], "no"), "It forbids the request", &["allow-lists", "signing secret"]),
        (
            "a wall",
            answered(403, &[("server", "edge")], "<html><title>Access denied</title>"),
            "Something in front of it blocks the request",
            &["“Access denied”", "“edge”"],
        ),
        (
            "a form's token",
            answered(403, &[], "CSRF verification failed"),
            "Its protection against forged forms refuses it",
            &["Exempt"],
        ),
        (
            "signature",
            answered(401, &[], r#"{"error":"invalid signature"}"#),
            OTHER,
            &["it says “invalid signature”", "raw", "secret"],
        ),
        ("mismatch", answered(400, &[], "Signature mismatch"), OTHER, &["before any parsing"]),
        (
            "none found",
            answered(400, &[], "Missing required headers: webhook-id"),
            "It does not find the signature",
            &["webhook-signature"],
        ),
        (
            "too old",
            answered(400, &[], "Message timestamp too old"),
            "It finds the signature's time too old or too new",
            &["clock", "5 minutes"],
        ),
    ]);
}

#[test]
fn clocks() {
    let date = |date: &'static str| [("date", date)];
    // Our clock says Fri, 15 Jan 2027 08:00:00 GMT.
    check(&[
        (
            "a little off",
            answered(500, &date("Fri, 15 Jan 2027 07:57:00 GMT"), ""),
            "It failed while it handled the event",
            &["its clock is 3 min behind ours", "Set the receiver's clock"],
        ),
        (
            "too far off to verify",
            answered(401, &date("Fri, 15 Jan 2027 08:07:03 GMT"), "no"),
            "Its clock is wrong",
            &["its clock is 7 min 3 s ahead of ours"],
        ),
    ]);
    let quiet = [("date", "Fri, 15 Jan 2027 07:00:00 GMT"), ("age", "3600")];
    for (case, head) in [("in time", &date("Fri, 15 Jan 2027 07:59:00 GMT")[..]), ("from a cache", &quiet[..])] {
        let diagnosis = Diagnosis::of(&answered(500, head, "")).unwrap();
        assert!(!text(&diagnosis).contains("clock"), "{case}: {diagnosis:?}");
    }
}

#[test]
fn refusals() {
    let problem = r#"{"errors":[{"message":"data.org_id is required"}]}"#;
    check(&[
        (
            "400",
            answered(400, &[], problem),
            "It does not accept the payload",
            &["it says “data.org_id is required”", "patient.connection_success", "optional"],
        ),
        ("422", answered(422, &[], ""), "It does not accept the payload", &["Let it say in its answer what is wrong"]),
        ("404", answered(404, &[], ""), "There is nothing at this path", &["POST https://a.example/hooks/acme"]),
        ("a tunnel", answered(404, &[], "Tunnel abc not found"), "The tunnel to it is not open", &["Start the tunnel"]),
        (
            "405",
            answered(405, &[("allow", "GET, HEAD")], ""),
            "It does not take this method",
            &["it allows “GET, HEAD”"],
        ),
        ("408", answered(408, &[], "slow"), "It did not wait for the request", &[]),
        ("409", answered(409, &[], "seen"), "It sees a conflict", &["Answer 2xx to an event that was handled before"]),
        ("410", answered(410, &[], "bye"), "The endpoint is gone", &["disabled", "replay what it missed"]),
        (
            "413",
            answered(413, &[], ""),
            "The payload is too large for it",
            &["the payload has 2 bytes", "Raise the limit"],
        ),
        ("415", answered(415, &[], ""), "It does not take this content type", &["sent as “application/json”"]),
        (
            "429",
            answered(429, &[("retry-after", "120")], ""),
            "It wants fewer requests",
            &["until 2027-01-15T08:02:00.000Z", "rate limit"],
        ),
        (
            "429 by date",
            answered(429, &[("retry-after", "Fri, 15 Jan 2027 09:00:00 GMT")], ""),
            "It wants fewer requests",
            &["until 2027-01-15T09:00:00.000Z"],
        ),
        ("431", answered(431, &[], ""), "The headers are too large for it", &["bytes"]),
        ("418", answered(418, &[], "short and stout"), "It refuses the request", &["“short and stout”"]),
    ]);
}

#[test]
fn errors_of_the_receiver() {
    const PAGE: &str = "<!doctype html><html><head><title>Oops &mdash; 500</title></head></html>";
    check(&[
        (
            "500",
            answered(500, &[], "KeyError: 'org_id'"),
            "It failed while it handled the event",
            &["KeyError", "webhook-id"],
        ),
        (
            "500 with a page",
            answered(500, &[], PAGE),
            "It failed while it handled the event",
            &["HTML page with the title", "page for people"],
        ),
        (
            "500 with a page after empty lines",
            answered(500, &[], &format!("\r\n\n{PAGE}")),
            "It failed while it handled the event",
            &["HTML page with the title “Oops &mdash; 500”", "page for people"],
        ),
        (
            "502",
            answered(502, &[("server", "front")], ""),
            "The proxy in front of it got no proper answer",
            &["“front”", "30 s"],
        ),
        (
            "503",
            answered(503, &[("retry-after", "60")], ""),
            "It is not available just now",
            &["until 2027-01-15T08:01:00.000Z"],
        ),
        (
            "504",
            answered(504, &[], ""),
            "The proxy in front of it waited too long",
            &["after 30 s", "answer 2xx at once"],
        ),
        ("522", answered(522, &[("server", "edge")], ""), "The proxy in front of it had trouble with it", &["“edge”"]),
    ]);
}

#[test]
fn what_strangers_say_is_shortened_to_a_line() {
    let long = format!("no\u{0}\n\n  way {}", "x".repeat(5000));
    let diagnosis = Diagnosis::of(&answered(418, &[], &long)).unwrap();
    let said = diagnosis.evidence.iter().find(|line| line.starts_with("it says")).unwrap();
    assert!(said.starts_with("it says “no way xxx") && said.ends_with("x…”"), "{said}");
    assert!(said.chars().count() < 300);
}
