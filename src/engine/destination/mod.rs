//! Destinations: where events go, with their secrets, limits and health.

mod breaker;
mod pause;
mod store;

use std::mem::discriminant;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, Code, Connection, Destination, DestinationAuth, DestinationFilter, DestinationId,
    DestinationInput, FieldError, Health, Mode, Page, PageQuery, Problem, SigningScheme, Status, TeamId, Timestamp,
    service::{Answer, Destinations},
};
use serde_json::Value;

pub(crate) use breaker::{BreakerRow, reconsider as reconsider_breaker};
pub(crate) use store::{DestinationRow, configured, delete, find, lock, update_row};

use crate::{
    Engine, audit, connection,
    db::{Db, Tx, is_duplicate},
    delivery::hold,
    error::{Error, Result},
    merge::patched,
    page::place,
    rollup, signing,
    source::description_mistake,
};

/// A destination to be made. Its input has been checked.
#[derive(Debug, Clone)]
pub(crate) struct NewDestination {
    pub(crate) id: DestinationId,
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) input: DestinationInput,
    pub(crate) is_webhook: bool,
}

/// Writes a new destination with its first signing secret and its lane.
///
/// When the name or a webhook's URL is taken, the database refuses it: see [`explain`].
pub(crate) async fn insert(engine: &Engine, tx: &mut Tx, new: &NewDestination) -> Result<()> {
    let now = engine.now();
    let mut row = DestinationRow {
        team_id: new.team,
        mode: new.mode,
        id: new.id,
        name: String::new(),
        description: None,
        kind: new.input.kind,
        is_webhook: new.is_webhook,
        url: None,
        config: String::new(),
        secret: None,
        auto_disable: None,
        disabled_at: None,
        disabled_reason: None,
        paused_at: None,
        consecutive_failures: 0,
        failing_since: None,
        last_error: None,
        breaker: BreakerRow::default(),
        created_at: now,
        updated_at: now,
    };
    row.set(new.input.clone(), engine.sealer(), now)?;
    store::insert(tx, &row).await?;
    store::insert_lane(tx, new.team, new.mode, new.id).await?;
    signing::insert(engine, tx, (new.team, new.mode, new.id), SigningScheme::V1).await?;
    Ok(())
}

/// Says in whose way a destination is, when that is why the database refused it. Asked after the transaction's end.
pub(crate) async fn explain(
    db: &Db,
    error: Error,
    team: TeamId,
    mode: Mode,
    (id, name): (DestinationId, &str),
    webhook_url: Option<&str>,
) -> Error {
    if !matches!(&error, Error::Database(cause) if is_duplicate(cause)) {
        return error;
    }
    let taken = |detail: String, by: DestinationId| {
        let problem = Problem::new(Code::ResourceAlreadyExists, detail);
        Error::Problem(Problem { resource_id: Some(by.to_string()), ..problem })
    };
    if let Some(url) = webhook_url {
        match store::find_webhook_by_url(db, team, url).await {
            Ok(Some((by, mode))) if by != id => {
                return taken(format!("the {mode} webhook {by} has this URL already; a URL is one webhook"), by);
            }
            Ok(_) => {}
            Err(error) => return error,
        }
    }
    match store::find_by_name(db, team, mode, name).await {
        Ok(Some(by)) if by != id => taken(format!("the destination {by} has the name `{name}` already"), by),
        Ok(_) => error,
        Err(error) => error,
    }
}

impl DestinationRow {
    /// What a team would say to make it as it is.
    pub(crate) fn input(&self) -> Result<DestinationInput> {
        Ok(DestinationInput {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind,
            config: self.redacted()?,
            auto_disable: Some(self.auto_disable()?),
            status: self.status(),
        })
    }

    pub(crate) const fn status(&self) -> Status {
        if self.disabled_at.is_some() { Status::Disabled } else { Status::Enabled }
    }

    pub(crate) fn health(&self, now: Timestamp) -> Result<Health> {
        Ok(Health::assess(
            self.disabled_at.is_some(),
            u32::try_from(self.consecutive_failures).unwrap_or(u32::MAX),
            self.failing_since,
            self.last_error.clone(),
            self.auto_disable()?,
            now,
        ))
    }

