//! Which headers prove who sends a request and could be used again by whoever reads them. They are checked and not kept:
//! their value is stored as the placeholder, so that no page, answer, transformation, replay or delivery has it.

use hookyard_model::{
    SourceAuth,
    scheme::{Place, Scheme},
};

use crate::routing::Route;

/// Whether the header `name`, in lower case, is one of those, of a request to this source.
pub(super) fn is_credential(route: &Route, name: &str) -> bool {
    const ALWAYS: [&str; 2] = ["authorization", "proxy-authorization"];
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    ALWAYS.contains(&name)
        || match &route.config.auth {
            Some(SourceAuth::ApiKey { header_name, .. }) => is(header_name),
            Some(SourceAuth::ProviderSignature(_)) => match route.kind.preset().map(|preset| &preset.scheme) {
                Some(Scheme::Token { place, .. }) => match place {
                    Place::Header(header) | Place::Pair { header, .. } => is(header),
                    Place::EitherHeader(one, other) => is(one) || is(other),
                    Place::NumberedHeader(start) => name.starts_with(start),
                    Place::Json(_) => false,
                },
                _ => false,
            },
            // A signature is of this request alone.
            Some(SourceAuth::BasicAuth { .. } | SourceAuth::Hmac { .. }) | None => false,
        }
}
