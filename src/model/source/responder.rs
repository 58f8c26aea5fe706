//! Choosing and writing the answer to a request.

use super::{
    CustomResponse,
    response::{ResponseMatch, ResponseRule},
    template::{Format, Template, Values},
};
use crate::{
    FieldError, FilterRule,
    filter::{Filter, View},
};

/// A source's answers, read once.
#[derive(Debug)]
pub struct Responder {
    rules: Vec<(usize, Conditions, Written)>,
    fallback: Written,
}

/// A request that is to be answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub request_id: String,
    pub method: String,
    pub path: String,
    /// As it came, without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The rule that answers, counted from 0; `None`: the fallback.
    pub rule: Option<usize>,
    pub status: u16,
    /// The content type included.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug)]
struct Conditions {
    methods: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Debug)]
struct Written {
    status: u16,
    content_type: String,
    headers: Vec<(String, Template)>,
    body: Template,
}

impl Written {
    fn new<'a>(
        status: u16,
        content_type: &str,
        headers: impl IntoIterator<Item = (&'a String, &'a String)>,
        body: &str,
    ) -> Result<Self, String> {
        let format = Format::of(content_type).ok_or_else(|| format!("`{content_type}` is no type to answer with"))?;
        let header = |(name, value): (&String, &String)| Ok((name.clone(), Template::parse(value, Format::Text)?));
        Ok(Self {
            status,
            content_type: content_type.to_owned(),
            headers: headers.into_iter().map(header).collect::<Result<_, String>>()?,
            body: Template::parse(body, format)?,
        })
    }

    fn asks_for_body(&self) -> bool {
        self.body.asks_for_body() || self.headers.iter().any(|(_, value)| value.asks_for_body())
    }

    fn answer(&self, rule: Option<usize>, values: &Values<'_>) -> Answered {
        let line = |text: String| text.chars().filter(|character| !character.is_control()).take(2048).collect();
        let own = self.headers.iter().map(|(name, value)| (name.clone(), line(value.render(values))));
        Answered {
            rule,
            status: self.status,
            headers: own.chain([("content-type".to_owned(), self.content_type.clone())]).collect(),
            body: self.body.render(values),
        }
    }
}

impl Conditions {
    fn new(conditions: &ResponseMatch) -> Result<Self, String> {
        let filter = conditions.filter();
        let filter = (filter != FilterRule::default()).then(|| Filter::compile(&filter, ""));
        let filter = filter.transpose().map_err(|mistakes| {
            let first = mistakes.into_iter().next();
            first.map(|mistake| format!("{}: {}", mistake.pointer, mistake.detail)).unwrap_or_default()
        })?;
        Ok(Self { methods: conditions.method.clone(), filter })
    }

    fn asks_for_body(&self) -> bool {
        self.filter.as_ref().is_some_and(Filter::asks_for_body)
    }

    fn fit(&self, method: &str, view: &View<'_>) -> bool {
        (self.methods.is_empty() || self.methods.iter().any(|known| known == method))
            && self.filter.as_ref().is_none_or(|filter| filter.passes(view))
    }
}

impl Responder {
    /// Reads what a source answers.
    ///
    /// # Errors
    ///
    /// A sentence, when it would not have passed the checks of a source.
    pub fn new(response: &CustomResponse) -> Result<Self, String> {
        let CustomResponse { status, headers, content_type, body, rules } = response;
        let enabled = rules.iter().enumerate().filter(|(_, rule)| rule.enabled);
        let rules = enabled.map(|(index, rule)| {
            let ResponseRule { conditions, status, headers, content_type, body, .. } = rule;
            Ok((index, Conditions::new(conditions)?, Written::new(*status, content_type, headers, body)?))
        });
        Ok(Self {
            rules: rules.collect::<Result<_, String>>()?,
            fallback: Written::new(*status, content_type, headers, body)?,
        })
    }

    /// Whether the body must be read to answer.
    pub fn asks_for_body(&self) -> bool {
        let asks = |(_, conditions, written): &(usize, Conditions, Written)| {
            conditions.asks_for_body() || written.asks_for_body()
        };
        self.fallback.asks_for_body() || self.rules.iter().any(asks)
    }

    /// The answer of the first rule that matches, or of none.
    pub fn answer(&self, asked: &Asked, body: &[u8]) -> Answered {
        let query: Vec<_> = url::form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
        let view = View::of_pairs(&asked.headers, &asked.path, &asked.query, body);
        let fits = |(_, conditions, _): &&(usize, Conditions, Written)| conditions.fit(&asked.method, &view);
        let (rule, written) = match self.rules.iter().find(fits) {
            Some((index, _, written)) => (Some(*index), written),
            None => (None, &self.fallback),
        };
        let values = Values {
            request_id: &asked.request_id,
            method: &asked.method,
            path: &asked.path,
            query: &query,
            headers: &asked.headers,
            body: if written.asks_for_body() { view.json() } else { None },
        };
        written.answer(rule, &values)
    }
}

/// What is wrong with a rule's conditions, whose fields are at `at`.
pub(super) fn filter_mistakes(filter: &FilterRule, at: &str) -> Vec<FieldError> {
    // A rule without conditions matches everything.
    if *filter == FilterRule::default() { Vec::new() } else { Filter::compile(filter, at).err().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn responder() -> Responder {
        let answer = |body: &str| json!({ "content_type": "text/plain", "body": body });
        let rule = |conditions: serde_json::Value, body: &str, enabled: bool| {
            let mut rule = answer(body);
            rule["match"] = conditions;
            rule["enabled"] = json!(enabled);
            rule
        };
        let mut response = answer("fallback {{request.id}}");
        response["rules"] = json!([
            rule(json!({}), "off", false),
            rule(json!({ "method": "GET" }), "by method", true),
            rule(json!({ "method": ["PUT", "PATCH"], "path": { "$startsWith": "/a" } }), "by path", true),
            rule(json!({ "headers": { "x-tag": "1" }, "query": { "mode": "t" } }), "by both", true),
            rule(json!({ "body": { "n": { "$gte": 5 } } }), "n is {{body.n}}", true),
            rule(json!({ "body": { "n": { "$exist": true } } }), "too late", true),
        ]);
        let response: CustomResponse = serde_json::from_value(response).unwrap();
        assert_eq!(response.mistakes(), []);
        Responder::new(&response).unwrap()
    }

    #[test]
    fn the_first_enabled_rule_that_matches_answers() {
        let responder = responder();
        for (method, path, query, tag, body, rule, expected) in [
            ("POST", "", "", "", "{}", None, "fallback req_1"),
            ("GET", "/a", "mode=t", "1", r#"{"n":9}"#, Some(1), "by method"),
            ("PATCH", "/ab", "", "", "", Some(2), "by path"),
            ("PATCH", "/ba", "", "", "", None, "fallback req_1"),
            ("POST", "", "mode=t", "1", r#"{"n":9}"#, Some(3), "by both"),
            ("POST", "", "mode=x", "1", r#"{"n":9}"#, Some(4), "n is 9"),
            ("POST", "", "", "", r#"{"n":4}"#, Some(5), "too late"),
            ("POST", "", "", "", "not JSON", None, "fallback req_1"),
        ] {
            let headers = vec![("x-tag".to_owned(), tag.to_owned())];
            let asked = Asked {
                request_id: "req_1".to_owned(),
                method: method.to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers,
            };
            let answered = responder.answer(&asked, body.as_bytes());
            assert_eq!((answered.rule, answered.body.as_str()), (rule, expected), "{method} {path} {query} {body}");
        }
    }
}
