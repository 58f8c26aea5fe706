//! What people were told about webhooks and issues.

use hookyard_model::{Notice, NoticeKind};
use leptos::prelude::*;

use super::server::notices;
use crate::{
    live::watch,
    ui::{Badge, Empty, Shape, Skeleton, Time, Tone, Trouble, Visible},
};

/// The newest notices, and whom each was mailed to.
#[component]
pub(super) fn Notices() -> impl IntoView {
    let changed = watch(|_| true);
    let page = Resource::new(move || changed.get(), |_| notices());
    view! {
        <section class="part" aria-labelledby="notices">
            <header><h2 id="notices">"Recent notices"</h2></header>
            <Transition fallback=|| view! { <Skeleton rows=3/> }>
                {move || page.get().map(|page| match page {
                    Ok(page) if page.models.is_empty() => view! {
                        <Empty shape=Shape::Info title="No notices yet">
                            <p>"When a destination fails or delivers again, and when a webhook is close to being disabled or is disabled, it is said here."</p>
                        </Empty>
                    }
                    .into_any(),
                    Ok(page) => view! { <Table notices=page.models/> }.into_any(),
                    Err(failure) => view! { <Trouble failure/> }.into_any(),
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Table(notices: Vec<Notice>) -> impl IntoView {
    view! {
        <table class="table" aria-labelledby="notices">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"What happened"</th>
                    <th scope="col">"Told to"</th>
                </tr>
            </thead>
            <tbody>{notices.into_iter().map(|notice| view! { <Row notice/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(notice: Notice) -> impl IntoView {
    let (tone, shape, word) = match notice.kind {
        NoticeKind::Warning => (Tone::Warning, Shape::Alert, "Warning"),
        NoticeKind::Disabled => (Tone::Bad, Shape::Cross, "Disabled"),
        NoticeKind::Recovered => (Tone::Good, Shape::Check, "Recovered"),
        NoticeKind::IssueOpened => (Tone::Bad, Shape::Alert, "Issue"),
        NoticeKind::IssueResolved => (Tone::Good, Shape::Check, "Resolved"),
    };
    let mailed = notice.mailed_to.join(", ");
    let (href, name) = if let Some(id) = notice.issue_id {
        (format!("/issues/{id}"), "Issue".to_owned())
    } else {
        let name = notice.url.clone().unwrap_or_else(|| "Built-in receiver".to_owned());
        (format!("/webhooks/{}", notice.destination_id), name)
    };
    let is_told = !mailed.is_empty() || notice.slack_at.is_some();
    view! {
        <tr data-testid="notice">
            <td><Time at=notice.created_at/></td>
            <td data-label="What"><Badge tone shape word/></td>
            <td data-label="What happened" class="grow">
                <a href=href><Visible text=name/></a>
                <span class="cause"><Visible text=notice.text/></span>
            </td>
            <td data-label="Told to">
                {(!is_told).then(|| view! { <span class="aside">"Nobody"</span> })}
                {(!mailed.is_empty()).then(|| view! {
                    <span class="few-lines" title=mailed.clone()><Visible text=mailed.clone()/></span>
                })}
                {notice.slack_at.map(|_| view! { <span class="cause">"Slack"</span> })}
                {notice.mail_error.map(|error| view! { <span class="mail-error">"Not mailed: "<Visible text=error/></span> })}
                {notice.slack_error.map(|error| view! { <span class="mail-error">"Slack: "<Visible text=error/></span> })}
            </td>
        </tr>
    }
}
