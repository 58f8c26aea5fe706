//! The words of Hookyard: plain data, its pure rules and, for servers, what can be asked of Hookyard.
//!
//! A noun a file. Nothing here knows HTTP, SQL or HTML; the feature `server` adds the [`service`]
//! traits and what lets these types be columns and OpenAPI schemas.

#[cfg(feature = "server")]
#[macro_use]
mod column;

#[macro_use]
mod words;

mod actor;
mod attempt;
mod audit;
mod connection;
mod destination;
mod diagnosis;
mod event;
mod event_type;
mod headers;
mod health;
mod id;
mod key;
mod live;
mod mode;
mod page;
mod payload;
mod problem;
mod request;
mod rule;
mod secret;
mod signing;
mod simulator;
mod snippet;
mod source;
mod team;
mod time;
mod transformation;
mod user;
mod webhook;

#[cfg(feature = "server")]
pub mod service;

pub use actor::{Actor, Who};
pub use attempt::{
    Attempt, AttemptBucket, AttemptFilter, AttemptHistogram, AttemptStatus, ErrorCode, ResponseCode, Timings, Trigger,
};
pub use audit::{AuditAction, AuditEntry, AuditFilter};
pub use connection::{Connection, ConnectionInput, End, LatestInput};
pub use destination::{
    AutoDisable, Destination, DestinationAuth, DestinationConfig, DestinationInput, DestinationType, HttpMethod,
    RatePeriod,
};
pub use diagnosis::{Diagnosis, phrase};
pub use event::{Event, EventFilter, EventStatus, RetriedEvent};
pub use event_type::{EventType, EventTypeImport, EventTypeInput, ImportAction, ImportedEventType, event_type_mistake};
pub use headers::Headers;
pub use health::{Health, HealthState};
pub use id::{
    AttemptId, AuditId, BadId, ConnectionId, DestinationId, EventId, EventTypeId, KeyId, NoticeId, ReceiverCheckId,
    RequestId, SavedPayloadId, SecretId, SourceId, TeamId, TransformationId, TransformationRunId, UserId,
};
pub use key::{KeyPair, NewKeyPair};
pub use live::Change;
pub use mode::Mode;
pub use page::{Commas, Cursor, Direction, Page, PageQuery, Pagination, TimeBound};
pub use payload::{Body, BodyEncoding, Payload};
pub use problem::{Code, FieldError, Problem};
pub use request::{
    IgnoredCause, IgnoredEvent, RejectionCause, ReplayedRequest, Request, RequestFilter, RequestStatus, RetryKind,
};
pub use rule::{DeduplicateRule, DelayRule, FilterRule, RetryRule, RetryStrategy, Rule, TransformRule, in_order};
pub use secret::{REDACTED, Secret};
pub use signing::{SigningKey, SigningScheme, SigningSecret};
pub use simulator::{
    CheckItem, CheckedDelivery, Finding, ReceiverCheck, ReceiverCheckInput, SavedPayload, SavedPayloadInput, Scenario,
    Simulation, SimulationPreview,
};
pub use snippet::{SnippetLanguage, SnippetValues, snippet};
pub use source::{
    CustomResponse, HmacAlgorithm, PRESETS, SignatureEncoding, Source, SourceAuth, SourceConfig, SourceInput,
    SourcePreset, SourceType, Status,
};
pub use team::{
    Member, Missed, NewMember, Notice, NoticeKind, ReplayedMissed, SchemaCheck, TeamSettings, is_operational,
};
pub use time::{BadTime, Timestamp};
pub use transformation::{Transformation, TransformationInput};
pub use user::{About, Account, Bootstrapped, NewOwner, Team, password_mistake};
pub use webhook::{
    LastDelivery, NewWebhook, Publication, Published, Webhook, WebhookActivity, WebhookPatch, WebhookStatus,
};
