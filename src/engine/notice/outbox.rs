//! Notices on their way: published as operational events, and mailed to the team's members.

use std::time::Duration;

use bytes::Bytes;
use hookyard_model::{NoticeId, NoticeKind, is_operational};
use serde_json::value::RawValue;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    issue::IssueFacts,
    letter::{Facts, Letter},
    mail::{Mail, Scope},
    store::{self, Claimed, Part},
};
use crate::{Engine, capture::Draft, error::Result, team};

/// How long whoever claimed a notice has for its next step.
pub(super) const LEASE: Duration = Duration::from_mins(3);
/// How much is kept of why letters were not taken.
const MOST_SAID: usize = 2000;
/// How long a notice is tried to be mailed.
pub(super) const DAY: Duration = Duration::from_hours(24);
/// The waits between tries; the last one repeats.
const WAITS: [u64; 6] = [10, 30, 120, 600, 1800, 3600];

/// Publishes what is not yet.
pub(super) async fn publish(engine: &Engine) -> Result<()> {
    loop {
        let now = engine.now();
        let claimed = store::claim(engine.db(), Part::Publish, 16, now, now.plus(LEASE)).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for notice in claimed {
            // Its lease runs out, and it is tried again; the others need not wait for it.
            if let Err(error) = publish_one(engine, &notice).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error, notice_id = %notice.id,
                    "a notice is not published yet; it is tried again"
                );
                continue;
            }
            // What is old is not news any more: it was published by a node that died, or nobody mails here.
            store::published(engine.db(), &notice, engine.now()).await?;
        }
    }
}

/// Takes the event in by the built-in source, when anybody wants it.
async fn publish_one(engine: &Engine, notice: &Claimed) -> Result<()> {
    let route = engine.events_route(notice.team_id, notice.mode).await?;
    let kind = notice.kind.event_type();
    let wanted = route.branches.iter().any(|branch| !branch.disabled && branch.passes(Some(kind)));
    if !wanted || route.disabled {
        return Ok(());
    }
    if is_about_itself(engine, notice).await? {
        return Ok(());
    }
    let id = uuid_of(notice.id);
    let body = body(notice.kind, &id, &RawValue::from_string(notice.data.clone())?)?;
    engine.take_in(&route, Draft::published(kind.to_owned(), id, body)).await?;
    Ok(())
}

/// Whether what failed last is an operational event itself. One that told of that would fail in turn, and so on.
async fn is_about_itself(engine: &Engine, notice: &Claimed) -> Result<bool> {
    if !notice.kind.is_of_issue() {
        return Ok(false);
    }
    let facts: IssueFacts = serde_json::from_str(&notice.data)?;
    let failed = store::event_type(engine.db(), (notice.team_id, notice.mode), facts.last_event_id).await?;
    Ok(failed.is_some_and(|kind| is_operational(&kind)))
}

fn letter(engine: &Engine, notice: &Claimed, team: &str) -> Result<Letter> {
    let id = notice.id.to_string();
    if notice.kind.is_of_issue() {
        let facts: IssueFacts = serde_json::from_str(&notice.data)?;
        return Ok(facts.letter(id, team));
    }
    let facts: Facts = serde_json::from_str(&notice.data)?;
    Ok(facts.letter(id, team, &engine.0.config.public_url))
}

fn body(kind: NoticeKind, id: &str, data: &RawValue) -> Result<Bytes> {
    #[derive(serde::Serialize)]
    struct Publication<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        data: &'a RawValue,
        id: &'a str,
    }
    Ok(serde_json::to_vec(&Publication { kind: kind.event_type(), data, id })?.into())
}

