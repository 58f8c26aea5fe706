//! What can be done about an issue: forms that work without scripts too.

use hookyard_model::{IssueId, IssueState};
use leptos::{form::ActionForm, prelude::*};

use super::server::{AcknowledgeIssue, ResolveIssue};
use crate::{
    failure::Failure,
    ui::{Icon, Shape},
};

/// The actions of a page.
#[derive(Clone, Copy)]
pub(super) struct Acts {
    acknowledge: ServerAction<AcknowledgeIssue>,
    resolve: ServerAction<ResolveIssue>,
}

impl Acts {
    pub(super) fn new() -> Self {
        Self { acknowledge: ServerAction::new(), resolve: ServerAction::new() }
    }

    /// Grows when something was done.
    pub(super) fn done(self) -> usize {
        self.acknowledge.version().get() + self.resolve.version().get()
    }

    /// What could not be done.
    pub(super) fn failure(self) -> Option<Failure> {
        let of = |value: Option<Result<(), Failure>>| value.and_then(Result::err);
        of(self.acknowledge.value().get()).or_else(|| of(self.resolve.value().get()))
    }
}

/// The buttons for an issue in this state; of one that is resolved there are none.
#[component]
pub(super) fn Buttons(
    id: IssueId,
    #[prop(into)] state: Signal<IssueState>,
    /// What it is called, for those who do not see where the button stands.
    title: String,
    acts: Acts,
) -> impl IntoView {
    let (open, unresolved) =
        (Memo::new(move |_| state.get() == IssueState::Open), Memo::new(move |_| state.get() != IssueState::Resolved));
    let of = StoredValue::new(title);
    view! {
        {move || open.get().then(|| view! {
            <ActionForm action=acts.acknowledge attr:class="act">
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="button small" aria-label=format!("Acknowledge: {}", of.get_value())>
                    <Icon shape=Shape::Eye/>"Acknowledge"
                </button>
            </ActionForm>
        })}
        {move || unresolved.get().then(|| view! {
            <ActionForm action=acts.resolve attr:class="act">
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="button small" aria-label=format!("Resolve: {}", of.get_value())>
                    <Icon shape=Shape::Check/>"Resolve"
                </button>
            </ActionForm>
        })}
    }
}
