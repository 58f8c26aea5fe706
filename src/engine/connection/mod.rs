//! Connections: one source to one destination, with what passes and what is held.

mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, Code, Connection, ConnectionFilter, ConnectionId, ConnectionInput, DestinationId, LatestInput,
    Mode, Page, PageQuery, Problem, Rule, Status, TeamId, Timestamp, in_order,
    service::{Answer, Connections},
};
use serde_json::Value;

pub(crate) use store::{delete, insert, of_source, paused_of_destination, retries_of_destination, to_destination};

use crate::{
    Engine, audit,
    db::{Tx, is_duplicate},
    delivery::hold,
    error::{Error, Result},
    merge::patched,
    page::place,
    rule::keep_past,
    source::{description_mistake, is_disabled, lead_connections, stay_disabled},
};

/// A connection to be written. Its input has been checked.
#[derive(Debug, Clone)]
pub(crate) struct NewConnection {
    pub(crate) id: ConnectionId,
    pub(crate) team: TeamId,
    pub(crate) mode: Mode,
    pub(crate) input: ConnectionInput,
}

/// The input if it is acceptable: what is paused or disabled is so since it was, or since `now` at the latest.
fn checked(mut input: ConnectionInput, current: Option<&ConnectionInput>, now: Timestamp) -> Result<ConnectionInput> {
    let mut mistakes = input.mistakes();
    mistakes.extend(description_mistake(input.description.as_deref()));
    Problem::check(mistakes)?;
    let since = |before: Option<Timestamp>, wanted: Option<Timestamp>| wanted.map(|at| before.unwrap_or(at.min(now)));
    input.paused_at = since(current.and_then(|current| current.paused_at), input.paused_at);
    input.disabled_at = since(current.and_then(|current| current.disabled_at), input.disabled_at);
    Ok(input)
}

/// Both ends must be there, and stay until the commit. A webhook has one connection, which is made with it.
async fn check_ends(tx: &mut Tx, who: &Actor, input: &ConnectionInput, is_new: bool) -> Result<()> {
    if !store::has_source(tx, who.team, who.mode, input.source_id).await? {
        let detail = format!("there is no source {} in {} mode", input.source_id, who.mode);
        return Err(Problem::field("/source_id", detail).into());
    }
    match store::is_webhook(tx, who.team, who.mode, input.destination_id).await? {
        None => {
            let detail = format!("there is no destination {} in {} mode", input.destination_id, who.mode);
            Err(Problem::field("/destination_id", detail).into())
        }
        Some(true) if is_new => {
            let detail = format!(
                "{} is a webhook, which has its connection; change its event types, or make a destination of its own",
                input.destination_id
            );
            Err(Problem::field("/destination_id", detail).into())
        }
        Some(_) => Ok(()),
    }
}

/// Scripts must be there, and stay until the commit. What a webhook gets is made when it is sent, each with an id of its
/// own, so that there is nothing to change or to compare. Then puts the rules into their order.
async fn check_rules(tx: &mut Tx, who: &Actor, input: &mut ConnectionInput, is_of_webhook: bool) -> Result<()> {
    for (index, rule) in input.rules.iter().enumerate() {
        match rule {
            Rule::Deduplicate(_) | Rule::Transform(_) if is_of_webhook => {
                let detail =
                    format!("a webhook's connection has no {} rule; it may filter, delay and retry", rule.kind());
                return Err(Problem::field(format!("/rules/{index}"), detail).into());
            }
            Rule::Transform(rule)
                if !store::has_transformation(tx, who.team, who.mode, rule.transformation_id).await? =>
            {
                let id = rule.transformation_id;
                let detail = format!("there is no transformation {id} in {} mode", who.mode);
                return Err(Problem::field(format!("/rules/{index}/transformation_id"), detail).into());
            }
            Rule::Deduplicate(_) | Rule::Transform(_) | Rule::Filter(_) | Rule::Delay(_) | Rule::Retry(_) => {}
        }
    }
    input.rules = in_order(std::mem::take(&mut input.rules));
    Ok(())
}

