//! Providers that send what only they and the team know.

use super::{PresetField, SourcePreset, secret};
use crate::source::{
    Handshake,
    scheme::{Place, Scheme},
};

pub(super) const PRESETS: &[SourcePreset] = &[
    SourcePreset {
        kind: "AUTH0",
        label: "Auth0",
        description: "Log events of a tenant (custom webhook stream)",
        docs_url: "https://auth0.com/docs/customize/log-streams/custom-log-streams",
        setup: "Monitoring, Streams, Custom webhook: paste the payload URL and the authorization token that you choose here.",
        fields: &[secret(
            "Authorization token",
            "The whole value of the Authorization header, as it was entered there",
        )],
        scheme: Scheme::Token { place: Place::Header("authorization"), field: "secret" },
        handshake: None,
    },
    SourcePreset {
        kind: "GITLAB",
        label: "GitLab",
        description: "Pushes, merge requests and pipelines",
        docs_url: "https://docs.gitlab.com/user/project/integrations/webhooks/",
        setup: "Settings, Webhooks, Add new webhook: paste the URL and the secret token that you choose here. A webhook with a signing token (GitLab 19 and on) signs as Standard Webhooks does: make the source of that type for it.",
        fields: &[secret("Secret token", "The secret token that the webhook was given")],
        scheme: Scheme::Token { place: Place::Header("x-gitlab-token"), field: "secret" },
        handshake: None,
    },
    SourcePreset {
        kind: "MICROSOFT_GRAPH",
        label: "Microsoft Graph",
        description: "Mail, files, teams and all else in Microsoft 365",
        docs_url: "https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks",
        setup: "Create the subscription with this URL as notificationUrl and the clientState that you choose here.",
        fields: &[secret("Client state", "The clientState that the subscription was given, at most 128 characters")],
        scheme: Scheme::ClientState { field: "secret" },
        handshake: Some(Handshake::EchoQueryOfPost { parameter: "validationToken" }),
    },
    SourcePreset {
        kind: "OKTA",
        label: "Okta",
        description: "Users, groups and sign-ins (event hooks)",
        docs_url: "https://developer.okta.com/docs/concepts/event-hooks/",
        setup: "Workflow, Event hooks: paste the URL, authentication field Authorization and the secret that you choose here; then verify.",
        fields: &[secret(
            "Authentication secret",
            "The whole value of the Authorization header, as it was entered there",
        )],
        scheme: Scheme::Token { place: Place::Header("authorization"), field: "secret" },
        handshake: Some(Handshake::EchoHeader { header: "x-okta-verification-challenge", key: "verification" }),
    },
    SourcePreset {
        kind: "POSTMARK",
        label: "Postmark",
        description: "E-mail that is delivered, opened and bounced",
        docs_url: "https://postmarkapp.com/developer/webhooks/webhooks-overview",
        setup: "Server, Webhooks: paste the URL and the basic auth credentials that you choose here.",
        fields: &[
            PresetField {
                is_secret: false,
                name: "username",
                ..secret("User name", "The user name entered at Postmark")
            },
            PresetField { name: "password", ..secret("Password", "The password entered at Postmark") },
        ],
        scheme: Scheme::Basic,
        handshake: None,
    },
    SourcePreset {
        kind: "REVENUECAT",
        label: "RevenueCat",
        description: "Purchases and subscriptions in apps",
        docs_url: "https://www.revenuecat.com/docs/integrations/webhooks",
        setup: "Integrations, Webhooks: paste the URL and the authorization header value that you choose here.",
        fields: &[secret(
            "Authorization header value",
            "The whole value of the Authorization header, as it was entered there",
        )],
        scheme: Scheme::Token { place: Place::Header("authorization"), field: "secret" },
        handshake: None,
    },
    SourcePreset {
        kind: "TELEGRAM",
        label: "Telegram",
        description: "Messages to a Telegram bot",
        docs_url: "https://core.telegram.org/bots/api#setwebhook",
        setup: "Call setWebhook with this URL and the secret_token that you choose here.",
        fields: &[secret("Secret token", "The secret_token given to setWebhook")],
        scheme: Scheme::Token { place: Place::Header("x-telegram-bot-api-secret-token"), field: "secret" },
        handshake: None,
    },
];
