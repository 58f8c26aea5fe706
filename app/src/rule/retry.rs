//! The editor of the retry rule, with its tries on a line of time.

use hookyard_model::Rule;
use leptos::prelude::*;

use super::{
    draft::Draft,
    parts::{SpanField, WordChoice, mistake_at},
    schedule::{instants, place, waits},
    span::words,
    typed::Mistake,
};
use crate::ui::TextField;

#[component]
pub(super) fn RetryEditor(draft: Draft, mistakes: Signal<Vec<Mistake>>) -> impl IntoView {
    let is_custom = Memo::new(move |_| draft.strategy.with(|strategy| strategy == "custom"));
    let at = move |pointer| mistake_at(mistakes, "retry", pointer);
    view! {
        <WordChoice name="retry-strategy" label="The waits between tries" bound=draft.strategy options=vec![
            ("exponential", "double each time"),
            ("linear", "are all the same"),
            ("custom", "are listed"),
        ]/>
        <Show
            when=move || is_custom.get()
            fallback=move || view! {
                <div class="row-of-fields">
                    <TextField name="retry-count" label="Tries after the first" bound=draft.count mistake=at("/count") hint="1 to 50."/>
                    <SpanField name="retry-interval" label="First wait" span=draft.interval mistake=at("/interval")/>
                    <SpanField name="retry-cap" label="No wait longer than" span=draft.cap mistake=at("/max_interval") placeholder="no limit"/>
                </div>
            }
        >
            <TextField name="retry-list" label="Waits" bound=draft.list mistake=at("/intervals") hint="Each with its unit: ms, s, min, h or d."/>
        </Show>
        <TextField name="retry-statuses" label="Answers that are tried again" bound=draft.statuses mistake=at("/response_status_codes")
            placeholder="429, 500-599" hint="Empty: all failures. No answer at all is always tried again."/>
        <Timeline draft/>
    }
}

const WIDTH: f64 = 640.0;
const EDGE: f64 = 10.0;
/// So far apart words stand at least.
const WORDS_APART: f64 = 74.0;

/// The tries of the rule that is typed, on a line of time.
#[component]
fn Timeline(draft: Draft) -> impl IntoView {
    let drawn = Memo::new(move |_| match draft.retry().read() {
        Ok(Rule::Retry(rule)) => Some(waits(&rule)).filter(|waits| !waits.is_empty() && waits.len() <= 50),
        _ => None,
    });
    move || {
        drawn.get().map(|waits| {
            let at = instants(&waits);
            let last = at.last().copied().unwrap_or_default();
            let sentence = sentence(&waits, last);
            view! {
                <figure class="tries">
                    <figcaption>{sentence.clone()}</figcaption>
                    <div class="tries-line" tabindex="0" role="group" aria-label="Tries on a line of time">
                        <svg viewBox=format!("0 0 {WIDTH} 56") width=WIDTH height="56" role="img" aria-label=sentence>
                            <line class="ground" x1=EDGE x2=WIDTH - EDGE y1="18" y2="18"></line>
                            {marks(&at, waits[0], last)}
                        </svg>
                    </div>
                </figure>
            }
        })
    }
}

fn marks(at: &[u64], first: u64, last: u64) -> Vec<AnyView> {
    let mut marks = Vec::new();
    let mut free_from = f64::MIN;
    for (index, instant) in at.iter().enumerate() {
        let x = EDGE + place(*instant, first, last) * (WIDTH - 2.0 * EDGE);
        let is_last = index + 1 == at.len();
        let has_room = x >= free_from && (is_last || x <= WIDTH - EDGE - WORDS_APART);
        let anchor = if index == 0 {
            "start"
        } else if is_last {
            "end"
        } else {
            "middle"
        };
        let word = match *instant {
            0 => "at once".to_owned(),
            later => format!("+{}", words(later)),
        };
        if has_room {
            free_from = x + WORDS_APART;
        }
        marks.push(
            view! {
                <circle class="try" class:first=index == 0 cx=format!("{x:.1}") cy="18" r="5"></circle>
                {has_room.then(|| view! { <text x=format!("{x:.1}") y="44" text-anchor=anchor>{word}</text> })}
            }
            .into_any(),
        );
    }
    marks
}

/// The tries in words.
fn sentence(waits: &[u64], last: u64) -> String {
    let tries = waits.len() + 1;
    let few: Vec<_> = waits.iter().take(4).map(|wait| words(*wait)).collect();
    let more = if waits.len() > 4 { " …" } else { "" };
    format!("{tries} tries in {}: the first at once, then after {}{more}", words(last), few.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_said_in_words() {
        assert_eq!(
            sentence(&[60_000, 120_000], 180_000),
            "3 tries in 3 min: the first at once, then after 1 min, 2 min"
        );
    }
}
