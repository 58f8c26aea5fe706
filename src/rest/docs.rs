//! `/docs`: the OpenAPI document as a page to read, without any script.

mod shape;

use std::fmt::Write as _;

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};
use bytes::Bytes;
use hookyard_model::{Code, Problem};
use serde_json::Value;

const STYLE: &str = include_str!("docs.css");

/// What a browser may load for this page: its style, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router(document: &Value) -> Router {
    let page = Bytes::from(page(document));
    let page_headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Router::new()
        .route("/docs", get(move || async move { (page_headers, page) }))
        .route("/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }))
}

fn page(document: &Value) -> String {
    let mut page = String::with_capacity(200_000);
    let out = &mut page;
    put(
        out,
        format_args!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Hookyard API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs.css\"></head><body>"
        ),
    );
    contents(out, document);
    out.push_str("<main><h1>Hookyard API</h1>");
    prose(out, document["info"]["description"].as_str());
    out.push_str("<p>The same as <a href=\"/v1/openapi.json\">an OpenAPI 3.1 document</a>.</p>");
    for tag in document["tags"].as_array().into_iter().flatten() {
        group(out, document, tag);
    }
    out.push_str("<section id=\"schemas\"><h2>Schemas</h2>");
    for (name, schema) in schemas(document) {
        put(out, format_args!("<article id=\"schema-{0}\"><h3>{0}</h3>", text(name)));
        shape::table(out, schema);
        out.push_str("</article>");
    }
    out.push_str("</section>");
    problems(out, document);
    out.push_str("</main></body></html>");
    page
}

/// The page's table of contents.
fn contents(out: &mut String, document: &Value) {
    out.push_str("<nav aria-label=\"Contents\"><a class=\"home\" href=\"/\">Hookyard</a><ul>");
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        put(out, format_args!("<li><a href=\"#{}\">{}</a></li>", slug(name), text(name)));
    }
    out.push_str("<li><a href=\"#schemas\">Schemas</a></li><li><a href=\"#problems\">Problems</a></li></ul></nav>");
}

/// The calls under one tag.
fn group(out: &mut String, document: &Value, tag: &Value) {
    let name = tag["name"].as_str().unwrap_or_default();
    put(out, format_args!("<section id=\"{}\"><h2>{}</h2>", slug(name), text(name)));
    prose(out, tag["description"].as_str());
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, call) in item.as_object().into_iter().flatten().filter(|(_, call)| call["tags"][0] == name) {
            operation(out, method, path, call);
        }
    }
    out.push_str("</section>");
}

fn operation(out: &mut String, method: &str, path: &str, call: &Value) {
    let id = call["operationId"].as_str().unwrap_or_default();
    put(
        out,
        format_args!(
            "<article id=\"{id}\"><h3>{}</h3><p class=\"call\"><b class=\"{method}\">{}</b> <code>{}</code></p>",
            text(call["summary"].as_str().unwrap_or(id)),
            method.to_uppercase(),
            text(path),
        ),
    );
    prose(out, call["description"].as_str());
    let parameters = call["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<h4>Parameters</h4><dl>");
        for parameter in parameters {
            let place = parameter["in"].as_str().unwrap_or_default();
            put(out, format_args!("<dt><code>{}</code> ", text(parameter["name"].as_str().unwrap_or_default())));
            shape::kind(out, &parameter["schema"]);
            put(out, format_args!(" <small>in the {place}</small></dt><dd>"));
            inline(out, parameter["description"].as_str().unwrap_or_default());
            out.push_str("</dd>");
        }
        out.push_str("</dl>");
    }
    if let Some(schema) = call["requestBody"]["content"].as_object().and_then(|content| content.values().next()) {
        out.push_str("<h4>Body</h4><p>");
        shape::kind(out, &schema["schema"]);
        out.push_str("</p>");
    }
    out.push_str("<h4>Answers</h4><ul class=\"answers\">");
    for (status, answer) in call["responses"].as_object().into_iter().flatten() {
        let description = answer["description"].as_str().unwrap_or_default();
        put(out, format_args!("<li><b>{}</b> {} ", text(status), text(description)));
        if let Some(content) = answer["content"].as_object().and_then(|content| content.values().next()) {
            shape::kind(out, &content["schema"]);
        }
        out.push_str("</li>");
    }
    out.push_str("</ul></article>");
}

