//! `cargo xtask …`: all that the repository does for itself, with no tool to install first.

mod build;
mod cargo;
mod children;
mod chromium;
mod css;
mod postgres;
mod serve;
mod server;
mod setup;
mod site;
mod tally;
mod test;
mod watch;

use std::{env, path::Path, process::ExitCode};

use children::Children;

/// Why a command could not be done, as a sentence for the person who gave it.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  serve [--release] [ARG…]   build, then run `hookyard serve ARG…` on http://127.0.0.1:8080 with data in ./data
  build [--release]          build the site and the server; with --release the one file target/release/hookyard
  watch [ARG…]               serve, and build and start again whatever an edit touches
  test [PART…] [-- ARG…]     run every check and test, or the parts named: lint, rust, browser;
                             with one part named, ARG… goes to its runner (cargo test or Playwright)";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    env::set_current_dir(root).map_err(|error| format!("cannot enter {}: {error}", root.display()))?;

    let Some((command, rest)) = args.split_first() else { return Err(USAGE.into()) };
    match command.as_str() {
        "serve" => serve::serve(Children::start()?, rest),
        "build" => build::build(&Children::start()?, rest),
        "watch" => watch::watch(&Children::start()?, rest),
        "test" => test::test(&Children::start()?, rest),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("there is no command `{command}`\n{USAGE}").into()),
    }
}

/// Tells what is going on, apart from what the tools themselves print.
fn say(line: &str) {
    eprintln!("[xtask] {line}");
}
