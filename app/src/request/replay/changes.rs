//! What differs between a request and its replay.

use hookyard_model::Payload;
use leptos::prelude::*;

use crate::{
    attempt::{BodyDifference, HeaderDifferences},
    ui::Visible,
};

/// Each part that differs, what was and what is.
#[component]
pub(super) fn Differing(before: Payload, after: Payload) -> impl IntoView {
    let line = |what: &'static str, was: String, is: String| {
        let text = |text: String| if text.is_empty() { "(none)".to_owned() } else { text };
        (was != is).then(|| {
            view! {
                <h3>{what}</h3>
                <p class="line"><del><Visible text=text(was)/></del>" → "<ins><Visible text=text(is)/></ins></p>
            }
        })
    };
    let has_headers = before.headers != after.headers;
    let has_body = before.raw != after.raw;
    if before.method == after.method
        && before.path == after.path
        && before.query == after.query
        && !has_headers
        && !has_body
    {
        return view! { <p class="nothing">"Nothing differs: it would be replayed exactly as it came."</p> }.into_any();
    }
    view! {
        {line("Method", before.method, after.method)}
        {line("Path", before.path, after.path)}
        {line("Query", before.query, after.query)}
        {has_headers.then(|| view! {
            <h3>"Headers, before and after"</h3>
            <HeaderDifferences left=before.headers right=after.headers/>
        })}
        {has_body.then(|| view! {
            <h3>"Body, before and after"</h3>
            <BodyDifference left=Some(before.raw) right=Some(after.raw)/>
        })}
    }
    .into_any()
}
