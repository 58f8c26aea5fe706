//! The dashboard: pages that the server renders and the browser takes over.
//!
//! Pages stand in a folder a noun: `server` has the server functions (who asks, one call, no rule), the other files the
//! page and its parts. `ui` holds small parts, `layout` what is around every page.

#![expect(
    clippy::needless_pass_by_value,
    clippy::large_types_passed_by_value,
    reason = "a component owns what it is given"
)]
#![expect(unreachable_pub, reason = "Leptos' macro gives a component's function a `pub` of its own")]

mod account;
mod again;
mod alerts;
mod attempt;
mod bulk;
mod catalogue;
mod connection;
mod destination;
mod developer;
mod event;
mod failure;
mod gallery;
mod issue;
mod layout;
mod live;
mod overview;
mod recovery;
mod request;
mod routes;
mod rule;
#[cfg(feature = "ssr")]
pub mod server;
mod settings;
mod source;
mod trace;
mod transformation;
mod typed;
mod ui;
mod verify;
mod webhook;

pub use failure::Failure;
pub use routes::App;

#[cfg(feature = "ssr")]
pub use layout::shell;

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    // From here on handlers are attached; browser tests wait for this mark.
    if let Some(body) = leptos::prelude::document().body() {
        drop(body.set_attribute("data-hydrated", "true"));
    }
}
