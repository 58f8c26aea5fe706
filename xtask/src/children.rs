//! Everything that xtask starts, as one process group that ends with it.
//!
//! However xtask ends, SIGKILL included, nothing that it started may stay. A shell, the keeper, leads a process group
//! that every child joins, and reads from a pipe whose other end only xtask holds. When xtask is gone the kernel closes
//! the pipe, the read ends, and the keeper ends the group and itself. Grandchildren (rustc, test programs, npm's shell)
//! inherit the group. Two kinds leave it, and end by themselves when their parent does: `PostgreSQL`'s backends, which
//! watch the postmaster, and Playwright's browsers, which watch their pipe.

use std::{
    fs,
    io::{self, BufRead, BufReader, ErrorKind, Write},
    os::unix::{
        fs::PermissionsExt,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use crate::{Result, say};

/// A line means that xtask has ended in order; the end of the pipe alone, that it was killed: then a second is given to
/// whoever wants to clear up. `$0` is the scratch folder.
const KEEPER: &str = r#"read -r _ || { trap "" TERM; kill -TERM 0; sleep 1; }; rm -rf -- "$0"; kill -KILL 0"#;

/// How long a child may take to stop when asked to: the server promises ten seconds.
const PATIENCE: Duration = Duration::from_secs(12);

/// The group of all processes that xtask has started. Dropping it ends whoever is left.
pub(crate) struct Children {
    keeper: Child,
    scratch: PathBuf,
}

impl Children {
    pub(crate) fn start() -> Result<Self> {
        let scratch = scratch()?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .arg(&scratch)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start `sh`: {error}"))?;
        Ok(Self { keeper, scratch })
    }

    /// A folder outside the repository that any user may enter and that goes when xtask ends.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Starts `command` in the group, without an input: nothing that xtask runs may ask a question.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        let group = i32::try_from(self.keeper.id())?;
        command
            .stdin(Stdio::null())
            .process_group(group)
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", command.get_program().display()).into())
    }

    /// Runs `command` to its end, and tells how long it took.
    pub(crate) fn run(&self, what: &str, command: &mut Command) -> Result {
        let begun = Instant::now();
        let status = self.spawn(command)?.wait()?;
        judge(what, begun, status)
    }

    /// As [`Children::run`], and shows each line of its output to `heed` as it is printed.
    pub(crate) fn run_heeding(&self, what: &str, command: &mut Command, mut heed: impl FnMut(&str)) -> Result {
        let begun = Instant::now();
        let mut child = self.spawn(command.stdout(Stdio::piped()))?;
        let output = child.stdout.take().ok_or("no pipe to read from")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(output).split(b'\n').map_while(io::Result::ok).try_for_each(|line| sender.send(line))
        });
        loop {
            match lines.recv_timeout(Duration::from_millis(500)) {
                Ok(line) => {
                    let line = String::from_utf8_lossy(&line);
                    println!("{line}");
                    heed(&line);
                }
                // The end of the child, and not of its output: what a failed test left running may hold on to that.
                Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_none() => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        judge(what, begun, child.wait()?)
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.keeper.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.keeper.wait();
    }
}

/// Asks `child` to stop, as Ctrl-C or an operator would, and makes it stop when it takes too long.
pub(crate) fn stop(child: &mut Child, signal: &str) {
    // The shell's own `kill`: the program of that name is not on every small system.
    let asked = Command::new("sh").args(["-c", r#"kill -s "$0" "$1""#, signal]).arg(child.id().to_string()).status();
    let begun = Instant::now();
    while asked.as_ref().is_ok_and(ExitStatus::success) && begun.elapsed() < PATIENCE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn judge(what: &str, begun: Instant, status: ExitStatus) -> Result {
    let seconds = begun.elapsed().as_secs_f32();
    if status.success() {
        say(&format!("{what}: {seconds:.1} s"));
        return Ok(());
    }
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => status.to_string(),
    };
    Err(format!("{what} failed after {seconds:.1} s ({how})").into())
}

/// Makes a folder of a name that nobody else has taken in a place where everybody may write.
fn scratch() -> Result<PathBuf> {
    for number in 0.. {
        let folder = std::env::temp_dir().join(format!("hookyard-xtask-{}-{number}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => {
                fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
                return Ok(folder);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("cannot make {}: {error}", folder.display()).into()),
        }
    }
    unreachable!("the numbers do not run out")
}
