//! The dashboard's server side: pages, server functions, sessions, and what guards them.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use hookyard_app::{App, server::is_signed_in, shell};
use hookyard_engine::SessionStore;
use hookyard_model::service::Hookyard;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_to_stream_with_context};
use time::{Duration, OffsetDateTime};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};

use crate::{
    assets,
    receive::{Interrupted, Received, receive},
};

/// How long somebody who does nothing stays signed in.
const INACTIVITY: Duration = Duration::days(7);

/// How large a form may be.
const FORM_LIMIT: usize = 2 << 20;

/// Pages, server functions and files, with `live` beside them, each behind the session and the guard.
pub(crate) fn router(hookyard: Arc<dyn Hookyard>, store: SessionStore, public_url: &str, live: Router) -> Router {
    let sessions = SessionManagerLayer::new(store)
        .with_name("hookyard_session")
        .with_secure(public_url.starts_with("https:"))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(INACTIVITY));
    let options = LeptosOptions::builder().output_name("hookyard").build();
    let context = move || {
        provide_context(Arc::clone(&hookyard));
        content_security_policy();
    };
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let missing = render_app_to_stream_with_context(context.clone(), page.clone());
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), context, page)
        .fallback(move |request: Request| async move {
            match file_or_missing(&request) {
                Some(response) => response,
                None => (StatusCode::NOT_FOUND, missing(request).await).into_response(),
            }
        })
        .with_state(options)
        .merge(live)
        .layer(from_fn(stay_signed_in))
        .layer(sessions)
        .layer(from_fn(guard))
}

/// A file of the site, or that there is none; `None` when a person asks, who gets a page that says so.
fn file_or_missing(request: &Request) -> Option<Response> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(file) = assets::find(request.uri().path(), request.headers()).filter(|_| is_read) {
        return Some(file);
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_person = is_read && accept.contains("text/html");
    (!is_person).then(|| (StatusCode::NOT_FOUND, "there is nothing here\n").into_response())
}

/// Scripts: our own files, the nonce that Leptos puts on its inline ones, and WebAssembly.
fn content_security_policy() {
    let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; \
         base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Refuses what another site sent and what is too large, and sends no answer without its protections.
async fn guard(request: Request, next: Next) -> Response {
    if !is_same_origin(request.method(), request.headers()) {
        return (StatusCode::FORBIDDEN, "this came from another site\n").into_response();
    }
    let mut response = match whole(request).await {
        Ok(request) => next.run(request).await,
        Err(status) => status.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    ));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The request with its whole body: server functions read without any limit.
async fn whole(request: Request) -> Result<Request, StatusCode> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    let (head, mut body) = request.into_parts();
    match receive(&head.extensions, &mut body, FORM_LIMIT).await {
        Ok(Received { too_large: true, .. }) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Received { bytes, too_large: false, .. }) => Ok(Request::from_parts(head, Body::from(bytes))),
        Err(Interrupted::NoRoom) => Err(StatusCode::SERVICE_UNAVAILABLE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Whether a request may change something: server functions check no origin themselves.
fn is_same_origin(method: &Method, headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || match (header("sec-fetch-site"), header("origin")) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) == header("host"),
            // Not a browser, and so nobody's session but its own.
            (None, None) => true,
        }
}

/// Puts the end of the session off by a page a day: only a session that changes gets a new end.
async fn stay_signed_in(session: Session, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) && is_signed_in(&session).await {
        #[expect(
            clippy::disallowed_methods,
            reason = "the session store's clock is not at hand; a day more or less is one"
        )]
        let today = OffsetDateTime::now_utc().to_julian_day();
        if let Err(error) = session.insert("last_seen", today).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a session could not be prolonged");
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_change_anything() {
        for (case, method, headers, is_allowed) in [
            ("a link from elsewhere", Method::GET, &[("sec-fetch-site", "cross-site")][..], true),
            ("our own form", Method::POST, &[("sec-fetch-site", "same-origin")], true),
            ("another site's form", Method::POST, &[("sec-fetch-site", "cross-site")], false),
            ("a sister site's form", Method::POST, &[("sec-fetch-site", "same-site")], false),
            ("an older browser", Method::POST, &[("origin", "https://a.b:1"), ("host", "a.b:1")], true),
            ("an older browser elsewhere", Method::POST, &[("origin", "https://c"), ("host", "a.b:1")], false),
            ("a form without an origin", Method::POST, &[("origin", "null"), ("host", "a.b:1")], false),
            ("no browser", Method::DELETE, &[("host", "a.b:1")], true),
        ] {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(is_same_origin(&method, &headers), is_allowed, "{case}");
        }
    }
}
