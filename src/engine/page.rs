//! Pages of a list by keyset: ids are time-ordered, so the id alone is the place.

use std::fmt::Write as _;

use hookyard_model::{Direction, OrderBy, PageQuery, Timestamp};

/// The end of a list's statement: which rows of the page, in which order, one more than its limit (see `Page::cut`).
///
/// `column` is the id column; the cursor's id, if there is one, is the parameter `$parameter`.
pub(crate) fn keyset(query: &PageQuery, column: &str, parameter: usize) -> String {
    let back = query.cursor.as_ref().is_some_and(|cursor| cursor.back);
    let descending = (query.dir == Direction::Desc) != back;
    let mut sql = String::new();
    if query.cursor.is_some() {
        let than = if descending { '<' } else { '>' };
        let _ = write!(sql, " AND {column} {than} ${parameter}");
    } else {
        // Bound all the same, so that the parameters are the same with and without a cursor.
        let _ = write!(sql, " AND ${parameter} = ''");
    }
    let way = if descending { "DESC" } else { "ASC" };
    let _ = write!(sql, " ORDER BY {column} {way} LIMIT {}", query.limit() + 1);
    sql
}

/// The cursor's id, for the parameter of [`keyset`].
pub(crate) fn cursor_id(query: &PageQuery) -> &str {
    query.cursor.as_ref().map_or("", |cursor| cursor.id.as_str())
}

/// The place of a row in a list of what is configured, for its cursors.
pub(crate) fn place(order: OrderBy, (name, updated_at): (&str, Timestamp), id: impl std::fmt::Display) -> String {
    match order {
        OrderBy::CreatedAt => id.to_string(),
        OrderBy::UpdatedAt => format!("{}\n{id}", updated_at.millis()),
        OrderBy::Name => format!("{name}\n{id}"),
    }
}

/// The ids between two instants, as texts: from the first that can have been made at `from` up to the first of the
/// millisecond after `to`.
pub(crate) fn id_range(
    prefix: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> (Option<String>, Option<String>) {
    let first_at =
        |time: Timestamp| format!("{prefix}_{}", ulid::Ulid::from_parts(time.millis().max(0).cast_unsigned(), 0));
    let after = |time: Timestamp| Timestamp::from_millis(time.millis().saturating_add(1));
    (from.map(first_at), to.map(after).map(first_at))
}
