//! Whether a source lets a request in. Pure: the answer depends on the source and what arrived alone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_model::{HmacAlgorithm, RejectionCause, SignatureEncoding, SourceAuth, service::Arrival};
use ring::hmac;
use subtle::ConstantTimeEq as _;

use crate::routing::Route;

/// Why a request is not let in: the cause, and for its record what exactly was wrong. The sender is told the cause only.
pub(super) type Rejection = (RejectionCause, String);

/// Checks in the contract's order: enabled, method, size, authentication.
pub(super) fn check(route: &Route, arrival: &Arrival, limit: usize) -> Result<(), Rejection> {
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
    match &route.config.auth {
        None => Ok(()),
        Some(auth) => authenticate(auth, arrival).map_err(|detail| (RejectionCause::SourceAuthFailed, detail)),
    }
}

fn authenticate(auth: &SourceAuth, arrival: &Arrival) -> Result<(), String> {
    match auth {
        SourceAuth::BasicAuth { username, password } => {
            let given = header(arrival, "authorization")?;
            let (scheme, token) = given.split_once(' ').ok_or("the authorization header is not `Basic …`")?;
            if !scheme.eq_ignore_ascii_case("basic") {
                return Err("the authorization header is not `Basic …`".to_owned());
            }
            let given = STANDARD.decode(token.trim()).map_err(|_| "the authorization header is not base64")?;
            let wanted = format!("{username}:{}", password.reveal());
            same(&given, wanted.as_bytes(), "the user name or the password is wrong")
        }
        SourceAuth::ApiKey { header_name, value } => {
            let given = header(arrival, header_name)?;
            same(given.as_bytes(), value.reveal().as_bytes(), &format!("the key in {header_name} is wrong"))
        }
        SourceAuth::Hmac { signature_header, secret, algorithm, encoding, prefix } => {
            let given = header(arrival, signature_header)?.trim();
            let given = given
                .strip_prefix(prefix.as_str())
                .ok_or_else(|| format!("{signature_header} does not start with `{prefix}`"))?;
            let given = match encoding {
                SignatureEncoding::Hex => hex::decode(given).map_err(|_| format!("{signature_header} is not hex"))?,
                SignatureEncoding::Base64 => {
                    STANDARD.decode(given).map_err(|_| format!("{signature_header} is not base64"))?
                }
            };
            let algorithm = match algorithm {
                HmacAlgorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                HmacAlgorithm::Sha256 => hmac::HMAC_SHA256,
                HmacAlgorithm::Sha512 => hmac::HMAC_SHA512,
            };
            let key = hmac::Key::new(algorithm, secret.reveal().as_bytes());
            hmac::verify(&key, &arrival.body, &given)
                .map_err(|_| format!("the signature in {signature_header} is not that of this body"))
        }
        SourceAuth::ProviderSignature(_) => Err("this type of source has no scheme".to_owned()),
    }
}

/// The header's value; one that stands twice is refused, since what is behind us may read the other.
fn header<'a>(arrival: &'a Arrival, name: &str) -> Result<&'a str, String> {
    let mut values =
        arrival.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => Err(format!("there is no {} header", name.to_ascii_lowercase())),
        (Some(_), Some(_)) => Err(format!("there is more than one {} header", name.to_ascii_lowercase())),
        (Some(value), None) => {
            std::str::from_utf8(value).map_err(|_| format!("the {} header is not text", name.to_ascii_lowercase()))
        }
    }
}

fn same(given: &[u8], wanted: &[u8], otherwise: &str) -> Result<(), String> {
    if bool::from(given.ct_eq(wanted)) { Ok(()) } else { Err(otherwise.to_owned()) }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hookyard_model::{Secret, SourceId};

    use super::*;

    fn arrival(headers: &[(&str, &str)]) -> Arrival {
        Arrival {
            source: SourceId::new(ulid::Ulid::nil()),
            method: "POST".into(),
            path: String::new(),
            query: String::new(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes())))
                .collect(),
            body: Bytes::from_static(b"what do ya want for nothing?"),
            too_large: false,
        }
    }

    #[test]
    fn a_request_must_prove_who_sent_it() {
        // RFC 4231, test case 2: key "Jefe".
        let hmac = |encoding, prefix: &str| SourceAuth::Hmac {
            signature_header: "X-Signature".into(),
            secret: Secret::new("Jefe"),
            algorithm: HmacAlgorithm::Sha256,
            encoding,
            prefix: prefix.into(),
        };
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let prefixed = format!("sha256={hex}");
        let base64 = STANDARD.encode(hex::decode(hex).unwrap());
        let basic = SourceAuth::BasicAuth { username: "ada".into(), password: Secret::new("pw:1") };
        let key = SourceAuth::ApiKey { header_name: "X-Key".into(), value: Secret::new("k") };
        for (case, auth, headers, accepted) in [
            ("hex", hmac(SignatureEncoding::Hex, ""), vec![("x-signature", hex)], true),
            ("prefix", hmac(SignatureEncoding::Hex, "sha256="), vec![("x-signature", prefixed.as_str())], true),
            ("no prefix", hmac(SignatureEncoding::Hex, "sha256="), vec![("x-signature", hex)], false),
            ("base64", hmac(SignatureEncoding::Base64, ""), vec![("x-signature", base64.as_str())], true),
            ("cut short", hmac(SignatureEncoding::Hex, ""), vec![("x-signature", &hex[..62])], false),
            ("empty", hmac(SignatureEncoding::Hex, ""), vec![("x-signature", "")], false),
            ("twice", hmac(SignatureEncoding::Hex, ""), vec![("x-signature", hex), ("x-signature", "00")], false),
            ("absent", hmac(SignatureEncoding::Hex, ""), vec![], false),
            ("basic", basic.clone(), vec![("authorization", "basic YWRhOnB3OjE=")], true),
            ("wrong password", basic.clone(), vec![("authorization", "Basic YWRhOnB3OjI=")], false),
            ("not basic", basic, vec![("authorization", "Bearer YWRhOnB3OjE=")], false),
            ("key", key.clone(), vec![("x-key", "k")], true),
            ("wrong key", key, vec![("x-key", "kk")], false),
        ] {
            assert_eq!(authenticate(&auth, &arrival(&headers)).is_ok(), accepted, "{case}");
        }
    }
}
