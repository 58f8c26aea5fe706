//! The providers' schemes, as data: one table.

/// What is known of a provider's webhooks.
#[derive(Debug)]
pub struct SourcePreset {
    /// The source's type, such as `GITHUB`.
    pub kind: &'static str,
    /// The provider's name as it writes it.
    pub label: &'static str,
}

/// Every provider whose requests can be checked by its own scheme.
pub static PRESETS: &[SourcePreset] = &[];
