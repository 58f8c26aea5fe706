//! Who calls: the key behind the request.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_model::{Actor, Code, Problem, Secret};

use super::{Yard, answer::Refused};

/// The actor whose key came with the request. A handler that takes it is never entered without one.
pub(super) struct Caller(pub(super) Actor);

impl FromRequestParts<Yard> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, yard: &Yard) -> Result<Self, Refused> {
        // The idempotency check asked before the handler did.
        if let Some(actor) = parts.extensions.get::<Actor>() {
            return Ok(Self(*actor));
        }
        let Credentials { private, public } = credentials(&parts.headers)?;
        let actor = yard.authenticate(&private, public.as_deref()).await?;
        check_team(&parts.headers, &actor)?;
        parts.extensions.insert(actor);
        Ok(Self(actor))
    }
}

/// What was shown to prove who calls.
#[derive(Debug, PartialEq, Eq)]
struct Credentials {
    private: Secret,
    /// With Basic, the public id, which must be of the same pair.
    public: Option<String>,
}

fn credentials(headers: &HeaderMap) -> Result<Credentials, Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::Unauthenticated, detail));
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return refuse("send a private key: `Authorization: Bearer private_test_…`");
    };
    let Some((scheme, value)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return refuse("the Authorization header is not readable; send `Bearer` and a private key");
    };
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Credentials { private: Secret::new(value), public: None });
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return refuse("the Authorization scheme is neither Bearer nor Basic");
    }
    let pair = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((public, private)) => Ok(Credentials { private: Secret::new(private), public: Some(public.to_owned()) }),
        None => refuse("the Basic credentials are not base64 of `public id:private key`"),
    }
}

fn check_team(headers: &HeaderMap, actor: &Actor) -> Result<(), Problem> {
    match headers.get("x-team-id") {
        Some(team) if team.as_bytes() != actor.team.to_string().as_bytes() => {
            Err(Problem::new(Code::Forbidden, "the key belongs to another team than x-team-id names; leave it out"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_come_by_bearer_or_by_basic() {
        let basic = format!("basic {}", STANDARD.encode("public_test_1:private_test_2:3"));
        for (case, header, expected) in [
            ("bearer", "Bearer private_test_2", Some(("private_test_2", None))),
            ("any case", "bEARER  private_test_2 ", Some(("private_test_2", None))),
            ("basic", basic.as_str(), Some(("private_test_2:3", Some("public_test_1")))),
            ("basic that is not base64", "Basic ????", None),
            ("basic without a colon", "Basic YWJj", None),
            ("another scheme", "Digest abc", None),
            ("no scheme", "private_test_2", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, header.parse().unwrap())]);
            let found = credentials(&headers).ok();
            let expected = expected.map(|(private, public): (_, Option<&str>)| Credentials {
                private: Secret::new(private),
                public: public.map(str::to_owned),
            });
            assert_eq!(found, expected, "{case}");
        }
        assert_eq!(credentials(&HeaderMap::new()).unwrap_err().status, 401);
    }
}
