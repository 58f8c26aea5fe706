//! Cards: a noun's last 24 hours in a few numbers.

use std::{collections::BTreeMap, time::Duration};

use hookyard_model::{
    Actor, BINS, Backlog, ConnectionCard, ConnectionId, DestinationCard, DestinationId, SourceCard, SourceId,
    Timestamp, TransformationCard, TransformationId,
};

use super::{backlog, count, store};
use crate::{
    Engine,
    error::Result,
    rollup::{self, ACCEPTED, Buckets, EventEnds, HOUR, MINUTE, Of, Stretches},
};

/// How many minutes a rate is taken over.
const RATE: i64 = 5;

/// The stretches of a card: whole minutes, since seconds are not kept for so long.
fn bins(now: Timestamp) -> Stretches {
    Stretches::ending(next_minute(now), 4 * HOUR, i64::try_from(BINS).unwrap_or_default())
}

/// The last minutes, as one stretch.
pub(super) fn lately(now: Timestamp) -> Stretches {
    let end = Timestamp::from_millis((now.millis().div_euclid(rollup::SECOND) + 1) * rollup::SECOND);
    Stretches::ending(end, RATE * MINUTE, 1)
}

fn next_minute(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((now.millis().div_euclid(MINUTE) + 1) * MINUTE)
}

/// So many in the last minutes, by the minute.
#[expect(clippy::cast_precision_loss, reason = "a rate is for reading")]
pub(super) fn rate(sum: u64) -> f64 {
    sum as f64 / RATE as f64
}

/// The cards of these ids in their order, or of all in the order of their ids.
fn in_order<Id: Ord + Copy, Card>(mut cards: BTreeMap<Id, Card>, ids: &[Id]) -> Vec<Card> {
    if ids.is_empty() {
        return cards.into_values().collect();
    }
    ids.iter().filter_map(|id| cards.remove(id)).collect()
}

