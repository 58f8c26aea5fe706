//! The server that the drill is about: the same program, as a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use hookyard_engine::{Clock, Engine, OpenError};
use hookyard_model::{NewOwner, Secret, service::Accounts as _};
use ring::rand::SecureRandom as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};
use tokio_util::task::TaskTracker;

use crate::{
    cli::Failure,
    settings::{DataSettings, SecretSettings, config},
};

/// A running server with one team, and its folder, gone with it.
pub(super) struct Server {
    child: Child,
    #[expect(dead_code, reason = "it is held, not read")]
    folder: Folder,
    pub(super) url: String,
    /// The private key of the team's test mode.
    pub(super) key: Secret,
}

impl Server {
    /// Makes the team and starts the server; on an empty database, else on a new file.
    pub(super) async fn start(database_url: Option<String>, keep: bool, tasks: &TaskTracker) -> Result<Self, Failure> {
        let folder = Folder::new(keep)?;
        let data = DataSettings { database_url: database_url.clone(), data_dir: Some(folder.path.clone()) };
        let in_use = || Failure::Other("this database is in use: a drill needs an empty one".to_owned());
        let engine = match Engine::open(config(&data, &SecretSettings::default())?, Clock::system()).await {
            // Somebody else sealed something in it.
            Err(OpenError::MasterKey) => return Err(in_use()),
            opened => opened?,
        };
        if !engine.is_new().await? {
            return Err(in_use());
        }
        let owner = NewOwner {
            team: "Drill".to_owned(),
            email: "drill@example.com".to_owned(),
            password: Secret::new(chance()),
            catalogue: false,
        };
        let made = engine.bootstrap(owner).await?;
        drop(engine);
        let (child, url) = serve(database_url.as_deref(), &folder.path, tasks).await?;
        Ok(Self { child, folder, url, key: made.test.private })
    }

    /// The most memory that it had, in bytes, where the system tells.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    }

    /// Whether it still runs.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its folder goes next, so it has to be gone.
        let _ = self.child.start_kill();
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What nobody guesses, in hex.
fn chance() -> String {
    let mut bytes = [0; 16];
    // Without chance it is a poor password, of a server that lives as long as this.
    let _ = ring::rand::SystemRandom::new().fill(&mut bytes);
    hex::encode(bytes)
}

async fn serve(database_url: Option<&str>, folder: &Path, tasks: &TaskTracker) -> Result<(Child, String), Failure> {
    let cannot = |error: std::io::Error| Failure::Other(format!("cannot start the server: {error}"));
    let mut command = Command::new(std::env::current_exe().map_err(cannot)?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOOKYARD_") {
            command.env_remove(name);
        }
    }
    command.args(["serve", "--listen", "127.0.0.1:0", "--egress-allow", "127.0.0.0/8"]);
    command.arg("--data-dir").arg(folder).args(["--log", "info,tower_sessions_core=error"]);
    if let Some(url) = database_url {
        // It may hold a password: a flag is seen by whoever lists processes.
        command.env("HOOKYARD_DATABASE_URL", url);
    }
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn().map_err(cannot)?;
    let log = child.stderr.take().ok_or_else(|| Failure::Other("the server has no log".to_owned()))?;
    let mut lines = BufReader::new(log).lines();
    let mut said = String::new();
    let url = loop {
        match lines.next_line().await.map_err(cannot)? {
            Some(line) => match line.split_once("listening on ") {
                Some((_, url)) => break url.trim().to_owned(),
                None => said = line,
            },
            None => return Err(Failure::Other(format!("the server ended: {said}"))),
        }
    };
    tasks.spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("WARN") || line.contains("ERROR") {
                eprintln!("  server: {line}");
            }
        }
    });
    Ok((child, url))
}

/// A folder of its own, gone with it.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn new(keep: bool) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("hookyard-drill-{}", &chance()[..12]));
        std::fs::create_dir(&path)
            .map_err(|error| Failure::Other(format!("cannot make {}: {error}", path.display())))?;
        Ok(Self { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.keep {
            eprintln!("the server's data is in {}", self.path.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
