//! Attempts without a whole answer.

use super::{
    Diagnosis, phrase,
    seen::{Seen, millis},
};

const ACKNOWLEDGE: &str = "Let the receiver store the event, answer 2xx at once, and do the work afterwards.";
const TWICE: &str =
    "The event may have been handled all the same: take the same webhook-id as done when it comes again.";

fn host(seen: &Seen<'_>) -> String {
    seen.url.as_ref().and_then(|url| url.host_str()).unwrap_or("the host").to_owned()
}

/// Whether the name is one that only some networks know.
fn is_internal(host: &str) -> bool {
    let endings =
        [".local", ".internal", ".lan", ".home", ".localhost", ".svc", ".cluster.local", ".intranet", ".corp"];
    !host.contains('.') || endings.iter().any(|ending| host.ends_with(ending))
}

pub(super) fn dns(seen: &Seen<'_>) -> Diagnosis {
    let host = host(seen);
    let internal = is_internal(&host);
    if seen.tells(phrase::NO_SUCH_NAME) || seen.tells(phrase::NO_ADDRESS) {
        return Diagnosis::new(
            "The name does not exist",
            format!("The URL's name `{host}` leads to no address, so there is nothing to connect to."),
        )
        .seen(seen.message)
        .step("Check the spelling of the name in the URL.")
        .step_if(
            internal,
            "A name of your own network must be known where Hookyard runs: add it to the name server there.",
        )
        .step("If the name is new, wait until its record can be seen everywhere; if it has ended, renew it.")
        .step("If the receiver moved, change the URL.");
    }
    Diagnosis::new(
        "The name could not be looked up",
        format!("Asking for the address of `{host}` failed. That says nothing about the receiver."),
    )
    .seen(seen.message)
    .step("Check the name server of the machine that Hookyard runs on.")
    .step(format!("Look `{host}` up from there; if only this name fails, the name server of its domain has trouble."))
    .step("The event is tried again by itself.")
}

pub(super) fn refused(seen: &Seen<'_>) -> Diagnosis {
    let host = host(seen);
    if seen.tells(phrase::UNREACHABLE) {
        return Diagnosis::new("No way leads to it", "The network knows no way to the receiver's address.")
            .seen(seen.message)
            .step(
                "Check that the machine that Hookyard runs on has a way there: a route, and IPv6 if the address \
                is of that kind.",
            )
            .step("Check that the name leads to the right address.");
    }
    let own = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    Diagnosis::new(
        "Nothing listens there",
        "The machine is there and refuses connections at this port: no program listens on it, or a firewall refuses.",
    )
    .seen(seen.message)
    .step("Check that the receiver runs, and that the port in the URL is the one it listens on.")
    .step_if(
        own,
        "In a container this name is the container itself: use the name of the machine or of the other \
        container.",
    )
    .step_if(
        !own,
        "Let it listen on an address that others can reach, not on the loopback one alone, and publish \
        the container's port.",
    )
    .step("Check that a firewall does not refuse the address that deliveries come from.")
}

pub(super) fn reset(seen: &Seen<'_>) -> Diagnosis {
    if seen.tells(phrase::WITHIN_ANSWER) || seen.attempt.response_status.is_some() {
        let status = seen.attempt.response_status.map(|status| format!("the answer began with {status}"));
        let length = seen.header("content-length").map(|length| format!("it announced {length} bytes"));
        let came = seen.attempt.response_bytes().map(|body| format!("{} bytes of its body are kept", body.size()));
        return Diagnosis::new(
            "The connection broke within the answer",
            "The answer began, and its connection ended before it was whole. Such an answer does not count, \
                whatever its status.",
        )
        .seen(seen.message)
        .seen_if(status)
        .seen_if(length)
        .seen_if(came)
        .step("Check that the answer is as long as its Content-Length says, or that its last chunk is sent.")
        .step("Look for a crash or a restart of the receiver at this time; a proxy may also cut off long answers.")
        .step(TWICE);
    }
    Diagnosis::new("It hung up without an answer", "The receiver took the connection and ended it before it answered.")
        .seen(seen.message)
        .seen_if(seen.attempt.timings.first_byte_ms.map(|ms| format!("{} after the request", millis(ms))))
        .step(
            "Look for a crash or a restart of the receiver at this time: a deployment, too little memory, a payload \
        that it cannot bear.",
        )
        .step("Check the port: a server for https hangs up on http, and one for another protocol on both.")
        .step(
            "If it happens now and then, the receiver or a proxy ends kept connections while a request is on its \
        way: let it keep them longer.",
        )
        .step(TWICE)
}