    /// A destination as its team sees it.
    fn shown(self, now: Timestamp) -> Result<Destination> {
        Ok(Destination {
            status: self.status(),
            config: self.redacted()?,
            auto_disable: self.auto_disable()?,
            health: self.health(now)?,
            breaker: self.breaker.shown(now),
            id: self.id,
            team_id: self.team_id,
            name: self.name,
            description: self.description,
            kind: self.kind,
            is_webhook: self.is_webhook,
            paused_at: self.paused_at,
            attempts_24h_count: 0,
            attempts_24h_bins: [0; 6],
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The input with the stored secret where the placeholder came back, if it is acceptable so.
fn checked(mut input: DestinationInput, stored: Option<&DestinationAuth>) -> Result<DestinationInput> {
    if let Some(auth) = &mut input.config.auth {
        let same = stored.filter(|stored| discriminant(*stored) == discriminant(auth));
        auth.secret_mut().keep(same.map(DestinationAuth::secret));
        if auth.secret().is_redacted() {
            let detail = "the placeholder keeps a secret of the same auth_type, and none is stored; give the secret";
            return Err(Problem::field("/config/auth", detail).into());
        }
    }
    let mut mistakes = input.mistakes();
    mistakes.extend(description_mistake(input.description.as_deref()));
    Problem::check(mistakes)?;
    Ok(input)
}

/// What a webhook must be beside what every destination must be.
fn check_webhook(input: &DestinationInput, mode: Mode) -> Result<()> {
    let plain = input.config.url.as_deref().is_some_and(|url| !url.to_ascii_lowercase().starts_with("https:"));
    let mistake = (mode == Mode::Live && plain)
        .then(|| FieldError::new("/config/url", "this destination is a webhook, and a live webhook must be https"));
    Ok(Problem::check(mistake.into_iter().collect())?)
}

impl Engine {
    async fn find_destination(&self, who: &Actor, id: DestinationId) -> Result<Destination> {
        let row = find(self.db(), who.team, who.mode, id).await?;
        let mut found = [row.ok_or_else(|| Problem::not_found("destination", id))?.shown(self.now())?];
        self.count_attempts(who, &mut found).await?;
        let [mut found] = found;
        if found.breaker.is_open() || found.breaker.is_draining {
            (found.breaker.held, found.breaker.held_is_more) = breaker::count_held(self.db(), who, id).await?;
        }
        Ok(found)
    }

    /// How many attempts each had in the last 24 hours.
    async fn count_attempts(&self, who: &Actor, destinations: &mut [Destination]) -> Result<()> {
        let ids: Vec<_> = destinations.iter().map(|destination| destination.id).collect();
        let activity = rollup::activity(self.db(), who, &ids, self.now()).await?;
        for (destination, activity) in destinations.iter_mut().zip(activity) {
            let hours = activity.hours.len().div_ceil(destination.attempts_24h_bins.len()).max(1);
            for (bin, hours) in destination.attempts_24h_bins.iter_mut().zip(activity.hours.chunks(hours)) {
                *bin = hours.iter().map(|hour| hour.successful + hour.failed).sum();
            }
            destination.attempts_24h_count = destination.attempts_24h_bins.iter().sum();
        }
        Ok(())
    }

    async fn make_destination(&self, who: &Actor, input: DestinationInput) -> Result<Destination> {
        let id = DestinationId::new(self.ids().unique(self.now()));
        let input = checked(input, None)?;
        let new = NewDestination { id, team: who.team, mode: who.mode, input, is_webhook: false };
        let mut tx = self.db().begin().await?;
        if let Err(error) = insert(self, &mut tx, &new).await {
            drop(tx);
            return Err(explain(self.db(), error, who.team, who.mode, (id, &new.input.name), None).await);
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, Some(id));
        self.find_destination(who, id).await
    }

    /// Changes a destination to what `edit` makes of its input; enabled by that, it lets go what was held for it.
    async fn change_destination(
        &self,
        who: &Actor,
        id: DestinationId,
        edit: impl FnOnce(DestinationInput) -> Result<DestinationInput> + Send,
    ) -> Result<Destination> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = lock(&mut tx, who.team, who.mode, id).await?;
        let mut row = row.ok_or_else(|| Problem::not_found("destination", id))?;
        let stored = row.open(self.sealer())?;
        let input = checked(edit(row.input()?)?, stored.auth.as_ref())?;
        if row.is_webhook {
            check_webhook(&input, who.mode)?;
        }
        let was_disabled = row.disabled_at.is_some();
        let is_configured = (row.kind, &stored) != (input.kind, &input.config);
        row.set(input, self.sealer(), now)?;
        let enabled = was_disabled && row.disabled_at.is_none();
        if let Err(error) = update_row(&mut tx, &row).await {
            drop(tx);
            let url = row.url.as_deref().filter(|_| row.is_webhook);
            return Err(explain(self.db(), error, who.team, who.mode, (id, &row.name), url).await);
        }
        if is_configured {
            configured(&mut tx, who, id, now).await?;
        }
        if enabled {
            store::reset_announced(&mut tx, who.team, who.mode, id).await?;
            hold::release(&mut tx, who.team, who.mode, id, None, now).await?;
        }
        let reconsidered = reconsider_breaker(&mut tx, &row, now).await?;
        if was_disabled != row.disabled_at.is_some() {
            let (action, named) = match (row.is_webhook, enabled) {
                (true, true) => (AuditAction::WebhookEnabled, row.url.as_deref()),
                (true, false) => (AuditAction::WebhookDisabled, row.url.as_deref()),
                (false, true) => (AuditAction::DestinationEnabled, Some(row.name.as_str())),
                (false, false) => (AuditAction::DestinationDisabled, Some(row.name.as_str())),
            };
            audit::record(self, &mut tx, who, action, id, named).await?;
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        if enabled || reconsidered {
            self.lane_has_work(who.team, who.mode, id);
        }
        self.tell(who.team, who.mode, Some(id));
        self.find_destination(who, id).await
    }

    async fn remove_destination(&self, who: &Actor, id: DestinationId) -> Result<()> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("destination", id))?;
        if row.is_webhook {
            let detail = format!("{id} is a webhook; delete it as one, with its connection");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        let used = store::count_connections(&mut tx, who.team, who.mode, id).await?;
        if used > 0 {
            let detail = format!("{used} connection(s) lead to the destination {id}; delete them first");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        for connection in store::awaited_by(&mut tx, who.team, who.mode, id).await? {
            hold::cancel_all(&mut tx, who.team, who.mode, id, connection, now).await?;
        }
        delete(&mut tx, who.team, who.mode, id).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, Some(id));
        Ok(())
    }
}

#[async_trait]
impl Destinations for Engine {
    async fn destinations(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Destination>> {
        self.destinations_where(who, &DestinationFilter::default(), page).await
    }

    async fn destinations_where(
        &self,
        who: &Actor,
        filter: &DestinationFilter,
        page: &PageQuery,
    ) -> Answer<Page<Destination>> {
        let (now, rows) = (self.now(), store::page(self.db(), who, filter, page).await?);
        let mut shown = rows.into_iter().map(|row| row.shown(now)).collect::<Result<Vec<_>>>()?;
        if filter.include_metrics {
            self.count_attempts(who, &mut shown).await?;
        }
        let order = filter.order_by;
        let at = |shown: &Destination| place(order, (&shown.name, shown.updated_at), shown.id);
        Ok(Page::cut(page, shown, at).ordered(order))
    }

    async fn destination(&self, who: &Actor, id: DestinationId) -> Answer<Destination> {
        Ok(self.find_destination(who, id).await?)
    }

    async fn create_destination(&self, who: &Actor, input: DestinationInput) -> Answer<Destination> {
        Ok(self.make_destination(who, input).await?)
    }

    async fn upsert_destination(&self, who: &Actor, input: DestinationInput) -> Answer<(Destination, bool)> {
        Problem::check(input.mistakes())?;
        if let Some(id) = store::find_by_name(self.db(), who.team, who.mode, &input.name).await? {
            return Ok((self.replace_destination(who, id, input).await?, false));
        }
        match self.create_destination(who, input.clone()).await {
            Ok(made) => Ok((made, true)),
            Err(problem) => match problem.resource_id.as_deref().and_then(|id| id.parse().ok()) {
                // Somebody else made it in between.
                Some(id) => Ok((self.replace_destination(who, id, input).await?, false)),
                None => Err(problem),
            },
        }
    }

    async fn replace_destination(
        &self,
        who: &Actor,
        id: DestinationId,
        input: DestinationInput,
    ) -> Answer<Destination> {
        Ok(self.change_destination(who, id, |_| Ok(input)).await?)
    }

    async fn patch_destination(&self, who: &Actor, id: DestinationId, patch: Value) -> Answer<Destination> {
        // A merge patch removes by null, but here null is a value: never.
        let never = patch.get("auto_disable").is_some_and(Value::is_null);
        let no_breaker = patch.pointer("/config/circuit_breaker").is_some_and(Value::is_null);
        let edit = |current| {
            let mut input: DestinationInput = patched(&current, patch)?;
            if never {
                input.auto_disable = Some(None);
            }
            if no_breaker {
                input.config.circuit_breaker = None;
            }
            Ok(input)
        };
        Ok(self.change_destination(who, id, edit).await?)
    }

    async fn set_destination_status(&self, who: &Actor, id: DestinationId, status: Status) -> Answer<Destination> {
        Ok(self.change_destination(who, id, |current| Ok(DestinationInput { status, ..current })).await?)
    }

    async fn set_destination_paused(&self, who: &Actor, id: DestinationId, paused: bool) -> Answer<Destination> {
        self.pause_destination(who, id, paused).await?;
        Ok(self.find_destination(who, id).await?)
    }

    async fn probe_destination(&self, who: &Actor, id: DestinationId) -> Answer<Destination> {
        self.probe(who, id).await?;
        Ok(self.find_destination(who, id).await?)
    }

    async fn close_breaker(&self, who: &Actor, id: DestinationId) -> Answer<Destination> {
        self.close_by_hand(who, id).await?;
        Ok(self.find_destination(who, id).await?)
    }

    async fn connections_to(&self, who: &Actor, id: DestinationId) -> Answer<Vec<Connection>> {
        Ok(connection::to_destination(self.db(), who.team, who.mode, id).await?)
    }

    async fn delete_destination(&self, who: &Actor, id: DestinationId) -> Answer<()> {
        Ok(self.remove_destination(who, id).await?)
    }
}
