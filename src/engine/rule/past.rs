//! The rules that connections had, and why something was filtered by them.
//!
//! Nothing is stored of a condition that failed: the request is there, and so are the rules of that time, so that the
//! answer is worked out when somebody asks.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    time::Duration,
};

use hookyard_model::{
    Actor, ConnectionId, IgnoredCause, Mismatch, Mode, RequestId, Rule, TeamId, Timestamp, View, event_type_mismatch,
};
use sqlx::AssertSqlSafe;

use super::{CompiledRules, sift::in_turn};
use crate::{
    Engine,
    db::{Db, Tx, on, within},
    error::Result,
    event::GivenUp,
    request::{self, StoredRequest},
    transformation,
};

/// How long a node may go by rules that were changed meanwhile.
const STALE: Duration = Duration::from_secs(15);
/// How many connections are looked up at once.
const SOME: usize = 32;

/// Writes down the rules that a connection has until now, before they change or it is gone.
pub(crate) async fn keep(tx: &mut Tx, team: TeamId, mode: Mode, id: ConnectionId, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO past_rules (team_id, mode, connection_id, until, event_types, rules) \
         SELECT team_id, mode, id, $4, event_types, rules FROM connection \
         WHERE team_id = $1 AND mode = $2 AND id = $3 ON CONFLICT DO NOTHING";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).bind(now).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Deletes some of what no kept request came under, and of what duplicates were the same as; returns how many.
pub(crate) async fn delete_old(db: &Db, now: Timestamp, kept: Duration, some: i64) -> Result<u64> {
    const PAST: &str = "DELETE FROM past_rules WHERE (team_id, mode, connection_id, until) IN \
         (SELECT team_id, mode, connection_id, until FROM past_rules WHERE until < $1 LIMIT $2)";
    const SEEN: &str = "DELETE FROM seen WHERE until < $1 AND (team_id, mode, connection_id, key) IN \
         (SELECT team_id, mode, connection_id, key FROM seen WHERE until < $1 LIMIT $2)";
    // Claimed or named again meanwhile, a row stays: each is asked once more as it is deleted.
    // A request that still waits is kept longer than others, and with it what it names.
    const ROSTERS: &str = "DELETE FROM roster WHERE used_at < $1 AND (team_id, mode, id) IN \
         (SELECT t.team_id, t.mode, t.id FROM roster t WHERE t.used_at < $1 AND NOT EXISTS \
         (SELECT 1 FROM request r WHERE r.team_id = t.team_id AND r.mode = t.mode AND r.id < $3) LIMIT $2)";
    // Other nodes' clocks may be behind.
    let before = now.minus(kept).minus(Duration::from_hours(24));
    let first_kept = hookyard_model::RequestId::first_at(now.minus(kept));
    let mut deleted = 0;
    for (look, delete, before) in [
        ("SELECT 1 FROM past_rules WHERE until < $1 LIMIT 1", PAST, before),
        ("SELECT 1 FROM seen WHERE until < $1 LIMIT 1", SEEN, now.minus(Duration::from_mins(1))),
        ("SELECT 1 FROM roster WHERE used_at < $1 LIMIT 1", ROSTERS, before),
    ] {
        // Usually there is none: looking does not need the writer.
        let any: Option<i32> = on!(db, read, pool => sqlx::query_scalar(look).bind(before).fetch_optional(pool).await)?;
        if any.is_some() {
            deleted += on!(db, write, pool => {
                let query = sqlx::query(delete).bind(before).bind(some);
                let query = if delete == ROSTERS { query.bind(first_kept) } else { query };
                query.execute(pool).await.map(|done| done.rows_affected())
            })?;
        }
    }
    Ok(deleted)
}

/// What a connection chose by until an instant, or does now.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Row {
    connection_id: ConnectionId,
    until: Timestamp,
    event_types: Option<String>,
    rules: String,
}

impl Row {
    /// The condition that keeps a request from passing.
    fn mismatch(&self, event_type: Option<&str>, view: &View<'_>) -> Option<Mismatch> {
        let chosen: Option<Vec<String>> =
            self.event_types.as_deref().and_then(|types| serde_json::from_str(types).ok());
        let by_type = chosen.and_then(|chosen| event_type_mismatch(&chosen, event_type));
        by_type.or_else(|| {
            let rules: Vec<Rule> = serde_json::from_str(&self.rules).ok()?;
            let index = rules.iter().position(|rule| matches!(rule, Rule::Filter(_)))?;
            let mismatch = CompiledRules::new(&rules).check(view).err().flatten()?;
            Some(Mismatch { pointer: format!("/rules/{index}{}", mismatch.pointer), ..mismatch })
        })
    }
}

