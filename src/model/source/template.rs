//! Texts with `{{…}}` in them, for which something of a request is put.

use std::io;

use serde_json_borrow::Value;

/// How many bytes of a request's own go into one answer.
const VALUES_BYTES: usize = 64 << 10;
/// How many values one text puts.
const VALUES: usize = 100;

/// What an answer's body is, which decides how values are written in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Text,
    Xml,
}

impl Format {
    /// The format of a media type; `None` when it is no type to answer with.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let in_utf8 = |part: &str| {
            let Some((name, value)) = part.split_once('=') else { return false };
            name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        };
        if !parts.all(in_utf8) || kind.len() > 128 {
            return None;
        }
        let is_token =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+_".contains(&b));
        match kind.as_str() {
            "application/json" | "text/json" => Some(Self::Json),
            "text/plain" => Some(Self::Text),
            "application/xml" | "text/xml" | "application/soap+xml" => Some(Self::Xml),
            _ => {
                let named = kind.strip_prefix("application/")?.strip_suffix("+json")?;
                is_token(named).then_some(Self::Json)
            }
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Body(Vec<String>),
    Header(String),
    Query(String),
    Path,
    Method,
    RequestId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A value; of JSON, whether it stands within a string.
    Value(Place, bool),
}

/// A text with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
    format: Format,
}

/// What values are taken from.
pub(super) struct Values<'a> {
    pub(super) request_id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a [(String, String)],
    pub(super) headers: &'a [(String, String)],
    pub(super) body: Option<&'a Value<'a>>,
}

/// What stands at a place.
enum Found<'a> {
    Text(&'a str),
    Json(&'a Value<'a>),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A sentence, when it names a place that there is not.
    pub(super) fn parse(text: &str, format: Format) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut within = Within::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (named, after) = after.split_once("}}").ok_or("a `{{` is not closed by `}}`")?;
            let place = Place::parse(named.trim()).ok_or_else(|| {
                let shown: String = named.trim().chars().take(64).collect();
                format!(
                    "`{{{{{shown}}}}}` is none of body.…, headers.…, query.…, path, method and request.id, such as \
                     {{{{body.id}}}}"
                )
            })?;
            within.read(before);
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Value(place, within.is_string));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if pieces.len() / 2 > VALUES {
            return Err(format!("this puts {} values, and {VALUES} is the most", pieces.len() / 2));
        }
        Ok(Self { pieces, format })
    }

    /// Whether it puts something of the body.
    pub(super) fn asks_for_body(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value(Place::Body(_), _)))
    }

    /// The text with the values put, as its format writes them. What is missing, or would be too much, is empty, and
    /// `null` where JSON needs a value.
    pub(super) fn render(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        let mut left = VALUES_BYTES;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(place, in_string) => {
                    let written = place.find(values).and_then(|found| self.written(&found, *in_string, left));
                    match written.filter(|written| written.len() <= left) {
                        Some(written) => {
                            left -= written.len();
                            out.push_str(&written);
                        }
                        None => out.push_str(self.nothing(*in_string)),
                    }
                }
            }
        }
        out
    }

    /// The text as it is when every value is missing.
    pub(super) fn without_values(&self) -> String {
        let nothing = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(_, in_string) => self.nothing(*in_string).to_owned(),
        };
        self.pieces.iter().map(nothing).collect()
    }

    fn nothing(&self, in_string: bool) -> &'static str {
        if self.format == Format::Json && !in_string { "null" } else { "" }
    }

    /// What is found as the format writes it; `None` when that is longer than `most` bytes.
    fn written(&self, found: &Found<'_>, in_string: bool, most: usize) -> Option<String> {
        let is_value = self.format == Format::Json && !in_string;
        let text = match found {
            Found::Text(text) if text.len() > most => return None,
            Found::Json(Value::Str(text)) if text.len() > most => return None,
            Found::Text(text) if is_value => return compact(text, most),
            Found::Text(text) => (*text).to_owned(),
            Found::Json(value) if is_value => return compact(value, most),
            Found::Json(Value::Null) => String::new(),
            Found::Json(Value::Str(text)) => text.to_string(),
            Found::Json(value) => compact(value, most)?,
        };
        match self.format {
            Format::Text => Some(text),
            Format::Xml => Some(xml(&text)),
            Format::Json => {
                let quoted = serde_json::to_string(&text).ok()?;
                quoted.get(1..quoted.len() - 1).map(str::to_owned)
            }
        }
    }
}

/// `value` as JSON; `None` when that is longer than `most` bytes.
fn compact(value: &(impl serde::Serialize + ?Sized), most: usize) -> Option<String> {
    struct Bounded(Vec<u8>, usize);
    impl io::Write for Bounded {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::Error::other("too long"));
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = Bounded(Vec::new(), most);
    serde_json::to_writer(&mut out, value).ok()?;
    String::from_utf8(out.0).ok()
}

/// Whether a place in JSON is within a string.
#[derive(Default)]
struct Within {
    is_string: bool,
    is_escaped: bool,
}

