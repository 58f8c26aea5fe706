//! Series: what was counted, in stretches of equal length.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use hookyard_model::{
    Actor, AttemptMeasure, AttemptMetricsQuery, Commas, DateRange, EventMeasure, EventMetricsQuery, EventStatus,
    Granularity, Latency, MOST_POINTS, MetricPoint, MetricSeries, Problem, RequestMeasure, RequestMetricsQuery,
    RequestStatus, TimeBound, Timestamp,
};
use serde_json::Number;

use super::{count, operation, store};
use crate::{
    Engine,
    error::Result,
    rollup::{self, ACCEPTED, Buckets, EventEnds, MINUTES_KEPT, Of, SECONDS_KEPT, Stretches},
};

/// How long back a series reaches when nobody says.
const USUALLY: Duration = Duration::from_hours(24);

/// What happened to events that were made in a stretch.
#[derive(Debug, Default, Clone, Copy)]
struct Events {
    created: u64,
    delivered: u64,
    failed: u64,
    cancelled: u64,
    ignored: u64,
    queued: u64,
    scheduled: u64,
    held: u64,
}

impl Engine {
    pub(super) async fn series_of_requests(&self, who: &Actor, query: &RequestMetricsQuery) -> Result<MetricSeries> {
        let (when, granularity) = self.stretches(query.from, query.to, query.granularity)?;
        let measures = asked(&query.measures, RequestMeasure::ALL)?;
        let mut sums = vec![BTreeMap::<RequestMeasure, u64>::new(); when.count()];
        let mut partial = false;
        let mut add = |number: i64, is_accepted: bool, [requests, ignored, bytes]: [i64; 3]| {
            let wanted = query.status.is_none_or(|status| (status == RequestStatus::Accepted) == is_accepted);
            let (Some(place), true) = (when.place(number), wanted) else { return };
            let which = if is_accepted { RequestMeasure::AcceptedCount } else { RequestMeasure::RejectedCount };
            for (measure, sum) in [
                (RequestMeasure::Count, requests),
                (which, requests),
                (RequestMeasure::IgnoredCount, ignored),
                (RequestMeasure::Bytes, bytes),
            ] {
                *sums[place].entry(measure).or_default() += count(sum);
            }
        };
        if query.batch_operation_id.is_empty() {
            for row in rollup::requests(self.db(), who, when, Of { ids: &query.source_id.0, each: false }).await? {
                add(row.number, row.outcome == ACCEPTED, [row.requests, row.ignored, row.bytes]);
            }
        } else {
            let (rows, is_part) = operation::requests(self.db(), who, query, when).await?;
            partial = is_part;
            for row in rows {
                let is_accepted = row.status == RequestStatus::Accepted;
                add(row.number, is_accepted, [row.requests, row.ignored, row.bytes]);
            }
        }
        let value =
            |place: usize, measure: RequestMeasure| Some(sums[place].get(&measure).copied().unwrap_or_default().into());
        Ok(series(when, granularity, &measures, value, partial))
    }

    pub(super) async fn series_of_events(&self, who: &Actor, query: &EventMetricsQuery) -> Result<MetricSeries> {
        let (when, granularity) = self.stretches(query.from, query.to, query.granularity)?;
        let measures = asked(&query.measures, EventMeasure::ALL)?;
        let (sums, partial) = if query.batch_operation_id.is_empty() {
            self.counted_events(who, query, when, &measures).await?
        } else {
            self.events_of_operations(who, query, when).await?
        };
        let value = |place: usize, measure| Some(sums[place].value(measure, &query.status.0).into());
        Ok(series(when, granularity, &measures, value, partial))
    }

