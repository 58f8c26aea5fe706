//! One verification of a team's mode: stage by stage, some rows at a time, so that no snapshot is held for long and memory
//! stays small. What is amiss in a step is looked at again a moment later, twice, since it may have been changing.

use std::{collections::BTreeMap, time::Duration};

use hookyard_model::{Discrepancy, EventId, RequestId, VerifiedRule, VerifyLooked, VerifyRule};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::{
    judge::{Amiss, Known},
    store::{OPERATIONS_AT_ONCE, SOME, Which, Whose},
};
use crate::{chores::kept_since, error::Result, rule::IgnoredColumn};

/// How many discrepancies are told; who has more than that needs no longer list.
pub(super) const MOST: usize = 1000;
/// When what is amiss is looked at again.
const AGAIN: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];
/// The longest rest between two steps.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// What is gone through, in this order, and about which part of the whole each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(super) enum Stage {
    #[default]
    Requests,
    Events,
    Attempts,
    Queue,
    Transforming,
    Destinations,
    Operations,
    Items,
    Over,
}

impl Stage {
    /// How many rows a step reads.
    fn rows(self) -> usize {
        usize::try_from(if self == Self::Operations { OPERATIONS_AT_ONCE } else { SOME }).unwrap_or(usize::MAX)
    }
}

const STAGES: [(Stage, f64); 9] = [
    (Stage::Requests, 0.25),
    (Stage::Events, 0.4),
    (Stage::Attempts, 0.2),
    (Stage::Queue, 0.05),
    (Stage::Transforming, 0.01),
    (Stage::Destinations, 0.01),
    (Stage::Operations, 0.01),
    (Stage::Items, 0.07),
    (Stage::Over, 0.0),
];

/// How much rest there is after a step, as so many times as long as it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Fast,
    /// A command: half of the time.
    Fair,
    /// Beside deliveries: a tenth of the time.
    Gentle,
}

/// How far a verification is and what it found: what it goes on from, whoever goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    pub(super) stage: Stage,
    /// The key that was looked at last, and the last there was when the stage began.
    after: Vec<String>,
    upto: String,
    /// How far the stage is, 0 to 1.
    part: f64,
    first: String,
    pub(super) looked: VerifyLooked,
    pub(super) amiss: BTreeMap<VerifyRule, u64>,
    pub(super) discrepancies: Vec<Discrepancy>,
}

/// A row that is amiss: its key, and what is.
struct Suspect {
    key: Vec<String>,
    subject: String,
    amiss: Amiss,
}

/// What a step read.
#[derive(Default)]
struct Read {
    rows: usize,
    last: Option<Vec<String>>,
    suspects: Vec<Suspect>,
}

impl Read {
    fn row(&mut self, key: Vec<String>, subject: &impl ToString, amiss: Amiss) {
        self.rows += 1;
        if !amiss.is_empty() {
            self.suspects.push(Suspect { key: key.clone(), subject: subject.to_string(), amiss });
        }
        self.last = Some(key);
    }
}

/// Which rows a read is about.
enum Part<'a> {
    Next,
    One(&'a [String]),
}

