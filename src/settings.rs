//! Every setting: its variable, its flag, its default. What is wrong with one is said in one line that names it.

use std::{fmt, path::PathBuf};

use axum::http::Uri;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hookyard_engine::{BadMail, Cidr, Config, Mail, OpenError, Roles};

/// How large a body a source takes, in bytes.
const BODY_LIMIT: usize = 10 << 20;
/// How many bytes of bodies may be on their way in at once.
const BODIES_MEMORY: usize = 512 << 20;

/// A setting by its names, with a value that would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    variable: &'static str,
    flag: Option<&'static str>,
    good: &'static str,
}

const LISTEN: Setting = Setting {
    variable: "HOOKYARD_LISTEN",
    flag: Some("--listen"),
    good: "an address and a port such as 127.0.0.1:8080",
};
const DATABASE_URL: Setting = Setting {
    variable: "HOOKYARD_DATABASE_URL",
    flag: Some("--database-url"),
    good: "sqlite://./data/hookyard.db or postgres://user:password@host/database",
};
const DATA_DIR: Setting = Setting {
    variable: "HOOKYARD_DATA_DIR",
    flag: Some("--data-dir"),
    good: "a folder that may be written to, such as ./data",
};
const PUBLIC_URL: Setting = Setting {
    variable: "HOOKYARD_PUBLIC_URL",
    flag: Some("--public-url"),
    good: "a URL without a path such as https://hooks.example.com",
};
const EGRESS_ALLOW: Setting = Setting {
    variable: "HOOKYARD_EGRESS_ALLOW",
    flag: Some("--egress-allow"),
    good: "address ranges such as 127.0.0.0/8,::1/128",
};
const MASTER_KEY: Setting = Setting {
    variable: "HOOKYARD_MASTER_KEY",
    flag: None,
    good: "the base64 of 32 bytes, such as `openssl rand -base64 32` makes",
};
const RETENTION_DAYS: Setting =
    Setting { variable: "HOOKYARD_RETENTION_DAYS", flag: Some("--retention-days"), good: "1 to 3650, such as 15" };
const SMTP_URL: Setting =
    Setting { variable: "HOOKYARD_SMTP_URL", flag: None, good: "smtp://host:port or smtps://user:password@host:port" };
const MAIL_FROM: Setting =
    Setting { variable: "HOOKYARD_MAIL_FROM", flag: Some("--mail-from"), good: "an address such as hooks@example.com" };
const ROLE: Setting = Setting { variable: "HOOKYARD_ROLE", flag: Some("--role"), good: "all, api or worker" };
pub(crate) const LOG_NAMES: (&str, &str) = ("HOOKYARD_LOG", "HOOKYARD_LOG_FORMAT");
const LOG: Setting =
    Setting { variable: LOG_NAMES.0, flag: Some("--log"), good: "a filter such as info or hookyard=debug,warn" };
const LOG_FORMAT: Setting = Setting { variable: LOG_NAMES.1, flag: Some("--log-format"), good: "text or json" };

/// A setting that cannot be used: which, why, and what would do, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    setting: Setting,
    problem: String,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting { variable, flag, good } = self.setting;
        out.write_str(variable)?;
        if let Some(flag) = flag {
            write!(out, " ({flag})")?;
        }
        write!(out, ": {}; give {good}", self.problem)
    }
}

impl std::error::Error for BadSetting {}

impl Setting {
    fn bad(self, problem: impl Into<String>) -> BadSetting {
        BadSetting { setting: self, problem: problem.into() }
    }

    /// One whose value may be shown.
    fn not(self, value: &str, what: &str) -> BadSetting {
        let value: String = value.chars().take(100).flat_map(char::escape_debug).collect();
        self.bad(format!("`{value}` is not {what}"))
    }

    /// One whose value is a secret.
    fn secretly_not(self, what: &str) -> BadSetting {
        self.bad(format!("the value (not shown, it may hold a secret) is not {what}"))
    }
}

