//! The command line: one command a file.

mod bootstrap;
mod drill;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use hookyard_engine::OpenError;
use hookyard_model::Problem;

use crate::settings::{BadSetting, cannot_open};

/// A self-hosted webhook platform: capture, route, deliver, retry and see everything.
#[derive(Parser)]
#[command(name = "hookyard", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Bootstrap(bootstrap::Bootstrap),
    Verify(verify::Verify),
    Drill(Box<drill::Drill>),
}

/// Why a command did not do what it was asked for: one line for whoever asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Setting(#[from] BadSetting),
    #[error("{0}")]
    Open(OpenError),
    #[error("{0}")]
    Problem(#[from] Problem),
    #[error("{0}")]
    Other(String),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        cannot_open(&error).map_or_else(|| Self::Open(error), Self::Setting)
    }
}

impl Failure {
    /// 2 for what a setting has to mend, 1 for the rest.
    const fn code(&self) -> u8 {
        match self {
            Self::Setting(_) | Self::Open(_) => 2,
            Self::Problem(_) | Self::Other(_) => 1,
        }
    }
}

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(Cli { command: Some(Command::Serve(serve)) }) => serve.run().await,
        Ok(Cli { command: Some(Command::Bootstrap(bootstrap)) }) => bootstrap.run().await,
        Ok(Cli { command: Some(Command::Verify(verify)) }) => verify.run().await,
        Ok(Cli { command: Some(Command::Drill(drill)) }) => drill.run().await,
        Ok(Cli { command: None }) => {
            print!("{}", Cli::command().render_help());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => return misread(&error),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("{}", one_line(&failure.to_string()));
        ExitCode::from(failure.code())
    })
}

/// Help and version go out as they are; anything else is one line.
fn misread(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        print!("{error}");
        return ExitCode::SUCCESS;
    }
    let said = error.to_string();
    let line: Vec<_> = said.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).collect();
    eprintln!("{}; see hookyard --help", one_line(&line.join(" ")));
    ExitCode::from(2)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Cli::try_parse_from(["hookyard", "bootstrap", "--team", "a"]).err().unwrap();
        let said = error.to_string();
        assert!(said.contains("--email") && said.contains("--password"), "{said}");
    }
}
