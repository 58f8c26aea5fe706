//! Values of environments, taken out of what is shown.

use bytes::Bytes;
use hookyard_model::{REDACTED, Secret};

use super::Content;

/// Shorter values stand by chance in too much else to be taken out.
const SECRET_CHARS: usize = 6;

/// Takes the values of environments out of texts, also as they stand in JSON and in a query string.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor {
    /// Longest first, so that none is left half.
    secrets: Vec<String>,
}

impl Redactor {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut secrets = Vec::new();
        for value in values.into_iter().map(Secret::reveal).filter(|value| value.chars().count() >= SECRET_CHARS) {
            secrets.push(value.to_owned());
            let json = serde_json::to_string(value).unwrap_or_default();
            secrets.extend(json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).map(str::to_owned));
            secrets.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
        }
        secrets.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        secrets.dedup();
        Self { secrets }
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret.as_str()))
    }

    pub(crate) fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), REDACTED) } else { text }
        })
    }

    /// The same to be shown.
    pub(crate) fn content(&self, content: &Content) -> Content {
        if self.secrets.is_empty() {
            return content.clone();
        }
        let Content { method, path, query, headers, body } = content.clone();
        let body = match std::str::from_utf8(&body) {
            Ok(text) if self.is_in(text) => Bytes::from(self.text(text.to_owned())),
            _ => body,
        };
        Content {
            method,
            path: self.text(path),
            query: self.text(query),
            headers: headers.into_iter().map(|(name, value)| (self.text(name), self.text(value))).collect(),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_wherever_they_stand() {
        let secrets = [Secret::new("s3cret \"value\""), Secret::new("s3cret"), Secret::new("short")];
        let redactor = Redactor::new(&secrets);
        let content = Content {
            method: "POST".to_owned(),
            path: "/s3cret/short".to_owned(),
            query: "a=s3cret+%22value%22".to_owned(),
            headers: vec![
                ("authorization".to_owned(), "Bearer s3cret".to_owned()),
                ("x-short".to_owned(), "short".to_owned()),
            ],
            body: Bytes::from_static(br#"{"a":"s3cret \"value\"","b":"short"}"#),
        };
        let shown = redactor.content(&content);
        assert_eq!(shown.path, format!("/{REDACTED}/short"));
        assert_eq!(shown.query, format!("a={REDACTED}"));
        assert_eq!(shown.headers[0].1, format!("Bearer {REDACTED}"));
        assert_eq!(shown.headers[1].1, "short");
        assert_eq!(shown.body, format!(r#"{{"a":"{REDACTED}","b":"short"}}"#));
    }
}
