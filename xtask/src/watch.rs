//! `cargo xtask watch`: serves, and after each edit builds and starts again what the edit touches.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    process::Child,
    thread,
    time::Duration,
};

use crate::{
    Result,
    children::{self, Children},
    say, server, site,
};

/// How often the folders are looked through: some hundred files, a millisecond or two.
const PAUSE: Duration = Duration::from_millis(300);

/// What the site's looks are made of. The development server reads these from the disk for each answer.
const LOOKS: [&str; 2] = ["style", "public"];
/// What runs in the browser, and in the server too.
const PAGES: [&str; 2] = ["app", "src/model"];
/// What the server is made of.
const SERVER: [&str; 4] = ["src", "migrations", "Cargo.toml", "Cargo.lock"];

pub(crate) fn watch(children: &Children, args: &[String]) -> Result {
    let mut running: Option<Child> = None;
    let mut seen = [None; 3];
    // What an edit touched and no build has brought in yet, since builds fail while somebody types.
    let mut stale = [false; 3];
    loop {
        let now = [LOOKS.as_slice(), &PAGES, &SERVER].map(|paths| Some(state(paths)));
        if now == seen {
            thread::sleep(PAUSE);
            continue;
        }
        for part in 0..3 {
            stale[part] |= now[part] != seen[part];
        }
        // Noted before building, so that an edit made meanwhile is built next.
        seen = now;

        match bring_in(children, stale) {
            Ok(false) => say("style and public files are up to date"),
            Ok(true) => {
                if let Some(mut old) = running.take() {
                    children::stop(&mut old, "TERM");
                }
                running = Some(children.spawn(&mut server::for_development(&server::binary(false)?, args))?);
            }
            Err(error) => {
                say(&format!("{error}; the next edit tries again"));
                continue;
            }
        }
        stale = [false; 3];
    }
}

/// Builds what is stale, and tells whether the server is to start again.
fn bring_in(children: &Children, [looks, pages, server]: [bool; 3]) -> Result<bool> {
    if pages {
        site::build(children, false)?;
    } else if looks {
        site::refresh()?;
    }
    if pages || server {
        server::build(children, false)?;
    }
    Ok(pages || server)
}

/// Differs when a file came, went or was written.
fn state(paths: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        add(Path::new(path), &mut hasher);
    }
    hasher.finish()
}

fn add(path: &Path, hasher: &mut DefaultHasher) {
    // A file that went between listing and looking counts as gone: the next round sees it so.
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_dir() {
        let mut entries: Vec<_> =
            fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            add(&entry, hasher);
        }
    } else {
        path.hash(hasher);
        about.modified().ok().hash(hasher);
    }
}
