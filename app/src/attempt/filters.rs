//! The filters above a list of attempts.

use hookyard_model::{AttemptStatus, ErrorCode, Trigger};
use leptos::prelude::*;

use super::{
    choices::{ChoiceFilter, Choices},
    common::{ListFilters, mistake},
    query::{LogQuery, trigger_word},
};
use crate::ui::{Here, SelectFilter, TextFilter, error_word, here};

/// The form; its fields are what the URL says.
#[component]
pub(crate) fn LogFilters(
    query: Memo<LogQuery>,
    /// The names of the event types to choose from.
    #[prop(optional)]
    types: Option<Resource<Vec<String>>>,
    /// The destinations to choose from.
    #[prop(optional)]
    choices: Option<Resource<Choices>>,
) -> impl IntoView {
    let here = here();
    let statuses = vec![
        (AttemptStatus::Successful.to_string(), "Successful".to_owned()),
        (AttemptStatus::Failed.to_string(), "Failed".to_owned()),
    ];
    let triggers: Vec<_> =
        Trigger::ALL.iter().map(|trigger| (trigger.to_string(), trigger_word(*trigger).to_owned())).collect();
    let by_type = move |types: Resource<Vec<String>>| {
        view! {
            <Transition>
                {move || {
                    let mut names = types.get().unwrap_or_default();
                    names.extend(here.value("type").filter(|wanted| !names.contains(wanted)));
                    let options: Vec<_> = names.into_iter().map(|name| (name.clone(), name)).collect();
                    view! { <SelectFilter name="type" label="Event type" any="All" options/> }
                }}
            </Transition>
        }
    };
    let by_destination = move |choices: Resource<Choices>| {
        view! {
            <ChoiceFilter name="destination" label="Destination" choices pick=|choices| choices.destinations/>
            <ErrorFilter/>
        }
    };
    view! {
        <ListFilters query search="Payload or response" placeholder="Any text, or an id" kept=&SIMULATOR choices>
            <SelectFilter name="status" label="Status" any="All" options=statuses/>
            {types.map(by_type)}
            {choices.map(by_destination)}
            <TextFilter name="code" label="Response" placeholder="Any, 5xx, 404 …" offers=&CODES mistake=mistake(query, "code")/>
            <SelectFilter name="trigger" label="Trigger" any="All" options=triggers/>
        </ListFilters>
    }
}

/// What something failed with.
#[component]
pub(crate) fn ErrorFilter() -> impl IntoView {
    let word = |error: &ErrorCode| match error {
        // Beside a choice of statuses this is the plainer word.
        ErrorCode::BadStatus => "not 2xx",
        error => error_word(*error),
    };
    let options: Vec<_> = ErrorCode::ALL.iter().map(|error| (error.to_string(), word(error).to_owned())).collect();
    view! { <SelectFilter name="error" label="Error" any="All" options/> }
}

/// The parameters that are about the simulator above the logs.
const SIMULATOR: [&str; 2] = ["simulate", "check"];

/// The logs without any filter.
pub(crate) fn unfiltered(here: Here) -> String {
    here.only(&SIMULATOR)
}

const CODES: [&str; 6] = ["2xx", "3xx", "4xx", "5xx", "none", "410"];
