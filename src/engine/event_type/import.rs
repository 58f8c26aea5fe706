//! Taking over the event types of a document.

use std::collections::BTreeMap;

use hookyard_model::{
    Actor, EventType, EventTypeId, EventTypeImport, EventTypeInput, FieldError, ImportAction, ImportedEventType,
    Problem,
};
use tokio::task::spawn_blocking;

use super::{as_input, mistakes_of, openapi, openapi::Found, refuse_too_many, store};
use crate::{
    Engine,
    error::{Error, Result},
};

impl Engine {
    pub(super) async fn import(&self, who: &Actor, import: EventTypeImport) -> Result<Vec<ImportedEventType>> {
        let known = store::all(self.db(), who.team, who.mode).await?;
        let EventTypeImport { document, names, dry_run } = import;
        let plan = spawn_blocking(move || plan(&document, names.as_deref(), known)).await;
        let plan =
            plan.map_err(|_| Error::Broken("the reading of a document did not come to its end".to_owned()))??;
        if !dry_run && plan.iter().any(is_change) {
            self.carry_out(who, &plan).await?;
        }
        Ok(plan)
    }

    async fn carry_out(&self, who: &Actor, plan: &[ImportedEventType]) -> Result<()> {
        let (owner, now) = ((who.team, who.mode), self.now());
        let mut tx = self.db().begin().await?;
        let mut made = false;
        for ImportedEventType { input, .. } in plan.iter().filter(|imported| is_change(imported)) {
            let id = EventTypeId::new(self.ids().unique(now));
            if store::insert(&mut tx, owner, id, input, now).await? {
                made = true;
                continue;
            }
            if let Some(id) = store::find_by_name(&mut tx, who.team, who.mode, &input.name).await? {
                store::update(&mut tx, owner, id, input, now).await?;
            }
        }
        if made {
            refuse_too_many(&mut tx, who.team, who.mode).await?;
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        Ok(())
    }
}

fn is_change(imported: &ImportedEventType) -> bool {
    matches!(imported.action, ImportAction::Create | ImportAction::Update)
}

/// What is to be done with each event type of a document, or with those of these names.
fn plan(
    document: &str,
    names: Option<&[String]>,
    known: Vec<EventType>,
) -> std::result::Result<Vec<ImportedEventType>, Problem> {
    let found = openapi::read(document)?;
    let is_there = |name: &String| found.iter().any(|found| found.name == *name);
    let unknown = names.unwrap_or_default().iter().enumerate().filter(|(_, name)| !is_there(name));
    let mistake = |(index, _)| FieldError::new(format!("/names/{index}"), "the document has no webhook of this name");
    Problem::check(unknown.map(mistake).collect())?;
    let mut known: BTreeMap<String, EventType> =
        known.into_iter().map(|event_type| (event_type.name.clone(), event_type)).collect();
    let chosen = found.into_iter().filter(|found| names.is_none_or(|names| names.contains(&found.name)));
    Ok(chosen
        .map(|found| {
            let before = known.remove(&found.name).map(as_input);
            planned(found, before.as_ref())
        })
        .collect())
}

/// One event type of a document beside what is there. What the document does not say stays as it is.
fn planned(found: Found, before: Option<&EventTypeInput>) -> ImportedEventType {
    let was = before.cloned().unwrap_or_default();
    let has_example = found.example.is_some();
    let mut input = EventTypeInput {
        name: found.name,
        label: found.label.or(was.label).map(|label| label.chars().take(155).collect()),
        description: found.description.or(was.description),
        schema: found.schema.or(was.schema),
        example: found.example.or(was.example),
        default_enabled: was.default_enabled,
        deprecated: found.deprecated.unwrap_or(was.deprecated),
    };
    input.label = Some(input.label());
    let mut mistakes = found.mistakes;
    mistakes.extend(mistakes_of(&input));
    // An example from before need not fit a new schema.
    if !has_example && !mistakes.is_empty() && mistakes.iter().all(|mistake| mistake.pointer.starts_with("/example")) {
        input.example = None;
        mistakes.clear();
    }
    let action = match before {
        _ if !mistakes.is_empty() => ImportAction::Refuse,
        None => ImportAction::Create,
        Some(before) if *before == input => ImportAction::Keep,
        Some(_) => ImportAction::Update,
    };
    if action == ImportAction::Refuse {
        // It is not taken, and may be large.
        (input.schema, input.example) = (None, None);
    }
    ImportedEventType { name: input.name.clone(), action, input, mistakes }
}
