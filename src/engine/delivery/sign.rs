//! Signatures by Standard Webhooks, scheme `v1`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

/// What goes into `webhook-signature` for one key: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.
/// `secret_key` is the decoded part of a secret after `whsec_`.
pub(crate) fn signature(secret_key: &[u8], id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret_key));
    context.update(format!("{id}.{timestamp_seconds}.").as_bytes());
    context.update(body);
    let mut text = String::with_capacity(47);
    text.push_str("v1,");
    STANDARD.encode_string(context.sign(), &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_others_compute() {
        let key = STANDARD.decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        assert_eq!(
            signature(&key, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }
}
