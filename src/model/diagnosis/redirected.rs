//! Answers that lead elsewhere.

use url::Url;

use super::{
    Diagnosis,
    seen::{Seen, shortened},
};

/// How a redirect's goal differs from what was asked.
enum Goal {
    Secure,
    Slash,
    Host,
    Login,
    Other,
}

pub(super) fn redirected(seen: &Seen<'_>, status: u16) -> Diagnosis {
    const NOT_FOLLOWED: &str =
        "Deliveries do not follow redirects: what was sent to one address must not end up at another";
    let Some(location) = seen.header("location") else {
        return Diagnosis::new(
            "It redirects, and does not say where to",
            format!("The receiver answered {status} without a Location header. {NOT_FOLLOWED}, so this is a failure."),
        )
        .seen(seen.asked())
        .step("Let the endpoint answer 2xx itself.")
        .step("Look for a proxy or a framework's rule that redirects requests without a session or without https.");
    };
    let goal = seen.url.as_ref().and_then(|url| url.join(location).ok());
    let shown = shortened(goal.as_ref().map_or(location, Url::as_str), 400);
    let kind = match (&seen.url, &goal) {
        (Some(url), Some(goal)) => difference(url, goal),
        _ => Goal::Other,
    };
    let lasting = matches!(status, 301 | 308);
    let (title, step) = match kind {
        Goal::Secure => ("It redirects from http to https", format!("Change the URL to {shown}.")),
        Goal::Slash => (
            "It redirects for a slash at the end of the path",
            format!("Change the URL to {shown}, exactly: to this server the slash makes another address."),
        ),
        Goal::Host => ("It redirects to another host", format!("If you know that host, change the URL to {shown}.")),
        Goal::Login => (
            "It redirects to a login page",
            "Let requests to this path pass without a session: the signature is what proves where they come from."
                .to_owned(),
        ),
        Goal::Other => {
            ("It redirects to another address", format!("If you know that address, change the URL to {shown}."))
        }
    };
    Diagnosis::new(title, format!("The receiver answered {status} and points elsewhere. {NOT_FOLLOWED}."))
        .seen(format!("the redirect leads to {shown}"))
        .seen(seen.asked())
        .step(step)
        .step_if(
            !lasting && !matches!(kind, Goal::Login),
            format!(
                "{status} is a redirect for the time being: look at why the receiver sends one now, such as a \
                login or a maintenance page."
            ),
        )
        .step("Or let the receiver answer 2xx at the address it has.")
}

fn difference(from: &Url, to: &Url) -> Goal {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    let same_host = from.host_str() == to.host_str();
    let login = ["login", "signin", "sign-in", "sign_in", "sso", "oauth", "authorize"];
    let lower = to.path().to_ascii_lowercase();
    if login.iter().any(|word| lower.split(['/', '.']).any(|part| part.starts_with(word))) {
        Goal::Login
    } else if same_host && from.scheme() == "http" && to.scheme() == "https" {
        Goal::Secure
    } else if same_host && path(from) == path(to) && from.path() != to.path() {
        Goal::Slash
    } else if !same_host {
        Goal::Host
    } else {
        Goal::Other
    }
}
