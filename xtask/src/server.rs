//! The server's binary: built, and run for a while.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    cargo::{self, cargo},
    children::{self, Children},
};

/// What a development server may deliver to although it is not public: this very machine.
pub(crate) const LOOPBACK: &str = "127.0.0.0/8,::1/128";

/// The longest a start may take, on a busy machine.
const START: Duration = Duration::from_mins(1);

pub(crate) fn build(children: &Children, release: bool) -> Result {
    let mut command = cargo("build");
    command.args(["--package=hookyard", "--bin=hookyard"]);
    if release {
        command.arg("--release");
    }
    children.run("the server", &mut command)
}

/// Where the binary is, absolute.
pub(crate) fn binary(release: bool) -> Result<PathBuf> {
    let file = cargo::target().join(if release { "release" } else { "debug" }).join("hookyard");
    Ok(std::path::absolute(file)?)
}

/// `hookyard serve` with what suits a developer, unless the environment or the arguments say otherwise.
pub(crate) fn for_development(binary: &Path, args: &[String]) -> Command {
    let mut command = Command::new(binary);
    command.arg("serve").args(args);
    if std::env::var_os("HOOKYARD_EGRESS_ALLOW").is_none() {
        command.env("HOOKYARD_EGRESS_ALLOW", LOOPBACK);
    }
    command
}

/// Takes away the settings of the developer's own shell, so that a test means the same everywhere.
pub(crate) fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOOKYARD_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A debug server on an empty database, which goes when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts it, and waits until it answers. Its log goes to `target/server.log`.
    pub(crate) fn start(children: &Children) -> Result<Self> {
        let port = free_port()?;
        let log = cargo::target().join("server.log");
        let output = File::create(&log)?;
        let mut command = Command::new(binary(false)?);
        without_settings(&mut command)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .arg("--data-dir")
            .arg(children.scratch().join("data"))
            .env("HOOKYARD_EGRESS_ALLOW", LOOPBACK)
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut server = Self { child: children.spawn(&mut command)?, url: format!("http://127.0.0.1:{port}") };

        let begun = Instant::now();
        while !is_healthy(port) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended at once ({status})\n{}", last_lines(&log)).into());
            }
            if begun.elapsed() > START {
                return Err(format!("the server did not answer in {START:?}\n{}", last_lines(&log)).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        children::stop(&mut self.child, "TERM");
    }
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

/// The end of a log, for the person who has to find out why.
pub(crate) fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
