//! The tables of counts, which are all alike: whose, when, what of, and how many.

use crate::db::{
    Tx,
    bulk::{
        Bulk, Kind,
        Kind::{Int, Text},
    },
};

use super::{MINUTE, SECOND};

/// A table of counts.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// `team_id`, `mode`, `span`, `begins`, then what is counted, then the counts.
    columns: &'static [(&'static str, Kind)],
    /// How many of the columns are the key.
    keys: usize,
}

pub(super) const REQUESTS: Table = Table {
    name: "request_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("source_id", Text),
        ("outcome", Text),
        ("requests", Int),
        ("ignored", Int),
        ("bytes", Int),
    ],
    keys: 6,
};

pub(super) const EVENTS: Table = Table {
    name: "event_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("connection_id", Text),
        ("source_id", Text),
        ("destination_id", Text),
        ("created", Int),
        ("delivered", Int),
        ("failed", Int),
        ("cancelled", Int),
        ("ignored", Int),
    ],
    keys: 7,
};

pub(super) const ATTEMPTS: Table = Table {
    name: "attempt_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("destination_id", Text),
        ("successful", Int),
        ("failed", Int),
    ],
    keys: 5,
};

pub(super) const LATENCIES: Table = Table {
    name: "latency_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("destination_id", Text),
        ("bucket", Int),
        ("attempts", Int),
    ],
    keys: 6,
};

pub(super) const IGNORED: Table = Table {
    name: "ignored_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("connection_id", Text),
        ("cause", Text),
        ("ignored", Int),
    ],
    keys: 6,
};

pub(super) const FAILURES: Table = Table {
    name: "failure_rollup",
    columns: &[
        ("team_id", Text),
        ("mode", Text),
        ("span", Int),
        ("begins", Int),
        ("destination_id", Text),
        ("cause", Text),
        ("attempts", Int),
    ],
    keys: 6,
};

pub(super) const ALL: [&Table; 6] = [&REQUESTS, &EVENTS, &ATTEMPTS, &LATENCIES, &IGNORED, &FAILURES];

impl Table {
    /// No rows yet.
    pub(super) fn rows(&self) -> Bulk {
        Bulk::new(self.columns)
    }

    /// The names of the columns of the key.
    pub(super) fn key(&self) -> Vec<&'static str> {
        self.columns[..self.keys].iter().map(|(name, _)| *name).collect()
    }

    /// The key without what is the same of all rows of a team's stretch: what is counted.
    fn counted(&self) -> impl Iterator<Item = &'static str> {
        self.columns[4..self.keys].iter().map(|(name, _)| *name)
    }

    fn counts(&self) -> impl Iterator<Item = &'static str> {
        self.columns[self.keys..].iter().map(|(name, _)| *name)
    }

    /// Adds what `select` gives, a query that begins with `SELECT` or `WITH`, to what is there.
    pub(super) fn adding(&self, select: &str) -> String {
        let Self { name, .. } = self;
        let all: Vec<_> = self.columns.iter().map(|(column, _)| *column).collect();
        let sums: Vec<_> = self.counts().map(|count| format!("{count} = {name}.{count} + excluded.{count}")).collect();
        format!(
            "INSERT INTO {name} ({}) {select} ON CONFLICT ({}) DO UPDATE SET {}",
            all.join(", "),
            self.key().join(", "),
            sums.join(", ")
        )
    }

    /// Adds `rows`. They come in the order of their key, so that two who add do not wait for each other.
    pub(super) async fn add(&self, tx: &mut Tx, rows: Bulk) -> sqlx::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let all: Vec<_> = self.columns.iter().map(|(column, _)| *column).collect();
        let select = format!("SELECT {} FROM u WHERE true", all.join(", "));
        rows.run(tx, &self.adding(&select)).await.map(drop)
    }

    /// What rows of a span, named `from`, come to in stretches of `span`.
    pub(super) fn folded(&self, from: &str, span: i64) -> String {
        let counted: Vec<_> = self.counted().collect();
        let counted = counted.join(", ");
        let sums: Vec<_> = self.counts().map(|count| format!("CAST(SUM({count}) AS BIGINT)")).collect();
        format!(
            "SELECT team_id, mode, {span}, begins / {span} * {span}, {counted}, {} FROM {from} WHERE true \
             GROUP BY team_id, mode, 4, {counted}",
            sums.join(", ")
        )
    }
}

/// The spans that stretches have, in SQL.
pub(crate) const SPANS: &str = "(1000, 60000, 3600000)";

/// The second of an instant, in which the writer of this number counts.
pub(super) fn second(millis: i64, writer: u16) -> i64 {
    millis.div_euclid(SECOND) * SECOND + i64::from(writer) % SECOND
}

/// Whether a length can be made of whole stretches of one span, the longest that it can.
pub(crate) const fn span_of(length: i64) -> Option<i64> {
    if length % super::HOUR == 0 {
        Some(super::HOUR)
    } else if length % MINUTE == 0 {
        Some(MINUTE)
    } else if length % SECOND == 0 {
        Some(SECOND)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_added_to_what_is_there() {
        assert_eq!(
            ATTEMPTS.adding("SELECT 1"),
            "INSERT INTO attempt_rollup (team_id, mode, span, begins, destination_id, successful, failed) SELECT 1 \
             ON CONFLICT (team_id, mode, span, begins, destination_id) DO UPDATE SET \
             successful = attempt_rollup.successful + excluded.successful, failed = attempt_rollup.failed + excluded.failed"
        );
    }

    #[test]
    fn a_writer_counts_within_the_second() {
        assert_eq!(second(61_999, 7), 61_007);
        assert_eq!(second(61_000, 1007), 61_007);
        assert_eq!((span_of(7_200_000), span_of(90_000), span_of(5000)), (Some(3_600_000), Some(1000), Some(1000)));
    }
}
