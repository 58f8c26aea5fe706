//! Attempts for which there was no access token.

use super::{Diagnosis, seen::Seen};

pub(super) fn missing(seen: &Seen<'_>) -> Diagnosis {
    let is_unknown = seen.message.contains("invalid_client") || seen.message.contains("unauthorized_client");
    let is_scope = seen.message.contains("invalid_scope");
    Diagnosis::new(
        "There was no access token",
        "The destination wants an access token, and its token endpoint gave none; nothing was sent to the destination.",
    )
    .seen(seen.message)
    .step_if(
        is_unknown,
        "Check the client id and the client secret of the destination; the secret may have been changed.",
    )
    .step_if(is_scope, "Check the scope of the destination: this client may not ask for it.")
    .step_if(!is_unknown && !is_scope, "Check that the destination's token URL is right, and that it can be reached.")
    .step("The event is tried again by itself, with a new token.")
}