    /// The events of bulk operations, by stretch, and whether that is a part of them.
    async fn events_of_operations(
        &self,
        who: &Actor,
        query: &EventMetricsQuery,
        when: Stretches,
    ) -> Result<(Vec<Events>, bool)> {
        let mut sums = vec![Events::default(); when.count()];
        let (rows, partial) = operation::events(self.db(), who, query, when).await?;
        for row in rows {
            let Some(place) = when.place(row.number) else { continue };
            let (sum, events) = (&mut sums[place], count(row.events));
            sum.created += events;
            sum.ignored += count(row.ignored);
            *match row.status {
                EventStatus::Queued => &mut sum.queued,
                EventStatus::Scheduled => &mut sum.scheduled,
                EventStatus::Hold => &mut sum.held,
                EventStatus::Successful => &mut sum.delivered,
                EventStatus::Failed => &mut sum.failed,
                EventStatus::Cancelled => &mut sum.cancelled,
            } += events;
        }
        Ok((sums, partial))
    }

    /// All events, by stretch, and whether what waits is an estimate.
    async fn counted_events(
        &self,
        who: &Actor,
        query: &EventMetricsQuery,
        when: Stretches,
        measures: &[EventMeasure],
    ) -> Result<(Vec<Events>, bool)> {
        let mut sums = vec![Events::default(); when.count()];
        let ends = EventEnds { sources: &query.source_id.0, destinations: &query.destination_id.0 };
        let of = Of { ids: &query.connection_id.0, each: false };
        for row in rollup::events(self.db(), who, when, of, ends).await? {
            let Some(place) = when.place(row.number) else { continue };
            let sum = &mut sums[place];
            sum.created += count(row.created);
            sum.delivered += count(row.delivered);
            sum.failed += count(row.failed);
            sum.cancelled += count(row.cancelled);
            sum.ignored += count(row.ignored);
        }
        if measures.contains(&EventMeasure::IgnoredCount) {
            for (number, ignored) in self.ignored(who, query, when).await? {
                let Some(place) = when.place(number) else { continue };
                sums[place].ignored += count(ignored);
            }
        }
        let is_of_now = |status: &EventStatus| status.is_pending();
        let asks_for_now = measures.iter().any(|measure| measure.is_of_now()) || query.status.0.iter().any(is_of_now);
        let mut partial = false;
        if asks_for_now {
            let waiting = store::waiting(self.db(), who, query, when).await?;
            partial = waiting.partial;
            for row in waiting.rows {
                let Some(place) = when.place(row.number) else { continue };
                let sum = &mut sums[place];
                match row.status {
                    EventStatus::Queued => sum.queued += count(row.events),
                    EventStatus::Scheduled => sum.scheduled += count(row.events),
                    EventStatus::Hold => sum.held += count(row.events),
                    EventStatus::Successful | EventStatus::Failed | EventStatus::Cancelled => {}
                }
            }
            if partial {
                estimate(&mut sums);
            }
        }
        Ok((sums, partial))
    }

    /// How many branches were not taken, by stretch.
    async fn ignored(&self, who: &Actor, query: &EventMetricsQuery, when: Stretches) -> Result<Vec<(i64, i64)>> {
        if query.connection_id.is_empty() && query.destination_id.is_empty() {
            let of = Of { ids: &query.source_id.0, each: false };
            let rows = rollup::requests(self.db(), who, when, of).await?;
            return Ok(rows.into_iter().map(|row| (row.number, row.ignored)).collect());
        }
        let connections = store::connections_between(self.db(), who, query).await?;
        if connections.is_empty() {
            return Ok(Vec::new());
        }
        let rows = rollup::ignored(self.db(), who, when, Of { ids: &connections, each: false }).await?;
        Ok(rows.into_iter().map(|row| (row.number, row.ignored)).collect())
    }

