//! Why a run failed: what was thrown, in words and with its place.

use hookyard_model::{RunError, RunErrorCode};
use rquickjs::{CaughtError, Ctx, Error};

use super::{FILE, TIME, clock::Clock, console::written};

/// How many bytes of what was thrown are kept.
const MESSAGE: usize = 2048;

/// Why a run failed.
#[derive(Debug)]
pub(super) struct Fault(RunError);

impl Fault {
    pub(super) fn new(code: RunErrorCode, message: impl Into<String>) -> Self {
        Self(RunError { code, message: message.into(), line: None, column: None })
    }

    pub(super) fn timeout() -> Self {
        Self::new(RunErrorCode::Timeout, format!("the script did not end within {} ms", TIME.as_millis()))
    }

    /// A result that is no request.
    pub(super) fn result(message: impl Into<String>) -> Self {
        Self::new(RunErrorCode::BadResult, message)
    }

    /// It was the input that asked for too much, before the script ran.
    pub(super) fn of_input(self) -> Self {
        match self.0.code {
            RunErrorCode::OutOfMemory => Self::new(
                RunErrorCode::OutOfMemory,
                "the body is nested too deeply, or too large, for a script to be given it",
            ),
            _ => self,
        }
    }

    pub(super) fn into_error(self) -> RunError {
        self.0
    }
}

/// What went wrong when the engine says no more than that something did.
pub(super) fn fault(ctx: &Ctx<'_>, error: Error, clock: &Clock) -> Fault {
    let caught = CaughtError::from_error(ctx, error);
    if clock.was_over() {
        return Fault::timeout();
    }
    match caught {
        CaughtError::Error(Error::Allocation) => out_of_memory(),
        CaughtError::Error(error) => Fault::new(RunErrorCode::Internal, error.to_string()),
        CaughtError::Value(value) if value.is_null() || value.is_uncatchable_error() => out_of_memory(),
        CaughtError::Value(value) => Fault::new(RunErrorCode::Exception, format!("thrown: {}", written(value))),
        CaughtError::Exception(exception) => {
            let name: String = exception.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
            let message = exception.message().unwrap_or_default();
            let stack = exception.stack().unwrap_or_default();
            let code = match name.as_str() {
                "InternalError" if message == "out of memory" => return out_of_memory(),
                "InternalError" | "RangeError" if message.contains("stack") => {
                    let (line, column) = place(&stack);
                    let message = "the script calls itself too deeply".to_owned();
                    return Fault(RunError { code: RunErrorCode::OutOfMemory, message, line, column });
                }
                // Also what `eval` and `JSON.parse` throw as the script runs; then others stand above it in the trace.
                "SyntaxError" if stack.trim_start().starts_with(&format!("at {FILE}:")) => RunErrorCode::Syntax,
                _ => RunErrorCode::Exception,
            };
            let (line, column) = place(&stack);
            Fault(RunError { code, message: format!("{name}: {message}"), line, column })
        }
    }
}

fn out_of_memory() -> Fault {
    Fault::new(RunErrorCode::OutOfMemory, "the script needs more memory than there is for it")
}

/// A message cut to what is kept of it, after nothing is in it that is not to be shown.
pub(super) fn short(message: &str) -> String {
    let mut message = message.replace('\0', "\u{fffd}");
    if message.len() > MESSAGE {
        message.truncate(message.floor_char_boundary(MESSAGE));
        message.push('…');
    }
    message
}

/// The first place in the script that a trace names.
fn place(stack: &str) -> (Option<u32>, Option<u32>) {
    let Some((_, rest)) = stack.split_once(&format!("{FILE}:")) else { return (None, None) };
    let place: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ':').collect();
    let mut parts = place.split(':').map(|part| part.parse().ok());
    (parts.next().flatten(), parts.next().flatten())
}
