//! Answers other than 2xx.

use super::{
    Diagnosis, authorized, redirected,
    seen::{Seen, millis, quoted},
};

/// A whole answer came, and it was not 2xx.
pub(super) fn badly(seen: &Seen<'_>) -> Diagnosis {
    let status = seen.attempt.response_status.unwrap_or_default();
    let may_be_signature = matches!(status, 400 | 401 | 403 | 406 | 412 | 422 | 498 | 500);
    if may_be_signature && let Some(fault) = seen.signature_fault() {
        return authorized::signature(seen, status, fault);
    }
    if matches!(status, 400 | 401 | 403)
        && seen.header("www-authenticate").is_none()
        && let Some(skew) = seen.skew.as_ref().filter(|skew| skew.beyond_tolerance)
    {
        return authorized::clock(seen, status, &skew.words);
    }
    let diagnosis = match status {
        300..400 => redirected::redirected(seen, status),
        400 | 422 => invalid(seen, status),
        401 => authorized::unauthorized(seen),
        403 => authorized::forbidden(seen),
        404 => missing(seen),
        405 | 501 => method(seen, status),
        408 => said(
            seen,
            "It did not wait for the request",
            "The receiver answered 408: the request did not come \
            fast enough for it.",
        )
        .step("Look at how busy the receiver and the network before it are; a retry often succeeds.")
        .step("Raise the time that the receiver, or the proxy in front of it, waits for a body."),
        409 => said(
            seen,
            "It sees a conflict",
            "The receiver answered 409: what the event asks for is at odds \
            with what it has, often because the event came before.",
        )
        .step("Answer 2xx to an event that was handled before: the same webhook-id may come more than once.")
        .step("Look up this webhook-id in the receiver's log."),
        410 => said(
            seen,
            "The endpoint is gone",
            if seen.attempt.simulated {
                "The receiver answered 410, which means for good. A simulated event disables nothing; a real one would."
            } else {
                "The receiver answered 410, which means for good. The event was given up and the destination disabled."
            },
        )
        .step("If the endpoint moved, change the URL; then enable it again and replay what it missed.")
        .step("If it is no longer needed, delete it."),
        411 | 413 | 414 | 431 => size(seen, status),
        415 => content_type(seen),
        421 => said(
            seen,
            "It does not serve this host",
            "The receiver answered 421: the server at this address \
            does not believe to be the host in the URL.",
        )
        .seen(seen.asked())
        .step("Check that the name in the URL leads to the right server, and that the proxy there knows the name."),
        425 | 429 => slower(seen, status),
        426 => said(seen, "It wants another protocol", "The receiver answered 426.")
            .seen_if(seen.header("upgrade").map(|upgrade| format!("Upgrade: {}", quoted(upgrade))))
            .step("Let the endpoint take plain HTTP requests: this URL may be one for WebSockets, or want https."),
        402 | 451 => said(
            seen,
            "It refuses for reasons other than the request",
            format!(
                "The receiver answered \
            {status}: an account, a plan or the law is in the way."
            ),
        )
        .step("Ask whoever runs the receiver, or hosts it."),
        400..=499 => said(
            seen,
            "It refuses the request",
            format!(
                "The receiver answered {status}: it finds fault \
            with the request."
            ),
        )
        .seen(seen.asked())
        .step("Look up this webhook-id in the receiver's log, and what it says about the request.")
        .step("Send the same payload with the simulator while you change the receiver."),
        502..=504 => proxy(seen, status),
        511 => said(
            seen,
            "A network wants a login first",
            "The answer 511 comes from the network before the \
            receiver, not from the receiver.",
        )
        .step("Sign in to that network, or deliver to an address that needs no login."),
        520..=530 => said(
            seen,
            "The proxy in front of it had trouble with it",
            format!(
                "{status} is no standard \
            status: networks in front of websites use such numbers for trouble with the server behind them."
            ),
        )
        .seen_if(seen.header("server").map(|server| format!("the answer comes from {}", quoted(server))))
        .step("Look up the number in the documentation of the network that the receiver is behind.")
        .step("Check that the server behind it runs, and can be reached from that network."),
        _ => crashed(seen, status),
    };
    with_page(seen, status, diagnosis)
}

