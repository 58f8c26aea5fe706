//! The overview: a window of time at a glance.

use std::collections::BTreeMap;

use hookyard_model::{
    Actor, DestinationId, DestinationLine, HealthState, Overview, OverviewBar, SourceId, SourceLine, Timestamp, Totals,
    Window,
};

use super::{
    backlog,
    card::{lately, rate},
    count, store,
};
use crate::{
    Engine,
    error::Result,
    rollup::{self, ACCEPTED, Buckets, EventEnds, Of, Stretches},
};

/// How many sources and destinations an overview shows at most.
const LINES: usize = 100;

/// The bars of a window; the last is under way.
pub(super) fn bars_of(window: Window, now: Timestamp) -> Stretches {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let length = millis(window.step());
    let end = Timestamp::from_millis((now.millis().div_euclid(length) + 1) * length);
    Stretches::ending(end, length, millis(window.duration()) / length)
}

/// Two counts of each bar.
type Pairs = Vec<(u64, u64)>;

impl Engine {
    pub(super) async fn overview_of(&self, who: &Actor, window: Window) -> Result<Overview> {
        let now = self.now();
        let when = bars_of(window, now);
        let mut bars: Vec<OverviewBar> =
            (0..when.count()).map(|place| OverviewBar { at: when.at(place), totals: Totals::default() }).collect();
        let sources = self.count_requests_into(who, when, &mut bars).await?;
        self.count_events_into(who, when, &mut bars).await?;
        let destinations = self.count_attempts_into(who, when, &mut bars).await?;
        let mut totals = bars.iter().fold(Totals::default(), |sum, bar| sum_of(&sum, &bar.totals));
        totals.latency = self.latencies(who, when, &mut bars).await?;
        let backlogs = self.backlogs(who).await?;
        let has_requests = totals.requests() > 0 || store::has_requests(self.db(), who).await?;
        Ok(Overview {
            window,
            from: when.from,
            to: when.to,
            step_ms: when.length.unsigned_abs(),
            totals,
            bars,
            backlog: backlog::of_all(&backlogs),
            destinations: self.destination_lines(who, when, destinations, &backlogs).await?,
            sources: self.source_lines(who, when, sources).await?,
            is_fresh: !has_requests,
        })
    }

    async fn count_requests_into(
        &self,
        who: &Actor,
        when: Stretches,
        bars: &mut [OverviewBar],
    ) -> Result<BTreeMap<SourceId, Pairs>> {
        let mut each = BTreeMap::new();
        for row in rollup::requests(self.db(), who, when, Of::EACH).await? {
            let (Some(place), Some(id)) = (when.place(row.number), row.id) else { continue };
            let pairs = each.entry(id).or_insert_with(|| vec![(0, 0); when.count()]);
            let totals = &mut bars[place].totals;
            totals.ignored += count(row.ignored);
            let requests = count(row.requests);
            if row.outcome == ACCEPTED {
                totals.accepted += requests;
                pairs[place].0 += requests;
            } else {
                totals.rejected += requests;
                pairs[place].1 += requests;
            }
        }
        Ok(each)
    }

    async fn count_events_into(&self, who: &Actor, when: Stretches, bars: &mut [OverviewBar]) -> Result<()> {
        for row in rollup::events(self.db(), who, when, Of::ALL, EventEnds::ALL).await? {
            let Some(place) = when.place(row.number) else { continue };
            let totals = &mut bars[place].totals;
            totals.events += count(row.created);
            totals.delivered += count(row.delivered);
            totals.failed += count(row.failed);
            totals.ignored += count(row.ignored);
        }
        Ok(())
    }

    async fn count_attempts_into(
        &self,
        who: &Actor,
        when: Stretches,
        bars: &mut [OverviewBar],
    ) -> Result<BTreeMap<DestinationId, Pairs>> {
        let mut each = BTreeMap::new();
        for row in rollup::attempts(self.db(), who, when, Of::EACH).await? {
            let (Some(place), Some(id)) = (when.place(row.number), row.id) else { continue };
            let pairs = each.entry(id).or_insert_with(|| vec![(0, 0); when.count()]);
            let (successful, failed) = (count(row.successful), count(row.failed));
            bars[place].totals.attempts_successful += successful;
            bars[place].totals.attempts_failed += failed;
            pairs[place].0 += successful;
            pairs[place].1 += failed;
        }
        Ok(each)
    }

    /// Latency by bar; returns that of the whole window.
    async fn latencies(
        &self,
        who: &Actor,
        when: Stretches,
        bars: &mut [OverviewBar],
    ) -> Result<hookyard_model::Latency> {
        let (mut all, mut each) = (Buckets::default(), vec![Buckets::default(); bars.len()]);
        for row in rollup::latencies(self.db(), who, when, Of::ALL).await? {
            let Some(place) = when.place(row.number) else { continue };
            all.add(row.bucket, row.attempts);
            each[place].add(row.bucket, row.attempts);
        }
        for (bar, buckets) in bars.iter_mut().zip(each) {
            bar.totals.latency = buckets.latency();
        }
        Ok(all.latency())
    }

