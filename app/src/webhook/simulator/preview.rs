//! What will be sent, before it is.

use std::{ops::Range, time::Duration};

use hookyard_model::{DestinationId, FieldError, Headers, SimulationPreview};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{draft::Draft, server::preview_simulation};
use crate::{
    failure::Failure,
    ui::{CopyButton, FailureNotice, Visible, place_of},
};

/// How long typing has to rest before the server is asked.
const REST: Duration = Duration::from_millis(300);

/// So much of a body is shown; copying takes all of it.
const SHOWN: usize = 20_000;

/// The last answer of the server about what is being composed.
#[derive(Clone, Copy)]
pub(super) struct Previewed {
    answer: RwSignal<Option<Result<SimulationPreview, Failure>>>,
    exact: RwSignal<bool>,
}

impl Previewed {
    /// Asks the server whenever the draft has changed and rested.
    pub(super) fn of(id: DestinationId, draft: Draft) -> Self {
        let previewed = Self { answer: RwSignal::new(None), exact: RwSignal::new(false) };
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let asked = StoredValue::new(0_u32);
        let stop = move || {
            timer.try_update_value(|timer| timer.take().inspect(TimeoutHandle::clear));
        };
        let ask = move || {
            let (Some(simulation), Some(())) = (draft.simulation(None), asked.try_update_value(|asked| *asked += 1))
            else {
                return;
            };
            let (this, exact) = (asked.get_value(), simulation.exact);
            spawn_local(async move {
                let answer = preview_simulation(id, simulation).await;
                // The page may be gone, and a later question may be under way or answered.
                if asked.try_get_value() == Some(this) {
                    previewed.exact.try_set(exact);
                    previewed.answer.try_set(Some(answer));
                }
            });
        };
        Effect::new(move |_| {
            draft.kind.track();
            draft.payload.track();
            draft.exact.track();
            stop();
            timer.set_value(set_timeout_with_handle(ask, REST).ok());
        });
        on_cleanup(stop);
        previewed
    }

    pub(super) fn warnings(self) -> Vec<FieldError> {
        self.answer.with(|answer| match answer {
            Some(Ok(preview)) => preview.warnings.clone(),
            _ => Vec::new(),
        })
    }
}

/// What is sent if it is sent now. The last one stands until the next is there.
#[component]
pub(super) fn Preview(previewed: Previewed) -> impl IntoView {
    let failure = move || previewed.answer.get().and_then(Result::err);
    let last = Memo::new(move |before: Option<&Option<(SimulationPreview, bool)>>| {
        let now = previewed.answer.get().and_then(Result::ok).map(|preview| (preview, previewed.exact.get_untracked()));
        now.or_else(|| before.cloned().flatten())
    });
    let body = move || last.get().map(|(preview, exact)| view! { <Exchange preview exact/> });
    view! {
        <section class="preview" aria-labelledby="preview-title">
            <h3 id="preview-title">"Preview"</h3>
            <p class="aside">"As it would be sent now. What is " <mark>"marked"</mark> " is made anew when it is sent."</p>
            <FailureNotice failure=Signal::derive(failure)/>
            {move || body().map_or_else(|| view! { <div class="preview-space"></div> }.into_any(), IntoAny::into_any)}
        </section>
    }
}

#[component]
fn Exchange(preview: SimulationPreview, exact: bool) -> impl IntoView {
    let SimulationPreview { method, url, headers, body, signature_base, .. } = preview;
    let id = headers.find("webhook-id").unwrap_or_default().to_owned();
    let keeps_id = exact && body.get(place_of(&body, "/id")) == Some(format!("\"{id}\"").as_str());
    let in_body = made_anew(&body, exact);
    let is_anew = move |name: &str| match name {
        "webhook-id" => !keeps_id,
        name => ["webhook-timestamp", "webhook-signature", "hookyard-event-id", "hookyard-request-id"].contains(&name),
    };
    // The id and the timestamp stand before the body, each with its dot.
    let before_body = signature_base.len().saturating_sub(body.len());
    let timestamp = (id.len() + 1)..before_body.saturating_sub(1);
    let own = (!keeps_id).then_some(0..id.len()).into_iter().chain([timestamp]);
    let in_base = own.chain(in_body.iter().map(|range| range.start + before_body..range.end + before_body)).collect();
    view! {
        <p class="line"><b>{method}</b>" "{match url {
            Some(url) => view! { <Visible text=url/> }.into_any(),
            None => "Built-in receiver".into_any(),
        }}</p>
        <HeaderLines headers is_anew/>
        <Marked title="Body" what="previewed body" text=body ranges=in_body/>
        <Marked title="Signed text" what="signed text" text=signature_base ranges=in_base/>
    }
}

