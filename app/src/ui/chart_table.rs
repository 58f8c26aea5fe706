//! A chart's numbers as a table, for those who read by ear or by keyboard.

use hookyard_model::Timestamp;
use leptos::prelude::*;

use super::{
    chart::{Bar, Layer},
    in_local_time,
};

#[component]
pub(super) fn ChartTable(
    title: &'static str,
    columns: Vec<Layer>,
    bars: Signal<Vec<Bar>>,
    unit: fn(f64) -> String,
) -> impl IntoView {
    let rows = move || {
        let filled = bars.get().into_iter().filter(|bar| bar.values.iter().flatten().any(|value| *value > 0.0));
        let row = |bar: Bar| {
            let cell = |(value, href): (Option<f64>, String)| {
                let text = value.map_or_else(|| "–".to_owned(), unit);
                let is_some = value.is_some_and(|value| value > 0.0) && !href.is_empty();
                let text = if is_some { view! { <a href=href>{text}</a> }.into_any() } else { text.into_any() };
                view! { <td class="number">{text}</td> }
            };
            view! {
                <tr>
                    <th scope="row"><a href=bar.href.clone()><Clock at=bar.at/></a></th>
                    {bar.values.into_iter().zip(bar.hrefs).map(cell).collect_view()}
                </tr>
            }
        };
        filled.map(row).collect_view()
    };
    view! {
        <table>
            <caption class="hidden">{title}". Times in which there was nothing are left out."</caption>
            <thead>
                <tr>
                    <th scope="col">"From"</th>
                    {columns.into_iter().map(|layer| view! { <th scope="col" class="number">{layer.word}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// When a bar begins, in a few characters.
#[component]
pub(super) fn Clock(at: Timestamp) -> impl IntoView {
    let is_local = RwSignal::new(false);
    Effect::new(move |_| is_local.set(true));
    let text = move || {
        let whole = if is_local.get() { in_local_time(at) } else { in_utc(at) };
        whole.chars().skip(5).take(11).collect::<String>()
    };
    view! { <time datetime=at.to_string()>{text}</time> }
}

/// Such as `2026-01-31 08:15:00`.
pub(super) fn in_utc(at: Timestamp) -> String {
    at.to_string().replace('T', " ").chars().take(19).collect()
}