pub(super) fn connect_timeout(seen: &Seen<'_>) -> Diagnosis {
    let after = format!("given up after {}", millis(seen.attempt.timings.total_ms));
    let diagnosis = if seen.tells(phrase::NOT_RESOLVED) {
        Diagnosis::new(
            "The name could not be looked up in time",
            "The name server did not answer before the time was over.",
        )
        .step("Check the name server of the machine that Hookyard runs on.")
    } else if seen.tells(phrase::NO_HANDSHAKE) {
        Diagnosis::new(
            "TLS was not agreed on in time",
            "The connection stood, and the TLS handshake did not end before the time was over.",
        )
        .step("Check the port: something other than an https server may be there and wait for the client to speak.")
        .step("Look at how busy the receiver, or the proxy in front of it, is.")
    } else {
        Diagnosis::new(
            "It does not take the connection",
            "Nothing came back from the receiver's address: mostly a firewall that drops what it does not know, \
                or a machine that is down.",
        )
        .step("Let the address that deliveries come from pass in the firewall or security group.")
        .step("Check that the machine runs, and that the name leads to it and not to one before.")
        .step("Check the port in the URL.")
    };
    diagnosis.seen(seen.message).seen(after)
}

pub(super) fn timeout(seen: &Seen<'_>) -> Diagnosis {
    let timings = &seen.attempt.timings;
    let total = millis(timings.total_ms);
    if seen.tells(phrase::NO_END) || seen.attempt.response_status.is_some() {
        let status = seen.attempt.response_status.map(|status| format!("the answer began with {status}"));
        return Diagnosis::new(
            "Its answer did not end in time",
            format!(
                "The answer began, and after {total} in all its body had not ended. Such an answer does not \
                count, whatever its status."
            ),
        )
        .seen(seen.message)
        .seen_if(status)
        .seen_if(timings.first_byte_ms.map(|ms| format!("{} until the answer's first byte", millis(ms))))
        .seen_if(timings.body_ms.map(|ms| format!("{} of reading its body", millis(ms))))
        .step("Answer with a short body, or with none: only the status counts.")
        .step("Look for an answer that is streamed, or whose length is announced and not sent.")
        .step(TWICE);
    }
    let spent = [("DNS", timings.dns_ms), ("connecting", timings.connect_ms), ("TLS", timings.tls_ms)];
    let before: Vec<_> =
        spent.into_iter().filter_map(|(step, ms)| Some(format!("{step} took {}", millis(ms?)))).collect();
    Diagnosis::new(
        "It took too long to answer",
        format!("The request was sent, and after {total} in all the answer's first byte had not come."),
    )
    .seen(seen.message)
    .seen_if((!before.is_empty()).then(|| before.join(", ")))
    .step(ACKNOWLEDGE)
    .step(TWICE)
    .step("Look at what the receiver waits for: a database, another service, a lock.")
    .step("If it must take long, raise the destination's timeout, up to 60 seconds.")
}

pub(super) fn denied(seen: &Seen<'_>) -> Diagnosis {
    let address = seen.message.split_once(" leads to ").and_then(|(_, rest)| rest.split(',').next()).map(str::trim);
    let range =
        address.map(|address| if address.contains(':') { format!("{address}/128") } else { format!("{address}/32") });
    if !seen.tells(phrase::NOT_PUBLIC) {
        return Diagnosis::new(
            "Deliveries may not go there",
            "The URL does not lead to an address that deliveries may reach.",
        )
        .seen(seen.message)
        .step("Use an http or https URL with a public name or address.");
    }
    let diagnosis = Diagnosis::new(
        "The address is not public",
        "Deliveries reach only public addresses, so that nobody can use them to look into the network that \
            Hookyard runs in. Nothing was sent.",
    )
    .seen(seen.message)
    .step("If the receiver is meant to be public, check what its name leads to.");
    match range {
        Some(range) => diagnosis.step(format!(
            "If it is in your own network and you run Hookyard, allow it: start the server with `--egress-allow \
                {range}` or \
             set `HOOKYARD_EGRESS_ALLOW={range}`; several are separated by commas."
        )),
        None => diagnosis.step(
            "If you run Hookyard, allow its address by `--egress-allow` or \
            `HOOKYARD_EGRESS_ALLOW`.",
        ),
    }
    .step("Else ask whoever runs Hookyard, or give the receiver a public address, such as by a tunnel.")
}

pub(super) fn protocol(seen: &Seen<'_>) -> Diagnosis {
    let diagnosis = if seen.tells(phrase::TOO_LARGE) {
        Diagnosis::new(
            "The head of its answer is too large",
            "The answer's headers are longer than 64 KiB, and were not read on.",
        )
        .step("Let the receiver send fewer headers; many cookies are a frequent cause.")
    } else if seen.message.contains("URL") {
        Diagnosis::new("The URL cannot be used", "There is no URL that a request could be sent to.")
            .step("Correct the URL of the destination.")
    } else {
        Diagnosis::new(
            "What answers does not speak HTTP",
            "Something answered that is not HTTP, or not as its rules have it.",
        )
        .step("Check the port in the URL: a mail, database or other server may be there, or one that wants https.")
        .step("Ask the receiver with a command-line client, and look at the first line of its answer.")
        .step("If a framework makes the answer, look for header lines or chunks that are written by hand.")
    };
    diagnosis.seen(seen.message).seen(seen.asked())
}
