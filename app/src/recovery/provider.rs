//! The provider's side: what was refused at the source, which no retry from here brings back.

use hookyard_model::{Refused, RefusedRequest, RejectionCause, SourceId};
use leptos::prelude::*;

use super::words::count;
use crate::{
    failure::Failure,
    ui::{Badge, Icon, Shape, Skeleton, Time, Tone, Visible, grouped, milliseconds},
};

/// So many requests are shown of a source.
const SHOWN: usize = 20;

#[component]
pub(super) fn ProviderSide(refused: Resource<Result<Vec<Refused>, Failure>>) -> impl IntoView {
    view! {
        <section class="part provider-side" aria-labelledby="provider-side" data-testid="provider-side">
            <h2 id="provider-side">"The provider's side"</h2>
            <p>
                "What a source refused was never taken in, so nothing here can send it again: that is for the provider's own redelivery. "
                "What was taken in and failed on its way is for the steps above. Never both, or receivers get it twice."
            </p>
            <Transition fallback=|| view! { <Skeleton rows=2/> }>
                {move || refused.get().map(|refused| match refused {
                    Err(_) => view! { <p class="aside">"What was refused cannot be read just now."</p> }.into_any(),
                    Ok(all) if all.iter().all(|one| one.requests.is_empty()) => {
                        view! { <p class="aside" data-testid="nothing-refused"><Icon shape=Shape::Check/>" No source that leads here refused anything in this time."</p> }.into_any()
                    }
                    Ok(all) => all.into_iter().filter(|one| !one.requests.is_empty())
                        .map(|refused| view! { <OfSource refused/> }).collect_view().into_any(),
                })}
            </Transition>
        </section>
    }
}

#[component]
fn OfSource(refused: Refused) -> impl IntoView {
    let (id, part) = (refused.source_id, if refused.is_part { "at least " } else { "" });
    let (all, again) = (refused.count(), refused.redelivered());
    let rest = all.saturating_sub(again);
    let causes = refused.causes.clone();
    let cause = |one: hookyard_model::RefusedCause| {
        let words = format!(
            "{}: {part}{}, {} redelivered since",
            cause_words(one.cause),
            grouped(one.count),
            grouped(one.redelivered)
        );
        view! { <li>{words}</li> }
    };
    let more = refused.requests.len().saturating_sub(SHOWN);
    let (from, to) = (refused.from, refused.to);
    view! {
        <div class="refused-source" data-testid="refused">
            <h3><a href=format!("/sources/{id}")><Visible text=refused.source_name/></a></h3>
            <p>
                <b>{part}{count(all, "request", "requests")}</b>" refused. "
                {match (rest, again) {
                    (0, _) => "All of them were redelivered since: nothing is left to do.".to_owned(),
                    (rest, 0) => format!("None came again yet: mend the source, then have the provider redeliver {}.", if rest == 1 { "it" } else { "them" }),
                    (rest, again) => format!("{} redelivered since; have the provider redeliver the other {}.", count(again, "was", "were"), grouped(rest)),
                }}
            </p>
            <ul class="causes">{causes.into_iter().map(cause).collect_view()}</ul>
            <ul class="refused-requests">
                {refused.requests.into_iter().take(SHOWN).map(|request| view! { <One request/> }).collect_view()}
            </ul>
            <p class="aside">
                {(more > 0).then(|| view! { <a href=list(id, from, to)>"and "{more}" more"</a>". " })}
                {refused.is_part.then_some( "There is more than was looked at: the newest 300 were, and some thousand later requests. ")}
                "Compared with "{count(refused.compared_with, "later request", "later requests")}
                ", by the sender's id of the delivery, else by an equal body."
            </p>
        </div>
    }
}

#[component]
fn One(request: RefusedRequest) -> impl IntoView {
    let id = request.id;
    let state = match request.redelivery {
        Some(again) => {
            #[expect(clippy::cast_precision_loss, reason = "told roughly")]
            let later = milliseconds(again.created_at.since(request.created_at).as_millis() as f64);
            let new = again.request_id;
            let by = again.header.unwrap_or_else(|| "an equal body".to_owned());
            view! {
                <Badge tone=Tone::Good shape=Shape::Check word="Redelivered"/>
                <span>"as "<a href=format!("/requests/{new}")><code>{new.to_string()}</code></a>" "{later}" later"</span>
                <span class="aside">"by "<Visible text=by/></span>
            }
            .into_any()
        }
        None => view! { <Badge tone=Tone::Warning shape=Shape::Question word="Not seen again"/> }.into_any(),
    };
    view! {
        <li>
            <a href=format!("/requests/{id}")><code>{id.to_string()}</code></a>
            <Time at=request.created_at/>
            <span class="aside">{cause_words(request.cause)}</span>
            {state}
        </li>
    }
}

fn list(id: SourceId, from: hookyard_model::Timestamp, to: hookyard_model::Timestamp) -> String {
    format!("/requests?source={id}&status=rejected&from={from}&to={to}")
}

const fn cause_words(cause: RejectionCause) -> &'static str {
    match cause {
        RejectionCause::SourceDisabled => "Source disabled",
        RejectionCause::SourceMethodNotAllowed => "Method not allowed",
        RejectionCause::PayloadTooLarge => "Payload too large",
        RejectionCause::SourceAuthFailed => "Not proven who sent it",
        RejectionCause::TooManyHops => "Goes in a circle",
    }
}
