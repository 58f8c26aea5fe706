//! The `hookyard` command.

use std::{process::ExitCode, time::Duration};

/// Many threads allocate and free small things all the time; the system's allocator spends more time and memory on it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long what nobody waits for any more, such as a name that is still being looked up, may keep the process.
const GRACE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(hookyard::cli::run());
    runtime.shutdown_timeout(GRACE);
    code
}