    /// Those in trouble first, then those with the most failures, then those with the most attempts.
    async fn destination_lines(
        &self,
        who: &Actor,
        when: Stretches,
        mut bars: BTreeMap<DestinationId, Pairs>,
        backlogs: &backlog::Backlogs,
    ) -> Result<Vec<DestinationLine>> {
        let whole = Stretches { length: when.to.millis() - when.from.millis(), ..when };
        let mut buckets: BTreeMap<DestinationId, Buckets> = BTreeMap::new();
        for row in rollup::latencies(self.db(), who, whole, Of::EACH).await? {
            if let Some(id) = row.id {
                buckets.entry(id).or_default().add(row.bucket, row.attempts);
            }
        }
        let mut lines = Vec::new();
        for row in store::destinations(self.db(), who, &[]).await? {
            let bars = bars.remove(&row.id).unwrap_or_else(|| vec![(0, 0); when.count()]);
            lines.push(DestinationLine {
                id: row.id,
                name: row.shown_name(),
                is_webhook: row.is_webhook,
                health: row.health(self.now())?,
                paused_at: row.paused_at,
                breaker_opened_at: row.breaker_opened_at,
                attempts_successful: bars.iter().map(|(successful, _)| successful).sum(),
                attempts_failed: bars.iter().map(|(_, failed)| failed).sum(),
                bars,
                latency: buckets.remove(&row.id).unwrap_or_default().latency(),
                backlog: backlog::of_destination(backlogs, row.id),
            });
        }
        lines.sort_by_key(|line| std::cmp::Reverse(rank(line)));
        lines.truncate(LINES);
        Ok(lines)
    }

    /// Those with the most requests first.
    async fn source_lines(
        &self,
        who: &Actor,
        when: Stretches,
        mut bars: BTreeMap<SourceId, Pairs>,
    ) -> Result<Vec<SourceLine>> {
        let mut rates: BTreeMap<SourceId, u64> = BTreeMap::new();
        for row in rollup::requests(self.db(), who, lately(self.now()), Of::EACH).await? {
            if let Some(id) = row.id {
                *rates.entry(id).or_default() += count(row.requests);
            }
        }
        let line = |row: store::SourceRow| {
            let bars = bars.remove(&row.id).unwrap_or_else(|| vec![(0, 0); when.count()]);
            SourceLine {
                id: row.id,
                name: row.name,
                disabled_at: row.disabled_at,
                accepted: bars.iter().map(|(accepted, _)| accepted).sum(),
                rejected: bars.iter().map(|(_, rejected)| rejected).sum(),
                bars,
                per_minute: rates.get(&row.id).copied().map_or(0.0, rate),
            }
        };
        let mut lines: Vec<_> = store::sources(self.db(), who, &[]).await?.into_iter().map(line).collect();
        lines.sort_by_key(|line| std::cmp::Reverse((line.accepted + line.rejected, line.id)));
        lines.truncate(LINES);
        Ok(lines)
    }
}

/// How much a destination is to be looked after.
fn rank(line: &DestinationLine) -> (u8, u64, u64, DestinationId) {
    let trouble = match line.health.state {
        HealthState::Warning => 3,
        HealthState::Disabled => 2,
        HealthState::Failing => 1,
        HealthState::Healthy => 0,
    };
    (trouble, line.attempts_failed, line.attempts_successful, line.id)
}

const fn sum_of(one: &Totals, other: &Totals) -> Totals {
    Totals {
        accepted: one.accepted + other.accepted,
        rejected: one.rejected + other.rejected,
        events: one.events + other.events,
        delivered: one.delivered + other.delivered,
        failed: one.failed + other.failed,
        ignored: one.ignored + other.ignored,
        attempts_successful: one.attempts_successful + other.attempts_successful,
        attempts_failed: one.attempts_failed + other.attempts_failed,
        latency: one.latency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_cut_into_bars_that_begin_at_round_times() {
        let now: Timestamp = "2026-03-04T10:17:33.250Z".parse().unwrap();
        for (window, bars, from) in [
            (Window::Hour, 60, "2026-03-04T09:18:00.000Z"),
            (Window::SixHours, 72, "2026-03-04T04:20:00.000Z"),
            (Window::Day, 48, "2026-03-03T10:30:00.000Z"),
            (Window::Week, 56, "2026-02-25T12:00:00.000Z"),
            (Window::Fortnight, 60, "2026-02-17T12:00:00.000Z"),
        ] {
            let when = bars_of(window, now);
            assert_eq!((when.count(), when.from.to_string()), (bars, from.to_owned()), "{window}");
            assert!(when.to > now && when.at(bars - 1) <= now, "{window}");
        }
    }
}
