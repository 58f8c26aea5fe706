//! Sources: the URLs that take requests in, and the built-in source that published events enter by.

mod respond;
mod store;
mod url;

use std::collections::HashMap;

use async_trait::async_trait;
use hookyard_model::{
    Actor, AuditAction, Code, FieldError, Mode, Page, PageQuery, Problem, RotateUrl, Source, SourceAuth, SourceConfig,
    SourceConnection, SourceFilter, SourceId, SourceInput, SourceType, SourceUrl, Status, TeamId, Timestamp,
    service::{Answer, Sources},
};
use serde_json::Value;

pub(crate) use respond::Replier;
pub(crate) use store::{
    SourceRow, Token, find_anywhere, find_events_source, find_token, is_disabled, lead_connections, stay_disabled,
};

use crate::{
    Engine, audit,
    clock::Ids,
    db::{Tx, is_duplicate},
    error::{Error, Result},
    merge::patched,
    page::place,
};

/// Makes the built-in source of a new team.
pub(crate) async fn insert_built_in(tx: &mut Tx, ids: &Ids, team: TeamId, mode: Mode, now: Timestamp) -> Result<()> {
    let row = SourceRow {
        team_id: team,
        mode,
        id: SourceId::new(ids.unguessable(now)),
        name: "events".to_owned(),
        description: None,
        kind: SourceType::EVENTS,
        config: serde_json::to_string(&SourceConfig::default())?,
        secret: None,
        disabled_at: None,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx, &row).await?;
    store::insert_token(tx, (team, mode, row.id), row.id, now).await
}

/// What is wrong with a description, if anything: PostgreSQL cannot store NUL.
pub(crate) fn description_mistake(text: Option<&str>) -> Option<FieldError> {
    let text = text?;
    if text.contains('\0') {
        return Some(FieldError::new("/description", "a description has no NUL character"));
    }
    let length = text.chars().count();
    (length > 2000).then(|| {
        FieldError::new("/description", format!("a description has at most 2000 characters, this has {length}"))
    })
}

impl SourceRow {
    /// What a team would say to make it as it is.
    fn input(&self) -> Result<SourceInput> {
        Ok(SourceInput {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: self.kind,
            config: self.redacted()?,
            status: self.status(),
        })
    }

    const fn key(&self) -> (TeamId, Mode, SourceId) {
        (self.team_id, self.mode, self.id)
    }

    const fn status(&self) -> Status {
        if self.disabled_at.is_some() { Status::Disabled } else { Status::Enabled }
    }

