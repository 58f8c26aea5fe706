//! Issues: failures of one destination with one cause.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    AttemptId, Commas, ConnectionId, DestinationId, Diagnosis, ErrorCode, EventId, IssueId, Mode, TeamId, TimeBound,
    Timestamp,
};

/// Where an issue is. `OPEN`: it fails, and nobody has said that they look after it. `ACKNOWLEDGED`: somebody looks after it.
/// `RESOLVED`: it fails no more; the next such failure opens it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueState {
    Open,
    Acknowledged,
    Resolved,
}

words! { IssueState: Open = "OPEN", Acknowledged = "ACKNOWLEDGED", Resolved = "RESOLVED" }

/// How an issue came to be resolved. `ITSELF`: the destination delivers again. `PERSON`: somebody said so. `DELETED`: its
/// destination was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueResolution {
    Itself,
    Person,
    Deleted,
}

words! { IssueResolution: Itself = "ITSELF", Person = "PERSON", Deleted = "DELETED" }

/// Why the attempts of an issue fail: `HTTP_503` for answers of one status, else an error code such as `TIMEOUT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IssueCause {
    /// Answers of this status.
    Status(u16),
    /// Failures of this kind.
    Error(ErrorCode),
}

impl IssueCause {
    /// The cause of a failure with this code; an answer that came whole and was not 2xx goes by its status.
    pub const fn of(code: ErrorCode, status: Option<u16>) -> Self {
        match (code, status) {
            (ErrorCode::BadStatus, Some(status)) => Self::Status(status),
            _ => Self::Error(code),
        }
    }

    /// What a list of attempts or events is filtered by to find its failures, such as `response_status=503`.
    pub fn attempts_query(self) -> String {
        match self {
            Self::Status(status) => format!("response_status={status}"),
            Self::Error(code) => format!("error_code={code}"),
        }
    }

    /// What it is called, for a destination of this name, such as "503 from Orders API".
    pub fn title(self, name: &str) -> String {
        match self {
            Self::Status(status) => format!("{status} from {name}"),
            Self::Error(code) => match code {
                ErrorCode::Dns => format!("DNS failure for {name}"),
                ErrorCode::ConnectionRefused => format!("Connection refused by {name}"),
                ErrorCode::ConnectionReset => format!("Connection reset by {name}"),
                ErrorCode::ConnectTimeout => format!("Connection timeout at {name}"),
                ErrorCode::Tls => format!("TLS failure at {name}"),
                ErrorCode::Timeout => format!("Timeout at {name}"),
                ErrorCode::EgressDenied => format!("Address of {name} not allowed"),
                ErrorCode::Protocol => format!("Invalid HTTP from {name}"),
                ErrorCode::BadStatus => format!("Failed answer from {name}"),
                ErrorCode::TransformFailed => format!("Transformation failed for {name}"),
            },
        }
    }

    /// Whether scripts fail, and so nothing is sent.
    pub const fn is_of_transformation(self) -> bool {
        matches!(self, Self::Error(ErrorCode::TransformFailed))
    }
}

impl fmt::Display for IssueCause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(out, "HTTP_{status}"),
            Self::Error(code) => code.fmt(out),
        }
    }
}

impl FromStr for IssueCause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "expected a status such as HTTP_503, or an error code such as TIMEOUT";
        match text.strip_prefix("HTTP_") {
            Some(status) => {
                status.parse().ok().filter(|code| (100..=999).contains(code)).map(Self::Status).ok_or(WRONG)
            }
            None => text.parse().map(Self::Error).map_err(|_| WRONG),
        }
    }
}

impl Serialize for IssueCause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IssueCause {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "server")]
text_column!(IssueCause);

#[cfg(feature = "server")]
impl utoipa::PartialSchema for IssueCause {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "`HTTP_503` and the like for answers of one status, else an error code such as `TIMEOUT`.",
            ))
            .examples([serde_json::json!("HTTP_503")])
            .into()
    }
}

#[cfg(feature = "server")]
impl utoipa::ToSchema for IssueCause {}

