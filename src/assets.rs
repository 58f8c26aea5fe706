//! The site's files: embedded in a release, read from disk in a debug build.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "target/site"]
struct Site;

/// What a file may be compressed with beside the plain one, best first: the coding, and how its name then ends.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The file at `path`, in the smallest form that the client reads; `None` when there is none.
pub(crate) fn find(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.strip_prefix('/')?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compressed = CODINGS
        .into_iter()
        .filter(|(coding, _)| accepts(accepted, coding))
        .find_map(|(coding, ending)| Some((Site::get(&format!("{path}{ending}"))?, Some(coding))));
    let (file, coding) = match compressed {
        Some(found) => found,
        None => (Site::get(path)?, None),
    };
    Some(answer(path, file, coding, headers))
}

fn answer(path: &str, file: EmbeddedFile, coding: Option<&'static str>, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..8]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| matches_tag(known, &tag));
    let body = match file.data {
        _ if is_known => Body::empty(),
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let headers = response.headers_mut();
    // The names stay the same from version to version, so browsers ask each time; mostly they hear 304.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CONTENT_TYPE, content_type(path));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn content_type(path: &str) -> HeaderValue {
    let kind = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
    // Text without a charset is read as whatever the browser's language suggests.
    if kind.starts_with("text/") {
        return HeaderValue::try_from(format!("{kind}; charset=utf-8")).unwrap_or(HeaderValue::from_static(kind));
    }
    HeaderValue::from_static(kind)
}

/// Whether `Accept-Encoding` lets the answer be coded so.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
        name.trim().eq_ignore_ascii_case(coding) && weight > 0.0_f32
    })
}

/// Whether `If-None-Match` names `tag`.
fn matches_tag(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_used_only_when_it_is_accepted() {
        for (accepted, brotli, gzip) in [
            ("", false, false),
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP;q=1.0, br;q=0", false, true),
            ("br; q=0.5", true, false),
            ("brotli, xgzip", false, false),
        ] {
            assert_eq!((accepts(accepted, "br"), accepts(accepted, "gzip")), (brotli, gzip), "{accepted}");
        }
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        for (known, matches) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(matches_tag(known, "\"a\""), matches, "{known}");
        }
    }

    #[test]
    fn types_are_those_that_browsers_insist_on() {
        for (path, kind) in [
            ("pkg/hookyard.wasm", "application/wasm"),
            ("pkg/hookyard.js", "text/javascript; charset=utf-8"),
            ("pkg/hookyard.css", "text/css; charset=utf-8"),
            ("favicon.svg", "image/svg+xml"),
            ("unknown", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), kind, "{path}");
        }
    }

    #[test]
    fn nothing_outside_the_site_is_found() {
        for path in ["/../Cargo.toml", "/../../Cargo.toml", "//etc/passwd", "/..%2fCargo.toml", "/", ""] {
            assert!(find(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
