//! What a trace says of connections.

use hookyard_model::{Actor, ConnectionId, TracedConnection};

use crate::{db::Db, error::Result, request::filter::Conditions};

#[derive(sqlx::FromRow)]
struct Row {
    id: ConnectionId,
    name: String,
    destination_id: hookyard_model::DestinationId,
    destination_name: String,
}

/// These connections by name, as far as there still are such.
pub(super) async fn connections(db: &Db, who: &Actor, ids: &[ConnectionId]) -> Result<Vec<TracedConnection>> {
    const SELECT: &str = "SELECT c.id, c.name, c.destination_id, COALESCE(d.name, c.destination_id) AS destination_name \
         FROM connection c LEFT JOIN destination d \
         ON d.team_id = c.team_id AND d.mode = c.mode AND d.id = c.destination_id";
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = Conditions::of(who, "c").one_of("c.id", ids).all(SELECT).rows(db).await?;
    let traced = |row: Row| TracedConnection {
        id: row.id,
        name: row.name,
        destination_id: row.destination_id,
        destination_name: row.destination_name,
    };
    Ok(rows.into_iter().map(traced).collect())
}
