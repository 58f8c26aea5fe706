//! `cargo xtask build`: the site and the server that holds it.

use crate::{Result, children::Children, server, site};

pub(crate) fn build(children: &Children, args: &[String]) -> Result {
    let release = match args {
        [] => false,
        [flag] if flag == "--release" => true,
        _ => return Err("usage: cargo xtask build [--release]".into()),
    };
    #[cfg(not(feature = "compress"))]
    if release {
        return with_compression(children);
    }
    site::build(children, release)?;
    server::build(children, release)?;
    let binary = server::binary(release)?;
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = std::fs::metadata(&binary)?.len() as f64 / 1e6;
    crate::say(&format!("made {} ({megabytes:.1} MB)", binary.display()));
    Ok(())
}

/// Lets an xtask that has the compressors do it: a development build has no use for them, and should not wait for them to
/// be compiled. Unoptimised, brotli would be too slow.
#[cfg(not(feature = "compress"))]
fn with_compression(children: &Children) -> Result {
    let mut command = crate::cargo::cargo("run");
    command.args(["--quiet", "--package=xtask", "--features=compress"]).args([
        "--config=profile.dev.package.brotli.opt-level=3",
        "--",
        "build",
        "--release",
    ]);
    children.run("the release", &mut command)
}