/// The connection of a webhook stays what makes it one.
fn check_webhook(row: &store::Row, input: &ConnectionInput) -> Result<()> {
    if (input.source_id, input.destination_id) != (row.source_id, row.destination_id) {
        let detail = format!("{} is the connection of the webhook {}, and stays so", row.id, row.destination_id);
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    if input.event_types.as_ref().is_none_or(Vec::is_empty) {
        return Err(Problem::field("/event_types", "a webhook has at least one event type").into());
    }
    Ok(())
}

/// Events wait for the destination that they were made for, and for the scripts of a branch of their source.
async fn check_move(tx: &mut Tx, who: &Actor, row: &store::Row, input: &ConnectionInput) -> Result<()> {
    let (is_elsewhere, is_from_elsewhere) =
        (input.destination_id != row.destination_id, input.source_id != row.source_id);
    if !is_elsewhere && !is_from_elsewhere {
        return Ok(());
    }
    if row.paused_at.is_some() && is_elsewhere {
        let detail = format!(
            "{} is paused, and its events are held for {}; unpause it before it leads elsewhere",
            row.id, row.destination_id
        );
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    let (pending, transforming) = store::count_waiting(tx, (who.team, who.mode), row).await?;
    let waiting = transforming + if is_elsewhere { pending } else { 0 };
    if waiting > 0 {
        let detail = format!(
            "{waiting} event(s) of {} still wait to be delivered to {}; wait until they are done, or cancel them, and \
             change where it leads then",
            row.id, row.destination_id
        );
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    Ok(())
}

/// What of a change lets a connection stop or go on.
fn stopped_or_not(before: &ConnectionInput, after: &ConnectionInput) -> impl Iterator<Item = AuditAction> + use<> {
    use AuditAction::{ConnectionDisabled, ConnectionEnabled, ConnectionPaused, ConnectionUnpaused};
    let changed = |before: Option<Timestamp>, after: Option<Timestamp>, stopped, goes_on| {
        let action = if after.is_some() { stopped } else { goes_on };
        (before.is_some() != after.is_some()).then_some(action)
    };
    let disabled = changed(before.disabled_at, after.disabled_at, ConnectionDisabled, ConnectionEnabled);
    let paused = changed(before.paused_at, after.paused_at, ConnectionPaused, ConnectionUnpaused);
    disabled.into_iter().chain(paused)
}

impl Engine {
    async fn find_connection(&self, who: &Actor, id: ConnectionId) -> Result<Connection> {
        let row = store::find(self.db(), who.team, who.mode, id).await?;
        row.ok_or_else(|| Problem::not_found("connection", id))?.shown()
    }

    async fn make_connection(&self, who: &Actor, input: ConnectionInput) -> Result<Connection> {
        let now = self.now();
        let id = ConnectionId::new(self.ids().unique(now));
        let mut input = checked(input, None, now)?;
        if input.disabled_at.is_some() {
            input.paused_at = None;
        }
        let mut tx = self.db().begin().await?;
        check_ends(&mut tx, who, &input, true).await?;
        check_rules(&mut tx, who, &mut input, false).await?;
        let new = NewConnection { id, team: who.team, mode: who.mode, input };
        if let Err(error) = insert(&mut tx, &new, now).await {
            drop(tx);
            return Err(self.explain_connection(error, &new).await);
        }
        lead_connections(&mut tx, (who.team, who.mode, new.input.source_id), Some(id), now).await?;
        tx.commit().await?;
        self.connection_changed(who, new.input.destination_id);
        self.find_connection(who, id).await
    }

    /// Changes a connection to what `edit` makes of its input; unpaused by that, it lets go what it held. It may be asked for
    /// by name that it is disabled.
    async fn change_connection(
        &self,
        who: &Actor,
        id: ConnectionId,
        disables: bool,
        edit: impl FnOnce(ConnectionInput) -> Result<ConnectionInput> + Send,
    ) -> Result<Connection> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("connection", id))?;
        let current = row.input()?;
        let wanted = edit(current.clone())?;
        let disables = disables || (wanted.disabled_at.is_some() && wanted.disabled_at != current.disabled_at);
        let mut input = checked(wanted, Some(&current), now)?;
        if disables {
            // What is disabled holds nothing.
            input.paused_at = None;
        }
        if row.is_of_webhook() {
            check_webhook(&row, &input)?;
        }
        check_move(&mut tx, who, &row, &input).await?;
        check_ends(&mut tx, who, &input, input.destination_id != row.destination_id).await?;
        check_rules(&mut tx, who, &mut input, row.is_of_webhook()).await?;
        let has_other_rules = (&input.rules, &input.event_types) != (&current.rules, &current.event_types);
        if has_other_rules {
            keep_past(&mut tx, who.team, who.mode, id, now).await?;
        }
        let has_moved = (input.source_id, input.destination_id) != (row.source_id, row.destination_id);
        let unpaused = row.paused_at.is_some() && input.paused_at.is_none();
        let changed = NewConnection { id, team: who.team, mode: who.mode, input };
        let configured_at = (has_other_rules || has_moved).then_some(now);
        if let Err(error) = store::update(&mut tx, &changed, configured_at, now).await {
            drop(tx);
            return Err(self.explain_connection(error, &changed).await);
        }
        if disables {
            stay_disabled(&mut tx, who, id).await?;
        }
        lead_connections(&mut tx, (who.team, who.mode, changed.input.source_id), Some(id), now).await?;
        if unpaused {
            hold::release(&mut tx, who.team, who.mode, row.destination_id, Some(id), now).await?;
        }
        for action in stopped_or_not(&current, &changed.input) {
            audit::record(self, &mut tx, who, action, id, Some(&changed.input.name)).await?;
        }
        tx.commit().await?;
        self.connection_changed(who, row.destination_id);
        if unpaused {
            self.lane_has_work(who.team, who.mode, row.destination_id);
        }
        self.find_connection(who, id).await
    }

    async fn remove_connection(&self, who: &Actor, id: ConnectionId) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("connection", id))?;
        if row.is_of_webhook() {
            let detail = format!("{id} belongs to the webhook {}; delete the webhook", row.destination_id);
            let problem = Problem::new(Code::Conflict, detail);
            return Err(Problem { resource_id: Some(row.destination_id.to_string()), ..problem }.into());
        }
        let mut destinations = store::awaited(&mut tx, who.team, who.mode, id).await?;
        if !destinations.contains(&row.destination_id) {
            destinations.push(row.destination_id);
        }
        for destination in destinations {
            hold::cancel_all(&mut tx, who.team, who.mode, destination, id, self.now()).await?;
        }
        delete(&mut tx, who.team, who.mode, id, self.now()).await?;
        tx.commit().await?;
        self.connection_changed(who, row.destination_id);
        Ok(())
    }

    async fn find_latest_input(&self, who: &Actor, id: ConnectionId) -> Result<LatestInput> {
        let connection = self.find_connection(who, id).await?;
        let latest = crate::request::latest_of_source(self.db(), who.team, who.mode, connection.source_id).await?;
        let (request_id, latest_input) = latest.unzip();
        Ok(LatestInput { connection_id: id, request_id, latest_input })
    }

    /// A connection of a disabled source is enabled with it, and not before.
    async fn check_source_enabled(&self, who: &Actor, id: ConnectionId) -> Result<()> {
        let connection = self.find_connection(who, id).await?;
        if is_disabled(self.db(), who, connection.source_id).await? {
            let detail = format!("its source {} is disabled; enable the source first", connection.source_id);
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        Ok(())
    }

    fn connection_changed(&self, who: &Actor, destination: DestinationId) {
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, Some(destination));
    }

    /// Says in whose way a connection is, when that is why the database refused it.
    async fn explain_connection(&self, error: Error, new: &NewConnection) -> Error {
        if !matches!(&error, Error::Database(cause) if is_duplicate(cause)) {
            return error;
        }
        let (source, name) = (new.input.source_id, &new.input.name);
        match store::find_by_name(self.db(), new.team, new.mode, source, name).await {
            Ok(Some(by)) if by != new.id => {
                let detail = format!("the connection {by} of this source has the name `{name}` already");
                let problem = Problem::new(Code::ResourceAlreadyExists, detail);
                Error::Problem(Problem { resource_id: Some(by.to_string()), ..problem })
            }
            Ok(_) => error,
            Err(error) => error,
        }
    }
}

