//! Sources in the database.

use hookyard_model::{
    Actor, ConnectionId, DestinationId, DestinationType, End, Mode, PageQuery, SourceConfig, SourceConnection,
    SourceFilter, SourceId, SourceInput, SourceType, Status, TeamId, Timestamp,
};
use sqlx::AssertSqlSafe;

use crate::{
    db::{Db, Tx, on, within},
    error::{Error, Result},
    request::filter::Conditions,
    seal::Sealer,
};

const COLUMNS: &str = "team_id, mode, id, name, description, kind, config, secret, disabled_at, created_at, updated_at";

/// A source as it is stored: the placeholder stands in `config` for the secret, which is sealed beside it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SourceRow {
    pub(crate) team_id: TeamId,
    pub(crate) mode: Mode,
    pub(crate) id: SourceId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: SourceType,
    pub(crate) config: String,
    pub(crate) secret: Option<Vec<u8>>,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl SourceRow {
    /// The configuration with the placeholder for its secret.
    pub(super) fn redacted(&self) -> Result<SourceConfig> {
        Ok(serde_json::from_str(&self.config)?)
    }

    /// The configuration with its real secret.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<SourceConfig> {
        let mut config = self.redacted()?;
        if let (Some(auth), Some(sealed)) = (&mut config.auth, &self.secret)
            && !auth.unseal(&sealer.open_text(sealed)?)
        {
            return Err(Error::Broken(format!("the secrets of the source {} are not what was stored", self.id)));
        }
        Ok(config)
    }

    /// Takes over what `input` says, whose secret is a real one.
    pub(super) fn set(&mut self, input: SourceInput, sealer: &Sealer, now: Timestamp) -> Result<()> {
        let (mut config, kind) = (input.config, input.kind);
        self.secret = config.auth.as_ref().map(|auth| sealer.seal(auth.sealable().as_bytes()));
        if let Some(auth) = &mut config.auth {
            auth.redact(kind);
        }
        self.config = serde_json::to_string(&config)?;
        (self.name, self.description, self.kind) = (input.name, input.description, input.kind);
        self.updated_at = now;
        self.disabled_at = match input.status {
            Status::Enabled => None,
            Status::Disabled => self.disabled_at.or(Some(now)),
        };
        Ok(())
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &SourceRow) -> Result<()> {
    const SQL: &str = "INSERT INTO source \
         (team_id, mode, id, name, description, kind, config, secret, disabled_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind).bind(&row.config).bind(&row.secret)
        .bind(row.disabled_at).bind(row.created_at).bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, row: &SourceRow) -> Result<()> {
    const SQL: &str = "UPDATE source SET name = $4, description = $5, kind = $6, config = $7, secret = $8, \
         disabled_at = $9, updated_at = $10 WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL)
        .bind(row.team_id).bind(row.mode).bind(row.id)
        .bind(&row.name).bind(&row.description).bind(row.kind).bind(&row.config).bind(&row.secret)
        .bind(row.disabled_at).bind(row.updated_at)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<()> {
    const SQL: &str = "DELETE FROM source WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}

pub(super) async fn find(db: &Db, team: TeamId, mode: Mode, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE team_id = $1 AND mode = $2 AND id = $3");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(pool).await)?)
}

/// A source by its id alone, once its URL has led to it and before anybody knows whose it is.
pub(crate) async fn find_anywhere(db: &Db, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE id = $1");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await)?)
}

/// The built-in source that published events enter by.
pub(crate) async fn find_events_source(db: &Db, team: TeamId, mode: Mode) -> Result<SourceRow> {
    let sql = format!("SELECT {COLUMNS} FROM source WHERE team_id = $1 AND mode = $2 AND kind = $3");
    let row = on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(SourceType::EVENTS).fetch_optional(pool).await)?;
    row.ok_or_else(|| Error::Broken(format!("the team {team} has no built-in source in {mode} mode")))
}

/// Reads a source and keeps others from changing it until the commit: an update locks the row on both databases.
pub(super) async fn lock(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<Option<SourceRow>> {
    let sql = format!(
        "UPDATE source SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND id = $3 RETURNING {COLUMNS}"
    );
    Ok(within!(tx, conn => sqlx::query_as(AssertSqlSafe(sql))
        .bind(team).bind(mode).bind(id).fetch_optional(conn).await)?)
}

pub(super) async fn page(db: &Db, who: &Actor, filter: &SourceFilter, page: &PageQuery) -> Result<Vec<SourceRow>> {
    let has = |column: &'static str| move |text: &str| db.dialect().contains(column, text);
    let mut conditions = Conditions::of(who, "s")
        .one_of("s.kind", filter.kind.as_slice())
        .containing(filter.q.as_deref(), &[&has("s.name"), &has("s.description"), &has("s.kind"), &has("s.id")]);
    conditions = match filter.status {
        None => conditions,
        Some(Status::Enabled) => conditions.and("s.disabled_at IS NULL"),
        Some(Status::Disabled) => conditions.and("s.disabled_at IS NOT NULL"),
    };
    conditions.page_by(&format!("SELECT {COLUMNS} FROM source s"), "s", filter.order_by, page).rows(db).await
}

pub(super) async fn find_by_name(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<SourceId>> {
    const SQL: &str = "SELECT id FROM source WHERE team_id = $1 AND mode = $2 AND name = $3";
    Ok(on!(db, read, pool => sqlx::query_scalar(SQL)
        .bind(team).bind(mode).bind(name).fetch_optional(pool).await)?)
}

pub(super) async fn count_connections(tx: &mut Tx, team: TeamId, mode: Mode, id: SourceId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM connection WHERE team_id = $1 AND mode = $2 AND source_id = $3";
    Ok(within!(tx, conn => sqlx::query_scalar(SQL).bind(team).bind(mode).bind(id).fetch_one(conn).await)?)
}

/// What the URL of a source ends in.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Token {
    pub(crate) token: SourceId,
    pub(crate) source_id: SourceId,
    pub(crate) team_id: TeamId,
    pub(crate) created_at: Timestamp,
    /// When it stops working; none for the one that is shown.
    pub(crate) expires_at: Option<Timestamp>,
}

const TOKEN: &str = "SELECT token, source_id, team_id, created_at, expires_at FROM source_token";

/// A token by itself, as a URL has it.
pub(crate) async fn find_token(db: &Db, token: SourceId) -> Result<Option<Token>> {
    let sql = format!("{TOKEN} WHERE token = $1");
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(token).fetch_optional(pool).await)?)
}