    pub(super) async fn series_of_attempts(&self, who: &Actor, query: &AttemptMetricsQuery) -> Result<MetricSeries> {
        let (when, granularity) = self.stretches(query.from, query.to, query.granularity)?;
        let measures = asked(&query.measures, AttemptMeasure::ALL)?;
        let of = Of { ids: query.destination_id.0.as_slice(), each: false };
        let mut sums = vec![(0, 0); when.count()];
        for row in rollup::attempts(self.db(), who, when, of).await? {
            let Some(place) = when.place(row.number) else { continue };
            sums[place].0 += count(row.successful);
            sums[place].1 += count(row.failed);
        }
        let mut buckets = vec![Buckets::default(); when.count()];
        if measures.iter().any(|measure| measure.is_latency()) {
            for row in rollup::latencies(self.db(), who, when, of).await? {
                let Some(place) = when.place(row.number) else { continue };
                buckets[place].add(row.bucket, row.attempts);
            }
        }
        let latencies: Vec<Latency> = buckets.iter().map(Buckets::latency).collect();
        let value = |place: usize, measure| {
            let ((successful, failed), latency) = (sums[place], latencies[place]);
            let time = |time: Option<f64>| time.and_then(Number::from_f64);
            match measure {
                AttemptMeasure::Count => Some((successful + failed).into()),
                AttemptMeasure::SuccessfulCount => Some(successful.into()),
                AttemptMeasure::FailedCount => Some(failed.into()),
                AttemptMeasure::LatencyP50 => time(latency.p50),
                AttemptMeasure::LatencyP95 => time(latency.p95),
                AttemptMeasure::LatencyP99 => time(latency.p99),
            }
        };
        Ok(series(when, granularity, &measures, value, false))
    }

    /// The stretches that are asked for, as far as history goes. They begin at whole multiples of their length, so the
    /// first begins at `from` or before, and the last ends after `to`.
    fn stretches(
        &self,
        from: Option<TimeBound>,
        to: Option<TimeBound>,
        granularity: Option<Granularity>,
    ) -> Result<(Stretches, Granularity)> {
        let now = self.now();
        let oldest = now.minus(USUALLY * self.0.config.retention_days);
        let to = to.map_or(now, |to| to.resolve(now));
        let from = from.map_or_else(|| to.minus(USUALLY), |from| from.resolve(now));
        if from > to {
            return Err(Problem::field("from", "it is later than `to`").into());
        }
        let (from, to) = (from.clamp(oldest, now), to.clamp(oldest, now));
        let granularity = match granularity {
            Some(granularity) => checked(granularity, from, to, now)?,
            None => Granularity::fitting(to.since(from), finest(from, now)),
        };
        let length = length(granularity);
        let at = |number: i64| Timestamp::from_millis(number * length);
        let (first, last) = (from.millis().div_euclid(length), to.millis().div_euclid(length));
        Ok((Stretches { from: at(first), to: at(last + 1), length }, granularity))
    }
}

impl Events {
    /// A measure of the events that have one of these statuses now; of all, when none is named.
    fn value(&self, measure: EventMeasure, statuses: &[EventStatus]) -> u64 {
        let of = |status: EventStatus| match status {
            EventStatus::Queued => self.queued,
            EventStatus::Scheduled => self.scheduled,
            EventStatus::Hold => self.held,
            EventStatus::Successful => self.delivered,
            EventStatus::Failed => self.failed,
            EventStatus::Cancelled => self.cancelled,
        };
        let wanted = |status| if statuses.is_empty() || statuses.contains(&status) { of(status) } else { 0 };
        match measure {
            EventMeasure::Count if statuses.is_empty() => self.created,
            EventMeasure::Count => EventStatus::ALL.iter().map(|status| wanted(*status)).sum(),
            EventMeasure::DeliveredCount => wanted(EventStatus::Successful),
            EventMeasure::FailedCount => wanted(EventStatus::Failed),
            EventMeasure::CancelledCount => wanted(EventStatus::Cancelled),
            EventMeasure::QueuedCount => wanted(EventStatus::Queued),
            EventMeasure::ProcessingCount => wanted(EventStatus::Scheduled),
            EventMeasure::HoldCount => wanted(EventStatus::Hold),
            EventMeasure::IgnoredCount => self.ignored,
        }
    }
}

/// Only a part of what waits was looked at: how much waits in each stretch is what was counted, and of which status that
/// is, the part says.
fn estimate(sums: &mut [Events]) {
    let sum = |of: fn(&Events) -> u64| sums.iter().map(of).sum::<u64>();
    let (queued, scheduled, held) = (sum(|s| s.queued), sum(|s| s.scheduled), sum(|s| s.held));
    let all = (queued + scheduled + held).max(1);
    for one in sums {
        let waiting = one.created.saturating_sub(one.delivered + one.failed + one.cancelled);
        one.scheduled = waiting * scheduled / all;
        one.held = waiting * held / all;
        one.queued = waiting - one.scheduled - one.held;
    }
}

