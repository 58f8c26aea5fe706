//! What is told about a webhook: a sentence for lists, the data of the operational event, and a letter.

use std::fmt::Write as _;

use hookyard_model::{DestinationId, Health, Mode, NoticeKind, TeamId, Timestamp};
use serde::{Deserialize, Serialize};

/// How many characters of a URL or an error are told.
const LONGEST: usize = 200;

/// A change in how a webhook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Change {
    Warning,
    Disabled,
    Recovered,
}

impl Change {
    pub(super) const fn kind(self) -> NoticeKind {
        match self {
            Self::Warning => NoticeKind::Warning,
            Self::Disabled => NoticeKind::Disabled,
            Self::Recovered => NoticeKind::Recovered,
        }
    }
}

/// The data of the operational event: how the webhook was doing when the notice was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) webhook_id: DestinationId,
    pub(super) url: Option<String>,
    pub(super) team_id: TeamId,
    pub(super) mode: Mode,
    pub(super) state: Change,
    pub(super) consecutive_failures: u32,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) last_error: Option<String>,
    pub(super) disable_progress: f64,
    pub(super) disables_at: Option<Timestamp>,
    pub(super) failures_left: Option<u32>,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) disabled_reason: Option<String>,
}

/// A message to one person.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Makes the message's own id: a repetition has the same.
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) plain: String,
    pub(super) html: String,
}

impl Facts {
    pub(super) fn of(
        (webhook_id, url): (DestinationId, Option<String>),
        (team_id, mode): (TeamId, Mode),
        state: Change,
        health: Health,
        (disabled_at, disabled_reason): (Option<Timestamp>, Option<String>),
    ) -> Self {
        Self {
            webhook_id,
            url,
            team_id,
            mode,
            state,
            consecutive_failures: health.consecutive_failures,
            failing_since: health.failing_since,
            last_error: health.last_error,
            disable_progress: health.disable_progress,
            disables_at: health.disables_at,
            failures_left: health.failures_left,
            disabled_at,
            disabled_reason,
        }
    }

    /// What the webhook is called: its URL without what may be secret in it.
    fn name(&self) -> String {
        let url = self.url.as_deref().unwrap_or("the built-in receiver");
        tidy(url.split(['?', '#']).next().unwrap_or_default())
    }

    /// What happened, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let name = self.name();
        match self.state {
            Change::Warning => {
                let mut text = match self.consecutive_failures {
                    1 => format!("{name} has failed once"),
                    many => format!("{name} has failed {many} times in a row"),
                };
                if let Some(since) = self.failing_since {
                    let _ = write!(text, " since {}", spoken(since));
                }
                format!("{text}. {}", self.outlook())
            }
            Change::Disabled => match &self.disabled_reason {
                Some(reason) => format!("{name} was disabled: {}.", tidy(reason)),
                None => format!("{name} was disabled."),
            },
            Change::Recovered => format!("{name} delivers again."),
        }
    }

    /// What comes if it goes on like this.
    fn outlook(&self) -> String {
        let failures = match self.failures_left {
            Some(1) => "one more failure".to_owned(),
            left => format!("{} more failures", left.unwrap_or_default()),
        };
        match self.disables_at {
            Some(at) if self.failures_left.unwrap_or_default() <= 1 => {
                format!("It will be disabled when it still fails at {}.", spoken(at))
            }
            Some(at) => format!("It will be disabled after {failures}, at {} at the earliest.", spoken(at)),
            None if self.failures_left.is_some() => format!("It will be disabled after {failures}."),
            None => String::new(),
        }
    }

    fn headline(&self) -> &'static str {
        match self.state {
            Change::Warning => "keeps failing",
            Change::Disabled => "was disabled",
            Change::Recovered => "delivers again",
        }
    }

    fn advice(&self) -> &'static str {
        match self.state {
            Change::Warning => {
                "One delivery that succeeds ends this. The webhook's page says what went wrong and what to do next."
            }
            Change::Disabled => {
                "Nothing is sent to it any more, and nothing is lost: events are kept. Mend the receiver, enable the \
                 webhook on its page, and replay what it missed."
            }
            Change::Recovered => "There is nothing to do.",
        }
    }

    fn lines(&self, team: &str) -> Vec<(&'static str, String)> {
        let mut lines = vec![("Webhook", self.name()), ("Team", tidy(team)), ("Mode", self.mode.to_string())];
        let mut put = |name, value: Option<String>| lines.extend(value.map(|value| (name, value)));
        if self.consecutive_failures > 0 {
            put("Failing since", self.failing_since.map(spoken));
            put("Failures in a row", Some(self.consecutive_failures.to_string()));
            put("Last error", self.last_error.as_deref().map(tidy));
        }
        put("Disabled at", self.disabled_at.map(spoken));
        lines
    }

    /// The letter under this id; `url` is where the dashboard is.
    pub(super) fn letter(&self, id: String, team: &str, url: &str) -> Letter {
        let subject = format!("[Hookyard] Webhook {} {}", self.name(), self.headline());
        let page = format!("{url}/webhooks/{}", self.webhook_id);
        Letter::new(
            id,
            &subject,
            [&self.sentence(), self.advice()],
            &self.lines(team),
            Some((&page, "Open the webhook")),
        )
    }
}

