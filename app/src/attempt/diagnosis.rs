//! What went wrong with an attempt, and what to do about it.

use hookyard_model::{Attempt, Diagnosis};
use leptos::prelude::*;

use crate::ui::{Countdown, Notice, Shape, Tone, Visible, sentence};

/// Says why a failed attempt failed; its plain error where nothing more is known.
#[component]
pub(crate) fn WhyFailed(attempt: Attempt) -> impl IntoView {
    let message = attempt.error_message.clone().unwrap_or_else(|| match attempt.response_status {
        Some(status) => format!("The receiver answered {status}."),
        None => "There was no answer.".to_owned(),
    });
    let code = attempt.error_code.map(|code| view! { <code class="error-code">{code.as_str()}</code> " " });
    view! {
        <div class="why" data-testid="why">
            <Notice tone=Tone::Bad shape=Shape::Cross>
                {match attempt.diagnosis {
                    Some(diagnosis) => view! { <Explained diagnosis/><p class="plain">{code}<Visible text=sentence(&message)/></p> }.into_any(),
                    None => view! { <p>{code}<Visible text=sentence(&message)/></p> }.into_any(),
                }}
                {attempt.next_attempt_at.map(|at| view! { <p>"Next attempt: " <Countdown at/></p> })}
            </Notice>
        </div>
    }
}

/// What a failure means, what was seen of it, and what to do.
#[component]
pub(crate) fn Explained(diagnosis: Diagnosis) -> impl IntoView {
    let Diagnosis { title, explanation, evidence, next_steps } = diagnosis;
    let item = |text: String| view! { <li><Visible text/></li> };
    view! {
        <h3><Visible text=title/></h3>
        <p><Visible text=explanation/></p>
        {(!evidence.is_empty()).then(|| view! {
            <div class="evidence">
                <h4>"What was seen"</h4>
                <ul>{evidence.into_iter().map(item).collect_view()}</ul>
            </div>
        })}
        {(!next_steps.is_empty()).then(|| view! {
            <div class="next-steps">
                <h4>"What to do"</h4>
                <ol>{next_steps.into_iter().map(item).collect_view()}</ol>
            </div>
        })}
    }
}
