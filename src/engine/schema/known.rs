//! The schemas that events are checked against, read and ready.
//!
//! Forgotten when the team's settings change, on this node at once and on others by a wake-up; should that get lost,
//! looked up anew after [`FRESH`]. A schema that is still the same is not read again.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hookyard_model::{FieldError, Mode, SchemaCheck, TeamId};
use parking_lot::RwLock;
use tokio::{task::spawn_blocking, time::Instant};

use super::Schema;
use crate::{
    Engine,
    error::{Error, Result},
    event_type,
};

/// How long something is believed without looking again.
const FRESH: Duration = Duration::from_secs(5);
/// How many event types are known before all are forgotten: only a bound, so it need not be clever.
const MOST: usize = 2_000;
/// As [`MOST`], in bytes of schemas.
const MOST_BYTES: usize = 8 << 20;
/// Data of more bytes is read and checked where it does not hold up other work, as is what much is asked of.
const LARGE: usize = 16 << 10;

/// What is known of event types.
#[derive(Default)]
pub(crate) struct Checks {
    /// Counts how often something was forgotten: what was read from the database before that may be of the past.
    forgotten: AtomicU64,
    known: RwLock<HashMap<(TeamId, Mode, String), Lookup>>,
}

struct Lookup {
    /// None: the team's settings have changed since.
    read_at: Option<Instant>,
    check: Arc<EventCheck>,
}

/// What is to be done with events of one type.
pub(crate) struct EventCheck {
    pub(crate) policy: SchemaCheck,
    schema: Option<Arc<Kept>>,
}

/// A schema with the text that it was read from.
struct Kept {
    text: String,
    schema: Schema,
}

impl Checks {
    pub(crate) fn forget(&self, team: TeamId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        for ((of, ..), lookup) in self.known.write().iter_mut() {
            if *of == team {
                lookup.read_at = None;
            }
        }
    }

    /// What is known, and whether it is still believed.
    fn find(&self, key: &(TeamId, Mode, String)) -> Option<(Arc<EventCheck>, bool)> {
        let known = self.known.read();
        let lookup = known.get(key)?;
        Some((Arc::clone(&lookup.check), lookup.read_at.is_some_and(|at| at.elapsed() < FRESH)))
    }

    /// Keeps what was looked up when this much was forgotten, unless something was since.
    fn keep(&self, key: (TeamId, Mode, String), lookup: Lookup, forgotten: u64) {
        let mut known = self.known.write();
        // Asked under the lock, which whoever forgets waits for once it is counted.
        if self.forgotten.load(Ordering::SeqCst) != forgotten {
            return;
        }
        let size = |lookup: &Lookup| lookup.check.schema.as_ref().map_or(0, |kept| kept.text.len());
        if !known.contains_key(&key)
            && (known.len() >= MOST || known.values().map(size).sum::<usize>() + size(&lookup) > MOST_BYTES)
        {
            known.clear();
        }
        known.insert(key, lookup);
    }
}

impl EventCheck {
    /// Whether there is anything to check.
    pub(crate) fn is_on(&self) -> bool {
        self.schema.is_some() && self.policy != SchemaCheck::Off
    }

    /// Where data, as JSON, does not fit; pointers start with `/data`.
    pub(crate) async fn mistakes(&self, data: &str) -> Result<Vec<FieldError>> {
        let Some(kept) = &self.schema else { return Ok(Vec::new()) };
        if data.len() <= LARGE {
            match serde_json::from_str(data) {
                Err(error) => return Ok(vec![unreadable(&error)]),
                Ok(data) if kept.schema.is_light(&data) => return Ok(kept.schema.check(&data, "/data")),
                Ok(_) => {}
            }
        }
        let (kept, data) = (Arc::clone(kept), data.to_owned());
        let check = move || match serde_json::from_str(&data) {
            Ok(data) => kept.schema.check(&data, "/data"),
            Err(error) => vec![unreadable(&error)],
        };
        let checked = spawn_blocking(check).await;
        checked.map_err(|_| Error::Broken("the check of an event did not come to its end".to_owned()))
    }
}

/// JSON that is right, and yet holds what no schema can be held against.
fn unreadable(error: &serde_json::Error) -> FieldError {
    let said = error.to_string();
    let detail = if said.starts_with("recursion limit") {
        "is nested too deeply to be checked against this schema"
    } else if said.starts_with("number out of range") {
        "cannot be checked: it holds a number that is too large"
    } else {
        "cannot be checked: it holds a text with half of a \\u pair"
    };
    FieldError::new("/data", detail)
}

impl Engine {
    /// How events of this type are checked; a type that is not in the catalogue is not.
    pub(crate) async fn event_check(&self, team: TeamId, mode: Mode, kind: &str) -> Result<Arc<EventCheck>> {
        let checks = &self.0.routing.checks;
        let key = (team, mode, kind.to_owned());
        let known = checks.find(&key);
        if let Some((check, true)) = known {
            return Ok(check);
        }
        let (read_at, before) = (Instant::now(), checks.forgotten.load(Ordering::SeqCst));
        let (policy, text) = event_type::schema_of(self.db(), team, mode, kind).await?;
        let schema = match (text, known.and_then(|(check, _)| check.schema.clone())) {
            (Some(text), Some(kept)) if kept.text == text => Some(kept),
            (Some(text), _) => read(text).await?,
            (None, _) => None,
        };
        let check = Arc::new(EventCheck { policy, schema });
        checks.keep(key, Lookup { read_at: Some(read_at), check: Arc::clone(&check) }, before);
        Ok(check)
    }
}

/// A stored schema. One that cannot be used, which none is that was checked when it was stored, checks nothing.
async fn read(text: String) -> Result<Option<Arc<Kept>>> {
    let read = move || {
        let schema = Schema::read(&serde_json::from_str(&text).ok()?).ok()?;
        Some(Arc::new(Kept { text, schema }))
    };
    spawn_blocking(read).await.map_err(|_| Error::Broken("a schema could not be read".to_owned()))
}
