//! The engine's long-running parts, each by name, until told to stop.

use std::{fs::File, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Engine, bulk, chores, delivery, error::RunError, notice, proxy, transform, verify, writer};

/// The right to run on a data dir, for as long as it lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "it is held, not read")] Option<File>);

impl Engine {
    /// Runs until `stop`, then finishes or hands back what is under way within some eight seconds.
    ///
    /// # Errors
    ///
    /// When a part ended by itself: the process should end, and be started again.
    pub async fn run(&self, _claim: Claim, stop: CancellationToken) -> Result<(), RunError> {
        // The writer and the news outlive those who need them.
        let last = CancellationToken::new();
        let mut parts: JoinSet<&'static str> = JoinSet::new();
        let (engine, token) = (self.clone(), last.clone());
        parts.spawn(async move {
            writer::run(engine, token).await;
            "writer"
        });
        let (engine, token) = (self.clone(), last.clone());
        parts.spawn(async move {
            delivery::run_wake(engine, token).await;
            "wake"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            // What scripts made is written before the writer ends, as what attempts came to is.
            let delivers = engine.0.config.roles.delivers();
            let transforming = transform::run(engine.clone(), delivers, token.clone());
            let delivering = async {
                if delivers {
                    delivery::run(engine, token).await;
                } else {
                    token.cancelled().await;
                }
            };
            tokio::join!(transforming, delivering);
            "lanes"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            if engine.0.config.roles.delivers() {
                notice::run(engine, token).await;
            } else {
                token.cancelled().await;
            }
            "notices"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            chores::run(engine, token).await;
            "chores"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            proxy::run(engine, token).await;
            "proxies"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            if engine.0.config.roles.delivers() {
                bulk::run(engine, token).await;
            } else {
                token.cancelled().await;
            }
            "bulk operations"
        });
        let (engine, token) = (self.clone(), stop.clone());
        parts.spawn(async move {
            if engine.0.config.roles.delivers() {
                verify::run(engine, token).await;
            } else {
                token.cancelled().await;
            }
            "verification"
        });
        while let Some(ended) = parts.join_next().await {
            let part = ended.unwrap_or("a part that panicked");
            if !stop.is_cancelled() {
                tracing::error!(part, "a part ended by itself");
                last.cancel();
                return Err(RunError::Ended(part));
            }
            // Once nobody sends any more, what is left to write is written.
            if part == "lanes" {
                last.cancel();
            }
        }
        delivery::hand_back(self).await;
        transform::hand_back(self).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), self.db().close()).await;
        Ok(())
    }

    /// Claims the data dir. With `SQLite` there is one process, which has it as long as it lives.
    ///
    /// # Errors
    ///
    /// When another process has it.
    pub fn claim(&self) -> Result<Claim, RunError> {
        if self.db().dialect().is_shared() {
            return Ok(Claim(None));
        }
        let dir = &self.0.config.data_dir;
        let in_use = || RunError::DataDirInUse(dir.display().to_string());
        let file =
            File::options().create(true).truncate(false).write(true).open(dir.join("lock")).map_err(|_| in_use())?;
        file.try_lock().map_err(|_| in_use())?;
        Ok(Claim(Some(file)))
    }
}
