//! Notices: people are told when a webhook keeps failing, is disabled by itself, and delivers again, and of issues.
//!
//! A change is told once, whichever node sees it: what was told last stands in the destination's row, and a
//! compare-and-set of it writes the notice in the same transaction. The notice then waits in its table until it is
//! published as an operational event and mailed; each is claimed by a lease, so that several nodes do it once, and one
//! that dies is followed by another. Deliveries never wait for any of it.

mod detect;
mod issue;
mod letter;
mod mail;
mod outbox;
mod slack;
mod store;

pub(crate) use issue::{IssueFacts, insert_issue};
pub use mail::{BadMail, Mail};
pub(crate) use slack::send_test_slack;
pub(crate) use store::{delete_old, page};

use std::{collections::HashMap, sync::Arc, time::Duration};

use hookyard_model::{Actor, Code, NoticeId, Problem, TeamId, Timestamp, Who};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Engine, account, error::Result, team};
use letter::Letter;

/// How often is looked by itself: a webhook comes to be warned of by time alone.
const EVERY: Duration = Duration::from_secs(2);
/// How long the next look waits after one, and no less than ten times what it took: a thousand failures a second are no
/// thousand looks.
const PAUSE: Duration = Duration::from_millis(100);
/// How many letters are handed in at once.
const LETTERS: usize = 4;
/// How many messages to chats are sent at once.
const MESSAGES: usize = 4;
/// How long a team waits for its next test mail, and for its next test message.
const TEST_PAUSE: Duration = Duration::from_mins(1);
const MESSAGE_PAUSE: Duration = Duration::from_secs(3);

/// What wakes those who tell.
#[derive(Debug, Clone)]
pub(crate) struct Notices {
    news: Arc<Notify>,
    letters: Arc<Semaphore>,
    messages: Arc<Semaphore>,
    /// When each team last asked this node for a test mail, within [`TEST_PAUSE`], and for a test message.
    tested: Tested,
    messaged: Tested,
}

type Tested = Arc<Mutex<HashMap<TeamId, Timestamp>>>;

/// Whether a team may have a test now; if so, not again for a while.
fn may(tested: &Tested, team: TeamId, now: Timestamp, pause: Duration) -> bool {
    let mut tested = tested.lock();
    tested.retain(|_, at| now < at.plus(pause));
    let may = !tested.contains_key(&team);
    tested.entry(team).or_insert(now);
    may
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            news: Arc::new(Notify::new()),
            letters: Arc::new(Semaphore::new(LETTERS)),
            messages: Arc::new(Semaphore::new(MESSAGES)),
            tested: Arc::default(),
            messaged: Arc::default(),
        }
    }

    /// There may be something to tell.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }

    fn may_test(&self, team: TeamId, now: Timestamp) -> bool {
        may(&self.tested, team, now, TEST_PAUSE)
    }

    fn may_message(&self, team: TeamId, now: Timestamp) -> bool {
        may(&self.messaged, team, now, MESSAGE_PAUSE)
    }
}

/// Tells what there is to tell until `stop`, and waits for the letters under way.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let letters = TaskTracker::new();
    while !stop.is_cancelled() {
        let begun = tokio::time::Instant::now();
        if let Err(error) = once(&engine, &letters, &stop).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "notices wait; they are tried again");
        }
        let pause = tokio::time::Instant::now() + PAUSE.max(begun.elapsed() * 10);
        tokio::select! {
            () = engine.0.notices.news.notified() => {}
            () = engine.0.clock.sleep_until(engine.now().plus(EVERY)) => {}
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
        tokio::select! {
            () = tokio::time::sleep_until(pause) => {}
            () = stop.cancelled() => {}
        }
    }
    letters.close();
    letters.wait().await;
}

async fn once(engine: &Engine, letters: &TaskTracker, stop: &CancellationToken) -> Result<()> {
    detect::look(engine).await?;
    crate::issue::look(engine).await?;
    slack::send_due(engine, letters).await?;
    if !store::is_any_due(engine.db(), engine.now()).await? {
        return Ok(());
    }
    outbox::publish(engine).await?;
    outbox::mail(engine, letters, stop).await
}

/// Mails a letter that shows that mail arrives: to whoever asks, or, when it is a key, to those who get notices.
pub(crate) async fn send_test(engine: &Engine, who: &Actor) -> Result<()> {
    let Some(mail) = &engine.0.config.mail else {
        let detail = "this server has no mail server: its operator sets HOOKYARD_SMTP_URL and HOOKYARD_MAIL_FROM";
        return Err(Problem::new(Code::Conflict, detail).into());
    };
    let to = match who.who {
        Who::User(user) => account::email(engine.db(), user).await?.into_iter().collect(),
        Who::Key(_) => team::member_emails(engine.db(), who.team).await?,
    };
    if to.is_empty() {
        return Err(Problem::new(Code::Conflict, "notices are on for nobody in this team").into());
    }
    if !engine.0.notices.may_test(who.team, engine.now()) {
        let detail = "a test mail was asked for less than a minute ago; wait a minute for the next";
        return Err(Problem::new(Code::TooManyRequests, detail).into());
    }
    let name = store::team_name(engine.db(), who.team).await?;
    for address in to {
        let id = NoticeId::new(engine.ids().unique(engine.now())).to_string();
        let letter = Letter::test(id, &name, &engine.0.config.public_url);
        mail.send(&address, &letter).await.map_err(|refused| {
            Problem::new(Code::Unavailable, format!("the mail to {address} was not taken: {}", refused.why))
        })?;
    }
    Ok(())
}
