//! The filters above the Delivery Logs, and what of them is in force.

use hookyard_model::{AttemptStatus, TimeBound, Trigger};
use leptos::prelude::*;

use super::{
    moment::MomentFilter,
    query::{LogQuery, trigger_word},
    times::{CUSTOM, STRETCHES, tidy},
};
use crate::ui::{Filters, Here, Icon, SelectFilter, Shape, TextFilter, Visible, here};

/// The form; its fields are what the URL says.
#[component]
pub(crate) fn LogFilters(
    query: Memo<LogQuery>,
    /// The names of the event types to choose from.
    types: Resource<Vec<String>>,
) -> impl IntoView {
    let here = here();
    let statuses = vec![
        (AttemptStatus::Successful.to_string(), "Successful".to_owned()),
        (AttemptStatus::Failed.to_string(), "Failed".to_owned()),
    ];
    let triggers: Vec<_> =
        Trigger::ALL.iter().map(|trigger| (trigger.to_string(), trigger_word(*trigger).to_owned())).collect();
    let times: Vec<_> = STRETCHES
        .iter()
        .map(|(name, words, _)| (*name, *words))
        .chain([(CUSTOM, "From and to …")])
        .map(|(name, words)| (name.to_owned(), words.to_owned()))
        .collect();
    let time = Signal::derive(move || Some(query.get().time.to_owned()).filter(|time| !time.is_empty()));
    let mistake = move |name: &'static str| Signal::derive(move || query.get().mistake(name).map(str::to_owned));
    let at = move |pick: fn(&LogQuery) -> Option<TimeBound>| {
        Signal::derive(move || query.with(|query| (query.time == CUSTOM).then(|| pick(query)).flatten()))
    };
    // The simulator above stays as it is.
    let kept = move || {
        let field =
            |name: &'static str| here.value(name).map(|value| view! { <input type="hidden" name=name value=value/> });
        SIMULATOR.map(field).into_iter().collect_view()
    };
    view! {
        <div class="log-filters" class:custom=move || query.get().time == CUSTOM>
            <Filters action=here.path() tidy>
                <SelectFilter name="status" label="Status" any="All" options=statuses/>
                <Transition>
                    {move || {
                        let mut names = types.get().unwrap_or_default();
                        names.extend(here.value("type").filter(|wanted| !names.contains(wanted)));
                        let options: Vec<_> = names.into_iter().map(|name| (name.clone(), name)).collect();
                        view! { <SelectFilter name="type" label="Event type" any="All" options/> }
                    }}
                </Transition>
                <TextFilter name="code" label="Response" placeholder="Any, 5xx, 404 …" offers=&CODES mistake=mistake("code")/>
                <SelectFilter name="trigger" label="Trigger" any="All" options=triggers/>
                <SelectFilter name="time" label="Time" any="All" options=times chosen=time/>
                <MomentFilter name="from" label="From" value=at(|query| query.filter.from) mistake=mistake("from")/>
                <MomentFilter name="to" label="To" value=at(|query| query.filter.to) mistake=mistake("to")/>
                <TextFilter name="q" label="Payload or response" kind="search" placeholder="Any text, or an id"/>
                {kept}
            </Filters>
            <Mistakes query/>
            <Chips query/>
        </div>
    }
}

/// The parameters that are about the simulator above the logs.
const SIMULATOR: [&str; 2] = ["simulate", "check"];

/// The logs without any filter.
pub(crate) fn unfiltered(here: Here) -> String {
    here.only(&SIMULATOR)
}

const CODES: [&str; 6] = ["2xx", "3xx", "4xx", "5xx", "none", "410"];

/// What of the URL could not be read.
#[component]
fn Mistakes(query: Memo<LogQuery>) -> impl IntoView {
    let item = |mistake: super::query::Mistake| {
        view! { <li id=format!("{}-mistake", mistake.name) class="mistake"><Visible text=mistake.text/></li> }
    };
    view! {
        <div role="alert"><ul class="mistakes" data-testid="filter-mistakes">
            {move || query.get().mistakes.into_iter().map(item).collect_view()}
        </ul></div>
    }
}

/// What is in force, each with a way to lift it, and all at once.
#[component]
fn Chips(query: Memo<LogQuery>) -> impl IntoView {
    let here = here();
    let chips = move || {
        let chips = query.get().chips;
        let item = move |chip: super::query::Chip| {
            let without = here.with(&[(chip.name, None), ("cursor", None)]);
            view! {
                <li>
                    <a href=without data-noscroll="" title="Show without this">
                        <span class="hidden">"Remove "</span>
                        <span>{chip.label}": "</span>
                        <b><Visible text=chip.value/></b>
                        <Icon shape=Shape::Plus/>
                    </a>
                </li>
            }
        };
        (!chips.is_empty()).then(|| {
            view! {
                <div class="active-filters">
                    <ul class="chips" aria-label="Filters in force">{chips.into_iter().map(item).collect_view()}</ul>
                    <a class="clear" href=unfiltered(here) data-noscroll="">"Clear filters"</a>
                </div>
            }
        })
    };
    view! { {chips} }
}
