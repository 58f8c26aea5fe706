//! `hookyard bootstrap`.

use std::process::ExitCode;

use hookyard_engine::{Clock, Engine};
use hookyard_model::{Bootstrapped, FieldError, NewKeyPair, NewOwner, Problem, Secret, service::Accounts as _};
use serde_json::{Value, json};

use super::Failure;
use crate::{
    settings::{DataSettings, LogSettings, SecretSettings, config},
    telemetry,
};

/// Makes a team, its owner and a key pair for each mode, and prints them as JSON
#[derive(clap::Args)]
pub(super) struct Bootstrap {
    /// The team's name
    #[arg(long, value_name = "NAME")]
    team: String,
    /// The owner's e-mail address, which must not have an account yet
    #[arg(long)]
    email: String,
    /// The owner's password, of at least 10 characters
    #[arg(long)]
    password: String,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    log: LogSettings,
}

impl Bootstrap {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start(&self.log, "warn")?;
        let config = config(&self.data, &SecretSettings::from_env())?;
        let owner =
            NewOwner { team: self.team, email: self.email, password: Secret::new(self.password), catalogue: true };
        let engine = Engine::open(config, Clock::system()).await?;
        let made = engine.bootstrap(owner).await.map_err(by_flag)?;
        println!("{}", printed(&made));
        Ok(ExitCode::SUCCESS)
    }
}

/// What is wrong with a field is wrong with the flag of its name.
fn by_flag(problem: Problem) -> Failure {
    match problem.errors.first() {
        Some(FieldError { pointer, detail }) => {
            Failure::Other(format!("--{}: {detail}", pointer.trim_start_matches('/')))
        }
        None => Failure::Problem(problem),
    }
}

/// The one place where a private key is printed: it is shown this once.
fn printed(made: &Bootstrapped) -> Value {
    let keys = |pair: &NewKeyPair| json!({ "public": pair.public, "private": pair.private.reveal() });
    json!({
        "team_id": made.team_id,
        "user_id": made.user_id,
        "keys": { "test": keys(&made.test), "live": keys(&made.live) },
    })
}
