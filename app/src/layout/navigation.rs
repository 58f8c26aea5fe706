//! The way to the lists.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};

use crate::ui::{Icon, Shape};

#[component]
pub(crate) fn Navigation() -> impl IntoView {
    let path = use_location().pathname;
    // A webhook's page belongs to the Developer tab although its path does not say so.
    let in_developer = move || path.with(|path| path.starts_with("/webhooks/")).then_some("true");
    let entry = |href: &'static str, shape: Shape, word: &'static str| {
        view! { <li><A href=href><Icon shape/>{word}</A></li> }
    };
    view! {
        <nav class="main" aria-label="Main">
            <ul>
                {entry("/overview", Shape::Chart, "Overview")}
                <li data-inside=in_developer><A href="/developer"><Icon shape=Shape::Webhook/>"Developer"</A></li>
                {entry("/event-types", Shape::Copy, "Event types")}
                {entry("/requests", Shape::Request, "Requests")}
                {entry("/events", Shape::Event, "Events")}
                {entry("/attempts", Shape::Turn, "Attempts")}
                <li><A href="/issues"><Icon shape=Shape::Cross/>"Issues"<crate::issue::IssueCount/></A></li>
                <li><A href="/alerts"><Icon shape=Shape::Alert/>"Alerts"<crate::alerts::AlertCount/></A></li>
                <li><A href="/bulk"><Icon shape=Shape::Turn/>"Bulk operations"<crate::bulk::BulkCount/></A></li>
            </ul>
            <p class="group" id="receive-group">"Receive"</p>
            <ul aria-labelledby="receive-group">
                {entry("/sources", Shape::Source, "Sources")}
                {entry("/connections", Shape::Connection, "Connections")}
                {entry("/destinations", Shape::Target, "Destinations")}
                {entry("/transformations", Shape::Bolt, "Transformations")}
            </ul>
            <ul class="last">{entry("/verify", Shape::Check, "Verify")}{entry("/settings", Shape::Sliders, "Settings")}</ul>
            <p class="foot"><a href="/docs" rel="external">"API reference"</a></p>
        </nav>
    }
}
