//! An attempt as a command for a shell: the same request once more.

use std::fmt::Write as _;

use hookyard_model::{Attempt, Body, BodyEncoding, Headers, REDACTED};
use leptos::prelude::*;

use crate::ui::{CopyButton, Visible, is_plain};

/// Up to so many bytes a body stands in the command itself; shells take no arguments that are much longer.
const INLINE_AT_MOST: usize = 100_000;

/// A header that curl makes from the rest of the command.
const MADE_BY_CURL: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// A header that curl adds where it is not told otherwise.
const ADDED_BY_CURL: [&str; 3] = ["accept", "content-type", "user-agent"];

/// A command that sends the attempt's request again, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Curl {
    pub(crate) command: String,
    /// Where the body is too large to stand in the command: the file that it reads.
    pub(crate) file: Option<String>,
}

/// The command for a POSIX shell; none where nothing was sent over HTTP, or the bytes are not known.
pub(super) fn curl(attempt: &Attempt) -> Option<Curl> {
    let url = attempt.requested_url.as_deref()?;
    let body = attempt.request_bytes()?;
    Some(command((&attempt.http_method, url), &attempt.request_headers, &body, file_name(attempt, "request")))
}

/// The command that sends this; `file` is what the body's file is called where it is too large to stand in the command.
pub(crate) fn command((method, url): (&str, &str), headers: &Headers, body: &Body, file: String) -> Curl {
    let name = file;
    let mut lines = vec![format!("curl --request {} {}", quoted(method), quoted(url))];
    lines.push("--globoff --path-as-is".to_owned());
    for (name, value) in &headers.0 {
        if !MADE_BY_CURL.contains(&name.as_str()) {
            // A name with a colon and nothing after it would take the header away.
            let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            lines.push(format!("--header {}", quoted(&header)));
        }
    }
    for name in ADDED_BY_CURL {
        if headers.find(name).is_none() {
            lines.push(format!("--header '{name}:'"));
        }
    }
    let size = body.size();
    let mut before = String::new();
    let mut file = None;
    if size > INLINE_AT_MOST {
        lines.push(format!("--data-binary {}", quoted(&format!("@{name}"))));
        file = Some(name);
    } else if size > 0 && body.encoding == BodyEncoding::Utf8 && is_plain(&body.text) {
        lines.push(format!("--data-raw {}", quoted(&body.text)));
    } else if size > 0 {
        before = format!("printf %s '{}' | base64 --decode | ", body.to_base64());
        lines.push("--data-binary @-".to_owned());
    }
    Curl { command: format!("{before}{}", lines.join(" \\\n  ")), file }
}

/// How a downloaded body is named.
pub(super) fn file_name(attempt: &Attempt, which: &str) -> String {
    format!("{}-{which}-body", attempt.id)
}

/// `text` as one word of a POSIX shell. What a terminal would act on, or not show, stands as its code.
fn quoted(text: &str) -> String {
    if is_plain(text) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let coded = text.bytes().fold(String::new(), |mut coded, byte| {
        match byte {
            b'%' => coded.push_str("%%"),
            b'"' | b'$' | b'`' | b'\\' | b'\'' | b'!' | 0..=0x1f | 0x7f.. => {
                let _ = write!(coded, "\\{byte:03o}");
            }
            _ => coded.push(char::from(byte)),
        }
        coded
    });
    format!("\"$(printf '{coded}')\"")
}

