//! The parts of the simulator.

use std::str::FromStr;

/// A part of the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Compose,
    Scenarios,
    Check,
}

impl Tab {
    pub(super) const ALL: [Self; 3] = [Self::Compose, Self::Scenarios, Self::Check];

    /// In the address.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Scenarios => "scenarios",
            Self::Check => "check",
        }
    }

    /// For people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Compose => "Compose",
            Self::Scenarios => "Scenarios",
            Self::Check => "Receiver check",
        }
    }

    pub(super) fn id(self) -> String {
        format!("simulate-{}", self.word())
    }

    /// The tab that a key leads to from this one.
    pub(super) fn beside(self, key: &str) -> Option<Self> {
        let [first, .., last] = Self::ALL;
        let at = Self::ALL.iter().position(|tab| *tab == self)?;
        match key {
            "ArrowRight" => Some(Self::ALL.get(at + 1).copied().unwrap_or(first)),
            "ArrowLeft" => Some(at.checked_sub(1).and_then(|at| Self::ALL.get(at)).copied().unwrap_or(last)),
            "Home" => Some(first),
            "End" => Some(last),
            _ => None,
        }
    }
}

impl FromStr for Tab {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|tab| tab.word() == word).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_around() {
        for (from, key, to) in [
            (Tab::Compose, "ArrowRight", Some(Tab::Scenarios)),
            (Tab::Check, "ArrowRight", Some(Tab::Compose)),
            (Tab::Compose, "ArrowLeft", Some(Tab::Check)),
            (Tab::Check, "ArrowLeft", Some(Tab::Scenarios)),
            (Tab::Scenarios, "Home", Some(Tab::Compose)),
            (Tab::Scenarios, "End", Some(Tab::Check)),
            (Tab::Scenarios, "a", None),
        ] {
            assert_eq!(from.beside(key), to, "{key} from {from:?}");
        }
    }
}
