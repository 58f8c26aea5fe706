//! What of a request proves who sends it and could be used again by whoever reads it. It is checked and not kept: its value is stored as the placeholder, so that no page, answer, transformation, replay or delivery has it.

use std::borrow::Cow;

use hookyard_model::{
    Handshake, REDACTED, SourceAuth,
    scheme::{Place, Scheme},
};

use url::form_urlencoded::{byte_serialize, parse};

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

/// A query as it is stored: of the token that the provider's check of the URL has, nothing but the placeholder, whether it
/// is the right one or almost.
pub(super) fn shown_query<'q>(route: &Route, query: &'q str) -> Cow<'q, str> {
    match route.kind.preset().and_then(|preset| preset.handshake) {
        Some(Handshake::EchoQuery { token: Some((name, _)), .. }) => without(query, name),
        _ => Cow::Borrowed(query),
    }
}

/// A query with the placeholder for each value of this name; the rest as it came.
fn without<'q>(query: &'q str, name: &str) -> Cow<'q, str> {
    if !parse(query.as_bytes()).any(|(known, _)| known == name) {
        return Cow::Borrowed(query);
    }
    let placeholder: String = byte_serialize(REDACTED.as_bytes()).collect();
    let shown = |pair: &str| match parse(pair.as_bytes()).next() {
        Some((known, _)) if known == name => format!("{name}={placeholder}"),
        _ => pair.to_owned(),
    };
    Cow::Owned(query.split('&').map(shown).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_query_is_not_kept_however_it_is_spelled() {
        let placeholder: String = byte_serialize(REDACTED.as_bytes()).collect();
        for query in [
            "hub.mode=subscribe&hub.verify_token=my+token&hub.challenge=%3C1",
            "hub.mode=subscribe&hub%2Everify_token=my%20token&hub.challenge=%3C1",
            "hub.mode=subscribe&hub.verif%79_token=m%79+token&hub.challenge=%3C1",
        ] {
            let expected = format!("hub.mode=subscribe&hub.verify_token={placeholder}&hub.challenge=%3C1");
            assert_eq!(without(query, "hub.verify_token"), expected, "{query}");
        }
        let twice = without("hub.verify_token=a&hub.verify_token=b", "hub.verify_token");
        assert_eq!(twice, format!("hub.verify_token={placeholder}&hub.verify_token={placeholder}"));
        assert!(matches!(without("a=%20&&b", "hub.verify_token"), Cow::Borrowed("a=%20&&b")));
    }
}
