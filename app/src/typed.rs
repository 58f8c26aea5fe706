//! What was typed into a form that was refused, for the page that shows the form again without scripts.

use std::collections::HashMap;

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::{failure::Failure, ui::query_param};

/// What was typed, by its field's name.
pub(crate) type Typed = HashMap<String, String>;

#[server(prefix = "/api", endpoint = "typed", input = GetUrl)]
pub(crate) async fn read_typed() -> Result<Typed, Failure> {
    crate::server::actor().await?;
    let typed: Typed = crate::server::typed_before().into_iter().collect();
    // What was typed on another page is not this one's.
    let page = crate::server::page_path();
    let is_its = typed.get("page").is_some_and(|path| page.split('?').next() == Some(path.as_str()));
    Ok(if is_its { typed } else { Typed::default() })
}

/// What was typed before; asked for only where the URL says that a form was refused.
pub(crate) fn typed_before() -> Resource<Typed> {
    let is_refused = query_param("__err").get_untracked().is_some();
    Resource::new_blocking(
        || (),
        move |()| async move { if is_refused { read_typed().await.unwrap_or_default() } else { Typed::default() } },
    )
}

/// Puts what was typed into a form's signals, each of which has the name of its field.
pub(crate) fn refill(typed: &Typed, fields: &[(&str, RwSignal<String>)]) {
    for (name, field) in fields {
        if let Some(text) = typed.get(*name) {
            field.set(plain_lines(text));
        }
    }
}

/// A text as a script of the page would have it: a form's lines end in two characters.
pub(crate) fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}
