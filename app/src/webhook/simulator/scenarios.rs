//! What a receiver may meet, one card each.

use hookyard_model::{DestinationId, Scenario};
use leptos::prelude::*;

use super::{
    Tab,
    draft::Draft,
    sent::SentAs,
    server::Simulate,
    simulator_link,
    words::{Expected, SCENARIOS, expected, title, what_is_good, what_is_sent},
};
use crate::ui::{FailureNotice, Icon, Shape};

#[component]
pub(super) fn Scenarios(id: DestinationId, draft: Draft) -> impl IntoView {
    let compose = simulator_link(Some(Tab::Compose), None);
    let check = simulator_link(Some(Tab::Check), None);
    let obstacle = Memo::new(move |_| draft.obstacle());
    let group = move |group: Expected| {
        let cards = SCENARIOS.into_iter().filter(|scenario| expected(*scenario) == group);
        view! {
            <h3>{group.title()}</h3>
            <ul class="scenarios">
                {cards.map(|scenario| view! { <Card id draft scenario obstacle/> }).collect_view()}
            </ul>
        }
    };
    view! {
        <p class="lead">
            "Each sends the payload under "<a href=compose data-noscroll="true">"Compose"</a>", a "<code>{draft.kind}</code>
            ", with one thing about it changed. They are retried like any delivery and never count towards disabling the webhook. To try them all and get a report, run a "
            <a href=check data-noscroll="true">"receiver check"</a>"."
        </p>
        <p class="mistake" id="scenario-obstacle" role="status">{move || obstacle.get()}</p>
        {Expected::ALL.map(group).into_iter().collect_view()}
    }
}

#[component]
fn Card(id: DestinationId, draft: Draft, scenario: Scenario, obstacle: Memo<Option<String>>) -> impl IntoView {
    let simulate = ServerAction::<Simulate>::new();
    let send = move |_| {
        if let Some(simulation) = draft.simulation(Some(scenario)) {
            simulate.dispatch(Simulate { id, simulation });
        }
    };
    let sent = Signal::derive(move || simulate.value().get()?.ok());
    view! {
        <li class="scenario" data-testid="scenario" data-scenario=scenario.as_str()>
            <h4>{title(scenario)}</h4>
            <dl>
                <div><dt>"Sent"</dt><dd>{what_is_sent(scenario)}</dd></div>
                <div><dt>"Good"</dt><dd>{what_is_good(scenario)}</dd></div>
            </dl>
            <button
                type="button"
                class="button small"
                aria-label=format!("Send: {}", title(scenario))
                aria-describedby="scenario-obstacle"
                disabled=move || obstacle.with(Option::is_some) || simulate.pending().get()
                on:click=send
            ><Icon shape=Shape::Bolt/>"Send"</button>
            <SentAs sent/>
            <FailureNotice failure=Signal::derive(move || simulate.value().get().and_then(Result::err))/>
        </li>
    }
}
