//! Webhooks, the rows of the Developer tab: a destination and its one connection from the built-in source, whose
//! filter is the webhook's event types.

mod missed;
mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, Code, ConnectionId, ConnectionInput, DestinationConfig, DestinationId, DestinationInput,
    FieldError, Missed, NewWebhook, Page, PageQuery, Problem, ReplayedMissed, Status, Timestamp, Webhook,
    WebhookActivity, WebhookPatch,
    service::{Answer, Connections, Destinations, Webhooks},
};

use crate::{
    Engine, audit,
    connection::{self, NewConnection},
    db::{Tx, is_duplicate},
    delivery::hold,
    destination::{self, DestinationRow, NewDestination},
    error::{Error, Result},
    event_type, rollup,
    rule::keep_past,
    source::{self, description_mistake},
};

/// How many characters of a URL go into a name, which has at most 155 and may need an ending.
const NAME_CHARS: usize = 140;

/// What a webhook's destination is called as long as no other is called so.
fn plain_name(url: Option<&str>) -> String {
    url.unwrap_or("Built-in receiver").chars().take(NAME_CHARS).collect()
}

/// What it is called otherwise: the end of its id tells it from the others.
fn own_name(url: Option<&str>, id: DestinationId) -> String {
    let id = id.to_string();
    format!("{} {}", plain_name(url), &id[id.len() - 6..])
}

async fn free_name(tx: &mut Tx, who: &Actor, id: DestinationId, url: Option<&str>) -> Result<String> {
    let plain = plain_name(url);
    Ok(if store::is_named(tx, who, id, &plain).await? { own_name(url, id) } else { plain })
}

/// The text, or nothing when it is empty.
fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// Each once, in the order of their first.
fn without_repetitions(mut event_types: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    event_types.retain(|name| seen.insert(name.clone()));
    event_types
}

impl Engine {
    async fn find_webhook(&self, who: &Actor, id: DestinationId) -> Result<Webhook> {
        let row = store::find(self.db(), who, id).await?.ok_or_else(|| Problem::not_found("webhook", id))?;
        row.into_webhook(who.mode, self.now())
    }

    async fn page_of_webhooks(&self, who: &Actor, page: &PageQuery) -> Result<Page<Webhook>> {
        let now = self.now();
        let rows = store::page(self.db(), who, page).await?;
        let webhooks: Vec<_> = rows.into_iter().map(|row| row.into_webhook(who.mode, now)).collect::<Result<_>>()?;
        Ok(Page::cut(page, webhooks, |webhook| webhook.id.to_string()))
    }

    async fn make_webhook(&self, who: &Actor, mut new: NewWebhook) -> Result<Webhook> {
        new.url = new.url.map(|url| url.trim().to_owned());
        new.description = new.description.and_then(filled);
        self.check_new(who, &new).await?;
        let now = self.now();
        let id = DestinationId::new(self.ids().unique(now));
        let source_id = source::find_events_source(self.db(), who.team, who.mode).await?.id;
        let mut tx = self.db().begin().await?;
        let input = DestinationInput {
            name: free_name(&mut tx, who, id, new.url.as_deref()).await?,
            description: new.description,
            kind: new.kind,
            config: DestinationConfig { url: new.url.clone(), ..DestinationConfig::default() },
            auto_disable: None,
            status: Status::Enabled,
        };
        let destination = NewDestination { id, team: who.team, mode: who.mode, input, is_webhook: true };
        if let Err(error) = destination::insert(self, &mut tx, &destination).await {
            drop(tx);
            return Err(self.explain_webhook(who, error, (id, &destination.input.name), new.url.as_deref()).await);
        }
        let input = ConnectionInput {
            // Every webhook's connection starts at the same source, where names are unique.
            name: format!("webhook {id}"),
            description: None,
            source_id,
            destination_id: id,
            event_types: Some(without_repetitions(new.event_types)),
            rules: Vec::new(),
            paused_at: None,
            disabled_at: None,
        };
        let connection =
            NewConnection { id: ConnectionId::new(self.ids().unique(now)), team: who.team, mode: who.mode, input };
        connection::insert(&mut tx, &connection, now).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        self.find_webhook(who, id).await
    }

