//! Providers that sign with a private key, of which the public key is known.

use super::{AS_LONG_AS_RETRIED, FieldFormat, HMAC, HMAC_BASE64, PresetField, SourcePreset, open};
use crate::source::{
    Handshake,
    scheme::{Algorithm, Key, Part, Place, Scheme, Signed, Stamp, Unit},
};

pub(super) const PRESETS: &[SourcePreset] = &[
    SourcePreset {
        kind: "AWS_SNS",
        label: "Amazon SNS",
        description: "Messages of an SNS topic",
        docs_url: "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html",
        setup: "Subscribe this URL to the topic over HTTPS, with raw message delivery off; SignatureVersion 2 is the better. The certificate is at SigningCertURL in the first request: open it, put it here, then open the SubscribeURL.",
        fields: &[
            open(
                "topic_arn",
                "Topic ARN",
                "The topic whose messages are taken in; every account's messages are signed alike",
                FieldFormat::Text,
            ),
            PresetField {
                is_required: false,
                ..open(
                    "certificate",
                    "Signing certificate",
                    "What is found at SigningCertURL; it changes about once a year, and several may follow each other",
                    FieldFormat::CertificateOrPublicKey,
                )
            },
        ],
        scheme: Scheme::Sns,
        handshake: Some(Handshake::SnsSubscription),
    },
    SourcePreset {
        kind: "DISCORD",
        label: "Discord interactions",
        description: "Commands and components of a Discord app",
        docs_url: "https://discord.com/developers/docs/interactions/overview",
        setup: "Developer portal, General information: set the public key here first, then paste the interactions endpoint URL.",
        fields: &[open(
            "public_key",
            "Public key",
            "Public key on the app's general information page",
            FieldFormat::Ed25519PublicKey,
        )],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-signature-ed25519"),
            algorithm: Algorithm::Ed25519,
            content: &[Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-signature-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            key: Key::PublicKey("public_key"),
            ..HMAC
        }),
        handshake: Some(Handshake::Ping { kind: 1, status: 200, body: r#"{"type":1}"# }),
    },
    SourcePreset {
        kind: "DISCORD_EVENTS",
        label: "Discord events",
        description: "Events of a Discord app",
        docs_url: "https://discord.com/developers/docs/events/webhook-events",
        setup: "Developer portal, Webhooks: set the public key here first, then paste the endpoint URL.",
        fields: &[open(
            "public_key",
            "Public key",
            "Public key on the app's general information page",
            FieldFormat::Ed25519PublicKey,
        )],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-signature-ed25519"),
            algorithm: Algorithm::Ed25519,
            content: &[Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-signature-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            key: Key::PublicKey("public_key"),
            ..HMAC
        }),
        handshake: Some(Handshake::Ping { kind: 0, status: 204, body: "" }),
    },
    SourcePreset {
        kind: "PAYPAL",
        label: "PayPal",
        description: "Payments, subscriptions and disputes",
        docs_url: "https://developer.paypal.com/api/rest/webhooks/rest/",
        setup: "Your app, Webhooks, Add webhook: paste the URL. The certificate is at the address in the header paypal-cert-url of a first request: open it and put it here.",
        fields: &[
            PresetField {
                is_required: false,
                ..open("webhook_id", "Webhook ID", "The ID that the app's list of webhooks shows", FieldFormat::Text)
            },
            PresetField {
                is_required: false,
                ..open(
                    "certificate",
                    "Signing certificate",
                    "What is found at paypal-cert-url; several may follow each other",
                    FieldFormat::CertificateOrPublicKey,
                )
            },
        ],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("paypal-transmission-sig"),
            algorithm: Algorithm::RsaSha256,
            content: &[
                Part::Value(Place::Header("paypal-transmission-id")),
                Part::Text("|"),
                Part::Stamp,
                Part::Text("|"),
                Part::Field("webhook_id"),
                Part::Text("|"),
                Part::BodyCrc32,
            ],
            stamp: Some(Stamp {
                place: Place::Header("paypal-transmission-time"),
                unit: Unit::Rfc3339,
                // It tries for three days itself.
                tolerance: Some(AS_LONG_AS_RETRIED + 86_400),
            }),
            key: Key::PublicKey("certificate"),
            ..HMAC_BASE64
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "SENDGRID",
        label: "SendGrid",
        description: "E-mail that is delivered, opened and bounced",
        docs_url: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
        setup: "Settings, Mail settings, Event webhook: paste the URL, turn on the signed event webhook and copy the verification key.",
        fields: &[open(
            "public_key",
            "Verification key",
            "The verification key of the signed event webhook",
            FieldFormat::EcdsaPublicKey,
        )],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-twilio-email-event-webhook-signature"),
            algorithm: Algorithm::EcdsaP256,
            content: &[Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-twilio-email-event-webhook-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            key: Key::PublicKey("public_key"),
            ..HMAC_BASE64
        }),
        handshake: None,
    },
];
