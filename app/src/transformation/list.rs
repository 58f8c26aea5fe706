//! The transformations.

use hookyard_model::{Cursor, Transformation};
use leptos::prelude::*;

use super::server::transformations;
use crate::{
    live::watch,
    ui::{Empty, Icon, Pager, Place, Shape, Skeleton, Time, Trouble, Visible, query_value},
};

#[component]
pub(crate) fn TransformationsPage() -> impl IntoView {
    let changed = watch(|_| true);
    let cursor = query_value::<Cursor>("cursor");
    let page = Resource::new(move || (changed.get(), cursor.get()), |(_, cursor)| transformations(cursor));
    view! {
        <Place title="Transformations">
            <a class="button primary" href="/transformations/new"><Icon shape=Shape::Plus/>"Create Transformation"</a>
        </Place>
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || page.get().map(|page| match page {
                Ok(page) if page.models.is_empty() => view! {
                    <Empty shape=Shape::Bolt title="No transformations yet">
                        <p>"A transformation is a script that changes what is sent: it renames fields, adds headers, leaves out what is not to go on."</p>
                        <p><a href="/transformations/new">"Write one"</a></p>
                    </Empty>
                }
                .into_any(),
                Ok(page) => view! {
                    <table class="table" aria-label="Transformations">
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col" class="number">"Used by"</th>
                                <th scope="col" class="number">"Runs in 24 h"</th>
                                <th scope="col" class="number">"Failed"</th>
                                <th scope="col">"Changed"</th>
                            </tr>
                        </thead>
                        <tbody>{page.models.into_iter().map(row).collect_view()}</tbody>
                    </table>
                    <Pager pagination=page.pagination/>
                }
                .into_any(),
                Err(failure) => view! { <Trouble failure/> }.into_any(),
            })}
        </Transition>
    }
}

fn row(script: Transformation) -> impl IntoView {
    let failed = script.executions_24h_failed_count;
    let class = if failed > 0 { "http bad" } else { "nothing" };
    let used = match script.connections_count {
        0 => view! { <span class="nothing">"nothing"</span> }.into_any(),
        1 => "1 connection".into_any(),
        count => format!("{count} connections").into_any(),
    };
    view! {
        <tr class="linked" data-testid="transformation">
            <td class="grow"><a class="row-link" href=format!("/transformations/{}", script.id)><Visible text=script.name/></a></td>
            <td class="number" data-label="Used by">{used}</td>
            <td class="number" data-label="Runs in 24 h">{script.executions_24h_count}</td>
            <td class="number" data-label="Failed"><span class=class>{failed}</span></td>
            <td data-label="Changed"><Time at=script.updated_at/></td>
        </tr>
    }
}