/// The tokens that work at `now` of the sources from `first` to `last` by their ids; the newest first.
pub(super) async fn tokens(
    db: &Db,
    who: &Actor,
    (first, last): (SourceId, SourceId),
    now: Timestamp,
) -> Result<Vec<Token>> {
    let sql = format!(
        "{TOKEN} WHERE team_id = $1 AND mode = $2 AND source_id >= $3 AND source_id <= $4 \
         AND (expires_at IS NULL OR expires_at > $5) ORDER BY created_at DESC, token DESC"
    );
    Ok(on!(db, read, pool => sqlx::query_as(AssertSqlSafe(sql))
        .bind(who.team).bind(who.mode).bind(first).bind(last).bind(now).fetch_all(pool).await)?)
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    (team, mode, source): (TeamId, Mode, SourceId),
    token: SourceId,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str =
        "INSERT INTO source_token (token, team_id, mode, source_id, created_at) VALUES ($1, $2, $3, $4, $5)";
    within!(tx, conn => sqlx::query(SQL)
        .bind(token).bind(team).bind(mode).bind(source).bind(now).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Lets the token that is shown end at `at`, and forgets those that ended before `now`. Returns how many work besides.
pub(super) async fn expire_tokens(
    tx: &mut Tx,
    (team, mode, source): (TeamId, Mode, SourceId),
    at: Timestamp,
    now: Timestamp,
) -> Result<i64> {
    const FORGET: &str =
        "DELETE FROM source_token WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND expires_at <= $4";
    const EXPIRE: &str = "UPDATE source_token SET expires_at = $4 WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND expires_at IS NULL";
    const COUNT: &str = "SELECT COUNT(*) FROM source_token WHERE team_id = $1 AND mode = $2 AND source_id = $3";
    within!(&mut *tx, conn => sqlx::query(EXPIRE)
        .bind(team).bind(mode).bind(source).bind(at).execute(conn).await.map(|_| ()))?;
    within!(&mut *tx, conn => sqlx::query(FORGET)
        .bind(team).bind(mode).bind(source).bind(now).execute(conn).await.map(|_| ()))?;
    Ok(within!(tx, conn => sqlx::query_scalar(COUNT).bind(team).bind(mode).bind(source).fetch_one(conn).await)?)
}

/// Ends a token that is not the one that is shown; false when the source has no such token.
pub(super) async fn end_token(
    tx: &mut Tx,
    (team, mode, source): (TeamId, Mode, SourceId),
    token: SourceId,
) -> Result<bool> {
    const SQL: &str = "DELETE FROM source_token \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND token = $4 AND expires_at IS NOT NULL";
    let ended = within!(tx, conn => sqlx::query(SQL)
        .bind(team).bind(mode).bind(source).bind(token).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(ended > 0)
}

pub(super) async fn delete_tokens(tx: &mut Tx, (team, mode, source): (TeamId, Mode, SourceId)) -> Result<()> {
    const SQL: &str = "DELETE FROM source_token WHERE team_id = $1 AND mode = $2 AND source_id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(source).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Keeps others from changing the source's connections until the commit. Before the source itself: who changes a
/// connection locks in this order too.
pub(super) async fn lock_connections(tx: &mut Tx, (team, mode, source): (TeamId, Mode, SourceId)) -> Result<()> {
    const SQL: &str =
        "UPDATE connection SET updated_at = updated_at WHERE team_id = $1 AND mode = $2 AND source_id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(team).bind(mode).bind(source).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Makes a source's connections follow it: of a disabled one those that are enabled are disabled with it, of an enabled
/// one those are enabled that were disabled with it. `only` one of them, where that alone may have to.
pub(crate) async fn lead_connections(
    tx: &mut Tx,
    (team, mode, source): (TeamId, Mode, SourceId),
    only: Option<ConnectionId>,
    now: Timestamp,
) -> Result<()> {
    const DISABLE: &str = "UPDATE connection SET disabled_at = $4, disabled_with_source = TRUE, updated_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND ($5 = '' OR id = $5) AND disabled_at IS NULL \
         AND EXISTS (SELECT 1 FROM source WHERE team_id = $1 AND mode = $2 AND id = $3 AND disabled_at IS NOT NULL)";
    const ENABLE: &str = "UPDATE connection SET disabled_at = NULL, disabled_with_source = FALSE, updated_at = $4 \
         WHERE team_id = $1 AND mode = $2 AND source_id = $3 AND ($5 = '' OR id = $5) AND disabled_with_source \
         AND EXISTS (SELECT 1 FROM source WHERE team_id = $1 AND mode = $2 AND id = $3 AND disabled_at IS NULL)";
    let only = only.map(|id| id.to_string()).unwrap_or_default();
    for sql in [DISABLE, ENABLE] {
        within!(&mut *tx, conn => sqlx::query(sql)
            .bind(team).bind(mode).bind(source).bind(now).bind(&only).execute(conn).await.map(|_| ()))?;
    }
    Ok(())
}

/// A connection that somebody disabled stays so when its source is enabled.
pub(crate) async fn stay_disabled(tx: &mut Tx, who: &Actor, id: ConnectionId) -> Result<()> {
    const SQL: &str = "UPDATE connection SET disabled_with_source = FALSE WHERE team_id = $1 AND mode = $2 AND id = $3";
    within!(tx, conn => sqlx::query(SQL).bind(who.team).bind(who.mode).bind(id).execute(conn).await.map(|_| ()))?;
    Ok(())
}

/// Whether a source is disabled.
pub(crate) async fn is_disabled(db: &Db, who: &Actor, id: SourceId) -> Result<bool> {
    let row = find(db, who.team, who.mode, id).await?;
    Ok(row.is_some_and(|row| row.disabled_at.is_some()))
}

/// The connections that start at a source, oldest first.
pub(super) async fn connections(db: &Db, who: &Actor, id: SourceId) -> Result<Vec<SourceConnection>> {
    const SQL: &str = "SELECT c.id, c.name, c.destination_id, d.name AS destination_name, d.kind AS destination_kind, \
             c.paused_at, c.disabled_at, c.disabled_with_source \
         FROM connection c \
         JOIN destination d ON d.team_id = c.team_id AND d.mode = c.mode AND d.id = c.destination_id \
         WHERE c.team_id = $1 AND c.mode = $2 AND c.source_id = $3 ORDER BY c.id";
    #[derive(sqlx::FromRow)]
    struct Row {
        id: ConnectionId,
        name: String,
        destination_id: DestinationId,
        destination_name: String,
        destination_kind: DestinationType,
        paused_at: Option<Timestamp>,
        disabled_at: Option<Timestamp>,
        disabled_with_source: bool,
    }
    let rows: Vec<Row> = on!(db, read, pool => sqlx::query_as(SQL)
        .bind(who.team).bind(who.mode).bind(id).fetch_all(pool).await)?;
    let shown = |row: Row| SourceConnection {
        id: row.id,
        name: row.name,
        destination: End { id: row.destination_id, name: row.destination_name, kind: row.destination_kind.to_string() },
        paused_at: row.paused_at,
        disabled_at: row.disabled_at,
        disabled_with_source: row.disabled_with_source,
    };
    Ok(rows.into_iter().map(shown).collect())
}