/// How it logs.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Logging")]
pub struct LogSettings {
    /// What is logged: a tracing filter [default: info; warn for all but serve]
    #[arg(long, env = LOG_NAMES.0, value_name = "FILTER")]
    pub log: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, env = LOG_NAMES.1, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// Where the data is.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(
    next_help_heading = "Data (and HOOKYARD_MASTER_KEY: base64 of 32 bytes; default: a key file in the data dir)"
)]
pub struct DataSettings {
    /// `sqlite://FILE`, or `postgres://…` for several nodes [default: hookyard.db in the data dir]
    #[arg(long, env = DATABASE_URL.variable, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where the database and the key file are [default: ./data]
    #[arg(long, env = DATA_DIR.variable, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
}

/// How the server serves.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Serving (and HOOKYARD_SMTP_URL: smtp://host:port or smtps://user:password@host:port)")]
pub struct ServeSettings {
    /// Address and port; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, env = LISTEN.variable, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// What browsers and providers reach it by [default: from the listen address]
    #[arg(long, env = PUBLIC_URL.variable, value_name = "URL")]
    pub public_url: Option<String>,
    /// Address ranges, separated by commas, that deliveries may reach although they are not public [default: none]
    #[arg(long, env = EGRESS_ALLOW.variable, value_name = "CIDRS")]
    pub egress_allow: Option<String>,
    /// For how many days requests, events and attempts are kept [default: 15]
    #[arg(long, env = RETENTION_DAYS.variable, value_name = "DAYS")]
    pub retention_days: Option<String>,
    /// Who mail comes from
    #[arg(long, env = MAIL_FROM.variable, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// What this process does: all, api (sends nothing) or worker (takes nothing in) [default: all]
    #[arg(long, env = ROLE.variable, value_name = "ROLE")]
    pub role: Option<String>,
}

/// Secrets, which have no flag: a flag is seen by whoever lists processes.
#[derive(Clone, Default)]
pub struct SecretSettings {
    pub master_key: Option<String>,
    pub smtp_url: Option<String>,
}

impl SecretSettings {
    pub fn from_env() -> Self {
        let read = |setting: Setting| std::env::var(setting.variable).ok();
        Self { master_key: read(MASTER_KEY), smtp_url: read(SMTP_URL) }
    }
}

/// What the server is to do, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Host and port.
    pub listen: String,
    /// Without a slash at the end; none: from the address that is bound.
    pub public_url: Option<String>,
    /// The rest; its `public_url` is empty until the listener is bound.
    pub engine: Config,
}

impl Settings {
    /// What `hookyard serve` needs.
    pub fn new(data: &DataSettings, serve: &ServeSettings, secrets: &SecretSettings) -> Result<Self, BadSetting> {
        let listen = given(serve.listen.as_deref()).unwrap_or("127.0.0.1:8080");
        check_listen(listen)?;
        let public_url = given(serve.public_url.as_deref()).map(public_url).transpose()?;
        let mail = mail(given(secrets.smtp_url.as_deref()), given(serve.mail_from.as_deref()))?;
        let engine = Config {
            egress_allow: egress_allow(given(serve.egress_allow.as_deref()).unwrap_or_default())?,
            retention_days: given(serve.retention_days.as_deref()).map_or(Ok(15), retention_days)?,
            roles: given(serve.role.as_deref()).map_or(Ok(Roles::All), role)?,
            mail,
            ..config(data, secrets)?
        };
        Ok(Self { listen: listen.to_owned(), public_url, engine })
    }
}

/// What commands need that only use the data.
pub(crate) fn config(data: &DataSettings, secrets: &SecretSettings) -> Result<Config, BadSetting> {
    let data_dir = data.data_dir.clone().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| "./data".into());
    let database_url = match given(data.database_url.as_deref()) {
        Some(url) => database_url(url)?.to_owned(),
        None => format!("sqlite://{}", data_dir.join("hookyard.db").display()),
    };
    Ok(Config {
        database_url,
        data_dir,
        public_url: String::new(),
        egress_allow: Vec::new(),
        master_key: given(secrets.master_key.as_deref()).map(master_key).transpose()?,
        retention_days: 15,
        roles: Roles::Api,
        mail: None,
        body_limit: BODY_LIMIT,
        bodies_memory: BODIES_MEMORY,
    })
}

