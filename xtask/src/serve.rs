//! `cargo xtask serve`: from a fresh clone to a running server.

use std::os::unix::process::CommandExt;

use crate::{Result, children::Children, server, site};

pub(crate) fn serve(children: Children, args: &[String]) -> Result {
    let release = args.iter().any(|arg| arg == "--release");
    let args: Vec<String> = args.iter().filter(|arg| *arg != "--release").cloned().collect();
    site::build(&children, release)?;
    server::build(&children, release)?;
    drop(children);
    // The server takes this process over, and so gets Ctrl-C and every other signal itself.
    let binary = server::binary(release)?;
    let error = server::for_development(&binary, &args).exec();
    Err(format!("cannot start {}: {error}", binary.display()).into())
}
