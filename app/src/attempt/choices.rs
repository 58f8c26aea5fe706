//! Sources, connections and destinations to filter by.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::{
    failure::Failure,
    ui::{SelectFilter, here},
};

/// Ids and names.
type Choice = Vec<(String, String)>;

/// What lists can be filtered by; the newest 255 of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Choices {
    pub(crate) sources: Choice,
    pub(crate) connections: Choice,
    pub(crate) destinations: Choice,
}

impl Choices {
    /// The name of what has this id; the id where none is known.
    pub(crate) fn name(&self, id: &str) -> String {
        let mut all = self.sources.iter().chain(&self.connections).chain(&self.destinations);
        all.find(|(known, _)| known == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    }
}

/// The names of all that lists can be filtered by. A list stands without them.
#[server(prefix = "/api", endpoint = "choices", input = GetUrl)]
pub(crate) async fn read_choices() -> Result<Choices, Failure> {
    use hookyard_model::PageQuery;

    use crate::server::{actor, hookyard};

    let (who, all) = (actor().await?, PageQuery { limit: Some(PageQuery::MAX_LIMIT), ..PageQuery::default() });
    let hookyard = hookyard();
    let sources = hookyard.sources(&who, &all).await.map_err(Failure::shown)?;
    let connections = hookyard.connections(&who, &all).await.map_err(Failure::shown)?;
    let destinations = hookyard.destinations(&who, &all).await.map_err(Failure::shown)?;
    Ok(Choices {
        sources: sources.models.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
        connections: connections.models.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
        destinations: destinations.models.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
    })
}

/// The names to choose from, asked for once a page.
pub(crate) fn choices() -> Resource<Choices> {
    Resource::new(|| (), |()| async { read_choices().await.unwrap_or_default() })
}

/// A choice of one of them. One that the URL names and nobody knows any more stands among them.
#[component]
pub(crate) fn ChoiceFilter(
    name: &'static str,
    label: &'static str,
    choices: Resource<Choices>,
    pick: fn(Choices) -> Choice,
) -> impl IntoView {
    let here = here();
    view! {
        <Transition>
            {move || {
                let mut options = choices.get().map(pick).unwrap_or_default();
                let is_known = |wanted: &String| options.iter().any(|(id, _)| id == wanted);
                options.extend(here.value(name).filter(|wanted| !is_known(wanted)).map(|wanted| (wanted.clone(), wanted)));
                view! { <SelectFilter name label any="All" options/> }
            }}
        </Transition>
    }
}