/// Failures of one destination with one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Issue {
    pub id: IssueId,
    pub team_id: TeamId,
    pub mode: Mode,
    pub destination_id: DestinationId,
    /// What the destination is called, or was when it was deleted.
    pub destination_name: String,
    /// Whether it is a webhook of the Developer tab.
    pub is_webhook: bool,
    /// Whether the destination is there no more.
    pub is_deleted: bool,
    /// The connection of the last failure.
    pub connection_id: ConnectionId,
    pub cause: IssueCause,
    /// The cause in words, such as "503 from Orders API".
    pub title: String,
    pub state: IssueState,
    /// When it was opened, the last time.
    pub opened_at: Timestamp,
    /// When the last failure ended.
    pub last_seen_at: Timestamp,
    /// How many attempts failed since it was opened the last time; of transformations, how many events they failed.
    /// Attempts of simulated events do not count.
    pub attempts: u64,
    /// How many events failed for good since it was opened the last time, by a last attempt of this cause.
    pub events: u64,
    /// How often it was opened.
    pub times_opened: u32,
    pub acknowledged_at: Option<Timestamp>,
    /// The id of the user or key who said that they look after it.
    pub acknowledged_by: Option<String>,
    /// Their e-mail address, or the key's public id; none when they are gone.
    pub acknowledged_by_name: Option<String>,
    pub resolved_at: Option<Timestamp>,
    pub resolution: Option<IssueResolution>,
    /// The id of the user or key who resolved it; none when it was resolved otherwise.
    pub resolved_by: Option<String>,
    pub resolved_by_name: Option<String>,
    /// How the last attempt failed, in words.
    pub last_error: String,
    pub last_event_id: EventId,
    /// The last attempt; none of transformations, which fail before there is one.
    pub last_attempt_id: Option<AttemptId>,
    /// How many failed over time, oldest first: of a list the last 24 hours, of one issue about the time since it was opened.
    pub failures: Vec<FailureBucket>,
    /// When it was opened for the first time.
    pub created_at: Timestamp,
}

/// How many attempts failed in some stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FailureBucket {
    /// When it begins.
    pub at: Timestamp,
    pub attempts: u64,
}

/// An issue with what is known beside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IssueDetail {
    #[serde(flatten)]
    pub issue: Issue,
    /// What it means and what to do, by its last attempt; none when that is gone, or of transformations.
    pub diagnosis: Option<Diagnosis>,
    /// When it was opened, acknowledged and resolved, newest first; the last hundred of them.
    pub history: Vec<IssueChange>,
}

/// What became of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueChangeKind {
    Opened,
    Acknowledged,
    Resolved,
}

words! { IssueChangeKind: Opened = "OPENED", Acknowledged = "ACKNOWLEDGED", Resolved = "RESOLVED" }

/// One entry of an issue's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IssueChange {
    pub kind: IssueChangeKind,
    pub at: Timestamp,
    /// Which opening it belongs to, from 1.
    pub opening: u32,
    /// The id of the user or key who did it; none when nobody did.
    pub actor: Option<String>,
    pub actor_name: Option<String>,
    /// How it was resolved.
    pub resolution: Option<IssueResolution>,
    /// How many attempts had failed since it was opened.
    pub attempts: u64,
    /// How many events had failed for good since it was opened.
    pub events: u64,
}

/// Which issues are wanted; what is empty does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueFilter {
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub state: Commas<IssueState>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub destination_id: Commas<DestinationId>,
    #[serde(default, skip_serializing_if = "Commas::is_empty")]
    pub cause: Commas<IssueCause>,
    /// Those that failed then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeBound>,
    /// Those that were opened then or earlier, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeBound>,
    /// A text in the destination's name, the cause or the last error, or the whole id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// How many issues there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct IssueCounts {
    pub open: u64,
    pub acknowledged: u64,
    pub resolved: u64,
}

impl IssueCounts {
    pub const fn of(self, state: IssueState) -> u64 {
        match state {
            IssueState::Open => self.open,
            IssueState::Acknowledged => self.acknowledged,
            IssueState::Resolved => self.resolved,
        }
    }
}

/// How long there must be no failure before an issue is resolved by itself.
const CALM: Duration = Duration::from_secs(10);
/// The longest that one of a destination that fails again and again is waited for.
const LONGEST_CALM: Duration = Duration::from_mins(20);
/// An issue that is opened again within this time after it was resolved comes and goes.
pub const ISSUE_RETURNS_WITHIN: Duration = Duration::from_hours(1);

/// How long there must be no failure before an issue is resolved by itself, when it came back so often in a row: an issue
/// that comes and goes is one issue, not many.
pub fn issue_calm(returns: u32) -> Duration {
    CALM.saturating_mul(1 << returns.min(16)).min(LONGEST_CALM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_word() {
        for (cause, word, title) in [
            (IssueCause::of(ErrorCode::BadStatus, Some(503)), "HTTP_503", "503 from Orders"),
            (IssueCause::of(ErrorCode::Timeout, Some(200)), "TIMEOUT", "Timeout at Orders"),
            (IssueCause::of(ErrorCode::Dns, None), "DNS", "DNS failure for Orders"),
            (IssueCause::of(ErrorCode::BadStatus, None), "BAD_STATUS", "Failed answer from Orders"),
        ] {
            assert_eq!(cause.to_string(), word);
            assert_eq!((word.parse(), cause.title("Orders").as_str()), (Ok(cause), title));
        }
        for bad in ["", "503", "HTTP_", "HTTP_9", "HTTP_x", "http_503", "LATE"] {
            assert!(bad.parse::<IssueCause>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_comes_back_is_waited_for_longer() {
        let waits: Vec<_> = (0..10).map(|returns| issue_calm(returns).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1200, 1200, 1200]);
        assert_eq!(issue_calm(u32::MAX), LONGEST_CALM);
    }
}
