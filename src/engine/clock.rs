//! Time and chance, passed in, so that tests move the clock instead of sleeping.

use std::{sync::Arc, time::Duration};

use hookyard_model::Timestamp;
use parking_lot::Mutex;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::watch;
use ulid::Ulid;

/// The time of day: the machine's, or one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Manual(Arc<watch::Sender<i64>>),
}

impl Clock {
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still until [`Self::advance`] moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Kind::Manual(Arc::new(watch::Sender::new(start.millis()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System => system_now(),
            Kind::Manual(millis) => Timestamp::from_millis(*millis.borrow()),
        }
    }

    /// Moves a manual clock on; the system's goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Kind::Manual(millis) = &self.0 {
            millis.send_modify(|now| *now = Timestamp::from_millis(*now).plus(by).millis());
        }
    }

    /// Returns when it is `time` or later.
    pub async fn sleep_until(&self, time: Timestamp) {
        match &self.0 {
            Kind::System => {
                // Bounded, so that a change of the machine's time is noticed.
                while let wait = time.since(self.now())
                    && !wait.is_zero()
                {
                    tokio::time::sleep(wait.min(Duration::from_mins(1))).await;
                }
            }
            Kind::Manual(millis) => {
                let mut millis = millis.subscribe();
                // The sender lives in `self`, so this ends only when the time has come.
                let _ = millis.wait_for(|now| *now >= time.millis()).await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Where unique numbers and random bytes come from.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    random: SystemRandom,
    last: Arc<Mutex<Ulid>>,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self { random: SystemRandom::new(), last: Arc::new(Mutex::new(Ulid::nil())) }
    }

    /// A ULID that is greater than every one given before, even within a millisecond, so that rows go to the end of
    /// their index and lists keep the order in which things were made.
    pub(crate) fn unique(&self, now: Timestamp) -> Ulid {
        let millis = now.millis().max(0).cast_unsigned();
        let mut last = self.last.lock();
        *last = if millis > last.timestamp_ms() {
            Ulid::from_parts(millis, u128::from_be_bytes(self.bytes()) >> 48)
        } else {
            // An odd step is enough to be unique; ids made in one millisecond are no secret.
            Ulid(last.0 + 0x1_0001)
        };
        *last
    }

    /// A ULID whose random part cannot be guessed from any other: for what an id alone gives access to.
    pub(crate) fn unguessable(&self, now: Timestamp) -> Ulid {
        Ulid::from_parts(now.millis().max(0).cast_unsigned(), u128::from_be_bytes(self.bytes()) >> 48)
    }

    /// Bytes that nobody can guess.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// A random number from 0 up to, not including, 1.
    pub(crate) fn fraction(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.bytes())) / (f64::from(u32::MAX) + 1.0)
    }

    /// A random UUID, version 4 (RFC 9562).
    pub(crate) fn uuid(&self) -> String {
        let mut bytes: [u8; 16] = self.bytes();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = hex::encode(bytes);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_numbers_grow_within_a_millisecond() {
        let ids = Ids::new();
        let now = Timestamp::from_millis(1_700_000_000_000);
        let many: Vec<_> = (0..1000).map(|_| ids.unique(now)).collect();
        assert!(many.is_sorted_by(|a, b| a < b));
        assert_eq!(many[999].timestamp_ms(), 1_700_000_000_000);
    }

    #[test]
    fn a_uuid_says_its_version() {
        let uuid = Ids::new().uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    }
}
