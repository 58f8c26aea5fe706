//! Whether notices can be mailed.

use leptos::prelude::*;

use super::server::SendTestMail;
use crate::ui::{FailureNotice, Icon, Notice, Shape, Tone};

/// Says how mail is set up, and tries it.
#[component]
pub(super) fn MailState(
    /// Who mail comes from; none: it is not set up.
    from: Option<String>,
    /// The address of whoever looks.
    email: String,
) -> impl IntoView {
    let test = ServerAction::<SendTestMail>::new();
    let is_sent = move || matches!(test.value().get(), Some(Ok(())));
    view! {
        <section class="part" aria-labelledby="mail">
            <header><h2 id="mail">"E-mail"</h2></header>
            {if let Some(from) = from {
                view! {
                    <Notice tone=Tone::Good shape=Shape::Check>
                        <p>"E-mail is set up; it comes from "<strong>{from}</strong>". Members who want notices get one message when a destination fails and one when it delivers again, and when a webhook is close to being disabled, is disabled, or recovers."</p>
                    </Notice>
                    <div class="row">
                        <button type="button" class="button" disabled=test.pending() on:click=move |_| { test.dispatch(SendTestMail {}); }>
                            <Icon shape=Shape::Bolt/>"Send test mail"
                        </button>
                        <span role="status">
                            {move || is_sent().then(|| format!("The mail server took it. Look for it in the inbox of {email}."))}
                        </span>
                    </div>
                    <FailureNotice failure=Signal::derive(move || test.value().get().and_then(Result::err))/>
                }.into_any()
            } else {
                view! {
                    <Notice tone=Tone::Off shape=Shape::Info>
                        <p>"E-mail is not set up on this server: notices are shown here and sent to webhooks that chose them, but not mailed."</p>
                        <p>
                            "Whoever runs the server sets "<code>"HOOKYARD_SMTP_URL"</code>" (such as "
                            <code>"smtps://user:password@mail.example.com:465"</code>") and "<code>"HOOKYARD_MAIL_FROM"</code>
                            " (such as "<code>"hookyard@example.com"</code>"), and starts it again."
                        </p>
                    </Notice>
                }.into_any()
            }}
        </section>
    }
}