impl Engine {
    /// The conditions that kept a request from taking these branches, by the rules that they had then. A branch of which
    /// that is not known any more is left out.
    pub(crate) async fn why_filtered(
        &self,
        (team, mode): (TeamId, Mode),
        request: StoredRequest,
        at: Timestamp,
        connections: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, Mismatch>> {
        if connections.is_empty() {
            return Ok(HashMap::new());
        }
        let mut rows: BTreeMap<ConnectionId, Vec<Row>> = BTreeMap::new();
        for some in connections.chunks(SOME) {
            for row in rules_around(self.db(), team, mode, some, at).await? {
                rows.entry(row.connection_id).or_default().push(row);
            }
        }
        in_turn(request.body.len(), move || {
            let view = View::of_stored(&request.headers, &request.path, &request.query, &request.body);
            let event_type = request.event_type.as_deref();
            let why = |(connection, rows): (ConnectionId, Vec<Row>)| {
                // First the rules of that instant; then those around it, since a node may have gone by others.
                let (before, since): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.until <= at);
                let mut likely = since.into_iter().take(SINCE as usize).chain(before);
                Some((connection, likely.find_map(|row| row.mismatch(event_type, &view))?))
            };
            rows.into_iter().filter_map(why).collect()
        })
        .await
    }
}

impl Engine {
    /// The condition that ended an event after its scripts, by the rules of that time and what the scripts made.
    pub(crate) async fn why_given_up(
        &self,
        who: &Actor,
        request: RequestId,
        event: &GivenUp,
    ) -> Result<Option<Mismatch>> {
        if event.ignored_cause != IgnoredCause::Filtered {
            return Ok(None);
        }
        let Some(made) =
            transformation::data(self.db(), who, request, event.data_id, &transformation::Redactor::default()).await?
        else {
            return Ok(None);
        };
        let Some(stored) = request::stored(self.db(), who.team, who.mode, request).await? else { return Ok(None) };
        let headers = serde_json::to_string(&made.headers.0)?;
        let body = made.raw.to_bytes();
        let made = StoredRequest { path: made.path, query: made.query, headers, body, ..stored };
        let connections = [event.connection_id];
        let mut why = self.why_filtered((who.team, who.mode), made, event.updated_at, &connections).await?;
        Ok(why.remove(&event.connection_id))
    }
}

/// How many of a connection's rules from around an instant are looked at: those of [`STALE`] before it, and those since.
const BEFORE: u32 = 4;
const SINCE: u32 = 2;

/// The rules that some connections had shortly before `at`, then and next, in the order of their time.
async fn rules_around(
    db: &Db,
    team: TeamId,
    mode: Mode,
    connections: &[ConnectionId],
    at: Timestamp,
) -> Result<Vec<Row>> {
    // One statement, whatever the number of connections: what is short is filled up with the first, whose rows then come
    // together. Of each only so many are read, however often its rules were changed since.
    let (mut list, mut past) = (String::new(), String::new());
    for index in 0..SOME {
        let (comma, place) = (if index == 0 { "" } else { ", " }, index + 6);
        let _ = write!(list, "{comma}${place}");
        let of_this = format!(
            "SELECT connection_id, until, event_types, rules FROM past_rules \
             WHERE team_id = $1 AND mode = $2 AND connection_id = ${place}"
        );
        let _ = write!(
            past,
            " UNION SELECT * FROM ({of_this} AND until > $3 ORDER BY until LIMIT {SINCE}) s{index} \
             UNION SELECT * FROM ({of_this} AND until > $4 AND until <= $3 ORDER BY until DESC LIMIT {BEFORE}) b{index}"
        );
    }
    let sql = format!(
        "SELECT id AS connection_id, $5 AS until, event_types, rules FROM connection \
         WHERE team_id = $1 AND mode = $2 AND id IN ({list}){past} ORDER BY 1, 2"
    );
    Ok(on!(db, read, pool => {
        let query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(team).bind(mode).bind(at);
        let mut query = query.bind(at.minus(STALE)).bind(Timestamp::NEVER);
        for index in 0..SOME {
            query = query.bind(connections.get(index).unwrap_or(&connections[0]));
        }
        query.fetch_all(pool).await
    })?)
}
