//! What a command cannot use is named in one line, a setting with a value that would do.

use super::commands::{hookyard, text};
use crate::support::{Database, on_sqlite};

on_sqlite![
    help_is_given,
    what_bootstrap_cannot_use_is_named,
    a_bad_flag_is_named_in_one_line,
    a_bad_variable_is_named_in_one_line,
    a_wrong_master_key_opens_nothing,
];

/// Runs `hookyard serve` with a variable of the environment.
async fn serve_with(database: &Database, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hookyard"));
    command.env("HOOKYARD_DATABASE_URL", database.url()).env("HOOKYARD_DATA_DIR", database.data_dir());
    command.env("HOOKYARD_LISTEN", "127.0.0.1:0").args(["serve"]).envs(variables.iter().copied());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), command.kill_on_drop(true).output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{variables:?} is taken")).unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), text(&output.stderr))
}

async fn a_bad_flag_is_named_in_one_line(database: Database) {
    for (flag, variable, bad, good) in [
        ("--listen", "HOOKYARD_LISTEN", "8080", "127.0.0.1:8080"),
        ("--listen", "HOOKYARD_LISTEN", "127.0.0.1:99999", "127.0.0.1:8080"),
        ("--listen", "HOOKYARD_LISTEN", "192.0.2.1:0", "127.0.0.1:8080"),
        ("--public-url", "HOOKYARD_PUBLIC_URL", "hooks.example.com", "https://hooks.example.com"),
        ("--egress-allow", "HOOKYARD_EGRESS_ALLOW", "10.0.0.0/99", "127.0.0.0/8"),
        ("--retention-days", "HOOKYARD_RETENTION_DAYS", "0", "15"),
        ("--role", "HOOKYARD_ROLE", "boss", "worker"),
        ("--mail-from", "HOOKYARD_MAIL_FROM", "nobody", "hooks@example.com"),
        ("--log-format", "HOOKYARD_LOG_FORMAT", "xml", "json"),
        ("--log", "HOOKYARD_LOG", "a=b=c", "info"),
    ] {
        let output = hookyard(&database, &["serve", "--listen", "127.0.0.1:0", flag, bad]).await;
        let output = if flag == "--listen" { hookyard(&database, &["serve", flag, bad]).await } else { output };
        check((output.status.code(), text(&output.stderr)), variable, bad, good);
        // By the environment it is the same setting.
        check(serve_with(&database, &[(variable, bad)]).await, variable, bad, good);
    }
}

#[track_caller]
fn check((status, told): (Option<i32>, String), variable: &str, bad: &str, good: &str) {
    assert_eq!(status, Some(2), "{variable}={bad}: {told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    for part in [variable, bad, good] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
}

async fn a_bad_variable_is_named_in_one_line(database: Database) {
    // What may hold a secret is named and not repeated.
    for (variables, variable, good) in [
        (vec![("HOOKYARD_MASTER_KEY", "hush")], "HOOKYARD_MASTER_KEY", "base64 of 32 bytes"),
        (vec![("HOOKYARD_DATABASE_URL", "mysql://u:hush@h/d")], "HOOKYARD_DATABASE_URL", "postgres://"),
        (vec![("HOOKYARD_DATABASE_URL", "hush")], "HOOKYARD_DATABASE_URL", "sqlite://"),
        (
            vec![("HOOKYARD_SMTP_URL", "http://u:hush@mail"), ("HOOKYARD_MAIL_FROM", "a@example.com")],
            "HOOKYARD_SMTP_URL",
            "smtp://host:port",
        ),
        (vec![("HOOKYARD_SMTP_URL", "smtp://u:hush@mail:25")], "HOOKYARD_MAIL_FROM", "hooks@example.com"),
    ] {
        let (status, told) = serve_with(&database, &variables).await;
        check((status, told.clone()), variable, "", good);
        assert!(!told.contains("hush"), "{told}");
    }
    // A folder that cannot be made.
    let file = database.data_dir().join("file");
    std::fs::write(&file, "").unwrap();
    let (status, told) = serve_with(&database, &[("HOOKYARD_DATA_DIR", file.to_str().unwrap())]).await;
    assert_eq!((status, told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains(file.to_str().unwrap()) && told.contains("HOOKYARD_DATA_DIR"), "{told}");
    // A server that is not there.
    let (status, told) = serve_with(&database, &[("HOOKYARD_DATABASE_URL", "postgres://u:hush@127.0.0.1:1/d")]).await;
    assert_eq!((status, told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("HOOKYARD_DATABASE_URL") && !told.contains("hush"), "{told}");
}

async fn a_wrong_master_key_opens_nothing(database: Database) {
    let arguments = ["bootstrap", "--team", "a", "--email", "a@example.com", "--password", "correct horse"];
    assert!(hookyard(&database, &arguments).await.status.success());
    let file: Vec<_> = std::fs::read_dir(database.data_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let key_files = file.iter().filter(|path| {
        use std::os::unix::fs::PermissionsExt as _;
        !path.to_string_lossy().contains(".db") && path.metadata().unwrap().permissions().mode() & 0o777 == 0o600
    });
    assert_eq!(key_files.count(), 1, "the key file is its owner's alone: {file:?}");
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (status, told) = serve_with(&database, &[("HOOKYARD_MASTER_KEY", other)]).await;
    assert_eq!((status, told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("HOOKYARD_MASTER_KEY") && !told.contains(other), "{told}");
}

async fn what_bootstrap_cannot_use_is_named(database: Database) {
    let good = [("--team", "Ours"), ("--email", "a@example.com"), ("--password", "correct horse")];
    for (flag, value, status) in
        [("--team", " ", 1), ("--email", "nobody", 1), ("--password", "short", 1), ("--hair", "red", 2)]
    {
        let mut arguments = vec!["bootstrap"];
        for (known, usual) in good {
            arguments.extend([known, if known == flag { value } else { usual }]);
        }
        if flag == "--hair" {
            arguments.extend([flag, value]);
        }
        let output = hookyard(&database, &arguments).await;
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{told}");
        assert!(told.lines().count() == 1 && told.contains(flag), "{told}");
        assert!(output.stdout.is_empty() && !told.contains("correct horse"), "{told}");
    }
    let output = hookyard(&database, &["bootstrap", "--team", "Ours"]).await;
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("--email") && told.contains("--password"), "{told}");
}

async fn help_is_given(database: Database) {
    let commands = ["serve", "bootstrap", "verify"];
    let output = hookyard(&database, &["--help"]).await;
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    for command in commands {
        assert!(text(&output.stdout).contains(command));
        let output = hookyard(&database, &[command, "--help"]).await;
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        assert!(told.contains("--database-url") && told.contains("HOOKYARD_DATA_DIR"), "{told}");
    }
    let serve = text(&hookyard(&database, &["serve", "--help"]).await.stdout);
    for setting in [
        "HOOKYARD_LISTEN",
        "HOOKYARD_PUBLIC_URL",
        "HOOKYARD_EGRESS_ALLOW",
        "HOOKYARD_MASTER_KEY",
        "HOOKYARD_RETENTION_DAYS",
        "HOOKYARD_SMTP_URL",
        "HOOKYARD_MAIL_FROM",
        "HOOKYARD_ROLE",
        "HOOKYARD_LOG",
        "HOOKYARD_LOG_FORMAT",
    ] {
        assert!(serve.contains(setting), "{setting} is not in {serve}");
    }
    assert_eq!(hookyard(&database, &["--version"]).await.status.code(), Some(0));
    let output = hookyard(&database, &["fly"]).await;
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(2), 1));
}
