//! Text from strangers, with what is invisible or misleading in it made visible.

use leptos::prelude::*;

/// A part of a text: what can be shown as it is, or a character that must be named instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Plain(&'a str),
    Marked(char),
}

/// Splits `text` so that control, bidirectional and invisible characters stand alone. Covers the text exactly.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    for (index, character) in text.char_indices().filter(|(_, character)| must_be_marked(*character)) {
        if plain_from < index {
            pieces.push(Piece::Plain(&text[plain_from..index]));
        }
        pieces.push(Piece::Marked(character));
        plain_from = index + character.len_utf8();
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(&text[plain_from..]));
    }
    pieces
}

/// Whether a text can be shown as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains(must_be_marked)
}

fn must_be_marked(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// How a marked character is named: its code point.
pub(crate) fn name_of(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// `text` as text nodes, with marks for what would be invisible or misleading.
#[component]
pub(crate) fn Visible(#[prop(into)] text: String) -> impl IntoView {
    view_of(&text)
}

pub(crate) fn view_of(text: &str) -> AnyView {
    match pieces(text).as_slice() {
        [] => ().into_any(),
        [Piece::Plain(plain)] => (*plain).to_owned().into_any(),
        pieces => pieces
            .iter()
            .map(|piece| match *piece {
                Piece::Plain(plain) => plain.to_owned().into_any(),
                Piece::Marked(character) => {
                    view! { <span class="mark" title="a character that is not shown">{name_of(character)}</span> }
                        .into_any()
                }
            })
            .collect_view()
            .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_is_marked_and_nothing_is_lost() {
        for (case, text, marked) in [
            ("plain text", "héllo\n\tworld 日本 👩‍💻", 0),
            ("nothing", "", 0),
            ("a bell and an escape", "a\u{7}b\u{1b}[31m", 2),
            ("text that runs backwards", "invoice\u{202e}fdp.exe", 1),
            ("isolates and joiners", "\u{2066}a\u{2069}\u{2060}", 3),
            ("zero width and byte order mark", "\u{feff}a\u{200b}b", 2),
            ("C1 controls and delete", "\u{85}\u{7f}", 2),
            ("tag characters", "x\u{e0041}", 1),
        ] {
            let found = pieces(text);
            let again: String = found
                .iter()
                .map(|piece| match piece {
                    Piece::Plain(plain) => (*plain).to_owned(),
                    Piece::Marked(character) => character.to_string(),
                })
                .collect();
            assert_eq!(again, text, "{case}");
            assert_eq!(found.iter().filter(|piece| matches!(piece, Piece::Marked(_))).count(), marked, "{case}");
        }
        assert_eq!(name_of('\u{202e}'), "U+202E");
    }
}
