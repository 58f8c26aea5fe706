//! `cargo xtask test`: every check and every test, or some.

use std::{env, path::PathBuf, process::Command};

use crate::{
    Result,
    cargo::{self, cargo, on_path},
    children::Children,
    chromium,
    postgres::Postgres,
    say,
    server::{self, Server, without_settings},
    setup, site,
    tally::Tally,
};

const PARTS: [&str; 3] = ["lint", "rust", "browser"];

pub(crate) fn test(children: &Children, args: &[String]) -> Result {
    let (parts, extra) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &args[args.len()..]),
    };
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(format!("there is no part `{unknown}`: the parts are {}", PARTS.join(", ")).into());
    }
    if !extra.is_empty() && !matches!(parts, [part] if part != "lint") {
        return Err("name one part, rust or browser, to pass arguments on to".into());
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|named| named == part);

    let mut tally = Tally::default();
    // What Rust's tests find does not keep the browser's from being run: who mends wants to know of both.
    let done = (|| {
        if wanted("lint") {
            lint(children)?;
        }
        let rust = if wanted("rust") { rust(children, extra, &mut tally) } else { Ok(()) };
        let browser = if wanted("browser") { browser(children, extra, &mut tally) } else { Ok(()) };
        match (rust, browser) {
            (Err(rust), Err(browser)) => Err(format!("{rust}; {browser}").into()),
            (rust, browser) => rust.and(browser),
        }
    })();
    if !tally.is_empty() {
        println!("{tally}");
    }
    done
}

fn lint(children: &Children) -> Result {
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    children.run("formatting", cargo("fmt").args(["--all", "--check"]))?;
    children.run("clippy", cargo("clippy").args(["--workspace", "--all-targets"]).args(STRICT))?;
    setup::wasm_target(children)?;
    let mut clippy = cargo("clippy");
    clippy.args(cargo::BROWSER).arg("--lib").arg("--target-dir").arg(cargo::front()).args(STRICT);
    children.run("clippy for the browser", &mut clippy)?;
    let mut doc = cargo("doc");
    doc.args(["--workspace", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "--cfg erase_components -D warnings");
    children.run("documentation", &mut doc)?;
    deny(children)
}

/// Licences, banned crates and where crates come from; known holes too where their list has been fetched before.
fn deny(children: &Children) -> Result {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let is_here = |file: &str| cargo_home.as_ref().is_some_and(|home| home.join(file).exists());
    if on_path("cargo-deny").is_none() && !is_here("bin/cargo-deny") {
        say("cargo deny: skipped, it is not installed (cargo install --locked cargo-deny)");
        return Ok(());
    }
    let mut command = cargo("deny");
    command.args(["--offline", "check", "licenses", "bans", "sources"]);
    if is_here("advisory-dbs") {
        command.arg("advisories");
    }
    children.run("cargo deny", &mut command)
}

fn rust(children: &Children, extra: &[String], tally: &mut Tally) -> Result {
    setup::npm_packages(children)?;
    let python = setup::python(children)?;
    site::build(children, false)?;
    let postgres = Postgres::start(children)?;
    let mut command = cargo("test");
    // Apart from xtask, whose dependencies would ask for other features of shared crates, and so for a second build.
    without_settings(&mut command)
        .args(["--workspace", "--exclude=xtask", "--no-fail-fast"])
        .args(extra)
        .env("RUST_TEST_THREADS", threads().to_string())
        .env("TEST_POSTGRES_URL", &postgres.url)
        .env("TEST_PYTHON", python)
        .env("TEST_NODE_MODULES", std::path::absolute("end2end/node_modules")?);
    children.run_heeding("Rust tests", &mut command, |line| tally.heed(line))?;
    drop(postgres);
    if extra.is_empty() {
        children.run_heeding("xtask's tests", cargo("test").arg("--package=xtask"), |line| tally.heed(line))?;
    }
    Ok(())
}

/// How many tests run at once: most of them wait most of the time, for a database, an answer or a retry.
fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn browser(children: &Children, extra: &[String], tally: &mut Tally) -> Result {
    setup::npm_packages(children)?;
    let chromium = chromium::chromium(children)?;
    site::build(children, false)?;
    server::build(children, false)?;
    let server = Server::start(children)?;
    let mut command = Command::new(std::path::absolute("end2end/node_modules/.bin/playwright")?);
    without_settings(&mut command)
        .arg("test")
        .args(extra)
        .current_dir("end2end")
        .env("BASE_URL", &server.url)
        .env("HOOKYARD_BIN", server::binary(false)?);
    if let Some(chromium) = chromium {
        command.env("CHROMIUM", chromium);
    }
    children.run_heeding("browser tests", &mut command, |line| tally.heed(line))
}
