//! Choosing the provider that will send: tiles that are links, with a search above them.

use hookyard_model::{PRESETS, SourceType};
use leptos::prelude::*;

use super::mark::TypeMark;
use crate::ui::{Filters, Icon, SearchFilter, Shape, query_param};

/// A kind of source that can be chosen.
struct Choice {
    kind: SourceType,
    label: &'static str,
    about: &'static str,
}

/// The plain webhook first, then the providers by name.
fn choices() -> Vec<Choice> {
    let mut providers: Vec<_> = PRESETS
        .iter()
        .filter_map(|preset| {
            Some(Choice { kind: preset.kind.parse().ok()?, label: preset.label, about: preset.description })
        })
        .collect();
    providers.sort_by_key(|choice| choice.label.to_lowercase());
    let any = Choice {
        kind: SourceType::WEBHOOK,
        label: "Any webhook",
        about: "A URL for whatever can send. Checked by a password, a key, an HMAC, or not at all.",
    };
    std::iter::once(any).chain(providers).collect()
}

fn fits(choice: &Choice, sought: &str) -> bool {
    let sought = sought.trim().to_lowercase();
    [choice.label, choice.kind.as_str(), choice.about].iter().any(|text| text.to_lowercase().contains(&sought))
}

/// Tiles of all types that fit what is sought; each leads to the form for it.
#[component]
pub(super) fn Picker(
    /// Where the search and the tiles lead.
    action: &'static str,
) -> impl IntoView {
    let sought = query_param("q");
    let typed = RwSignal::new(sought.get_untracked().unwrap_or_default());
    Effect::new(move |_| typed.set(sought.get().unwrap_or_default()));
    let shown = Memo::new(move |_| {
        let sought = typed.get();
        choices().into_iter().filter(|choice| fits(choice, &sought)).map(|choice| choice.kind).collect::<Vec<_>>()
    });
    let tiles = move || {
        let shown = shown.get();
        choices()
            .into_iter()
            .filter(|choice| shown.contains(&choice.kind))
            .map(|choice| view! { <Tile choice/> })
            .collect_view()
    };
    view! {
        <div class="toolbar" on:input=move |event| typed.set(event_target_value(&event))>
            <Filters action=action><SearchFilter placeholder="GitHub, Stripe, Slack…"/></Filters>
        </div>
        <p class="hidden" role="status">{move || format!("{} types fit", shown.with(Vec::len))}</p>
        <ul class="tiles" data-testid="types">{tiles}</ul>
        <Show when=move || shown.with(Vec::is_empty)>
            <p class="nothing">
                "No provider is called that. "<a href="/sources/new?type=WEBHOOK">"Any webhook"</a>
                " takes requests from everything that can send them, and checks an HMAC where there is one."
            </p>
        </Show>
    }
}

#[component]
fn Tile(choice: Choice) -> impl IntoView {
    view! {
        <li>
            <a class="tile" href=format!("/sources/new?type={}", choice.kind)>
                <TypeMark kind=choice.kind/>
                <span class="words"><strong>{choice.label}</strong><span>{choice.about}</span></span>
                <Icon shape=Shape::Chevron/>
            </a>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_is_found_by_name_and_by_type() {
        let any = choices();
        assert_eq!(any.first().map(|choice| choice.kind), Some(SourceType::WEBHOOK));
        assert!(any.iter().filter(|choice| fits(choice, " WEBHOOK ")).count() >= 1);
        assert!(any.iter().all(|choice| fits(choice, "")));
    }
}
