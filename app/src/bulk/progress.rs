//! How far an operation is: one bar, a part for each thing that can become of an item.

use hookyard_model::{BulkItemStatus, BulkOperation};
use leptos::prelude::*;

use super::words::{item_hint, item_word};
use crate::ui::grouped;

/// The parts, in the order in which they are drawn: what has ended first.
const PARTS: [BulkItemStatus; 7] = [
    BulkItemStatus::Done,
    BulkItemStatus::Retrying,
    BulkItemStatus::Failed,
    BulkItemStatus::Skipped,
    BulkItemStatus::Cancelled,
    BulkItemStatus::Queued,
    BulkItemStatus::Pending,
];

/// How wide the drawing is, in its own units, and how narrow a part that there is.
const WIDTH: f64 = 1000.0;
const LEAST: f64 = 4.0;

/// How many of an operation's items are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    total: u64,
    counts: [u64; 7],
}

impl Shares {
    pub(super) fn of(operation: &BulkOperation) -> Self {
        // What was skipped is a part of its own, and counts as delivered or failed in the record.
        let elsewhere = operation.elsewhere_count.min(operation.skipped_count);
        let done = operation.done_count.saturating_sub(elsewhere);
        let failed = operation.failed_count.saturating_sub(operation.skipped_count - elsewhere);
        let tried = done + failed;
        let retrying = operation.retrying_count.min(failed);
        let over = tried + operation.skipped_count + operation.cancelled_count;
        let left = operation.total_count.saturating_sub(over);
        let queued = operation.queued_count.saturating_sub(tried).min(left);
        let counts = PARTS.map(|part| match part {
            BulkItemStatus::Done => done,
            BulkItemStatus::Retrying => retrying,
            BulkItemStatus::Failed => failed - retrying,
            BulkItemStatus::Skipped => operation.skipped_count,
            BulkItemStatus::Cancelled => operation.cancelled_count,
            BulkItemStatus::Queued => queued,
            BulkItemStatus::Pending => left - queued,
        });
        Self { total: operation.total_count, counts }
    }

    /// A bar with every part but one.
    pub(super) const fn sample() -> Self {
        Self { total: 12_480, counts: [6_900, 260, 160, 310, 0, 20, 4_830] }
    }

    pub(super) fn count(&self, status: BulkItemStatus) -> u64 {
        self.parts().find(|(part, _)| *part == status).map_or(0, |(_, count)| count)
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    fn parts(&self) -> impl Iterator<Item = (BulkItemStatus, u64)> + use<> {
        PARTS.into_iter().zip(self.counts)
    }

    /// How many items are over, one way or another; those that go on by themselves are.
    pub(super) fn over(&self) -> u64 {
        let waits = [BulkItemStatus::Queued, BulkItemStatus::Pending];
        self.parts().filter(|(part, _)| !waits.contains(part)).map(|(_, count)| count).sum()
    }

    /// How many of a hundred are over. All only when all are.
    pub(super) fn percent(&self) -> u64 {
        (self.over() * 100).checked_div(self.total).unwrap_or(100)
    }

    /// Where each part begins and how wide it is. One among thousands is still seen.
    #[expect(clippy::cast_precision_loss, reason = "two digits are drawn")]
    fn drawn(&self) -> Vec<(BulkItemStatus, f64, f64)> {
        let there: Vec<_> = self.parts().filter(|(_, count)| *count > 0).collect();
        let width = |count: u64| (count as f64 / self.total.max(1) as f64 * WIDTH).max(LEAST);
        let sum: f64 = there.iter().map(|(_, count)| width(*count)).sum();
        let mut x = 0.0;
        let place = |(part, count): (BulkItemStatus, u64)| {
            let wide = width(count) / sum * WIDTH;
            let placed = (part, x, wide);
            x += wide;
            placed
        };
        there.into_iter().map(place).collect()
    }

    /// The bar in a sentence.
    pub(super) fn words(&self) -> String {
        let there = self.parts().filter(|(_, count)| *count > 0);
        let words: Vec<_> =
            there.map(|(part, count)| format!("{} {}", count, item_word(part).to_lowercase())).collect();
        format!("{} percent of {}: {}", self.percent(), self.total, words.join(", "))
    }
}

const fn class(status: BulkItemStatus) -> &'static str {
    match status {
        BulkItemStatus::Pending => "pending",
        BulkItemStatus::Queued => "queued",
        BulkItemStatus::Retrying => "retrying",
        BulkItemStatus::Done => "done",
        BulkItemStatus::Failed => "failed",
        BulkItemStatus::Skipped => "skipped",
        BulkItemStatus::Cancelled => "cancelled",
    }
}

/// The bar alone.
#[component]
pub(super) fn ProgressBar(#[prop(into)] shares: Signal<Shares>) -> impl IntoView {
    let rect = |(part, x, width): (BulkItemStatus, f64, f64)| {
        view! { <rect class=class(part) x=format!("{x:.2}") y="0" width=format!("{width:.2}") height="10"></rect> }
    };
    view! {
        <div
            class="bulk-bar" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"
            aria-valuenow=move || shares.with(Shares::percent) aria-valuetext=move || shares.with(Shares::words)
        >
            <svg viewBox=format!("0 0 {WIDTH} 10") preserveAspectRatio="none" aria-hidden="true" focusable="false">
                {move || shares.with(|shares| shares.drawn().into_iter().map(rect).collect_view())}
            </svg>
        </div>
    }
}

/// What each colour stands for, with its count. All of them always stand there, so that nothing jumps.
#[component]
pub(super) fn Counts(shares: Signal<Shares>) -> impl IntoView {
    let item = move |part: &BulkItemStatus| {
        let part = *part;
        let count = move || shares.with(|shares| shares.count(part));
        view! {
            <li class=class(part) class:none=move || count() == 0 title=item_hint(part) data-testid=format!("count-{}", class(part))>
                <b>{move || grouped(count())}</b>
                <span>{item_word(part)}</span>
            </li>
        }
    };
    view! { <ul class="bulk-counts" aria-label="In numbers">{PARTS.iter().map(item).collect_view()}</ul> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::sample::operation;

    #[test]
    fn each_item_is_counted_once() {
        let mut running = operation();
        (running.total_count, running.queued_count, running.done_count) = (100, 40, 23);
        (running.failed_count, running.retrying_count) = (12, 4);
        (running.skipped_count, running.elsewhere_count) = (5, 3);
        let shares = Shares::of(&running);
        assert_eq!(shares.counts, [20, 4, 6, 5, 0, 10, 55]);
        assert_eq!((shares.over(), shares.percent()), (35, 35));
        assert_eq!(
            shares.words(),
            "35 percent of 100: 20 delivered, 4 retrying, 6 failed, 5 skipped, 10 in the queue, 55 waiting"
        );
        // Numbers read while they change do not add up; what is drawn does.
        (running.queued_count, running.done_count, running.retrying_count) = (500, 99, 50);
        assert_eq!(Shares::of(&running).counts.iter().skip(5).sum::<u64>(), 0);
    }

    #[test]
    fn the_bar_is_full_and_every_part_is_seen() {
        let mut ended = operation();
        (ended.total_count, ended.queued_count, ended.done_count) = (1_000_000, 1_000_000, 999_999);
        (ended.failed_count, ended.retrying_count, ended.skipped_count) = (1, 0, 0);
        let drawn = Shares::of(&ended).drawn();
        let (_, x, width) = drawn[1];
        assert!(drawn.len() == 2 && width > 3.9 && (x + width - WIDTH).abs() < 0.01, "{drawn:?}");
    }
}
