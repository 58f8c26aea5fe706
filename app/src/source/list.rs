//! The sources, and their URLs.

use hookyard_model::{Cursor, PRESETS, Source, SourceCard, SourceType, Status};
use leptos::prelude::*;

use super::{
    mark::{TypeMark, type_label},
    picker::Picker,
    server::{SourceList, find_sources},
};
use crate::{
    live::watch,
    ui::{
        CopyButton, Empty, EnabledBadge, Filters, Icon, Pager, Place, SearchFilter, SelectFilter, Shape, Skeleton,
        Trouble, Visible, query_param, query_value,
    },
};

#[component]
pub(crate) fn SourcesPage() -> impl IntoView {
    let changed = watch(|change| change.destination.is_none());
    let (status, kind) = (query_value::<Status>("status"), query_value::<SourceType>("type"));
    let (q, cursor) = (query_param("q"), query_value::<Cursor>("cursor"));
    let found = Resource::new(
        move || (changed.get(), q.get(), status.get(), kind.get(), cursor.get()),
        |(_, q, status, kind, cursor)| find_sources(q, status, kind, cursor),
    );
    let is_filtered = move || q.get().is_some() || status.get().is_some() || kind.get().is_some();
    let statuses = vec![("enabled".to_owned(), "Enabled".to_owned()), ("disabled".to_owned(), "Disabled".to_owned())];
    view! {
        <Place title="Sources">
            <a class="button primary" href="/sources/new"><Icon shape=Shape::Plus/>"Create Source"</a>
        </Place>
        <div class="toolbar">
            <Filters action="/sources">
                <SearchFilter placeholder="Name, description or id"/>
                <SelectFilter name="status" label="Status" any="All" options=statuses/>
                <SelectFilter name="type" label="Type" any="All" options=types()/>
            </Filters>
        </div>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || found.get().map(|found| match found {
                Ok(found) if found.page.models.is_empty() && is_filtered() => view! {
                    <Empty shape=Shape::Question title="No source fits">
                        <a class="button" href="/sources">"Show all sources"</a>
                    </Empty>
                }
                .into_any(),
                Ok(found) => {
                    let is_first = !is_filtered() && cursor.get().is_none();
                    let none_yet = is_first && found.page.models.iter().all(|source| source.kind == SourceType::EVENTS);
                    view! { <Table found/> {none_yet.then(|| view! { <FirstSource/> })} }.into_any()
                }
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

/// The types to filter by.
fn types() -> Vec<(String, String)> {
    let mut types: Vec<_> = PRESETS.iter().map(|preset| (preset.kind.to_owned(), preset.label.to_owned())).collect();
    types.sort_by_key(|(_, label)| label.to_lowercase());
    types.insert(0, (SourceType::WEBHOOK.to_string(), type_label(SourceType::WEBHOOK).to_owned()));
    types
}

/// What to do first.
#[component]
fn FirstSource() -> impl IntoView {
    view! {
        <section class="first-source" aria-labelledby="first-source">
            <h2 id="first-source">"Choose your provider"</h2>
            <p class="aside">
                "A source has a URL that a provider sends to. What arrives is checked, kept, and sent on along the source's connections."
            </p>
            <Picker action="/sources/new"/>
        </section>
    }
}

#[component]
fn Table(found: SourceList) -> impl IntoView {
    let SourceList { page, cards } = found;
    let row = move |source: Source| {
        let card = cards.iter().find(|card| card.id == source.id).cloned();
        view! { <Row source card/> }
    };
    view! {
        <table class="table sources" aria-label="Sources">
            <thead>
                <tr>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Type"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col" class="number">"Last 24 hours"</th>
                    <th scope="col">"URL"</th>
                </tr>
            </thead>
            <tbody data-testid="sources">{page.models.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager pagination=page.pagination/>
    }
}

#[component]
fn Row(source: Source, card: Option<SourceCard>) -> impl IntoView {
    let kind = source.kind;
    let old_urls = source.urls.iter().filter(|url| url.expires_at.is_some()).count();
    let (all, rejected) =
        card.map(|card| (card.requests_24h_count, card.requests_24h_rejected_count)).unwrap_or_default();
    view! {
        <tr class="linked" data-testid="source">
            <td class="grow">
                <a class="row-link" href=format!("/sources/{}", source.id)><Visible text=source.name/></a>
                {source.description.map(|text| view! { <span class="cause few-lines"><Visible text/></span> })}
            </td>
            <td data-label="Type"><span class="typed"><TypeMark kind/>{type_label(kind)}</span></td>
            <td data-label="Status"><EnabledBadge is_enabled=source.status == Status::Enabled/></td>
            <td data-label="Last 24 hours" class="number">
                {all}
                {(rejected > 0).then(|| view! { <span class="cause bad">{rejected}" rejected"</span> })}
            </td>
            <td data-label="URL" class="url-cell">
                {match source.url {
                    Some(url) => view! {
                        <span class="url-copy"><code class="cut">{url.clone()}</code><CopyButton text=url what="URL"/></span>
                        {(old_urls > 0).then(|| view! { <span class="cause">"and "{old_urls}" before it"</span> })}
                    }
                    .into_any(),
                    None => view! { <span class="nothing">"What you publish enters here"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}
