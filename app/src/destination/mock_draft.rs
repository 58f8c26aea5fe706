//! What is typed into the form about the built-in receiver.

use hookyard_model::{Drip, Mock};
use leptos::prelude::*;

use super::{
    draft::{Taking, text},
    header_rows::{HeaderRows, fill_rows, rows},
};
use crate::typed::{Typed, refill};

/// What the names of its headers' fields begin with.
pub(super) const HEADERS: &str = "mock-headers";

/// How the built-in receiver is to behave.
#[derive(Clone, Copy)]
pub(super) struct MockDraft {
    pub(super) status: RwSignal<String>,
    pub(super) delay_ms: RwSignal<String>,
    pub(super) drips: RwSignal<bool>,
    pub(super) chunks: RwSignal<String>,
    pub(super) over_ms: RwSignal<String>,
    pub(super) body: RwSignal<String>,
    pub(super) headers: HeaderRows,
    pub(super) fail_first: RwSignal<String>,
    pub(super) fail_percent: RwSignal<String>,
}

impl MockDraft {
    pub(super) fn of(mock: Mock) -> Self {
        let drip = mock.drip.unwrap_or(Drip { chunks: 10, over_ms: 5000 });
        Self {
            status: text(mock.status),
            delay_ms: text(mock.delay_ms),
            drips: RwSignal::new(mock.drip.is_some()),
            chunks: text(drip.chunks),
            over_ms: text(drip.over_ms),
            headers: rows(&mock.headers),
            body: text(mock.body.unwrap_or_default()),
            fail_first: text(mock.fail_first),
            fail_percent: text(mock.fail_percent),
        }
    }

    /// Takes over what was typed, by the names of the fields.
    pub(super) fn fill(self, typed: &Typed) {
        let fields = [
            ("mock_status", self.status),
            ("mock_delay", self.delay_ms),
            ("chunks", self.chunks),
            ("over_ms", self.over_ms),
            ("mock_body", self.body),
            ("fail_first", self.fail_first),
            ("fail_percent", self.fail_percent),
        ];
        refill(typed, &fields);
        if typed.contains_key("mock_status") {
            self.drips.set(typed.contains_key("drips"));
        }
        fill_rows(self.headers, typed, HEADERS);
    }

    pub(super) fn taken(self, taking: &mut Taking) -> Mock {
        Mock {
            status: taking.number(self.status, "/config/mock/status"),
            delay_ms: taking.number(self.delay_ms, "/config/mock/delay_ms"),
            drip: self.drips.get_untracked().then(|| Drip {
                chunks: taking.number(self.chunks, "/config/mock/drip/chunks"),
                over_ms: taking.number(self.over_ms, "/config/mock/drip/over_ms"),
            }),
            headers: taking.headers(self.headers, "/config/mock/headers"),
            body: Some(self.body.get_untracked()).filter(|body| !body.is_empty()),
            fail_first: taking.number(self.fail_first, "/config/mock/fail_first"),
            fail_percent: taking.number(self.fail_percent, "/config/mock/fail_percent"),
        }
    }
}
