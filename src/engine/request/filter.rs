//! The statement of a list, from what a filter asks for.

use std::fmt::{Display, Write as _};

use hookyard_model::{Actor, AttemptHistogram, AttemptStatus, Direction, OrderBy, PageQuery, TimeBound, Timestamp};
use sqlx::{AssertSqlSafe, FromRow, postgres::PgRow, sqlite::SqliteRow};

use crate::{
    db::{Db, Dialect, on},
    error::Result,
    page::{cursor_id, id_range, keyset},
};

/// The conditions of a statement and their parameters, all of which are texts.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    sql: String,
    values: Vec<String>,
}

/// A statement and its parameters.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    values: Vec<String>,
}

/// What stands behind a table's name so that its rows are found by `index`.
///
/// Without statistics `SQLite` would rather walk the whole history in the list's order than look up the few rows of a
/// request or an event and sort them. PostgreSQL has statistics, and no such words.
pub(crate) fn by_index(dialect: Dialect, index: Option<&str>) -> String {
    match (dialect, index) {
        (Dialect::Sqlite, Some(index)) => format!(" INDEXED BY {index}"),
        (Dialect::Sqlite, None) | (Dialect::Postgres, _) => String::new(),
    }
}

impl Conditions {
    /// The team's rows of the mode, in the table that the statement calls `table`.
    pub(crate) fn of(who: &Actor, table: &str) -> Self {
        let sql = format!(" WHERE {table}.team_id = $1 AND {table}.mode = $2");
        Self { sql, values: vec![who.team.to_string(), who.mode.to_string()] }
    }

    /// The team's rows of the mode, and its rows of either mode for which `condition`, one of our own, holds.
    pub(crate) fn of_mode_or(who: &Actor, table: &str, condition: &str) -> Self {
        let sql = format!(" WHERE {table}.team_id = $1 AND ({table}.mode = $2 OR {condition})");
        Self { sql, values: vec![who.team.to_string(), who.mode.to_string()] }
    }

    /// Those for which `condition` holds too; it is one of our own, without parameters but the team and the mode.
    #[must_use]
    pub(crate) fn and(mut self, condition: &str) -> Self {
        let _ = write!(self.sql, " AND {condition}");
        self
    }

    /// Those whose `column` is one of `wanted`; all of them when nothing is wanted in particular.
    #[must_use]
    pub(crate) fn one_of<T: Display>(mut self, column: &str, wanted: &[T]) -> Self {
        if wanted.is_empty() {
            return self;
        }
        let parameters: Vec<_> = wanted.iter().map(|value| self.parameter(value)).collect();
        // One value is compared as one: an index then also gives the order, which it cannot for a list.
        let _ = match parameters.as_slice() {
            [one] => write!(self.sql, " AND {column} = {one}"),
            many => write!(self.sql, " AND {column} IN ({})", many.join(", ")),
        };
        self
    }

    /// Those made in a range of time, by the time that is in their id.
    #[must_use]
    pub(crate) fn made(
        mut self,
        column: &str,
        prefix: &str,
        (from, to): (Option<TimeBound>, Option<TimeBound>),
        now: Timestamp,
    ) -> Self {
        let resolve = |bound: TimeBound| bound.resolve(now);
        let (from, to) = id_range(prefix, from.map(resolve), to.map(resolve));
        for (bound, than) in [(from, ">="), (to, "<")] {
            if let Some(bound) = bound {
                let parameter = self.parameter(bound);
                let _ = write!(self.sql, " AND {column} {than} {parameter}");
            }
        }
        self
    }

    /// Those whose `column`, a number, is `from` or more and less than `to`.
    #[must_use]
    pub(crate) fn between(mut self, column: &str, from: i64, to: i64) -> Self {
        let (from, to) = (self.parameter(from), self.parameter(to));
        let _ = write!(self.sql, " AND {column} >= CAST({from} AS BIGINT) AND {column} < CAST({to} AS BIGINT)");
        self
    }

    /// Those in which `text` stands at one of `places`, each of which makes a condition of the text's parameter.
    #[must_use]
    pub(crate) fn containing(mut self, text: Option<&str>, places: &[&dyn Fn(&str) -> String]) -> Self {
        // PostgreSQL has no NUL in texts, so there is none to be found.
        let text = text.unwrap_or_default().replace('\0', "");
        if !text.is_empty() {
            let parameter = self.parameter(text);
            let places: Vec<_> = places.iter().map(|place| place(&parameter)).collect();
            let _ = write!(self.sql, " AND ({})", places.join(" OR "));
        }
        self
    }

