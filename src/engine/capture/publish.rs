//! Events that the team itself sends: published, or simulated for one webhook.

use async_trait::async_trait;
use bytes::Bytes;
use hookyard_model::{
    Actor, Code, FieldError, Problem, Published, SchemaCheck, is_operational,
    service::{Answer, Publishing},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Draft;
use crate::{
    Engine,
    error::{Error, Result},
    writer::NotCommitted,
};

/// A publication, read without copying its data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publication<'a> {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(borrow)]
    pub(super) data: &'a RawValue,
    #[serde(default)]
    id: Option<String>,
}

impl<'a> Publication<'a> {
    /// Reads a body, and says what is wrong with it.
    pub(super) fn read(body: &'a [u8]) -> std::result::Result<Self, Problem> {
        let publication: Self = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        let mut mistakes = hookyard_model::event_type_mistake(&publication.kind, "/type");
        if !publication.data.get().starts_with('{') {
            mistakes.push(FieldError::new("/data", "must be an object"));
        }
        if publication.id.as_deref().is_some_and(|id| !is_uuid(id)) {
            mistakes.push(FieldError::new("/id", "must be a UUID such as 7f1f5d1e-5b6a-4c1d-8a55-6f7f2b0f9a01"));
        }
        Problem::check(mistakes)?;
        Ok(publication)
    }
}

#[async_trait]
impl Publishing for Engine {
    async fn publish(&self, who: &Actor, body: Bytes) -> Answer<Published> {
        let publication = Publication::read(&body)?;
        if is_operational(&publication.kind) {
            return Err(Problem::field("/type", "types that start with hookyard. are Hookyard's own"));
        }
        let warnings = self.misfits(who, &publication.kind, publication.data).await?;
        let id = publication.id.unwrap_or_else(|| self.ids().uuid());
        let kind = publication.kind;
        let route = self.events_route(who.team, who.mode).await?;
        let draft = Draft::published(kind, id.clone(), body);
        let (request_id, event_ids) = self.take_in(&route, draft).await.map_err(unavailable)?;
        Ok(Published { id, request_id, event_ids, warnings })
    }
}

impl Engine {
    /// Where the data does not fit its type's schema, unless the team refuses such events or does not look.
    pub(super) async fn misfits(&self, who: &Actor, kind: &str, data: &RawValue) -> Result<Vec<FieldError>> {
        let check = self.event_check(who.team, who.mode, kind).await?;
        if !check.is_on() {
            return Ok(Vec::new());
        }
        let misfits = check.mistakes(data.get()).await?;
        if check.policy == SchemaCheck::Refuse {
            Problem::check(misfits)?;
            return Ok(Vec::new());
        }
        Ok(misfits)
    }
}

pub(crate) fn unavailable(_: NotCommitted) -> Problem {
    Problem::new(Code::Unavailable, "the event could not be stored just now; send it again in a moment")
}

fn unreadable(error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    let text = error.to_string();
    let detail = text.split(" at line ").next().unwrap_or_default().to_owned();
    match error.classify() {
        Category::Data => {
            let field = detail.split('`').nth(1).filter(|field| !field.contains(' ')).unwrap_or_default();
            let pointer = if field.is_empty() { String::new() } else { format!("/{field}") };
            Problem::field(pointer, detail)
        }
        Category::Io | Category::Syntax | Category::Eof => {
            Problem::new(Code::InvalidJson, format!("line {}, column {}: {detail}", error.line(), error.column()))
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

impl From<NotCommitted> for Error {
    fn from(error: NotCommitted) -> Self {
        Self::Problem(unavailable(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_says_what_is_wrong_with_it() {
        for (body, code, pointer) in [
            (r#"{"type":"a.b","data":{}"#, Code::InvalidJson, None),
            (r#"{"type":"a.b","data":{},"more":1}"#, Code::InvalidInput, Some("/more")),
            (r#"{"data":{}}"#, Code::InvalidInput, Some("/type")),
        ] {
            let error = serde_json::from_str::<Publication<'_>>(body).err().unwrap();
            let problem = unreadable(&error);
            assert_eq!((problem.code, problem.errors.first().map(|e| e.pointer.as_str())), (code, pointer), "{body}");
        }
    }
}
