//! Transformations: scripts that change a payload on its way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Commas, ConnectionId, Difference, EventId, FieldError, OrderBy, Payload, RequestId, Secret, TeamId, Timestamp,
    TransformationId, TransformationRunId, source::name_mistakes,
};

/// How many bytes a script has at most.
pub const CODE_BYTES: usize = 256 << 10;
/// How many values an environment has at most, and how many bytes in all.
pub const ENV_VALUES: usize = 100;
pub const ENV_BYTES: usize = 64 << 10;

/// A script as its team sees it; the values of its environment are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Transformation {
    pub id: TransformationId,
    pub team_id: TeamId,
    pub name: String,
    pub code: String,
    /// SHA-256 of the code, in hex.
    pub code_hash: String,
    pub env: BTreeMap<String, Secret>,
    /// How many connections have it among their rules.
    pub connections_count: u32,
    /// How often it ran for events in the last 24 hours, and how often it failed.
    pub executions_24h_count: u64,
    pub executions_24h_successful_count: u64,
    pub executions_24h_failed_count: u64,
    /// The same in six parts of those hours, the oldest first.
    pub executions_24h_bins: [u64; 6],
    pub executions_24h_failed_bins: [u64; 6],
    /// How often each error came.
    pub error_code_counts: BTreeMap<String, u64>,
    /// What runs it.
    pub runtime: String,
    /// Null always: what is deleted is not shown.
    pub deleted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a team says of a transformation when it makes or replaces one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransformationInput {
    /// 1 to 155 characters, unique in the team's mode.
    pub name: String,
    /// JavaScript that registers `addHandler("transform", (request, context) => …)`.
    pub code: String,
    /// Values that the script sees as `context.env`.
    #[serde(default)]
    pub env: BTreeMap<String, Secret>,
}

/// Which transformations are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformationFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub id: Commas<TransformationId>,
    /// What the name or the id has in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "OrderBy::is_usual")]
    pub order_by: OrderBy,
}

impl TransformationInput {
    /// What is wrong with it, but for whether the script parses.
    pub fn mistakes(&self) -> Vec<FieldError> {
        let mut mistakes = name_mistakes(&self.name);
        mistakes.extend(code_mistake(&self.code));
        mistakes.extend(env_mistakes(&self.env));
        mistakes
    }
}

/// What is wrong with a script before anybody reads it.
pub fn code_mistake(code: &str) -> Option<FieldError> {
    let detail = if code.trim().is_empty() {
        "write a script that calls addHandler(\"transform\", …)".to_owned()
    } else if code.len() > CODE_BYTES {
        format!("a script has at most {CODE_BYTES} bytes, this has {}", code.len())
    } else if code.contains('\0') {
        "a script has no NUL".to_owned()
    } else {
        return None;
    };
    Some(FieldError::new("/code", detail))
}

/// What is wrong with an environment.
pub fn env_mistakes(env: &BTreeMap<String, Secret>) -> Vec<FieldError> {
    let bytes: usize = env.iter().map(|(name, value)| name.len() + value.reveal().len()).sum();
    if env.len() > ENV_VALUES || bytes > ENV_BYTES {
        let detail = format!("an environment has at most {ENV_VALUES} values and {ENV_BYTES} bytes in all");
        return vec![FieldError::new("/env", detail)];
    }
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= 128
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    env.keys()
        .filter(|name| !is_name(name))
        .map(|name| {
            let pointer = format!("/env/{}", name.replace('~', "~0").replace('/', "~1"));
            FieldError::new(pointer, "a name has letters, digits and underscores, and does not start with a digit")
        })
        .collect()
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    Successful,
    Failed,
}

words! { RunStatus: Successful = "SUCCESSFUL", Failed = "FAILED" }

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunErrorCode {
    /// The script does not parse.
    Syntax,
    /// It did not call `addHandler("transform", …)`.
    NoHandler,
    /// It threw, and did not catch.
    Exception,
    /// What it returned is no request.
    BadResult,
    /// It did not end in time.
    Timeout,
    /// It needed more memory, or a deeper stack, than there is.
    OutOfMemory,
    /// What it returned is longer than a body may be.
    TooLarge,
    /// There is no such transformation any more.
    Missing,
    /// Our own fault.
    Internal,
}

words! {
    RunErrorCode: Syntax = "SYNTAX", NoHandler = "NO_HANDLER", Exception = "EXCEPTION", BadResult = "BAD_RESULT",
    Timeout = "TIMEOUT", OutOfMemory = "OUT_OF_MEMORY", TooLarge = "TOO_LARGE", Missing = "MISSING",
    Internal = "INTERNAL",
}

/// Why a run failed, and where in the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunError {
    pub code: RunErrorCode,
    pub message: String,
    /// Both count from 1.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// How loud a script said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    /// The loudest of these lines; `info` when there is none.
    pub fn loudest(lines: &[ConsoleLine]) -> Self {
        let loudness = |level: &Self| Self::ALL.iter().position(|known| known == level);
        lines.iter().map(|line| line.level).max_by_key(loudness).unwrap_or(Self::Info)
    }
}