    async fn check_new(&self, who: &Actor, new: &NewWebhook) -> Result<()> {
        let mut mistakes = new.mistakes(who.mode);
        mistakes.extend(description_mistake(new.description.as_deref()));
        let catalogue = event_type::names(self.db(), who.team, who.mode).await?;
        mistakes.extend(event_type::unknown(&new.event_types, &catalogue, &[]));
        Ok(Problem::check(mistakes)?)
    }

    async fn change_webhook(&self, who: &Actor, id: DestinationId, mut patch: WebhookPatch) -> Result<Webhook> {
        patch.url = patch.url.map(|url| url.trim().to_owned());
        let mut mistakes = patch.mistakes(who.mode);
        mistakes.extend(description_mistake(patch.description.as_deref()));
        Problem::check(mistakes)?;
        let catalogue = event_type::names(self.db(), who.team, who.mode).await?;
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let mut row = locked(&mut tx, who, id).await?;
        if let Some(event_types) = patch.event_types {
            let before = chosen(&mut tx, who, id).await?;
            Problem::check(event_type::unknown(&event_types, &catalogue, &before))?;
            for (connection, _) in store::connections(&mut tx, who, id).await? {
                keep_past(&mut tx, who.team, who.mode, connection, now).await?;
            }
            store::set_event_types(&mut tx, who, id, &without_repetitions(event_types), now).await?;
        }
        if let Some(description) = patch.description {
            row.description = filled(description);
        }
        if let Some(url) = patch.url {
            set_url(&mut tx, who, &mut row, url, now).await?;
        }
        row.updated_at = now;
        if let Err(error) = destination::update_row(&mut tx, &row).await {
            drop(tx);
            return Err(self.explain_webhook(who, error, (id, &row.name), row.url.as_deref()).await);
        }
        let reconsidered = destination::reconsider_breaker(&mut tx, &row, now).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        if reconsidered {
            self.lane_has_work(who.team, who.mode, id);
        }
        self.find_webhook(who, id).await
    }

    async fn webhook_connections(&self, who: &Actor, id: DestinationId) -> Result<Vec<ConnectionId>> {
        let mut tx = self.db().begin().await?;
        locked(&mut tx, who, id).await?;
        Ok(store::connections(&mut tx, who, id).await?.into_iter().map(|(connection, _)| connection).collect())
    }

