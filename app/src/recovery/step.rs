//! The frame of a step: its number, its title and where it is.

use hookyard_model::StepState;
use leptos::prelude::*;

use crate::ui::{Badge, Icon, Shape, Tone};

#[component]
pub(super) fn Step(
    number: u8,
    /// Where links lead to.
    id: &'static str,
    title: &'static str,
    #[prop(into)] state: Signal<StepState>,
    children: Children,
) -> impl IntoView {
    let class = move || match state.get() {
        StepState::ToDo => "runbook-step to-do",
        StepState::Done => "runbook-step done",
        StepState::Blocked => "runbook-step blocked",
    };
    let badge = move || {
        let (tone, shape, word) = match state.get() {
            StepState::ToDo => (Tone::Waiting, Shape::Arrow, "To do"),
            StepState::Done => (Tone::Good, Shape::Check, "Done"),
            StepState::Blocked => (Tone::Off, Shape::Key, "Locked"),
        };
        view! { <Badge tone shape word/> }
    };
    let mark = move || match state.get() {
        StepState::Done => view! { <Icon shape=Shape::Check/> }.into_any(),
        StepState::ToDo | StepState::Blocked => view! { {number} }.into_any(),
    };
    let heading = format!("{id}-title");
    let label = heading.clone();
    view! {
        <li class=class id=id data-testid=format!("step-{id}")>
            <span class="mark" aria-hidden="true">{mark}</span>
            <section aria-labelledby=label>
                <header><h2 id=heading><span class="hidden">{format!("Step {number}: ")}</span>{title}</h2>{badge}</header>
                {children()}
            </section>
        </li>
    }
}