impl Within {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_string => self.is_escaped = true,
                b'"' => self.is_string = !self.is_string,
                _ => {}
            }
        }
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (root, rest) = text.split_once('.').map_or((text, None), |(root, rest)| (root, Some(rest)));
        let named = |name: &str| (!name.is_empty() && name.len() <= 256).then(|| name.to_owned());
        match (root, rest) {
            ("body", None) => Some(Self::Body(Vec::new())),
            ("body", Some(path)) => path.split('.').map(named).collect::<Option<Vec<_>>>().map(Self::Body),
            ("headers", Some(name)) => named(name).map(|name| Self::Header(name.to_ascii_lowercase())),
            ("query", Some(name)) => named(name).map(Self::Query),
            ("path", None) => Some(Self::Path),
            ("method", None) => Some(Self::Method),
            ("request", Some("id")) => Some(Self::RequestId),
            _ => None,
        }
    }

    fn find<'a>(&self, values: &Values<'a>) -> Option<Found<'a>> {
        fn first<'a>(pairs: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
            pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        }
        Some(Found::Text(match self {
            Self::Body(path) => {
                let inner = path.iter().try_fold(values.body?, |value, step| match value {
                    Value::Object(members) => members.get(step),
                    Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
                    _ => None,
                });
                return inner.map(Found::Json);
            }
            Self::Header(name) => first(values.headers, name)?,
            Self::Query(name) => first(values.query, name)?,
            Self::Path => values.path,
            Self::Method => values.method,
            Self::RequestId => values.request_id,
        }))
    }
}

/// `text` within XML. What XML cannot have at all is left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() && !matches!(character, '\t' | '\n' | '\r') && character < '\u{20}' => {}
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str, format: Format, body: &str) -> String {
        let body = serde_json::from_str::<Value<'_>>(body).ok();
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let values = Values {
            request_id: "req_1",
            method: "POST",
            path: "/a\"b",
            query: &pair("mode", "<x>&"),
            headers: &pair("x-request-id", "h\\1"),
            body: body.as_ref(),
        };
        Template::parse(text, format).unwrap().render(&values)
    }

    #[test]
    fn values_are_written_as_the_format_needs_them() {
        let body = r#"{"id":7,"name":"a\"}, {\"b","deep":[{"x":null}],"on":true,"xml":"\u0001<a>'\"&"}"#;
        for (format, text, expected) in [
            (Format::Json, r#"{"id":{{body.id}},"s":"{{body.id}}"}"#, r#"{"id":7,"s":"7"}"#),
            (Format::Json, r#"{"n":"{{ body.name }}"}"#, r#"{"n":"a\"}, {\"b"}"#),
            (Format::Json, r#"{"n":{{body.name}}}"#, r#"{"n":"a\"}, {\"b"}"#),
            (Format::Json, r#"{"d":{{body.deep}},"s":"{{body.deep}}"}"#, r#"{"d":[{"x":null}],"s":"[{\"x\":null}]"}"#),
            (Format::Json, r#"{"a":{{body.none}},"b":"{{body.none.x}}"}"#, r#"{"a":null,"b":""}"#),
            (Format::Json, r#"{"q\"{{query.mode}}":{{headers.X-Request-Id}}}"#, r#"{"q\"<x>&":"h\\1"}"#),
            (Format::Json, r#"["{{path}}",{{method}},"{{request.id}}"]"#, r#"["/a\"b","POST","req_1"]"#),
            (
                Format::Xml,
                "<r a='{{query.mode}}'>{{body.xml}}</r>",
                "<r a='&lt;x&gt;&amp;'>&lt;a&gt;&#39;&quot;&amp;</r>",
            ),
            (Format::Xml, "<r>{{body.deep.0.x}}{{headers.none}}</r>", "<r></r>"),
            (Format::Text, "{{body.on}} {{query.mode}} {{body.deep.0}} {{body.deep.1}}.", "true <x>& {\"x\":null} ."),
        ] {
            assert_eq!(rendered(text, format, body), expected, "{text}");
            if format == Format::Json {
                serde_json::from_str::<serde::de::IgnoredAny>(&rendered(text, format, body)).unwrap();
            }
        }
        assert_eq!(rendered("{{body.id}}!", Format::Text, "no JSON"), "!");
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let body = format!(r#"{{"a":"{}","b":"c"}}"#, "x".repeat(40 << 10));
        let twice = rendered("{{body.a}}{{body.a}}{{body.b}}{{body}}", Format::Text, &body);
        assert_eq!(twice.len(), (40 << 10) + 1);
        assert!(Template::parse(&"{{body}}".repeat(VALUES + 1), Format::Text).is_err());
    }

    #[test]
    fn a_place_that_there_is_not_is_named() {
        for text in
            ["{{", "{{}}", "{{body..a}}", "{{header.x}}", "{{request}}", "{{request.body}}", "{{path.x}}", "{{env.A}}"]
        {
            assert!(Template::parse(text, Format::Text).is_err(), "{text}");
        }
        assert!(Template::parse(r#"{"a":{"b":1}}"#, Format::Json).is_ok());
    }

    #[test]
    fn only_what_no_browser_runs_is_a_type_to_answer_with() {
        for (content_type, expected) in [
            ("application/json", Some(Format::Json)),
            ("Application/JSON; charset=UTF-8", Some(Format::Json)),
            ("application/problem+json", Some(Format::Json)),
            ("text/plain;charset=\"utf-8\"", Some(Format::Text)),
            ("text/xml", Some(Format::Xml)),
            ("text/html", None),
            ("application/xhtml+xml", None),
            ("image/svg+xml", None),
            ("text/javascript", None),
            ("application/json, text/html", None),
            ("application/json; charset=utf-7", None),
            ("application/+json", None),
            ("application/json\r\nx: y", None),
            ("", None),
        ] {
            assert_eq!(Format::of(content_type), expected, "{content_type}");
        }
    }
}
