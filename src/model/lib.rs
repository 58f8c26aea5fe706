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
mod breaker;
mod bulk;
mod connection;
mod destination;
mod diagnosis;
mod difference;
mod event;
mod event_type;
mod filter;
mod headers;
mod health;
mod id;
mod issue;
mod key;
mod live;
mod metrics;
mod mode;
mod page;
mod payload;
mod problem;
mod proxy;
mod recovery;
mod replay;
mod request;
mod rule;
mod secret;
mod signing;
mod simulator;
mod snippet;
mod source;
mod team;
mod time;
mod trace;
mod transformation;
mod trial;
mod user;
mod verify;
mod webhook;

#[cfg(feature = "server")]
pub mod service;

pub use actor::{Actor, Who};
pub use attempt::{
    Attempt, AttemptBucket, AttemptFilter, AttemptHistogram, AttemptStatus, ErrorCode, ResponseCode, Timings, Trigger,
};
pub use audit::{AuditAction, AuditEntry, AuditFilter};
pub use breaker::{Breaker, BreakerClosed, BreakerState, CircuitBreaker};
pub use bulk::{
    BulkBucket, BulkDestination, BulkInput, BulkItem, BulkItemStatus, BulkKind, BulkLimit, BulkObstacle, BulkOperation,
    BulkPreview, BulkPreviewDestination, BulkScope, BulkStatus, BulkTargets, DurationBasis, ObstacleCode, PaceReading,
    PaceState,
};
pub use connection::{Connection, ConnectionFilter, ConnectionInput, End, LatestInput};
pub use destination::{
    AutoDisable, Destination, DestinationAuth, DestinationConfig, DestinationFilter, DestinationInput, DestinationType,
    Drip, HttpMethod, Mock, RatePeriod,
};
pub use diagnosis::{Diagnosis, phrase};
pub use difference::{Difference, differences};
pub use event::{Event, EventFilter, EventStatus, RetriedEvent};
pub use event_type::{EventType, EventTypeImport, EventTypeInput, ImportAction, ImportedEventType, event_type_mistake};
pub use filter::{Filter, FilterPart, Mismatch, Place, View};
pub use headers::Headers;
pub use health::{Health, HealthState};
pub use id::{
    AttemptId, AuditId, BadId, BulkOperationId, ConnectionId, DestinationId, EventId, EventTypeId, IssueId, KeyId,
    NoticeId, ProxyExchangeId, ReceiverCheckId, RequestId, SavedPayloadId, SecretId, SourceId, TeamId,
    TransformationId, TransformationRunId, UserId,
};
pub use issue::{
    FailureBucket, ISSUE_RETURNS_WITHIN, Issue, IssueCause, IssueChange, IssueChangeKind, IssueCounts, IssueDetail,
    IssueFilter, IssueResolution, IssueState, issue_calm,
};
pub use key::{KeyPair, NewKeyPair};
pub use live::Change;
pub use metrics::{
    Alerts, AttemptMeasure, AttemptMetricsQuery, BINS, Backlog, ConnectionCard, DateRange, DestinationBacklog,
    DestinationCard, DestinationLine, EventMeasure, EventMetricsQuery, Granularity, Latency, MOST_POINTS, MetricPoint,
    MetricSeries, Overview, OverviewBar, PausedThing, RejectedByCause, RequestMeasure, RequestMetricsQuery, SourceCard,
    SourceLine, Totals, TransformationCard, TroubledDestination, Window,
};
pub use mode::Mode;
pub use page::{Commas, Cursor, Direction, OrderBy, Page, PageQuery, Pagination, TimeBound};
pub use payload::{Body, BodyEncoding, Payload};
pub use problem::{Code, FieldError, Problem};
pub use proxy::{ProxyExchange, RequestDetail};
pub use recovery::{
    FailureExample, FailureGroup, IdempotencyConfirmation, IdempotencyInput, Recovery, RecoveryChange, RecoveryProof,
    RecoverySteps, RecoveryWindow, Redelivery, Refused, RefusedCause, RefusedRequest, StepState,
};
pub use replay::{
    HeaderChanges, Modifications, Parts, REPLAY_METHODS, ReplayBranch, ReplayMode, ReplayPreview, ReplayedRequest,
    is_placeholder, modified_words,
};
pub use request::{
    EventSummary, IgnoredCause, IgnoredEvent, IgnoredMeta, RejectionCause, Request, RequestFilter, RequestStatus,
    RetryKind,
};
pub use rule::{
    DeduplicateRule, DelayRule, FilterRule, Retries, RetryRule, RetryStrategy, Rule, Sameness, TransformRule,
    event_type_mismatch, in_order, rule_mistakes,
};
pub use secret::{REDACTED, Secret};
pub use signing::{SigningKey, SigningScheme, SigningSecret};
pub use simulator::{
    CheckItem, CheckedDelivery, Finding, ReceiverCheck, ReceiverCheckInput, SavedPayload, SavedPayloadInput, Scenario,
    Simulation, SimulationPreview,
};
pub use snippet::{SnippetLanguage, SnippetValues, snippet};
pub use source::{
    Answered, Asked, CustomResponse, FieldFormat, Handshake, HmacAlgorithm, PRESETS, PresetField, ProxyConfig,
    RESPONSE_RULES, RESPONSE_STATUSES, Responder, ResponseMatch, ResponseRule, RotateUrl, SignatureEncoding, Source,
    SourceAuth, SourceConfig, SourceConnection, SourceFilter, SourceInput, SourceMode, SourcePreset, SourceType,
    SourceTypeField, SourceTypeInfo, SourceUrl, Status, is_kept_from_senders, key as provider_key, scheme,
};
pub use team::{
    Member, Missed, NewMember, Notice, NoticeKind, ReplayedMissed, SchemaCheck, TeamSettings, is_operational,
};
pub use time::{BadTime, Timestamp};
pub use trace::{Trace, TraceCounts, TraceItem, TraceKind, TracedConnection};
pub use transformation::{
    CODE_BYTES, Capabilities, ConsoleLine, ENV_BYTES, ENV_VALUES, LogLevel, RunError, RunErrorCode, RunFilter,
    RunInput, RunLimits, RunRequest, RunResult, RunStatus, RunTime, Transformation, TransformationFilter,
    TransformationInput, TransformationRun, Validation, code_mistake, env_mistakes,
};
pub use trial::{
    FilterInput, FilterTest, FilterTested, TRIAL_LAST, TRIAL_MOST, Trial, TrialCounts, TrialInput, TrialOutcome,
    TrialScript, TrialStep, TriedRequest,
};
pub use user::{About, Account, Bootstrapped, NewOwner, Team, password_mistake};
pub use verify::{Discrepancy, Verification, VerifiedRule, VerifyLooked, VerifyRule, VerifyStatus};
pub use webhook::{
    LastDelivery, NewWebhook, Publication, Published, Webhook, WebhookActivity, WebhookPatch, WebhookStatus,
};
