use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{FieldError, REDACTED, Secret, SourceAuth, SourceInput, SourceType};

/// A row of the table says nothing that contradicts the rest of it.
#[test]
fn the_table_is_whole() {
    let kinds: Vec<&str> = PRESETS.iter().map(|preset| preset.kind).collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    assert_eq!(kinds.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    assert!(kinds.len() >= 30);
    for preset in PRESETS {
        let kind = preset.kind;
        assert_eq!(kind.parse::<SourceType>().unwrap().preset().map(|preset| preset.kind), Some(kind));
        assert!(kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'), "{kind}");
        assert!(preset.docs_url.starts_with("https://"), "{kind}");
        assert!(!preset.fields.is_empty() && preset.setup.ends_with('.'), "{kind}");
        assert!(!preset.verification().is_empty(), "{kind}");
        let has = |name: &str| assert!(preset.field(name).is_some(), "{kind} has no field {name}");
        match preset.scheme {
            Scheme::Signed(signed) => {
                has(signed.key.field());
                for place in places(&signed) {
                    check_place(kind, place);
                }
                assert_eq!(
                    signed.stamp.is_none(),
                    !signed.content.contains(&Part::Stamp) && kind != "LINEAR",
                    "{kind}"
                );
                for part in signed.content {
                    if let Part::Field(name) = part {
                        has(name);
                    }
                }
            }
            Scheme::Token { field, place, .. } => {
                has(field);
                check_place(kind, place);
            }
            Scheme::Basic => ["username", "password"].into_iter().for_each(has),
            Scheme::Twilio => has("secret"),
            Scheme::ClientState { field } => has(field),
            Scheme::Sns => ["topic_arn", "certificate"].into_iter().for_each(has),
        }
    }
}

fn places(signed: &Signed) -> Vec<Place> {
    let values =
        signed.content.iter().filter_map(|part| if let Part::Value(place) = part { Some(*place) } else { None });
    [signed.place].into_iter().chain(signed.stamp.map(|stamp| stamp.place)).chain(values).collect()
}

/// Names of headers are in lower case, as they arrive.
fn check_place(kind: &str, place: Place) {
    let names = match place {
        Place::Header(name) | Place::NumberedHeader(name) | Place::Pair { header: name, .. } => vec![name],
        Place::EitherHeader(one, other) => vec![one, other],
        Place::Json(pointer) => {
            assert!(pointer.starts_with('/'), "{kind}");
            vec![]
        }
    };
    for name in names {
        assert!(!name.is_empty() && name == name.to_ascii_lowercase(), "{kind}: {name}");
    }
}

fn auth(fields: &[(&str, &str)]) -> SourceAuth {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
    SourceAuth::ProviderSignature(fields.collect::<BTreeMap<_, _>>())
}

fn mistakes(kind: &str, fields: &[(&str, &str)]) -> Vec<FieldError> {
    let mut input: SourceInput = serde_json::from_value(serde_json::json!({ "name": "a", "type": kind })).unwrap();
    input.config.auth = Some(auth(fields));
    input.mistakes()
}

#[test]
fn what_is_missing_unknown_or_malformed_is_named() {
    const POINT: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n", &POINT[..64], &POINT[64..]);
    for (kind, fields, expected) in [
        ("GITHUB", vec![("secret", "s")], vec![]),
        ("GITHUB", vec![], vec!["/config/auth/secret"]),
        ("GITHUB", vec![("secret", "")], vec!["/config/auth/secret"]),
        ("GITHUB", vec![("secret", " s")], vec!["/config/auth/secret"]),
        ("GITHUB", vec![("secret", "s"), ("a/b", "x")], vec!["/config/auth/a~1b"]),
        ("GITHUB", vec![("secret", REDACTED)], vec![]),
        ("META", vec![("secret", "s")], vec![]),
        ("POSTMARK", vec![("password", "p")], vec!["/config/auth/username"]),
        ("SVIX", vec![("secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")], vec![]),
        ("SVIX", vec![("secret", "whsec_no!")], vec!["/config/auth/secret"]),
        ("CLOSE", vec![("secret", "0g")], vec!["/config/auth/secret"]),
        ("DISCORD", vec![("public_key", "00")], vec!["/config/auth/public_key"]),
        ("SENDGRID", vec![("public_key", POINT)], vec![]),
        ("SENDGRID", vec![("public_key", pem.as_str())], vec![]),
        ("SENDGRID", vec![("public_key", &POINT[4..])], vec!["/config/auth/public_key"]),
        ("PAYPAL", vec![("webhook_id", "w"), ("certificate", pem.as_str())], vec!["/config/auth/certificate"]),
        ("WEBHOOK", vec![("secret", "s")], vec!["/config/auth_type"]),
    ] {
        let found: Vec<String> = mistakes(kind, &fields).into_iter().map(|mistake| mistake.pointer).collect();
        assert_eq!(found, expected, "{kind} {fields:?}");
    }
}

#[test]
fn what_anybody_may_know_is_shown_and_the_rest_is_kept() {
    let sendgrid: SourceType = "SENDGRID".parse().unwrap();
    let postmark: SourceType = "POSTMARK".parse().unwrap();
    let mut open = auth(&[("public_key", "key")]);
    open.redact(sendgrid);
    assert_eq!(open, auth(&[("public_key", "key")]));
    let stored = auth(&[("username", "ada"), ("password", "pw")]);
    let mut shown = stored.clone();
    shown.redact(postmark);
    assert_eq!(shown, auth(&[("username", "ada"), ("password", REDACTED)]));
    assert!(shown.keep(Some(&stored)).is_empty());
    assert_eq!(shown, stored);
    let pointers = auth(&[("username", "ada"), ("password", REDACTED)]).keep(None);
    assert_eq!(pointers.len(), 1);
    assert_eq!(pointers[0].pointer, "/config/auth/password");
    assert!(!stored.survives(postmark, sendgrid), "one provider's password is not another's");
}
