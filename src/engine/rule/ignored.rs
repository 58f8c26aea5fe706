//! What is stored of the branches that a request did not take: a few bytes, however many there are.
//!
//! The column is a JSON object by cause. A few connections stand there by their ids; of many it says which of a
//! *roster* they are: the connections that the source had then, which are stored once for all its requests. A duplicate's
//! connection stands there with the request that it is the same as.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use hookyard_model::{ConnectionId, IgnoredCause, Mode, RequestId, TeamId, Timestamp};
use serde::{Deserialize, Serialize};

use super::sift::name;
use crate::{
    Engine,
    db::{Db, on},
    error::{Error, Result},
};

/// From how many connections on they are not listed one by one.
const MANY: usize = 8;
/// How often it is written down that a roster is in use.
const IN_USE: std::time::Duration = std::time::Duration::from_hours(1);

/// The connections that a source had, in the order that bits count them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Roster {
    id: String,
    connections: Vec<ConnectionId>,
}

/// The branches that a request did not take.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored {
    /// A cause without connections is the request's as a whole.
    pub(crate) causes: BTreeMap<IgnoredCause, Vec<ConnectionId>>,
    /// The requests that duplicates are the same as.
    pub(crate) same_as: BTreeMap<ConnectionId, RequestId>,
    pub(crate) roster: Option<Arc<Roster>>,
}

/// The connections of a cause as they are stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Listed(Vec<ConnectionId>),
    SameAs(BTreeMap<ConnectionId, RequestId>),
    /// A roster's id, a colon, and which of it, bit by bit, in base64.
    Bits(String),
}

impl Roster {
    fn new(connections: Vec<ConnectionId>) -> Self {
        let text = listed(&connections);
        Self { id: name(text.as_bytes()), connections }
    }

    fn bits(&self, of: &[ConnectionId]) -> Option<String> {
        let mut bits = vec![0_u8; self.connections.len().div_ceil(8)];
        let mut places = self.connections.iter().enumerate();
        for connection in of {
            // Both are in the same order, so one look through it finds them all.
            let (place, _) = places.by_ref().find(|(_, known)| *known == connection)?;
            bits[place / 8] |= 1 << (place % 8);
        }
        Some(format!("{}:{}", self.id, STANDARD_NO_PAD.encode(bits)))
    }

    fn of_bits(&self, bits: &[u8]) -> Vec<ConnectionId> {
        let is_set = |place: usize| bits.get(place / 8).is_some_and(|byte| byte & (1 << (place % 8)) != 0);
        let set = self.connections.iter().enumerate().filter(|(place, _)| is_set(*place));
        set.map(|(_, connection)| *connection).collect()
    }
}

