//! Which page is where.

use leptos::prelude::*;
use leptos_meta::{Stylesheet, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use crate::{
    account::{SetUpPage, SignInPage},
    alerts::AlertsPage,
    attempt::AttemptsPage,
    bulk::{BulkOperationsPage, BulkPage, NewBulkPage},
    catalogue::{CataloguePage, EditEventTypePage, EventTypePage, ImportPage, NewEventTypePage},
    connection::{ConnectionPage, ConnectionsPage, NewConnectionPage},
    destination::{DestinationPage, DestinationsPage, EditDestinationPage, NewDestinationPage},
    developer::DeveloperPage,
    event::{EventPage, EventsPage},
    gallery::GalleryPage,
    issue::{IssuePage, IssuesPage},
    layout::{ErrorPage, NotFoundPage, SignedIn},
    overview::OverviewPage,
    recovery::RecoveryPage,
    request::{ReplayPage, RequestsPage},
    settings::SettingsPage,
    source::{EditSourcePage, NewSourcePage, SourcePage, SourcesPage},
    trace::RequestPage,
    transformation::{NewTransformationPage, TransformationPage, TransformationsPage},
    verify::VerifyPage,
    webhook::{SigningPage, WebhookPage},
};

/// The dashboard. Every page is rendered whole on the server, so that it stands complete without scripts, with its
/// status and redirects, and nothing jumps.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let whole = SsrMode::Async;
    view! {
        <Stylesheet id="leptos" href="/pkg/hookyard.css"/>
        <Title formatter=|title: String| if title.is_empty() { "Hookyard".to_owned() } else { format!("{title} · Hookyard") }/>
        <ErrorBoundary fallback=|errors| view! { <ErrorPage errors/> }>
            <Router>
                <Routes fallback=NotFoundPage>
                    <Route path=path!("/setup") view=SetUpPage ssr=whole.clone()/>
                    <Route path=path!("/sign-in") view=SignInPage ssr=whole.clone()/>
                    <Route path=path!("/ui") view=GalleryPage ssr=whole.clone()/>
                    <ParentRoute path=path!("") view=SignedIn ssr=whole.clone()>
                        <Route path=path!("") view=|| view! { <Redirect path="/overview"/> } ssr=whole.clone()/>
                        <Route path=path!("/overview") view=OverviewPage ssr=whole.clone()/>
                        <Route path=path!("/alerts") view=AlertsPage ssr=whole.clone()/>
                        <Route path=path!("/issues") view=IssuesPage ssr=whole.clone()/>
                        <Route path=path!("/issues/:id") view=IssuePage ssr=whole.clone()/>
                        <Route path=path!("/developer") view=DeveloperPage ssr=whole.clone()/>
                        <Route path=path!("/event-types") view=CataloguePage ssr=whole.clone()/>
                        <Route path=path!("/event-types/new") view=NewEventTypePage ssr=whole.clone()/>
                        <Route path=path!("/event-types/import") view=ImportPage ssr=whole.clone()/>
                        <Route path=path!("/event-types/:id") view=EventTypePage ssr=whole.clone()/>
                        <Route path=path!("/event-types/:id/edit") view=EditEventTypePage ssr=whole.clone()/>
                        <Route path=path!("/webhooks/:id") view=WebhookPage ssr=whole.clone()/>
                        <Route path=path!("/webhooks/:id/signing") view=SigningPage ssr=whole.clone()/>
                        <Route path=path!("/requests") view=RequestsPage ssr=whole.clone()/>
                        <Route path=path!("/requests/:id") view=RequestPage ssr=whole.clone()/>
                        <Route path=path!("/requests/:id/replay") view=ReplayPage ssr=whole.clone()/>
                        <Route path=path!("/attempts") view=AttemptsPage ssr=whole.clone()/>
                        <Route path=path!("/events") view=EventsPage ssr=whole.clone()/>
                        <Route path=path!("/events/:id") view=EventPage ssr=whole.clone()/>
                        <Route path=path!("/bulk") view=BulkOperationsPage ssr=whole.clone()/>
                        <Route path=path!("/bulk/new") view=NewBulkPage ssr=whole.clone()/>
                        <Route path=path!("/bulk/:id") view=BulkPage ssr=whole.clone()/>
                        <Route path=path!("/verify") view=VerifyPage ssr=whole.clone()/>
                        <Route path=path!("/settings") view=SettingsPage ssr=whole.clone()/>
                        <Route path=path!("/sources") view=SourcesPage ssr=whole.clone()/>
                        <Route path=path!("/sources/new") view=NewSourcePage ssr=whole.clone()/>
                        <Route path=path!("/sources/:id") view=SourcePage ssr=whole.clone()/>
                        <Route path=path!("/sources/:id/edit") view=EditSourcePage ssr=whole.clone()/>
                        <Route path=path!("/destinations") view=DestinationsPage ssr=whole.clone()/>
                        <Route path=path!("/destinations/new") view=NewDestinationPage ssr=whole.clone()/>
                        <Route path=path!("/destinations/:id") view=DestinationPage ssr=whole.clone()/>
                        <Route path=path!("/destinations/:id/recovery") view=RecoveryPage ssr=whole.clone()/>
                        <Route path=path!("/destinations/:id/edit") view=EditDestinationPage ssr=whole.clone()/>
                        <Route path=path!("/transformations") view=TransformationsPage ssr=whole.clone()/>
                        <Route path=path!("/transformations/new") view=NewTransformationPage ssr=whole.clone()/>
                        <Route path=path!("/transformations/:id") view=TransformationPage ssr=whole.clone()/>
                        <Route path=path!("/connections/new") view=NewConnectionPage ssr=whole.clone()/>
                        <Route path=path!("/connections/:id") view=ConnectionPage ssr=whole.clone()/>
                        <Route path=path!("/connections") view=ConnectionsPage ssr=whole/>
                    </ParentRoute>
                </Routes>
            </Router>
        </ErrorBoundary>
    }
}
