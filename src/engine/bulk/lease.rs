//! Which node feeds an operation: a lease in its row, and an epoch that tells one holder from the next.

use hookyard_model::{BulkStatus, Timestamp};
use sqlx::AssertSqlSafe;

use super::store::{self, Key};
use crate::{
    Engine,
    db::{Db, Tx, on, within},
    error::Result,
};

/// How long an operation is a node's after it did something with it, in milliseconds.
const LEASE: i64 = 10_000;
/// How many are looked at at once.
const SOME: i64 = 1000;

/// A node's hold on an operation.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) key: Key,
    pub(super) node: String,
    pub(super) epoch: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    team_id: hookyard_model::TeamId,
    mode: hookyard_model::Mode,
    id: hookyard_model::BulkOperationId,
    epoch: i64,
}

/// Takes operations that have work due, but for those that `has` says this node feeds already.
pub(super) async fn take(db: &Db, node: &str, now: Timestamp, has: impl Fn(&Key) -> bool) -> Result<Vec<Lease>> {
    let dialect = db.dialect();
    // Where no other process can hold one, any other holder is a former process.
    let expired = if dialect.is_shared() { format!("held_until < {}", dialect.now()) } else { "true".to_owned() };
    let due = format!(
        "SELECT team_id, mode, id, epoch FROM bulk_operation \
         WHERE due_at IS NOT NULL AND due_at <= $1 AND (holder IS NULL OR holder = $2 OR {expired}) \
         ORDER BY due_at LIMIT {SOME}"
    );
    let take = format!(
        "UPDATE bulk_operation SET holder = $5, held_until = {} + {LEASE}, epoch = epoch + 1 \
         WHERE team_id = $1 AND mode = $2 AND id = $3 AND epoch = $4",
        dialect.now()
    );
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(due.as_str()))
        .bind(now).bind(node).fetch_all(pool).await)?;
    let mut taken = Vec::new();
    for row in rows {
        let key = Key { team: row.team_id, mode: row.mode, id: row.id };
        if has(&key) {
            continue;
        }
        let done = on!(db, write, pool => sqlx::query(AssertSqlSafe(take.as_str()))
            .bind(key.team).bind(key.mode).bind(key.id).bind(row.epoch).bind(node)
            .execute(pool).await.map(|done| done.rows_affected()))?;
        if done > 0 {
            taken.push(Lease { key, node: node.to_owned(), epoch: row.epoch + 1 });
        }
    }
    Ok(taken)
}

impl Lease {
    /// Keeps the operation for another while, and others from changing it until the commit; says where it is. None: it is
    /// another node's.
    pub(super) async fn fence(&self, tx: &mut Tx) -> Result<Option<BulkStatus>> {
        let now = match tx {
            Tx::Sqlite(_) => crate::db::Dialect::Sqlite.now(),
            Tx::Postgres(_) => crate::db::Dialect::Postgres.now(),
        };
        let sql = format!(
            "UPDATE bulk_operation SET held_until = {now} + {LEASE} \
             WHERE team_id = $1 AND mode = $2 AND id = $3 AND holder = $4 AND epoch = $5 RETURNING status"
        );
        Ok(within!(tx, conn => sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
            .bind(self.key.team).bind(self.key.mode).bind(self.key.id).bind(&self.node).bind(self.epoch)
            .fetch_optional(conn).await)?)
    }

    /// Ends the operation, as it cannot go on.
    pub(super) async fn give_up(&self, engine: &Engine, why: &str) -> Result<()> {
        let mut tx = engine.db().begin().await?;
        if self.fence(&mut tx).await?.is_some_and(BulkStatus::is_ongoing) {
            store::set_status(&mut tx, &self.key, BulkStatus::Failed, Some(why), engine.now()).await?;
            tx.commit().await?;
            engine.settings_changed(self.key.team);
        }
        Ok(())
    }

    /// Gives the operation back, with work due at `due_at`, unless it is somewhere else by now.
    pub(super) async fn leave(&self, db: &Db, status: BulkStatus, due_at: Option<Timestamp>) -> Result<bool> {
        const SQL: &str = "UPDATE bulk_operation SET holder = NULL, held_until = 0, due_at = $6 \
             WHERE team_id = $1 AND mode = $2 AND id = $3 AND epoch = $4 AND status = $5";
        let done = on!(db, write, pool => sqlx::query(SQL)
            .bind(self.key.team).bind(self.key.mode).bind(self.key.id).bind(self.epoch).bind(status).bind(due_at)
            .execute(pool).await.map(|done| done.rows_affected()))?;
        Ok(done > 0)
    }

    /// Gives the operation back as it is, for another node to go on at once.
    pub(super) async fn hand_back(&self, db: &Db) -> Result<()> {
        const SQL: &str = "UPDATE bulk_operation SET holder = NULL, held_until = 0 \
             WHERE team_id = $1 AND mode = $2 AND id = $3 AND epoch = $4";
        Ok(on!(db, write, pool => sqlx::query(SQL)
            .bind(self.key.team).bind(self.key.mode).bind(self.key.id).bind(self.epoch)
            .execute(pool).await.map(drop))?)
    }
}
