//! The audit log: who did what that others may ask about later.

use hookyard_model::{Actor, AuditAction, AuditEntry, AuditFilter, AuditId, Mode, Page, PageQuery, Timestamp, Who};

use crate::{
    Engine,
    db::{Tx, within},
    error::Result,
    request::filter::Conditions,
};

/// Writes down that `who` did something to `subject`, in the transaction that does it.
pub(crate) async fn record(
    engine: &Engine,
    tx: &mut Tx,
    who: &Actor,
    action: AuditAction,
    subject: impl ToString,
    detail: Option<&str>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO audit (team_id, mode, id, action, actor, subject, detail, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let now = engine.now();
    let id = AuditId::new(engine.ids().unique(now));
    let actor = match who.who {
        Who::User(user) => user.to_string(),
        Who::Key(key) => key.to_string(),
    };
    let subject = subject.to_string();
    within!(tx, conn => sqlx::query(SQL)
        .bind(who.team).bind(who.mode).bind(id).bind(action).bind(actor).bind(subject).bind(detail).bind(now)
        .execute(conn).await.map(|_| ()))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: AuditId,
    mode: Mode,
    action: AuditAction,
    actor: String,
    actor_name: Option<String>,
    subject: String,
    detail: Option<String>,
    created_at: Timestamp,
}

/// Entries of the team's mode, and those about the team as a whole, whichever mode they were made from.
pub(crate) async fn page(
    engine: &Engine,
    who: &Actor,
    filter: &AuditFilter,
    page: &PageQuery,
) -> Result<Page<AuditEntry>> {
    const SELECT: &str = "SELECT a.id, a.mode, a.action, a.actor, \
         COALESCE((SELECT p.email FROM person p WHERE p.id = a.actor), \
             (SELECT k.public FROM key_pair k WHERE k.team_id = a.team_id AND k.mode = a.mode AND k.id = a.actor)) AS actor_name, \
         a.subject, a.detail, a.created_at FROM audit a";
    // PostgreSQL does not even look for a NUL.
    let subject = filter.subject.as_deref().map(|subject| subject.replace('\0', ""));
    let of_team: Vec<_> = AuditAction::ALL
        .iter()
        .filter(|action| action.is_of_both_modes())
        .map(|action| format!("'{action}'"))
        .collect();
    let conditions = Conditions::of_mode_or(who, "a", &format!("a.action IN ({})", of_team.join(", ")))
        .one_of("a.subject", subject.as_slice())
        .one_of("a.action", filter.action.as_slice());
    let rows: Vec<Row> = conditions.page(SELECT, "a.id", page).rows(engine.db()).await?;
    let entry = |row: Row| AuditEntry {
        id: row.id,
        mode: row.mode,
        action: row.action,
        actor: row.actor,
        actor_name: row.actor_name,
        subject: row.subject,
        detail: row.detail,
        created_at: row.created_at,
    };
    let entries: Vec<_> = rows.into_iter().map(entry).collect();
    Ok(Page::cut(page, entries, |entry| entry.id.to_string()))
}
