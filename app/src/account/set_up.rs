//! The first page of a new Hookyard: make the owner's account.

use leptos::{form::ActionForm, html, prelude::*};

use super::server::{Door, SetUp, open_door};
use crate::{
    layout::Card,
    ui::{CheckField, FailureNotice, TextField, mistake_of},
};

/// Makes the first account and its team.
#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let typed = Resource::new_blocking(|| (), |()| open_door(Door::SetUp));
    view! {
        <Card title="Set up Hookyard" lead="Make the owner's account: the first on this server.">
            <Suspense>
                {move || Suspend::new(async move {
                    let typed = typed.await.unwrap_or_default();
                    view! { <SetUpForm team=typed.team email=typed.email/> }
                })}
            </Suspense>
        </Card>
    }
}

#[component]
fn SetUpForm(team: String, email: String) -> impl IntoView {
    let set_up = ServerAction::<SetUp>::new();
    let answer = set_up.value();
    let form = NodeRef::<html::Form>::new();
    super::sign_in::clear_password_on_mistake(form, move || answer.with(|answer| matches!(answer, Some(Err(_)))));
    let elsewhere = move || answer.get()?.err().filter(|failure| failure.errors.is_empty());
    view! {
        <ActionForm action=set_up node_ref=form>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="team" label="Team name" value=team required=true autocomplete="organization"
                mistake=mistake_of(move || answer.get(), "/team")/>
            <TextField name="email" label="E-mail" kind="email" value=email required=true autocomplete="username"
                mistake=mistake_of(move || answer.get(), "/email")/>
            <TextField name="password" label="Password" kind="password" required=true autocomplete="new-password"
                hint="At least 10 characters." mistake=mistake_of(move || answer.get(), "/password")/>
            <CheckField name="catalogue" label="Start with the ready-made event types (patient records)" checked=true/>
            <button class="button primary wide" disabled=set_up.pending()>"Create account"</button>
        </ActionForm>
    }
}
