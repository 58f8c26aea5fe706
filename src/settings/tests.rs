use super::*;

fn settings(
    change: impl FnOnce(&mut DataSettings, &mut ServeSettings, &mut SecretSettings),
) -> Result<Settings, String> {
    let (mut data, mut serve, mut secrets) = Default::default();
    change(&mut data, &mut serve, &mut secrets);
    Settings::new(&data, &serve, &secrets).map_err(|bad| bad.to_string())
}

#[test]
fn nothing_needs_to_be_set() {
    let Settings { listen, public_url, engine } = settings(|_, _, _| {}).unwrap();
    assert_eq!((listen.as_str(), public_url), ("127.0.0.1:8080", None));
    assert_eq!(engine.database_url, "sqlite://./data/hookyard.db");
    assert_eq!((engine.retention_days, engine.roles, engine.mail.is_some()), (15, Roles::All, false));
    assert!(engine.egress_allow.is_empty() && engine.master_key.is_none());
}

#[test]
fn an_empty_value_is_none() {
    let settings = settings(|_, serve, secrets| {
        (serve.listen, serve.role, secrets.smtp_url) = (Some(" ".into()), Some(String::new()), Some(String::new()));
    });
    assert_eq!(settings.unwrap().listen, "127.0.0.1:8080");
}

#[test]
fn good_values_are_taken() {
    let key = STANDARD.encode([7; 32]);
    let Settings { listen, public_url, engine } = settings(|data, serve, secrets| {
        data.data_dir = Some("/srv/hooks".into());
        serve.listen = Some("[::]:0".into());
        serve.public_url = Some("https://hooks.example.com/".into());
        serve.egress_allow = Some("127.0.0.0/8, ::1/128".into());
        serve.mail_from = Some("Hooks <hooks@example.com>".into());
        serve.role = Some("worker".into());
        (secrets.master_key, secrets.smtp_url) = (Some(key), Some("smtps://user:pass@mail.example.com:465".into()));
    })
    .unwrap();
    assert_eq!((listen.as_str(), public_url.as_deref()), ("[::]:0", Some("https://hooks.example.com")));
    assert_eq!(engine.database_url, "sqlite:///srv/hooks/hookyard.db");
    assert_eq!((engine.egress_allow.len(), engine.master_key, engine.mail.is_some()), (2, Some([7; 32]), true));
    assert_eq!(engine.roles, Roles::Worker);
}

#[test]
fn a_bad_value_is_named_with_a_good_one_in_one_line() {
    type Change = fn(&mut DataSettings, &mut ServeSettings, &mut SecretSettings);
    let cases: [(&str, Change); 14] = [
        ("HOOKYARD_LISTEN (--listen): `8080` is not", |_, s, _| s.listen = Some("8080".into())),
        ("HOOKYARD_LISTEN (--listen): `a:99999` is not", |_, s, _| s.listen = Some("a:99999".into())),
        ("HOOKYARD_LISTEN (--listen): `a\\nb` is not", |_, s, _| s.listen = Some("a\nb".into())),
        ("HOOKYARD_DATABASE_URL (--database-url): a URL `mysql`", |d, _, _| {
            d.database_url = Some("mysql://u:hush@h".into());
        }),
        ("HOOKYARD_DATABASE_URL (--database-url): a URL `without", |d, _, _| d.database_url = Some("hush".into())),
        ("HOOKYARD_PUBLIC_URL (--public-url): `hooks.example.com`", |_, s, _| {
            s.public_url = Some("hooks.example.com".into());
        }),
        ("HOOKYARD_PUBLIC_URL (--public-url): `http://a/b`", |_, s, _| s.public_url = Some("http://a/b".into())),
        ("HOOKYARD_EGRESS_ALLOW (--egress-allow): `10.0.0.0/99`", |_, s, _| {
            s.egress_allow = Some("::1,10.0.0.0/99".into());
        }),
        ("HOOKYARD_RETENTION_DAYS (--retention-days): `0`", |_, s, _| s.retention_days = Some("0".into())),
        ("HOOKYARD_ROLE (--role): `boss` is not a role; give all, api or worker", |_, s, _| {
            s.role = Some("boss".into());
        }),
        ("HOOKYARD_MAIL_FROM (--mail-from): `me` is not", |_, s, _| s.mail_from = Some("me".into())),
        ("HOOKYARD_MAIL_FROM (--mail-from): is missing", |_, _, s| s.smtp_url = Some("smtp://mail:25".into())),
        ("HOOKYARD_SMTP_URL: the value (not shown", |_, _, s| s.smtp_url = Some("smtp://u:hush@mail".into())),
        ("HOOKYARD_MASTER_KEY: the value (not shown", |_, _, s| s.master_key = Some("aHVzaA==".into())),
    ];
    for (expected, change) in cases {
        let said = settings(change).unwrap_err();
        assert!(said.starts_with(expected), "{said}");
        assert!(said.contains("; give ") && !said.contains('\n') && !said.contains("hush"), "{said}");
    }
}
