//! Transformations: scripts that change payloads on their way, and what their runs came to.

mod content;
pub(crate) mod pool;
mod redact;
mod runs;
pub(crate) mod sandbox;
mod store;
mod tryout;

pub(crate) use self::{
    content::Content,
    redact::Redactor,
    runs::{NewData, NewRun, RunOf, count as count_runs, data, insert as record_runs},
    sandbox::{Ran, Script},
    store::delete_past,
    tryout::{Draft, STUCK, Tries},
};

use std::collections::BTreeMap;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Capabilities, Code, FieldError, Mode, Page, PageQuery, Problem, RunFilter, RunInput, RunResult, Secret,
    TeamId, Transformation, TransformationFilter, TransformationId, TransformationInput, TransformationRun,
    TransformationRunId, Validation,
    service::{Answer, Metrics as _, Transformations},
};
use serde_json::Value;

use self::store::TransformationRow;
use crate::{
    Engine,
    db::{Tx, is_duplicate},
    error::{Error, Result},
    merge::patched,
    page::place,
};

/// SHA-256 of a script, in hex.
pub(crate) fn code_hash(code: &str) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, code.as_bytes()))
}

/// The input with the stored values where placeholders came back, if it is acceptable so.
fn checked(mut input: TransformationInput, stored: &BTreeMap<String, Secret>) -> Result<TransformationInput> {
    let mut mistakes = keep_env(&mut input.env, stored);
    mistakes.extend(input.mistakes());
    Problem::check(mistakes)?;
    Ok(input)
}

/// Puts stored values where placeholders came back; what is wrong with those for which none is stored.
fn keep_env(env: &mut BTreeMap<String, Secret>, stored: &BTreeMap<String, Secret>) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    for (name, value) in env {
        value.keep(stored.get(name));
        if value.is_redacted() {
            let detail = "the placeholder keeps a value that is stored, and none is; give the value";
            mistakes.push(FieldError::new(format!("/env/{name}"), detail));
        }
    }
    mistakes
}

impl TransformationRow {
    /// What a team would say to make it as it is.
    fn input(&self, env: &BTreeMap<String, Secret>) -> TransformationInput {
        let env = env.iter().map(|(name, value)| (name.clone(), value.redacted())).collect();
        TransformationInput { name: self.name.clone(), code: self.code.clone(), env }
    }
}

impl Engine {
    /// The script of a transformation as it is now, with its environment; `None` when there is none.
    pub(crate) async fn read_script(&self, team: TeamId, mode: Mode, id: TransformationId) -> Result<Option<Script>> {
        let Some(row) = store::find(self.db(), team, mode, id).await? else { return Ok(None) };
        let env = row.open_env(self.sealer())?;
        let hidden = env.values().cloned().collect();
        Ok(Some(Script { hash: code_hash(&row.code), code: row.code, env, hidden }))
    }

    async fn find_transformation(&self, who: &Actor, id: TransformationId) -> Result<Transformation> {
        let row = store::find(self.db(), who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("transformation", id))?;
        let mut shown = self.shown_transformations(who, vec![row]).await?;
        shown.pop().ok_or_else(|| Problem::not_found("transformation", id).into())
    }

