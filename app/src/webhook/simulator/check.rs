//! The receiver check: started here, and the ones there were.

use hookyard_model::{DestinationId, Finding, Page, ReceiverCheck, ReceiverCheckId, ReceiverCheckInput, Webhook};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    Tab, address,
    compose::TypeSelect,
    draft::Group,
    report::Report,
    server::{StartReceiverCheck, read_receiver_check, receiver_checks},
    simulator_link,
};
use crate::{
    failure::Failure,
    live::watch,
    ui::{Empty, FailureNotice, Icon, Shape, Skeleton, TextField, Time, Trouble, here, mistake_of, query_value},
};

/// What is read about a webhook's checks while their part of the simulator is open. It is made once, above every
/// `Transition`: what is made within one, the server makes more often than the browser, and neither finds it again.
#[derive(Clone, Copy)]
pub(super) struct Checks {
    shown: Memo<Option<ReceiverCheckId>>,
    pub(super) report: Resource<Option<Result<ReceiverCheck, Failure>>>,
    earlier: Resource<Option<Result<Page<ReceiverCheck>, Failure>>>,
    /// Grows when the report is to be read again.
    pub(super) looked: RwSignal<u32>,
}

impl Checks {
    pub(super) fn of(id: DestinationId, tab: Memo<Option<Tab>>) -> Self {
        let shown = query_value::<ReceiverCheckId>("check");
        let changed = watch(move |change| change.destination.is_none_or(|changed| changed == id));
        let looked = RwSignal::new(0_u32);
        let is_open = move || tab.get() == Some(Tab::Check);
        let report = Resource::new(
            move || shown.get().filter(|_| is_open()).map(|check| (check, changed.get(), looked.get())),
            |asked| async move {
                let (check, ..) = asked?;
                Some(read_receiver_check(check).await)
            },
        );
        let earlier = Resource::new(
            move || is_open().then(|| (changed.get(), shown.get())),
            move |asked| async move {
                asked?;
                Some(receiver_checks(id).await)
            },
        );
        Self { shown, report, earlier, looked }
    }
}

#[component]
pub(super) fn ReceiverChecks(id: DestinationId, webhook: Webhook, groups: Vec<Group>, checks: Checks) -> impl IntoView {
    let start = ServerAction::<StartReceiverCheck>::new();
    let shown = checks.shown;
    let first = groups.iter().flat_map(|group| &group.types).next().map(|(name, _)| name.clone()).unwrap_or_default();
    let kind = RwSignal::new(first);
    let within = RwSignal::new(ReceiverCheckInput::ANSWERS_WITHIN_MS.to_string());
    let odd = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let here = here();
    Effect::new(move |_| {
        if let Some(Ok(check)) = start.value().get() {
            let to = untrack(|| address(here, Some(Tab::Check), Some(check.id)));
            navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    });
    let run = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let within =
            within.with_untracked(|within| within.trim().parse::<u32>().ok().filter(|ms| (50..=30_000).contains(ms)));
        odd.set(within.is_none().then(|| "a whole number from 50 to 30000".to_owned()));
        if within.is_some() {
            let input = ReceiverCheckInput {
                kind: Some(kind.get_untracked()),
                scenarios: Vec::new(),
                answers_within_ms: within,
            };
            start.dispatch(StartReceiverCheck { id, input });
        }
    };
    let of_server = mistake_of(move || start.value().get(), "/answers_within_ms");
    let elsewhere = move || start.value().get()?.err().filter(|failure| failure.about("/answers_within_ms").is_none());
    let target = webhook.url.clone().unwrap_or_else(|| "Built-in receiver".to_owned());
    let report = move || {
        if shown.with(Option::is_some) {
            return view! { <Report checks target=target.clone()/> }.into_any();
        }
        view! {
            <Empty shape=Shape::Target title="What does this receiver do when things go wrong?">
                <p>
                    "A receiver check sends it 62 deliveries or so: ordinary ones, duplicates, forged and stale ones, a large one, 50 at once. "
                    "The report says what it did with each, what that means, and what to change."
                </p>
                <p>"Run it against a receiver that you may bother: it gets made-up events with real-looking data."</p>
            </Empty>
        }
        .into_any()
    };
    view! {
        <div class="checks">
            <form class="run" novalidate on:submit=run>
                <TypeSelect name="check_type" label="Event Type" groups chosen=kind on_choice=Callback::new(move |name| kind.set(name))/>
                <TextField
                    name="within" label="Answers within (ms)" kind="number" bound=within
                    mistake=Signal::derive(move || odd.get().or_else(|| of_server.get()))
                />
                <button class="button primary" disabled=start.pending()><Icon shape=Shape::Bolt/>"Run receiver check"</button>
                <FailureNotice failure=Signal::derive(elsewhere)/>
            </form>
            {report}
            <Earlier checks/>
        </div>
    }
}

/// The checks there were, each a link to its report.
#[component]
fn Earlier(checks: Checks) -> impl IntoView {
    let Checks { shown, earlier, .. } = checks;
    let row = move |check: ReceiverCheck| {
        let this = check.id;
        let is_shown = move || (shown.get() == Some(this)).then_some("true");
        let state = if check.done { counts(&check) } else { format!("{} of {} tried", check.tried, check.deliveries) };
        view! {
            <li data-testid="earlier-check">
                <a href=simulator_link(Some(Tab::Check), Some(this)) data-noscroll="true" aria-current=is_shown><Time at=check.created_at/></a>
                <code>{check.kind}</code>
                <span>{state}</span>
            </li>
        }
    };
    move || match earlier.get().flatten() {
        None => view! { <Skeleton rows=2/> }.into_any(),
        Some(Ok(checks)) if checks.models.is_empty() => ().into_any(),
        Some(Ok(checks)) => view! {
            <section class="earlier" aria-labelledby="earlier-checks">
                <h3 id="earlier-checks">"Checks of this webhook"</h3>
                <ul>{checks.models.into_iter().map(row).collect_view()}</ul>
            </section>
        }
        .into_any(),
        Some(Err(failure)) => view! { <Trouble failure/> }.into_any(),
    }
}

/// Such as "9 passed, 2 failed, 1 not applicable".
pub(super) fn counts(check: &ReceiverCheck) -> String {
    let words = [
        (Finding::Pass, "passed"),
        (Finding::Fail, "failed"),
        (Finding::NotApplicable, "not applicable"),
        (Finding::Waiting, "waiting"),
    ];
    let count = |finding: Finding| check.items.iter().filter(|item| item.finding == finding).count();
    let parts: Vec<_> = words
        .into_iter()
        .map(|(finding, word)| (count(finding), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    parts.join(", ")
}
