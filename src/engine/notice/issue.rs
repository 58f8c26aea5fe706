//! What is told about issues: a sentence for lists, the data of the operational event, a letter, and a message for a chat.

use std::fmt::Write as _;

use hookyard_model::{
    AttemptId, DestinationId, EventId, Issue, IssueCause, IssueId, IssueResolution, IssueState, Mode, NoticeId,
    NoticeKind, TeamId, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    letter::{Letter, spoken, tidy},
    store::{self, About, NewNotice},
};
use crate::{Engine, db::Tx, error::Result};

/// How many characters a message has at most of a headline or of what stands beside a name, and of a text. A chat takes no
/// section with more than 3000.
const A_LINE: usize = 500;
const A_TEXT: usize = 2000;

/// The data of the operational event: the issue as it was when the notice was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct IssueFacts {
    pub(super) issue_id: IssueId,
    destination_id: DestinationId,
    destination_name: String,
    is_webhook: bool,
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    cause: IssueCause,
    title: String,
    state: IssueState,
    opened_at: Timestamp,
    last_seen_at: Timestamp,
    resolved_at: Option<Timestamp>,
    resolution: Option<IssueResolution>,
    attempts: u64,
    events: u64,
    times_opened: u32,
    last_error: String,
    pub(super) last_event_id: EventId,
    last_attempt_id: Option<AttemptId>,
    /// How many other issues of the destination are not resolved.
    other_issues: u32,
    /// How many times an issue of the destination was opened and over again without being told.
    untold: u64,
    /// The issue's page.
    url: String,
}

impl IssueFacts {
    pub(crate) fn of(issue: Issue, url: String, other_issues: u32, untold: u64) -> Self {
        Self {
            issue_id: issue.id,
            destination_id: issue.destination_id,
            destination_name: issue.destination_name,
            is_webhook: issue.is_webhook,
            team_id: issue.team_id,
            mode: issue.mode,
            cause: issue.cause,
            title: issue.title,
            state: issue.state,
            opened_at: issue.opened_at,
            last_seen_at: issue.last_seen_at,
            resolved_at: issue.resolved_at,
            resolution: issue.resolution,
            attempts: issue.attempts,
            events: issue.events,
            times_opened: issue.times_opened,
            last_error: issue.last_error,
            last_event_id: issue.last_event_id,
            last_attempt_id: issue.last_attempt_id,
            other_issues,
            untold,
            url,
        }
    }

    const fn kind(&self) -> NoticeKind {
        match self.state {
            IssueState::Resolved => NoticeKind::IssueResolved,
            IssueState::Open | IssueState::Acknowledged => NoticeKind::IssueOpened,
        }
    }

    fn name(&self) -> String {
        tidy(&self.destination_name)
    }

    /// What happened, in a line.
    fn headline(&self) -> String {
        match (self.state, self.resolution) {
            (IssueState::Resolved, Some(IssueResolution::Person)) => format!("Resolved by hand: {}", tidy(&self.title)),
            (IssueState::Resolved, Some(IssueResolution::Deleted)) => format!("{} was deleted", self.name()),
            (IssueState::Resolved, _) => format!("{} delivers again", self.name()),
            (IssueState::Open | IssueState::Acknowledged, _) => tidy(&self.title),
        }
    }

    /// What happened, in a sentence or some.
    pub(super) fn sentence(&self) -> String {
        let mut text = match self.state {
            IssueState::Resolved => {
                let mut text = format!("{}: its issues are resolved.", self.headline());
                if self.events > 0 {
                    let _ = write!(text, " {} failed for good meanwhile.", many(self.events, "event"));
                }
                text
            }
            IssueState::Open | IssueState::Acknowledged => {
                let mut text = format!("{}: {}.", tidy(&self.title), tidy(&self.last_error));
                if self.other_issues > 0 {
                    let others = many(self.other_issues.into(), "other issue");
                    let verb = if self.other_issues == 1 { "is" } else { "are" };
                    let _ = write!(text, " {others} of it {verb} open as well.");
                }
                text
            }
        };
        match self.untold {
            0 => {}
            1 => text.push_str(" Once more it failed and recovered since the last message."),
            times => {
                let _ = write!(text, " {times} more times it failed and recovered since the last message.");
            }
        }
        text
    }

