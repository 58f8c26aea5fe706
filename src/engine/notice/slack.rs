//! Messages to a team's chat, by a Slack-compatible incoming webhook.

use std::time::Duration;

use bytes::Bytes;
use hookyard_model::{Actor, Code, ErrorCode, Problem};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio_util::task::TaskTracker;

use super::{
    issue::{IssueFacts, test_message},
    letter::tidy,
    outbox::{DAY, LEASE, wait},
    store::{self, ToChat},
};
use crate::{
    Engine,
    delivery::{Exchange, Outgoing, USER_AGENT, uri},
    error::Result,
    team,
};

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is told.
const MOST_SAID: usize = 120;

/// A message was not taken.
#[derive(Debug)]
struct Refused {
    why: String,
    /// Whether it may be taken later.
    again: bool,
}

/// Begins to send what is due, as much at once as there are turns.
pub(super) async fn send_due(engine: &Engine, messages: &TaskTracker) -> Result<()> {
    let now = engine.now();
    if !store::is_chat_due(engine.db(), now).await? {
        return Ok(());
    }
    while let Ok(turn) = engine.0.notices.messages.clone().try_acquire_owned() {
        let now = engine.now();
        let Some(notice) = store::claim_chat(engine.db(), now, now.plus(LEASE)).await? else { return Ok(()) };
        let engine = engine.clone();
        messages.spawn(async move {
            if let Err(error) = send_one(&engine, &notice).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error, notice_id = %notice.id,
                    "a message is not sent yet; it is tried again"
                );
            }
            drop(turn);
            engine.0.notices.look();
        });
    }
    Ok(())
}

async fn send_one(engine: &Engine, notice: &ToChat) -> Result<()> {
    // Taken away meanwhile.
    let Some(url) = team::slack_url(engine, notice.team_id).await? else {
        return store::settle_chat(engine.db(), notice, None, None, None).await;
    };
    let team = store::team_name(engine.db(), notice.team_id).await?;
    let facts: IssueFacts = serde_json::from_str(&notice.data)?;
    let sent = send(engine, url.reveal(), &facts.message(&team)).await;
    let now = engine.now();
    let (at, error, due_at) = match sent {
        Ok(()) => (Some(now), None, None),
        Err(refused) => {
            tracing::warn!(notice_id = %notice.id, why = refused.why, "a message was not taken");
            let is_news = now < notice.created_at.plus(DAY);
            (None, Some(refused.why), (refused.again && is_news).then(|| now.plus(wait(notice.slack_tries))))
        }
    };
    store::settle_chat(engine.db(), notice, at, error.as_deref(), due_at).await?;
    engine.tell(notice.team_id, notice.mode, Some(notice.destination_id));
    Ok(())
}

async fn send(engine: &Engine, url: &str, message: &Value) -> std::result::Result<(), Refused> {
    let forever = |why: String| Refused { why, again: false };
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let body = Bytes::from(serde_json::to_vec(message).map_err(|error| forever(error.to_string()))?);
    let outgoing = Outgoing { method: Method::POST, url: uri(url).map_err(forever)?, headers, body };
    taken(&engine.0.sender.send(outgoing, PATIENCE).await)
}

/// Whether a message was taken.
fn taken(exchange: &Exchange) -> std::result::Result<(), Refused> {
    if let Some((code, message)) = &exchange.failure {
        return Err(Refused { why: message.clone(), again: *code != ErrorCode::EgressDenied });
    }
    let status = exchange.status.unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(());
    }
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let said = exchange.body.as_deref().and_then(|body| std::str::from_utf8(body).ok()).map(str::trim);
    let said = said.filter(|said| !said.is_empty()).map(|said| {
        let said: String = tidy(said).chars().take(MOST_SAID).collect();
        format!(": {said}")
    });
    let why = format!("it answered {status} {reason}{}", said.unwrap_or_default());
    Err(Refused { why: why.trim_end().to_owned(), again: !matches!(status, 400..=407 | 409..=428 | 430..=499) })
}

/// Sends a message that shows that messages arrive.
pub(crate) async fn send_test_slack(engine: &Engine, who: &Actor) -> Result<()> {
    let Some(url) = team::slack_url(engine, who.team).await? else {
        let detail = "the team has no Slack-compatible URL: set `slack_url` in its settings first";
        return Err(Problem::new(Code::Conflict, detail).into());
    };
    if !engine.0.notices.may_message(who.team, engine.now()) {
        let detail = "a test message was asked for some seconds ago; wait a moment for the next";
        return Err(Problem::new(Code::TooManyRequests, detail).into());
    }
    let message = test_message(&store::team_name(engine.db(), who.team).await?, &engine.0.config.public_url);
    send(engine, url.reveal(), &message).await.map_err(|refused| {
        Problem::new(Code::Unavailable, format!("the message was not taken: {}", refused.why)).into()
    })
}