impl Letter {
    /// The letter that shows that mail arrives.
    pub(super) fn test(id: String, team: &str, url: &str) -> Self {
        let text = "This is how notices reach you when a webhook keeps failing, is disabled, or delivers again.";
        let lines = [("Team", tidy(team))];
        Self::new(id, "[Hookyard] Test notice", [text, "There is nothing to do."], &lines, Some((url, "Open Hookyard")))
    }

    pub(super) fn new(
        id: String,
        subject: &str,
        [first, second]: [&str; 2],
        lines: &[(&'static str, String)],
        link: Option<(&str, &str)>,
    ) -> Self {
        const WHY: &str = "You get this because notices are on for you in this team's settings.";
        let mut plain = format!("{first}\n\n");
        let mut html = format!("<p>{}</p><table>", escaped(first));
        for (name, value) in lines {
            let _ = writeln!(plain, "{name}: {value}");
            let _ = write!(
                html,
                "<tr><td style=\"padding-right:1em;color:#555\">{name}</td><td>{}</td></tr>",
                escaped(value)
            );
        }
        let _ = write!(plain, "\n{second}\n");
        let _ = write!(html, "</table><p>{}</p>", escaped(second));
        if let Some((url, label)) = link {
            let _ = write!(plain, "\n{label}: {url}\n");
            let _ = write!(html, "<p><a href=\"{}\">{label}</a></p>", escaped(url));
        }
        let _ = write!(plain, "\n-- \n{WHY}\n");
        let _ = write!(html, "<p style=\"color:#555\">{WHY}</p>");
        let html =
            format!("<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\">{html}</body></html>");
        Self { id, subject: tidy(subject), plain, html }
    }
}

/// A time for people, to the second.
pub(super) fn spoken(time: Timestamp) -> String {
    let text = time.to_string();
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", rest.split('.').next().unwrap_or_default())
}

/// A stranger's text in one line of bounded length, without what could start another header or turn letters around.
pub(super) fn tidy(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let mut clean: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(*c)).take(LONGEST + 1).collect();
    if clean.chars().count() > LONGEST {
        clean.pop();
        clean.push('…');
    }
    clean
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use hookyard_model::AutoDisable;
    use ulid::Ulid;

    use super::*;

    fn facts(state: Change, url: &str, failures: u32, now: Timestamp) -> Facts {
        let rule = AutoDisable { consecutive_failures: 20, failing_for_seconds: 3600 };
        let health =
            Health::assess(false, failures, Some(Timestamp::from_millis(0)), Some("<b>no</b>".into()), Some(rule), now);
        let webhook = (DestinationId::new(Ulid(1)), Some(url.to_owned()));
        Facts::of(webhook, (TeamId::new(Ulid(2)), Mode::Live), state, health, (None, None))
    }

    #[test]
    fn a_warning_says_what_comes() {
        let half = Timestamp::from_millis(1_800_000);
        for (failures, expected) in [
            (10, "It will be disabled after 10 more failures, at 1970-01-01 01:00:00 UTC at the earliest."),
            (30, "It will be disabled when it still fails at 1970-01-01 01:00:00 UTC."),
        ] {
            let said = facts(Change::Warning, "https://a.example/h?token=x", failures, half).sentence();
            assert!(said.starts_with("https://a.example/h has failed") && said.ends_with(expected), "{said}");
        }
        let late = facts(Change::Warning, "https://a.example", 19, Timestamp::from_millis(9_000_000)).sentence();
        assert!(late.ends_with("It will be disabled after one more failure."), "{late}");
    }

    #[test]
    fn nothing_of_a_stranger_gets_out_of_its_place() {
        let hostile = "https://a.example/\r\nBcc: all@example.com\r\n\r\n<script>\u{202e}";
        let letter = facts(Change::Disabled, hostile, 10, Timestamp::from_millis(1)).letter(
            "ntc_1".into(),
            "Team\r\nX: y",
            "https://hooks.example.com",
        );
        assert!(!letter.subject.contains(['\r', '\n', '\u{202e}']), "{:?}", letter.subject);
        assert!(!letter.html.contains("<script>") && !letter.html.contains("<b>no"), "{}", letter.html);
        assert!(letter.plain.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("X: ")));
        assert!(letter.plain.contains("https://hooks.example.com/webhooks/des_"), "{}", letter.plain);
    }
}
