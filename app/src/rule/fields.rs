//! The fields that a request has: to choose from when a rule is written.

use std::collections::BTreeSet;

use hookyard_model::Payload;
use serde_json::Value;

/// So many fields are offered at most, so deep.
const MOST: usize = 200;
const DEEPEST: usize = 6;

/// The fields of the latest request, by the part that they are in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<String>,
    pub(crate) query: Vec<String>,
    pub(crate) path: Option<String>,
}

impl Fields {
    pub(crate) fn of(payload: &Payload) -> Self {
        let mut body = Vec::new();
        collect(&payload.body, "", 0, &mut body);
        let headers: BTreeSet<_> = payload.headers.0.iter().map(|(name, _)| name.to_lowercase()).collect();
        let query: BTreeSet<_> =
            url::form_urlencoded::parse(payload.query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        Self {
            headers: headers.into_iter().collect(),
            body,
            query: query.into_iter().collect(),
            path: Some(payload.path.clone()).filter(|path| !path.is_empty()),
        }
    }

    /// All of them as a deduplicate rule names them.
    pub(crate) fn places(&self) -> Vec<String> {
        let of = |part: &'static str, fields: &[String]| {
            fields.iter().map(move |field| format!("{part}.{field}")).collect::<Vec<_>>()
        };
        let mut places = of("body", &self.body);
        places.extend(of("headers", &self.headers));
        places.extend(of("query", &self.query));
        places.push("path".to_owned());
        places
    }
}

fn collect(value: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(object) if depth < DEEPEST => {
            // A name with a dot cannot be told from two names.
            for (name, inner) in object.iter().filter(|(name, _)| !name.contains('.')) {
                let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                collect(inner, &place, depth + 1, found);
            }
        }
        // A condition on a list's element is one on the list.
        Value::Array(elements) if depth < DEEPEST && elements.first().is_some_and(Value::is_object) => {
            if let Some(first) = elements.first() {
                collect(first, at, depth + 1, found);
            }
        }
        _ if at.is_empty() || found.len() >= MOST || found.iter().any(|known| known == at) => {}
        _ => found.push(at.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use hookyard_model::{Body, Headers};
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_named_by_their_way() {
        let body =
            json!({"id": 1, "customer": {"country": "DE"}, "lines": [{"sku": "a"}, {"sku": "b"}], "tags": ["x"]});
        let payload = Payload {
            method: "POST".to_owned(),
            path: "/eu".to_owned(),
            query: "shop=7&shop=8".to_owned(),
            headers: Headers(vec![("X-Id".to_owned(), "1".to_owned())]),
            raw: Body::from_bytes(b""),
            body,
        };
        let fields = Fields::of(&payload);
        assert_eq!(fields.body, ["customer.country", "id", "lines.sku", "tags"]);
        assert_eq!(
            (fields.headers.as_slice(), fields.query.as_slice()),
            (&["x-id".to_owned()][..], &["shop".to_owned()][..])
        );
        assert!(fields.places().contains(&"headers.x-id".to_owned()));
    }
}
