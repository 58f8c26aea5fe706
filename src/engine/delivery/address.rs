//! Where an attempt goes: the destination's URL, with what followed the source's where that is forwarded.

use url::Url;

/// What a URL's parser leaves out wherever it stands.
const LEFT_OUT: [char; 3] = ['\t', '\n', '\r'];

/// Puts a path that was forwarded, as it came, after a URL's own. Whatever was sent, it stays below that.
///
/// # Errors
///
/// A sentence, when it would lead out of there.
pub(crate) fn append_path(url: &mut Url, path: &str) -> Result<(), String> {
    if path.is_empty() || path == "/" {
        return Ok(());
    }
    let astray = || Err("the path of the request has a step such as `..`, and is not forwarded".to_owned());
    let path = path.replace(LEFT_OUT, "");
    if path.split(['/', '\\']).any(is_step) {
        return astray();
    }
    let own = url.path().trim_end_matches('/').to_owned();
    // A backslash is a slash to some, and no part of a path to others: what was not one stays none.
    let path = path.strip_prefix('/').unwrap_or(&path).replace('\\', "%5C");
    url.set_path(&format!("{own}/{path}"));
    // Whatever the parser made of it.
    if url.path().strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('/')) { Ok(()) } else { astray() }
}

/// Whether a part of a path is one that is resolved rather than looked up, however it is spelled. What is encoded in it
/// counts as what it stands for, slashes too: receivers differ in when they decode.
fn is_step(part: &str) -> bool {
    let plain = part.to_ascii_lowercase().replace("%25", "%").replace("%2e", ".").replace("%2f", "/");
    let plain = plain.replace("%5c", "/").replace("%09", "").replace("%0a", "").replace("%0d", "");
    // Some look no further than the semicolon.
    plain.split('/').filter_map(|part| part.split(';').next()).any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(base: &str, path: &str) -> Result<String, String> {
        let mut url = Url::parse(base).unwrap();
        append_path(&mut url, path).map(|()| url.to_string())
    }

    #[test]
    fn a_path_goes_after_the_destinations_own() {
        for (base, path, expected) in [
            ("https://a.example/in/acme", "", "https://a.example/in/acme"),
            ("https://a.example/in/acme/", "/", "https://a.example/in/acme/"),
            ("https://a.example/in/acme/", "/orders/1/", "https://a.example/in/acme/orders/1/"),
            ("https://a.example", "/a%2Fb/%41", "https://a.example/a%2Fb/%41"),
            ("https://a.example/in?x=1", "/a?b#c d", "https://a.example/in/a%3Fb%23c%20d?x=1"),
            ("https://a.example/in", "/.well-known/..a/b../...", "https://a.example/in/.well-known/..a/b../..."),
            ("https://a.example/in", "/a\\b", "https://a.example/in/a%5Cb"),
            // As scripts may have it.
            ("https://a.example/in", "orders", "https://a.example/in/orders"),
            ("https://a.example/in", "//b.example/x", "https://a.example/in//b.example/x"),
            ("https://a.example", "//b.example/x", "https://a.example//b.example/x"),
            ("https://a.example", "@b.example", "https://a.example/@b.example"),
        ] {
            assert_eq!(appended(base, path).as_deref(), Ok(expected), "{base} {path}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_destinations_own() {
        for dots in [
            "..",
            ".",
            "%2e%2e",
            "%2E%2e",
            ".%2e",
            "%2E.",
            "%2e",
            "%252e%252E",
            "..%2f",
            "%2e%2e%5cx",
            "..;x",
            ".\t.",
            "%2e\n.",
        ] {
            for path in ["/{}", "/{}/x", "/x/{}", "/x/{}/{}/y", "\\{}\\x", "/x\\{}/y", "{}/x", "{}", "/x/\\{}"] {
                let path = path.replace("{}", dots);
                for base in ["https://a.example/in/acme", "https://a.example/in/acme/", "https://a.example"] {
                    assert!(appended(base, &path).is_err(), "{base} {path:?}");
                }
            }
        }
    }
}