fn listed(connections: &[ConnectionId]) -> String {
    connections.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Ignored {
    pub(crate) fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// How many branches there are; a cause without connections counts as one.
    pub(crate) fn count(&self) -> u32 {
        let count: usize = self.causes.values().map(|connections| connections.len().max(1)).sum();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The branch is ignored since its request is the same as another.
    pub(crate) fn deduplicate(&mut self, connection: ConnectionId, same_as: RequestId) {
        self.causes.entry(IgnoredCause::Deduplicated).or_default().push(connection);
        self.same_as.insert(connection, same_as);
    }

    /// What is stored.
    pub(crate) fn column(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let stored = |(cause, connections): (&IgnoredCause, &Vec<ConnectionId>)| {
            let same_as = || {
                let pair = |connection: &ConnectionId| Some((*connection, *self.same_as.get(connection)?));
                connections.iter().map(pair).collect::<Option<BTreeMap<_, _>>>()
            };
            let bits = || self.roster.as_ref().filter(|_| connections.len() >= MANY)?.bits(connections);
            let stored = match same_as().filter(|_| *cause == IgnoredCause::Deduplicated) {
                Some(same_as) => Stored::SameAs(same_as),
                None => bits().map_or_else(|| Stored::Listed(connections.clone()), Stored::Bits),
            };
            (*cause, stored)
        };
        let stored: BTreeMap<_, _> = self.causes.iter().map(stored).collect();
        Some(serde_json::to_string(&stored).unwrap_or_default())
    }
}

/// A column that was read, but for the rosters that it names.
#[derive(Debug, Default)]
pub(crate) struct IgnoredColumn(BTreeMap<IgnoredCause, Stored>);

impl IgnoredColumn {
    pub(crate) fn read(column: Option<&str>) -> Result<Self> {
        Ok(Self(column.map(serde_json::from_str).transpose()?.unwrap_or_default()))
    }

    /// The ids of the rosters that it names.
    pub(crate) fn rosters(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|stored| match stored {
            Stored::Bits(bits) => bits.split_once(':').map(|(roster, _)| roster),
            Stored::Listed(_) | Stored::SameAs(_) => None,
        })
    }

    /// How many branches it has. What is not readable counts as none.
    pub(crate) fn count(&self) -> usize {
        let count = |stored: &Stored| match stored {
            Stored::Listed(connections) => connections.len().max(1),
            Stored::SameAs(pairs) => pairs.len(),
            Stored::Bits(bits) => {
                let bits = bits.split_once(':').and_then(|(_, bits)| STANDARD_NO_PAD.decode(bits).ok());
                bits.iter().flatten().map(|byte| byte.count_ones() as usize).sum()
            }
        };
        self.0.values().map(count).sum()
    }

    /// With the rosters looked up.
    pub(crate) fn resolve(self, find: impl Fn(&str) -> Option<Arc<Roster>>) -> Result<Ignored> {
        let mut ignored = Ignored::default();
        for (cause, stored) in self.0 {
            let connections = match stored {
                Stored::Listed(connections) => connections,
                Stored::SameAs(pairs) => {
                    let connections = pairs.keys().copied().collect();
                    ignored.same_as.extend(pairs);
                    connections
                }
                Stored::Bits(text) => {
                    let broken = || Error::Broken(format!("`{text}` names no connections that are known"));
                    let (roster, bits) = text.split_once(':').ok_or_else(broken)?;
                    let bits = STANDARD_NO_PAD.decode(bits).map_err(|_| broken())?;
                    find(roster).ok_or_else(broken)?.of_bits(&bits)
                }
            };
            ignored.causes.insert(cause, connections);
        }
        Ok(ignored)
    }
}

impl Engine {
    /// The roster of these connections, which is stored when this returns; `None` where they are few, or where it cannot
    /// be stored just now: they are listed then.
    pub(crate) async fn roster(&self, team: TeamId, mode: Mode, connections: Vec<ConnectionId>) -> Option<Arc<Roster>> {
        if connections.len() < MANY {
            return None;
        }
        let roster = Roster::new(connections);
        match keep(self.db(), team, mode, &roster, self.now()).await {
            Ok(()) => Some(Arc::new(roster)),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a source's connections cannot be noted");
                None
            }
        }
    }

    /// What is stored of a request's ignored branches, with its connections.
    pub(crate) async fn ignored_branches(&self, team: TeamId, mode: Mode, column: Option<&str>) -> Result<Ignored> {
        let column = IgnoredColumn::read(column)?;
        let mut rosters = BTreeMap::new();
        for id in column.rosters() {
            if !rosters.contains_key(id)
                && let Some(roster) = find(self.db(), team, mode, id).await?
            {
                rosters.insert(id.to_owned(), Arc::new(roster));
            }
        }
        column.resolve(|id| rosters.get(id).cloned())
    }
}

