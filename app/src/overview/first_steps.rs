//! What there is before anything came in: the way to a first event, for those who send and for those who receive.

use leptos::prelude::*;

use crate::ui::{Icon, Shape};

#[component]
pub(super) fn FirstSteps() -> impl IntoView {
    view! {
        <section class="first-steps" data-testid="first-steps" aria-labelledby="first-steps">
            <header>
                <h2 id="first-steps">"Nothing has come in yet"</h2>
                <p>"This page shows what arrives, what is delivered, and what waits. There are two ways to begin."</p>
            </header>
            <article>
                <h3><Icon shape=Shape::Webhook/>"Send webhooks to your users"</h3>
                <ol>
                    <li><a href="/developer">"Add a webhook"</a>": a URL, and the event types that it gets."</li>
                    <li>"Send it a made-up event from its page, and see what its receiver makes of it."</li>
                    <li>"Make a key pair, and publish with "<code>"POST /v1/publish"</code>"."</li>
                </ol>
                <a class="button primary" href="/developer">"Add a webhook"</a>
            </article>
            <article>
                <h3><Icon shape=Shape::Source/>"Receive webhooks from others"</h3>
                <ol>
                    <li><a href="/sources/new">"Add a source"</a>": it has the URL to give to the provider."</li>
                    <li>"Connect it to "<a href="/destinations">"a destination"</a>", with the rules in between."</li>
                    <li>"Send something to the URL, and follow it through "<a href="/requests">"its trace"</a>"."</li>
                </ol>
                <a class="button primary" href="/sources/new">"Add a source"</a>
            </article>
        </section>
    }
}
