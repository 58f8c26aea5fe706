//! Trying a filter on what somebody typed.

use hookyard_model::{Filter, FilterInput, FilterTest, FilterTested, Problem, View};
use serde_json::Value;
use url::form_urlencoded;

use super::sift::in_turn;
use crate::error::Result;

/// Whether the filter lets the input pass, and if not, why.
pub(super) async fn test(test: FilterTest) -> Result<FilterTested> {
    let filter = Filter::compile(&test.filter, "/filter").map_err(Problem::invalid)?;
    let FilterInput { headers, body, query, path } = test.input;
    let headers = pairs(headers.as_ref(), "/input/headers")?;
    let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let query = match query {
        Some(Value::String(query)) => query.strip_prefix('?').unwrap_or(&query).to_owned(),
        query => form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs(query.as_ref(), "/input/query")?)
            .finish(),
    };
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let path = path.unwrap_or_default();
    in_turn(body.len(), move || {
        let reason = filter.check(&View::of_pairs(&headers, &path, &query, body.as_bytes())).err();
        FilterTested { matched: reason.is_none(), reason }
    })
    .await
}

/// Names with a text, a number or a truth value each, or with a list of those.
fn pairs(object: Option<&Value>, at: &str) -> Result<Vec<(String, String)>> {
    let wrong = |at: &str| Problem::field(at, "is an object of names, each with a text or a list of texts");
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let fields = match object {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(wrong(at).into()),
    };
    let mut pairs = Vec::new();
    for (name, value) in fields {
        let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            pairs.push((name.clone(), text(value).ok_or_else(|| wrong(&format!("{at}/{name}")))?));
        }
    }
    Ok(pairs)
}
