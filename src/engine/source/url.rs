//! The URLs of a source: a new one in place of one that leaked, while the old one still works for a while.

use std::time::Duration;

use hookyard_model::{Actor, AuditAction, Code, Problem, RotateUrl, Source, SourceId};

use super::{check_not_built_in, store};
use crate::{Engine, audit, error::Result};

/// How many URLs of a source work at once.
const MOST: i64 = 10;

impl Engine {
    pub(super) async fn rotate_url(&self, who: &Actor, id: SourceId, how: RotateUrl) -> Result<Source> {
        Problem::check(how.mistakes())?;
        let now = self.now();
        let ends = now.plus(Duration::from_hours(u64::from(how.overlap_hours)));
        let key = (who.team, who.mode, id);
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        check_not_built_in(&row.ok_or_else(|| Problem::not_found("source", id))?)?;
        if store::expire_tokens(&mut tx, key, ends, now).await? >= MOST {
            let detail =
                format!("{MOST} URLs of the source {id} work already; end one of those before the current one");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        store::insert_token(&mut tx, key, SourceId::new(self.ids().unguessable(now)), now).await?;
        let detail = match how.overlap_hours {
            0 => "the URL until then ended at once".to_owned(),
            1 => "the URL until then worked for an hour more".to_owned(),
            hours => format!("the URL until then worked for {hours} hours more"),
        };
        audit::record(self, &mut tx, who, AuditAction::SourceUrlRotated, id, Some(&detail)).await?;
        tx.commit().await?;
        self.source_changed(who);
        self.find_source(who, id).await
    }

    pub(super) async fn end_url(&self, who: &Actor, id: SourceId, token: SourceId) -> Result<()> {
        let key = (who.team, who.mode, id);
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        row.ok_or_else(|| Problem::not_found("source", id))?;
        if !store::end_token(&mut tx, key, token).await? {
            let shown = store::find_token(self.db(), token).await?;
            let is_shown = shown.is_some_and(|found| found.source_id == id && found.expires_at.is_none());
            return Err(if is_shown {
                let detail = "this is the URL that is shown; rotate it with `overlap_hours` 0 to end it at once";
                Problem::new(Code::Conflict, detail).into()
            } else {
                Problem::not_found("URL with the token", token).into()
            });
        }
        audit::record(self, &mut tx, who, AuditAction::SourceUrlEnded, id, None).await?;
        tx.commit().await?;
        self.source_changed(who);
        Ok(())
    }
}
