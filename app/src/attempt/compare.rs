//! Two attempts side by side.

use hookyard_model::{Attempt, AttemptId};
use leptos::prelude::*;

use super::{
    differences::{BodyDifference, HeaderDifferences, Pair},
    query::trigger_word,
    server::read_attempt,
};
use crate::{
    failure::Failure,
    ui::{Here, HttpStatus, Skeleton, Time, Trouble, Visible, attempt_badge, here, milliseconds},
};

/// The two attempts that the URL names by `compare`: separated by a comma, or one after the other as a form gives them.
fn named(here: Here) -> Option<Result<(AttemptId, AttemptId), String>> {
    let text = here.values("compare").join(",");
    let ids: Vec<_> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    match ids[..] {
        [] => None,
        [one, two] => Some(match (one.parse(), two.parse()) {
            (Ok(one), Ok(two)) if one == two => Err("These are one and the same attempt.".to_owned()),
            (Ok(one), Ok(two)) => Ok((one, two)),
            _ => Err("One of these is not the id of an attempt.".to_owned()),
        }),
        _ => Some(Err("Choose two attempts to compare.".to_owned())),
    }
}

/// What differs between two attempts, where the URL asks for it.
#[component]
pub(super) fn Comparison() -> impl IntoView {
    let here = here();
    let asked = Memo::new(move |_| named(here));
    let both = Resource::new(
        move || asked.get().and_then(Result::ok),
        async |pair| match pair {
            Some((one, two)) => Some(both(one, two).await),
            None => None,
        },
    );
    move || {
        asked.get().map(|asked| {
            let content = match asked {
                Err(words) => view! { <p class="mistake" role="alert">{words}</p> }.into_any(),
                Ok(_) => view! {
                    <Transition fallback=|| view! { <Skeleton rows=6/> }>
                        {move || both.get().flatten().map(|both| match both {
                            Ok((one, two)) => view! { <SideBySide one two/> }.into_any(),
                            Err(failure) => view! { <Trouble failure/> }.into_any(),
                        })}
                    </Transition>
                }
                .into_any(),
            };
            view! {
                <section class="compare" aria-label="Comparison" data-testid="compare">
                    <header>
                        <h2>"Two attempts compared"</h2>
                        <a class="button small" data-noscroll="" href=move || here.with(&[("compare", None)])>"Close"</a>
                    </header>
                    {content}
                </section>
            }
        })
    }
}

async fn both(one: AttemptId, two: AttemptId) -> Result<(Attempt, Attempt), Failure> {
    Ok((read_attempt(one).await?, read_attempt(two).await?))
}

#[component]
fn SideBySide(one: Attempt, two: Attempt) -> impl IntoView {
    let words = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let text = |what: &'static str, pick: fn(&Attempt) -> Option<String>| {
        let (left, right) = (pick(&one), pick(&two));
        let differs = left != right;
        let show = |value| view! { <Visible text=words(value)/> }.into_any();
        view! { <Pair what left=show(left) right=show(right) differs/> }
    };
    let time = |what: &'static str, pick: fn(&Attempt) -> Option<f64>| {
        let (left, right) = (pick(&one), pick(&two));
        let show = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), milliseconds).into_any();
        // No two take equally long: what matters is said by the numbers.
        (left.is_some() || right.is_some())
            .then(|| view! { <Pair what left=show(left) right=show(right) differs=left.is_some() != right.is_some()/> })
    };
    let head = |attempt: &Attempt| {
        let id = attempt.id.to_string();
        view! {
            <span class="row">
                <b>"#"{attempt.attempt_number}</b>
                <Time at=attempt.delivered_at/>
                <span class="nothing">{trigger_word(attempt.trigger)}</span>
                <code class="nothing">{id}</code>
            </span>
        }
        .into_any()
    };
    let status = |attempt: &Attempt| attempt_badge(attempt.status);
    let http =
        |attempt: &Attempt| view! { <HttpStatus status=attempt.response_status error=attempt.error_code/> }.into_any();
    let empty = hookyard_model::Headers::default;
    view! {
        <div class="pairs">
            <Pair what="Attempt" left=head(&one) right=head(&two) differs=false/>
            <Pair what="Status" left=status(&one) right=status(&two) differs=one.status != two.status/>
            <Pair
                what="Answer"
                left=http(&one)
                right=http(&two)
                differs=(one.response_status, one.error_code) != (two.response_status, two.error_code)
            />
            {text("Error", |attempt| attempt.error_message.clone())}
            {text("Event", |attempt| Some(attempt.event_id.to_string()))}
            {text("URL", |attempt| attempt.requested_url.as_ref().map(|url| format!("{} {url}", attempt.http_method)))}
        </div>
        <h3>"Timing"</h3>
        <div class="pairs">
            {time("Total", |attempt| Some(attempt.timings.total_ms))}
            {time("In the queue before", |attempt| attempt.timings.queue_ms)}
            {time("DNS", |attempt| attempt.timings.dns_ms)}
            {time("Connect", |attempt| attempt.timings.connect_ms)}
            {time("TLS", |attempt| attempt.timings.tls_ms)}
            {time("First byte", |attempt| attempt.timings.first_byte_ms)}
            {time("Body", |attempt| attempt.timings.body_ms)}
        </div>
        <h3>"Request headers"</h3>
        <HeaderDifferences left=one.request_headers.clone() right=two.request_headers.clone()/>
        <h3>"Request body"</h3>
        <BodyDifference left=one.request_bytes() right=two.request_bytes()/>
        <h3>"Response headers"</h3>
        <HeaderDifferences
            left=one.response_headers.clone().unwrap_or_else(empty)
            right=two.response_headers.clone().unwrap_or_else(empty)
        />
        <h3>"Response body"</h3>
        <BodyDifference left=one.response_bytes() right=two.response_bytes()/>
    }
}
