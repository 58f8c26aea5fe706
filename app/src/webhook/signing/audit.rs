//! Who revealed or changed what signs, and when.

use hookyard_model::{AuditEntry, Cursor, DestinationId};
use leptos::prelude::*;

use crate::{
    settings::{audit_log, audit_words},
    ui::{Empty, Pager, Shape, Skeleton, Time, Trouble, Visible, query_value},
};

/// The audit log's entries about one webhook; asked for again when `changed` does.
#[component]
pub(super) fn WebhookAudit(id: DestinationId, changed: Signal<u32>) -> impl IntoView {
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(
        move || (changed.get(), cursor.get()),
        move |(_, cursor)| audit_log(None, Some(id.to_string()), cursor),
    );
    view! {
        <section class="part" aria-labelledby="webhook-audit">
            <header><h2 id="webhook-audit">"Who did what"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=3/> }>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Key title="Nobody has revealed the secret yet">
                            <p>"Whoever reveals or rotates it, here or by the API, is written down."</p>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) => view! { <Entries entries=page.models/> <Pager pagination=page.pagination/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Entries(entries: Vec<AuditEntry>) -> impl IntoView {
    let row = |entry: AuditEntry| {
        view! {
            <tr data-testid="audit-entry">
                <td><Time at=entry.created_at/></td>
                <td data-label="What was done" class="grow">
                    {audit_words(entry.action)}
                    {entry.detail.map(|detail| view! { <span class="cause"><Visible text=detail/></span> })}
                </td>
                <td data-label="By whom"><Visible text=entry.actor_name.unwrap_or(entry.actor)/></td>
            </tr>
        }
    };
    view! {
        <table class="table" aria-labelledby="webhook-audit">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"What was done"</th>
                    <th scope="col">"By whom"</th>
                </tr>
            </thead>
            <tbody>{entries.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
