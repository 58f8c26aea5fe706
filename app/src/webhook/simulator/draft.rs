//! What is being composed. It outlives the panel: what was typed is still there when the panel opens again.

use std::collections::HashMap;

use hookyard_model::{EventType, SavedPayload, Scenario, Simulation, Timestamp, Webhook};
use leptos::prelude::*;

use super::sample::Fresh;
use crate::ui::json_mistake;

/// Event types to choose from, under a heading: names and what is shown for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) label: &'static str,
    pub(super) types: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) kind: RwSignal<String>,
    pub(super) payload: RwSignal<String>,
    pub(super) exact: RwSignal<bool>,
    /// What was typed for event types that are not chosen now.
    set_aside: StoredValue<HashMap<String, String>>,
    /// What was there before something else was put in its place.
    former: RwSignal<Option<Former>>,
    catalogue: StoredValue<Vec<EventType>>,
}

#[derive(Clone)]
struct Former {
    kind: String,
    payload: String,
    exact: bool,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            kind: RwSignal::default(),
            payload: RwSignal::default(),
            exact: RwSignal::new(false),
            set_aside: StoredValue::default(),
            former: RwSignal::new(None),
            catalogue: StoredValue::default(),
        }
    }

    /// Begins with the first event type, unless something is there already. The values are no fresh ones: server and
    /// browser must come to the same text; see [`Self::refresh`].
    pub(super) fn begin(self, groups: &[Group], catalogue: Vec<EventType>) {
        self.catalogue.set_value(catalogue);
        let first = groups.iter().flat_map(|group| &group.types).next();
        if let (Some((name, _)), true) = (first, self.kind.with_untracked(String::is_empty)) {
            self.kind.set(name.clone());
            self.payload.set(self.stale(name));
        }
    }

    /// Puts values of this moment in the place of those that the page came with.
    pub(super) fn refresh(self) {
        let name = self.kind.get_untracked();
        if self.payload.with_untracked(|payload| *payload == self.stale(&name)) {
            self.payload.set(self.fresh(&name));
        }
    }

    /// Goes on with another event type, with what was typed for it before or else its example.
    pub(super) fn choose(self, name: String) {
        let before = self.kind.get_untracked();
        let payload = self.set_aside.try_update_value(|set_aside| {
            set_aside.insert(before, self.payload.get_untracked());
            set_aside.remove(&name)
        });
        self.payload.set(payload.flatten().unwrap_or_else(|| self.fresh(&name)));
        self.kind.set(name);
        self.former.set(None);
    }

    /// Puts a new example in the place of what was typed.
    pub(super) fn start_afresh(self) {
        self.keep_former();
        self.payload.set(self.kind.with_untracked(|name| self.fresh(name)));
    }

    pub(super) fn load(self, saved: SavedPayload) {
        self.keep_former();
        self.kind.set(saved.kind);
        self.payload.set(saved.payload);
        self.exact.set(saved.exact);
    }

    pub(super) fn can_bring_back(self) -> bool {
        self.former.with(Option::is_some)
    }

    pub(super) fn bring_back(self) {
        if let Some(former) = self.former.get_untracked() {
            self.kind.set(former.kind);
            self.payload.set(former.payload);
            self.exact.set(former.exact);
            self.former.set(None);
        }
    }

    fn keep_former(self) {
        let (kind, payload) = (self.kind.get_untracked(), self.payload.get_untracked());
        self.former.set(Some(Former { kind, payload, exact: self.exact.get_untracked() }));
    }

    /// Why it cannot be sent as it is.
    pub(super) fn obstacle(self) -> Option<String> {
        self.payload.with(|payload| match json_mistake(payload) {
            Some(mistake) => {
                Some(format!("The payload is not JSON: line {}, column {}.", mistake.line, mistake.column))
            }
            None if payload.trim_start().starts_with('{') => None,
            None => Some("The payload is the event's envelope: a JSON object.".to_owned()),
        })
    }

    /// What is sent; none where there is an obstacle.
    pub(super) fn simulation(self, scenario: Option<Scenario>) -> Option<Simulation> {
        let payload = self.payload.with_untracked(|payload| serde_json::from_str(payload)).ok()?;
        Some(Simulation { kind: self.kind.get_untracked(), payload, exact: self.exact.get_untracked(), scenario })
    }

    fn fresh(self, name: &str) -> String {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far from the limits")]
        let now = Timestamp::from_millis(js_sys::Date::now() as i64);
        self.envelope(name, Fresh::new(now, js_sys::Math::random))
    }

    fn stale(self, name: &str) -> String {
        let at = self.catalogue.with_value(|types| types.iter().map(|kind| kind.updated_at).max()).unwrap_or_default();
        self.envelope(name, Fresh::new(at, || 0.5))
    }

    fn envelope(self, name: &str, mut fresh: Fresh<impl FnMut() -> f64>) -> String {
        self.catalogue.with_value(|types| fresh.envelope(name, types.iter().find(|kind| kind.name == name)))
    }
}

/// The webhook's own types first, then the others of the catalogue.
pub(super) fn groups(webhook: &Webhook, catalogue: &[EventType]) -> Vec<Group> {
    let label = |name: &String| match catalogue.iter().find(|kind| kind.name == *name) {
        Some(kind) if kind.deprecated_at.is_some() => (name.clone(), format!("{} (deprecated)", kind.label)),
        Some(kind) => (name.clone(), kind.label.clone()),
        None => (name.clone(), name.clone()),
    };
    let own = webhook.event_types.iter().map(label).collect();
    let others = catalogue.iter().map(|kind| &kind.name).filter(|name| !webhook.event_types.contains(name));
    let groups = [("Sent to this webhook", own), ("Other event types", others.map(label).collect::<Vec<_>>())];
    groups.into_iter().filter(|(_, types)| !types.is_empty()).map(|(label, types)| Group { label, types }).collect()
}
