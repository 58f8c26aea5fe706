//! Which webhooks there is something to tell of.

use hookyard_model::{Health, HealthState, NoticeId, Timestamp};

use super::{
    letter::{Change, Facts},
    store::{self, Announced, NewNotice, Webhook},
};
use crate::{
    Engine,
    error::{Error, Result, is_outage},
};

/// Looks at every webhook that may have changed and writes a notice for each that did.
pub(super) async fn look(engine: &Engine) -> Result<()> {
    for webhook in store::uneasy(engine.db()).await? {
        match look_at(engine, &webhook).await {
            // The next one would only wait for the same database.
            Err(Error::Database(error)) if is_outage(&error) => return Err(error.into()),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error, destination_id = %webhook.id,
                "what there is to tell of a webhook cannot be known"
            ),
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn look_at(engine: &Engine, webhook: &Webhook) -> Result<()> {
    let now = engine.now();
    let Some(kind) = change(webhook, webhook.health(now)?.state) else { return Ok(()) };
    // It fails no more since somebody enabled it; only a delivery shows that it is well.
    if kind == Change::Recovered
        && webhook.announced == Announced::Enabled
        && !store::has_delivered(engine.db(), webhook).await?
    {
        return Ok(());
    }
    tell(engine, webhook, kind, now).await
}

/// What is to be told, given what was told last.
fn change(webhook: &Webhook, state: HealthState) -> Option<Change> {
    let by_itself = webhook.disabled_reason.is_some();
    match (webhook.announced, state) {
        // Who disabled it knows.
        (Announced::Disabled, HealthState::Disabled) => None,
        (_, HealthState::Disabled) => by_itself.then_some(Change::Disabled),
        (Announced::Healthy | Announced::Enabled | Announced::Disabled, HealthState::Warning) => Some(Change::Warning),
        (Announced::Warning | Announced::Enabled, HealthState::Healthy) => Some(Change::Recovered),
        (_, HealthState::Healthy | HealthState::Failing | HealthState::Warning) => None,
    }
}

async fn tell(engine: &Engine, webhook: &Webhook, kind: Change, now: Timestamp) -> Result<()> {
    let mut tx = engine.db().begin().await?;
    // Another node was faster, or it changed again.
    let Some(webhook) = store::announce(&mut tx, webhook, kind).await? else { return Ok(()) };
    let health: Health = webhook.health(now)?;
    let facts = Facts::of(
        (webhook.id, webhook.url.clone()),
        (webhook.team_id, webhook.mode),
        kind,
        health,
        (webhook.disabled_at, webhook.disabled_reason.clone()),
    );
    let id = NoticeId::new(engine.ids().unique(now));
    store::insert(
        &mut tx,
        &NewNotice { id, kind: kind.kind(), text: facts.sentence(), data: serde_json::to_string(&facts)? },
        &webhook,
        now,
    )
    .await?;
    tx.commit().await?;
    tracing::info!(destination_id = %webhook.id, notice = %kind.kind(), "a webhook changed how it does");
    engine.tell(webhook.team_id, webhook.mode, Some(webhook.id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use hookyard_model::{DestinationId, Mode, TeamId};
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_change_is_told_and_what_was_told_is_not() {
        use Announced as A;
        use Change as N;
        use HealthState as S;
        for (announced, state, by_itself, expected) in [
            (A::Healthy, S::Failing, false, None),
            (A::Healthy, S::Warning, false, Some(N::Warning)),
            (A::Warning, S::Warning, false, None),
            (A::Warning, S::Failing, false, None),
            (A::Warning, S::Healthy, false, Some(N::Recovered)),
            (A::Healthy, S::Disabled, true, Some(N::Disabled)),
            (A::Warning, S::Disabled, true, Some(N::Disabled)),
            (A::Warning, S::Disabled, false, None),
            (A::Disabled, S::Disabled, true, None),
            (A::Enabled, S::Healthy, false, Some(N::Recovered)),
            (A::Enabled, S::Failing, false, None),
            (A::Enabled, S::Warning, false, Some(N::Warning)),
            (A::Enabled, S::Disabled, true, Some(N::Disabled)),
            (A::Healthy, S::Healthy, false, None),
        ] {
            let webhook = Webhook {
                team_id: TeamId::new(Ulid(1)),
                mode: Mode::Test,
                id: DestinationId::new(Ulid(1)),
                url: None,
                auto_disable: None,
                disabled_at: None,
                disabled_reason: by_itself.then(String::new),
                consecutive_failures: 0,
                failing_since: None,
                last_error: None,
                announced,
                updated_at: Timestamp::from_millis(0),
            };
            assert_eq!(change(&webhook, state), expected, "{announced:?} {state:?} {by_itself}");
        }
    }
}
