//! Programs that check a webhook's deliveries, for whoever receives them to copy.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{Secret, SigningScheme};

/// What a receiver is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnippetLanguage {
    #[default]
    JavaScript,
    Python,
    Go,
    Rust,
    Ruby,
    Java,
    Shell,
}

words! {
    SnippetLanguage: JavaScript = "javascript", Python = "python", Go = "go", Rust = "rust", Ruby = "ruby",
    Java = "java", Shell = "shell",
}

/// What of a webhook stands in a snippet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnippetValues {
    /// Where the webhook sends to; none for the built-in receiver.
    pub url: Option<String>,
    /// Only when it was revealed: else a snippet reads it from its environment.
    pub secret: Option<Secret>,
    pub public_key: Option<String>,
    /// Where the public keys are served.
    pub public_keys_url: String,
}

impl SnippetLanguage {
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Ruby => "Ruby",
            Self::Java => "Java",
            Self::Shell => "curl and openssl",
        }
    }

    /// What the program's file is called.
    pub const fn file(self) -> &'static str {
        match self {
            Self::JavaScript => "receiver.mjs",
            Self::Python => "receiver.py",
            Self::Go => "receiver.go",
            Self::Rust => "main.rs",
            Self::Ruby => "config.ru",
            Self::Java => "Receiver.java",
            Self::Shell => "webhook.sh",
        }
    }

    /// How comments to the end of a line begin.
    pub const fn comment(self) -> &'static str {
        match self {
            Self::JavaScript | Self::Go | Self::Rust | Self::Java => "// ",
            Self::Python | Self::Ruby | Self::Shell => "# ",
        }
    }

    /// The program before anything of a webhook stands in it; none where the language's own library cannot check the scheme.
    const fn template(self, scheme: SigningScheme) -> Option<&'static str> {
        Some(match (scheme, self) {
            (SigningScheme::V1, Self::JavaScript) => include_str!("snippets/v1/javascript.mjs"),
            (SigningScheme::V1, Self::Python) => include_str!("snippets/v1/python.py"),
            (SigningScheme::V1, Self::Go) => include_str!("snippets/v1/go.go"),
            (SigningScheme::V1, Self::Rust) => include_str!("snippets/v1/rust.rs"),
            (SigningScheme::V1, Self::Ruby) => include_str!("snippets/v1/ruby.ru"),
            (SigningScheme::V1, Self::Java) => include_str!("snippets/v1/java.java"),
            (SigningScheme::V1, Self::Shell) => include_str!("snippets/v1/shell.sh"),
            (SigningScheme::V1a, Self::JavaScript) => include_str!("snippets/v1a/javascript.mjs"),
            (SigningScheme::V1a, Self::Python) => return None,
            (SigningScheme::V1a, Self::Go) => include_str!("snippets/v1a/go.go"),
            (SigningScheme::V1a, Self::Rust) => include_str!("snippets/v1a/rust.rs"),
            (SigningScheme::V1a, Self::Ruby) => include_str!("snippets/v1a/ruby.ru"),
            (SigningScheme::V1a, Self::Java) => include_str!("snippets/v1a/java.java"),
            (SigningScheme::V1a, Self::Shell) => include_str!("snippets/v1a/shell.sh"),
        })
    }

    /// How the secret stands in the template, and what reads it from the environment instead.
    const fn environment(self) -> (&'static str, &'static str) {
        match self {
            Self::JavaScript => (r#""{{secret}}""#, "process.env.WEBHOOK_SECRET"),
            Self::Python => (r#""{{secret}}""#, r#"os.environ["WEBHOOK_SECRET"]"#),
            Self::Go => (r#""{{secret}}""#, r#"os.Getenv("WEBHOOK_SECRET")"#),
            Self::Rust => {
                (r#""{{secret}}".to_owned()"#, r#"std::env::var("WEBHOOK_SECRET").expect("WEBHOOK_SECRET is set")"#)
            }
            Self::Ruby => (r#""{{secret}}""#, r#"ENV.fetch("WEBHOOK_SECRET")"#),
            Self::Java => (r#""{{secret}}""#, r#"System.getenv("WEBHOOK_SECRET")"#),
            Self::Shell => ("'{{secret}}'", r#""${WEBHOOK_SECRET:?}""#),
        }
    }
}

/// The program that checks `scheme`, with the webhook's values in it; none where the language's own library cannot.
pub fn snippet(language: SnippetLanguage, scheme: SigningScheme, values: &SnippetValues) -> Option<String> {
    let template = language.template(scheme)?;
    let url = values.url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let path = url.as_ref().map_or("/webhooks", url::Url::path);
    let plain = |value: &str| plain(value, language);
    let with_secret = if let Some(secret) = &values.secret {
        template.replace("{{secret}}", &plain(secret.reveal()))
    } else {
        let (literal, variable) = language.environment();
        template.replace(literal, variable)
    };
    let filled = with_secret
        .replace("{{path}}", &plain(path))
        .replace("{{url}}", &plain(url.as_ref().map_or("http://localhost:3000/webhooks", url::Url::as_str)))
        .replace("{{public_key}}", &plain(values.public_key.as_deref().unwrap_or("whpk_")))
        .replace("{{public_keys_url}}", &plain(&values.public_keys_url));
    Some(filled)
}

/// A value that cannot end the literal that it stands in, nor mean anything in it. Escaped is what URLs, as they are sent,
/// and keys do not have; but for the single quotes around the shell's literals.
fn plain(value: &str, language: SnippetLanguage) -> String {
    let is_shell = language == SnippetLanguage::Shell;
    let mut plain = String::with_capacity(value.len());
    for byte in value.bytes() {
        let ends = matches!(byte, b'"' | b'\\' | b'`' | b'{' | b'}') || (is_shell && byte == b'\'');
        if byte.is_ascii_graphic() && !ends {
            plain.push(char::from(byte));
        } else {
            let _ = write!(plain, "%{byte:02X}");
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn values() -> SnippetValues {
        SnippetValues {
            url: Some("https://receiver.example/hooks/a'b?x=1".to_owned()),
            secret: Some(Secret::new(SECRET)),
            public_key: Some("whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned()),
            public_keys_url: "https://hooks.example/public-keys/des_1".to_owned(),
        }
    }

    #[test]
    fn every_language_has_a_program_and_all_of_its_values() {
        for language in SnippetLanguage::ALL.iter().copied() {
            for scheme in [SigningScheme::V1, SigningScheme::V1a] {
                let Some(text) = snippet(language, scheme, &values()) else {
                    assert_eq!((language, scheme), (SnippetLanguage::Python, SigningScheme::V1a));
                    continue;
                };
                assert!(!text.contains("{{"), "{language:?} {scheme}: {text}");
                assert!(text.contains("300"), "{language:?} {scheme} checks the time");
                assert!(text.starts_with(language.comment()), "{language:?} {scheme}");
                let key = if scheme == SigningScheme::V1 { SECRET } else { "whpk_11qYAYKxCrfVS" };
                assert!(text.contains(key), "{language:?} {scheme}");
                assert!(language == SnippetLanguage::Shell || text.contains("\"/hooks/a'b\""), "{language:?}: {text}");
            }
        }
    }

    #[test]
    fn what_was_not_revealed_is_read_from_the_environment() {
        let values = SnippetValues { secret: None, ..values() };
        for language in SnippetLanguage::ALL.iter().copied() {
            let text = snippet(language, SigningScheme::V1, &values).unwrap();
            assert!(text.contains("WEBHOOK_SECRET") && !text.contains("whsec_C2F"), "{language:?}: {text}");
            assert!(!text.contains("{{"), "{language:?}: {text}");
        }
    }

    #[test]
    fn a_value_cannot_leave_its_literal() {
        let hostile = "https://a.example/\"'`\\;$(id){x}";
        for language in SnippetLanguage::ALL.iter().copied() {
            let url = Some(hostile.to_owned());
            let text = snippet(language, SigningScheme::V1, &SnippetValues { url, ..values() }).unwrap();
            let line = text.lines().find(|line| line.contains("$(id)"));
            assert!(line.is_some_and(|line| line.matches('"').count() % 2 == 0 && !line.contains('`')), "{text}");
        }
        let [go, shell] = [SnippetLanguage::Go, SnippetLanguage::Shell].map(|language| plain("/\"'`\\\n{é}", language));
        assert_eq!(go, "/%22'%60%5C%0A%7B%C3%A9%7D");
        assert_eq!(shell, "/%22%27%60%5C%0A%7B%C3%A9%7D");
    }
}
