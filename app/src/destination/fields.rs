//! The parts of a destination's form.

use hookyard_model::{Destination, RatePeriod};
use leptos::prelude::*;

use super::{
    auth_draft::AuthDraft,
    draft::{Draft, HEADERS},
    headers::HeaderFields,
};
use crate::{
    failure::Failure,
    source::SecretField,
    ui::{CheckField, SelectField, TextField},
};

/// What became of the form.
pub(super) type Answer = Signal<Option<Result<Destination, Failure>>>;

/// What the answer says about the field at `pointer`.
pub(super) fn about(answer: Answer, pointer: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || answer.get()?.err()?.about(pointer).map(str::to_owned))
}

pub(super) fn options(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(value, text)| ((*value).to_owned(), (*text).to_owned())).collect()
}

#[component]
pub(super) fn HttpFields(draft: Draft, answer: Answer) -> impl IntoView {
    let methods = ["POST", "PUT", "PATCH", "DELETE"].map(|method| (method, method));
    view! {
        <section class="part" aria-labelledby="form-request">
            <h2 id="form-request">"The request"</h2>
            <TextField
                name="url" label="URL" kind="url" bound=draft.url placeholder="https://example.com/hooks"
                mistake=about(answer, "/config/url")
            />
            <div class="field-pair">
                <SelectField
                    name="http_method" label="Method" options=options(&methods) bound=draft.method
                    mistake=about(answer, "/config/http_method")
                />
                <TextField
                    name="timeout_ms" label="Timeout in milliseconds" bound=draft.timeout_ms
                    hint="1000 to 60000, for all of an attempt." mistake=about(answer, "/config/timeout_ms")
                />
            </div>
            <CheckField
                name="forwards_path" bound=draft.forwards_path
                label="Add the path and the query that followed the source's URL"
            />
            <HeaderFields rows=draft.headers answer pointer="/config/headers" name=HEADERS label="Headers of your own"/>
            <p class="aside">
                "The request's headers go on to the destination, but for what is about its connection to Hookyard or proves "
                "who may send here. Headers of your own replace them."
            </p>
        </section>
    }
}

#[component]
pub(super) fn AuthFields(draft: Draft, answer: Answer) -> impl IntoView {
    let auth = draft.auth;
    let ways = [
        ("", "Nothing more"),
        ("BEARER", "A bearer token"),
        ("BASIC_AUTH", "A user name and a password"),
        ("API_KEY", "An API key in a header"),
        ("CUSTOM_HEADER", "A header of your own"),
        ("OAUTH2_CLIENT_CREDENTIALS", "An OAuth 2 access token (client credentials)"),
    ];
    view! {
        <section class="part" aria-labelledby="form-auth">
            <h2 id="form-auth">"Authentication"</h2>
            <p class="aside">"Each delivery is signed by Standard Webhooks. What is chosen here is sent beside the signature."</p>
            <SelectField
                name="auth_type" label="Also send" options=options(&ways) bound=auth.way
                mistake=about(answer, "/config/auth")
            />
            {move || match auth.way.get().as_str() {
                "CUSTOM_HEADER" | "API_KEY" => view! { <KeyFields auth answer/> }.into_any(),
                "BEARER" => view! {
                    <SecretField name="token" label="Token" bound=auth.token mistake=about(answer, "/config/auth/token")/>
                }
                .into_any(),
                "BASIC_AUTH" => view! { <BasicFields auth answer/> }.into_any(),
                "OAUTH2_CLIENT_CREDENTIALS" => view! { <TokenFields auth answer/> }.into_any(),
                _ => ().into_any(),
            }}
        </section>
    }
}

#[component]
fn KeyFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    view! {
        <div class="field-pair">
            <TextField name="header_name" label="Header" bound=auth.header mistake=about(answer, "/config/auth/header_name")/>
            <SecretField name="value" label="Value" bound=auth.value mistake=about(answer, "/config/auth/value")/>
        </div>
    }
}

