//! Bodies and headers as they were sent and received, safe to look at.

use hookyard_model::{Body, BodyEncoding, Headers};
use leptos::prelude::*;

use super::{
    CopyButton, Icon, Shape, Visible,
    code::coloured,
    hex::dump,
    json::{is_json, laid_out},
};

/// So many bytes of a body are shown at first, and so many times as many after each wish for more.
const SHOWN_AT_FIRST: usize = 50_000;
const MORE: usize = 4;

/// More than this makes a page slow: who needs all of it takes the file.
const SHOWN_AT_MOST: usize = SHOWN_AT_FIRST * MORE * MORE * MORE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Laid out and coloured, where it is JSON.
    Pretty,
    /// The text as it is.
    Raw,
    /// Each byte.
    Hex,
}

/// A body: laid out and coloured where it is JSON, as its exact text, or byte by byte; always as text, never as markup.
#[component]
pub(crate) fn BodyViewer(
    body: Body,
    /// Names it for those who do not see, such as "request body".
    what: &'static str,
    /// Whether more was there than was kept.
    #[prop(optional)]
    truncated: bool,
    /// Where its exact bytes are to be had as a file.
    #[prop(optional, into)]
    download: Option<String>,
) -> impl IntoView {
    if body.text.is_empty() {
        return view! { <p class="nothing">"No body"</p> }.into_any();
    }
    let size = body.size();
    let is_text = body.encoding == BodyEncoding::Utf8;
    let is_json = is_text && is_json(&body.text);
    let kind = match (is_json, is_text) {
        (true, _) => "JSON",
        (false, true) => "Text",
        (false, false) => "Not text: shown byte by byte, copied as base64",
    };
    let usual = match (is_json, is_text) {
        (true, _) => Way::Pretty,
        (false, true) => Way::Raw,
        (false, false) => Way::Hex,
    };
    let way = RwSignal::new(usual);
    let limit = RwSignal::new(SHOWN_AT_FIRST);
    let body = StoredValue::new(body);
    let shown = Memo::new(move |_| body.with_value(|body| part(body, way.get(), limit.get())));
    let switch = move |to: Way, word: &'static str| {
        view! {
            <button
                type="button"
                class="button quiet small"
                aria-pressed=move || (way.get() == to).to_string()
                on:click=move |_| way.update(|way| *way = if *way == to { usual } else { to })
            >{word}</button>
        }
    };
    let is_more = move || shown.with(|(_, is_all)| !is_all);
    view! {
        <figure class="viewer">
            <figcaption>
                <span>{kind}" · "{bytes(size)}{truncated.then_some(" · cut off")}</span>
                {is_json.then(|| switch(Way::Raw, "Raw"))}
                {is_text.then(|| switch(Way::Hex, "Hex"))}
                <CopyButton text=Signal::derive(move || body.with_value(|body| body.text.clone())) what/>
                {download.map(|path| view! {
                    <a class="button quiet small" href=path download="" aria-label=format!("Download {what}")>
                        <Icon shape=Shape::Request/>"Download"
                    </a>
                })}
            </figcaption>
            <pre
                class="code"
                class:wrap=move || way.get() == Way::Raw
                class:hex=move || way.get() == Way::Hex
                tabindex="0"
                role="group"
                aria-label=what
            >{move || shown.with(|(text, _)| coloured(text, way.get() == Way::Pretty))}</pre>
            <Show when=is_more>
                <p class="more row">
                    <span>"Only the beginning is shown."</span>
                    <Show when=move || limit.get() < SHOWN_AT_MOST>
                        <button type="button" class="button small" on:click=move |_| limit.update(|limit| *limit *= MORE)>
                            "Show more"
                        </button>
                    </Show>
                </p>
            </Show>
        </figure>
    }
    .into_any()
}

/// A body as one reads it: JSON laid out, text as it is, and otherwise its bytes; and whether that is all of it.
pub(crate) fn readable(body: &Body, limit: usize) -> (String, bool) {
    let way = match body.encoding {
        BodyEncoding::Utf8 if is_json(&body.text) => Way::Pretty,
        BodyEncoding::Utf8 => Way::Raw,
        BodyEncoding::Base64 => Way::Hex,
    };
    part(body, way, limit)
}

/// What is shown of a body, and whether that is all of it.
fn part(body: &Body, way: Way, limit: usize) -> (String, bool) {
    match way {
        Way::Pretty => laid_out(&body.text, limit),
        Way::Raw => {
            let end = body.text.floor_char_boundary(limit);
            (body.text[..end].to_owned(), end == body.text.len())
        }
        Way::Hex => {
            // A byte makes five letters.
            let bytes = body.to_bytes();
            let end = bytes.len().min(limit / 5);
            (dump(&bytes[..end]), end == bytes.len())
        }
    }
}

/// Headers, as they stood.
#[component]
pub(crate) fn HeaderTable(headers: Headers, what: &'static str) -> impl IntoView {
    if headers.0.is_empty() {
        return view! { <p class="nothing">"No headers"</p> }.into_any();
    }
    let row = |(name, value): (String, String)| {
        view! { <tr><th scope="row"><Visible text=name/></th><td><Visible text=value/></td></tr> }
    };
    view! {
        <table class="headers" aria-label=what>
            <tbody>{headers.0.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// A number of bytes for people.
pub(crate) fn bytes(count: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let size = count as f64;
    match count {
        1 => "1 byte".to_owned(),
        0..1000 => format!("{count} bytes"),
        1000..1_000_000 => format!("{:.1} kB", size / 1e3),
        _ => format!("{:.1} MB", size / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        assert_eq!([0, 1, 999, 1500, 2_500_000].map(bytes), ["0 bytes", "1 byte", "999 bytes", "1.5 kB", "2.5 MB"]);
    }
}