    /// Adds a parameter for a condition or for the statement's beginning; returns how it is written there.
    pub(crate) fn parameter(&mut self, value: impl Display) -> String {
        self.values.push(value.to_string());
        format!("${}", self.values.len())
    }

    /// Those for which what `select` begins, up to its conditions, and `more` conditions say so.
    #[must_use]
    pub(crate) fn within(mut self, select: &str, more: impl FnOnce(Self) -> Self) -> Self {
        let _ = write!(self.sql, " AND {select}");
        let mut found = more(self);
        found.sql.push(')');
        found
    }

    /// The statement that `select` begins, for the groups of these columns.
    pub(crate) fn grouped(self, select: &str, columns: &str) -> Statement {
        let mut statement = self.all(select);
        let _ = write!(statement.sql, " GROUP BY {columns}");
        statement
    }

    /// The statement that `select` begins, for all rows.
    pub(crate) fn all(self, select: &str) -> Statement {
        Statement { sql: format!("{select}{}", self.sql), values: self.values }
    }

    /// The statement that `select` begins, for one page by the id in `column`.
    pub(crate) fn page(mut self, select: &str, column: &str, page: &PageQuery) -> Statement {
        self.sql.push_str(&keyset(page, column, self.values.len() + 1));
        self.values.push(cursor_id(page).to_owned());
        self.all(select)
    }
}

impl Conditions {
    /// The statement that `select` begins, for one page in this order of a table of what is configured; its cursor is a
    /// [`place`](crate::page::place).
    pub(crate) fn page_by(mut self, select: &str, table: &str, order: OrderBy, page: &PageQuery) -> Statement {
        let column = match order {
            OrderBy::CreatedAt => return self.page(select, &format!("{table}.id"), page),
            OrderBy::UpdatedAt => "updated_at",
            OrderBy::Name => "name",
        };
        let back = page.cursor.as_ref().is_some_and(|cursor| cursor.back);
        let (than, way) = if (page.dir == Direction::Desc) == back { ('>', "ASC") } else { ('<', "DESC") };
        if let Some(cursor) = &page.cursor {
            let (key, id) = cursor.id.rsplit_once('\n').unwrap_or(("", &cursor.id));
            let key = match order {
                OrderBy::UpdatedAt => key.parse().unwrap_or(0_i64).to_string(),
                OrderBy::CreatedAt | OrderBy::Name => self.parameter(key),
            };
            let id = self.parameter(id);
            let _ = write!(self.sql, " AND ({table}.{column}, {table}.id) {than} ({key}, {id})");
        }
        let _ = write!(self.sql, " ORDER BY {table}.{column} {way}, {table}.id {way} LIMIT {}", page.limit() + 1);
        self.all(select)
    }
}

/// The ids that part the buckets of `histogram`, one more than there are buckets.
pub(crate) fn bounds(histogram: &AttemptHistogram, first_at: impl Fn(Timestamp) -> String) -> Vec<String> {
    histogram.buckets.iter().map(|bucket| bucket.at).chain([histogram.to]).map(first_at).collect()
}

/// Adds what was counted in the bucket of this number.
pub(crate) fn add(histogram: &mut AttemptHistogram, number: i64, status: AttemptStatus, count: i64) {
    let at = usize::try_from(number).ok().and_then(|index| histogram.buckets.get(index)).map(|bucket| bucket.at);
    if let Some(at) = at {
        histogram.add(at, status, count.unsigned_abs());
    }
}

