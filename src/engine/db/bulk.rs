//! Many rows in one statement.
//!
//! A [`Bulk`] is a small table in memory, column by column. The statement around it names it `u` and is the same text for
//! both databases; only how `u` comes to be differs: PostgreSQL takes a column as an array and `UNNEST`s it, whatever
//! the number of rows; `SQLite` has no arrays, so rows stand as `VALUES`. There the number of rows is filled up to a power
//! of two with empty ones, which are left out again: the prepared statements are few, and a batch is one call of each.

use std::{fmt::Write as _, mem::take};

use sqlx::{
    AssertSqlSafe, FromRow, Postgres, Sqlite,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::Tx;

/// How many rows a `SQLite` statement takes at most.
const SQLITE_ROWS: usize = 128;

/// A column's values. Text is cleaned of NUL, which PostgreSQL cannot store.
#[derive(Debug)]
enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Bool(Vec<bool>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Bool,
    Bytes,
}

/// Rows for one statement.
#[derive(Debug)]
pub(crate) struct Bulk {
    names: &'static [(&'static str, Kind)],
    columns: Vec<Column>,
    rows: usize,
    next: usize,
}

impl Bulk {
    /// An empty table with these columns.
    pub(crate) fn new(names: &'static [(&'static str, Kind)]) -> Self {
        let column = |(_, kind): &(&str, Kind)| match kind {
            Kind::Text => Column::Text(Vec::new()),
            Kind::Int => Column::Int(Vec::new()),
            Kind::Bool => Column::Bool(Vec::new()),
            Kind::Bytes => Column::Bytes(Vec::new()),
        };
        Self { names, columns: names.iter().map(column).collect(), rows: 0, next: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Begins a row: one push per column follows, in the columns' order.
    pub(crate) fn row(&mut self) -> Row<'_> {
        debug_assert_eq!(self.next % self.names.len(), 0, "the row before is whole");
        self.rows += 1;
        self.next = 0;
        Row(self)
    }

    fn prefix(&self, rows: &str) -> String {
        let names: Vec<_> = self.names.iter().map(|(name, _)| *name).collect();
        format!("WITH u({}) AS ({rows}) ", names.join(", "))
    }

    /// Runs `statement`, which reads the rows from `u`, and returns how many rows it changed.
    pub(crate) async fn run(mut self, tx: &mut Tx, statement: &str) -> sqlx::Result<u64> {
        if self.is_empty() {
            return Ok(0);
        }
        match tx {
            Tx::Sqlite(tx) => {
                let (mut changed, mut from) = (0, 0);
                while from < self.rows {
                    let rows = (self.rows - from).min(SQLITE_ROWS);
                    let places = rows.next_power_of_two();
                    let sql = self.prefix(&self.values(rows)) + statement;
                    let query = self.bind_sqlite(sqlx::query(AssertSqlSafe(sql.as_str())), from, rows, places);
                    changed += query.execute(&mut **tx).await?.rows_affected();
                    from += rows;
                }
                Ok(changed)
            }
            Tx::Postgres(tx) => {
                let sql = self.prefix(&self.unnest()) + statement;
                let done = self.bind_postgres(sqlx::query(AssertSqlSafe(sql.as_str()))).execute(&mut **tx).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs `statement`, which reads the rows from `u` and ends with `RETURNING`, and returns what that gives.
    pub(crate) async fn returning<R>(mut self, tx: &mut Tx, statement: &str) -> sqlx::Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut returned = Vec::new();
        if self.is_empty() {
            return Ok(returned);
        }
        match tx {
            Tx::Sqlite(tx) => {
                let mut from = 0;
                while from < self.rows {
                    let rows = (self.rows - from).min(SQLITE_ROWS);
                    let sql = self.prefix(&self.values(rows)) + statement;
                    let places = rows.next_power_of_two();
                    let query = self.bind_sqlite(sqlx::query(AssertSqlSafe(sql.as_str())), from, rows, places);
                    for row in query.fetch_all(&mut **tx).await? {
                        returned.push(R::from_row(&row)?);
                    }
                    from += rows;
                }
            }
            Tx::Postgres(tx) => {
                let sql = self.prefix(&self.unnest()) + statement;
                let query = self.bind_postgres(sqlx::query(AssertSqlSafe(sql.as_str())));
                for row in query.fetch_all(&mut **tx).await? {
                    returned.push(R::from_row(&row)?);
                }
            }
        }
        Ok(returned)
    }

    /// The rows of a `SQLite` statement for so many.
    fn values(&self, rows: usize) -> String {
        let values = values(self.names.len(), rows.next_power_of_two());
        format!("SELECT * FROM ({values}) WHERE column1 IS NOT NULL")
    }

    fn unnest(&self) -> String {
        let mut sql = "SELECT * FROM UNNEST(".to_owned();
        for (index, (_, kind)) in self.names.iter().enumerate() {
            let array = match kind {
                Kind::Text => "text[]",
                Kind::Int => "bigint[]",
                Kind::Bool => "boolean[]",
                Kind::Bytes => "bytea[]",
            };
            let comma = if index == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}${}::{array}", index + 1);
        }
        sql + ")"
    }

    /// Binds all columns; their values are moved out.
    fn bind_postgres<'q>(&mut self, mut query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        for column in &mut self.columns {
            query = match column {
                Column::Text(values) => query.bind(take(values)),
                Column::Int(values) => query.bind(take(values)),
                Column::Bool(values) => query.bind(take(values)),
                Column::Bytes(values) => query.bind(take(values)),
            };
        }
        query
    }

    /// Binds so many rows, and nothing for the places left; the rows' values are moved out.
    fn bind_sqlite<'q>(
        &mut self,
        mut query: Query<'q, Sqlite, SqliteArguments>,
        from: usize,
        rows: usize,
        places: usize,
    ) -> Query<'q, Sqlite, SqliteArguments> {
        for row in from..from + rows {
            for column in &mut self.columns {
                query = match column {
                    Column::Text(values) => query.bind(take(&mut values[row])),
                    Column::Int(values) => query.bind(values[row]),
                    Column::Bool(values) => query.bind(values[row]),
                    Column::Bytes(values) => query.bind(take(&mut values[row])),
                };
            }
        }
        for _ in 0..(places - rows) * self.columns.len() {
            query = query.bind(None::<i64>);
        }
        query
    }
}

