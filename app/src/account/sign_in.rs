//! Signing in.

use leptos::{form::ActionForm, html, prelude::*};
use wasm_bindgen::JsCast;

use super::server::{Door, SignIn, open_door};
use crate::{
    layout::Card,
    ui::{FailureNotice, TextField, mistake_of, query_param},
};

/// Asks who is there.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let typed = Resource::new_blocking(|| (), |()| open_door(Door::SignIn));
    view! {
        <Card title="Sign in" lead="To see what your webhooks do.">
            <Suspense>
                {move || Suspend::new(async move {
                    let typed = typed.await.unwrap_or_default();
                    view! { <SignInForm email=typed.email/> }
                })}
            </Suspense>
        </Card>
    }
}

#[component]
fn SignInForm(email: String) -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let answer = sign_in.value();
    let next = query_param("next");
    let form = NodeRef::<html::Form>::new();
    clear_password_on_mistake(form, move || answer.with(|answer| matches!(answer, Some(Err(_)))));
    let elsewhere = move || answer.get()?.err().filter(|failure| failure.errors.is_empty());
    view! {
        <ActionForm action=sign_in node_ref=form>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <input type="hidden" name="next" value=move || next.get().unwrap_or_default()/>
            <TextField name="email" label="E-mail" kind="email" value=email required=true autocomplete="username"
                mistake=mistake_of(move || answer.get(), "/email")/>
            <TextField name="password" label="Password" kind="password" required=true autocomplete="current-password"
                mistake=mistake_of(move || answer.get(), "/password")/>
            <button class="button primary wide" disabled=sign_in.pending()>"Sign in"</button>
        </ActionForm>
    }
}

/// Empties the form's password, and puts the cursor there, when it was refused.
pub(super) fn clear_password_on_mistake(form: NodeRef<html::Form>, is_refused: impl Fn() -> bool + 'static) {
    Effect::new(move |_| {
        let (true, Some(form)) = (is_refused(), form.get()) else { return };
        let field = form.query_selector("input[type=password]").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()) {
            field.set_value("");
            drop(field.focus());
        }
    });
}