/// A command, to copy or to select.
#[component]
pub(crate) fn AsCurl(curl: Curl) -> impl IntoView {
    let Curl { command, file } = curl;
    let hides_secret = command.contains(REDACTED);
    view! {
        <div class="curl">
            <CopyButton text=command.clone() what="curl command" verb="Copy as curl"/>
            <details>
                <summary>"Show the command"</summary>
                {file.map(|file| view! {
                    <p class="aside">"The body is too large for a command line: download it to a file named "<code>{file}</code>" first."</p>
                })}
                {hides_secret.then(|| view! {
                    <p class="aside">"A header carries a secret that is not kept here: put it in where the dots are."</p>
                })}
                <pre class="code wrap" tabindex="0" role="group" aria-label="curl command"><Visible text=command/></pre>
            </details>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn attempt(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Attempt {
        let body = Body::from_bytes(body);
        let headers = Headers(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        Attempt {
            requested_url: Some(url.to_owned()),
            request_headers: headers,
            request_body_encoding: Some(body.encoding),
            request_body: Some(body.text),
            ..super::super::sample()
        }
    }

    /// What curl would be told: its arguments, and what it reads.
    fn told(command: &str) -> (Vec<String>, Vec<u8>) {
        let stub = "curl() { for word; do printf '%s\\0' \"$word\"; done; printf '\\0--\\0'; \
                    case \"$*\" in *'--data-binary @-') cat;; esac; }\n";
        let run = Command::new("sh").arg("-c").arg(format!("{stub}{command}")).output().unwrap();
        assert!(run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
        let end = run.stdout.windows(5).position(|bytes| bytes == b"\0\0--\0").unwrap();
        let words = run.stdout[..end].split(|byte| *byte == 0);
        let words = words.map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
        (words, run.stdout[end + 5..].to_vec())
    }

    fn after<'a>(words: &'a [String], option: &str) -> Vec<&'a str> {
        words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].as_str()).collect()
    }

    #[test]
    fn a_shell_reads_the_same_words_back() {
        let hostile = "it's $(touch /tmp/x) `id` \\ \"!\" ; & | > * ~ #\n\n@x";
        for (case, body) in [
            ("JSON", r#"{"a":1,"b":"it's"}"#),
            ("what a shell would run", hostile),
            ("what curl would take for a file", "@/etc/passwd"),
            ("lines at the end", "a\n\n"),
            ("quotes alone", "'''"),
            ("other scripts", "日本 é 👩‍💻"),
        ] {
            let url = "https://example.com/a'b/../[c]{d}?q=$x&y=%27";
            let headers = [("x-note", hostile.split('\n').next().unwrap_or_default()), ("x-empty", "")];
            let made = curl(&attempt(url, &headers, body.as_bytes())).unwrap();
            let (words, _) = told(&made.command);
            assert_eq!(&words[..3], ["--request", "POST", url], "{case}");
            assert_eq!(after(&words, "--data-raw"), [body], "{case}");
            let said = after(&words, "--header");
            assert!(said.contains(&"x-empty;") && said.contains(&&*format!("x-note: {}", headers[0].1)), "{said:?}");
        }
    }

    #[test]
    fn what_is_no_plain_text_goes_through_a_pipe() {
        for body in [&b"\x00\xff\xfe binary"[..], b"\x1b[31m\r\n", "\u{202e}gpj.exe".as_bytes(), &[b'\n'; 3]] {
            let made = curl(&attempt("http://a/", &[("x-odd", "caf\u{e9}\u{202e}\u{7}%d\\n'")], body)).unwrap();
            assert!(is_plain(&made.command), "{}", made.command);
            let (words, read) = told(&made.command);
            let raw = after(&words, "--data-raw");
            assert_eq!(if raw.is_empty() { &read[..] } else { raw[0].as_bytes() }, body);
            assert!(after(&words, "--header").contains(&"x-odd: caf\u{e9}\u{202e}\u{7}%d\\n'"), "{words:?}");
        }
    }

    #[test]
    fn what_was_not_sent_is_not_added() {
        let made =
            curl(&attempt("http://a/", &[("content-type", "text/plain"), ("content-length", "9")], b"x")).unwrap();
        let (words, _) = told(&made.command);
        assert_eq!(after(&words, "--header"), ["content-type: text/plain", "accept:", "user-agent:"]);
    }

    #[test]
    fn a_large_body_is_a_file_and_nothing_is_nothing() {
        let made = curl(&attempt("http://a/", &[], &vec![b'x'; 200_000])).unwrap();
        assert!(made.command.len() < 1000 && made.file.is_some(), "{made:?}");
        let empty = curl(&attempt("http://a/", &[], b"")).unwrap();
        assert!(!empty.command.contains("--data"), "{empty:?}");
        let built_in = Attempt { requested_url: None, ..attempt("", &[], b"") };
        assert_eq!(curl(&built_in), None);
    }
}