#[component]
fn HeaderLines(headers: Headers, is_anew: impl Fn(&str) -> bool + 'static) -> impl IntoView {
    let text = headers.0.iter().fold(String::new(), |text, (name, value)| text + name + ": " + value + "\n");
    let row = |(name, value): (String, String)| {
        let value = if is_anew(&name) {
            view! { <mark><Visible text=value/></mark> }.into_any()
        } else {
            view! { <Visible text=value/> }.into_any()
        };
        view! { <tr><th scope="row"><Visible text=name/></th><td>{value}</td></tr> }
    };
    view! {
        <figure class="viewer">
            <figcaption><span>"Headers"</span><CopyButton text what="previewed headers"/></figcaption>
            <table class="headers" aria-label="Previewed headers"><tbody>{headers.0.into_iter().map(row).collect_view()}</tbody></table>
        </figure>
    }
}

/// A text as it is, with what is made anew marked.
#[component]
fn Marked(title: &'static str, what: &'static str, text: String, ranges: Vec<Range<usize>>) -> impl IntoView {
    let size = match text.len() {
        1 => "1 byte".to_owned(),
        length => format!("{length} bytes"),
    };
    let shown = &text[..text.floor_char_boundary(SHOWN)];
    let left_out = text.len() - shown.len();
    let pieces = pieces(shown, &ranges)
        .into_iter()
        .map(|(is_marked, piece)| {
            if is_marked {
                view! { <mark><Visible text=piece/></mark> }.into_any()
            } else {
                view! { <Visible text=piece/> }.into_any()
            }
        })
        .collect_view();
    view! {
        <figure class="viewer">
            <figcaption><span>{title}" · "{size}</span><CopyButton text=text.clone() what/></figcaption>
            <pre class="code wrap" tabindex="0" role="group" aria-label=what>{pieces}</pre>
            {(left_out > 0).then(|| view! { <p class="aside">{left_out}" bytes more; Copy takes all of them."</p> })}
        </figure>
    }
}

/// Where in a body stands what the server fills in when it sends.
fn made_anew(body: &str, exact: bool) -> Vec<Range<usize>> {
    if exact {
        return Vec::new();
    }
    let found = ["/date", "/id"].into_iter().map(|pointer| place_of(body, pointer));
    // Where there is none, the place is the object around it.
    found.filter(|range| body[range.clone()].starts_with('"')).collect()
}

/// `text` cut at the ranges, which are in order: each piece, and whether it lies in one of them.
fn pieces<'a>(text: &'a str, ranges: &[Range<usize>]) -> Vec<(bool, &'a str)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for range in ranges {
        let (start, end) = (range.start.clamp(at, text.len()), range.end.clamp(at, text.len()));
        pieces.extend([(false, text.get(at..start)), (true, text.get(start..end))]);
        at = end;
    }
    pieces.push((false, text.get(at..)));
    pieces
        .into_iter()
        .filter_map(|(is_marked, piece)| Some((is_marked, piece.filter(|piece| !piece.is_empty())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_marked() {
        let body = r#"{"api_mode":"test","date":"D","id":"I","type":"t","data":{"id":"x"}}"#;
        let marked: Vec<_> = pieces(body, &made_anew(body, false));
        assert_eq!(
            marked.iter().filter(|(is_marked, _)| *is_marked).map(|(_, piece)| *piece).collect::<Vec<_>>(),
            ["\"D\"", "\"I\""]
        );
        assert_eq!(marked.iter().map(|(_, piece)| *piece).collect::<String>(), body);
        assert!(made_anew(body, true).is_empty());
        assert!(made_anew(r#"{"data":{}}"#, false).is_empty());
        assert_eq!(pieces("abc", &[1..2, 5..9]), [(false, "a"), (true, "b"), (false, "c")]);
        assert_eq!(pieces("", &[]), []);
    }
}
