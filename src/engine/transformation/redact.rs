//! Values of environments, taken out of what is shown.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use hookyard_model::{Actor, EventId, REDACTED, Secret, TransformationId};

use super::{Content, store};
use crate::{Engine, error::Result};

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

impl Engine {
    /// What takes out of these events what scripts put there of environments. What no script changed is shown as it came.
    pub(crate) async fn redactors(&self, who: &Actor, events: &[EventId]) -> Result<HashMap<EventId, Arc<Redactor>>> {
        if events.is_empty() {
            return Ok(HashMap::new());
        }
        let mut makers: HashMap<EventId, BTreeSet<TransformationId>> = HashMap::new();
        for (event, transformation) in store::makers(self.db(), who, events).await? {
            makers.entry(event).or_default().insert(transformation);
        }
        let mut known: BTreeMap<BTreeSet<TransformationId>, Arc<Redactor>> = BTreeMap::new();
        let mut redactors = HashMap::with_capacity(makers.len());
        for (event, transformations) in makers {
            let redactor = if let Some(redactor) = known.get(&transformations) {
                Arc::clone(redactor)
            } else {
                let ids: Vec<_> = transformations.iter().copied().collect();
                let redactor = Arc::new(self.redactor_of(who, &ids).await?);
                known.insert(transformations, Arc::clone(&redactor));
                redactor
            };
            redactors.insert(event, redactor);
        }
        Ok(redactors)
    }

    /// What takes the values out that the environments of these transformations have or had.
    pub(super) async fn redactor_of(&self, who: &Actor, transformations: &[TransformationId]) -> Result<Redactor> {
        let environments = store::environments(self.db(), who, transformations).await?;
        let opened =
            environments.iter().map(|(env,)| store::open_env(env, self.sealer())).collect::<Result<Vec<_>>>()?;
        Ok(Redactor::new(opened.iter().flat_map(BTreeMap::values)))
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
