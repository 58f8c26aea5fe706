//! The browser for the tests.

use std::{env, fs, path::PathBuf, process::Command};

use crate::{Result, cargo::on_path, children::Children, say, setup};

/// `CHROMIUM`, else one on `PATH`, else Debian's package. `None` where the distribution has none (Ubuntu): then
/// Playwright has fetched its own and finds it by itself.
pub(crate) fn chromium(children: &Children) -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("CHROMIUM") {
        return Ok(Some(named.into()));
    }
    if let Some(found) = find() {
        return Ok(Some(found));
    }
    if is_packaged() || on_path("npx").is_none() {
        setup::install(children, &["chromium"])?;
        return find().map(Some).ok_or_else(|| "chromium is installed but not on PATH: set CHROMIUM to it".into());
    }
    say("installing Playwright's Chromium and the libraries that it needs (npx playwright install --with-deps)");
    let mut command = Command::new("npx");
    command.args(["playwright", "install", "--with-deps", "chromium"]).current_dir("end2end");
    children.run("Playwright's Chromium", &mut command)?;
    Ok(None)
}

/// Not one in a snap: its walls keep out the profile that Playwright makes.
fn find() -> Option<PathBuf> {
    ["chromium", "google-chrome", "google-chrome-stable"]
        .iter()
        .filter_map(|name| on_path(name))
        .find(|path| fs::canonicalize(path).is_ok_and(|real| !real.ends_with("snap")))
}

/// Whether the distribution has the browser itself, and not a stub that fetches a snap.
fn is_packaged() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|about| about.lines().any(|line| line == "ID=debian"))
}