#[async_trait]
impl Connections for Engine {
    async fn connections(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Connection>> {
        self.connections_where(who, &ConnectionFilter::default(), page).await
    }

    async fn connections_where(
        &self,
        who: &Actor,
        filter: &ConnectionFilter,
        page: &PageQuery,
    ) -> Answer<Page<Connection>> {
        let rows = store::page(self.db(), who, filter, page).await?;
        let shown = rows.into_iter().map(store::Row::shown).collect::<Result<Vec<_>>>()?;
        let order = filter.order_by;
        let at = |shown: &Connection| place(order, (&shown.name, shown.updated_at), shown.id);
        Ok(Page::cut(page, shown, at).ordered(order))
    }

    async fn connection(&self, who: &Actor, id: ConnectionId) -> Answer<Connection> {
        Ok(self.find_connection(who, id).await?)
    }

    async fn create_connection(&self, who: &Actor, input: ConnectionInput) -> Answer<Connection> {
        Ok(self.make_connection(who, input).await?)
    }

    async fn upsert_connection(&self, who: &Actor, input: ConnectionInput) -> Answer<(Connection, bool)> {
        Problem::check(input.mistakes())?;
        if let Some(id) = store::find_by_name(self.db(), who.team, who.mode, input.source_id, &input.name).await? {
            return Ok((self.replace_connection(who, id, input).await?, false));
        }
        match self.create_connection(who, input.clone()).await {
            Ok(made) => Ok((made, true)),
            Err(problem) => match problem.resource_id.as_deref().and_then(|id| id.parse().ok()) {
                // Somebody else made it in between.
                Some(id) => Ok((self.replace_connection(who, id, input).await?, false)),
                None => Err(problem),
            },
        }
    }

    async fn replace_connection(&self, who: &Actor, id: ConnectionId, input: ConnectionInput) -> Answer<Connection> {
        Ok(self.change_connection(who, id, false, |_| Ok(input)).await?)
    }

    async fn patch_connection(&self, who: &Actor, id: ConnectionId, patch: Value) -> Answer<Connection> {
        Ok(self.change_connection(who, id, false, |current| Ok(patched(&current, patch)?)).await?)
    }

    async fn set_connection_status(&self, who: &Actor, id: ConnectionId, status: Status) -> Answer<Connection> {
        let disabled_at = (status == Status::Disabled).then(|| self.now());
        if status == Status::Enabled {
            self.check_source_enabled(who, id).await?;
        }
        let edit = |current| Ok(ConnectionInput { disabled_at, ..current });
        Ok(self.change_connection(who, id, disabled_at.is_some(), edit).await?)
    }

    async fn set_connection_paused(&self, who: &Actor, id: ConnectionId, paused: bool) -> Answer<Connection> {
        let paused_at = paused.then(|| self.now());
        Ok(self.change_connection(who, id, false, |current| Ok(ConnectionInput { paused_at, ..current })).await?)
    }

    async fn delete_connection(&self, who: &Actor, id: ConnectionId) -> Answer<()> {
        Ok(self.remove_connection(who, id).await?)
    }

    async fn latest_input(&self, who: &Actor, id: ConnectionId) -> Answer<LatestInput> {
        Ok(self.find_latest_input(who, id).await?)
    }
}
