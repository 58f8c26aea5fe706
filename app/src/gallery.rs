//! Every part of `ui` in its states, on one page: to look at, and for tests to look at.

use hookyard_model::{
    AttemptStatus, Body, Code, ErrorCode, EventStatus, Headers, Problem, RequestStatus, Timestamp, Timings,
};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    attempt::TimingBar,
    bulk::BulkParts,
    failure::Failure,
    ui::{
        BodyViewer, CheckField, CopyText, Dialog, Empty, EnabledBadge, FailureNotice, HeaderTable, HttpStatus, Icon,
        JsonEditor, Notice, SelectField, Shape, Skeleton, TextField, Time, Tone, Trouble, attempt_badge, event_badge,
        request_badge,
    },
};

#[component]
pub(crate) fn GalleryPage() -> impl IntoView {
    view! {
        <Title text="Parts"/>
        <main class="gallery" id="main">
            <h1>"Parts"</h1>
            <Words/>
            <Forms/>
            <Bodies/>
            <BulkParts/>
            <Places/>
        </main>
    }
}

#[component]
fn Words() -> impl IntoView {
    let failure = RwSignal::new(Some(failure(Code::Conflict, "the event is done already, so it cannot be cancelled")));
    view! {
        <section>
            <h2>"Statuses"</h2>
            <p class="row">{EventStatus::ALL.iter().map(|status| event_badge(*status)).collect_view()}</p>
            <p class="row">
                {AttemptStatus::ALL.iter().map(|status| attempt_badge(*status)).collect_view()}
                {RequestStatus::ALL.iter().map(|status| request_badge(*status)).collect_view()}
                <EnabledBadge is_enabled=true/>
                <EnabledBadge is_enabled=false/>
            </p>
            <p class="row">
                <HttpStatus status=Some(200)/>
                <HttpStatus status=Some(503)/>
                {ErrorCode::ALL.iter().map(|error| view! { <HttpStatus status=None error=Some(*error)/> }).collect_view()}
                <HttpStatus status=None/>
                <span class="tag">"simulated"</span>
                <Time at=Timestamp::from_millis(1_769_847_300_123)/>
            </p>
            <p class="row">{Shape::ALL.iter().map(|shape| view! { <Icon shape=*shape/> }).collect_view()}</p>
            <Notice tone=Tone::Off shape=Shape::Info><p>"Something to know."</p></Notice>
            <Notice tone=Tone::Good shape=Shape::Check><p>"Something went well."</p></Notice>
            <Notice tone=Tone::Warning shape=Shape::Clock><p>"Something to watch."</p></Notice>
            <FailureNotice failure/>
        </section>
    }
}

#[component]
fn Forms() -> impl IntoView {
    let choice = RwSignal::new("b".to_owned());
    let json = RwSignal::new("{\n  \"count\": 3,\n  \"ok\": true,\n  \"list\": [null, \"text\",]\n}".to_owned());
    let open = RwSignal::new(false);
    let options = vec![("a".to_owned(), "The first".to_owned()), ("b".to_owned(), "The second".to_owned())];
    let mistake = Some("`ftp` is not http or https".to_owned());
    view! {
        <section>
            <h2>"Buttons and fields"</h2>
            <p class="row">
                <button type="button" class="button primary"><Icon shape=Shape::Bolt/>"Primary"</button>
                <button type="button" class="button">"Plain"</button>
                <button type="button" class="button danger">"Danger"</button>
                <button type="button" class="button quiet">"Quiet"</button>
                <button type="button" class="button small">"Small"</button>
                <button type="button" class="button primary" disabled>"Disabled"</button>
                <button type="button" class="button" on:click=move |_| open.set(true)>"Open a dialog"</button>
            </p>
            <TextField name="plain" label="A field" hint="With a hint." placeholder="and a placeholder"/>
            <TextField name="mistaken" label="A mistake" value="ftp://example.com" mistake=Signal::stored(mistake)/>
            <TextField name="off" label="Disabled" value="cannot be changed" disabled=true/>
            <SelectField name="choice" label="A choice" options bound=choice/>
            <CheckField name="checked" label="A yes or no" checked=true/>
            <JsonEditor name="json" label="JSON" value=json/>
            <Dialog open title="A dialog">
                <p>"It keeps the keyboard within, and Escape closes it."</p>
                <footer><button type="button" class="button primary" on:click=move |_| open.set(false)>"Good"</button></footer>
            </Dialog>
        </section>
    }
}

#[component]
fn Bodies() -> impl IntoView {
    let json = Body::from_bytes(br#"{"id":"7f1f5d1e","n":12345678901234567890,"list":[1,null,true],"empty":{}}"#);
    let text = Body::from_bytes("<script>alert(1)</script>\u{7} invoice\u{202e}fdp.exe".as_bytes());
    let headers = Headers(vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("webhook-signature".to_owned(), "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=".to_owned()),
    ]);
    let timings = Timings {
        queue_ms: Some(1.2),
        dns_ms: Some(4.0),
        connect_ms: Some(12.5),
        tls_ms: Some(30.0),
        first_byte_ms: Some(87.0),
        body_ms: Some(0.3),
        total_ms: 133.8,
    };
    view! {
        <section>
            <h2>"Bodies"</h2>
            <HeaderTable headers what="Headers"/>
            <BodyViewer body=json what="JSON body"/>
            <BodyViewer body=text what="text body" truncated=true/>
            <BodyViewer body=Body::from_bytes(&[0xff, 0xfe, 0x00]) what="binary body"/>
            <BodyViewer body=Body::from_bytes(b"") what="empty body"/>
            <TimingBar timings/>
            <CopyText text="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" what="secret"/>
        </section>
    }
}

#[component]
fn Places() -> impl IntoView {
    view! {
        <section>
            <h2>"Nothing, not yet, and not at all"</h2>
            <Empty shape=Shape::Webhook title="Nothing here yet"><p>"And what to do about it."</p></Empty>
            <Skeleton rows=3/>
            <Trouble failure=failure(Code::Unavailable, "the database does not answer; try again in a moment")/>
        </section>
    }
}

fn failure(code: Code, detail: &str) -> Failure {
    // Made without `From`: a shown failure is not this page's own, and must not become its status.
    Failure::shown(Problem::new(code, detail))
}
