//! The values that a script sees as its environment: shown to nobody once they are stored.

use std::collections::BTreeMap;

use hookyard_model::{FieldError, REDACTED, Secret};
use leptos::prelude::*;

use crate::ui::{Icon, Shape};

#[derive(Clone, Copy)]
struct Row {
    key: u32,
    name: RwSignal<String>,
    value: RwSignal<String>,
    is_stored: bool,
}

/// An environment under way.
#[derive(Clone, Copy)]
pub(super) struct EnvDraft {
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<u32>,
}

impl EnvDraft {
    pub(super) fn new(env: &BTreeMap<String, Secret>) -> Self {
        let row = |(key, name): (u32, &String)| Row {
            key,
            name: RwSignal::new(name.clone()),
            value: RwSignal::new(REDACTED.to_owned()),
            is_stored: true,
        };
        let rows: Vec<_> = (0..).zip(env.keys()).map(row).collect();
        Self { next: StoredValue::new(u32::try_from(rows.len()).unwrap_or_default()), rows: RwSignal::new(rows) }
    }

    /// What is typed; rows without a name do not count.
    pub(super) fn get(self) -> BTreeMap<String, Secret> {
        let named = |row: &Row| (row.name.get().trim().to_owned(), Secret::new(row.value.get()));
        self.rows.with(|rows| rows.iter().map(named).filter(|(name, _)| !name.is_empty()).collect())
    }

    fn add(self) {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        let row = Row { key, name: RwSignal::default(), value: RwSignal::default(), is_stored: false };
        self.rows.update(|rows| rows.push(row));
    }
}

/// Empty rows for those who cannot add any; to remove a value without scripts, its name is emptied.
const ROWS_TO_FILL: &str = r#"<ul>
<li><input type="text" name="env[new-1][name]" aria-label="Name of a new value" placeholder="API_TOKEN" autocomplete="off"><input type="password" name="env[new-1][value]" aria-label="New value" placeholder="value" autocomplete="new-password"></li>
<li><input type="text" name="env[new-2][name]" aria-label="Name of another new value" placeholder="API_TOKEN" autocomplete="off"><input type="password" name="env[new-2][value]" aria-label="Another new value" placeholder="value" autocomplete="new-password"></li>
</ul>"#;

#[component]
pub(super) fn EnvEditor(env: EnvDraft, mistakes: Signal<Vec<FieldError>>) -> impl IntoView {
    let wrong = move || {
        mistakes.with(|all| {
            all.iter()
                .filter(|one| one.pointer.starts_with("/env"))
                .map(|one| {
                    let name = one.pointer.trim_start_matches("/env").trim_start_matches('/');
                    if name.is_empty() { one.detail.clone() } else { format!("{name}: {}", one.detail) }
                })
                .collect::<Vec<_>>()
        })
    };
    let remove = move |key: u32| env.rows.update(|rows| rows.retain(|row| row.key != key));
    view! {
        <fieldset class="env">
            <legend>"Environment"</legend>
            <p class="aside">"The script reads them as "<code>"context.env.NAME"</code>". They are stored encrypted and never shown again, not even in what a script writes."</p>
            <ul>
                <For each=move || env.rows.get() key=|row| row.key let:row>
                    <li>
                        <input type="text" name=format!("env[row-{}][name]", row.key) aria-label="Name" placeholder="API_TOKEN" autocomplete="off" autocapitalize="off" spellcheck="false"
                            value=row.name.get_untracked() prop:value=row.name
                            on:input:target=move |event| row.name.set(event.target().value())/>
                        <input type="password" name=format!("env[row-{}][value]", row.key) aria-label="Value" placeholder="value" autocomplete="new-password"
                            value=row.value.get_untracked() prop:value=row.value
                            on:focus:target=move |event| if row.is_stored && row.value.with_untracked(|value| value == REDACTED) { event.target().select() }
                            on:input:target=move |event| row.value.set(event.target().value())/>
                        <button type="button" class="button quiet icon-only" aria-label=move || format!("Remove {}", row.name.get())
                            on:click=move |_| remove(row.key)><Icon shape=Shape::Bin/></button>
                    </li>
                </For>
            </ul>
            <noscript inner_html=ROWS_TO_FILL></noscript>
            {move || wrong().into_iter().map(|words| view! { <p class="mistake" role="alert">{words}</p> }).collect_view()}
            <button type="button" class="button small" on:click=move |_| env.add()><Icon shape=Shape::Plus/>"Add value"</button>
        </fieldset>
    }
}
