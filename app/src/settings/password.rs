//! One's own account.

use leptos::{form::ActionForm, html, prelude::*};

use super::server::ChangePassword;
use crate::ui::{FailureNotice, TextField, mistake_of};

/// Who one is, and a new password.
#[component]
pub(super) fn OwnAccount(email: String) -> impl IntoView {
    let change = ServerAction::<ChangePassword>::new();
    let answer = move || change.value().get();
    let elsewhere = move || answer()?.err().filter(|failure| failure.errors.is_empty());
    let is_changed = move || matches!(answer(), Some(Ok(())));
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if let (true, Some(form)) = (is_changed(), form.get()) {
            form.reset();
        }
    });
    view! {
        <section class="part" aria-labelledby="own-account">
            <header><h2 id="own-account">"Your account"</h2></header>
            <div class="panel">
                <ActionForm action=change node_ref=form>
                    <FailureNotice failure=Signal::derive(elsewhere)/>
                    <input type="hidden" autocomplete="username" value=email/>
                    <TextField name="current_password" label="Current password" kind="password" required=true
                        autocomplete="current-password" mistake=mistake_of(answer, "/current")/>
                    <TextField name="new_password" label="New password" kind="password" required=true autocomplete="new-password"
                        hint="At least 10 characters. You are signed out everywhere else." mistake=mistake_of(answer, "/new")/>
                    <footer><button class="button" disabled=change.pending()>"Change password"</button></footer>
                    <p role="status" class="saved">{move || is_changed().then_some("Changed. You are signed out everywhere else.")}</p>
                </ActionForm>
            </div>
        </section>
    }
}