    const fn advice(&self) -> &'static str {
        match (self.state, self.cause.is_of_transformation()) {
            (IssueState::Resolved, _) => {
                "Events that failed for good meanwhile are kept; the destination's recovery page sends them again."
            }
            (_, true) => {
                "Events whose transformation fails are kept. The issue's page shows them; mend the script, then send them again."
            }
            (_, false) => {
                "Events are kept and tried again by their schedule. The issue's page says what it means and what to do. Until \
                 it recovers, or for the team's quiet time, this is the only message."
            }
        }
    }

    fn lines(&self, team: &str) -> Vec<(&'static str, String)> {
        let kind = if self.is_webhook { "Webhook" } else { "Destination" };
        let mut lines = vec![(kind, self.name()), ("Cause", self.cause.to_string()), ("Team", tidy(team))];
        lines.push(("Mode", self.mode.to_string()));
        lines.push(("Since", spoken(self.opened_at)));
        if let Some(at) = self.resolved_at {
            lines.push(("Until", spoken(at)));
        }
        lines.push(("Failed attempts", self.attempts.to_string()));
        if self.events > 0 {
            lines.push(("Failed events", self.events.to_string()));
        }
        lines.push(("Last error", tidy(&self.last_error)));
        lines
    }

    /// The letter under this id.
    pub(super) fn letter(&self, id: String, team: &str) -> Letter {
        let subject = format!("[Hookyard] {}", self.headline());
        Letter::new(
            id,
            &subject,
            [&self.sentence(), self.advice()],
            &self.lines(team),
            Some((&self.url, "Open the issue")),
        )
    }

    /// The message for a chat.
    pub(super) fn message(&self, team: &str) -> Value {
        let sign = if self.state == IssueState::Resolved { "✅" } else { "🔴" };
        let lines = self.lines(team).into_iter().map(|(name, value)| format!("*{name}:* {}", marked(&value, A_LINE)));
        message(
            &format!("{sign} {}", self.headline()),
            &self.sentence(),
            &lines.collect::<Vec<_>>().join("\n"),
            (&self.url, "Open the issue"),
        )
    }
}

/// The message that shows that messages arrive.
pub(super) fn test_message(team: &str, url: &str) -> Value {
    let text = "This is how you are told when a destination fails, and when it delivers again. There is nothing to do.";
    let team = format!("*Team:* {}", marked(&tidy(team), A_LINE));
    message("Test message of Hookyard", text, &team, (url, "Open Hookyard"))
}

fn message(headline: &str, text: &str, lines: &str, (url, label): (&str, &str)) -> Value {
    let section = |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    let headline = marked(headline, A_LINE);
    json!({
        "text": headline,
        "blocks": [
            section(format!("*{headline}*\n{}", marked(text, A_TEXT))),
            section(lines.to_owned()),
            section(format!("<{}|{label}>", marked(url, A_TEXT).replace('|', "%7C"))),
        ],
    })
}

/// A text in which nothing is a mention, a link or a command, of at most so many characters.
fn marked(text: &str, most: usize) -> String {
    let (mut marked, mut length) = (String::with_capacity(text.len()), 0);
    for c in text.chars() {
        let word = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        length += word.len().max(1);
        // What is left of a mark would be shown as it stands here.
        if length >= most {
            marked.push('…');
            break;
        }
        if word.is_empty() { marked.push(c) } else { marked.push_str(word) }
    }
    marked
}

fn many(count: u64, what: &str) -> String {
    if count == 1 { format!("{count} {what}") } else { format!("{count} {what}s") }
}

/// Writes a notice of an issue, to be given after the commit.
pub(crate) async fn insert_issue(engine: &Engine, tx: &mut Tx, facts: &IssueFacts, now: Timestamp) -> Result<()> {
    let id = NoticeId::new(engine.ids().unique(now));
    let new = NewNotice { id, kind: facts.kind(), text: facts.sentence(), data: serde_json::to_string(facts)? };
    let about = About {
        team: facts.team_id,
        mode: facts.mode,
        destination: facts.destination_id,
        issue: facts.issue_id,
        // The members of a webhook's team get the webhook's own notices.
        is_mailed: !facts.is_webhook,
    };
    store::insert_issue(tx, &new, &about, now).await
}