fn asked<M: Copy + Display>(measures: &Commas<M>, all: &[M]) -> Result<Vec<M>> {
    if measures.is_empty() {
        let names: Vec<_> = all.iter().map(ToString::to_string).collect();
        let detail = format!("name one or more of {}, separated by commas", names.join(", "));
        return Err(Problem::field("measures", detail).into());
    }
    Ok(measures.0.clone())
}

fn length(granularity: Granularity) -> i64 {
    i64::try_from(granularity.duration().as_millis()).unwrap_or(i64::MAX)
}

/// The finest that can be told apart so far back.
fn finest(from: Timestamp, now: Timestamp) -> Granularity {
    match now.since(from) {
        ago if ago <= SECONDS_KEPT => Granularity::Second,
        ago if ago <= MINUTES_KEPT => Granularity::Minute,
        _ => Granularity::Hour,
    }
}

fn checked(granularity: Granularity, from: Timestamp, to: Timestamp, now: Timestamp) -> Result<Granularity> {
    let points = granularity.points(to.since(from));
    let detail = if points > MOST_POINTS {
        let enough = Granularity::ALL.iter().find(|one| one.points(to.since(from)) <= MOST_POINTS);
        format!(
            "{granularity} makes {points} points of this time, and {MOST_POINTS} are the most; choose {} or a shorter time",
            enough.unwrap_or(&Granularity::Hour)
        )
    } else if !rollup::is_kept(from, length(granularity), now) {
        let (kept, back) =
            if granularity < Granularity::Minute { ("seconds", "now-1h") } else { ("minutes", "now-72h") };
        format!("{kept} can be told apart from {back} on; choose {} for an older time", finest(from, now))
    } else {
        return Ok(granularity);
    };
    Err(Problem::field("granularity", detail).into())
}

fn series<M: Copy + Display>(
    when: Stretches,
    granularity: Granularity,
    measures: &[M],
    value: impl Fn(usize, M) -> Option<Number>,
    partial: bool,
) -> MetricSeries {
    let point = |place: usize| MetricPoint {
        timestamp: when.at(place),
        measures: measures.iter().map(|measure| (measure.to_string(), value(place, *measure))).collect(),
    };
    MetricSeries {
        date_range: DateRange { start: when.from, end: when.to },
        granularity,
        series: (0..when.count()).map(point).collect(),
        partial,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_apart_or_is_too_much_is_refused_with_what_to_choose() {
        let now: Timestamp = "2026-03-04T10:17:33.250Z".parse().unwrap();
        for (granularity, hours, expected) in [
            (Granularity::Second, 1, None),
            (Granularity::Second, 2, Some("choose 5s or a shorter time")),
            (Granularity::HalfMinute, 2, Some("choose 1m for an older time")),
            (Granularity::Minute, 48, None),
            (Granularity::Minute, 96, Some("choose 5m or a shorter time")),
            (Granularity::QuarterHour, 96, Some("choose 1h for an older time")),
            (Granularity::Hour, 360, None),
        ] {
            let refused = checked(granularity, now.minus(Duration::from_hours(hours)), now, now).err();
            let said = refused.map(|error| error.to_string());
            let fits = match (&said, expected) {
                (None, None) => true,
                (Some(said), Some(expected)) => said.contains(expected),
                _ => false,
            };
            assert!(fits, "{granularity} for {hours} h: {said:?}");
        }
    }

    #[test]
    fn an_estimate_keeps_what_was_counted() {
        let mut sums = [
            Events { created: 100, delivered: 10, held: 3, queued: 1, ..Events::default() },
            Events { created: 7, failed: 7, ..Events::default() },
        ];
        estimate(&mut sums);
        assert_eq!((sums[0].queued, sums[0].scheduled, sums[0].held), (23, 0, 67));
        assert_eq!(sums[1].value(EventMeasure::QueuedCount, &[]), 0);
        assert_eq!(sums[0].value(EventMeasure::Count, &[EventStatus::Hold, EventStatus::Successful]), 77);
    }
}