/// Every kind of problem, under the id that its `type` leads to.
fn problems(out: &mut String, document: &Value) {
    out.push_str("<section id=\"problems\"><h2>Problems</h2>");
    prose(
        out,
        Some("Every problem is `application/problem+json` (RFC 9457) with the `code` that programs may rely on."),
    );
    let codes = document["components"]["schemas"]["Code"]["enum"].as_array().into_iter().flatten();
    for code in codes.filter_map(|code| serde_json::from_value::<Code>(code.clone()).ok()) {
        let Problem { kind, title, status, .. } = Problem::new(code, "");
        let id = kind.split_once('#').map_or("", |(_, id)| id);
        let word = serde_json::to_value(code).unwrap_or_default();
        put(
            out,
            format_args!(
                "<article id=\"{id}\"><h3>{}</h3><p class=\"call\"><b>{status}</b> <code>{}</code></p>",
                text(&title),
                text(word.as_str().unwrap_or_default()),
            ),
        );
        prose(out, Some(advice(code)));
        out.push_str("</article>");
    }
    out.push_str("</section>");
}

/// What to do about a kind of problem.
const fn advice(code: Code) -> &'static str {
    match code {
        Code::InvalidJson => {
            "The `detail` says at which line and column reading stopped, or that the body did not arrive whole."
        }
        Code::InvalidInput => {
            "`errors` lists the fields: a JSON pointer into the body, or a query parameter's or a header's name, and what is wrong."
        }
        Code::Unauthenticated => "Send `Authorization: Bearer` and a private key that is not revoked.",
        Code::Forbidden => "The key is good, but not for this. Leave `x-team-id` out, or send the key's own team.",
        Code::SimulatorTestModeOnly => "Use a key pair and a webhook of test mode.",
        Code::ResourceNotFound => {
            "There is no such path, or nothing with this id in the key's team and mode. Other teams' things are not found either."
        }
        Code::MethodNotAllowed => "The `Allow` header lists what the path takes.",
        Code::ResourceAlreadyExists => "`resource_id` is the id of what has this name or URL already.",
        Code::Conflict => "Read the thing again: it is in a state in which this is not possible.",
        Code::IdempotencyKeyReused => "Use a new `Idempotency-Key` for a new call.",
        Code::PayloadTooLarge => "Send less.",
        Code::UnsupportedMediaType => "Send `content-type: application/json`.",
        Code::TooManyRequests => "Wait as long as `Retry-After` says.",
        Code::Unavailable => "Nothing was changed. Try again after as many seconds as `Retry-After` says.",
        Code::Internal => "The server's log has the cause under the answer's `request_id`.",
    }
}

fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["components"]["schemas"].as_object().into_iter().flatten()
}

/// Paragraphs, with `code` in them.
fn prose(out: &mut String, markdown: Option<&str>) {
    for paragraph in markdown.into_iter().flat_map(|markdown| markdown.split("\n\n")) {
        out.push_str("<p>");
        inline(out, paragraph);
        out.push_str("</p>");
    }
}

fn inline(out: &mut String, markdown: &str) {
    for (index, part) in markdown.split('`').enumerate() {
        let tag = if index % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
        put(out, format_args!("{}{}{}", tag.0, text(part), tag.1));
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// `raw` as text in HTML.
fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_leads_to_its_place_on_the_page_and_so_does_every_link() {
        let routes = crate::rest::routes().to_openapi();
        let page = page(&crate::rest::document::finish(routes, "http://localhost:8080"));
        assert!(page.contains("id=\"invalid-input\"") && page.contains("id=\"internal\""));
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
        assert!(!page.contains("<script") && !page.contains("style=\""));
    }

    #[test]
    fn text_is_not_markup() {
        let mut out = String::new();
        inline(&mut out, "<b> & `a<b`");
        assert_eq!(out, "&lt;b&gt; &amp; <code>a&lt;b</code>");
    }
}
