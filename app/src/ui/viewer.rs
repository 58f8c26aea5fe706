//! Bodies and headers as they were sent and received, safe to look at.

use hookyard_model::{Body, BodyEncoding, Headers};
use leptos::prelude::*;

use super::{CopyButton, Visible, code::coloured, json::pretty};

/// So much of a body is shown at first.
const SHOWN_AT_FIRST: usize = 200_000;

/// A body: laid out and coloured where it is JSON, with a switch to the exact text; always as text, never as markup.
#[component]
pub(crate) fn BodyViewer(
    body: Body,
    /// Names it for those who do not see, such as "request body".
    what: &'static str,
    /// Whether more was there than was kept.
    #[prop(optional)]
    truncated: bool,
) -> impl IntoView {
    if body.text.is_empty() {
        return view! { <p class="nothing">"No body"</p> }.into_any();
    }
    let size = bytes(body.size());
    let is_text = body.encoding == BodyEncoding::Utf8;
    let laid_out = is_text.then(|| pretty(&body.text)).flatten();
    let is_json = laid_out.is_some();
    let kind = match (is_json, is_text) {
        (true, _) => "JSON",
        (false, true) => "Text",
        (false, false) => "Not text: shown as base64",
    };
    let is_raw = RwSignal::new(false);
    let shows_all = RwSignal::new(false);
    let raw = StoredValue::new(body.text);
    let laid_out = StoredValue::new(laid_out);
    let is_long = raw.with_value(String::len) > SHOWN_AT_FIRST;
    let text = move || {
        let show = |text: &str| {
            let end = if shows_all.get() { text.len() } else { text.floor_char_boundary(SHOWN_AT_FIRST) };
            coloured(&text[..end], is_json)
        };
        match laid_out.get_value().filter(|_| !is_raw.get()) {
            Some(laid_out) => show(&laid_out),
            None => raw.with_value(|raw| show(raw)),
        }
    };
    view! {
        <figure class="viewer">
            <figcaption>
                <span>{kind}" · "{size}{truncated.then_some(" · cut off")}</span>
                {is_json.then(|| view! {
                    <button
                        type="button"
                        class="button quiet small"
                        aria-pressed=move || is_raw.get().to_string()
                        on:click=move |_| is_raw.update(|raw| *raw = !*raw)
                    >"Raw"</button>
                })}
                <CopyButton text=Signal::derive(move || raw.get_value()) what/>
            </figcaption>
            <pre class="code" tabindex="0" role="group" aria-label=what class:wrap=move || is_raw.get() || !is_json>{text}</pre>
            <Show when=move || is_long && !shows_all.get()>
                <button type="button" class="button small" on:click=move |_| shows_all.set(true)>"Show all of it"</button>
            </Show>
        </figure>
    }
    .into_any()
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