    async fn remove_webhook(&self, who: &Actor, id: DestinationId) -> Result<()> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = locked(&mut tx, who, id).await?;
        for (connection, _) in store::connections(&mut tx, who, id).await? {
            hold::cancel_all(&mut tx, who.team, who.mode, id, connection, now).await?;
            connection::delete(&mut tx, who.team, who.mode, connection, self.now()).await?;
        }
        missed::forget(&mut tx, who, id).await?;
        destination::delete(&mut tx, who.team, who.mode, id).await?;
        audit::record(self, &mut tx, who, AuditAction::WebhookDeleted, id, row.url.as_deref()).await?;
        tx.commit().await?;
        self.webhook_changed(who, id);
        Ok(())
    }

    pub(crate) fn webhook_changed(&self, who: &Actor, id: DestinationId) {
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, Some(id));
    }

    /// Says in whose way a webhook is, when that is why the database refused it. Asked after the transaction's end.
    async fn explain_webhook(
        &self,
        who: &Actor,
        error: Error,
        (id, name): (DestinationId, &str),
        url: Option<&str>,
    ) -> Error {
        if let (Error::Database(cause), Some(url)) = (&error, url)
            && is_duplicate(cause)
        {
            match store::find_by_url(self.db(), who.team, url).await {
                Ok(Some((other, mode))) if other != id => {
                    let detail =
                        format!("the {mode} webhook {other} has this URL already; a team has one webhook a URL");
                    let errors = vec![FieldError::new("/url", detail.clone())];
                    let problem = Problem::new(Code::ResourceAlreadyExists, detail);
                    return Problem { errors, resource_id: Some(other.to_string()), ..problem }.into();
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
        destination::explain(self.db(), error, who.team, who.mode, (id, name), None).await
    }
}

/// The webhook's destination, which nobody else changes until the commit.
async fn locked(tx: &mut Tx, who: &Actor, id: DestinationId) -> Result<DestinationRow> {
    let row = destination::lock(tx, who.team, who.mode, id).await?.filter(|row| row.is_webhook);
    Ok(row.ok_or_else(|| Problem::not_found("webhook", id))?)
}

/// The event types that a webhook has chosen.
async fn chosen(tx: &mut Tx, who: &Actor, id: DestinationId) -> Result<Vec<String>> {
    let mut chosen: Vec<String> = Vec::new();
    for (_, event_types) in store::connections(tx, who, id).await? {
        let event_types: Option<Vec<String>> = event_types.as_deref().map(serde_json::from_str).transpose()?;
        chosen.extend(event_types.unwrap_or_default());
    }
    Ok(chosen)
}

/// Sends elsewhere from now on. The name follows, unless somebody gave it another.
async fn set_url(tx: &mut Tx, who: &Actor, row: &mut DestinationRow, url: String, now: Timestamp) -> Result<()> {
    let Some(before) = row.url.clone() else {
        return Err(Problem::field("/url", "the built-in receiver has no URL").into());
    };
    if row.name == plain_name(Some(&before)) || row.name == own_name(Some(&before), row.id) {
        row.name = free_name(tx, who, row.id, Some(&url)).await?;
    }
    let config = DestinationConfig { url: Some(url.clone()), ..row.redacted()? };
    row.config = serde_json::to_string(&config)?;
    if before != url {
        destination::configured(tx, who, row.id, now).await?;
    }
    row.url = Some(url);
    Ok(())
}

#[async_trait]
impl Webhooks for Engine {
    async fn webhooks(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Webhook>> {
        Ok(self.page_of_webhooks(who, page).await?)
    }

    async fn webhook(&self, who: &Actor, id: DestinationId) -> Answer<Webhook> {
        Ok(self.find_webhook(who, id).await?)
    }

    async fn create_webhook(&self, who: &Actor, new: NewWebhook) -> Answer<Webhook> {
        Ok(self.make_webhook(who, new).await?)
    }

    async fn update_webhook(&self, who: &Actor, id: DestinationId, patch: WebhookPatch) -> Answer<Webhook> {
        Ok(self.change_webhook(who, id, patch).await?)
    }

    async fn set_webhook_status(&self, who: &Actor, id: DestinationId, status: Status) -> Answer<Webhook> {
        self.find_webhook(who, id).await?;
        self.set_destination_status(who, id, status).await?;
        Ok(self.find_webhook(who, id).await?)
    }

    async fn set_webhook_paused(&self, who: &Actor, id: DestinationId, paused: bool) -> Answer<Webhook> {
        for connection in self.webhook_connections(who, id).await? {
            self.set_connection_paused(who, connection, paused).await?;
        }
        if !paused {
            // It may have been paused as a destination as well.
            self.set_destination_paused(who, id, false).await?;
        }
        Ok(self.find_webhook(who, id).await?)
    }

    async fn delete_webhook(&self, who: &Actor, id: DestinationId) -> Answer<()> {
        Ok(self.remove_webhook(who, id).await?)
    }

    async fn webhook_activity(&self, who: &Actor, ids: &[DestinationId]) -> Answer<Vec<WebhookActivity>> {
        Ok(rollup::activity(self.db(), who, ids, self.now()).await?)
    }

    async fn missed(&self, who: &Actor, id: DestinationId) -> Answer<Missed> {
        Ok(self.count_missed(who, id).await?)
    }

    async fn replay_missed(&self, who: &Actor, id: DestinationId, limit: u32) -> Answer<ReplayedMissed> {
        Ok(self.queue_missed(who, id, limit).await?)
    }
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_name_is_the_url_and_at_need_the_end_of_the_id() {
        let id = DestinationId::new(Ulid(0x1234));
        assert_eq!(plain_name(Some("https://a.example/hook")), "https://a.example/hook");
        assert_eq!(own_name(None, id), "Built-in receiver 0004HM");
        let long = format!("https://a.example/{}", "é".repeat(2000));
        assert!(own_name(Some(&long), id).chars().count() <= 155);
    }

    #[test]
    fn an_event_type_is_chosen_once() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(without_repetitions(list(&["b", "a", "b"])), list(&["b", "a"]));
    }
}
