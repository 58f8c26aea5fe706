//! Colours for a line of JavaScript: near enough to read by.

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Word,
    Text,
    Number,
    Comment,
}

impl Kind {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Word => "js-word",
            Self::Text => "json-text",
            Self::Number => "json-number",
            Self::Comment => "js-comment",
        }
    }
}

const WORDS: [&str; 30] = [
    "async",
    "await",
    "break",
    "case",
    "catch",
    "const",
    "continue",
    "delete",
    "do",
    "else",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "in",
    "let",
    "new",
    "null",
    "of",
    "return",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "while",
];

/// The parts of a line, which cover it. A text or comment of several lines is coloured on its first.
pub(super) fn parts(line: &str) -> Vec<(Kind, &str)> {
    let mut parts = Vec::new();
    let mut rest = line;
    let mut plain = 0;
    let mut at = 0;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '/' if rest.starts_with("//") || rest.starts_with("/*") => (Kind::Comment, rest.len()),
            '"' | '\'' | '`' => (Kind::Text, text_end(rest, first)),
            '0'..='9' => (Kind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_')),
            c if c.is_alphabetic() || c == '_' || c == '$' => {
                let length = run(rest, |c| c.is_alphanumeric() || c == '_' || c == '$');
                let is_member = line[..at].ends_with('.');
                (if WORDS.contains(&&rest[..length]) && !is_member { Kind::Word } else { Kind::Plain }, length)
            }
            c => (Kind::Plain, c.len_utf8()),
        };
        if kind != Kind::Plain {
            if plain < at {
                parts.push((Kind::Plain, &line[plain..at]));
            }
            parts.push((kind, &rest[..length]));
            plain = at + length;
        }
        at += length;
        rest = &line[at..];
    }
    if plain < line.len() {
        parts.push((Kind::Plain, &line[plain..]));
    }
    parts
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !belongs(c)).unwrap_or(text.len())
}

/// Behind the quote that ends the text at the beginning.
fn text_end(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_covered_and_coloured() {
        let line = r#"  return x.of("a\"b", 0x1F, `é`); // 日 "note""#;
        let parts = parts(line);
        assert_eq!(parts.iter().map(|(_, text)| *text).collect::<String>(), line);
        let coloured: Vec<_> = parts.into_iter().filter(|(kind, _)| *kind != Kind::Plain).collect();
        assert_eq!(
            coloured,
            [
                (Kind::Word, "return"),
                (Kind::Text, r#""a\"b""#),
                (Kind::Number, "0x1F"),
                (Kind::Text, "`é`"),
                (Kind::Comment, "// 日 \"note\""),
            ]
        );
        assert_eq!(super::parts("'open"), [(Kind::Text, "'open")]);
        assert!(super::parts("").is_empty());
    }
}
