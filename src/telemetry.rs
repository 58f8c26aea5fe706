//! The log: to standard error, as text or as JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::settings::{BadSetting, LogSettings, bad_log, bad_log_format};

/// Starts logging; `default` is what is logged when nothing else is wanted.
pub(crate) fn start(settings: &LogSettings, default: &str) -> Result<(), BadSetting> {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
    let wanted = given(&settings.log).unwrap_or_else(|| default.to_owned());
    let filter = EnvFilter::try_new(&wanted).map_err(|_| bad_log(&wanted))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that was started before, by a test, stays.
    match given(&settings.log_format).as_deref() {
        None | Some("text") => drop(log.with_ansi(std::io::stderr().is_terminal()).try_init()),
        Some("json") => drop(log.json().flatten_event(true).try_init()),
        Some(other) => return Err(bad_log_format(other)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_or_format_is_named() {
        for (log, log_format, expected) in [
            (Some("hookyard=loud"), None, "HOOKYARD_LOG (--log): `hookyard=loud` is not a log filter"),
            (None, Some("xml"), "HOOKYARD_LOG_FORMAT (--log-format): `xml` is not a log format; give text or json"),
        ] {
            let settings = LogSettings { log: log.map(str::to_owned), log_format: log_format.map(str::to_owned) };
            let said = start(&settings, "off").unwrap_err().to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
