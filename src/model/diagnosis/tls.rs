//! Connections that TLS did not let come about.

use super::{Diagnosis, phrase, seen::Seen};

pub(super) fn failed(seen: &Seen<'_>) -> Diagnosis {
    let host = seen.url.as_ref().and_then(|url| url.host_str()).unwrap_or("the host").to_owned();
    let diagnosis = if seen.tells(phrase::OTHER_NAME) {
        Diagnosis::new(
            "The certificate is for another name",
            format!(
                "The server showed a certificate that does not cover `{host}`, so it may not be the one it should be."
            ),
        )
        .step("If one of the names that it does cover is the receiver's, use it in the URL.")
        .step(format!(
            "Else get a certificate that covers `{host}`, or let the server show the right one for this name."
        ))
        .step("A shared server that shows its own certificate does not know this name yet: add it there.")
    } else if seen.tells(phrase::EXPIRED) {
        Diagnosis::new("The certificate has expired", format!("The certificate of `{host}` is past its time."))
            .step("Renew the certificate, and let the server load it: many do so only when they are restarted.")
            .step("Find out why it was not renewed by itself.")
    } else if seen.tells(phrase::NOT_YET_VALID) {
        Diagnosis::new("The certificate is not valid yet", format!("The certificate of `{host}` begins later."))
            .step("Check the clock of the server that Hookyard runs on.")
            .step("If it is right, use the certificate from before until then.")
    } else if seen.tells(phrase::SELF_SIGNED) {
        Diagnosis::new(
            "The certificate is self-signed",
            format!("The certificate of `{host}` vouches for itself: nobody whom the server trusts does."),
        )
        .step("Use a certificate from a public authority; for a public name there are free ones.")
        .step(
            "For a receiver of your own network, put the certificate into a file and let `SSL_CERT_FILE` of the server \
             name it.",
        )
    } else if seen.tells(phrase::UNKNOWN_ISSUER) {
        Diagnosis::new(
            "The certificate's authority is not trusted",
            format!("No path leads from the certificate of `{host}` to an authority that browsers trust."),
        )
        .step(
            "Let the server send its intermediate certificates too: browsers often know them by heart, other programs \
             do not.",
        )
        .step(
            "If the authority is one of your own, put its certificate into a file and let `SSL_CERT_FILE` of the \
                server \
             name it.",
        )
    } else if seen.tells(phrase::REVOKED) {
        Diagnosis::new(
            "The certificate was revoked",
            format!("The authority has withdrawn the certificate of `{host}`."),
        )
        .step("Get a new certificate with a new key, and find out why it was withdrawn.")
    } else if seen.tells(phrase::NOT_TLS) {
        Diagnosis::new(
            "What answers does not speak TLS",
            "The URL says https, and what answers at this port speaks something else, often plain http.",
        )
        .seen(seen.asked())
        .step("Check the port in the URL.")
        .step("Let the receiver, or a proxy in front of it, speak TLS at this port.")
        .step("In test mode a URL with http may do.")
    } else if seen.tells(phrase::NO_COMMON_VERSION) {
        Diagnosis::new(
            "It speaks only versions of TLS that are no longer safe",
            "Deliveries speak TLS 1.2 and 1.3; the two sides found nothing in common.",
        )
        .step("Enable TLS 1.2 or 1.3, with ciphers of today, at the receiver or the proxy in front of it.")
    } else if seen.tells(phrase::CLIENT_CERTIFICATE) {
        Diagnosis::new(
            "It wants a client certificate",
            "The receiver asks for a certificate of ours, and deliveries have none.",
        )
        .step("Let this path pass without a client certificate, and verify the signature instead.")
    } else if seen.tells(phrase::REFUSED_TLS) {
        Diagnosis::new("It refused the TLS connection", "The other side ended the handshake with an alert.")
            .step("Check that the server there knows the name in the URL: one that has no certificate for it refuses.")
            .step("Look at the log of the receiver, or of the proxy in front of it: it says why.")
    } else {
        Diagnosis::new(
            "TLS did not come about",
            "The connection stood, and the two sides could not agree on how to secure it.",
        )
        .step("Look at the log of the receiver, or of the proxy in front of it.")
        .step("Check the port: something other than an https server may be there.")
    };
    diagnosis.seen(seen.message)
}