/// A diagnosis that quotes what the receiver says.
fn said(seen: &Seen<'_>, title: &str, explanation: impl Into<String>) -> Diagnosis {
    Diagnosis::new(title, explanation).seen_if(seen.says())
}

/// A page for people, where a program's answer was to be expected, comes from something in between.
fn with_page(seen: &Seen<'_>, status: u16, diagnosis: Diagnosis) -> Diagnosis {
    let known = matches!(status, 300..400 | 404 | 502..=504);
    if known || !seen.is_html() {
        return diagnosis;
    }
    let diagnosis = if seen.says().is_none() { diagnosis.seen("the answer is an HTML page") } else { diagnosis };
    diagnosis.step(
        "The answer is a page for people: see whether it comes from a login, a proxy or a framework's error page \
            rather \
         than from your endpoint.",
    )
}

fn invalid(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let sent = seen.request_header("content-type").map(|kind| format!("the payload was sent as {}", quoted(kind)));
    let event_type = seen.attempt.event_type.as_deref().map(|kind| format!("the event type is {}", quoted(kind)));
    let diagnosis = said(
        seen,
        "It does not accept the payload",
        format!("The receiver answered {status}: to it the payload is malformed or not valid."),
    )
    .seen_if(event_type)
    .seen_if(sent);
    let says_nothing = seen.says().is_none();
    diagnosis
        .step("Compare the payload of the request with what the receiver expects of this event type.")
        .step("Let the receiver ignore fields that it does not know, and do without those that are optional.")
        .step_if(says_nothing, "Let it say in its answer what is wrong: the log shows the first 64 KiB.")
        .step(
            "If it verifies signatures, it may mean those by 400: check the secret, and that it verifies the raw body.",
        )
        .step("Send the same payload with the simulator while you change the receiver.")
}

fn missing(seen: &Seen<'_>) -> Diagnosis {
    if seen.body_has(&["tunnel", "endpoint is offline"]) {
        return said(
            seen,
            "The tunnel to it is not open",
            "The answer 404 comes from the entry of a tunnel, which leads nowhere just now.",
        )
        .seen(seen.asked())
        .step("Start the tunnel again. If it got a new address, change the URL.");
    }
    let page = seen.is_html() && seen.says().is_none();
    said(
        seen,
        "There is nothing at this path",
        "The receiver answered 404: a server is there, and it has no such path.",
    )
    .seen(seen.asked())
    .seen_if(page.then_some("the answer is an HTML page"))
    .step("Compare the path with the route in the receiver: a prefix, a letter's case, a slash at the end.")
    .step("Check that the version which has this route is deployed, and that the name leads to that deployment.")
    .step("A receiver may also say 404 to what it does not trust: check the secret.")
}

fn method(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let method = &seen.attempt.http_method;
    let allowed = seen.header("allow");
    said(
        seen,
        "It does not take this method",
        format!("The receiver answered {status}: it does not take {method} at this path."),
    )
    .seen(seen.asked())
    .seen_if(allowed.map(|allowed| format!("it allows {}", quoted(allowed))))
    .step(format!("Check the path: the route that takes {method} may be another."))
    .step(format!("Let the route take {method}."))
    .step_if(allowed.is_some(), "Or set the destination's HTTP method to one that it allows.")
    .step("A redirect before it may have been configured for GET only; use the final address.")
}

fn size(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let body = seen.attempt.request_bytes().map(|body| format!("the payload has {} bytes", body.size()));
    match status {
        411 => said(
            seen,
            "It wants to know the length first",
            "The receiver answered 411, although the length was sent with the request.",
        )
        .step("Look for a proxy that takes the length away or does not forward it."),
        413 => {
            said(seen, "The payload is too large for it", "The receiver, or the proxy in front of it, answered 413.")
                .seen_if(body)
                .step("Raise the limit of the proxy in front of the receiver: it is often 1 MiB or less.")
                .step("Raise the limit of the receiver's framework for bodies at this path.")
                .step("Or send less: a link to the data instead of the data.")
        }
        414 => said(seen, "The URL is too long for it", "The receiver answered 414.")
            .seen(seen.asked())
            .step("Shorten the path or query, or switch off forwarding of the source's path for this destination."),
        _ => {
            let bytes: usize =
                seen.attempt.request_headers.0.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
            said(seen, "The headers are too large for it", "The receiver, or the proxy in front of it, answered 431.")
                .seen(format!("the request's headers had {bytes} bytes"))
                .step("Remove headers from the destination's configuration, or raise the limit of the proxy.")
                .step("While a secret is rotated, webhook-signature carries one entry for each: end the old ones.")
        }
    }
}

