//! Whether a source lets a request in. Pure: the answer depends on the source, what arrived and the time alone.

use hookyard_model::{
    RejectionCause, Timestamp,
    service::{Arrival, Reply},
};

use crate::{delivery::HOPS, routing::Route, verification::Call};

/// Why a request is not let in: the cause, and for its record what exactly was wrong. The sender is told the cause only.
pub(super) type Rejection = (RejectionCause, String);

/// What came of looking at a request.
pub(super) struct Looked {
    pub(super) rejection: Option<Rejection>,
    /// Whether it proved who sent it.
    pub(super) verified: bool,
    /// What the provider is answered, where this is its check of the URL.
    pub(super) answer: Option<Reply>,
}

/// How often a request may have been delivered by a destination that is a source's own URL.
const MOST_HOPS: u32 = 8;

/// Looks in the contract's order: enabled, method, size, authentication; then whether it goes round in a circle. A provider's check of the URL need not be one
/// of the source's methods, and is signed only where the provider does so.
pub(super) fn looked_at(route: &Route, arrival: &Arrival, limit: usize, public_url: &str, now: Timestamp) -> Looked {
    let call = Call::of(arrival, public_url, now);
    if !route.disabled && !arrival.too_large {
        match route.verification.greeting(route.kind, &call) {
            Some(Ok(answer)) => return Looked { rejection: None, verified: false, answer: Some(answer) },
            Some(Err(detail)) => {
                let rejection = Some((RejectionCause::SourceAuthFailed, detail));
                return Looked { rejection, verified: false, answer: None };
            }
            None => {}
        }
    }
    match check(route, arrival, &call, limit) {
        Err(rejection) => Looked { rejection: Some(rejection), verified: false, answer: None },
        Ok(()) => Looked {
            rejection: None,
            verified: route.verification.is_some(),
            answer: route.verification.answer(route.kind, &call),
        },
    }
}

fn check(route: &Route, arrival: &Arrival, call: &Call<'_>, limit: usize) -> Result<(), Rejection> {
    if route.disabled {
        return Err((RejectionCause::SourceDisabled, "the source is disabled".to_owned()));
    }
    if !route.config.allowed_http_methods.contains(&arrival.method) {
        let allowed = route.config.allowed_http_methods.join(", ");
        return Err((RejectionCause::SourceMethodNotAllowed, format!("{} is not one of {allowed}", arrival.method)));
    }
    if arrival.too_large {
        let detail = format!("the body has more than {limit} bytes; the first {} were kept", arrival.body.len());
        return Err((RejectionCause::PayloadTooLarge, detail));
    }
    route.verification.check(call).map_err(|detail| (RejectionCause::SourceAuthFailed, detail))?;
    let hops = hops(arrival);
    if hops > MOST_HOPS {
        let detail = format!("it was delivered {hops} times on its way here: a destination must lead back to a source");
        return Err((RejectionCause::TooManyHops, detail));
    }
    Ok(())
}

fn hops(arrival: &Arrival) -> u32 {
    let said = arrival.headers.iter().find(|(name, _)| name == HOPS).map(|(_, value)| value);
    said.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(0)
}