/// A UUID (version 8, RFC 9562) that is the notice's alone: published again, the event has the same id.
fn uuid_of(id: NoticeId) -> String {
    let mut bytes = id.ulid().0.to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Begins to mail what is not yet, as many at once as there are turns.
pub(super) async fn mail(engine: &Engine, letters: &TaskTracker, stop: &CancellationToken) -> Result<()> {
    let now = engine.now();
    store::give_up(engine.db(), now.minus(DAY), now).await?;
    if engine.0.config.mail.is_none() {
        return Ok(());
    }
    while let Ok(turn) = engine.0.notices.letters.clone().try_acquire_owned() {
        let now = engine.now();
        let claimed = store::claim(engine.db(), Part::Mail, 1, now, now.plus(LEASE)).await?;
        let Some(notice) = claimed.into_iter().next() else { return Ok(()) };
        let (engine, stop) = (engine.clone(), stop.clone());
        letters.spawn(async move {
            if let Err(error) = mail_one(&engine, notice, &stop).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a notice is not mailed yet; it is tried again"
                );
            }
            drop(turn);
            engine.0.notices.look();
        });
    }
    Ok(())
}

/// Mails a notice to each member that has not got it; what is done is written down after each.
async fn mail_one(engine: &Engine, mut notice: Claimed, stop: &CancellationToken) -> Result<()> {
    let Some(mail) = &engine.0.config.mail else { return Ok(()) };
    let mut mailed_to = notice.mailed_to()?;
    let mut errors = Vec::new();
    let mut again = false;
    let team = store::team_name(engine.db(), notice.team_id).await?;
    let letter = letter(engine, &notice, &team)?;
    for address in team::member_emails(engine.db(), notice.team_id).await? {
        if mailed_to.contains(&address) {
            continue;
        }
        if stop.is_cancelled() {
            again = true;
            break;
        }
        match send(mail, &address, &letter).await {
            Ok(()) => mailed_to.push(address),
            Err(refused) => {
                tracing::warn!(notice_id = %notice.id, why = refused.why, "a letter was not taken");
                errors.push(format!("{address}: {}", refused.why));
                again |= refused.scope != Scope::Forever;
                if refused.scope == Scope::Server {
                    // The next one would only wait for the same server.
                    break;
                }
            }
        }
        let until = engine.now().plus(LEASE);
        if !store::keep(engine.db(), &mut notice, &mailed_to, until).await? {
            // The lease ran out, and another goes on.
            return Ok(());
        }
    }
    let now = engine.now();
    let due_at = again.then(|| if stop.is_cancelled() { now } else { now.plus(wait(notice.mail_tries)) });
    let mailed_at = (!again && !mailed_to.is_empty()).then_some(now);
    let error = (!errors.is_empty()).then(|| errors.join("; ").chars().take(MOST_SAID).collect::<String>());
    store::settle(engine.db(), &notice, mailed_at, error.as_deref(), due_at).await?;
    engine.tell(notice.team_id, notice.mode, Some(notice.destination_id));
    Ok(())
}

async fn send(mail: &Mail, address: &str, letter: &Letter) -> std::result::Result<(), super::mail::Refused> {
    mail.send(address, letter).await
}

/// How long to wait after so many tries before.
pub(super) fn wait(tries: i64) -> Duration {
    let index = usize::try_from(tries).unwrap_or(0).min(WAITS.len() - 1);
    Duration::from_secs(WAITS[index])
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_notice_has_one_uuid() {
        let id = NoticeId::new(Ulid::from_parts(1_800_000_000_000, 7));
        assert_eq!(uuid_of(id), uuid_of(id));
        assert_ne!(uuid_of(id), uuid_of(NoticeId::new(Ulid::from_parts(1_800_000_000_000, 8))));
        assert_eq!((uuid_of(id).len(), &uuid_of(id)[14..15]), (36, "8"));
    }

    #[test]
    fn tries_get_rarer_and_never_stop_within_the_day() {
        assert!((0..9).map(wait).is_sorted());
        assert_eq!(wait(99), Duration::from_hours(1));
        assert_eq!(wait(0), Duration::from_secs(10));
    }
}
