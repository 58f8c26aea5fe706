//! The catalogue of event types, one a team and mode.

mod ready_made;
mod store;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Code, EventType, EventTypeId, EventTypeImport, EventTypeInput, FieldError, ImportedEventType, Mode, Problem,
    TeamId, Timestamp,
    service::{Answer, EventTypes},
};

use crate::{
    Engine,
    clock::Ids,
    db::{Db, Tx},
    error::Result,
    merge::patched,
    source::description_mistake,
};

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

/// What is wrong with a choice from the catalogue. What was chosen `before` may stay although it is there no more, and
/// a team that keeps no catalogue may choose what it likes.
pub(crate) fn unknown(chosen: &[String], catalogue: &[String], before: &[String]) -> Vec<FieldError> {
    let mistake = |(index, name): (usize, &String)| {
        (!catalogue.is_empty() && !catalogue.contains(name) && !before.contains(name)).then(|| {
            let detail = format!("there is no event type `{name}`; there are {}", catalogue.join(", "));
            FieldError::new(format!("/event_types/{index}"), detail)
        })
    };
    chosen.iter().enumerate().filter_map(mistake).collect()
}

fn check(input: &EventTypeInput) -> Result<()> {
    let mut mistakes = input.mistakes();
    mistakes.extend(description_mistake(input.description.as_deref()));
    let label = input.label.as_deref().unwrap_or_default();
    if label.contains('\0') || label.chars().count() > 155 {
        mistakes.push(FieldError::new("/label", "a label has at most 155 characters, and no NUL"));
    }
    Ok(Problem::check(mistakes)?)
}

impl Engine {
    async fn find_event_type(&self, who: &Actor, id: EventTypeId) -> Result<EventType> {
        let found = store::find(self.db(), who.team, who.mode, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("event type", id))?)
    }

    async fn make_event_type(&self, who: &Actor, input: EventTypeInput) -> Result<EventType> {
        check(&input)?;
        let now = self.now();
        let id = EventTypeId::new(self.ids().unique(now));
        let mut tx = self.db().begin().await?;
        if !store::insert(&mut tx, (who.team, who.mode), id, &input, now).await? {
            let by = store::find_by_name(&mut tx, who.team, who.mode, &input.name).await?;
            let detail = format!("the catalogue has the event type `{}` already", input.name);
            let problem = Problem::new(Code::ResourceAlreadyExists, detail);
            return Err(Problem { resource_id: by.map(|by| by.to_string()), ..problem }.into());
        }
        tx.commit().await?;
        self.tell(who.team, who.mode, None);
        self.find_event_type(who, id).await
    }

    async fn change_event_type(&self, who: &Actor, id: EventTypeId, patch: serde_json::Value) -> Result<EventType> {
        let current = self.find_event_type(who, id).await?;
        let name = current.name.clone();
        let input: EventTypeInput = patched(&as_input(current), patch)?;
        if input.name != name {
            let detail = format!("an event type keeps its name, `{name}`; make another one");
            return Err(Problem::field("/name", detail).into());
        }
        check(&input)?;
        if !store::update(self.db(), (who.team, who.mode), id, &input, self.now()).await? {
            return Err(Problem::not_found("event type", id).into());
        }
        self.tell(who.team, who.mode, None);
        self.find_event_type(who, id).await
    }

    async fn complete_catalogue(&self, who: &Actor) -> Result<Vec<EventType>> {
        let mut tx = self.db().begin().await?;
        insert_ready_made(&mut tx, self.ids(), who.team, who.mode, self.now()).await?;
        tx.commit().await?;
        self.tell(who.team, who.mode, None);
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

    async fn patch_event_type(&self, who: &Actor, id: EventTypeId, patch: serde_json::Value) -> Answer<EventType> {
        Ok(self.change_event_type(who, id, patch).await?)
    }

    async fn delete_event_type(&self, who: &Actor, id: EventTypeId) -> Answer<()> {
        if !store::delete(self.db(), who.team, who.mode, id).await? {
            return Err(Problem::not_found("event type", id));
        }
        self.tell(who.team, who.mode, None);
        Ok(())
    }

    async fn add_ready_made_event_types(&self, who: &Actor) -> Answer<Vec<EventType>> {
        Ok(self.complete_catalogue(who).await?)
    }

    async fn import_event_types(&self, _who: &Actor, _import: EventTypeImport) -> Answer<Vec<ImportedEventType>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
    }

    async fn check_event(&self, _who: &Actor, _kind: &str, _data: &serde_json::Value) -> Answer<Vec<FieldError>> {
        Err(Problem::new(Code::Unavailable, "not there yet"))
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
        ] {
            let mistakes = unknown(&list(chosen), &list(catalogue), &list(before));
            let said = mistakes.first().map(|mistake| format!("{}: {}", mistake.pointer, mistake.detail));
            assert_eq!(said.as_deref(), wrong, "{case}");
        }
    }
}
