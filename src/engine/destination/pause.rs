//! Pausing a destination: its events are made and held, until it goes on.

use hookyard_model::{Actor, AuditAction, DestinationId, Problem};

use super::store;
use crate::{Engine, audit, delivery::hold, error::Result};

impl Engine {
    /// Pauses a destination, or lets it go on: then what no paused connection holds is let go, unless it is disabled.
    pub(super) async fn pause_destination(&self, who: &Actor, id: DestinationId, paused: bool) -> Result<()> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("destination", id))?;
        if row.paused_at.is_some() == paused {
            // Since it was paused first, or as it goes on already.
            return Ok(());
        }
        store::set_paused(&mut tx, (who.team, who.mode, id), paused.then_some(now), now).await?;
        if !paused {
            hold::release(&mut tx, who.team, who.mode, id, None, now).await?;
        }
        let action = if paused { AuditAction::DestinationPaused } else { AuditAction::DestinationUnpaused };
        audit::record(self, &mut tx, who, action, id, Some(&row.name)).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        self.lane_has_work(who.team, who.mode, id);
        self.tell(who.team, who.mode, Some(id));
        Ok(())
    }
}
