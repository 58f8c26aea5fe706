//! The server put together: engine, router and connections, run until told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hookyard_engine::{Budget, Clock, Config, Engine, OpenError, Roles, RunError};
use hookyard_model::service::Hookyard;
use tokio::{net::TcpListener, task::JoinError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{connections, dashboard, download, ingress, live, probes, rest};

/// How long clients and deliveries have after a stop, so that the process is gone within ten seconds.
const FAREWELL: Duration = Duration::from_secs(9);

/// Why it does not serve, or not any more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Claim(#[from] RunError),
    /// A part that should run as long as the process ended by itself.
    #[error("{0}")]
    Ended(String),
}

/// Opens the engine and serves on `listener` until `stop`; tells by `ready` when it does.
///
/// Returns within ten seconds of `stop`, whatever clients and receivers do.
///
/// # Errors
///
/// When the engine cannot be opened, or when a part of it ends by itself.
pub async fn run(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    stop: CancellationToken,
    ready: impl FnOnce(),
) -> Result<(), ServeError> {
    let public_url = config.public_url.clone();
    let (roles, bodies) = (config.roles, Budget::new(config.bodies_memory));
    let engine = Engine::open(config, clock).await?;
    let claim = engine.claim()?;
    let tasks = TaskTracker::new();
    let router = router(&engine, roles, &public_url, &tasks, &stop).layer(Extension(bodies));

    let mut work = {
        let (engine, stop) = (engine.clone(), stop.clone());
        tasks.spawn(async move { engine.run(claim, stop).await })
    };
    ready();
    tokio::select! {
        () = connections::accept(listener, router, &tasks, &stop) => {}
        ended = &mut work => {
            let why = (!stop.is_cancelled()).then(|| why(ended));
            stop.cancel();
            farewell(&tasks, FAREWELL).await;
            return why.map_or(Ok(()), Err);
        }
    }
    farewell(&tasks, FAREWELL).await;
    Ok(())
}

/// Waits so long for the answers and deliveries under way, and leaves those behind that take longer: nothing that was
/// promised is lost with them.
async fn farewell(tasks: &TaskTracker, time: Duration) {
    tasks.close();
    if tokio::time::timeout(time, tasks.wait()).await.is_err() {
        tracing::warn!(left = tasks.len(), "stopped without waiting for all that was under way");
    }
}

fn why(ended: Result<Result<(), RunError>, JoinError>) -> ServeError {
    ServeError::Ended(match ended {
        Ok(Ok(())) => "the engine ended by itself".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => format!("the engine ended by itself: {error}"),
    })
}

/// All that is served; a worker serves only those who watch it.
fn router(engine: &Engine, roles: Roles, public_url: &str, tasks: &TaskTracker, stop: &CancellationToken) -> Router {
    let hookyard: Arc<dyn Hookyard> = Arc::new(engine.clone());
    let probes = probes::router(Arc::clone(&hookyard));
    match roles {
        Roles::Worker => probes,
        Roles::All | Roles::Api => {
            let live = live::router(Arc::clone(&hookyard), stop.clone()).merge(download::router(Arc::clone(&hookyard)));
            probes
                .merge(ingress::router(Arc::clone(&hookyard), tasks.clone()))
                .merge(rest::router(Arc::clone(&hookyard), tasks.clone(), public_url))
                .merge(rest::public_router(Arc::clone(&hookyard)))
                .merge(dashboard::router(hookyard, engine.sessions(), public_url, live))
        }
    }
}

/// The URL of a bound address, for those on this machine.
pub fn url_of(bound: SocketAddr) -> String {
    if bound.ip().is_unspecified() {
        return format!("http://localhost:{}", bound.port());
    }
    format!("http://{bound}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_address_has_a_url_that_can_be_opened() {
        for (bound, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://localhost:80"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(url_of(bound.parse().unwrap()), url);
        }
    }

    #[tokio::test]
    async fn what_does_not_end_is_left_behind_and_what_ends_is_waited_for() {
        const { assert!(FAREWELL.as_secs() < 10, "the process is gone within ten seconds") };
        let tasks = TaskTracker::new();
        tasks.spawn(std::future::pending::<()>());
        farewell(&tasks, Duration::from_millis(1)).await;
        assert_eq!(tasks.len(), 1);

        let tasks = TaskTracker::new();
        tasks.spawn(tokio::task::yield_now());
        farewell(&tasks, Duration::MAX).await;
        assert!(tasks.is_empty());
    }
}