    /// A source as its team sees it, whose URLs end in `tokens`.
    fn shown(self, public_url: &str, tokens: &[Token]) -> Result<Source> {
        let url = |token: &Token| SourceUrl {
            url: format!("{}/in/{}", public_url.trim_end_matches('/'), token.token),
            token: token.token,
            created_at: token.created_at,
            expires_at: token.expires_at,
        };
        let mut urls: Vec<_> = tokens.iter().filter(|_| self.kind != SourceType::EVENTS).map(url).collect();
        // The one that is shown first; of the others, the one that works longest.
        urls.sort_by_key(|url| std::cmp::Reverse(url.expires_at.unwrap_or(Timestamp::NEVER)));
        Ok(Source {
            status: self.status(),
            config: self.redacted()?,
            url: urls.first().filter(|url| url.expires_at.is_none()).map(|url| url.url.clone()),
            urls,
            id: self.id,
            team_id: self.team_id,
            name: self.name,
            description: self.description,
            kind: self.kind,
            disabled_at: self.disabled_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The input with the stored secret where the placeholder came back, if it is acceptable so.
fn checked(mut input: SourceInput, stored: Option<&SourceAuth>) -> Result<SourceInput> {
    if let Some(auth) = &mut input.config.auth {
        Problem::check(auth.keep(stored))?;
    }
    let mut mistakes = input.mistakes();
    mistakes.extend(description_mistake(input.description.as_deref()));
    Problem::check(mistakes)?;
    Ok(input)
}

/// The built-in source is as it is: publishing must always find it.
fn check_not_built_in(row: &SourceRow) -> Result<()> {
    if row.kind == SourceType::EVENTS {
        let detail = format!("{} is the built-in source of published events, which cannot be changed", row.id);
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    Ok(())
}

impl Engine {
    async fn find_source(&self, who: &Actor, id: SourceId) -> Result<Source> {
        let row = store::find(self.db(), who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("source", id))?;
        let tokens = store::tokens(self.db(), who, (id, id), self.now()).await?;
        row.shown(&self.0.config.public_url, &tokens)
    }

    async fn find_sources(&self, who: &Actor, filter: &SourceFilter, page: &PageQuery) -> Result<Page<Source>> {
        let rows = store::page(self.db(), who, filter, page).await?;
        let ids = rows.iter().map(|row| row.id);
        let mut tokens: HashMap<SourceId, Vec<Token>> = HashMap::new();
        if let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) {
            for token in store::tokens(self.db(), who, (first, last), self.now()).await? {
                tokens.entry(token.source_id).or_default().push(token);
            }
        }
        let public_url = &self.0.config.public_url;
        let shown = |row: SourceRow| {
            let tokens = tokens.remove(&row.id).unwrap_or_default();
            row.shown(public_url, &tokens)
        };
        let shown = rows.into_iter().map(shown).collect::<Result<Vec<_>>>()?;
        let order = filter.order_by;
        let at = |shown: &Source| place(order, (&shown.name, shown.updated_at), shown.id);
        Ok(Page::cut(page, shown, at).ordered(order))
    }

    async fn make_source(&self, who: &Actor, input: SourceInput) -> Result<Source> {
        let now = self.now();
        let input = checked(input, None)?;
        let mut row = SourceRow {
            team_id: who.team,
            mode: who.mode,
            id: SourceId::new(self.ids().unguessable(now)),
            name: String::new(),
            description: None,
            kind: input.kind,
            config: String::new(),
            secret: None,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        };
        row.set(input, self.sealer(), now)?;
        let mut tx = self.db().begin().await?;
        if let Err(error) = store::insert(&mut tx, &row).await {
            drop(tx);
            return Err(self.explain_source(error, &row).await);
        }
        store::insert_token(&mut tx, row.key(), row.id, now).await?;
        tx.commit().await?;
        self.source_changed(who);
        self.find_source(who, row.id).await
    }

    /// Changes a source to what `edit` makes of its input.
    async fn change_source(
        &self,
        who: &Actor,
        id: SourceId,
        edit: impl FnOnce(SourceInput) -> Result<SourceInput> + Send,
    ) -> Result<Source> {
        let now = self.now();
        let mut tx = self.db().begin().await?;
        store::lock_connections(&mut tx, (who.team, who.mode, id)).await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let mut row = row.ok_or_else(|| Problem::not_found("source", id))?;
        check_not_built_in(&row)?;
        let before = row.status();
        let input = edit(row.input()?)?;
        let stored = row.open(self.sealer())?.auth.filter(|auth| auth.survives(row.kind, input.kind));
        let input = checked(input, stored.as_ref())?;
        row.set(input, self.sealer(), now)?;
        if let Err(error) = store::update(&mut tx, &row).await {
            drop(tx);
            return Err(self.explain_source(error, &row).await);
        }
        if row.status() != before {
            store::lead_connections(&mut tx, row.key(), None, now).await?;
            let action = match row.status() {
                Status::Enabled => AuditAction::SourceEnabled,
                Status::Disabled => AuditAction::SourceDisabled,
            };
            audit::record(self, &mut tx, who, action, id, Some(&row.name)).await?;
        }
        tx.commit().await?;
        self.source_changed(who);
        self.find_source(who, id).await
    }

    async fn remove_source(&self, who: &Actor, id: SourceId) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("source", id))?;
        check_not_built_in(&row)?;
        let used = store::count_connections(&mut tx, who.team, who.mode, id).await?;
        if used > 0 {
            let detail = format!("{used} connection(s) start at the source {id}; delete them first");
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        store::delete(&mut tx, who.team, who.mode, id).await?;
        store::delete_tokens(&mut tx, row.key()).await?;
        audit::record(self, &mut tx, who, AuditAction::SourceDeleted, id, Some(&row.name)).await?;
        tx.commit().await?;
        self.source_changed(who);
        Ok(())
    }

    fn source_changed(&self, who: &Actor) {
        self.settings_changed(who.team);
        self.tell(who.team, who.mode, None);
    }

    /// Says in whose way a source is, when that is why the database refused it.
    async fn explain_source(&self, error: Error, row: &SourceRow) -> Error {
        if !matches!(&error, Error::Database(cause) if is_duplicate(cause)) {
            return error;
        }
        match store::find_by_name(self.db(), row.team_id, row.mode, &row.name).await {
            Ok(Some(by)) if by != row.id => {
                let detail = format!("the source {by} has the name `{}` already", row.name);
                let problem = Problem::new(Code::ResourceAlreadyExists, detail);
                Error::Problem(Problem { resource_id: Some(by.to_string()), ..problem })
            }
            Ok(_) => error,
            Err(error) => error,
        }
    }
}

#[async_trait]
impl Sources for Engine {
    async fn sources(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Source>> {
        Ok(self.find_sources(who, &SourceFilter::default(), page).await?)
    }

    async fn sources_where(&self, who: &Actor, filter: &SourceFilter, page: &PageQuery) -> Answer<Page<Source>> {
        Ok(self.find_sources(who, filter, page).await?)
    }

    async fn source(&self, who: &Actor, id: SourceId) -> Answer<Source> {
        Ok(self.find_source(who, id).await?)
    }

    async fn create_source(&self, who: &Actor, input: SourceInput) -> Answer<Source> {
        Ok(self.make_source(who, input).await?)
    }

    async fn upsert_source(&self, who: &Actor, input: SourceInput) -> Answer<(Source, bool)> {
        Problem::check(input.mistakes())?;
        if let Some(id) = store::find_by_name(self.db(), who.team, who.mode, &input.name).await? {
            return Ok((self.replace_source(who, id, input).await?, false));
        }
        match self.create_source(who, input.clone()).await {
            Ok(made) => Ok((made, true)),
            Err(problem) => match problem.resource_id.as_deref().and_then(|id| id.parse().ok()) {
                // Somebody else made it in between.
                Some(id) => Ok((self.replace_source(who, id, input).await?, false)),
                None => Err(problem),
            },
        }
    }

    async fn replace_source(&self, who: &Actor, id: SourceId, input: SourceInput) -> Answer<Source> {
        Ok(self.change_source(who, id, |_| Ok(input)).await?)
    }

    async fn patch_source(&self, who: &Actor, id: SourceId, patch: Value) -> Answer<Source> {
        Ok(self.change_source(who, id, |current| Ok(patched(&current, patch)?)).await?)
    }

    async fn set_source_status(&self, who: &Actor, id: SourceId, status: Status) -> Answer<Source> {
        Ok(self.change_source(who, id, |current| Ok(SourceInput { status, ..current })).await?)
    }

    async fn rotate_source_url(&self, who: &Actor, id: SourceId, how: RotateUrl) -> Answer<Source> {
        Ok(self.rotate_url(who, id, how).await?)
    }

    async fn end_source_url(&self, who: &Actor, id: SourceId, token: SourceId) -> Answer<()> {
        Ok(self.end_url(who, id, token).await?)
    }

    async fn source_connections(&self, who: &Actor, id: SourceId) -> Answer<Vec<SourceConnection>> {
        Ok(store::connections(self.db(), who, id).await?)
    }

    async fn delete_source(&self, who: &Actor, id: SourceId) -> Answer<()> {
        Ok(self.remove_source(who, id).await?)
    }
}
