//! Programs with their comments and texts in colours of their own: enough to read by, in every language.

use hookyard_model::SnippetLanguage;
use leptos::prelude::*;

/// What a run of a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Text,
}

/// `program` as text nodes.
pub(super) fn coloured(program: &str, language: SnippetLanguage) -> AnyView {
    runs(program, language)
        .into_iter()
        .map(|(kind, run)| {
            let run = run.to_owned();
            match kind {
                Kind::Code => run.into_any(),
                Kind::Comment => view! { <span class="snippet-comment">{run}</span> }.into_any(),
                Kind::Text => view! { <span class="json-text">{run}</span> }.into_any(),
            }
        })
        .collect_view()
        .into_any()
}

/// The program in runs, which cover it exactly.
fn runs(program: &str, language: SnippetLanguage) -> Vec<(Kind, &str)> {
    let comment = language.comment().trim_end();
    let (mut runs, mut code_from, mut at) = (Vec::new(), 0, 0);
    while let Some(character) = program[at..].chars().next() {
        let rest = &program[at..];
        // A mark within a word is part of it, such as the `#` of a parameter.
        let is_apart = program[..at].chars().next_back().is_none_or(char::is_whitespace);
        let (kind, length) = if rest.starts_with(comment) && is_apart {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if matches!(character, '"' | '\'' | '`') {
            (Kind::Text, text_length(rest, character))
        } else {
            at += character.len_utf8();
            continue;
        };
        if code_from < at {
            runs.push((Kind::Code, &program[code_from..at]));
        }
        runs.push((kind, &program[at..at + length]));
        at += length;
        code_from = at;
    }
    if code_from < at {
        runs.push((Kind::Code, &program[code_from..]));
    }
    runs
}

/// How long the text is that `rest` begins with, quotes included; to the end of the line at most.
fn text_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return index,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            character if character == quote => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use hookyard_model::{SigningScheme, SnippetValues, snippet};

    use super::*;

    #[test]
    fn comments_and_texts_are_told_apart() {
        let found = runs("a = \"x \\\" // y\" // it's\nb${s#w} # z", SnippetLanguage::Go);
        assert_eq!(
            found,
            [
                (Kind::Code, "a = "),
                (Kind::Text, "\"x \\\" // y\""),
                (Kind::Code, " "),
                (Kind::Comment, "// it's"),
                (Kind::Code, "\nb${s#w} # z"),
            ]
        );
        let found = runs("b${s#w} # z", SnippetLanguage::Shell);
        assert_eq!(found, [(Kind::Code, "b${s#w} "), (Kind::Comment, "# z")]);
    }

    #[test]
    fn nothing_of_a_program_is_lost() {
        for language in SnippetLanguage::ALL.iter().copied() {
            for scheme in SigningScheme::ALL.iter().copied() {
                let Some(program) = snippet(language, scheme, &SnippetValues::default()) else { continue };
                let again: String = runs(&program, language).into_iter().map(|(_, run)| run).collect();
                assert_eq!(again, program);
            }
        }
    }
}
