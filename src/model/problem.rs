//! What went wrong, for people and for programs: RFC 9457.

use serde::{Deserialize, Serialize};

/// What went wrong, as REST answers (`application/problem+json`) and forms show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// What happened, to which thing, and what to do.
    pub detail: String,
    /// A stable word for programs.
    pub code: Code,
    /// The id of the API call, for finding it in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The fields at fault, when it is the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The id of the thing that is in the way, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// A field that cannot be accepted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, such as `/config/url`; a query parameter's name for a query.
    pub pointer: String,
    pub detail: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// The kinds of problem, by the word that a program may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    InvalidJson,
    InvalidInput,
    Unauthenticated,
    Forbidden,
    SimulatorTestModeOnly,
    ResourceNotFound,
    MethodNotAllowed,
    ResourceAlreadyExists,
    Conflict,
    IdempotencyKeyReused,
    PayloadTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    Unavailable,
    Internal,
}

impl Code {
    /// The HTTP status and title that go with it.
    pub const fn status(self) -> (u16, &'static str) {
        match self {
            Self::InvalidJson => (400, "The body is not readable"),
            Self::InvalidInput => (422, "Some fields are not acceptable"),
            Self::Unauthenticated => (401, "Who is asking?"),
            Self::Forbidden => (403, "Not allowed"),
            Self::SimulatorTestModeOnly => (403, "The simulator is for test mode only"),
            Self::ResourceNotFound => (404, "Not found"),
            Self::MethodNotAllowed => (405, "Method not allowed"),
            Self::ResourceAlreadyExists => (409, "It exists already"),
            Self::Conflict => (409, "Not possible in this state"),
            Self::IdempotencyKeyReused => (409, "The idempotency key was used for another request"),
            Self::PayloadTooLarge => (413, "The body is too large"),
            Self::UnsupportedMediaType => (415, "Not a media type we read"),
            Self::TooManyRequests => (429, "Too many requests"),
            Self::Unavailable => (503, "Not available just now"),
            Self::Internal => (500, "Something went wrong on our side"),
        }
    }

    const fn slug(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid-json",
            Self::InvalidInput => "invalid-input",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::SimulatorTestModeOnly => "simulator-test-mode-only",
            Self::ResourceNotFound => "resource-not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::ResourceAlreadyExists => "resource-already-exists",
            Self::Conflict => "conflict",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
            Self::PayloadTooLarge => "payload-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::TooManyRequests => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (status, title) = code.status();
        Self {
            kind: format!("/docs#{}", code.slug()),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code,
            request_id: None,
            errors: Vec::new(),
            resource_id: None,
        }
    }

    pub fn not_found(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::new(Code::ResourceNotFound, format!("there is no {kind} {id}"))
    }

    /// The input's mistakes; the detail repeats the first, for those who read only that.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "the input is not acceptable".to_owned(),
            // It is about the whole.
            [one] if one.pointer.is_empty() => one.detail.clone(),
            [one] => format!("{}: {}", one.pointer, one.detail),
            [first, rest @ ..] => format!("{}: {} (and {} more)", first.pointer, first.detail, rest.len()),
        };
        Self { errors, ..Self::new(Code::InvalidInput, detail) }
    }

    /// One mistake in one field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(pointer, detail)])
    }

    /// Ok when there are no mistakes.
    pub fn check(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self::invalid(errors)) }
    }

    /// What is said about one field, for showing it beside that field.
    pub fn about(&self, pointer: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.pointer == pointer).map(|error| error.detail.as_str())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}
