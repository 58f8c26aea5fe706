//! A stored request with some of it changed, before it is taken in again.

use hookyard_model::{
    Actor, Code, FieldError, HeaderChanges, Modifications, Parts, Problem, SourceType, is_operational, is_placeholder,
};

use super::{
    credentials::{is_credential, shown_query},
    event_type_in,
    publish::Publication,
};
use crate::{
    Engine,
    error::Result,
    request::{StoredRequest, payload::headers},
    routing::Route,
};

impl Engine {
    /// Changes a stored request as it is asked for, and notes where it then differs.
    pub(crate) async fn modify(
        &self,
        who: &Actor,
        route: &Route,
        stored: &mut StoredRequest,
        modifications: &Modifications,
    ) -> Result<()> {
        Problem::check(modifications.mistakes())?;
        Problem::check(credentials_set(route, modifications))?;
        Problem::check(not_of_published(stored, modifications))?;
        if let Some(body) = &modifications.body {
            self.check_size(body.size())?;
        }
        let mut parts = Parts {
            method: std::mem::take(&mut stored.method),
            path: std::mem::take(&mut stored.path),
            query: std::mem::take(&mut stored.query),
            headers: headers(&stored.headers)?.0,
            body: std::mem::take(&mut stored.body),
        };
        stored.modified = modifications.apply(&mut parts);
        if stored.modified.iter().any(|place| place == "/body") {
            if stored.enveloped {
                stored.event_type = Some(self.check_published(who, stored, &parts.body).await?);
            } else if !stored.simulated {
                stored.event_type = event_type_in(route, &parts.body);
            }
        }
        stored.method = parts.method;
        stored.path = parts.path;
        stored.query = shown_query(route, &parts.query).into_owned();
        stored.headers = serde_json::to_string(&parts.headers)?;
        stored.body = parts.body;
        Ok(())
    }

    /// As large as what arrives.
    fn check_size(&self, size: usize) -> Result<()> {
        let limit = self.0.config.body_limit;
        if size <= limit {
            return Ok(());
        }
        let detail = format!("the modified body has {size} bytes, and the source takes {limit} at most");
        let errors = vec![FieldError::new("/body", detail.clone())];
        Err(Problem { errors, ..Problem::new(Code::PayloadTooLarge, detail) }.into())
    }

    /// What was published is checked as it was then; returns its type.
    async fn check_published(&self, who: &Actor, stored: &StoredRequest, body: &[u8]) -> Result<String> {
        let within = |problem: Problem| {
            let place = |error: FieldError| FieldError::new(format!("/body{}", error.pointer), error.detail);
            if problem.errors.is_empty() {
                return Problem::field("/body", problem.detail);
            }
            Problem::invalid(problem.errors.into_iter().map(place).collect())
        };
        let publication = Publication::read(body).map_err(within)?;
        let is_new = stored.event_type.as_deref() != Some(&publication.kind);
        if is_new && is_operational(&publication.kind) {
            let detail = "types that start with hookyard. are Hookyard's own";
            return Err(Problem::field("/body/type", detail).into());
        }
        self.misfits(who, &publication.kind, publication.data).await.map_err(|error| within(error.into()))?;
        Ok(publication.kind)
    }
}

/// The credentials of a source are neither kept nor sent, so there is nothing to set.
fn credentials_set(route: &Route, modifications: &Modifications) -> Vec<FieldError> {
    let wrong = |name: &str, value: &String| !is_placeholder(value) && is_credential(route, &name.to_ascii_lowercase());
    let said = |pointer: String| {
        FieldError::new(
            pointer,
            "carries a credential, which is neither kept nor sent; leave it as it is or take it out",
        )
    };
    match &modifications.headers {
        None => Vec::new(),
        Some(HeaderChanges::All(pairs)) => pairs
            .iter()
            .enumerate()
            .filter(|(_, (name, value))| wrong(name, value))
            .map(|(index, _)| said(format!("/headers/{index}")))
            .collect(),
        Some(HeaderChanges::Some(changes)) => changes
            .iter()
            .filter(|(name, values)| values.iter().any(|value| wrong(name, value)))
            .map(|(name, _)| said(format!("/headers/{name}")))
            .collect(),
    }
}

/// Of what the API took in there is nothing but its body.
fn not_of_published(stored: &StoredRequest, modifications: &Modifications) -> Vec<FieldError> {
    let Modifications { method, path, query, headers, body: _ } = modifications;
    let given = [
        ("/method", method.as_ref().is_some_and(|method| !method.eq_ignore_ascii_case(&stored.method))),
        ("/path", path.as_ref().is_some_and(|path| *path != stored.path)),
        ("/query", query.as_ref().is_some_and(|query| *query != stored.query)),
        ("/headers", headers.is_some()),
    ];
    let is_published = stored.enveloped || stored.simulated;
    given
        .into_iter()
        .filter(|(_, is_given)| is_published && *is_given)
        .map(|(pointer, _)| FieldError::new(pointer, "this was published: nothing of it but its body is sent"))
        .collect()
}

/// Why a source takes nothing in again just now.
pub(crate) fn check_open(route: &Route) -> Result<()> {
    if !route.disabled {
        return Ok(());
    }
    let detail = match route.kind {
        SourceType::EVENTS => "publishing is disabled".to_owned(),
        _ => format!("its source {} is disabled; enable it to replay what it took in", route.id),
    };
    Err(Problem::new(Code::Conflict, detail).into())
}
