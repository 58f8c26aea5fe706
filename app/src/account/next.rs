//! Where to go after signing in.

/// Where people land who came for nothing else.
pub(crate) const HOME: &str = "/overview";

/// `path` when it leads to a page of ours, else [`HOME`]: nobody shall be led away by a link to the sign-in page.
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server leads on"))]
pub(crate) fn local_or_home(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(|c: char| c == '\\' || c.is_control() || !c.is_ascii())
        && !["/api/", "/sign-in", "/setup"].iter().any(|start| path.starts_with(start));
    if is_local && path != "/" { path } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to() {
        for path in ["/events", "/webhooks/des_1?status=FAILED"] {
            assert_eq!(local_or_home(path), path);
        }
        for path in [
            "",
            "/",
            "events",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/api/sign_out",
            "/sign-in",
            "javascript:alert(1)",
        ] {
            assert_eq!(local_or_home(path), HOME, "{path}");
        }
    }
}