#[cfg(test)]
mod tests {
    use hookyard_model::ConnectionId;
    use ulid::Ulid;

    use super::*;

    fn facts(name: &str, state: IssueState, others: u32, untold: u64) -> IssueFacts {
        let at = Timestamp::from_millis;
        let cause = IssueCause::Status(503);
        let issue = Issue {
            id: IssueId::new(Ulid(1)),
            team_id: TeamId::new(Ulid(2)),
            mode: Mode::Live,
            destination_id: DestinationId::new(Ulid(3)),
            destination_name: name.to_owned(),
            is_webhook: false,
            is_deleted: false,
            connection_id: ConnectionId::new(Ulid(4)),
            cause,
            title: cause.title(name),
            state,
            opened_at: at(0),
            last_seen_at: at(1000),
            attempts: 7,
            events: 1,
            times_opened: 1,
            acknowledged_at: None,
            acknowledged_by: None,
            acknowledged_by_name: None,
            resolved_at: (state == IssueState::Resolved).then_some(at(60_000)),
            resolution: (state == IssueState::Resolved).then_some(IssueResolution::Itself),
            resolved_by: None,
            resolved_by_name: None,
            last_error: "it answered 503 Service Unavailable".to_owned(),
            last_event_id: EventId::new(Ulid(5)),
            last_attempt_id: None,
            failures: Vec::new(),
            created_at: at(0),
        };
        IssueFacts::of(issue, "https://hooks.example.com/issues/iss_1".to_owned(), others, untold)
    }

    #[test]
    fn a_sentence_says_what_is_new() {
        for (state, others, untold, expected) in [
            (IssueState::Open, 0, 0, "503 from Orders: it answered 503 Service Unavailable."),
            (
                IssueState::Open,
                2,
                3,
                "503 from Orders: it answered 503 Service Unavailable. 2 other issues of it are open as well. 3 more times it \
                 failed and recovered since the last message.",
            ),
            (
                IssueState::Resolved,
                0,
                1,
                "Orders delivers again: its issues are resolved. 1 event failed for good meanwhile. Once more it failed and \
                 recovered since the last message.",
            ),
        ] {
            assert_eq!(facts("Orders", state, others, untold).sentence(), expected);
        }
    }

    #[test]
    fn a_message_is_no_longer_than_a_chat_takes() {
        for long in ["&".repeat(5000), "<".repeat(200), "ü".repeat(5000)] {
            let mut facts = facts(&long, IssueState::Open, 1000, 1000);
            facts.last_error.clone_from(&long);
            let message = facts.message(&long);
            for block in message["blocks"].as_array().unwrap() {
                let text = block["text"]["text"].as_str().unwrap();
                assert!(text.chars().count() <= 3000, "{} characters: {text}", text.chars().count());
                let rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                assert!(!rest.contains('&'), "nothing is cut in two: {text}");
            }
        }
        for (most, expected) in [(5, "a…"), (6, "a&lt;…"), (7, "a&lt;b")] {
            assert_eq!(marked("a<b", most), expected);
        }
    }

    #[test]
    fn nothing_of_a_stranger_gets_out_of_its_place() {
        let facts = facts("<!channel> & <https://evil.example|x>\r\n\u{202e}", IssueState::Open, 0, 0);
        let message = facts.message("Team <b>").to_string();
        assert!(!message.contains("<!channel>") && !message.contains("<https://evil"), "{message}");
        assert!(message.contains("&lt;!channel&gt;") && message.contains("<https://hooks.example.com/issues/iss_1|"));
        let letter = facts.letter("ntc_1".to_owned(), "Team");
        assert!(
            !letter.subject.contains(['\r', '\n', '\u{202e}']) && !letter.html.contains("<!channel>"),
            "{letter:?}"
        );
    }
}
