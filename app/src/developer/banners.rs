//! What needs somebody's care, above the table of webhooks.

use hookyard_model::Webhook;
use leptos::prelude::*;

use super::{actions::WebhookActions, server::troubled_webhooks};
use crate::{
    live::watch,
    webhook::{Banner, announcement},
};

/// So many are shown; the others are counted.
const AT_MOST: usize = 3;

/// A banner for each webhook that is close to being disabled by itself, or was; those first that were.
#[component]
pub(super) fn Banners(actions: WebhookActions) -> impl IntoView {
    let changed = watch(|_| true);
    let troubled = Resource::new(move || (changed.get(), actions.done()), |_| troubled_webhooks());
    // Enabled from here: what it missed is still to be replayed.
    let enabled = RwSignal::new(Vec::<Webhook>::new());
    Effect::new(move |_| {
        if let Some(webhook) = actions.just_enabled() {
            enabled.update(|enabled| {
                enabled.retain(|other| other.id != webhook.id);
                enabled.push(webhook);
            });
        }
    });
    let all = move || {
        let mut all = troubled.get().and_then(Result::ok).unwrap_or_default();
        // A stable sort: within each half the newest stays first.
        all.sort_by_key(|webhook| webhook.disabled_at.is_none());
        all
    };
    let shown = move || {
        let mut shown: Vec<_> = all().into_iter().take(AT_MOST).collect();
        shown.extend(enabled.get().into_iter().filter(|webhook| !all().iter().any(|other| other.id == webhook.id)));
        shown
    };
    let more = move || Some(all().len().saturating_sub(AT_MOST)).filter(|more| *more > 0);
    // Said once when it changes, not at each refresh: a text that is the same is not written again.
    let announced = move || shown().iter().filter_map(announcement).collect::<Vec<_>>().join(" ");
    view! {
        <Transition>
            <p class="hidden" role="status">{announced}</p>
            <div class="banners">
                <For each=shown key=|webhook| webhook.id let:webhook>
                    {
                        let id = webhook.id;
                        let now = Memo::new(move |before: Option<&Webhook>| {
                            let found = |list: &[Webhook]| list.iter().find(|webhook| webhook.id == id).cloned();
                            let troubled = troubled.with(|list| list.as_ref()?.as_ref().ok().and_then(|list| found(list)));
                            let enabled = move || enabled.with(|list| found(list));
                            troubled.or_else(enabled).or_else(|| before.cloned()).unwrap_or_else(|| webhook.clone())
                        });
                        view! { <Banner now actions named=true/> }
                    }
                </For>
                {move || more().map(|more| view! {
                    <p class="aside">"And "{more}" more: see the statuses in the table below."</p>
                })}
            </div>
        </Transition>
    }
}
