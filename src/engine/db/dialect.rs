//! Where the two databases differ, each with its reason.

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// A condition that the text `column` contains the parameter `needle`, whatever the case of ASCII letters.
    /// `LIKE` would need escapes; both databases find a plain text by position, under different names.
    pub(crate) fn contains(self, column: &str, needle: &str) -> String {
        match self {
            Self::Sqlite => format!("instr(lower({column}), lower({needle})) > 0"),
            Self::Postgres => format!("strpos(lower({column}), lower({needle})) > 0"),
        }
    }

    /// A condition that the bytes `column` contain the text parameter `needle`, whatever the case of ASCII letters.
    ///
    /// `SQLite` takes any bytes for a text. PostgreSQL does not, so there both are written as ASCII first, by the same
    /// rules, and the collation says that only ASCII letters have a case, which costs the least.
    pub(crate) fn bytes_contain(self, column: &str, needle: &str) -> String {
        match self {
            Self::Sqlite => format!("instr(lower(CAST({column} AS TEXT)), lower({needle})) > 0"),
            Self::Postgres => format!(
                "strpos(lower(encode({column}, 'escape') COLLATE \"C\"), \
                 lower(encode(convert_to({needle}, 'UTF8'), 'escape') COLLATE \"C\")) > 0"
            ),
        }
    }

    /// Takes the rows that nobody else is taking just now. `SQLite` has one writer: nobody else is.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// PostgreSQL's statement that waits until no other transaction has asked for the same two texts, and keeps others
    /// waiting until this one ends. `SQLite` has one writer: it is alone in any case.
    pub(crate) const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))";

    /// The database's own time in milliseconds: leases are compared by one clock, not by each node's.
    pub(crate) const fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// Whether other processes may use the database at the same time.
    pub(crate) const fn is_shared(self) -> bool {
        matches!(self, Self::Postgres)
    }
}
