//! The real binary, for what can only be done to a process.

use std::{process::Stdio, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{
    Database, Setup, Team,
    server::{MASTER_KEY, config, new_team},
    until,
};

/// A running `hookyard serve`, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts one and waits until it listens.
    pub(crate) async fn serve(database: &Database) -> Self {
        Self::start(serve(database)).await
    }

    /// Starts a command that serves and waits until it listens.
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        let ended = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = kept.lock();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let mut process = Self { child, url: String::new(), log };
        until("the process to listen", async || process.listening_on().is_some() || ended.is_finished()).await;
        process.url = process.listening_on().unwrap_or_else(|| panic!("it ended: {}", process.log()));
        process
    }

    fn listening_on(&self) -> Option<String> {
        let log = self.log.lock();
        let (_, after) = log.split_once("listening on ")?;
        Some(after.lines().next()?.trim().to_owned())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// What it wrote to its log.
    pub(crate) fn log(&self) -> String {
        self.log.lock().clone()
    }

    /// A team of its own, made past the process.
    pub(crate) async fn new_team(&self, database: &Database) -> Team {
        new_team(&config(database, &Setup::default(), self.url.clone()), &self.url).await
    }

    /// Sends a signal, such as `STOP`.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().await.unwrap().success());
    }

    /// SIGKILL, and gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; returns the exit code.
    pub(crate) async fn terminate(mut self) -> Option<i32> {
        self.signal("TERM").await;
        self.child.wait().await.unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the process at {}:\n{}", self.url, self.log());
        }
    }
}

/// `hookyard serve` on this database and a free port, allowed to deliver to loopback.
pub(crate) fn serve(database: &Database) -> Command {
    let mut command = hookyard(database);
    command.args(SERVE);
    command
}

/// The same, by a shell that lets the process go on when a file may not grow: writing fails then, as on a full disk.
pub(crate) fn serve_despite_full_files(database: &Database) -> Command {
    let mut command = on(database, Command::new("sh"));
    command.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#, BINARY]).args(SERVE);
    command
}

/// The `hookyard` command on this database, without its arguments.
pub(crate) fn hookyard(database: &Database) -> Command {
    on(database, Command::new(BINARY))
}

const BINARY: &str = env!("CARGO_BIN_EXE_hookyard");
const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--egress-allow", "127.0.0.0/8,::1/128"];

/// A command with the database's settings and no others.
fn on(database: &Database, mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOOKYARD_") {
            command.env_remove(name);
        }
    }
    command
        .env("HOOKYARD_DATABASE_URL", database.url())
        .env("HOOKYARD_DATA_DIR", database.data_dir())
        .env("HOOKYARD_MASTER_KEY", STANDARD.encode(MASTER_KEY));
    command
}

/// `hookyard verify`: whether everything adds up, and what it printed.
pub(crate) async fn verify(database: &Database) -> (bool, Value) {
    let output = hookyard(database).arg("verify").output().await.unwrap();
    let printed = serde_json::from_slice(&output.stdout);
    (output.status.success(), printed.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}
