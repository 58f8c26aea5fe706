//! What reports say of what was seen.

use hookyard_model::{DestinationId, ReceiverCheckId};
use ulid::Ulid;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_000_000);
const END: Timestamp = Timestamp::from_millis(2_000_000);

/// What came of the deliveries: a status and milliseconds, no status for no answer; the rest was not tried.
type Answers<'a> = &'a [(Scenario, &'a [(u16, f64)])];

fn check(scenarios: &[Scenario]) -> Check {
    let planned = |scenario: &Scenario| {
        let first = 100 * (*scenario as u128);
        let count = match scenario {
            Scenario::Duplicate | Scenario::OutOfOrder => 2,
            Scenario::Burst => 4,
            _ => 1,
        };
        let events = (first..first + count).map(|number| EventId::new(Ulid(number))).collect();
        Planned { scenario: *scenario, events, not_applicable: None }
    };
    let plan = Plan {
        answers_within_ms: 1000,
        is_built_in: false,
        ends_at: END,
        scenarios: scenarios.iter().map(planned).collect(),
    };
    let (id, destination_id) = (ReceiverCheckId::new(Ulid(1)), DestinationId::new(Ulid(2)));
    Check { id, destination_id, event_type: "a.b".to_owned(), created_at: START, plan }
}

fn tried(check: &Check, answers: Answers<'_>) -> HashMap<EventId, Tried> {
    let mut found = HashMap::new();
    for (scenario, answers) in answers {
        let planned = check.plan.scenarios.iter().find(|planned| planned.scenario == *scenario).unwrap();
        for (event, (status, latency)) in planned.events.iter().zip(*answers) {
            let good = (200..300).contains(status);
            let message = format!("the connection broke; {ONCE_IN_A_CHECK}");
            found.insert(
                *event,
                Tried {
                    attempt: AttemptId::new(event.ulid()),
                    status: if good { AttemptStatus::Successful } else { AttemptStatus::Failed },
                    response_status: (*status > 0).then_some(*status),
                    error_message: (!good).then_some(message),
                    latency: *latency,
                },
            );
        }
    }
    found
}

fn item_of(scenario: Scenario, answers: Answers<'_>, now: Timestamp) -> CheckItem {
    let check = check(&[Scenario::Valid, Scenario::UnknownFields, scenario]);
    let tried = tried(&check, answers);
    report(check, &tried, now).items.into_iter().skip(2).find(|item| item.scenario == scenario).unwrap()
}

#[test]
fn each_scenario_is_judged_by_what_was_answered() {
    use Finding::{Fail, NotApplicable, Pass};
    for (scenario, answers, finding, evidence, advice) in [
        (Scenario::WrongSignature, &[(401, 5.0)][..], Pass, "It answered 401 in 5 ms.", ""),
        (Scenario::WrongSignature, &[(400, 5.0)], Pass, "It answered 400 in 5 ms.", ""),
        (Scenario::WrongSignature, &[(200, 0.2)], Fail, "accepted what it should refuse", "Verify webhook-signature"),
        (Scenario::MissingSignature, &[(204, 5.0)], Fail, "It answered 204", "Refuse what has no webhook-signature"),
        (Scenario::MissingSignature, &[(500, 5.0)], Fail, "it broke instead of refusing", "Catch the error"),
        (Scenario::StaleTimestamp, &[(202, 5.0)], Fail, "accepted", "more than 5 minutes"),
        (Scenario::StaleTimestamp, &[(302, 5.0)], Fail, "which is no refusal", "redirect"),
        (Scenario::StaleTimestamp, &[(429, 5.0)], NotApplicable, "too busy", ""),
        (Scenario::StaleTimestamp, &[(0, 5.0)], Fail, "after 5 ms: the connection broke.", "Answer 401"),
        (Scenario::Duplicate, &[(200, 5.0), (200, 7.0)], Pass, "and to the second copy it answered 200 in 7 ms", ""),
        (Scenario::Duplicate, &[(200, 5.0), (409, 7.0)], Fail, "To the second copy it answered 409", "handled before"),
        (Scenario::OutOfOrder, &[(200, 5.0), (422, 7.0)], Fail, "To the older event", "compare its date"),
        (Scenario::OutOfOrder, &[(200, 5.0), (200, 7.0)], Pass, "cannot be seen", ""),
        (Scenario::UnknownEventType, &[(400, 5.0)], Fail, "It answered 400", "types that you do not handle"),
        (Scenario::UnknownEventType, &[(200, 5.0)], Pass, "It answered 200", ""),
        (Scenario::MissingOptionalFields, &[(500, 5.0)], Fail, "It answered 500", "possibly absent"),
        (Scenario::LargePayload, &[(413, 5.0)], Fail, "It answered 413", "Raise the limit"),
        (Scenario::LargePayload, &[(0, 60_000.0)], Fail, "no answer after 60000 ms", "reachable"),
        (Scenario::Burst, &[(200, 1.0), (200, 9.0), (200, 2.0), (200, 3.0)], Pass, "All 4 were answered", ""),
        (
            Scenario::Burst,
            &[(200, 1.0), (429, 9.0), (429, 2.0), (0, 3.0)],
            Fail,
            "1 got no answer, 2 got 429",
            "answer at once",
        ),
    ] {
        let good =
            [(Scenario::Valid, &[(200, 3.0)][..]), (Scenario::UnknownFields, &[(200, 3.0)]), (scenario, answers)];
        let item = item_of(scenario, &good, START);
        assert_eq!(item.finding, finding, "{scenario}: {answers:?}: {}", item.evidence);
        assert!(item.evidence.contains(evidence), "{scenario}: {}", item.evidence);
        assert!(item.advice.contains(advice), "{scenario}: {}", item.advice);
        assert_eq!(item.advice.is_empty(), finding != Fail, "{scenario}: {}", item.advice);
        assert!(!item.evidence.contains(ONCE_IN_A_CHECK), "{}", item.evidence);
    }
}

#[test]
fn nothing_is_said_where_ordinary_deliveries_fail() {
    let check = || check(Scenario::ALL);
    for (case, answer, finding) in
        [("it refuses all", &[(401, 3.0)][..], Finding::Fail), ("it was not tried", &[], Finding::NotApplicable)]
    {
        let check = check();
        let tried = tried(&check, &[(Scenario::Valid, answer), (Scenario::WrongSignature, &[(401, 3.0)])]);
        let report = report(check, &tried, END);
        assert!(report.done, "{case}: waited for long enough");
        assert_eq!(report.items[0].finding, finding, "{case}");
        assert!(report.items[1..].iter().all(|item| item.finding == Finding::NotApplicable), "{case}");
    }
    let evidence = "An ordinary delivery was not accepted";
    let check = check();
    let tried = tried(&check, &[(Scenario::Valid, &[(500, 3.0)]), (Scenario::MissingSignature, &[(500, 3.0)])]);
    let item = report(check, &tried, START).items.remove(5);
    assert_eq!((item.scenario, item.finding), (Scenario::MissingSignature, Finding::NotApplicable));
    assert!(item.evidence.starts_with(evidence) && item.advice.contains("first"), "{item:?}");
}

#[test]
fn what_is_not_there_yet_is_waited_for_but_not_for_ever() {
    let all = check(Scenario::ALL);
    let report_of = |answers: Answers<'_>, now| report(check(Scenario::ALL), &tried(&all, answers), now);
    let begun = report_of(&[], START);
    assert_eq!((begun.done, begun.deliveries, begun.tried), (false, 16, 0));
    assert!(begun.items.iter().all(|item| item.finding == Finding::Waiting));
    assert_eq!(begun.items.len(), Scenario::ALL.len() + 1);

    let some: Answers<'_> = &[(Scenario::Valid, &[(200, 3.0)]), (Scenario::Burst, &[(200, 3.0), (503, 4.0)])];
    let burst = |report: &ReceiverCheck| report.items[10].clone();
    let half = report_of(some, START);
    assert_eq!((half.done, half.tried, half.items[0].finding), (false, 3, Finding::Pass));
    assert_eq!(burst(&half).evidence, "2 of 4 deliveries were not tried yet.");
    let ended = report_of(some, END);
    assert!(ended.done);
    assert_eq!(burst(&ended).finding, Finding::Fail, "what was tried is enough to know");
    let duplicate = &ended.items[1];
    assert_eq!(duplicate.finding, Finding::NotApplicable);
    assert_eq!(duplicate.evidence, "2 of 2 deliveries did not go out before the check ended.");
}

#[test]
fn how_fast_it_answers_is_measured_over_ordinary_deliveries() {
    let of = |burst: &[(u16, f64)]| {
        let check = check(&[Scenario::Valid, Scenario::Burst]);
        let tried = tried(&check, &[(Scenario::Valid, &[(200, 10.0)]), (Scenario::Burst, burst)]);
        report(check, &tried, END).items.pop().unwrap()
    };
    let good = of(&[(200, 20.0), (200, 30.0), (200, 999.0), (0, 9999.0)]);
    assert_eq!((good.finding, good.title.as_str()), (Finding::Pass, "Answers within 1000 ms"));
    assert_eq!(good.evidence, "4 answers: half of them within 20 ms, the slowest after 999 ms.");
    let bad = of(&[(200, 20.0), (200, 1001.0), (200, 3000.0), (200, 30.0)]);
    assert_eq!(bad.finding, Finding::Fail);
    assert!(bad.evidence.starts_with("2 of 5 answers took longer: half of them within 30 ms"), "{}", bad.evidence);
    assert!(bad.advice.contains("queue"));
}

#[test]
fn the_padding_is_an_unknown_field() {
    let answers: Answers<'_> = &[
        (Scenario::Valid, &[(200, 3.0)]),
        (Scenario::UnknownFields, &[(422, 3.0)]),
        (Scenario::LargePayload, &[(422, 3.0)]),
    ];
    assert_eq!(item_of(Scenario::LargePayload, answers, START).finding, Finding::NotApplicable);
}

#[test]
fn the_built_in_receiver_is_not_praised() {
    let mut check = check(&[Scenario::Valid, Scenario::WrongSignature]);
    check.plan.is_built_in = true;
    let tried = tried(&check, &[(Scenario::Valid, &[(200, 0.0)]), (Scenario::WrongSignature, &[(200, 0.0)])]);
    let report = report(check, &tried, START);
    assert_eq!(report.items[1].finding, Finding::Fail);
    assert!(report.items[1].evidence.contains("does not verify signatures"));
}

#[test]
fn of_a_burst_the_slowest_and_the_failed_ones_are_named() {
    let check = check(&[Scenario::Valid, Scenario::Burst]);
    let tried = tried(
        &check,
        &[(Scenario::Valid, &[(200, 3.0)]), (Scenario::Burst, &[(200, 1.0), (200, 9.0), (500, 2.0), (200, 3.0)])],
    );
    let named = report(check, &tried, START).items[1].deliveries.clone();
    let seen: Vec<_> = named.iter().map(|delivery| (delivery.response_status, delivery.latency)).collect();
    assert_eq!(seen, [(Some(200), Some(9.0)), (Some(500), Some(2.0))]);
}
