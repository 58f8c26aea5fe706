use super::*;

#[test]
fn connections() {
    use ErrorCode::{ConnectTimeout, ConnectionRefused, ConnectionReset, Dns, EgressDenied, Protocol, Timeout};
    check(&[
        (
            "no such name",
            unanswered(Dns, "the name `a.example` does not exist"),
            "The name does not exist",
            &["spelling"],
        ),
        (
            "an internal name",
            to("http://queue:80/", unanswered(Dns, "the name `queue` does not exist")),
            "The name does not exist",
            &["your own network"],
        ),
        (
            "the resolver",
            unanswered(Dns, "the name `a.example` cannot be looked up: try again"),
            "The name could not be looked up",
            &["says nothing about the receiver"],
        ),
        (
            "refused",
            unanswered(ConnectionRefused, "192.0.2.1:443 refused the connection"),
            "Nothing listens there",
            &["192.0.2.1:443", "port"],
        ),
        (
            "refused at home",
            to("http://localhost:3000/", unanswered(ConnectionRefused, "127.0.0.1:3000 refused the connection")),
            "Nothing listens there",
            &["container"],
        ),
        (
            "no route",
            unanswered(ConnectionRefused, "[2001:db8::1]:443 cannot be reached: Network is unreachable"),
            "No way leads to it",
            &["IPv6"],
        ),
        (
            "hung up",
            unanswered(ConnectionReset, "the connection was closed before an answer came"),
            "It hung up without an answer",
            &["crash"],
        ),
        (
            "half an answer",
            Attempt {
                error_code: Some(ConnectionReset),
                error_message: Some("the connection was closed within the answer".into()),
                ..answered(200, &[("content-length", "100")], "half")
            },
            "The connection broke within the answer",
            &["the answer began with 200", "it announced 100 bytes", "4 bytes"],
        ),
        (
            "dropped",
            unanswered(ConnectTimeout, "192.0.2.1:443 did not accept a connection within 30000 ms"),
            "It does not take the connection",
            &["firewall", "given up after 30 s"],
        ),
        (
            "no name in time",
            unanswered(ConnectTimeout, "no connection within 30000 ms: the name was not resolved"),
            "The name could not be looked up in time",
            &[],
        ),
        (
            "no TLS in time",
            unanswered(ConnectTimeout, "no connection within 30000 ms: the TLS handshake did not end"),
            "TLS was not agreed on in time",
            &[],
        ),
        (
            "no answer",
            unanswered(Timeout, "no answer within 30000 ms; connected after 23 ms"),
            "It took too long to answer",
            &["after 30 s", "connecting took 20 ms", "answer 2xx at once", "same webhook-id"],
        ),
        (
            "no end",
            Attempt {
                error_code: Some(Timeout),
                error_message: Some(
                    "the answer did not end within 30000 ms: it began after 50 ms, and 7 bytes of its body came".into(),
                ),
                ..answered(200, &[], "...")
            },
            "Its answer did not end in time",
            &["the answer began with 200"],
        ),
        (
            "private",
            unanswered(EgressDenied, "`a.example` leads to 10.0.0.5, which is not public; if"),
            "The address is not public",
            &["--egress-allow 10.0.0.5/32", "HOOKYARD_EGRESS_ALLOW=10.0.0.5/32"],
        ),
        (
            "private, IPv6",
            unanswered(EgressDenied, "`a.example` leads to fd00::5, which is not public; if"),
            "The address is not public",
            &["fd00::5/128"],
        ),
        (
            "not HTTP",
            unanswered(Protocol, "the other side spoke before it was asked: this is not HTTP"),
            "What answers does not speak HTTP",
            &["port"],
        ),
        (
            "a flood",
            unanswered(Protocol, "the answer is not valid HTTP: message head is too large"),
            "The head of its answer is too large",
            &[],
        ),
    ]);
}

#[test]
fn tls_failures() {
    let tls = |words: &str| unanswered(ErrorCode::Tls, &format!("TLS with `a.example`: {words}"));
    check(&[
        (
            "name",
            tls("the certificate is for another name: it is for b.example, *.c.example"),
            "The certificate is for another name",
            &["b.example", "`a.example`"],
        ),
        (
            "expired",
            tls("the certificate has expired: it was valid until 2026-12-31T00:00:00.000Z"),
            "The certificate has expired",
            &["2026-12-31", "Renew"],
        ),
        ("too early", tls(phrase::NOT_YET_VALID), "The certificate is not valid yet", &["clock"]),
        ("self-signed", tls(phrase::SELF_SIGNED), "The certificate is self-signed", &["SSL_CERT_FILE"]),
        ("issuer", tls(phrase::UNKNOWN_ISSUER), "The certificate's authority is not trusted", &["intermediate"]),
        ("revoked", tls(phrase::REVOKED), "The certificate was revoked", &[]),
        ("plain", tls(phrase::NOT_TLS), "What answers does not speak TLS", &["port"]),
        ("version", tls(phrase::NO_COMMON_VERSION), "It speaks only versions of TLS that are no longer safe", &["1.2"]),
        ("client certificate", tls(phrase::CLIENT_CERTIFICATE), "It wants a client certificate", &[]),
        (
            "alert",
            tls("the other side refused: HandshakeFailure"),
            "It refused the TLS connection",
            &["HandshakeFailure"],
        ),
        ("broken", tls("the connection broke within the handshake (eof)"), "TLS did not come about", &["eof"]),
    ]);
}
