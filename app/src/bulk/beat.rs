//! Asking again and again while there is something to follow.

use std::time::Duration;

use leptos::prelude::*;

/// So many beats pass before a question that got no answer is asked again.
const PATIENCE: u32 = 10;

/// A number that grows while somebody looks, each time the answer before is there.
#[derive(Clone, Copy)]
pub(super) struct Beat {
    ticks: RwSignal<u32>,
    is_on: RwSignal<bool>,
    waits: StoredValue<u32>,
}

impl Beat {
    pub(super) fn new(every: Duration) -> Self {
        let beat = Self { ticks: RwSignal::new(0), is_on: RwSignal::new(false), waits: StoredValue::new(0) };
        Effect::new(move |_| {
            if beat.is_on.get()
                && let Ok(timer) = set_interval_with_handle(move || beat.strike(), every)
            {
                on_cleanup(move || timer.clear());
            }
        });
        beat
    }

    fn strike(self) {
        // The page may be gone, or behind another.
        let Some(waits) = self.waits.try_get_value() else { return };
        if document().hidden() {
            return;
        }
        if waits == 0 || waits > PATIENCE {
            self.waits.try_set_value(1);
            self.ticks.try_update(|ticks| *ticks += 1);
        } else {
            self.waits.try_set_value(waits + 1);
        }
    }

    pub(super) fn get(self) -> u32 {
        self.ticks.get()
    }

    /// Says that an answer came, and whether there is more to follow.
    pub(super) fn heard(self, is_more: bool) {
        self.waits.set_value(0);
        if self.is_on.get_untracked() != is_more {
            self.is_on.set(is_more);
        }
    }
}
