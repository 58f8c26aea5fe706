//! What a receiver check asks of a receiver, and what to do where it falls short.

use hookyard_model::Scenario;

use super::report::Tried;

/// What is asked of the receiver.
pub(super) const fn title(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Valid => "Accepts an ordinary delivery",
        Scenario::Duplicate => "Accepts the same event twice",
        Scenario::OutOfOrder => "Accepts an older event after a newer one",
        Scenario::StaleTimestamp => "Refuses a replay of an hour ago",
        Scenario::WrongSignature => "Refuses a wrong signature",
        Scenario::MissingSignature => "Refuses a missing signature",
        Scenario::UnknownEventType => "Acknowledges an unknown event type",
        Scenario::MissingOptionalFields => "Does without optional fields",
        Scenario::UnknownFields => "Ignores unknown fields",
        Scenario::LargePayload => "Takes a payload of 1 MiB",
        Scenario::Burst => "Takes a burst of 50 events",
    }
}

/// What to do about a delivery of this scenario that was not acknowledged.
pub(super) fn to_acknowledge(scenario: Scenario, tried: &Tried) -> &'static str {
    match (scenario, tried.response_status) {
        (_, None) => NO_ANSWER,
        (Scenario::Valid, Some(status)) => ordinary(status),
        (Scenario::LargePayload, Some(413)) => {
            "Raise the limit for request bodies of the web server, the framework and every proxy before them to 2 MiB \
             or more."
        }
        (Scenario::Burst, Some(429)) => {
            "Put events into a queue and answer at once, or set a rate or concurrency limit on this webhook that the \
             receiver can keep up with."
        }
        (_, Some(300..=399)) => REDIRECT,
        (Scenario::Duplicate, _) => {
            "Answer 2xx to an event that was handled before: remember the webhook-id of each, and do nothing the \
             second time. Any other answer makes it come again."
        }
        (Scenario::OutOfOrder, _) => {
            "Answer 2xx to an event that is older than what you know, and compare its date before you overwrite \
             anything: retries arrive late."
        }
        (Scenario::UnknownEventType, _) => {
            "Answer 2xx to event types that you do not handle, and ignore them: new types will come, and each refusal \
             is retried for days."
        }
        (Scenario::MissingOptionalFields, _) => {
            "Read only what the schema requires as if it were always there; treat all other fields as possibly absent."
        }
        (Scenario::UnknownFields, _) => "Ignore fields that you do not know: new ones may be added at any time.",
        (Scenario::LargePayload, _) => {
            "Find out in the receiver's log what a large body does to it: limits of size, of memory, of time."
        }
        (Scenario::Burst, _) => {
            "Put events into a queue, answer at once and work later; make sure that the receiver takes 50 requests at \
             the same time."
        }
        (Scenario::StaleTimestamp | Scenario::WrongSignature | Scenario::MissingSignature, _) => {
            "Answer 401 to what is not signed properly."
        }
    }
}

const NO_ANSWER: &str = "See the delivery for where it broke off. The receiver must be reachable from this server, and \
     answer before its work is done: put the event into a queue, answer 2xx, then work.";

const REDIRECT: &str = "Redirects are not followed: set the webhook's URL to where it leads.";

/// What to do when ordinary deliveries are answered with `status`.
const fn ordinary(status: u16) -> &'static str {
    match status {
        300..=399 => REDIRECT,
        401 | 403 => {
            "Verify with this webhook's own signing secret, against the raw bytes of the body before any parsing; let \
             this server's address through the firewall; and check the authentication that the webhook sends."
        }
        404 | 405 => "Check the path of the webhook's URL, and that the receiver takes the method there.",
        429 => "Let the receiver take more, or set a rate limit on this webhook.",
        400..=499 => "See the answer's body for what the receiver does not like about an ordinary event.",
        _ => "See the receiver's log for what broke when it got this event.",
    }
}

/// What to do about a delivery of this scenario that was not refused.
pub(super) fn to_refuse(scenario: Scenario, tried: &Tried) -> &'static str {
    match (scenario, tried.response_status) {
        (_, None) => {
            "Answer 401 to what you do not trust. Whoever hangs up instead cannot be told from one who is down."
        }
        (_, Some(500..)) => {
            "Catch the error of the verification and answer 401: an answer of 5xx says that the receiver is broken, \
             and such a delivery is tried again for days."
        }
        (_, Some(300..=399)) => "Answer 401, and before any redirect: verification comes first.",
        (Scenario::StaleTimestamp, _) => {
            "Refuse a webhook-timestamp that is more than 5 minutes from now, before or after: without that, whoever \
             records a delivery can send it again for ever. The libraries of Standard Webhooks do so by themselves."
        }
        (Scenario::MissingSignature, _) => {
            "Refuse what has no webhook-signature with 401. Now anybody who knows the URL can make up events."
        }
        _ => {
            "Verify webhook-signature with this webhook's signing secret before you believe anything in the body, and \
             answer 401 where it does not fit. Now anybody who knows the URL can make up events."
        }
    }
}

/// What to do about answers that are too slow.
pub(super) const TO_BE_QUICK: &str =
    "Verify the signature, put the event into a queue and answer 2xx; do what takes time afterwards.";