fn content_type(seen: &Seen<'_>) -> Diagnosis {
    let sent = match seen.request_header("content-type") {
        Some(kind) => format!("the payload was sent as {}", quoted(kind)),
        None => "the payload was sent without a Content-Type".to_owned(),
    };
    said(seen, "It does not take this content type", "The receiver answered 415.")
        .seen(sent)
        .seen_if(
            seen.header("accept-post").or(seen.header("accept")).map(|kinds| format!("it takes {}", quoted(kinds))),
        )
        .step("Let the route take `application/json`, also with a charset behind it.")
        .step("What a source receives is passed on as it came, with its content type: look at what the sender sends.")
}

fn slower(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let asked = seen.retry_after().map(|at| format!("it asks to be left alone until {at}"));
    let silent = asked.is_none();
    said(
        seen,
        "It wants fewer requests",
        format!(
            "The receiver answered {status}. The whole destination is slowed down for a while, not only this event."
        ),
    )
    .seen_if(asked)
    .step("Set the destination's rate limit to what the receiver can take, or how many are sent at once.")
    .step("Let the receiver store the event and answer, and do the work afterwards.")
    .step_if(silent, "Let it say in Retry-After how long to wait: up to 24 hours are honoured.")
}

fn proxy(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let took = seen.attempt.response_latency.map(|ms| format!("the answer came after {}", millis(ms)));
    let server =
        seen.header("server").or(seen.header("via")).map(|who| format!("the answer comes from {}", quoted(who)));
    let asked = seen.retry_after().map(|at| format!("it asks to be left alone until {at}"));
    let diagnosis = match status {
        502 => said(
            seen,
            "The proxy in front of it got no proper answer",
            "502 is what a proxy or load balancer \
            says when the application behind it does not run, refuses or hangs up.",
        )
        .step("Check that the application runs: it may be starting, deploying, or have crashed on this event.")
        .step("Look at the proxy's log for this time, and at the application's for this webhook-id."),
        503 => said(
            seen,
            "It is not available just now",
            "503 mostly comes from a proxy or load balancer that \
            has no healthy application behind it, or from one that is overloaded or under maintenance.",
        )
        .step("Check that the application runs and passes its health check.")
        .step("If it is overloaded, set a rate limit for the destination; it was slowed down already."),
        _ => said(
            seen,
            "The proxy in front of it waited too long",
            "504 is what a proxy or load balancer says \
            when the application behind it does not answer in the proxy's time.",
        )
        .step("Let the receiver store the event, answer 2xx at once, and do the work afterwards.")
        .step("The work may have been done all the same: take the same webhook-id as done when it comes again.")
        .step("Look at what the application did with this webhook-id."),
    };
    diagnosis.seen_if(took).seen_if(server).seen_if(asked).step_if(
        status != 504,
        "The event is tried again by itself; when the receiver is healthy, retry one by hand before replaying many.",
    )
}

fn crashed(seen: &Seen<'_>, status: u16) -> Diagnosis {
    let asked = seen.retry_after().map(|at| format!("it asks to be left alone until {at}"));
    said(
        seen,
        "It failed while it handled the event",
        format!("The receiver answered {status}: the error is on its side."),
    )
    .seen_if(asked)
    .step(format!("Look for this webhook-id in the receiver's log at {}.", seen.attempt.delivered_at))
    .step("If only this event type or this payload fails, a field is missing or new: let it cope with both.")
    .step("Let the receiver store the event, answer 2xx at once, and do the work afterwards.")
    .step("The event is tried again by itself; once the receiver is mended, retry one by hand before replaying many.")
}
