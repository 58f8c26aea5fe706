//! What a source did not let in, and which of it its provider sent again since.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use hookyard_model::{
    Actor, RecoveryWindow, Refused, RefusedCause, RefusedRequest, RejectionCause, RequestId, SourceId,
    service::Sources as _,
};
use sqlx::AssertSqlSafe;

use super::redelivered::{self, Sketch};
use crate::{
    Engine,
    db::{Db, on},
    error::Result,
    request::{
        filter::{Conditions, by_index},
        payload::headers,
    },
};

/// How many refused requests are looked at, the newest.
const REFUSED: usize = 300;
/// How many later ones they are compared with: as many right after the first of them as of the newest.
const LATER: usize = 1500;
/// How many bytes of bodies are compared.
const BYTES: i64 = 16 << 20;
/// How many bodies are read with one statement.
const AT_ONCE: usize = 200;

#[derive(sqlx::FromRow)]
struct RefusedRow {
    id: RequestId,
    cause: Option<RejectionCause>,
    detail: Option<String>,
    headers: String,
    size: i64,
}

#[derive(sqlx::FromRow)]
struct LaterRow {
    id: RequestId,
    headers: String,
    size: i64,
}

impl Engine {
    pub(super) async fn refused_by(&self, who: &Actor, id: SourceId, window: RecoveryWindow) -> Result<Refused> {
        let source = self.source(who, id).await?;
        let now = self.now();
        let from = window.from.map_or_else(|| now.minus(super::USUALLY), |from| from.resolve(now));
        let to = window.to.map_or(now, |to| to.resolve(now));
        let between = (RequestId::first_at(from), RequestId::first_at(to.plus(Duration::from_millis(1))));
        let mut rows = refused(self.db(), who, id, between).await?;
        let mut is_part = rows.len() > REFUSED;
        rows.truncate(REFUSED);
        let mut refused = Vec::with_capacity(rows.len());
        for row in &rows {
            refused.push(Sketch { id: row.id, headers: headers(&row.headers)?, size: row.size });
        }
        let later = match refused.last() {
            Some(oldest) => {
                let (later, is_all) = later(self.db(), who, id, oldest.id).await?;
                is_part = is_part || !is_all;
                later
            }
            None => Vec::new(),
        };
        let mut again = redelivered::by_id(&refused, &later);
        let taken: HashSet<_> = again.values().map(|redelivery| redelivery.request_id).collect();
        let unknown: Vec<_> = refused.iter().filter(|sketch| !again.contains_key(&sketch.id)).collect();
        let (same, all) = redelivered::of_one_size(&unknown, &later, BYTES);
        is_part = is_part || !all;
        let bodies = bodies(self.db(), who, &same).await?;
        again.extend(redelivered::by_body(&unknown, &later, &bodies, &taken));

        let mut causes: BTreeMap<&str, RefusedCause> = BTreeMap::new();
        let mut requests = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(cause) = row.cause else { continue };
            let redelivery = again.remove(&row.id);
            let counted = causes.entry(cause.as_str()).or_insert(RefusedCause { cause, count: 0, redelivered: 0 });
            counted.count += 1;
            counted.redelivered += u64::from(redelivery.is_some());
            requests.push(RefusedRequest {
                id: row.id,
                cause,
                detail: row.detail,
                created_at: row.id.made_at(),
                redelivery,
            });
        }
        let mut causes: Vec<_> = causes.into_values().collect();
        causes.sort_by_key(|counted| std::cmp::Reverse(counted.count));
        let compared_with = later.len() as u64;
        Ok(Refused { source_id: id, source_name: source.name, from, to, causes, requests, compared_with, is_part })
    }
}

/// The newest that were not let in, one more than are looked at. Replays of them are not their provider's.
async fn refused(
    db: &Db,
    who: &Actor,
    source: SourceId,
    (from, before): (RequestId, RequestId),
) -> Result<Vec<RefusedRow>> {
    let sql = format!(
        "SELECT r.id, r.rejection_cause AS cause, r.rejection_detail AS detail, r.headers, \
             CAST(LENGTH(r.body) AS BIGINT) AS size FROM request r{} \
         WHERE r.team_id = $1 AND r.mode = $2 AND r.source_id = $3 AND r.status = 'rejected' \
         AND (r.status = 'rejected' OR r.retry_kind IS NOT NULL) AND r.retry_kind IS NULL \
         AND r.id >= $4 AND r.id < $5 ORDER BY r.id DESC LIMIT {}",
        by_index(db.dialect(), Some("request_unusual")),
        REFUSED + 1
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(source).bind(from).bind(before).fetch_all(pool).await)?)
}

/// What was let in after `oldest`, each once: the first and the newest. Also says whether that is all of it.
async fn later(db: &Db, who: &Actor, source: SourceId, oldest: RequestId) -> Result<(Vec<Sketch>, bool)> {
    let read = async |way: &str| -> Result<Vec<LaterRow>> {
        let sql = format!(
            "SELECT r.id, r.headers, CAST(LENGTH(r.body) AS BIGINT) AS size FROM request r{} \
             WHERE r.team_id = $1 AND r.mode = $2 AND r.source_id = $3 AND r.id > $4 AND r.status = 'accepted' \
             AND r.retry_kind IS NULL ORDER BY r.id {way} LIMIT {LATER}",
            by_index(db.dialect(), Some("request_source"))
        );
        Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(who.team).bind(who.mode).bind(source).bind(oldest).fetch_all(pool).await)?)
    };
    let first = read("ASC").await?;
    let is_all = first.len() < LATER;
    let newest = if is_all { Vec::new() } else { read("DESC").await? };
    let overlap = first.last().zip(newest.last()).is_some_and(|(first, newest)| first.id >= newest.id);
    let mut found = BTreeMap::new();
    for row in first.into_iter().chain(newest) {
        found.insert(row.id, Sketch { id: row.id, headers: headers(&row.headers)?, size: row.size });
    }
    Ok((found.into_values().collect(), is_all || overlap))
}

/// The bodies of these.
async fn bodies(db: &Db, who: &Actor, ids: &[RequestId]) -> Result<HashMap<RequestId, Vec<u8>>> {
    let mut found = HashMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let select = "SELECT r.id, r.body FROM request r";
        let rows: Vec<(RequestId, Vec<u8>)> = Conditions::of(who, "r").one_of("r.id", ids).all(select).rows(db).await?;
        found.extend(rows);
    }
    Ok(found)
}
