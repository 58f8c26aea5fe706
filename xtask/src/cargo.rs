//! Cargo, called from a program that cargo itself has started.

use std::{env, path::PathBuf, process::Command};

/// The arguments that pick the half of the dashboard that runs in the browser: the same for every command, so that one
/// build serves them all.
pub(crate) const BROWSER: [&str; 4] =
    ["--package=hookyard-app", "--target=wasm32-unknown-unknown", "--no-default-features", "--features=hydrate"];

/// Cargo without what `cargo run` has set for xtask: build scripts would take that for a change, and build again.
pub(crate) fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text == "CARGO" || text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.arg(subcommand);
    command
}

/// Where builds for this machine go.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// Where builds for the browser go: a folder of their own, so that the two do not wait for each other's lock.
pub(crate) fn front() -> PathBuf {
    target().join("front")
}

/// The first program of that name on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}
