//! Providers that sign the URL with the body.

use super::{HMAC_BASE64, PresetField, SourcePreset, secret};
use crate::source::{
    Handshake,
    scheme::{Algorithm, Part, Place, Scheme, Signed, Stamp, Unit},
};

pub(super) const PRESETS: &[SourcePreset] = &[
    SourcePreset {
        kind: "HUBSPOT",
        label: "HubSpot",
        description: "Contacts, companies and deals",
        docs_url: "https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests",
        setup: "Your app, Webhooks: paste the URL as target URL.",
        fields: &[secret("Client secret", "Client secret on the app's auth page")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-hubspot-signature-v3"),
            content: &[Part::Method, Part::Url, Part::Body, Part::Stamp],
            stamp: Some(Stamp {
                place: Place::Header("x-hubspot-request-timestamp"),
                unit: Unit::Milliseconds,
                tolerance: Some(300),
            }),
            ..HMAC_BASE64
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "SQUARE",
        label: "Square",
        description: "Payments, orders and invoices",
        docs_url: "https://developer.squareup.com/docs/webhooks/step3validate",
        setup: "Developer console, your app, Webhooks, Subscriptions: paste the URL and show the signature key.",
        fields: &[secret("Signature key", "The signature key of the subscription")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-square-hmacsha256-signature"),
            content: &[Part::Url, Part::Body],
            ..HMAC_BASE64
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "TRELLO",
        label: "Trello",
        description: "Boards, lists and cards",
        docs_url: "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
        setup: "Create the webhook over the API with this URL as callbackURL.",
        fields: &[secret("API secret", "The secret below the API key of your Power-Up")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-trello-webhook"),
            algorithm: Algorithm::HmacSha1,
            content: &[Part::Body, Part::Url],
            ..HMAC_BASE64
        }),
        handshake: Some(Handshake::Reachable { method: "HEAD" }),
    },
    SourcePreset {
        kind: "TWILIO",
        label: "Twilio",
        description: "Messages, calls and their states",
        docs_url: "https://www.twilio.com/docs/usage/webhooks/webhooks-security",
        setup: "Paste the URL where the number or the service asks for a webhook.",
        fields: &[PresetField {
            name: "secret",
            ..secret("Auth token", "Auth token of the account, on the console's first page")
        }],
        scheme: Scheme::Twilio,
        handshake: None,
    },
];