words! { LogLevel: Debug = "debug", Info = "info", Warn = "warn", Error = "error" }

/// A line that a script wrote to its console. Values of its environment are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ConsoleLine {
    pub level: LogLevel,
    pub text: String,
}

/// One run of a transformation for an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TransformationRun {
    pub id: TransformationRunId,
    pub team_id: TeamId,
    pub transformation_id: TransformationId,
    /// As it is called now; its id when it is gone.
    pub transformation_name: String,
    /// SHA-256 of the code that ran, in hex.
    pub code_hash: String,
    pub event_id: EventId,
    pub request_id: RequestId,
    pub connection_id: ConnectionId,
    /// Its place among the transformations of the connection, from 1.
    pub position: u32,
    pub status: RunStatus,
    /// Why it failed.
    pub error: Option<RunError>,
    /// What ran it.
    pub runtime: String,
    /// By what that is known which it was given, and what it made of it: the request's id where it is what came.
    pub original_event_data_id: String,
    pub transformed_event_data_id: Option<String>,
    /// The loudest level of its console; `error` when it failed.
    pub log_level: LogLevel,
    /// What it wrote; of one run alone.
    #[serde(default)]
    pub console: Vec<ConsoleLine>,
    /// How many lines it wrote that are kept.
    #[serde(default)]
    pub console_lines: u32,
    /// Whether the script wrote more lines than are kept.
    pub console_truncated: bool,
    pub duration_ms: f64,
    pub created_at: Timestamp,
    /// What it was given; of one run alone, and as long as it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Payload>,
    /// What it made of it; of one run alone, if it was successful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Payload>,
}

/// Which runs are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transformation_id: Option<TransformationId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub event_id: Commas<EventId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub status: Commas<RunStatus>,
}

/// A request to try a script on. What is left out is empty, the method `POST`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub path: Option<String>,
    /// An object of texts or lists of them, or the query string.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub query: Option<Value>,
    #[serde(default)]
    pub headers: Option<crate::Headers>,
    /// Any JSON; a text is the body as it is.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Object))]
    pub body: Value,
}

/// A script to be tried, with what it is to work on. Nothing is stored or sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RunInput {
    /// The script; that of `transformation_id` when absent.
    #[serde(default)]
    pub code: Option<String>,
    /// The stored transformation that it is, or is to become: its environment stands for placeholders in `env`.
    #[serde(default)]
    pub transformation_id: Option<TransformationId>,
    /// In place of the stored environment.
    #[serde(default)]
    pub env: Option<BTreeMap<String, Secret>>,
    /// What it works on: this, or the stored request `request_id`.
    #[serde(default)]
    pub request: Option<RunRequest>,
    #[serde(default)]
    pub request_id: Option<RequestId>,
    /// When it is told that it is, as `context.timestamp`: milliseconds since 1970, or RFC 3339.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub timestamp: Option<Value>,
    /// Put over what the script sees as `context`.
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(value_type = Option<Object>))]
    pub context: Option<Map<String, Value>>,
}

/// What came of trying a script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunResult {
    /// What it was given.
    pub before: Payload,
    /// What it returned, as it would be sent; absent when it failed.
    pub request: Option<Payload>,
    pub error: Option<RunError>,
    /// What it changed.
    pub diff: Vec<Difference>,
    pub console: Vec<ConsoleLine>,
    /// Whether the script wrote more lines than are kept.
    pub console_truncated: bool,
    /// The loudest level of its console; `error` when it failed.
    pub log_level: LogLevel,
    /// What is probably not meant, such as numbers that lost digits.
    pub warnings: Vec<String>,
    pub duration_ms: f64,
    /// What ran it.
    pub runtime: String,
    pub transformation_run_time: RunTime,
}

/// When a script was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunTime {
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// How long it computed.
    pub duration_ms: f64,
}

/// Whether a script parses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Validation {
    pub valid: bool,
    pub errors: Vec<RunError>,
    /// What runs it, how much of everything it has, and what it can use.
    pub runtime: String,
    pub limits: RunLimits,
    pub capabilities: Vec<String>,
}

/// What a script may do, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Capabilities {
    /// Such as `quickjs`.
    pub runtime: String,
    /// What it can use.
    pub globals: Vec<String>,
    pub limits: RunLimits,
}

/// How much of everything a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct RunLimits {
    pub time_ms: u64,
    pub memory_bytes: u64,
    pub stack_bytes: u64,
    pub code_bytes: u64,
    pub input_bytes: u64,
    pub output_bytes: u64,
    pub console_lines: u64,
    pub console_line_bytes: u64,
    pub env_values: u64,
    pub env_bytes: u64,
}