#[component]
fn BasicFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    view! {
        <div class="field-pair">
            <TextField name="username" label="User name" bound=auth.username mistake=about(answer, "/config/auth/username")/>
            <SecretField name="password" label="Password" bound=auth.password mistake=about(answer, "/config/auth/password")/>
        </div>
    }
}

#[component]
fn TokenFields(auth: AuthDraft, answer: Answer) -> impl IntoView {
    view! {
        <TextField
            name="token_url" label="Token URL" kind="url" bound=auth.token_url placeholder="https://id.example.com/oauth/token"
            hint="Where tokens are given out. One is fetched when it is needed and kept until shortly before it ends."
            mistake=about(answer, "/config/auth/token_url")
        />
        <div class="field-pair">
            <TextField name="client_id" label="Client id" bound=auth.client_id mistake=about(answer, "/config/auth/client_id")/>
            <SecretField
                name="client_secret" label="Client secret" bound=auth.client_secret
                mistake=about(answer, "/config/auth/client_secret")
            />
        </div>
        <TextField
            name="scope" label="Scope" bound=auth.scope hint="Optional; several are separated by spaces."
            mistake=about(answer, "/config/auth/scope")
        />
    }
}

#[component]
pub(super) fn LimitFields(draft: Draft, answer: Answer) -> impl IntoView {
    let periods: Vec<_> = RatePeriod::ALL.iter().map(|period| (period.to_string(), format!("a {period}"))).collect();
    view! {
        <section class="part" aria-labelledby="form-limits">
            <h2 id="form-limits">"How fast"</h2>
            <div class="field-pair">
                <TextField
                    name="rate_limit" label="At most so many deliveries" bound=draft.rate_limit placeholder="no limit"
                    hint="What does not fit waits; waiting uses up no retry." mistake=about(answer, "/config/rate_limit")
                />
                <SelectField name="rate_limit_period" label="In" options=periods bound=draft.rate_period/>
            </div>
            <TextField
                name="max_concurrency" label="At most so many at once" bound=draft.max_concurrency placeholder="32"
                hint="1 to 1000. Both limits hold over all connections and all nodes."
                mistake=about(answer, "/config/max_concurrency")
            />
        </section>
    }
}

#[component]
pub(super) fn DisableFields(draft: Draft, answer: Answer) -> impl IntoView {
    view! {
        <section class="part" aria-labelledby="form-disable">
            <h2 id="form-disable">"When it keeps failing"</h2>
            <CheckField name="breaks" bound=draft.breaks label="Hold its events until it is well again (circuit breaker)"/>
            {move || draft.breaks.get().then(|| view! {
                <div class="field-pair">
                    <TextField
                        name="breaks_failures" label="Hold after so many failures in a row" bound=draft.breaks_failures
                        hint="1 to 1000. Then a single event at a time shows whether it is well."
                        mistake=about(answer, "/config/circuit_breaker/consecutive_failures")
                    />
                    <TextField
                        name="breaks_seconds" label="And for so many seconds" bound=draft.breaks_seconds
                        hint="Both must be reached; 0 is at once."
                        mistake=about(answer, "/config/circuit_breaker/failing_for_seconds")
                    />
                </div>
            })}
            <CheckField name="disables_itself" bound=draft.disables_itself label="Disable it by itself"/>
            {move || draft.disables_itself.get().then(|| view! {
                <div class="field-pair">
                    <TextField
                        name="failures" label="After so many failures in a row" bound=draft.failures
                        mistake=about(answer, "/auto_disable/consecutive_failures")
                    />
                    <TextField
                        name="failing_for_seconds" label="Once it has failed for so many seconds" bound=draft.failing_for_seconds
                        hint="86400 is a day; 0 is at once." mistake=about(answer, "/auto_disable/failing_for_seconds")
                    />
                </div>
            })}
        </section>
    }
}
