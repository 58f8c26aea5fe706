//! What is wrong with a simulated request on purpose, as far as capture and delivery must know.

use std::fmt;

use hookyard_model::Scenario;

/// What is wrong with a request on purpose. Its column's text is the scenario, after `check:` in a receiver check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) scenario: Scenario,
    /// Whether it belongs to a receiver check.
    pub(crate) is_check: bool,
}

const CHECK: &str = "check:";

/// Why a delivery of a receiver check is not tried again.
pub(super) const ONCE_IN_A_CHECK: &str = "a receiver check tries each delivery once";

impl Staged {
    /// From its column's text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (text, is_check) = text.strip_prefix(CHECK).map_or((text, false), |scenario| (scenario, true));
        Some(Self { scenario: text.parse().ok()?, is_check })
    }

    /// Whether a good receiver refuses it.
    pub(crate) const fn is_to_be_refused(self) -> bool {
        matches!(self.scenario, Scenario::StaleTimestamp | Scenario::WrongSignature | Scenario::MissingSignature)
    }

    /// Why it is tried only once, if it is: to be refused is what some are for, and a check measures first tries.
    pub(crate) const fn only_once(self) -> Option<&'static str> {
        match self.scenario {
            _ if self.is_check => Some(ONCE_IN_A_CHECK),
            Scenario::StaleTimestamp => Some("its timestamp was an hour old on purpose, so it is not tried again"),
            Scenario::WrongSignature => Some("it was signed with a wrong key on purpose, so it is not tried again"),
            Scenario::MissingSignature => Some("it was not signed, on purpose, so it is not tried again"),
            _ => None,
        }
    }
}

impl fmt::Display for Staged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", if self.is_check { CHECK } else { "" }, self.scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for scenario in Scenario::ALL {
            for is_check in [false, true] {
                let staged = Staged { scenario: *scenario, is_check };
                assert_eq!(Staged::read(&staged.to_string()), Some(staged));
            }
        }
        assert_eq!(Staged::read("check:"), None);
    }
}
