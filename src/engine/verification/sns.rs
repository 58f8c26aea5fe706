//! Amazon SNS's scheme: the signature stands in the message, over some of its fields.
//!
//! The certificate is the source's, not the one that the message points at: nothing is fetched because a stranger says so.
//! All accounts of a region are signed with one key, so the topic must be the source's too.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{Call, Verdict, digest::Prepared};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    #[serde(rename = "Type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, rename = "Message")]
    text: Cow<'a, str>,
    #[serde(borrow, rename = "MessageId")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "SubscribeURL")]
    subscribe_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    topic_arn: Cow<'a, str>,
    #[serde(borrow)]
    signature_version: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
    #[serde(borrow, rename = "SigningCertURL")]
    certificate_url: Cow<'a, str>,
}

pub(super) fn read(body: &[u8]) -> Result<Message<'_>, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body is no message of SNS: {error}"))
}

pub(super) fn check(key: &Prepared, topic: &str, call: &Call<'_>) -> Verdict {
    let message = read(call.body)?;
    let signature = STANDARD.decode(message.signature.as_bytes()).map_err(|_| "the Signature is not base64")?;
    let text = message.signed_text();
    let is_right = match message.signature_version.as_ref() {
        "1" => key.verifies_rsa_sha1(text.as_bytes(), signature),
        "2" => key.verifies(&[text.as_bytes()], &[signature]),
        _ => return Err("the SignatureVersion is neither 1 nor 2".to_owned()),
    };
    if !is_right {
        let url: String = message.certificate_url.chars().take(200).collect();
        return Err(format!("the Signature is not that of this message with the certificate set here; it names {url}"));
    }
    if message.topic_arn != topic {
        let other: String = message.topic_arn.chars().take(200).collect();
        return Err(format!("the message is of the topic {other}, not of the one set here"));
    }
    Ok(())
}

impl Message<'_> {
    /// Name and value of each field that is signed, a line each, in the order of their names.
    fn signed_text(&self) -> String {
        let is_notification = self.kind == "Notification";
        let fields = [
            ("Message", Some(&self.text)),
            ("MessageId", Some(&self.id)),
            ("Subject", self.subject.as_ref()),
            ("SubscribeURL", self.subscribe_url.as_ref()),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref().filter(|_| !is_notification)),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        let present = fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
        present.fold(String::new(), |text, (name, value)| text + name + "\n" + value + "\n")
    }
}
