//! Step 1: what failed and why.

use hookyard_model::{FailureGroup, IssueCause, Recovery};
use leptos::prelude::*;

use super::{
    chart::{FailureChart, colour},
    words::{became, cause_word, count},
};
use crate::ui::{HttpStatus, Icon, Shape, Time, Visible, grouped};

#[component]
pub(super) fn WhatFailed(recovery: Memo<Recovery>) -> impl IntoView {
    move || {
        let recovery = recovery.get();
        let about = |words: &'static str| if recovery.is_part { words } else { "" };
        let figure = |number: u64, about: &'static str, words: &'static str, class: &'static str| {
            let shown = format!("{about}{}", grouped(number));
            view! { <div class=class><dt>{words}</dt><dd>{shown}</dd></div> }
        };
        let groups = recovery.groups.iter().cloned().enumerate().collect::<Vec<_>>();
        let of = recovery.clone();
        view! {
            <dl class="recovery-figures" data-testid="figures">
                {figure(recovery.failed, about("at least "), "Given up", "bad")}
                {figure(recovery.delivered_since, about("at least "), "Of them delivered since", "good")}
                {figure(recovery.left(), about("at most "), "Left to replay", "")}
                {figure(recovery.retrying, about("at least "), "Tried again by themselves", "")}
                {figure(recovery.held, "", "Held now", "")}
            </dl>
            {recovery.is_part.then(|| view! {
                <p class="aside" data-testid="is-part">
                    "There is more than was looked at: below are the newest. A replay takes all of the window, and the last step is done "
                    "when nothing is left of it; to look at the older ones, choose an earlier window."
                </p>
            })}
            <FailureChart recovery=recovery.clone()/>
            <ul class="failure-groups">
                {groups.into_iter().map(|(index, group)| view! { <Group index group of=of.clone()/> }).collect_view()}
            </ul>
        }
    }
}

#[component]
fn Group(index: usize, group: FailureGroup, of: Recovery) -> impl IntoView {
    let cause = match group.cause {
        IssueCause::Status(status) => view! { <HttpStatus status=Some(status)/> }.into_any(),
        IssueCause::Error(_) => view! { <span class="http bad">{cause_word(group.cause)}</span> }.into_any(),
    };
    let (events, attempts) = (events_of(&group, &of), attempts_of(&group, &of));
    let all = count(group.failed + group.retrying, "event", "events");
    view! {
        <li class="failure-group" data-testid="failure-group">
            <p class="head">
                <span class=format!("swatch {}", colour(index)) aria-hidden="true"></span>
                <b><Visible text=group.title.clone()/></b>
                {cause}
            </p>
            <p>{became(&group)}</p>
            <p class="aside">"First "<Time at=group.first_at/>", last "<Time at=group.last_at/></p>
            {group.answer.clone().map(|answer| view! {
                <div class="answer"><span class="aside">"It answered"</span><code class="excerpt"><Visible text=answer/></code></div>
            })}
            <p class="links">
                <a href=events>{all}<Icon shape=Shape::Chevron/></a>
                <a href=attempts>"Attempts"<Icon shape=Shape::Chevron/></a>
            </p>
        </li>
    }
}

/// The list of a group's events. A status is none of what events are filtered by, so its list has those of other statuses too.
fn events_of(group: &FailureGroup, of: &Recovery) -> String {
    let status = match (group.failed, group.retrying) {
        (_, 0) => "FAILED",
        (0, _) => "SCHEDULED,QUEUED",
        _ => "FAILED,SCHEDULED,QUEUED",
    };
    let code = match group.cause {
        IssueCause::Status(_) => "BAD_STATUS".to_owned(),
        IssueCause::Error(code) => code.to_string(),
    };
    format!("/events?destination={}&status={status}&error={code}&from={}&to={}", of.destination_id, of.from, of.to)
}

fn attempts_of(group: &FailureGroup, of: &Recovery) -> String {
    format!(
        "/attempts?destination={}&status=FAILED&{}&from={}",
        of.destination_id,
        group.cause.attempts_query(),
        of.from
    )
}
