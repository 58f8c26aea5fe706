//! `hookyard verify`.

use std::process::ExitCode;

use hookyard_engine::{Clock, Engine};
use hookyard_model::service::Server as _;

use super::Failure;
use crate::{
    settings::{DataSettings, LogSettings, SecretSettings, config},
    telemetry,
};

/// Reconciles every accepted request with what became of it, and prints what does not add up as JSON
#[derive(clap::Args)]
pub(super) struct Verify {
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    log: LogSettings,
    /// Reads without a rest between two steps, for a server that has little to do
    #[arg(long)]
    fast: bool,
}

impl Verify {
    /// Safe on a running server. Ends with 0 when everything adds up.
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start(&self.log, "warn")?;
        let config = config(&self.data, &SecretSettings::from_env())?;
        let engine = Engine::open(config, Clock::system()).await?;
        let found = engine.verify(self.fast).await?;
        println!("{}", serde_json::to_string(&found).map_err(|error| Failure::Other(error.to_string()))?);
        Ok(if found.discrepancies.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
