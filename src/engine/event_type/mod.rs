//! The catalogue of event types, one a team and mode.

mod bundle;
mod import;
mod openapi;
mod ready_made;
mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Code, EventType, EventTypeId, EventTypeImport, EventTypeInput, FieldError, ImportedEventType, Mode,
    NoticeKind, Problem, SchemaCheck, TeamId, Timestamp,
    service::{Answer, EventTypes},
};
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::{
    Engine,
    clock::Ids,
    db::{Db, Tx},
    error::{Error, Result},
    merge::patched,
    schema::{Schema, example_mistakes},
    source::description_mistake,
};

/// How many event types a team has in a mode.
const MOST: i64 = 1000;

/// Adds the ready-made event types that are not there yet.
pub(crate) async fn insert_ready_made(tx: &mut Tx, ids: &Ids, team: TeamId, mode: Mode, now: Timestamp) -> Result<()> {
    for input in ready_made::all()? {
        store::insert(tx, (team, mode), EventTypeId::new(ids.unique(now)), &input, now).await?;
    }
    Ok(())
}

/// The names of the catalogue.
pub(crate) async fn names(db: &Db, team: TeamId, mode: Mode) -> Result<Vec<String>> {
    store::names(db, team, mode).await
}

/// What happens to events of this type that do not fit, and its schema as JSON if it has one.
pub(crate) async fn schema_of(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<(SchemaCheck, Option<String>)> {
    store::schema(db, team, mode, name).await
}

/// The event type of this name.
pub(crate) async fn named(db: &Db, team: TeamId, mode: Mode, name: &str) -> Result<Option<EventType>> {
    store::named(db, team, mode, name).await
}

/// Undoes what would make a catalogue too long.
async fn refuse_too_many(tx: &mut Tx, team: TeamId, mode: Mode) -> Result<()> {
    if store::count(tx, team, mode).await? > MOST {
        let detail = format!("a catalogue has at most {MOST} event types; delete some first");
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    Ok(())
}

/// What is wrong with a choice from the catalogue. What was chosen `before` may stay although it is there no more, and
/// a team that keeps no catalogue may choose what it likes. Hookyard's own events are there for everybody.
pub(crate) fn unknown(chosen: &[String], catalogue: &[String], before: &[String]) -> Vec<FieldError> {
    let mistake = |(index, name): (usize, &String)| {
        let is_known = catalogue.contains(name) || before.contains(name) || NoticeKind::of_event_type(name).is_some();
        (!catalogue.is_empty() && !is_known).then(|| {
            let detail = format!("there is no event type `{name}`; there are {}", catalogue.join(", "));
            FieldError::new(format!("/event_types/{index}"), detail)
        })
    };
    chosen.iter().enumerate().filter_map(mistake).collect()
}

/// What is wrong with an event type.
fn mistakes_of(input: &EventTypeInput) -> Vec<FieldError> {
    let mut mistakes = input.mistakes();
    mistakes.extend(description_mistake(input.description.as_deref()));
    let label = input.label.as_deref().unwrap_or_default();
    if label.contains('\0') || label.chars().count() > 155 {
        mistakes.push(FieldError::new("/label", "a label has at most 155 characters, and no NUL"));
    }
    if !mistakes.is_empty() {
        return mistakes;
    }
    let schema = match input.schema.as_ref().map(Schema::read).transpose() {
        Ok(schema) => schema,
        Err(mistakes) => return mistakes,
    };
    input.example.as_ref().map(|example| example_mistakes(schema.as_ref(), example)).unwrap_or_default()
}

/// As [`mistakes_of`], where it does not hold up other work.
async fn check(input: EventTypeInput) -> Result<EventTypeInput> {
    let checked = spawn_blocking(move || (mistakes_of(&input), input)).await;
    let (mistakes, input) =
        checked.map_err(|_| Error::Broken("the check of an event type did not come to its end".to_owned()))?;
    Problem::check(mistakes)?;
    Ok(input)
}

/// The event type by a patch. A schema or an example is a value of its own, `null` and all: it is replaced, not merged.
fn changed(current: &EventTypeInput, mut patch: Value) -> Result<EventTypeInput> {
    let mut whole = |field: &str| patch.as_object_mut().and_then(|fields| fields.remove(field));
    let (schema, example) = (whole("schema"), whole("example"));
    let mut input = patched(current, patch)?;
    if let Some(schema) = schema {
        input.schema = Some(schema).filter(|schema| !schema.is_null());
    }
    if let Some(example) = example {
        input.example = Some(example).filter(|example| !example.is_null());
    }
    Ok(input)
}

impl Engine {
    async fn find_event_type(&self, who: &Actor, id: EventTypeId) -> Result<EventType> {
        let found = store::find(self.db(), who.team, who.mode, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("event type", id))?)
    }

    async fn make_event_type(&self, who: &Actor, input: EventTypeInput) -> Result<EventType> {
        let input = check(input).await?;
        let now = self.now();
        let id = EventTypeId::new(self.ids().unique(now));
        let mut tx = self.db().begin().await?;
        if !store::insert(&mut tx, (who.team, who.mode), id, &input, now).await? {
            let by = store::find_by_name(&mut tx, who.team, who.mode, &input.name).await?;
            let detail = format!("the catalogue has the event type `{}` already", input.name);
            let problem = Problem::new(Code::ResourceAlreadyExists, detail);
            return Err(Problem { resource_id: by.map(|by| by.to_string()), ..problem }.into());
        }
        refuse_too_many(&mut tx, who.team, who.mode).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        self.find_event_type(who, id).await
    }

    async fn change_event_type(&self, who: &Actor, id: EventTypeId, patch: Value) -> Result<EventType> {
        let current = self.find_event_type(who, id).await?;
        let name = current.name.clone();
        let input = changed(&as_input(current), patch)?;
        if input.name != name {
            let detail = format!("an event type keeps its name, `{name}`; make another one");
            return Err(Problem::field("/name", detail).into());
        }
        let input = check(input).await?;
        let mut tx = self.db().begin().await?;
        if !store::update(&mut tx, (who.team, who.mode), id, &input, self.now()).await? {
            return Err(Problem::not_found("event type", id).into());
        }
        tx.commit().await?;
        self.settings_changed(who.team);
        self.find_event_type(who, id).await
    }

    async fn complete_catalogue(&self, who: &Actor) -> Result<Vec<EventType>> {
        let mut tx = self.db().begin().await?;
        insert_ready_made(&mut tx, self.ids(), who.team, who.mode, self.now()).await?;
        refuse_too_many(&mut tx, who.team, who.mode).await?;
        tx.commit().await?;
        self.settings_changed(who.team);
        store::all(self.db(), who.team, who.mode).await
    }
}

/// What a team would say to make it as it is.
fn as_input(event_type: EventType) -> EventTypeInput {
    EventTypeInput {
        name: event_type.name,
        label: Some(event_type.label),
        description: event_type.description,
        schema: event_type.schema,
        example: event_type.example,
        default_enabled: event_type.default_enabled,
        deprecated: event_type.deprecated_at.is_some(),
    }
}

#[async_trait]
impl EventTypes for Engine {
    async fn event_types(&self, who: &Actor) -> Answer<Vec<EventType>> {
        Ok(store::all(self.db(), who.team, who.mode).await?)
    }

    async fn event_type(&self, who: &Actor, id: EventTypeId) -> Answer<EventType> {
        Ok(self.find_event_type(who, id).await?)
    }

    async fn create_event_type(&self, who: &Actor, input: EventTypeInput) -> Answer<EventType> {
        Ok(self.make_event_type(who, input).await?)
    }

    async fn patch_event_type(&self, who: &Actor, id: EventTypeId, patch: Value) -> Answer<EventType> {
        Ok(self.change_event_type(who, id, patch).await?)
    }

    async fn delete_event_type(&self, who: &Actor, id: EventTypeId) -> Answer<()> {
        if !store::delete(self.db(), who.team, who.mode, id).await? {
            return Err(Problem::not_found("event type", id));
        }
        self.settings_changed(who.team);
        Ok(())
    }

    async fn add_ready_made_event_types(&self, who: &Actor) -> Answer<Vec<EventType>> {
        Ok(self.complete_catalogue(who).await?)
    }

    async fn import_event_types(&self, who: &Actor, import: EventTypeImport) -> Answer<Vec<ImportedEventType>> {
        Ok(self.import(who, import).await?)
    }

    async fn check_event(&self, who: &Actor, kind: &str, data: &Value) -> Answer<Vec<FieldError>> {
        let check = self.event_check(who.team, who.mode, kind).await?;
        Ok(check.mistakes(&data.to_string()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_from_the_catalogue_if_there_is_one() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let unknown_x = Some("/event_types/1: there is no event type `x`; there are a, b");
        for (case, chosen, catalogue, before, wrong) in [
            ("known ones", &["a", "b"][..], &["a", "b", "c"][..], &[][..], None),
            ("an unknown one", &["a", "x"], &["a", "b"], &[], unknown_x),
            ("one that was known", &["a", "x"], &["a", "b"], &["x"], None),
            ("no catalogue", &["x"], &[], &[], None),
            ("one of Hookyard's own", &["a", "hookyard.webhook.disabled"], &["a", "b"], &[], None),
        ] {
            let mistakes = unknown(&list(chosen), &list(catalogue), &list(before));
            let said = mistakes.first().map(|mistake| format!("{}: {}", mistake.pointer, mistake.detail));
            assert_eq!(said.as_deref(), wrong, "{case}");
        }
    }
}
