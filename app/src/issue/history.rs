//! When an issue was opened, acknowledged and resolved.

use hookyard_model::{IssueChange, IssueChangeKind};
use leptos::prelude::*;

use super::words::{resolution_words, things};
use crate::ui::{Icon, Shape, Time, Visible};

#[component]
pub(super) fn History(changes: Vec<IssueChange>) -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="history">
            <header><h2 id="history">"History"</h2></header>
            <ol class="issue-history" data-testid="issue-history">{changes.into_iter().map(entry).collect_view()}</ol>
        </section>
    }
}

fn entry(change: IssueChange) -> impl IntoView {
    let who = change.actor_name.clone().or_else(|| change.actor.clone());
    let by = who.map(|who| view! { " by "<Visible text=who/> });
    let (class, shape, words) = match change.kind {
        IssueChangeKind::Opened if change.opening > 1 => {
            ("bad", Shape::Alert, view! { "Opened again, the "{nth(change.opening)}" time" }.into_any())
        }
        IssueChangeKind::Opened => ("bad", Shape::Alert, view! { "Opened" }.into_any()),
        IssueChangeKind::Acknowledged => ("waiting", Shape::Eye, view! { "Acknowledged"{by} }.into_any()),
        IssueChangeKind::Resolved => {
            let how = change.resolution.map(resolution_words);
            let failed = things(change.attempts, "attempt");
            let lost = (change.events > 0).then(|| format!(", {} for good", things(change.events, "event")));
            let words = view! { "Resolved "{how}{by}<small>{failed}" failed"{lost}</small> };
            ("good", Shape::Check, words.into_any())
        }
    };
    view! {
        <li>
            <span class=format!("badge sign {class}")><Icon shape/></span>
            <Time at=change.at/>
            <span class="what">{words}</span>
        </li>
    }
}

fn nth(number: u32) -> String {
    let end = match (number % 10, number % 100) {
        (1, 1..=10 | 20..=99) => "st",
        (2, 1..=10 | 20..=99) => "nd",
        (3, 1..=10 | 20..=99) => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_told_as_people_do() {
        let said = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(super::nth);
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
    }
}
