//! The report of a receiver check, filling as answers come.

use std::time::Duration;

use hookyard_model::{AttemptStatus, CheckItem, CheckedDelivery, Finding, ReceiverCheck};
use leptos::prelude::*;

use super::{
    check::{Checks, counts},
    markdown::markdown,
    sent::show_row,
};
use crate::{
    failure::Failure,
    ui::{
        Badge, CopyButton, HttpStatus, Icon, Shape, Skeleton, Time, Tone, Trouble, Visible, here, milliseconds,
        sentence,
    },
};

/// How often a check that is not done is looked at when nothing was heard of it: some answers are only waited for.
const LOOK: Duration = Duration::from_secs(2);

#[component]
pub(super) fn Report(checks: Checks, target: String) -> impl IntoView {
    let Checks { report, looked, .. } = checks;
    Effect::new(move |_| {
        if report.with(|report| matches!(report, Some(Some(Ok(check))) if !check.done)) {
            let look = move || {
                looked.try_update(|looked| *looked += 1);
            };
            let timer = set_timeout_with_handle(look, LOOK);
            on_cleanup(move || drop(timer.map(|timer| timer.clear())));
        }
    });
    let instead = move || match report.get().flatten() {
        None => Some(view! { <Skeleton rows=6/> }.into_any()),
        Some(Ok(_)) => None,
        Some(Err(failure)) => Some(view! { <Trouble failure/> }.into_any()),
    };
    view! {
        <div class="reported">
            <For each=move || report.get().flatten().and_then(Result::ok) key=|check| check.id let:check>
                <Shown check report target=target.clone()/>
            </For>
            {instead}
        </div>
    }
}

/// What there is of it so far. Lines that stay as they are stay in place, with what is open or focused in them.
#[component]
fn Shown(
    check: ReceiverCheck,
    report: Resource<Option<Result<ReceiverCheck, Failure>>>,
    target: String,
) -> impl IntoView {
    let now = Memo::new(move |before: Option<&ReceiverCheck>| {
        let read = report.with(|report| report.as_ref()?.as_ref()?.as_ref().ok().cloned());
        read.or_else(|| before.cloned()).unwrap_or_else(|| check.clone())
    });
    let (kind, made_at) = now.with_untracked(|check| (check.kind.clone(), check.created_at));
    let items = move || now.get().items;
    let key = |item: &CheckItem| {
        let tried = item.deliveries.iter().filter(|delivery| delivery.attempt_id.is_some()).count();
        (
            item.scenario,
            item.title.clone(),
            item.finding,
            item.evidence.clone(),
            item.advice.clone(),
            item.deliveries.len(),
            tried,
        )
    };
    let progress = Memo::new(move |_| now.with(|check| (check.tried, check.deliveries)));
    let state = move || {
        now.with(|check| {
            if check.done {
                format!("Done: {}", counts(check))
            } else {
                format!("{} of {} tried", check.tried, check.deliveries)
            }
        })
    };
    let as_text = {
        let target = target.clone();
        Signal::derive(move || now.with(|check| markdown(check, &target)))
    };
    let print = move |_| drop(window().print());
    view! {
        <article class="report" aria-labelledby="report-title" data-testid="report" data-done=move || now.with(|check| check.done).then_some("true")>
            <header>
                <h3 id="report-title">"Receiver check"</h3>
                <p class="aside"><Visible text=target/>" · "<code>{kind}</code>" · "<Time at=made_at/></p>
                <div class="row">
                    <CopyButton text=as_text what="report as Markdown"/>
                    <button type="button" class="button quiet small" on:click=print>"Print"</button>
                </div>
            </header>
            <div class="progress">
                <progress aria-label="Deliveries tried" max=move || progress.get().1.max(1) value=move || progress.get().0></progress>
                <p role="status">{state}</p>
            </div>
            <ul class="findings">
                <For each=items key=key let:item><Item item/></For>
            </ul>
        </article>
    }
}

#[component]
fn Item(item: CheckItem) -> impl IntoView {
    let (tone, shape, word) = finding_badge(item.finding);
    let evidence = Some(item.evidence).filter(|text| !text.is_empty());
    let advice = Some(item.advice).filter(|text| !text.is_empty());
    view! {
        <li class="finding" data-testid="finding" data-scenario=item.scenario.as_str() data-finding=item.finding.as_str()>
            <Badge tone shape word/>
            <div>
                <h4>{item.title}</h4>
                {evidence.map(|text| view! { <p><Visible text=sentence(&text)/></p> })}
                {advice.map(|text| view! { <p class="advice"><Icon shape=Shape::Info/><span><Visible text=sentence(&text)/></span></p> })}
                {(!item.deliveries.is_empty()).then(|| view! {
                    <ul class="deliveries" aria-label="Deliveries">
                        {item.deliveries.into_iter().map(|delivery| view! { <Delivery delivery/> }).collect_view()}
                    </ul>
                })}
            </div>
        </li>
    }
}

/// A delivery in a few figures, leading to its attempts.
#[component]
fn Delivery(delivery: CheckedDelivery) -> impl IntoView {
    let here = here();
    let event = delivery.event_id.to_string();
    let attempt = delivery.attempt_id.map(|id| id.to_string());
    let href = {
        let (event, attempt) = (event.clone(), attempt.clone());
        move || match &attempt {
            Some(attempt) => here.with(&[("attempt", Some(attempt))]),
            None => format!("/events/{event}"),
        }
    };
    // Among the rows it is opened there; else the link leads to it.
    let go = move |click: web_sys::MouseEvent| {
        let row = attempt.as_ref().and_then(|attempt| show_row(&format!("[data-id=\"{attempt}\"]")));
        if let Some(row) = row {
            click.prevent_default();
            if row.get_attribute("aria-expanded").as_deref() == Some("false") {
                row.click();
            }
        }
    };
    let what = match (delivery.attempt_id, delivery.response_status, delivery.status) {
        (None, ..) => view! { <span>"not tried yet"</span> }.into_any(),
        (_, Some(status), _) => view! { <HttpStatus status=Some(status)/> }.into_any(),
        (_, None, Some(AttemptStatus::Successful)) => view! { <span class="http good">"received"</span> }.into_any(),
        (_, None, _) => {
            let error = delivery.error_message.unwrap_or_else(|| "no answer".to_owned());
            view! { <span class="http bad"><Visible text=error/></span> }.into_any()
        }
    };
    view! {
        <li>
            <a href=href data-noscroll="true" on:click=go><code>{event}</code></a>
            {what}
            {delivery.latency.map(milliseconds)}
        </li>
    }
}

const fn finding_badge(finding: Finding) -> (Tone, Shape, &'static str) {
    match finding {
        Finding::Waiting => (Tone::Waiting, Shape::Clock, "Waiting"),
        Finding::Pass => (Tone::Good, Shape::Check, "Pass"),
        Finding::Fail => (Tone::Bad, Shape::Cross, "Fail"),
        Finding::NotApplicable => (Tone::Off, Shape::Slash, "Not applicable"),
    }
}
