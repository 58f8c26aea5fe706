//! Icons: line drawings in the colour of the text around them.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Account,
    Alert,
    Arrow,
    Bin,
    Bolt,
    Chart,
    Check,
    Chevron,
    Clock,
    Connection,
    Copy,
    Cross,
    Dark,
    Event,
    Eye,
    Hold,
    Info,
    Key,
    Light,
    Link,
    Pencil,
    Plus,
    Power,
    Question,
    Request,
    Slash,
    Sliders,
    Source,
    System,
    Target,
    Turn,
    Webhook,
}

impl Shape {
    pub(crate) const ALL: [Self; 32] = [
        Self::Account,
        Self::Alert,
        Self::Arrow,
        Self::Bin,
        Self::Bolt,
        Self::Chart,
        Self::Check,
        Self::Chevron,
        Self::Clock,
        Self::Connection,
        Self::Copy,
        Self::Cross,
        Self::Dark,
        Self::Event,
        Self::Eye,
        Self::Hold,
        Self::Info,
        Self::Key,
        Self::Light,
        Self::Link,
        Self::Pencil,
        Self::Plus,
        Self::Power,
        Self::Question,
        Self::Request,
        Self::Slash,
        Self::Sliders,
        Self::Source,
        Self::System,
        Self::Target,
        Self::Turn,
        Self::Webhook,
    ];

    /// The drawing on a field of 16 by 16.
    const fn path(self) -> &'static str {
        match self {
            Self::Account => "M8 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.6-2.4 2.8-3.8 5.5-3.8s4.9 1.4 5.5 3.8",
            Self::Alert => "M8 2.2 14.3 13.3H1.7ZM8 6.4v3.2M8 11.3v.2",
            Self::Arrow => "M2.5 8h10.5M9.2 4.2 13 8l-3.8 3.8",
            Self::Bin => "M2.5 4.2h11M6 4.2V2.6h4v1.6M4 4.2l.7 9.2h6.6l.7-9.2M6.7 7v3.8M9.3 7v3.8",
            Self::Bolt => "M9 1.8 3.5 9H8l-1 5.2L12.5 7H8Z",
            Self::Chart => "M2.5 13.5h11M4 11V8M8 11V3.5M12 11V6",
            Self::Check => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM5.2 8.2l2 2 3.6-4",
            Self::Chevron => "M6 3.5 10.5 8 6 12.5",
            Self::Clock => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 4.8V8l2.2 1.6",
            Self::Connection => {
                "M3.8 5.6a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM12.2 14a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM3.8 5.6v3.2c0 2 1.2 3.4 3.4 3.4h3.2"
            }
            Self::Copy => "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
            Self::Cross => "M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4ZM6 6l4 4M10 6l-4 4",
            Self::Dark => "M13.6 9.6A6 6 0 0 1 6.4 2.4a6 6 0 1 0 7.2 7.2Z",
            Self::Event => "M2 4.5h12M2 8h8M2 11.5h5M12.5 9.5v4M10.5 11.5h4",
            Self::Eye => {
                "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"
            }
            Self::Hold => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM6.4 5.8v4.4M9.6 5.8v4.4",
            Self::Info => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 7.4v3.8M8 4.9v.2",
            Self::Key => "M5.5 13.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM7.7 8.3 13.5 2.5M10.5 5.5l2.2 2.2",
            Self::Light => {
                "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1"
            }
            Self::Link => {
                "M6.5 9.5 9.5 6.5M7.5 4.3l1.2-1.2a2.9 2.9 0 0 1 4.2 4.2l-1.2 1.2M8.5 11.7l-1.2 1.2a2.9 2.9 0 0 1-4.2-4.2l1.2-1.2"
            }
            Self::Pencil => "M2.5 13.5l.7-3 7.8-7.8a1.5 1.5 0 0 1 2.3 2.3L5.5 12.8Z",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Power => "M8 1.8v6M4.4 4a5.6 5.6 0 1 0 7.2 0",
            Self::Question => {
                "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM6.2 6.3A1.8 1.8 0 1 1 8.8 8c-.6.3-.8.7-.8 1.3M8 11.3v.1"
            }
            Self::Request => "M8 2v8.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
            Self::Slash => "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM3.7 12.3l8.6-8.6",
            Self::Sliders => {
                "M2 4.5h6M12 4.5h2M8 4.5a2 2 0 1 0 4 0 2 2 0 0 0-4 0ZM2 11.5h2M8 11.5h6M4 11.5a2 2 0 1 0 4 0 2 2 0 0 0-4 0Z"
            }
            Self::Source => "M2 8h7M6.2 5 9.2 8l-3 3M9.5 2.5h4v11h-4",
            Self::System => "M2 3h12v8H2ZM5.5 13.5h5M8 11v2.5",
            Self::Target => {
                "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
            Self::Turn => "M13.5 3v3.5H10M13.2 6.5A5.6 5.6 0 1 0 13.6 9",
            Self::Webhook => {
                "M5.8 6.9 3.9 10.2M8 5.8a1.9 1.9 0 1 0-2.2 1.1M3.9 13.9a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8ZM5.8 12h6.3M12.1 13.9a1.9 1.9 0 1 0-1.7-2.8M8 4l2.4 4.2"
            }
        }
    }
}

/// An icon. It says nothing to a screen reader: words stand beside it.
#[component]
pub(crate) fn Icon(shape: Shape) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=shape.path()/>
        </svg>
    }
}