/// An empty value is as good as none: a compose file cannot leave a variable out.
fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

fn check_listen(value: &str) -> Result<(), BadSetting> {
    match value.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(()),
        _ => Err(LISTEN.not(value, "an address and a port")),
    }
}

/// Why the listen address cannot be used after all.
pub(crate) fn cannot_listen(value: &str, error: &std::io::Error) -> BadSetting {
    LISTEN.bad(format!("cannot listen on `{value}`: {error}"))
}

/// The setting to blame when the engine does not open, where the error does not name it.
pub(crate) fn cannot_open(error: &OpenError) -> Option<BadSetting> {
    let setting = match error {
        OpenError::DataDir { .. } => DATA_DIR,
        OpenError::Database(_) => DATABASE_URL,
        OpenError::Setting { .. } | OpenError::MasterKey => return None,
    };
    Some(setting.bad(error.to_string()))
}

fn database_url(value: &str) -> Result<&str, BadSetting> {
    let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| value.starts_with(scheme));
    // The value may hold a password; what stands before the colon does not.
    let scheme = value.split_once(':').map_or("without a scheme", |(scheme, _)| scheme);
    if known { Ok(value) } else { Err(DATABASE_URL.bad(format!("a URL `{scheme}` is of no database we know"))) }
}

fn public_url(value: &str) -> Result<String, BadSetting> {
    let is_root = |uri: &Uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.path_and_query().is_none_or(|path| path.as_str() == "/")
    };
    match value.parse::<Uri>() {
        Ok(uri) if is_root(&uri) => Ok(value.trim_end_matches('/').to_owned()),
        _ => Err(PUBLIC_URL.not(value, "an http or https URL without a path")),
    }
}

fn egress_allow(value: &str) -> Result<Vec<Cidr>, BadSetting> {
    let ranges = value.split(',').map(str::trim).filter(|range| !range.is_empty());
    ranges.map(|range| range.parse().map_err(|_| EGRESS_ALLOW.not(range, "an address range"))).collect()
}

fn master_key(value: &str) -> Result<[u8; 32], BadSetting> {
    let bytes = STANDARD.decode(value).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| MASTER_KEY.secretly_not("the base64 of 32 bytes"))
}

fn retention_days(value: &str) -> Result<u32, BadSetting> {
    let days = value.parse().ok().filter(|days| (1..=3650).contains(days));
    days.ok_or_else(|| RETENTION_DAYS.not(value, "a number of days"))
}

fn role(value: &str) -> Result<Roles, BadSetting> {
    value.parse().map_err(|_| ROLE.not(value, "a role"))
}

/// Where mail is handed in, if it is.
fn mail(smtp_url: Option<&str>, from: Option<&str>) -> Result<Option<Mail>, BadSetting> {
    let bad_from = |from: &str| MAIL_FROM.not(from, "an e-mail address");
    let Some(url) = smtp_url else {
        // What is not used yet may still be wrong.
        let wrong = from.filter(|from| Mail::new("smtp://localhost:25", from).is_err());
        return wrong.map_or(Ok(None), |from| Err(bad_from(from)));
    };
    let Some(from) = from else {
        Mail::new(url, "hookyard@example.com").map_err(|_| bad_smtp_url())?;
        return Err(MAIL_FROM.bad(format!("is missing although {} is set", SMTP_URL.variable)));
    };
    match Mail::new(url, from) {
        Ok(mail) => Ok(Some(mail)),
        Err(BadMail::From) => Err(bad_from(from)),
        Err(BadMail::Url) => Err(bad_smtp_url()),
    }
}

fn bad_smtp_url() -> BadSetting {
    SMTP_URL.secretly_not("an SMTP URL with a host and a port")
}

pub(crate) fn bad_log(value: &str) -> BadSetting {
    LOG.not(value, "a log filter")
}

pub(crate) fn bad_log_format(value: &str) -> BadSetting {
    LOG_FORMAT.not(value, "a log format")
}

#[cfg(test)]
mod tests;
