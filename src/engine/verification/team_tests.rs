//! The checks that a team describes itself.

use super::*;

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
        let headers: Vec<(String, Bytes)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from((*value).to_owned()))).collect();
        let call = Call {
            method: "POST",
            url: Url { base: "", token: None, path: "", query: "" },
            headers: &headers,
            body: b"what do ya want for nothing?",
            now: Timestamp::from_millis(0),
        };
        let verdict = Verification::of(SourceType::WEBHOOK, Some(&auth)).check(&call);
        assert_eq!(verdict.is_ok(), accepted, "{case}: {verdict:?}");
    }
}