/// `VALUES (?, ?), (?, ?)` for so many columns and rows. Not `$1`: to `SQLite` that is a name, and binding thousands of named
/// parameters takes time by the square of their number.
fn values(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("VALUES {}", vec![row; rows].join(", "))
}

/// A row being filled, column by column.
pub(crate) struct Row<'a>(&'a mut Bulk);

impl Row<'_> {
    fn column(&mut self) -> &mut Column {
        let column = &mut self.0.columns[self.0.next];
        self.0.next += 1;
        column
    }

    /// A text, or what is written as one.
    pub(crate) fn text(self, value: impl std::fmt::Display) -> Self {
        self.opt_text(Some(value))
    }

    pub(crate) fn opt_text(mut self, value: Option<impl std::fmt::Display>) -> Self {
        let value = value.map(|value| {
            let text = value.to_string();
            if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
        });
        match self.column() {
            Column::Text(values) => values.push(value),
            other => unreachable!("a text for {other:?}"),
        }
        self
    }

    pub(crate) fn int(self, value: impl Into<i64>) -> Self {
        self.opt_int(Some(value))
    }

    pub(crate) fn opt_int(mut self, value: Option<impl Into<i64>>) -> Self {
        match self.column() {
            Column::Int(values) => values.push(value.map(Into::into)),
            other => unreachable!("a number for {other:?}"),
        }
        self
    }

    pub(crate) fn bool(mut self, value: bool) -> Self {
        match self.column() {
            Column::Bool(values) => values.push(value),
            other => unreachable!("a truth value for {other:?}"),
        }
        self
    }

    pub(crate) fn opt_bytes(mut self, value: Option<&[u8]>) -> Self {
        match self.column() {
            Column::Bytes(values) => values.push(value.map(<[u8]>::to_vec)),
            other => unreachable!("bytes for {other:?}"),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_for_every_value() {
        assert_eq!(values(2, 2), "VALUES (?, ?), (?, ?)");
    }
}