impl Run {
    /// How far it is, 0 to 1.
    pub(super) fn progress(&self) -> f64 {
        let before: f64 = STAGES.iter().filter(|(stage, _)| *stage < self.stage).map(|(_, share)| share).sum();
        let share = STAGES.iter().find(|(stage, _)| *stage == self.stage).map_or(0.0, |(_, share)| *share);
        (before + share * self.part).clamp(0.0, 1.0)
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    pub(super) fn count(&self) -> u64 {
        self.amiss.values().sum()
    }

    /// Each rule, and how it did.
    pub(super) fn rules(&self) -> Vec<VerifiedRule> {
        let rule = |rule: &VerifyRule| VerifiedRule {
            rule: *rule,
            sentence: rule.sentence().to_owned(),
            looked: rule.looked(&self.looked),
            amiss: self.amiss.get(rule).copied().unwrap_or_default(),
        };
        VerifyRule::ALL.iter().map(rule).collect()
    }

    /// Looks at the next rows, then rests.
    pub(super) async fn step(&mut self, whose: Whose<'_>, known: &mut Known, pace: Pace) -> Result<()> {
        let began = Instant::now();
        if self.after.is_empty() && !self.begin(whose).await? {
            self.next_stage();
            return Ok(());
        }
        known.since = kept_since(whose.db).await?;
        let read = self.read(whose, known, Part::Next).await?;
        let took = began.elapsed();
        self.confirm(whose, known, read.suspects).await?;
        let may_be_more = read.rows >= self.stage.rows();
        match read.last {
            Some(last) if may_be_more => {
                self.part = self.part_of(&last);
                self.after = last;
            }
            _ => self.next_stage(),
        }
        let rest = match pace {
            Pace::Fast => Duration::ZERO,
            Pace::Fair => took,
            Pace::Gentle => took * 9,
        };
        if may_be_more {
            sleep(rest.min(LONGEST_REST)).await;
        }
        Ok(())
    }

    fn next_stage(&mut self) {
        let next = STAGES.iter().map(|(stage, _)| *stage).find(|stage| *stage > self.stage);
        self.stage = next.unwrap_or(Stage::Over);
        (self.after, self.upto, self.first, self.part) = Default::default();
    }

    /// Finds the ends of the stage; returns whether there is anything.
    async fn begin(&mut self, whose: Whose<'_>) -> Result<bool> {
        let (table, key) = match self.stage {
            Stage::Requests => ("request", "id"),
            Stage::Events => ("event", "id"),
            Stage::Attempts => ("attempt", "id"),
            Stage::Transforming => ("transforming", "event_id"),
            Stage::Destinations => ("lane", "destination_id"),
            Stage::Operations => ("bulk_operation", "id"),
            Stage::Queue => {
                self.after = [String::new(), "-1".to_owned(), "-1".to_owned(), String::new()].into();
                return Ok(true);
            }
            Stage::Items => {
                self.after = [String::new(), String::new()].into();
                return Ok(true);
            }
            Stage::Over => return Ok(false),
        };
        let Some((first, last)) = whose.ends(table, key).await? else { return Ok(false) };
        (self.after, self.first, self.upto) = (vec![String::new()], first, last);
        Ok(true)
    }

    /// How far a key is between the ends of the stage: ids begin with the time they were made.
    fn part_of(&self, key: &[String]) -> f64 {
        let at = |id: &str| match self.stage {
            Stage::Requests => id.parse::<RequestId>().ok().map(RequestId::made_at),
            Stage::Events => id.parse::<EventId>().ok().map(EventId::made_at),
            Stage::Attempts => id.parse::<hookyard_model::AttemptId>().ok().map(hookyard_model::AttemptId::made_at),
            _ => None,
        };
        let (Some(first), Some(now), Some(last)) = (at(&self.first), key.first().and_then(|id| at(id)), at(&self.upto))
        else {
            return 0.5;
        };
        (now.since(first).as_secs_f64() / last.since(first).as_secs_f64().max(0.001)).clamp(0.0, 1.0)
    }

    /// Looks again at what is amiss, and tells what still is.
    async fn confirm(&mut self, whose: Whose<'_>, known: &mut Known, mut suspects: Vec<Suspect>) -> Result<()> {
        for wait in AGAIN {
            // Who has that many already is not told of rows that were just changing.
            if suspects.is_empty() || self.discrepancies.len() >= MOST {
                break;
            }
            sleep(wait).await;
            // What retention deleted before the look that found it amiss is known now.
            known.since = kept_since(whose.db).await?;
            let looked = self.looked;
            let mut left = Vec::new();
            for suspect in suspects {
                let read = self.read(whose, known, Part::One(&suspect.key)).await?;
                let now = read.suspects.into_iter().flat_map(|again| again.amiss);
                let amiss: Amiss = now.filter(|(rule, _)| suspect.amiss.iter().any(|(had, _)| had == rule)).collect();
                if !amiss.is_empty() {
                    left.push(Suspect { amiss, ..suspect });
                }
            }
            suspects = left;
            self.looked = looked;
        }
        for Suspect { subject, amiss, .. } in suspects {
            for (rule, detail) in amiss {
                *self.amiss.entry(rule).or_default() += 1;
                if self.discrepancies.len() < MOST {
                    self.discrepancies.push(Discrepancy { rule, subject: subject.clone(), detail });
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self, whose: Whose<'_>, known: &mut Known, part: Part<'_>) -> Result<Read> {
        let mut read = Read::default();
        let (key, one) = match part {
            Part::Next => (self.after.clone(), false),
            Part::One(key) => (key.to_vec(), true),
        };
        let at = |index: usize| key.get(index).map_or("", String::as_str);
        let which = if one { Which::One(at(0)) } else { Which::After(at(0), &self.upto) };
        let looked = &mut self.looked;
        match self.stage {
            Stage::Requests => {
                let rows = whose.requests(which).await?;
                let named = |column: &str| IgnoredColumn::read(Some(column)).ok();
                let columns: Vec<_> = rows.iter().filter_map(|row| named(row.ignored.as_deref()?)).collect();
                if columns.iter().flat_map(IgnoredColumn::rosters).any(|roster| !known.rosters.contains(roster)) {
                    known.rosters = whose.rosters().await?.into_iter().collect();
                }
                for row in rows {
                    looked.requests += 1;
                    looked.ignored += row.ignored_count.unsigned_abs();
                    read.row(vec![row.id.to_string()], &row.id, row.judge(known));
                }
            }
            Stage::Events => {
                for row in whose.events(which).await? {
                    looked.events += 1;
                    read.row(vec![row.id.to_string()], &row.id, row.judge(known));
                }
            }
            Stage::Attempts => {
                for row in whose.attempts(which).await? {
                    looked.attempts += 1;
                    read.row(vec![row.id.to_string()], &row.id, row.judge(known));
                }
            }
            Stage::Queue => {
                let number = |index: usize| at(index).parse().unwrap_or_default();
                let from = (at(0).to_owned(), number(1), number(2), at(3).to_owned());
                for row in whose.pending(&from, one).await? {
                    looked.queued += 1;
                    let key = vec![
                        row.destination_id.to_string(),
                        row.rank.to_string(),
                        row.due_at.millis().to_string(),
                        row.event_id.to_string(),
                    ];
                    read.row(key, &row.event_id, row.judge());
                }
            }
            Stage::Transforming => {
                for row in whose.transforming(which).await? {
                    looked.transforming += 1;
                    read.row(vec![row.event_id.to_string()], &row.event_id, row.judge());
                }
            }
            Stage::Destinations => {
                for row in whose.lanes(which).await? {
                    looked.destinations += 1;
                    read.row(vec![row.destination_id.to_string()], &row.destination_id, row.judge());
                }
            }
            Stage::Operations => {
                for row in whose.operations(which).await? {
                    looked.bulk_operations += 1;
                    read.row(vec![row.id.to_string()], &row.id, row.judge(known));
                }
            }
            Stage::Items => {
                for row in whose.items(&(at(0).to_owned(), at(1).to_owned()), one).await? {
                    looked.bulk_items += 1;
                    let key = vec![row.operation_id.to_string(), row.target_id.clone()];
                    read.row(key, &row.operation_id, row.judge(known));
                }
            }
            Stage::Over => {}
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stages_make_a_whole() {
        let whole: f64 = STAGES.iter().map(|(_, share)| share).sum();
        assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        let mut run = Run::default();
        let mut before = -1.0;
        for _ in 0..STAGES.len() {
            assert!(run.progress() > before || run.is_over());
            before = run.progress();
            run.next_stage();
        }
        assert!(run.is_over() && (run.progress() - 1.0).abs() < 1e-9);
    }
}
