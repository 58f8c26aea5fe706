//! What each scenario is, in words.

use hookyard_model::Scenario;

/// What a good receiver does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Accepts,
    Refuses,
    Withstands,
}

impl Expected {
    pub(super) const ALL: [Self; 3] = [Self::Accepts, Self::Refuses, Self::Withstands];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Accepts => "A good receiver accepts these",
            Self::Refuses => "A good receiver refuses these",
            Self::Withstands => "A good receiver withstands these",
        }
    }
}

/// Every scenario, in the order in which they are best tried.
pub(super) const SCENARIOS: [Scenario; 11] = [
    Scenario::Valid,
    Scenario::Duplicate,
    Scenario::OutOfOrder,
    Scenario::MissingOptionalFields,
    Scenario::UnknownFields,
    Scenario::UnknownEventType,
    Scenario::WrongSignature,
    Scenario::MissingSignature,
    Scenario::StaleTimestamp,
    Scenario::LargePayload,
    Scenario::Burst,
];

pub(super) const fn title(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Valid => "Ordinary delivery",
        Scenario::Duplicate => "Duplicate delivery",
        Scenario::OutOfOrder => "Out of order",
        Scenario::StaleTimestamp => "Stale timestamp",
        Scenario::WrongSignature => "Wrong signature",
        Scenario::MissingSignature => "Missing signature",
        Scenario::UnknownEventType => "Unknown event type",
        Scenario::MissingOptionalFields => "Missing optional fields",
        Scenario::UnknownFields => "Unknown fields",
        Scenario::LargePayload => "1 MiB payload",
        Scenario::Burst => "Burst of 50",
    }
}

pub(super) const fn expected(scenario: Scenario) -> Expected {
    match scenario {
        Scenario::Valid
        | Scenario::Duplicate
        | Scenario::OutOfOrder
        | Scenario::UnknownEventType
        | Scenario::MissingOptionalFields
        | Scenario::UnknownFields => Expected::Accepts,
        Scenario::StaleTimestamp | Scenario::WrongSignature | Scenario::MissingSignature => Expected::Refuses,
        Scenario::LargePayload | Scenario::Burst => Expected::Withstands,
    }
}

pub(super) const fn what_is_sent(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Valid => "The payload as it is composed, properly signed.",
        Scenario::Duplicate => "The same event twice, with the same webhook-id.",
        Scenario::OutOfOrder => "Two events, the newer one first.",
        Scenario::StaleTimestamp => {
            "Signed properly, but an hour ago: a delivery that somebody caught and sends again."
        }
        Scenario::WrongSignature => "Signed with a secret that is not this webhook's.",
        Scenario::MissingSignature => "Without the webhook-signature header.",
        Scenario::UnknownEventType => "An event of a type that the receiver has never heard of.",
        Scenario::MissingOptionalFields => "The payload without the fields that its schema does not require.",
        Scenario::UnknownFields => "The payload with fields that its schema does not name.",
        Scenario::LargePayload => "The payload with 1 MiB of text in its data.",
        Scenario::Burst => "50 events at once.",
    }
}

pub(super) const fn what_is_good(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Valid => "Checks the signature, keeps the event, answers 2xx and works on it afterwards.",
        Scenario::Duplicate => "Answers 2xx to both, and acts on one: it remembers the webhook-ids it has seen.",
        Scenario::OutOfOrder => "Answers 2xx to both, and goes by the events' dates rather than by when they came.",
        Scenario::StaleTimestamp => "Answers 4xx: webhook-timestamp is more than five minutes from its own clock.",
        Scenario::WrongSignature | Scenario::MissingSignature => "Answers 401 or another 4xx, and acts on nothing.",
        Scenario::UnknownEventType => "Answers 2xx and does nothing: types are added without asking every receiver.",
        Scenario::MissingOptionalFields => "Answers 2xx: it counts only on what the schema requires.",
        Scenario::UnknownFields => "Answers 2xx: it reads what it knows and skips the rest.",
        Scenario::LargePayload => "Answers 2xx, or 413 where it has a limit; it neither times out nor fails with 5xx.",
        Scenario::Burst => "Answers 2xx to all of them in time: it keeps them first and works later.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_its_place() {
        assert_eq!(SCENARIOS.len(), Scenario::ALL.len());
        assert!(Scenario::ALL.iter().all(|scenario| SCENARIOS.contains(scenario)));
        let in_groups =
            Expected::ALL.map(|group| SCENARIOS.iter().filter(|scenario| expected(**scenario) == group).count());
        assert_eq!(in_groups.iter().sum::<usize>(), SCENARIOS.len());
    }
}
