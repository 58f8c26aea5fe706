//! The sources, and their URLs.

use hookyard_model::{Cursor, Source, SourceId, SourceType, Status};
use leptos::prelude::*;

use super::{
    form::SourceForm,
    server::{DeleteSource, SetSourceStatus, sources},
};
use crate::{
    live::watch,
    ui::{
        Confirm, CopyButton, CopyText, Dialog, Empty, EnabledBadge, FailureNotice, Icon, Pager, Place, Shape, Skeleton,
        Trouble, Visible, query_value,
    },
};

#[component]
pub(crate) fn SourcesPage() -> impl IntoView {
    let set_status = ServerAction::<SetSourceStatus>::new();
    let delete = ServerAction::<DeleteSource>::new();
    let made = RwSignal::new(0_u32);
    let changed = watch(|change| change.destination.is_none());
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(
        move || (changed.get(), made.get(), set_status.version().get(), delete.version().get(), cursor.get()),
        |(.., cursor)| sources(cursor),
    );
    let is_creating = RwSignal::new(false);
    let doomed = RwSignal::new(None::<SourceId>);
    let is_deleting = RwSignal::new(false);
    Effect::new(move |_| is_deleting.set(doomed.with(Option::is_some)));
    let failure =
        move || set_status.value().get().and_then(Result::err).or_else(|| delete.value().get().and_then(Result::err));
    let do_delete = move |()| {
        if let Some(id) = doomed.get_untracked() {
            delete.dispatch(DeleteSource { id });
        }
    };
    view! {
        <Place title="Sources">
            <button type="button" class="button primary" on:click=move |_| is_creating.set(true)>
                <Icon shape=Shape::Plus/>"Create Source"
            </button>
        </Place>
        <FailureNotice failure=Signal::derive(failure)/>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || page.get().map(|page| match page {
                Ok(page) if page.models.is_empty() => view! {
                    <Empty shape=Shape::Source title="No sources yet">
                        <p>"A source has a URL that providers send to."</p>
                    </Empty>
                }
                .into_any(),
                Ok(page) => view! {
                    <ul class="things" data-testid="sources">
                        {page.models.into_iter().map(|source| view! { <Row source set_status doomed/> }).collect_view()}
                    </ul>
                    <Pager pagination=page.pagination/>
                }
                .into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
        <Dialog open=is_creating title="New source">
            <SourceForm done=move |()| {
                is_creating.set(false);
                made.update(|count| *count += 1);
            }/>
        </Dialog>
        <Confirm
            open=is_deleting
            title="Delete this source?"
            text="Its URL stops working. What it took in stays until its time."
            verb="Delete"
            on_yes=Callback::new(do_delete)
        />
    }
}

#[component]
fn Row(source: Source, set_status: ServerAction<SetSourceStatus>, doomed: RwSignal<Option<SourceId>>) -> impl IntoView {
    let id = source.id;
    let is_enabled = source.status == Status::Enabled;
    let is_built_in = source.kind == SourceType::EVENTS;
    let (verb, other) = if is_enabled { ("Disable", Status::Disabled) } else { ("Enable", Status::Enabled) };
    let auth = match &source.config.auth {
        None => "Anybody who knows the URL may send",
        Some(hookyard_model::SourceAuth::BasicAuth { .. }) => "Asks for user name and password",
        Some(hookyard_model::SourceAuth::ApiKey { .. }) => "Asks for a key in a header",
        Some(hookyard_model::SourceAuth::Hmac { .. }) => "Asks for an HMAC signature",
        Some(hookyard_model::SourceAuth::ProviderSignature(_)) => "Asks for the provider's signature",
    };
    let name = source.name.clone();
    view! {
        <li class="thing" data-testid="source">
            <div class="head">
                <h2><Visible text=source.name.clone()/></h2>
                <EnabledBadge is_enabled/>
                <span class="aside">{if is_built_in { "Built in: published events enter here" } else { auth }}</span>
                {(!is_built_in).then(|| view! {
                    <span class="buttons">
                        <button type="button" class="button small" aria-label=format!("{verb} {name}")
                            on:click=move |_| drop(set_status.dispatch(SetSourceStatus { id, status: other }))
                        >{verb}</button>
                        <button type="button" class="button small" aria-label=format!("Delete {name}")
                            on:click=move |_| doomed.set(Some(id))
                        >"Delete"</button>
                    </span>
                })}
            </div>
            {source.url.clone().map(|url| {
                let curl = format!("curl -X POST {url} -H 'content-type: application/json' -d '{{\"hello\":\"world\"}}'");
                view! {
                    <p class="url-line"><CopyText text=url what="URL"/></p>
                    <div class="command"><pre class="code" tabindex="0" role="group" aria-label="Try it">{curl.clone()}</pre><CopyButton text=curl what="command"/></div>
                }
            })}
        </li>
    }
}