impl Engine {
    pub(super) async fn cards_of_sources(&self, who: &Actor, ids: &[SourceId]) -> Result<Vec<SourceCard>> {
        let (db, now) = (self.db(), self.now());
        let empty = |row: store::SourceRow| SourceCard {
            id: row.id,
            requests_24h_count: 0,
            requests_24h_total_count: 0,
            requests_24h_accepted_count: 0,
            requests_24h_rejected_count: 0,
            requests_24h_accepted_bins: [0; BINS],
            requests_24h_rejected_bins: [0; BINS],
            connections_count: count(row.connections),
            per_minute: 0.0,
        };
        let rows = store::sources(db, who, ids).await?;
        let mut cards: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, empty(row))).collect();
        let when = bins(now);
        for row in rollup::requests(db, who, when, Of { ids, each: true }).await? {
            let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) else { continue };
            let Some(place) = when.place(row.number) else { continue };
            let (requests, accepted) = (count(row.requests), row.outcome == ACCEPTED);
            card.requests_24h_count += requests;
            card.requests_24h_total_count += requests;
            if accepted {
                card.requests_24h_accepted_count += requests;
                card.requests_24h_accepted_bins[place] += requests;
            } else {
                card.requests_24h_rejected_count += requests;
                card.requests_24h_rejected_bins[place] += requests;
            }
        }
        for row in rollup::requests(db, who, lately(now), Of { ids, each: true }).await? {
            if let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) {
                card.per_minute += rate(count(row.requests));
            }
        }
        Ok(in_order(cards, ids))
    }

    pub(super) async fn cards_of_connections(&self, who: &Actor, ids: &[ConnectionId]) -> Result<Vec<ConnectionCard>> {
        let (db, now) = (self.db(), self.now());
        let backlogs = self.backlogs(who).await?;
        let empty = |id: ConnectionId| ConnectionCard {
            id,
            events_24h_count: 0,
            events_24h_successful_count: 0,
            events_24h_failed_count: 0,
            events_24h_pending_count: 0,
            events_24h_cancelled_count: 0,
            events_24h_ignored_count: 0,
            events_24h_bins: [0; BINS],
            events_24h_successful_bins: [0; BINS],
            events_24h_failed_bins: [0; BINS],
            events_24h_pending_bins: [0; BINS],
            events_24h_cancelled_bins: [0; BINS],
            backlog: backlog::of_connection(&backlogs, id),
            per_minute: 0.0,
            failed_per_minute: 0.0,
        };
        let there = if ids.is_empty() { store::connections(db, who).await? } else { ids.to_vec() };
        let mut cards: BTreeMap<_, _> = there.into_iter().map(|id| (id, empty(id))).collect();
        let when = bins(now);
        let of = Of { ids, each: true };
        for row in rollup::events(db, who, when, of, EventEnds::ALL).await? {
            let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) else { continue };
            let Some(place) = when.place(row.number) else { continue };
            let done = count(row.delivered) + count(row.failed) + count(row.cancelled);
            let pending = count(row.created).saturating_sub(done);
            card.events_24h_ignored_count += count(row.ignored);
            for (sum, bins, events) in [
                (&mut card.events_24h_count, &mut card.events_24h_bins, count(row.created)),
                (&mut card.events_24h_successful_count, &mut card.events_24h_successful_bins, count(row.delivered)),
                (&mut card.events_24h_failed_count, &mut card.events_24h_failed_bins, count(row.failed)),
                (&mut card.events_24h_cancelled_count, &mut card.events_24h_cancelled_bins, count(row.cancelled)),
                (&mut card.events_24h_pending_count, &mut card.events_24h_pending_bins, pending),
            ] {
                *sum += events;
                bins[place] += events;
            }
        }
        for row in rollup::ignored(db, who, when, of).await? {
            if let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) {
                card.events_24h_ignored_count += count(row.ignored);
            }
        }
        for row in rollup::events(db, who, lately(now), of, EventEnds::ALL).await? {
            if let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) {
                card.per_minute += rate(count(row.created));
                card.failed_per_minute += rate(count(row.failed));
            }
        }
        Ok(in_order(cards, ids))
    }

    pub(super) async fn cards_of_destinations(
        &self,
        who: &Actor,
        ids: &[DestinationId],
    ) -> Result<Vec<DestinationCard>> {
        let (db, now) = (self.db(), self.now());
        let backlogs = self.backlogs(who).await?;
        let empty = |id: DestinationId, backlog: Backlog| DestinationCard {
            id,
            attempts_24h_count: 0,
            attempts_24h_successful_count: 0,
            attempts_24h_failed_count: 0,
            attempts_24h_bins: [0; BINS],
            attempts_24h_failed_bins: [0; BINS],
            latency_p95: None,
            backlog,
            per_minute: 0.0,
            failed_per_minute: 0.0,
        };
        let rows = store::destinations(db, who, ids).await?;
        let mut cards: BTreeMap<_, _> =
            rows.iter().map(|row| (row.id, empty(row.id, backlog::of_destination(&backlogs, row.id)))).collect();
        let when = bins(now);
        let of = Of { ids, each: true };
        for row in rollup::attempts(db, who, when, of).await? {
            let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) else { continue };
            let Some(place) = when.place(row.number) else { continue };
            let (successful, failed) = (count(row.successful), count(row.failed));
            card.attempts_24h_count += successful + failed;
            card.attempts_24h_successful_count += successful;
            card.attempts_24h_failed_count += failed;
            card.attempts_24h_bins[place] += successful + failed;
            card.attempts_24h_failed_bins[place] += failed;
        }
        let whole = Stretches { length: 24 * HOUR, ..when };
        let mut buckets: BTreeMap<DestinationId, Buckets> = BTreeMap::new();
        for row in rollup::latencies(db, who, whole, of).await? {
            if let Some(id) = row.id {
                buckets.entry(id).or_default().add(row.bucket, row.attempts);
            }
        }
        for (id, buckets) in buckets {
            if let Some(card) = cards.get_mut(&id) {
                card.latency_p95 = buckets.latency().p95;
            }
        }
        for row in rollup::attempts(db, who, lately(now), of).await? {
            if let Some(card) = row.id.and_then(|id| cards.get_mut(&id)) {
                card.per_minute += rate(count(row.successful) + count(row.failed));
                card.failed_per_minute += rate(count(row.failed));
            }
        }
        Ok(in_order(cards, ids))
    }

    pub(super) async fn cards_of_transformations(
        &self,
        who: &Actor,
        ids: &[TransformationId],
    ) -> Result<Vec<TransformationCard>> {
        let (db, now) = (self.db(), self.now());
        let empty = |(id, connections_count): (TransformationId, u64)| TransformationCard {
            id,
            executions_24h_count: 0,
            executions_24h_failed_count: 0,
            executions_24h_bins: [0; BINS],
            executions_24h_failed_bins: [0; BINS],
            error_code_counts: BTreeMap::new(),
            connections_count,
        };
        let there = store::transformations(db, who).await?;
        let wanted = |id: &TransformationId| ids.is_empty() || ids.contains(id);
        let mut cards: BTreeMap<_, _> =
            there.into_iter().filter(|(id, _)| wanted(id)).map(|row| (row.0, empty(row))).collect();
        let when = bins(now);
        for row in store::runs(db, who, when, ids).await? {
            let (Some(card), Some(place)) = (cards.get_mut(&row.transformation_id), when.place(row.number)) else {
                continue;
            };
            let (all, failed) = (count(row.successful) + count(row.failed), count(row.failed));
            card.executions_24h_count += all;
            card.executions_24h_failed_count += failed;
            card.executions_24h_bins[place] += all;
            card.executions_24h_failed_bins[place] += failed;
        }
        for card in cards.values_mut().filter(|card| card.executions_24h_failed_count > 0) {
            let since = now.minus(Duration::from_hours(24));
            for row in store::run_errors(db, who, card.id, since).await? {
                card.error_code_counts.insert(row.error_code, count(row.runs));
            }
        }
        Ok(in_order(cards, ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_six_parts_of_the_last_24_hours() {
        let now: Timestamp = "2026-03-04T10:17:33.250Z".parse().unwrap();
        let when = bins(now);
        assert_eq!((when.count(), when.to.to_string()), (BINS, "2026-03-04T10:18:00.000Z".to_owned()));
        assert_eq!(when.to.since(when.from), Duration::from_hours(24));
        assert_eq!(lately(now).from.to_string(), "2026-03-04T10:12:34.000Z");
    }

    #[test]
    fn cards_come_as_they_were_asked_for() {
        let cards = || BTreeMap::from([(1, 'a'), (2, 'b'), (3, 'c')]);
        assert_eq!(in_order(cards(), &[3, 1, 7]), ['c', 'a']);
        assert_eq!(in_order(cards(), &[]), ['a', 'b', 'c']);
    }
}