async fn keep(db: &Db, team: TeamId, mode: Mode, roster: &Roster, now: Timestamp) -> Result<()> {
    const LOOK: &str = "SELECT used_at FROM roster WHERE team_id = $1 AND mode = $2 AND id = $3";
    const SQL: &str = "INSERT INTO roster (team_id, mode, id, connections, used_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (team_id, mode, id) DO UPDATE SET used_at = excluded.used_at WHERE roster.used_at < excluded.used_at";
    // Usually it is there: looking does not need the writer.
    let used_at: Option<Timestamp> = on!(db, read, pool => sqlx::query_scalar(LOOK)
        .bind(team).bind(mode).bind(&roster.id).fetch_optional(pool).await)?;
    if used_at.is_some_and(|used_at| used_at.plus(IN_USE) > now) {
        return Ok(());
    }
    on!(db, write, pool => sqlx::query(SQL)
        .bind(team).bind(mode).bind(&roster.id).bind(listed(&roster.connections)).bind(now)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

async fn find(db: &Db, team: TeamId, mode: Mode, id: &str) -> Result<Option<Roster>> {
    const SQL: &str = "SELECT connections FROM roster WHERE team_id = $1 AND mode = $2 AND id = $3";
    let found: Option<String> =
        on!(db, read, pool => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_optional(pool).await)?;
    let read = |list: String| {
        let connections = list.split(',').map(str::parse).collect::<std::result::Result<_, _>>();
        let connections = connections.map_err(|_| Error::Broken(format!("the roster {id} cannot be read")))?;
        Ok(Roster { id: id.to_owned(), connections })
    };
    found.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn connections(range: std::ops::Range<u128>) -> Vec<ConnectionId> {
        range.map(|n| ConnectionId::new(Ulid(n))).collect()
    }

    #[test]
    fn many_take_few_bytes_and_all_are_found_again() {
        let roster = Arc::new(Roster::new(connections(1..201)));
        let filtered: Vec<_> =
            connections(1..201).into_iter().filter(|id| id.to_string().ends_with(['1', 'Z', 'A'])).collect();
        let mut ignored = Ignored { roster: Some(Arc::clone(&roster)), ..Ignored::default() };
        ignored.causes.insert(IgnoredCause::Filtered, filtered.clone());
        ignored.causes.insert(IgnoredCause::ConnectionDisabled, connections(5..7));
        let column = ignored.column().unwrap();
        assert!(column.len() < 200, "{column}");

        let read = IgnoredColumn::read(Some(&column)).unwrap();
        assert_eq!(read.count(), filtered.len() + 2);
        assert_eq!(u32::try_from(read.count()).unwrap(), ignored.count());
        assert_eq!(read.rosters().collect::<Vec<_>>(), [roster.id.as_str()]);
        let found = read.resolve(|id| (id == roster.id).then(|| Arc::clone(&roster))).unwrap();
        assert_eq!(found.causes, ignored.causes);
        assert!(IgnoredColumn::read(Some(&column)).unwrap().resolve(|_| None).is_err(), "the roster is gone");
    }

    #[test]
    fn a_few_are_listed_and_a_duplicate_says_of_what() {
        let of = RequestId::new(Ulid(9));
        let [first, second] = [1, 2].map(|n| ConnectionId::new(Ulid(n)));
        let mut ignored = Ignored::default();
        ignored.causes.insert(IgnoredCause::Filtered, vec![first]);
        ignored.deduplicate(second, of);
        let column = ignored.column().unwrap();
        assert_eq!(column, format!(r#"{{"FILTERED":["{first}"],"DEDUPLICATED":{{"{second}":"{of}"}}}}"#));
        let found = IgnoredColumn::read(Some(&column)).unwrap().resolve(|_| None).unwrap();
        assert_eq!((found.causes, found.same_as), (ignored.causes.clone(), ignored.same_as.clone()));
    }

    #[test]
    fn what_was_stored_before_is_read_too() {
        let column =
            r#"{"FILTERED":["con_00000000000000000000000001","con_00000000000000000000000002"],"NO_CONNECTION":[]}"#;
        let read = IgnoredColumn::read(Some(column)).unwrap();
        assert_eq!(read.count(), 3);
        assert_eq!(read.resolve(|_| None).unwrap().causes[&IgnoredCause::NoConnection], []);
        assert!(IgnoredColumn::read(None).unwrap().resolve(|_| None).unwrap().is_empty());
        assert!(IgnoredColumn::read(Some("{")).is_err());
        assert!(Ignored::default().column().is_none());
    }
}
