//! Answers of receivers that do not believe who we are.

use super::{
    Diagnosis, SignatureFault,
    seen::{Seen, quoted},
};

const SECRET: &str = "Compare the signing secret that the receiver uses with the one on this webhook's page: each \
    webhook \
     has its own, in each mode, and a rotated one ends with its overlap.";
const RAW: &str = "Verify the raw bytes of the body, before any parsing: JSON that was read and written again is \
     not the same text.";
const BASE: &str = "What is signed is `webhook-id`, `webhook-timestamp` and the body, joined by dots; the key is what \
     follows `whsec_`, decoded from base64. The simulator shows this text for any payload.";
const CLOCK: &str = "Set the receiver's clock by a time server; a signature's time may be off by 5 minutes at most.";

/// What a receiver means that finds fault with the signature.
pub(super) fn signature(seen: &Seen<'_>, status: u16, fault: SignatureFault) -> Diagnosis {
    let says = seen.says();
    let clock = seen.skew.as_ref().map(|skew| skew.words.clone());
    match fault {
        SignatureFault::Mismatch => Diagnosis::new(
            "It does not accept the signature",
            format!("The receiver answered {status} and says that the signature does not verify."),
        )
        .seen_if(says)
        .seen_if(clock)
        .step(SECRET)
        .step(RAW)
        .step(BASE),
        SignatureFault::Missing => Diagnosis::new(
            "It does not find the signature",
            format!("The receiver answered {status} and misses the signature, which was sent."),
        )
        .seen_if(says)
        .seen(sent_signature(seen))
        .step(
            "Read the signature from the headers webhook-id, webhook-timestamp and webhook-signature: a receiver made \
             for another sender looks for other names.",
        )
        .step("Look for a proxy in front of the receiver that drops headers it does not know.")
        .step(RAW),
        SignatureFault::Timestamp => Diagnosis::new(
            "It finds the signature's time too old or too new",
            format!(
                "The receiver answered {status} because of the time in webhook-timestamp, which is that of \
                this try."
            ),
        )
        .seen_if(says)
        .seen_if(clock)
        .step(CLOCK)
        .step(
            "Let the receiver allow 5 minutes either way, count in seconds, and verify when the request comes, \
                not when \
             it is worked off.",
        )
        .step("If its clock is right, look at the clock of the server that Hookyard runs on."),
    }
}

fn sent_signature(seen: &Seen<'_>) -> String {
    match seen.request_header("webhook-signature") {
        Some(_) => "the request carried webhook-id, webhook-timestamp and webhook-signature".to_owned(),
        None => "the request carried no webhook-signature".to_owned(),
    }
}

/// 400, 401 and 403 of a receiver whose clock is off by more than a signature's time may be.
pub(super) fn clock(seen: &Seen<'_>, status: u16, skew: &str) -> Diagnosis {
    Diagnosis::new(
        "Its clock is wrong",
        format!(
            "The receiver answered {status}, and its clock is further from ours than the 5 minutes that a signature's \
             time may be off: it takes good signatures for old ones."
        ),
    )
    .seen(skew.to_owned())
    .seen_if(seen.says())
    .step(CLOCK)
    .step("If its clock is right, look at the clock of the server that Hookyard runs on.")
    .step(SECRET)
}

pub(super) fn unauthorized(seen: &Seen<'_>) -> Diagnosis {
    let asked = seen.header("www-authenticate");
    let scheme = asked.and_then(|header| header.split([' ', ',']).next()).filter(|scheme| !scheme.is_empty());
    let carried = seen.request_header("authorization").is_some();
    let explanation = match (scheme, carried) {
        (Some(scheme), true) => {
            format!(
                "The receiver answered 401 and asks for {scheme} credentials; those that were sent did not satisfy it."
            )
        }
        (Some(scheme), false) => {
            format!("The receiver answered 401 and asks for {scheme} credentials; the request carried none.")
        }
        (None, true) => "The receiver answered 401 although the request carried credentials.".to_owned(),
        (None, false) => "The receiver answered 401: it wants to know who asks, and does not say how.".to_owned(),
    };
    let credentials = match scheme.map(str::to_ascii_lowercase).as_deref() {
        Some("bearer") => "Give the destination the token: authentication `BEARER`.",
        Some("basic") => "Give the destination the user name and password: authentication `BASIC_AUTH`.",
        Some("digest" | "negotiate" | "ntlm") => {
            "Let the receiver take Basic or Bearer credentials or an API key at this path: this scheme needs several \
             requests, and a delivery is one."
        }
        _ => "If the receiver wants a token, a password or an API key, set it as the destination's authentication.",
    };
    Diagnosis::new("It wants other credentials", explanation)
        .seen_if(asked.map(|header| format!("WWW-Authenticate: {}", quoted(header))))
        .seen_if(seen.says())
        .step_if(
            carried,
            "Check the destination's credentials: they may have been changed or have expired at the receiver.",
        )
        .step_if(!carried, credentials)
        .step("Or let the path pass without them, and verify the signature instead.")
        .step(SECRET)
}

pub(super) fn forbidden(seen: &Seen<'_>) -> Diagnosis {
    let explanation = "The receiver answered 403: it understood the request and does not allow it.";
    if seen.body_has(&["csrf", "cross-site request", "forgery", "authenticity token"]) {
        return Diagnosis::new("Its protection against forged forms refuses it", explanation)
            .seen_if(seen.says())
            .step("Exempt this path from the protection against cross-site requests: it is meant for browsers.")
            .step("Verify the signature there instead.");
    }
    let wall = seen.body_has(&["captcha", "firewall", "access denied", "blocked", "bot "]);
    let title = if wall { "Something in front of it blocks the request" } else { "It forbids the request" };
    Diagnosis::new(title, explanation)
        .seen_if(seen.says())
        .seen_if(seen.header("server").map(|server| format!("the answer comes from {}", quoted(server))))
        .step(
            "Let the address that deliveries come from pass: on allow-lists, in the firewall, and where robots \
                are kept \
             out.",
        )
        .step(SECRET)
        .step("Check that the receiver verifies the signature rightly: over the raw body, with the time in seconds.")
        .step_if(
            seen.request_header("authorization").is_some(),
            "Check what the destination's credentials are allowed to do.",
        )
}
