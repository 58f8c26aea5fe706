//! Events whose destination was deleted while they were taken in: nobody will ever send them, so they are cancelled.

use hookyard_model::{ConnectionId, DestinationId, Mode, TeamId, Timestamp};

use crate::{Engine, db::on, delivery::hold, error::Result};

#[derive(sqlx::FromRow)]
struct Row {
    team_id: TeamId,
    mode: Mode,
    destination_id: DestinationId,
    connection_id: ConnectionId,
}

/// Cancels what waits for destinations that are gone.
pub(super) async fn cancel(engine: &Engine, now: Timestamp) -> Result<()> {
    const ORPHANS: &str = "
        SELECT DISTINCT team_id, mode, destination_id, connection_id FROM pending
        WHERE NOT EXISTS (SELECT 1 FROM lane WHERE lane.team_id = pending.team_id AND lane.mode = pending.mode
            AND lane.destination_id = pending.destination_id)
        LIMIT 100";
    let rows: Vec<Row> = on!(engine.db(), read, pool => sqlx::query_as(ORPHANS).fetch_all(pool).await)?;
    for row in rows {
        let mut tx = engine.db().begin().await?;
        hold::cancel_all(&mut tx, row.team_id, row.mode, row.destination_id, row.connection_id, now).await?;
        tx.commit().await?;
        engine.tell(row.team_id, row.mode, Some(row.destination_id));
    }
    Ok(())
}
