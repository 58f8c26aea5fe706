//! `hookyard serve`.

use std::{process::ExitCode, time::Duration};

use hookyard_engine::Clock;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::{
    serve,
    settings::{DataSettings, LogSettings, SecretSettings, ServeSettings, Settings, cannot_listen},
    telemetry,
};

/// Runs ingress, REST API, dashboard and delivery in one process
#[derive(clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: ServeSettings,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    log: LogSettings,
}

impl Serve {
    /// Serves until a signal, and is gone within ten seconds of it.
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start(&self.log, "info,tower_sessions_core=error")?;
        let settings = Settings::new(&self.data, &self.settings, &SecretSettings::from_env())?;
        let listener = TcpListener::bind(&settings.listen).await;
        let listener = listener.map_err(|error| cannot_listen(&settings.listen, &error))?;
        let bound = listener.local_addr().map_err(|error| cannot_listen(&settings.listen, &error))?;
        let url = serve::url_of(bound);

        let mut config = settings.engine;
        config.public_url = settings.public_url.unwrap_or_else(|| url.clone());
        let stop = CancellationToken::new();
        let signals = signals().map_err(|error| Failure::Other(format!("cannot hear signals: {error}")))?;
        let serving = serve::run(listener, config, Clock::system(), stop.clone(), || tell(&url));
        tokio::select! {
            served = serving => {
                served.map_err(Failure::from)?;
                Ok(ExitCode::SUCCESS)
            }
            () = heed(signals, stop) => Ok(ExitCode::FAILURE),
        }
    }
}

impl From<serve::ServeError> for Failure {
    fn from(error: serve::ServeError) -> Self {
        match error {
            serve::ServeError::Open(error) => error.into(),
            serve::ServeError::Claim(_) | serve::ServeError::Ended(_) => Self::Other(error.to_string()),
        }
    }
}

/// Says where it listens, in the log; where the log is too quiet, on standard output, for the script that waits.
fn tell(url: &str) {
    if tracing::enabled!(tracing::Level::INFO) {
        tracing::info!("listening on {url}");
    } else {
        println!("listening on {url}");
    }
}

fn signals() -> std::io::Result<[Signal; 2]> {
    Ok([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?])
}

/// Stops in good order at the first signal, and ends at the second.
async fn heed([mut terminate, mut interrupt]: [Signal; 2], stop: CancellationToken) {
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    tracing::info!("stopping; a second signal stops at once");
    stop.cancel();
    next().await;
    tracing::warn!("stopped at once; what was under way is done again after the next start");
    // The log's line is written by now or never.
    tokio::time::sleep(Duration::from_millis(10)).await;
}
