//! The Delivery Logs: the attempts of one webhook, filtered by what the URL says.

use hookyard_model::{AttemptStatus, Cursor, DestinationId, Mode};
use leptos::prelude::*;

use crate::{
    account::Me,
    attempt::{AttemptList, webhook_attempts},
    live::watch,
    ui::{Empty, Filters, SelectFilter, Shape, query_value},
};

#[component]
pub(super) fn DeliveryLogs(id: DestinationId) -> impl IntoView {
    let is_test = expect_context::<Me>().mode == Mode::Test;
    let status = query_value::<AttemptStatus>("status");
    let cursor = query_value::<Cursor>("cursor");
    let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
    let page = Resource::new(
        move || (changed.get(), status.get(), cursor.get()),
        move |(_, status, cursor)| webhook_attempts(id, status, cursor),
    );
    let statuses = vec![
        (AttemptStatus::Successful.to_string(), "Successful".to_owned()),
        (AttemptStatus::Failed.to_string(), "Failed".to_owned()),
    ];
    let empty = move || {
        let (title, hint) = match (status.get().is_some(), is_test) {
            (true, _) => ("No attempt with this status", "Choose another status to see the others."),
            (false, true) => ("No deliveries yet", "Press Simulate Webhook to send one."),
            (false, false) => ("No deliveries yet", "They appear here as soon as events are published."),
        };
        view! { <Empty shape=Shape::Webhook title><p>{hint}</p></Empty> }
    };
    view! {
        <section aria-label="Attempts">
            <div class="toolbar">
                <Filters action=format!("/webhooks/{id}")>
                    <SelectFilter name="status" label="Status" any="All" options=statuses/>
                </Filters>
            </div>
            <AttemptList page empty/>
        </section>
    }
}
