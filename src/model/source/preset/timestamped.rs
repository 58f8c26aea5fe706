//! Providers that sign a timestamp with the body.

use super::{AS_LONG_AS_RETRIED, FieldFormat, HMAC, HMAC_BASE64, PresetField, SourcePreset, secret};
use crate::source::{
    Handshake,
    scheme::{Algorithm, Encoding, Key, Part, Place, Scheme, Signed, Stamp, Unit},
};

pub(super) const PRESETS: &[SourcePreset] = &[
    SourcePreset {
        kind: "BUILDKITE",
        label: "Buildkite",
        description: "Builds, jobs and agents",
        docs_url: "https://buildkite.com/docs/apis/webhooks/pipelines",
        setup: "Settings, Notification services, Add webhook: paste the URL and choose to send an HMAC signature.",
        fields: &[secret("Token", "The token of the notification service")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "x-buildkite-signature", separator: ',', key: "signature" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "x-buildkite-signature", separator: ',', key: "timestamp" },
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "CALENDLY",
        label: "Calendly",
        description: "Meetings that are booked and cancelled",
        docs_url: "https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures",
        setup: "Create the subscription over the API with this URL and a signing key.",
        fields: &[secret("Signing key", "The signing key that the subscription was given")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "calendly-webhook-signature", separator: ',', key: "v1" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "calendly-webhook-signature", separator: ',', key: "t" },
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "CLOSE",
        label: "Close",
        description: "Leads, contacts and activities",
        docs_url: "https://developer.close.com/resources/webhook-subscriptions/",
        setup: "Create the subscription over the API; the answer has its signature key.",
        fields: &[PresetField {
            format: FieldFormat::Hex,
            ..secret("Signature key", "signature_key in the answer that created it")
        }],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("close-sig-hash"),
            content: &[Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("close-sig-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            key: Key::Hex("secret"),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "CLOUDINARY",
        label: "Cloudinary",
        description: "Uploads and transformations of media",
        docs_url: "https://cloudinary.com/documentation/notification_signatures",
        setup: "Settings, Webhook notifications: paste the notification URL.",
        fields: &[secret("API secret", "API secret of the product environment")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-cld-signature"),
            algorithm: Algorithm::Sha1,
            content: &[Part::Body, Part::Stamp, Part::Field("secret")],
            stamp: Some(Stamp { place: Place::Header("x-cld-timestamp"), unit: Unit::Seconds, tolerance: Some(7200) }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "CUSTOMER_IO",
        label: "Customer.io",
        description: "Messages that are sent, opened and clicked",
        docs_url: "https://docs.customer.io/journeys/webhooks/",
        setup: "Integrations, Reporting webhooks: paste the endpoint and copy the signing key.",
        fields: &[secret("Signing key", "The webhook signing key")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-cio-signature"),
            content: &[Part::Text("v0:"), Part::Stamp, Part::Text(":"), Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-cio-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "HYGRAPH",
        label: "Hygraph",
        description: "Content that is created, published and deleted",
        docs_url: "https://hygraph.com/docs/api-reference/basics/webhooks",
        setup: "Project settings, Webhooks: paste the URL and set a secret key.",
        fields: &[secret("Secret key", "The secret key that the webhook was given")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "gcms-signature", separator: ',', key: "sign" },
            content: &[
                Part::Text("{\"Body\":"),
                Part::QuotedBody,
                Part::Text(",\"EnvironmentName\":\""),
                Part::Value(Place::Pair { header: "gcms-signature", separator: ',', key: "env" }),
                Part::Text("\",\"TimeStamp\":"),
                Part::Stamp,
                Part::Text("}"),
            ],
            stamp: Some(Stamp {
                place: Place::Pair { header: "gcms-signature", separator: ',', key: "t" },
                unit: Unit::Milliseconds,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            ..HMAC_BASE64
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "KLAVIYO",
        label: "Klaviyo",
        description: "Profiles, messages and consent",
        docs_url: "https://developers.klaviyo.com/en/docs/working_with_system_webhooks",
        setup: "Settings, Webhooks, or the API: paste the URL and choose a secret key.",
        fields: &[secret("Secret key", "The secret key that the webhook was given")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("klaviyo-signature"),
            content: &[Part::Body, Part::Stamp],
            stamp: Some(Stamp {
                place: Place::Header("klaviyo-timestamp"),
                unit: Unit::HttpDate,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "LINEAR",
        label: "Linear",
        description: "Issues, projects and comments",
        docs_url: "https://linear.app/developers/webhooks",
        setup: "Settings, API, Webhooks: paste the URL and copy the signing secret.",
        fields: &[secret("Signing secret", "The signing secret of the webhook")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("linear-signature"),
            stamp: Some(Stamp {
                place: Place::Json("/webhookTimestamp"),
                unit: Unit::Milliseconds,
                tolerance: Some(60),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "MAILGUN",
        label: "Mailgun",
        description: "E-mail that is delivered, opened and bounced",
        docs_url: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
        setup: "Sending, Webhooks: add the URL. The signing key is at API security.",
        fields: &[secret("Webhook signing key", "HTTP webhook signing key")],
        scheme: Scheme::Signed(Signed {
            place: Place::Json("/signature/signature"),
            content: &[Part::Stamp, Part::Value(Place::Json("/signature/token"))],
            stamp: Some(Stamp {
                place: Place::Json("/signature/timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "MUX",
        label: "Mux",
        description: "Video assets and live streams",
        docs_url: "https://www.mux.com/docs/core/verify-webhook-signatures",
        setup: "Settings, Webhooks: create one with this URL and show its signing secret.",
        fields: &[secret("Signing secret", "The signing secret of the webhook")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "mux-signature", separator: ',', key: "v1" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "mux-signature", separator: ',', key: "t" },
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "PADDLE",
        label: "Paddle",
        description: "Transactions and subscriptions (Paddle Billing)",
        docs_url: "https://developer.paddle.com/webhooks/signature-verification",
        setup: "Developer tools, Notifications, New destination: paste the URL and copy its secret key.",
        fields: &[secret("Secret key", "The secret key of the notification destination (pdl_ntfset_…)")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "paddle-signature", separator: ';', key: "h1" },
            content: &[Part::Stamp, Part::Text(":"), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "paddle-signature", separator: ';', key: "ts" },
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "SANITY",
        label: "Sanity",
        description: "Documents that are created, changed and deleted",
        docs_url: "https://www.sanity.io/docs/webhooks",
        setup: "Manage, API, GROQ-powered webhooks: paste the URL and set a secret.",
        fields: &[secret("Secret", "The secret that the webhook was given")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "sanity-webhook-signature", separator: ',', key: "v1" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "sanity-webhook-signature", separator: ',', key: "t" },
                unit: Unit::Milliseconds,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            encoding: Encoding::Base64Url,
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "SLACK",
        label: "Slack",
        description: "Events, commands and interactions of a Slack app",
        docs_url: "https://api.slack.com/authentication/verifying-requests-from-slack",
        setup: "Your app, Event subscriptions: set the signing secret here first, then paste the URL as request URL.",
        fields: &[secret("Signing secret", "Signing secret on the app's basic information page")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-slack-signature"),
            prefix: "v0=",
            content: &[Part::Text("v0:"), Part::Stamp, Part::Text(":"), Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-slack-request-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: Some(Handshake::EchoBody { pointer: "/type", word: "url_verification", challenge: "/challenge" }),
    },
    SourcePreset {
        kind: "STRIPE",
        label: "Stripe",
        description: "Payments, invoices and subscriptions",
        docs_url: "https://docs.stripe.com/webhooks/signature",
        setup: "Workbench, Webhooks, Add destination: paste the URL, then reveal the signing secret.",
        fields: &[secret("Signing secret", "The signing secret of the endpoint (whsec_…)")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "stripe-signature", separator: ',', key: "v1" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "stripe-signature", separator: ',', key: "t" },
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "TWITCH",
        label: "Twitch",
        description: "Streams, follows and subscriptions (EventSub)",
        docs_url: "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/",
        setup: "Create the EventSub subscription with this URL as callback and the secret that you set here.",
        fields: &[secret("Secret", "The secret that the subscription was given")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("twitch-eventsub-message-signature"),
            prefix: "sha256=",
            content: &[Part::Value(Place::Header("twitch-eventsub-message-id")), Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("twitch-eventsub-message-timestamp"),
                unit: Unit::Rfc3339,
                tolerance: Some(600),
            }),
            ..HMAC
        }),
        handshake: Some(Handshake::EchoBody {
            pointer: "/subscription/status",
            word: "webhook_callback_verification_pending",
            challenge: "/challenge",
        }),
    },
    SourcePreset {
        kind: "WORKOS",
        label: "WorkOS",
        description: "Directories, connections and users",
        docs_url: "https://workos.com/docs/events/data-syncing/webhooks",
        setup: "Dashboard, Webhooks: add the URL and copy its signing secret.",
        fields: &[secret("Signing secret", "The signing secret of the endpoint")],
        scheme: Scheme::Signed(Signed {
            place: Place::Pair { header: "workos-signature", separator: ',', key: "v1" },
            content: &[Part::Stamp, Part::Text("."), Part::Body],
            stamp: Some(Stamp {
                place: Place::Pair { header: "workos-signature", separator: ',', key: "t" },
                unit: Unit::Milliseconds,
                tolerance: Some(180),
            }),
            ..HMAC
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "ZENDESK",
        label: "Zendesk",
        description: "Tickets, users and organizations",
        docs_url: "https://developer.zendesk.com/documentation/webhooks/verifying/",
        setup: "Admin center, Apps and integrations, Webhooks: paste the URL and reveal the signing secret.",
        fields: &[secret("Signing secret", "The signing secret of the webhook")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-zendesk-webhook-signature"),
            content: &[Part::Stamp, Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-zendesk-webhook-signature-timestamp"),
                unit: Unit::Rfc3339,
                tolerance: Some(AS_LONG_AS_RETRIED),
            }),
            ..HMAC_BASE64
        }),
        handshake: None,
    },
    SourcePreset {
        kind: "ZOOM",
        label: "Zoom",
        description: "Meetings, webinars and recordings",
        docs_url: "https://developers.zoom.us/docs/api/webhooks/",
        setup: "Your app, Features, Event subscriptions: set the secret token here first, then paste the URL and press Validate.",
        fields: &[secret("Secret token", "Secret token on the app's features page")],
        scheme: Scheme::Signed(Signed {
            place: Place::Header("x-zm-signature"),
            prefix: "v0=",
            content: &[Part::Text("v0:"), Part::Stamp, Part::Text(":"), Part::Body],
            stamp: Some(Stamp {
                place: Place::Header("x-zm-request-timestamp"),
                unit: Unit::Seconds,
                tolerance: Some(300),
            }),
            ..HMAC
        }),
        handshake: Some(Handshake::Zoom),
    },
];
