//! What the commands need and a fresh system lacks. Each part says what it installs before it does, and does nothing
//! when it is there.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    Result,
    cargo::{self, on_path},
    children::Children,
    say, site,
};

/// The official Standard Webhooks library in Python, which the tests check our signatures with.
const STANDARD_WEBHOOKS: &str = "standardwebhooks==1.1.0";

/// Rust's library for the browser. Without it the first build stops at "can't find crate for `core`".
pub(crate) fn wasm_target(children: &Children) -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if Path::new(String::from_utf8_lossy(&rustc.stdout).trim()).is_dir() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        return Err(
            format!("Rust's target {TARGET} is missing, and so is rustup to add it: see https://rustup.rs").into()
        );
    }
    say(&format!("installing Rust's target {TARGET} (rustup target add)"));
    children.run("the WebAssembly target", Command::new("rustup").args(["target", "add", TARGET]))
}

/// The npm packages that `end2end/package-lock.json` names.
pub(crate) fn npm_packages(children: &Children) -> Result {
    let folder = Path::new("end2end");
    // Inside the folder that it speaks of, so that the two go together.
    let stamp = folder.join("node_modules/.hookyard-stamp");
    let now = format!("{:016x}", site::hash(&fs::read(folder.join("package-lock.json"))?));
    if fs::read_to_string(&stamp).is_ok_and(|before| before == now) {
        return Ok(());
    }
    if on_path("npm").is_none() {
        return Err("the tests need Node.js 20 or later and its npm, for example: apt-get install nodejs npm".into());
    }
    say("installing Playwright, axe, standardwebhooks and a PostgreSQL into end2end/node_modules (npm ci)");
    let mut command = Command::new("npm");
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        // The browser is the system's: see chromium.rs.
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    children.run("npm packages", &mut command)?;
    Ok(fs::write(stamp, now)?)
}

/// A Python with the Standard Webhooks library, in `target/python`; the absolute path of its interpreter.
pub(crate) fn python(children: &Children) -> Result<PathBuf> {
    let folder = std::path::absolute(cargo::target().join("python"))?;
    let python = folder.join("bin/python");
    let stamp = folder.join("hookyard-stamp");
    // The interpreter is a link, and the system's Python may have moved on since.
    if fs::read_to_string(&stamp).is_ok_and(|before| before == STANDARD_WEBHOOKS) && python.exists() {
        return Ok(python);
    }
    let has_venv = Command::new("python3")
        .args(["-c", "import venv; from ensurepip import version"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_venv {
        install(children, &["python3", "python3-venv"])?;
    }
    say(&format!("installing {STANDARD_WEBHOOKS} into {} (python3 -m venv, pip install)", folder.display()));
    children.run("Python environment", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", STANDARD_WEBHOOKS]);
    children.run("Python packages", &mut pip)?;
    fs::write(stamp, STANDARD_WEBHOOKS)?;
    Ok(python)
}

/// Installs Debian or Ubuntu packages: as root, or by `sudo` where that asks for no password.
pub(crate) fn install(children: &Children, packages: &[&str]) -> Result {
    let names = packages.join(" ");
    if on_path("apt-get").is_none() {
        return Err(format!("{names} is missing, and there is no apt-get here to install it with").into());
    }
    let root = is_root();
    if !root && !Command::new("sudo").args(["-n", "true"]).status().is_ok_and(|status| status.success()) {
        return Err(format!("{names} is missing; please run: sudo apt-get install {names}").into());
    }
    let apt_get = || {
        let mut command = Command::new(if root { "apt-get" } else { "sudo" });
        if !root {
            command.args(["-n", "apt-get"]);
        }
        command.args(["-qq", "-o", "DPkg::Lock::Timeout=120"]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    say(&format!("installing {names} (apt-get update, apt-get install)"));
    children.run("apt-get update", apt_get().arg("update").stdout(Stdio::null()))?;
    let mut command = apt_get();
    command.args(["install", "--yes", "--no-install-recommends"]).args(packages).stdout(Stdio::null());
    children.run(&format!("apt-get install {names}"), &mut command)
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}