/// Counts by bucket and `status` column of what `found` says; `bounds` are ids that part the buckets, one more than there
/// are buckets, and are compared with the column `id`.
///
/// `SQLite` looks each bucket up as a range of the list's index, which tells them apart for nothing; its planner takes the
/// tables in the order they stand in. PostgreSQL's does not, but has a function that finds the bucket of a value.
pub(crate) fn by_bucket(
    mut found: Conditions,
    (tables, id, status): (&str, &str, &str),
    bounds: &[String],
    dialect: Dialect,
) -> Statement {
    let (found, select) = match dialect {
        Dialect::Sqlite => {
            let (length, last) = (bounds[0].len(), bounds.len() - 2);
            // One parameter with all of them: the statement is the same whatever they are.
            let all = found.parameter(bounds.concat());
            let bound = |number: &str| format!("substr({all}, ({number}) * {length} + 1, {length})");
            let range = format!("{id} >= {} AND {id} < {}", bound("b.n"), bound("b.n + 1"));
            let select = format!(
                "WITH RECURSIVE b(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM b WHERE n < {last}) \
                 SELECT b.n, {status}, COUNT(*) FROM b CROSS JOIN {tables}"
            );
            (found.and(&range), select)
        }
        Dialect::Postgres => {
            let (from, to) = (found.parameter(&bounds[0]), found.parameter(&bounds[bounds.len() - 1]));
            let all = found.parameter(bounds.join(","));
            // The list is made once, in a query of its own, and not for each row.
            let select = format!(
                "SELECT CAST(width_bucket({id}, (SELECT string_to_array({all}, ','))) - 1 AS BIGINT), {status}, \
                    COUNT(*) \
                 FROM {tables}"
            );
            (found.and(&format!("{id} >= {from} AND {id} < {to}")), select)
        }
    };
    let mut statement = found.all(&select);
    statement.sql.push_str(" GROUP BY 1, 2");
    statement
}

impl Statement {
    /// The rows that it finds.
    pub(crate) async fn rows<R>(self, db: &Db) -> Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let Self { sql, values } = self;
        Ok(on!(db, read, pool => {
            let mut query = sqlx::query_as::<_, R>(AssertSqlSafe(sql));
            for value in values {
                query = query.bind(value);
            }
            query.fetch_all(pool).await
        })?)
    }

    /// How `SQLite` finds the rows, step by step.
    #[cfg(test)]
    pub(crate) async fn plan(self) -> Vec<String> {
        let name = format!("hookyard-{}-{}.db", std::process::id(), crate::clock::Ids::new().uuid());
        let path = std::env::temp_dir().join(name);
        let db = crate::db::open(&format!("sqlite://{}", path.display())).await.unwrap();
        let Db::Sqlite(pools) = &db else { unreachable!("it was opened as SQLite") };
        let mut query = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", self.sql)));
        for value in self.values {
            query = query.bind(value);
        }
        let steps: Vec<(i64, i64, i64, String)> = query.fetch_all(&pools.read).await.unwrap();
        db.close().await;
        std::fs::remove_file(path).unwrap();
        steps.into_iter().map(|(.., step)| step).collect()
    }

    /// The one number of a `SELECT COUNT(*)`.
    pub(crate) async fn count(self, db: &Db) -> Result<u64> {
        let rows: Vec<(i64,)> = self.rows(db).await?;
        Ok(rows.first().map_or(0, |(count,)| count.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hookyard_model::{Cursor, Mode, TeamId, UserId, Who};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn what_is_asked_for_becomes_numbered_conditions() {
        let (team, user) = (TeamId::new(Ulid::nil()), UserId::new(Ulid::nil()));
        let who = Actor { team, mode: Mode::Test, who: Who::User(user) };
        let cursor = Some(Cursor { back: false, id: "evt_x".into() });
        let page = PageQuery { cursor, limit: Some(2), dir: Direction::Desc };
        let statement = Conditions::of(&who, "e")
            .one_of::<&str>("e.nothing", &[])
            .one_of("e.one", &["a"])
            .one_of("e.two", &["b", "c"])
            .made("e.id", "evt", (Some(TimeBound::BeforeNow(Duration::ZERO)), None), Timestamp::from_millis(0))
            .containing(Some(""), &[])
            .containing(Some("f\0ind"), &[&|needle| format!("has(x, {needle})"), &|needle| format!("has(y, {needle})")])
            .page("SELECT * FROM event e", "e.id", &page);
        assert_eq!(
            statement.sql,
            "SELECT * FROM event e WHERE e.team_id = $1 AND e.mode = $2 AND e.one = $3 AND e.two IN ($4, $5) \
             AND e.id >= $6 AND (has(x, $7) OR has(y, $7)) AND e.id < $8 ORDER BY e.id DESC LIMIT 3"
        );
        assert_eq!(statement.values[2..], ["a", "b", "c", "evt_00000000000000000000000000", "find", "evt_x"]);
    }
}
