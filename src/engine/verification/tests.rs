//! Every preset against requests that its provider's own library or documentation made, and against what is wrong with them.

use hookyard_model::{
    PRESETS,
    scheme::{Place, Signed, Stamp},
};
use serde::Deserialize;

use super::*;

/// A request that a provider would send.
#[derive(Deserialize, Clone)]
struct Vector {
    kind: SourceType,
    /// Who made it.
    from: String,
    auth: BTreeMap<String, Secret>,
    /// When it is checked, in milliseconds.
    now: i64,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
    /// Where the provider signs no body.
    #[serde(default)]
    body_unsigned: bool,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

impl Vector {
    fn preset(&self) -> &'static SourcePreset {
        self.kind.preset().unwrap()
    }

    /// What a check says at `now`, with these headers.
    fn verdict_with(&self, headers: &[(String, String)]) -> Verdict {
        let headers: Vec<(String, Bytes)> =
            headers.iter().map(|(name, value)| (name.clone(), Bytes::from(value.clone()))).collect();
        let (source, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let call = Call {
            method: &self.method,
            url: Url { base: source, token: None, path: "", query },
            headers: &headers,
            body: self.body.as_bytes(),
            now: Timestamp::from_millis(self.now),
        };
        Verification::of(self.kind, Some(&SourceAuth::ProviderSignature(self.auth.clone()))).check(&call)
    }

    fn pairs(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn verdict(&self) -> Verdict {
        self.verdict_with(&self.pairs())
    }

    /// Why it is refused, which gives nothing away.
    #[track_caller]
    fn refusal(&self, what: &str) -> String {
        self.refusal_with(&self.pairs(), what)
    }

    #[track_caller]
    fn refusal_with(&self, headers: &[(String, String)], what: &str) -> String {
        let verdict = self.verdict_with(headers);
        let detail = verdict.expect_err(&format!("{} of {}: {what}", self.kind, self.from));
        let secrets = self.preset().fields.iter().filter(|field| field.is_secret);
        // Documentation has secrets that are words of ours, too.
        for secret in secrets.filter_map(|field| self.auth.get(field.name)).filter(|secret| secret.reveal().len() > 8) {
            assert!(!detail.contains(secret.reveal()), "{}: {detail}", self.kind);
        }
        let signatures =
            self.headers.values().flat_map(|value| runs(value).into_iter().map(|(from, to)| &value[from..to]));
        for signature in signatures {
            assert!(!detail.contains(signature), "{} tells a signature: {detail}", self.kind);
        }
        detail
    }

    fn stamp(&self) -> Option<Stamp> {
        match &self.preset().scheme {
            Scheme::Signed(signed) => signed.stamp,
            Scheme::Token { .. } | Scheme::Basic | Scheme::Twilio | Scheme::ClientState { .. } | Scheme::Sns => None,
        }
    }
}

/// Stretches of a text that are long enough for a signature, by where they start and end.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if !(byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte)) {
            if at - start >= 20 && text[start..at].bytes().any(|byte| byte.is_ascii_digit()) {
                runs.push((start, at));
            }
            start = at + 1;
        }
    }
    runs
}

