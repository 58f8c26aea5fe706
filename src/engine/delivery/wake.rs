//! Waking other nodes: what is told is gathered for a moment and sent as notifications (PostgreSQL's `NOTIFY`), outside
//! of the commits it is about, since a commit that notifies waits for every other that does.
//!
//! A notification may get lost; nothing depends on it but how soon something is noticed.

use std::{collections::HashSet, time::Duration};

use hookyard_model::{Change, TeamId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::LaneKey;
use crate::{Engine, db::Db};

const CHANNEL: &str = "hookyard";
/// How long news is gathered before it is sent.
const GATHER: Duration = Duration::from_millis(20);

/// What nodes tell each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum News {
    /// Work was put into a lane.
    Lane(LaneKey),
    /// A lane's holder is asked to send no more of what was cancelled.
    Recall(LaneKey),
    /// A team's settings changed.
    Settings(TeamId),
    /// There is something to transform.
    Transform,
    /// For open pages.
    Change(Change),
}

/// News for other nodes. On `SQLite` there are none.
pub(crate) struct Wake {
    news: Mutex<Option<HashSet<News>>>,
    some: Notify,
}

impl Wake {
    pub(crate) fn new() -> Self {
        Self { news: Mutex::new(None), some: Notify::new() }
    }

    /// Whether there may be other nodes.
    pub(crate) fn reaches_others(&self) -> bool {
        self.news.lock().is_some()
    }

    fn tell(&self, news: News) {
        if let Some(gathered) = self.news.lock().as_mut()
            && gathered.insert(news)
        {
            self.some.notify_one();
        }
    }

    pub(crate) fn lane(&self, key: LaneKey) {
        self.tell(News::Lane(key));
    }

    pub(crate) fn recall(&self, key: LaneKey) {
        self.tell(News::Recall(key));
    }

    pub(crate) fn settings(&self, team: TeamId) {
        self.tell(News::Settings(team));
    }

    pub(crate) fn transform(&self) {
        self.tell(News::Transform);
    }

    pub(crate) fn change(&self, change: Change) {
        self.tell(News::Change(change));
    }
}

/// Sends and hears news until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let Db::Postgres(pools) = engine.db() else {
        stop.cancelled().await;
        return;
    };
    let wake = &engine.0.routing.wake;
    *wake.news.lock() = Some(HashSet::new());
    let hear = async {
        loop {
            if let Err(error) = hear(&engine, &pools.read).await {
                tracing::warn!(%error, "news from other nodes cannot be heard");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    };
    let say = async {
        loop {
            wake.some.notified().await;
            tokio::time::sleep(GATHER).await;
            let news: Vec<News> = wake.news.lock().as_mut().map(|news| news.drain().collect()).unwrap_or_default();
            let news: Vec<String> = news.iter().filter_map(|news| serde_json::to_string(news).ok()).collect();
            let sent = sqlx::query("SELECT pg_notify($1, news) FROM UNNEST($2::text[]) AS news")
                .bind(CHANNEL)
                .bind(news)
                .execute(&pools.write)
                .await;
            if let Err(error) = sent {
                tracing::warn!(%error, "news cannot be told to other nodes");
            }
        }
    };
    tokio::select! {
        () = hear => {}
        () = say => {}
        () = stop.cancelled() => {}
    }
}

async fn hear(engine: &Engine, pool: &sqlx::PgPool) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // `None`: the connection was lost and made again, so something may have been missed; polls find it.
        let Some(notification) = listener.try_recv().await? else { continue };
        match serde_json::from_str(notification.payload()) {
            Ok(News::Lane(key)) => engine.0.lanes.look_at(&key),
            Ok(News::Recall(key)) => engine.0.lanes.recall(&key),
            Ok(News::Settings(team)) => {
                engine.forget_settings(team);
                engine.0.lanes.recheck_all(team);
            }
            Ok(News::Transform) => engine.0.stage.look(),
            Ok(News::Change(change)) => engine.0.live.tell(change),
            // Another version's news.
            Err(_) => {}
        }
    }
}
