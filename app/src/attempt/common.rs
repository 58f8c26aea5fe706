//! What the filters of every list have: times, what is in force, and what could not be read.

use hookyard_model::TimeBound;
use leptos::prelude::*;

use super::{
    choices::Choices,
    moment::MomentFilter,
    query::{Chip, ListQuery, Mistake},
    times::{CUSTOM, STRETCHES, tidy},
};
use crate::ui::{Filters, Icon, SelectFilter, Shape, TextFilter, Visible, here};

/// The filters of a list: `children` are its own, before those that every list has.
#[component]
pub(crate) fn ListFilters<F: Clone + PartialEq + Send + Sync + 'static>(
    query: Memo<ListQuery<F>>,
    /// What a text is searched for in.
    search: &'static str,
    placeholder: &'static str,
    /// The parameters that are about something else on the page, and stay.
    #[prop(default = &[])]
    kept: &'static [&'static str],
    /// The names of what the filters name by id.
    #[prop(optional_no_strip)]
    choices: Option<Resource<Choices>>,
    children: Children,
) -> impl IntoView {
    let here = here();
    let times: Vec<_> = STRETCHES
        .iter()
        .map(|(name, words, _)| (*name, *words))
        .chain([(CUSTOM, "From and to …")])
        .map(|(name, words)| (name.to_owned(), words.to_owned()))
        .collect();
    let time = Signal::derive(move || Some(query.with(|query| query.time).to_owned()).filter(|time| !time.is_empty()));
    let mistake = move |name: &'static str| mistake(query, name);
    let at = move |pick: fn(&ListQuery<F>) -> Option<TimeBound>| {
        Signal::derive(move || query.with(|query| (query.time == CUSTOM).then(|| pick(query)).flatten()))
    };
    let fields = move || {
        let field =
            |name: &&'static str| here.value(name).map(|value| view! { <input type="hidden" name=*name value=value/> });
        kept.iter().map(field).collect_view()
    };
    let mistakes = Signal::derive(move || query.with(|query| query.mistakes.clone()));
    let chips = Signal::derive(move || query.with(|query| query.chips.clone()));
    view! {
        <div class="log-filters" class:custom=move || query.with(|query| query.time == CUSTOM)>
            <Filters action=here.path() tidy>
                {children()}
                <SelectFilter name="time" label="Time" any="All" options=times chosen=time/>
                <MomentFilter name="from" label="From" value=at(|query| query.from) mistake=mistake("from")/>
                <MomentFilter name="to" label="To" value=at(|query| query.to) mistake=mistake("to")/>
                <TextFilter name="q" label=search kind="search" placeholder/>
                {fields}
            </Filters>
            <Mistakes mistakes/>
            <Transition><Chips chips kept choices/></Transition>
        </div>
    }
}

/// What could not be read of one field.
pub(crate) fn mistake<F: Send + Sync + 'static>(
    query: Memo<ListQuery<F>>,
    name: &'static str,
) -> Signal<Option<String>> {
    Signal::derive(move || query.with(|query| query.mistake(name).map(str::to_owned)))
}

/// What of the URL could not be read.
#[component]
fn Mistakes(mistakes: Signal<Vec<Mistake>>) -> impl IntoView {
    let item = |mistake: Mistake| {
        view! { <li id=format!("{}-mistake", mistake.name) class="mistake"><Visible text=mistake.text/></li> }
    };
    view! {
        <div role="alert"><ul class="mistakes" data-testid="filter-mistakes">
            {move || mistakes.get().into_iter().map(item).collect_view()}
        </ul></div>
    }
}

/// What is in force, each with a way to lift it, and all at once.
#[component]
fn Chips(chips: Signal<Vec<Chip>>, kept: &'static [&'static str], choices: Option<Resource<Choices>>) -> impl IntoView {
    let here = here();
    let shown = move || {
        let chips = chips.get();
        let names = choices.and_then(|choices| choices.get());
        let named = move |value: String| names.as_ref().map_or_else(|| value.clone(), |names| names.name(&value));
        let item = move |chip: Chip| {
            let value = if chip.name == "q" { chip.value } else { named(chip.value) };
            let without = here.with(&[(chip.name, None), ("cursor", None)]);
            view! {
                <li>
                    <a href=without data-noscroll="" title="Show without this">
                        <span class="hidden">"Remove "</span>
                        <span>{chip.label}": "</span>
                        <b><Visible text=value/></b>
                        <Icon shape=Shape::Plus/>
                    </a>
                </li>
            }
        };
        (!chips.is_empty()).then(|| {
            view! {
                <div class="active-filters">
                    <ul class="chips" aria-label="Filters in force">{chips.into_iter().map(item).collect_view()}</ul>
                    <a class="clear" href=here.only(kept) data-noscroll="">"Clear filters"</a>
                </div>
            }
        })
    };
    view! { {shown} }
}