/// The text with another digit in each signature.
fn damaged(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (start, _) in runs(text) {
        let byte = &mut bytes[start + 10];
        *byte = if *byte == b'0' { b'1' } else { b'0' };
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_providers_send_is_believed() {
    for vector in vectors() {
        assert_eq!(vector.verdict(), Ok(()), "{} of {}", vector.kind, vector.from);
    }
}

/// The presets of which nothing is known that their providers signed or check themselves.
const ONLY_OURS: [&str; 11] = [
    "AUTH0",
    "CALENDLY",
    "CLICKUP",
    "CLOSE",
    "GITLAB",
    "KLAVIYO",
    "LAUNCHDARKLY",
    "OKTA",
    "POSTMARK",
    "REVENUECAT",
    "TELEGRAM",
];

#[test]
fn every_preset_has_a_vector_and_all_but_these_have_one_that_is_not_ours() {
    let vectors = vectors();
    let mut only_ours = Vec::new();
    for preset in PRESETS {
        let mut of_this = vectors.iter().filter(|vector| vector.kind.as_str() == preset.kind).peekable();
        assert!(of_this.peek().is_some(), "{} has no vector", preset.kind);
        if of_this.all(|vector| vector.from.starts_with("ours, after the provider's documentation: ")) {
            only_ours.push(preset.kind);
        }
    }
    assert_eq!(only_ours, ONLY_OURS);
    for Vector { kind, from, .. } in &vectors {
        let (who, what) = from.split_once(": ").unwrap_or_default();
        assert!(!who.is_empty() && !what.is_empty(), "{kind} does not say where it is from: {from}");
    }
}

#[test]
fn a_changed_body_is_refused() {
    for vector in vectors().into_iter().filter(|vector| !vector.body_unsigned) {
        let is_form = vector.headers.get("content-type").is_some_and(|kind| kind.contains("form"));
        let body = match &vector.preset().scheme {
            Scheme::Sns => vector.body.replace("22b80b92", "22b80b93"),
            _ if is_form => format!("{}&z=1", vector.body),
            _ => format!("{} ", vector.body),
        };
        let detail = Vector { body, ..vector.clone() }.refusal("a changed body");
        assert!(
            detail.contains("is not that of") || detail.contains("is that of") || detail.contains("is not the hash of"),
            "{detail}"
        );
    }
}

#[test]
fn a_changed_signature_is_refused() {
    for vector in vectors() {
        let mut changed = vector.clone();
        match &vector.preset().scheme {
            Scheme::Token { .. } | Scheme::Basic => {
                changed
                    .headers
                    .values_mut()
                    .for_each(|value| *value = value.replace("Basic ", "Basic aa").replace("token", "tokem"));
            }
            Scheme::ClientState { .. } => {
                changed.body = vector.body.replacen(vector.auth["secret"].reveal(), "AnotherClientState", 1);
            }
            Scheme::Sns => {
                let at = vector.body.find("\"Signature\": \"").unwrap() + 40;
                let other = if vector.body.as_bytes()[at] == b'A' { "B" } else { "A" };
                changed.body.replace_range(at..=at, other);
            }
            Scheme::Signed(Signed { place: Place::Json(_), .. }) => changed.body = damaged(&vector.body),
            Scheme::Signed(_) | Scheme::Twilio => {
                let is_signature =
                    |name: &str| !name.contains("timestamp") && !name.ends_with("-id") && name != "content-type";
                for (_, value) in changed.headers.iter_mut().filter(|(name, _)| is_signature(name)) {
                    *value = damaged(value);
                }
            }
        }
        let detail = changed.refusal("a changed signature");
        let told = [
            "is not that of",
            "is that of",
            "is not the one set here",
            "the password is wrong",
            "cannot be read",
            "is not base64",
        ];
        assert!(told.iter().any(|told| detail.contains(told)), "{}: {detail}", vector.kind);
    }
}

#[test]
fn a_missing_header_is_refused_and_one_that_stands_twice_too() {
    for vector in vectors() {
        let unused = ["content-type", "paypal-auth-algo", "paypal-cert-url"];
        let several = vector.headers.keys().filter(|name| name.starts_with("x-docusign")).count() > 1;
        for name in vector.headers.keys().filter(|name| !unused.contains(&name.as_str())) {
            if !several {
                let without: Vec<_> = vector.pairs().into_iter().filter(|(known, _)| known != name).collect();
                let detail = vector.refusal_with(&without, "a missing header");
                assert!(detail.starts_with("there is no "), "{}: {detail}", vector.kind);
            }
            let twice: Vec<_> = vector.pairs().into_iter().chain([(name.clone(), "other".to_owned())]).collect();
            let detail = vector.refusal_with(&twice, "a header twice");
            assert_eq!(detail, format!("there is more than one {name} header"), "{}", vector.kind);
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_and_an_absent_one_too() {
    use hookyard_model::FieldFormat;
    const OTHER_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==";
    for vector in vectors() {
        let used = vector.preset().fields.iter().filter(|field| vector.auth.contains_key(field.name));
        for field in used {
            let now = vector.auth[field.name].reveal();
            let other = match field.format {
                FieldFormat::Text => format!("{now}x"),
                FieldFormat::Hex | FieldFormat::Ed25519PublicKey => now.chars().rev().collect(),
                FieldFormat::Whsec => "whsec_b3RoZXIgc2VjcmV0IG9mIG90aGVycw==".to_owned(),
                FieldFormat::EcdsaPublicKey => OTHER_KEY.to_owned(),
                FieldFormat::CertificateOrPublicKey => now.replacen("MI", "MJ", 1),
            };
            for (what, value) in [("another value", other), ("no value", String::new())] {
                let mut changed = vector.clone();
                changed.auth.insert(field.name.to_owned(), Secret::new(value));
                let detail = changed.refusal(&format!("{what} as {}", field.name));
                assert!(
                    what != "no value" || detail == format!("the source's {} is not set yet", field.name),
                    "{detail}"
                );
            }
        }
    }
}

#[test]
fn an_old_timestamp_is_refused_and_one_of_the_future_too() {
    let mut checked = 0;
    for vector in vectors() {
        let Some(tolerance) = vector.stamp().and_then(|stamp| stamp.tolerance) else { continue };
        checked += 1;
        let away = (i64::from(tolerance) + 30) * 1000;
        let late = Vector { now: vector.now + away, ..vector.clone() }.refusal("an old timestamp");
        assert!(
            late.starts_with("timestamp ") && late.ends_with(&format!(" s old, tolerance {tolerance} s")),
            "{late}"
        );
        let early = Vector { now: vector.now - away, ..vector.clone() }.refusal("a timestamp of the future");
        assert!(early.ends_with(&format!(" s in the future, tolerance {tolerance} s")), "{early}");
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn what_cannot_be_read_is_refused() {
    for vector in vectors() {
        for value in ["", " ", "=", "t=", "v1=", "v1,", "t=1,v1=zz", "\u{fffd}", "sha256="] {
            let headers: Vec<_> = vector
                .pairs()
                .into_iter()
                .map(|(name, old)| if name == "content-type" { (name, old) } else { (name, value.to_owned()) })
                .collect();
            if vector.headers.keys().any(|name| name != "content-type") {
                vector.refusal_with(&headers, value);
            }
        }
        if !vector.body_unsigned || matches!(vector.preset().scheme, Scheme::ClientState { .. }) {
            for body in ["", "{", "[[[[", "{\"value\":[]}", "{\"value\":[{}]}", "null", "\"\\u0000\""] {
                Vector { body: body.to_owned(), ..vector.clone() }.refusal(body);
            }
        }
    }
}

#[test]
fn an_ambiguous_body_is_refused() {
    let mailgun = vectors().into_iter().find(|vector| vector.kind.as_str() == "MAILGUN").unwrap();
    let body =
        mailgun.body.replacen('{', "{\"signature\":{\"timestamp\":\"1\",\"token\":\"t\",\"signature\":\"00\"},", 1);
    let detail = Vector { body, ..mailgun }.refusal("two signatures in the body");
    assert!(detail.contains("`signature` stands twice"), "{detail}");
}

#[test]
fn a_provider_that_there_is_not_is_not_believed() {
    let auth = SourceAuth::ProviderSignature(BTreeMap::new());
    let call = Call {
        method: "POST",
        url: Url { base: "", token: None, path: "", query: "" },
        headers: &[],
        body: b"{}",
        now: Timestamp::from_millis(0),
    };
    let refused = Verification::of(SourceType::WEBHOOK, Some(&auth)).check(&call).unwrap_err();
    assert_eq!(refused, "a source of type WEBHOOK has no scheme of a provider");
}