    /// Transformations as their team sees them; one that is gone meanwhile is left out.
    async fn shown_transformations(&self, who: &Actor, rows: Vec<TransformationRow>) -> Result<Vec<Transformation>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let cards = self.transformation_cards(who, &ids).await?;
        let mut cards: BTreeMap<_, _> = cards.into_iter().map(|card| (card.id, card)).collect();
        rows.into_iter().filter_map(|row| cards.remove(&row.id).map(|card| row.shown(self.sealer(), card))).collect()
    }

    /// Refuses a script that does not parse, with the place.
    async fn check_code(&self, who: &Actor, code: &str) -> Result<()> {
        if let Some(error) = self.parse(who, code.to_owned()).await? {
            let place = match (error.line, error.column) {
                (Some(line), Some(column)) => format!("line {line}, column {column}: "),
                (Some(line), None) => format!("line {line}: "),
                _ => String::new(),
            };
            return Err(Problem::field("/code", format!("{place}{}", error.message)).into());
        }
        Ok(())
    }

    fn seal_env(&self, env: &BTreeMap<String, Secret>) -> Result<Vec<u8>> {
        Ok(self.sealer().seal(&serde_json::to_vec(env)?))
    }

    /// Keeps the values that an environment has no more, for they are still in what its scripts made.
    async fn keep_past(
        &self,
        tx: &mut Tx,
        row: &TransformationRow,
        mut before: BTreeMap<String, Secret>,
        now: &BTreeMap<String, Secret>,
    ) -> Result<()> {
        before.retain(|_, value| !now.values().any(|kept| kept == value));
        if before.is_empty() {
            return Ok(());
        }
        let at = self.now();
        store::insert_past(tx, row, &self.ids().unique(at).to_string(), &self.seal_env(&before)?, at).await
    }

    async fn make_transformation(&self, who: &Actor, input: TransformationInput) -> Result<Transformation> {
        let input = checked(input, &BTreeMap::new())?;
        self.check_code(who, &input.code).await?;
        let now = self.now();
        let row = TransformationRow {
            team_id: who.team,
            mode: who.mode,
            id: TransformationId::new(self.ids().unique(now)),
            env: self.seal_env(&input.env)?,
            name: input.name,
            code: input.code,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.db().begin().await?;
        if let Err(error) = store::insert(&mut tx, &row).await {
            drop(tx);
            return Err(self.explain_transformation(error, &row).await);
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        self.find_transformation(who, row.id).await
    }

    /// Changes a transformation to what `edit` makes of its input.
    async fn change_transformation(
        &self,
        who: &Actor,
        id: TransformationId,
        edit: impl FnOnce(TransformationInput) -> Result<TransformationInput> + Send,
    ) -> Result<Transformation> {
        let before = store::find(self.db(), who.team, who.mode, id).await?;
        let before = before.ok_or_else(|| Problem::not_found("transformation", id))?;
        let input = edit(before.input(&before.open_env(self.sealer())?))?;
        Problem::check(input.mistakes())?;
        // Before the row is locked: it takes its time.
        self.check_code(who, &input.code).await?;
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let mut row = row.ok_or_else(|| Problem::not_found("transformation", id))?;
        let stored = row.open_env(self.sealer())?;
        let input = checked(input, &stored)?;
        self.keep_past(&mut tx, &row, stored, &input.env).await?;
        row.env = self.seal_env(&input.env)?;
        (row.name, row.code, row.updated_at) = (input.name, input.code, self.now());
        if let Err(error) = store::update(&mut tx, &row).await {
            drop(tx);
            return Err(self.explain_transformation(error, &row).await);
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        self.find_transformation(who, id).await
    }

    async fn remove_transformation(&self, who: &Actor, id: TransformationId) -> Result<()> {
        const SOME: usize = 5;
        let mut tx = self.db().begin().await?;
        let row = store::lock(&mut tx, who.team, who.mode, id).await?;
        let row = row.ok_or_else(|| Problem::not_found("transformation", id))?;
        let used = store::used_by(&mut tx, who.team, who.mode, id).await?;
        if !used.is_empty() {
            let more = used.len().saturating_sub(SOME);
            let names: Vec<_> = used.iter().take(SOME).map(|name| format!("`{name}`")).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let detail = format!(
                "{} connection(s) use the transformation {id}: {}{more}; take it out of their rules first",
                used.len(),
                names.join(", ")
            );
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        self.keep_past(&mut tx, &row, row.open_env(self.sealer())?, &BTreeMap::new()).await?;
        store::delete(&mut tx, who.team, who.mode, id).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        Ok(())
    }

    /// Says in whose way a transformation is, when that is why the database refused it.
    async fn explain_transformation(&self, error: Error, row: &TransformationRow) -> Error {
        if !matches!(&error, Error::Database(cause) if is_duplicate(cause)) {
            return error;
        }
        match store::find_by_name(self.db(), row.team_id, row.mode, &row.name).await {
            Ok(Some(by)) if by != row.id => {
                let detail = format!("the transformation {by} has the name `{}` already", row.name);
                let problem = Problem::new(Code::ResourceAlreadyExists, detail);
                Error::Problem(Problem { resource_id: Some(by.to_string()), ..problem })
            }
            Ok(_) => error,
            Err(error) => error,
        }
    }
}

#[async_trait]
impl Transformations for Engine {
    async fn transformations(&self, who: &Actor, page: &PageQuery) -> Answer<Page<Transformation>> {
        self.transformations_where(who, &TransformationFilter::default(), page).await
    }

    async fn transformations_where(
        &self,
        who: &Actor,
        filter: &TransformationFilter,
        page: &PageQuery,
    ) -> Answer<Page<Transformation>> {
        let rows = store::page(self.db(), who, filter, page).await?;
        let shown = self.shown_transformations(who, rows).await?;
        let order = filter.order_by;
        let at = |shown: &Transformation| place(order, (&shown.name, shown.updated_at), shown.id);
        Ok(Page::cut(page, shown, at).ordered(order))
    }

    async fn transformation(&self, who: &Actor, id: TransformationId) -> Answer<Transformation> {
        Ok(self.find_transformation(who, id).await?)
    }

    async fn create_transformation(&self, who: &Actor, input: TransformationInput) -> Answer<Transformation> {
        Ok(self.make_transformation(who, input).await?)
    }

    async fn upsert_transformation(&self, who: &Actor, input: TransformationInput) -> Answer<(Transformation, bool)> {
        Problem::check(input.mistakes())?;
        if let Some(id) = store::find_by_name(self.db(), who.team, who.mode, &input.name).await? {
            return Ok((self.replace_transformation(who, id, input).await?, false));
        }
        match self.create_transformation(who, input.clone()).await {
            Ok(made) => Ok((made, true)),
            Err(problem) => match problem.resource_id.as_deref().and_then(|id| id.parse().ok()) {
                // Somebody else made it in between.
                Some(id) => Ok((self.replace_transformation(who, id, input).await?, false)),
                None => Err(problem),
            },
        }
    }

    async fn replace_transformation(
        &self,
        who: &Actor,
        id: TransformationId,
        input: TransformationInput,
    ) -> Answer<Transformation> {
        Ok(self.change_transformation(who, id, |_| Ok(input)).await?)
    }

    async fn patch_transformation(&self, who: &Actor, id: TransformationId, patch: Value) -> Answer<Transformation> {
        Ok(self.change_transformation(who, id, |current| Ok(patched(&current, patch)?)).await?)
    }

    async fn delete_transformation(&self, who: &Actor, id: TransformationId) -> Answer<()> {
        Ok(self.remove_transformation(who, id).await?)
    }

    async fn transformation_runs(
        &self,
        who: &Actor,
        filter: &RunFilter,
        page: &PageQuery,
    ) -> Answer<Page<TransformationRun>> {
        Ok(self.runs(who, filter, page).await?)
    }

    async fn transformation_run(&self, who: &Actor, id: TransformationRunId) -> Answer<TransformationRun> {
        Ok(self.one_run(who, id).await?)
    }

    async fn validate_transformation(&self, who: &Actor, code: &str) -> Answer<Validation> {
        let errors: Vec<_> = self.parse(who, code.to_owned()).await?.into_iter().collect();
        let Capabilities { runtime, globals, limits } = sandbox::capabilities(self.0.config.body_limit);
        Ok(Validation { valid: errors.is_empty(), errors, runtime, limits, capabilities: globals })
    }

    async fn run_transformation(&self, who: &Actor, input: RunInput) -> Answer<RunResult> {
        Ok(self.try_script(who, input).await?)
    }

    async fn transformation_capabilities(&self) -> Answer<Capabilities> {
        Ok(sandbox::capabilities(self.0.config.body_limit))
    }
}
