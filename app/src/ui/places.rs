//! Where things stand in a text of JSON, for pointing at them.

use std::ops::Range;

/// The bytes of the value at `pointer` (RFC 6901) in `text`; of the nearest value around it, where there is none there.
/// Of members with the same name the last counts, as for most readers. Meant for text that is JSON; of other text it
/// gives some range within it.
pub(crate) fn place_of(text: &str, pointer: &str) -> Range<usize> {
    let bytes = text.as_bytes();
    let mut start = skip_space(bytes, 0);
    for part in pointer.split('/').skip(1) {
        let inner = match bytes.get(start) {
            Some(b'{') => member(text, start, &part.replace("~1", "/").replace("~0", "~")),
            Some(b'[') => part.parse().ok().and_then(|index| element(bytes, start, index)),
            _ => None,
        };
        match inner {
            Some(inner) => start = inner,
            None => break,
        }
    }
    start..value_end(bytes, start)
}

/// The line that the byte at `offset` stands in, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// Where the member `name` of the object at `start` has its value.
fn member(text: &str, start: usize, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut found = None;
    let mut at = skip_space(bytes, start + 1);
    while bytes.get(at) == Some(&b'"') {
        let key_end = string_end(bytes, at);
        let colon = skip_space(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            break;
        }
        let value = skip_space(bytes, colon + 1);
        let is_it =
            text.get(at..key_end).and_then(|key| serde_json::from_str::<String>(key).ok()).as_deref() == Some(name);
        if is_it && value < bytes.len() {
            found = Some(value);
        }
        at = skip_space(bytes, value_end(bytes, value));
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at = skip_space(bytes, at + 1);
    }
    found
}

/// Where the element `index` of the array at `start` begins.
fn element(bytes: &[u8], start: usize, index: usize) -> Option<usize> {
    let mut at = skip_space(bytes, start + 1);
    for _ in 0..index {
        at = skip_space(bytes, value_end(bytes, at));
        if bytes.get(at) != Some(&b',') {
            return None;
        }
        at = skip_space(bytes, at + 1);
    }
    bytes.get(at).filter(|byte| **byte != b']').map(|_| at)
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let space = bytes.iter().skip(from).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    (from + space).min(bytes.len())
}

/// Behind the closing quote of the string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Behind the value that begins at `start`. Without recursion: depth is a number, however deep the text is.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            _ => {
                let scalar = |byte: &&u8| {
                    !matches!(byte, b',' | b':' | b'{' | b'[' | b'}' | b']' | b'"' | b' ' | b'\t' | b'\n' | b'\r')
                };
                at += bytes[at..].iter().take_while(scalar).count();
            }
        }
        if depth == 0 {
            return at.min(bytes.len());
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_found_in_the_text() {
        for (case, text, pointer, expected) in [
            ("the whole", r#" {"a":1} "#, "", r#"{"a":1}"#),
            ("a member", r#"{"a":1,"b":[2]}"#, "/b", "[2]"),
            ("a member of a member", r#"{"a":{"b":{"c":"x"}}}"#, "/a/b/c", r#""x""#),
            ("an element", "[10, 20, 30]", "/1", "20"),
            ("arrays in arrays", "[[1,[2,3]],[4,[5,{\"a\":6}]]]", "/1/1/1/a", "6"),
            ("brackets in strings", r#"{"x":"]},{[","y":"\"}","z":7}"#, "/z", "7"),
            ("a key with escapes", r#"{"a\u0062\"c":1}"#, "/ab\"c", "1"),
            ("a key with / and ~", r#"{"a/b":{"m~n":8}}"#, "/a~1b/m~0n", "8"),
            ("the empty key", r#"{"":9}"#, "/", "9"),
            ("the last of two members", r#"{"a":1,"a":{"b":2},"c":3}"#, "/a/b", "2"),
            ("letters of more than a byte", r#"{"é":"日本","ö":"ü"}"#, "/ö", r#""ü""#),
            ("space everywhere", "{ \"a\" :\n [ true ,\tnull ] }", "/a/1", "null"),
            ("a member that is not there", r#"{"a":{"b":1}}"#, "/a/c", r#"{"b":1}"#),
            ("an element that is not there", r#"{"a":[1]}"#, "/a/1", "[1]"),
            ("nothing in an empty array", r#"{"a":[]}"#, "/a/0", "[]"),
            ("beyond a number", r#"{"a":1}"#, "/a/b/c", "1"),
            ("an index that is no number", "[1]", "/x", "[1]"),
        ] {
            assert_eq!(&text[place_of(text, pointer)], expected, "{case}");
        }
    }

    #[test]
    fn text_that_is_no_json_gives_some_range() {
        for text in
            ["", "{", "{\"a\"", "{\"a\":", "{\"a\":1,,}", "[1,", "\"\\", "}", "{\"a\":}", "{\"a\" \"b\"}", ":", "[[["]
        {
            for pointer in ["", "/a", "/0", "/a/0/b"] {
                assert!(text.get(place_of(text, pointer)).is_some(), "{text} {pointer}");
            }
        }
        let deep = "[".repeat(200_000);
        assert_eq!(place_of(&deep, "/0/0"), 2..200_000);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let text = "{\n  \"a\": {\n    \"b\": 1\n  }\n}";
        assert_eq!(line_of(text, place_of(text, "/a/b").start), 3);
        assert_eq!(line_of(text, place_of(text, "/a/missing").start), 2);
        assert_eq!(line_of("", 0), 1);
    }
}
