use super::*;

fn settings(
    change: impl FnOnce(&mut DataSettings, &mut ServeSettings, &mut SecretSettings),
) -> Result<Settings, String> {
    let (mut data, mut serve, mut secrets) = Default::default();
    change(&mut data, &mut serve, &mut secrets);
    Settings::new(&data, &serve, &secrets).map_err(|bad| bad.to_string())
}

fn some(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn nothing_needs_to_be_set() {
    let Settings { listen, public_url, engine } = settings(|_, _, _| {}).unwrap();
    assert_eq!((listen.as_str(), public_url), ("127.0.0.1:8080", None));
    assert_eq!(engine.database_url, "sqlite://./data/hookyard.db");
    assert_eq!((engine.retention_days, engine.roles, engine.mail), (15, Roles::All, false));
    assert!(engine.egress_allow.is_empty() && engine.master_key.is_none());
}

#[test]
fn an_empty_value_is_none() {
    let settings = settings(|_, serve, secrets| {
        (serve.listen, serve.role, secrets.smtp_url) = (some(" "), some(""), some(""));
    });
    assert_eq!(settings.unwrap().listen, "127.0.0.1:8080");
}

#[test]
fn good_values_are_taken() {
    let key = STANDARD.encode([7; 32]);
    let Settings { listen, public_url, engine } = settings(|data, serve, secrets| {
        data.data_dir = Some("/srv/hooks".into());
        serve.listen = some("[::]:0");
        serve.public_url = some("https://hooks.example.com/");
        serve.egress_allow = some("127.0.0.0/8, ::1/128");
        serve.mail_from = some("Hooks <hooks@example.com>");
        serve.role = some("worker");
        (secrets.master_key, secrets.smtp_url) = (Some(key), some("smtps://user:pass@mail.example.com:465"));
    })
    .unwrap();
    assert_eq!((listen.as_str(), public_url.as_deref()), ("[::]:0", Some("https://hooks.example.com")));
    assert_eq!(engine.database_url, "sqlite:///srv/hooks/hookyard.db");
    assert_eq!((engine.egress_allow.len(), engine.master_key, engine.mail), (2, Some([7; 32]), true));
    assert_eq!(engine.roles, Roles::Worker);
}

#[test]
fn a_bad_value_is_named_with_a_good_one_in_one_line() {
    type Change = fn(&mut DataSettings, &mut ServeSettings, &mut SecretSettings);
    let cases: [(&str, Change); 14] = [
        ("HOOKYARD_LISTEN (--listen): `8080` is not", |_, s, _| s.listen = some("8080")),
        ("HOOKYARD_LISTEN (--listen): `a:99999` is not", |_, s, _| s.listen = some("a:99999")),
        ("HOOKYARD_LISTEN (--listen): `a\\nb` is not", |_, s, _| s.listen = some("a\nb")),
        ("HOOKYARD_DATABASE_URL (--database-url): a URL `mysql`", |d, _, _| d.database_url = some("mysql://u:hush@h")),
        ("HOOKYARD_DATABASE_URL (--database-url): a URL `without", |d, _, _| d.database_url = some("hush")),
        ("HOOKYARD_PUBLIC_URL (--public-url): `hooks.example.com`", |_, s, _| s.public_url = some("hooks.example.com")),
        ("HOOKYARD_PUBLIC_URL (--public-url): `http://a/b`", |_, s, _| s.public_url = some("http://a/b")),
        ("HOOKYARD_EGRESS_ALLOW (--egress-allow): `10.0.0.0/99`", |_, s, _| s.egress_allow = some("::1,10.0.0.0/99")),
        ("HOOKYARD_RETENTION_DAYS (--retention-days): `0`", |_, s, _| s.retention_days = some("0")),
        ("HOOKYARD_ROLE (--role): `boss` is not a role; give all, api or worker", |_, s, _| s.role = some("boss")),
        ("HOOKYARD_MAIL_FROM (--mail-from): `me` is not", |_, s, _| s.mail_from = some("me")),
        ("HOOKYARD_MAIL_FROM (--mail-from): is missing", |_, _, s| s.smtp_url = some("smtp://mail:25")),
        ("HOOKYARD_SMTP_URL: the value (not shown", |_, _, s| s.smtp_url = some("smtp://u:hush@mail")),
        ("HOOKYARD_MASTER_KEY: the value (not shown", |_, _, s| s.master_key = some("aHVzaA==")),
    ];
    for (expected, change) in cases {
        let said = settings(change).unwrap_err();
        assert!(said.starts_with(expected), "{said}");
        assert!(said.contains("; give ") && !said.contains('\n') && !said.contains("hush"), "{said}");
    }
}
