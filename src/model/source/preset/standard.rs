//! Providers that sign as the Standard Webhooks specification says.

use super::{FieldFormat, PresetField, STANDARD, SourcePreset, secret};
use crate::source::scheme::{Key, Scheme, Signed};

pub(super) const PRESETS: &[SourcePreset] = &[
    SourcePreset {
        kind: "BIGCOMMERCE",
        label: "BigCommerce",
        description: "Orders, products and carts of a store",
        docs_url: "https://developer.bigcommerce.com/docs/integrations/webhooks",
        setup: "Create the webhook over the API with this URL as destination.",
        fields: &[secret("Client secret", "The client secret of the API account or app that created the webhook")],
        scheme: Scheme::Signed(Signed { key: Key::Text("secret"), ..STANDARD }),
        handshake: None,
    },
    SourcePreset {
        kind: "CLERK",
        label: "Clerk",
        description: "Users, sessions and organizations",
        docs_url: "https://clerk.com/docs/webhooks/sync-data",
        setup: "Webhooks, Add endpoint: paste the URL and copy its signing secret.",
        fields: &[PresetField {
            format: FieldFormat::Whsec,
            ..secret("Signing secret", "The signing secret of the endpoint (whsec_…)")
        }],
        scheme: Scheme::Signed(STANDARD),
        handshake: None,
    },
    SourcePreset {
        kind: "OPENAI",
        label: "OpenAI",
        description: "Responses, batches and fine-tuning jobs that end",
        docs_url: "https://platform.openai.com/docs/guides/webhooks",
        setup: "Settings, Webhooks, Create: paste the URL and copy the signing secret that is shown once.",
        fields: &[PresetField {
            format: FieldFormat::Whsec,
            ..secret("Signing secret", "The signing secret of the endpoint (whsec_…)")
        }],
        scheme: Scheme::Signed(STANDARD),
        handshake: None,
    },
    SourcePreset {
        kind: "RESEND",
        label: "Resend",
        description: "E-mail that is delivered, opened and bounced",
        docs_url: "https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests",
        setup: "Webhooks, Add webhook: paste the URL and copy its signing secret.",
        fields: &[PresetField {
            format: FieldFormat::Whsec,
            ..secret("Signing secret", "The signing secret of the webhook (whsec_…)")
        }],
        scheme: Scheme::Signed(STANDARD),
        handshake: None,
    },
    SourcePreset {
        kind: "STANDARD_WEBHOOKS",
        label: "Standard Webhooks",
        description: "Any provider that signs as the Standard Webhooks specification says",
        docs_url: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        setup: "Give the provider this URL and copy its signing secret.",
        fields: &[PresetField {
            format: FieldFormat::Whsec,
            ..secret("Signing secret", "The signing secret (whsec_…)")
        }],
        scheme: Scheme::Signed(STANDARD),
        handshake: None,
    },
    SourcePreset {
        kind: "SVIX",
        label: "Svix",
        description: "Any provider that sends by Svix",
        docs_url: "https://docs.svix.com/receiving/verifying-payloads/how-manual",
        setup: "Give the provider this URL and copy the signing secret of the endpoint.",
        fields: &[PresetField {
            format: FieldFormat::Whsec,
            ..secret("Signing secret", "The signing secret of the endpoint (whsec_…)")
        }],
        scheme: Scheme::Signed(STANDARD),
        handshake: None,
    },
];
