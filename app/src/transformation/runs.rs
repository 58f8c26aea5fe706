//! What a transformation's runs came to.

use hookyard_model::{Cursor, RunStatus, TransformationId, TransformationRun, TransformationRunId};
use leptos::prelude::*;

use super::{
    server::{read_run, read_runs},
    test::{Envelope, Wrong},
};
use crate::{
    live::watch,
    rule::{Changes, Console},
    ui::{Badge, Empty, Pager, Shape, Skeleton, Time, Tone, Trouble, here, milliseconds, query_param, query_value},
};

#[component]
pub(super) fn Runs(id: TransformationId) -> impl IntoView {
    let here = here();
    let changed = watch(|_| true);
    let cursor = query_value::<Cursor>("cursor");
    let opened = query_value::<TransformationRunId>("run");
    let failed = query_param("status");
    let is_failed = Memo::new(move |_| failed.with(|status| status.as_deref() == Some("FAILED")));
    let page = Resource::new(
        move || (changed.get(), is_failed.get(), cursor.get()),
        move |(_, failed, cursor)| read_runs(id, failed, cursor),
    );
    let run = Resource::new(
        move || opened.get(),
        async |run| match run {
            Some(run) => Some(read_run(run).await),
            None => None,
        },
    );
    let link = move |word: &'static str, status: Option<&'static str>| {
        let is_it = move || is_failed.get() == status.is_some();
        view! { <a data-noscroll="" href=move || here.with(&[("status", status), ("cursor", None), ("run", None)]) aria-current=move || is_it().then_some("true")>{word}</a> }
    };
    view! {
        <section class="part" aria-labelledby="runs" data-testid="runs">
            <header>
                <h2 id="runs">"Runs"</h2>
                <nav class="switch" aria-label="Runs shown">{link("All", None)}{link("Failed", Some("FAILED"))}</nav>
            </header>
            <Transition>
                {move || run.get().flatten().map(|run| match run {
                    Ok(run) => view! { <Opened run close=here.with(&[("run", None)])/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
            <Transition fallback=|| view! { <Skeleton rows=4/> }>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Clock title=if is_failed.get() { "No run has failed" } else { "It has not run yet" }/>
                    }
                    .into_any(),
                    Ok(page) => view! {
                        <ul class="runs">{page.models.into_iter().map(|run| {
                            let href = here.with(&[("run", Some(&run.id.to_string()))]);
                            view! { <Line run href/> }
                        }).collect_view()}</ul>
                        <Pager pagination=page.pagination/>
                    }
                    .into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

fn badge(status: RunStatus) -> AnyView {
    let (tone, shape, word) = match status {
        RunStatus::Successful => (Tone::Good, Shape::Check, "Ran"),
        RunStatus::Failed => (Tone::Bad, Shape::Cross, "Failed"),
    };
    view! { <Badge tone shape word/> }.into_any()
}

#[component]
fn Line(run: TransformationRun, href: String) -> impl IntoView {
    let lines = run.console_lines;
    view! {
        <li data-testid="run" data-status=run.status.as_str()>
            {badge(run.status)}
            <a href=href data-noscroll=""><Time at=run.created_at/></a>
            <span class="aside">{milliseconds(run.duration_ms)}{(lines > 0).then(|| format!(" · {lines} console lines"))}</span>
            {run.error.map(|error| view! { <Wrong error/> })}
            <a class="to-event" href=format!("/events/{}", run.event_id)>"Event"</a>
        </li>
    }
}

/// One run: before, after, and what it wrote.
#[component]
fn Opened(run: TransformationRun, close: String) -> impl IntoView {
    let changes = match (&run.before, &run.after) {
        (Some(before), Some(after)) => Some(hookyard_model::differences(before, after)),
        _ => None,
    };
    let missing = run.before.is_none();
    view! {
        <article class="run-open" aria-label="Run" data-testid="run-open">
            <header>
                <p class="row">{badge(run.status)}<Time at=run.created_at/><span class="aside">{milliseconds(run.duration_ms)}</span>
                    <a href=format!("/events/{}", run.event_id)>"Its event"</a><a href=format!("/requests/{}", run.request_id)>"Its request"</a></p>
                <a class="button small" href=close data-noscroll="">"Close"</a>
            </header>
            {run.error.map(|error| view! { <Wrong error/> })}
            {changes.map(|changes| view! { <h3>"What it changed"</h3><Changes changes/> })}
            <h3>"Console"</h3>
            <Console lines=run.console truncated=run.console_truncated/>
            <div class="before-after">
                {run.before.map(|payload| view! { <div><h3>"Before"</h3><Envelope payload what="before"/></div> })}
                {run.after.map(|payload| view! { <div><h3>"After"</h3><Envelope payload what="after"/></div> })}
            </div>
            {missing.then(|| view! { <p class="nothing">"The payloads are no longer kept."</p> })}
        </article>
    }
}
