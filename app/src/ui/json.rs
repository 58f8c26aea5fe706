//! JSON as text: told apart by kind for colours, and laid out again without touching a token.

/// What a run of JSON text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Text,
    Number,
    Literal,
    /// A word that JSON does not know.
    Wrong,
    /// Brackets, commas, colons and space.
    Other,
}

impl Kind {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Key => "json-key",
            Self::Text => "json-text",
            Self::Number => "json-number",
            Self::Literal => "json-literal",
            Self::Wrong => "json-wrong",
            Self::Other => "json-other",
        }
    }
}

/// Splits text into runs. Never fails, whatever the text, and the runs cover it exactly.
pub(crate) fn runs(text: &str) -> Vec<(Kind, &str)> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => rest.find(|c| c == '"' || is_word(c)).unwrap_or(rest.len()),
        };
        let (run, after) = rest.split_at(length);
        let kind = match first {
            '"' if after.trim_start().starts_with(':') => Kind::Key,
            '"' => Kind::Text,
            '-' | '0'..='9' => Kind::Number,
            first if is_word(first) && ["true", "false", "null"].contains(&run) => Kind::Literal,
            first if is_word(first) => Kind::Wrong,
            _ => Kind::Other,
        };
        runs.push((kind, run));
        rest = after;
    }
    runs
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '+' | '.' | '_')
}

/// The length of the string that `text` starts with; one that is not closed ends at its line's end.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return index,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether `text` is JSON, however large and deep.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// JSON with a line for each member and element. Tokens stay exactly as they are: the order of keys, the digits of
/// numbers, the escapes of strings.
#[cfg(test)]
pub(crate) fn pretty(text: &str) -> Option<String> {
    is_json(text).then(|| laid_out(text, usize::MAX).0)
}

/// As much of `text`, which is JSON, as makes about `enough` bytes, with a line for each member and element; and whether
/// that is all of it. Tokens stay exactly as they are: the order of keys, the digits of numbers, the escapes of strings.
pub(crate) fn laid_out(text: &str, enough: usize) -> (String, bool) {
    // What is laid out is longer than what it comes from, but for its space.
    let part = &text[..text.floor_char_boundary(enough.saturating_mul(2))];
    let mut is_all = part.len() == text.len();
    let mut out = String::with_capacity(part.len() * 2);
    let mut depth = 0;
    'runs: for (kind, run) in runs(part) {
        if out.len() >= enough {
            is_all = false;
            break;
        }
        if kind != Kind::Other {
            let room = enough - out.len();
            out.push_str(&run[..run.floor_char_boundary(room)]);
            if run.len() > room {
                is_all = false;
                break;
            }
            continue;
        }
        for character in run.chars() {
            if out.len() >= enough {
                is_all = false;
                break 'runs;
            }
            match character {
                '{' | '[' => {
                    depth += 1;
                    out.push(character);
                    new_line(&mut out, depth);
                }
                '}' | ']' => {
                    depth = depth.saturating_sub(1);
                    let trimmed = out.trim_end().len();
                    out.truncate(trimmed);
                    if !out.ends_with(['{', '[']) {
                        new_line(&mut out, depth);
                    }
                    out.push(character);
                }
                ',' => {
                    out.push(character);
                    new_line(&mut out, depth);
                }
                ':' => out.push_str(": "),
                _ => {}
            }
        }
    }
    (out, is_all)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(64) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Kind::{Key, Other, Text, Wrong},
        *,
    };

    #[test]
    fn runs_cover_any_text() {
        for text in
            ["{\"a\": [1, -2.5e3, true, null, \"x\\\"y\"]}", "", "\"open", "\"\\", "{\"é\": \"日本\\", "tru{", "\"\n"]
        {
            assert_eq!(runs(text).iter().map(|(_, run)| *run).collect::<String>(), text);
        }
        let kinds: Vec<_> = runs("{\"a\" : \"b\", \"c\": nil}").into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [Other, Key, Other, Text, Other, Key, Other, Wrong, Other]);
    }

    #[test]
    fn laying_out_keeps_every_token() {
        for (case, text, expected) in [
            ("members and elements", r#"{"b":1,"a":[1,2]}"#, Some("{\n  \"b\": 1,\n  \"a\": [\n    1,\n    2\n  ]\n}")),
            ("what is empty stays closed", r#"{"a":{ },"b":[ ]}"#, Some("{\n  \"a\": {},\n  \"b\": []\n}")),
            (
                "digits and doubles stay",
                r#"{"a":1.10,"a":12345678901234567890}"#,
                Some("{\n  \"a\": 1.10,\n  \"a\": 12345678901234567890\n}"),
            ),
            ("strings are not looked into", r#"["a,{b}: \" [c]"]"#, Some("[\n  \"a,{b}: \\\" [c]\"\n]")),
            ("a bare value", " 7 ", Some("7")),
            ("what is no JSON", "{a}", None),
        ] {
            assert_eq!(pretty(text).as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn what_is_huge_or_deep_is_laid_out_in_part() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let wide = format!("[{}1]", "1, ".repeat(1_000_000));
        let long = format!("\"{}\"", "é".repeat(1_000_000));
        for text in [&deep, &wide, &long] {
            assert!(is_json(text));
            let (out, is_all) = laid_out(text, 10_000);
            assert!((9_999..10_200).contains(&out.len()) && !is_all, "{}", out.len());
        }
        assert_eq!(laid_out("[1]", 100), ("[\n  1\n]".to_owned(), true));
    }
}
