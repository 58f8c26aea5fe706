//! The site: what the browser loads, gathered in `target/site`, from where the server embeds or reads it.

#[cfg(feature = "compress")]
mod compress;

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::Instant,
};

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    Result,
    cargo::{self, cargo},
    children::Children,
    css, say, setup,
};

/// The same path as in the server's embedding, wherever cargo's target folder may be.
const SITE: &str = "target/site";

/// Builds the site. For a release it comes compressed beside the plain files, and takes some minutes the first time.
pub(crate) fn build(children: &Children, release: bool) -> Result {
    setup::wasm_target(children)?;
    let mut command = cargo("build");
    command.args(cargo::BROWSER).arg("--lib").arg("--target-dir").arg(cargo::front());
    if release {
        command.arg("--profile=wasm-release");
    }
    children.run("the dashboard for the browser", &mut command)?;
    let package = bind(release)?;
    gather(&package, release)
}

/// Brings style and public files up to date, for an edit that touched nothing else.
pub(crate) fn refresh() -> Result {
    gather(&package_folder(false), false)
}

/// Writes the JavaScript that loads the WebAssembly, unless it was written for the very same WebAssembly before.
fn bind(release: bool) -> Result<PathBuf> {
    let profile = if release { "wasm-release" } else { "debug" };
    let input = cargo::front().join("wasm32-unknown-unknown").join(profile).join("hookyard_app.wasm");
    let code = fs::read(&input).map_err(|error| format!("cannot read {}: {error}", input.display()))?;
    let now = format!("{:016x}", hash(&code));
    let package = package_folder(release);
    let stamp = package.with_extension("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|before| before == now) && package.is_dir() {
        return Ok(package);
    }

    let begun = Instant::now();
    if package.is_dir() {
        fs::remove_dir_all(&package)?;
    }
    Bindgen::new()
        .input_path(&input)
        .out_name("hookyard")
        .web(true)?
        .typescript(false)
        .debug(!release)
        .keep_debug(false)
        // Half of what a debug build weighs, and a panic says where it was without them.
        .remove_name_section(true)
        .remove_producers_section(release)
        .generate(&package)?;
    // The name that Leptos asks for when LEPTOS_OUTPUT_NAME is set.
    fs::rename(package.join("hookyard_bg.wasm"), package.join("hookyard.wasm"))?;
    fs::write(&stamp, now)?;
    say(&format!("wasm-bindgen: {:.1} s", begun.elapsed().as_secs_f32()));
    Ok(package)
}

fn package_folder(release: bool) -> PathBuf {
    cargo::front().join(if release { "pkg-release" } else { "pkg-debug" })
}

/// Makes the site hold exactly what belongs to it; what is the same already keeps its time, so that nothing is built
/// again for it.
fn gather(package: &Path, release: bool) -> Result {
    let site = Path::new(SITE);
    let sheet = css::bundle(Path::new("style/main.css"))?;
    let sheet = if release { css::tighten(&sheet) } else { sheet };

    let mut files = BTreeSet::new();
    put(&site.join("pkg/hookyard.css"), sheet.as_bytes(), &mut files)?;
    copy(package, &site.join("pkg"), &mut files)?;
    copy(Path::new("public"), site, &mut files)?;
    #[cfg(feature = "compress")]
    if release {
        compress::beside(&mut files)?;
    }
    sweep(site, &files)
}

fn copy(from: &Path, to: &Path, files: &mut BTreeSet<PathBuf>) -> Result {
    for entry in fs::read_dir(from).map_err(|error| format!("cannot read {}: {error}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to, files)?;
        } else {
            put(&to, &fs::read(&from)?, files)?;
        }
    }
    Ok(())
}

fn put(file: &Path, content: &[u8], files: &mut BTreeSet<PathBuf>) -> Result {
    if fs::read(file).ok().as_deref() != Some(content) {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, content).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    files.insert(file.to_owned());
    Ok(())
}

/// Removes what an earlier build left: a deleted picture, or the compressed files of a release.
fn sweep(folder: &Path, files: &BTreeSet<PathBuf>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sweep(&path, files)?;
        } else if !files.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Tells contents apart; the same from run to run.
pub(crate) fn hash(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}
