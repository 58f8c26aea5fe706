//! Each rule with how many rows it was held against, and what does not add up.

use hookyard_model::{Discrepancy, Verification, VerifiedRule, VerifyStatus};
use leptos::prelude::*;

use crate::ui::{Icon, Shape, Visible, grouped};

/// The rules in words, each with its tick.
#[component]
pub(super) fn Rules(found: Memo<Verification>) -> impl IntoView {
    let rules = Memo::new(move |_| found.with(|found| found.rules.clone()));
    let is_over = Memo::new(move |_| found.with(|found| found.status == VerifyStatus::Completed));
    let rows = move || {
        let over = is_over.get();
        rules.get().into_iter().map(|rule| row(rule, over)).collect_view()
    };
    view! {
        <section class="part" aria-labelledby="verify-rules">
            <header><h2 id="verify-rules">"What must hold"</h2></header>
            <table class="table verify-rules" aria-labelledby="verify-rules">
                <thead>
                    <tr>
                        <th scope="col">"Rule"</th>
                        <th scope="col" class="number">"Looked at"</th>
                        <th scope="col" class="number">"Amiss"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(VerifiedRule { rule, sentence, looked, amiss }: VerifiedRule, is_over: bool) -> impl IntoView {
    let (class, shape, word) = match (amiss, looked) {
        (1.., _) => ("tick bad", Shape::Cross, "Does not hold"),
        (0, 0) if !is_over => ("tick", Shape::Clock, "Not looked at yet"),
        (0, _) => ("tick good", Shape::Check, "Holds"),
    };
    view! {
        <tr data-testid=format!("rule-{rule}") class:none=looked == 0>
            <td class="grow"><span class=class><Icon shape/><span class="hidden">{word}": "</span></span>{sentence}</td>
            <td class="number" data-label="Looked at">{grouped(looked)}</td>
            <td class="number" class:bad=move || { amiss > 0 } data-label="Amiss">{grouped(amiss)}</td>
        </tr>
    }
}

/// What does not add up, each with the way to it.
#[component]
pub(super) fn Discrepancies(found: Memo<Verification>) -> impl IntoView {
    let list = Memo::new(move |_| found.with(|found| found.discrepancies.clone()));
    let count = Memo::new(move |_| found.with(|found| found.discrepancy_count));
    move || {
        (count.get() > 0).then(|| {
            let more = count.get().saturating_sub(list.with(|list| list.len() as u64));
            view! {
                <section class="part" aria-labelledby="verify-amiss">
                    <header><h2 id="verify-amiss">"What does not add up"</h2></header>
                    <ul class="verify-amiss">{list.get().into_iter().map(item).collect_view()}</ul>
                    {(more > 0).then(|| view! { <p class="muted">"And "{grouped(more)}" more."</p> })}
                </section>
            }
        })
    }
}

fn item(Discrepancy { rule, subject, detail }: Discrepancy) -> impl IntoView {
    let link = match subject.split_once('_').map(|(kind, _)| kind) {
        Some("req") => Some(format!("/requests/{subject}")),
        Some("evt") => Some(format!("/events/{subject}")),
        Some("att") => Some(format!("/attempts?attempt={subject}")),
        Some("des") => Some(format!("/destinations/{subject}")),
        Some("bch") => Some(format!("/bulk/{subject}")),
        _ => None,
    };
    view! {
        <li data-testid="discrepancy">
            <Visible text=crate::ui::sentence(&detail)/>
            <p class="muted">
                {rule.sentence()}" · "
                {match link {
                    Some(href) => view! { <a href=href><code>{subject}</code></a> }.into_any(),
                    None => view! { <code><Visible text=subject/></code> }.into_any(),
                }}
            </p>
        </li>
    }
}
