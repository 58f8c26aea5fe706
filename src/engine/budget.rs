//! How many bytes of payload the process keeps in memory, over all lanes, all captures, or all that is on its way in.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// A number of bytes that may be in memory at once. Clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    used: Arc<AtomicUsize>,
    most: usize,
}

impl Budget {
    pub fn new(most: usize) -> Self {
        Self { used: Arc::default(), most }
    }

    /// Whether so many more fit.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.used.load(Relaxed).saturating_add(bytes) <= self.most
    }

    /// Takes so many until the guard is dropped.
    pub fn hold(&self, bytes: usize) -> Held {
        self.take(bytes);
        Held { budget: self.clone(), bytes }
    }

    pub(crate) fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Relaxed);
    }
}

/// Bytes that are given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    budget: Budget,
    bytes: usize,
}

impl Held {
    /// Takes so many more, if they fit.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let fits = self.budget.has_room(bytes);
        if fits {
            self.budget.take(bytes);
            self.bytes += bytes;
        }
        fits
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}
