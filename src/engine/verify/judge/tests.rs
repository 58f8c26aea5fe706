use hookyard_model::{BulkOperationId, DestinationId, EventId, RequestId};
use ulid::Ulid;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn known() -> Known {
    Known { since: NOW, rosters: HashSet::new() }
}

#[track_caller]
fn is(case: &str, amiss: &Amiss, rule: Option<VerifyRule>) {
    let rules: Vec<_> = amiss.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, rule.into_iter().collect::<Vec<_>>(), "{case}: {amiss:?}");
}

#[test]
fn a_request_ends_in_what_it_says() {
    use VerifyRule::{RequestEvents as Events, RequestIgnored as Ignored, RequestOutcome as Outcome};
    let well = RequestRow {
        id: RequestId::first_at(NOW),
        status: RequestStatus::Accepted,
        events_count: 2,
        ignored_count: 2,
        ignored: Some(r#"{"FILTERED":["con_00000000000000000000000001"],"NO_CONNECTION":[]}"#.into()),
        given_up: 0,
        events: 2,
    };
    let none = RequestRow { events_count: 0, ignored_count: 0, ignored: None, events: 0, ..well.clone() };
    let rejected = RequestRow { status: RequestStatus::Rejected, ..none.clone() };
    for (case, row, rule) in [
        ("all there", well.clone(), None),
        ("an event is missing", RequestRow { events: 1, ..well.clone() }, Some(Events)),
        ("an event too many", RequestRow { events: 3, ..well.clone() }, Some(Events)),
        ("an ignored one is missing", RequestRow { ignored_count: 3, ..well.clone() }, Some(Ignored)),
        ("one more ended after its scripts", RequestRow { ignored_count: 3, given_up: 1, ..well.clone() }, None),
        ("which is not counted", RequestRow { given_up: 1, ..well.clone() }, Some(Ignored)),
        ("unreadable", RequestRow { ignored: Some("{".into()), ..well.clone() }, Some(Ignored)),
        ("nobody knows by whom", RequestRow { ignored: Some(r#"{"FILTERED":"x:Aw"}"#.into()), ..well }, Some(Ignored)),
        ("nothing came of it", none, Some(Outcome)),
        ("rejected", rejected.clone(), None),
        ("rejected, with an event", RequestRow { events: 1, ..rejected }, Some(Outcome)),
    ] {
        is(case, &row.judge(&known()), rule);
    }
}

fn delivered() -> EventRow {
    EventRow {
        id: EventId::first_at(NOW),
        request_id: RequestId::first_at(NOW),
        status: EventStatus::Successful,
        attempts: 2,
        next_attempt_at: None,
        data_id: None,
        retry_parent_id: None,
        bulk_id: None,
        tried: 2,
        succeeded: 1,
        queued: 0,
        untransformed: false,
        transforming: 0,
        requests: 1,
        payloads: 1,
        parents: 1,
        items: 1,
        holders: 1,
    }
}

#[test]
fn an_event_is_where_it_says() {
    use VerifyRule::{
        EventAttempts as Attempts, EventDelivered as Delivered, EventHeld as Held, EventQueued as Queued, Transforming,
    };
    let done = delivered();
    let status = EventStatus::Queued;
    let (attempts, tried, succeeded) = (0, 0, 0);
    let stage = EventRow { status, untransformed: true, transforming: 1, attempts, tried, succeeded, ..done.clone() };
    let status = EventStatus::Scheduled;
    let waits = EventRow { status, next_attempt_at: Some(NOW), queued: 1, succeeded: 0, ..done.clone() };
    let held = EventRow { status: EventStatus::Hold, ..waits.clone() };
    for (case, row, rule) in [
        ("delivered", done.clone(), None),
        ("is to be transformed", stage.clone(), None),
        ("is to be transformed, by nobody", EventRow { transforming: 0, ..stage.clone() }, Some(Transforming)),
        ("is transformed and in that queue", EventRow { untransformed: false, ..stage }, Some(Transforming)),
        ("delivered and in that queue", EventRow { transforming: 1, ..done.clone() }, Some(Transforming)),
        ("an attempt is missing", EventRow { tried: 1, ..done.clone() }, Some(Attempts)),
        ("one more by a node that lost its lane", EventRow { tried: 3, ..done.clone() }, None),
        ("two more", EventRow { tried: 4, ..done.clone() }, Some(Attempts)),
        ("none of them succeeded", EventRow { succeeded: 0, ..done.clone() }, Some(Delivered)),
        ("done and yet due", EventRow { next_attempt_at: Some(NOW), ..done }, Some(Queued)),
        ("waits", waits.clone(), None),
        ("waits nowhere", EventRow { queued: 0, ..waits.clone() }, Some(Queued)),
        ("waits twice", EventRow { queued: 2, ..waits.clone() }, Some(Queued)),
        ("waits for no time", EventRow { next_attempt_at: None, queued: 0, ..waits }, Some(Queued)),
        ("held", held.clone(), None),
        ("held by nothing", EventRow { holders: 0, ..held }, Some(Held)),
    ] {
        is(case, &row.judge(&known()), rule);
    }
}

#[test]
fn an_event_has_what_it_names() {
    use VerifyRule::{BulkItem, EventParent as Parent, EventPayload as Payload, EventRequest as Request};
    let done = delivered();
    let parent = Some(EventId::first_at(NOW));
    let old = Some(EventId::first_at(NOW.minus(Duration::from_secs(1))));
    for (case, row, rule) in [
        ("without a request", EventRow { requests: 0, ..done.clone() }, Some(Request)),
        ("without what it carries", EventRow { payloads: 0, ..done.clone() }, Some(Payload)),
        ("sent again for nothing", EventRow { retry_parent_id: parent, parents: 0, ..done.clone() }, Some(Parent)),
        ("sent again for what is past its time", EventRow { retry_parent_id: old, parents: 0, ..done.clone() }, None),
        ("made twice of one item", EventRow { items: 0, ..done }, Some(BulkItem)),
    ] {
        is(case, &row.judge(&known()), rule);
    }
}

#[test]
fn the_queue_has_what_waits() {
    use VerifyRule::{LaneDue, QueuedEvent as Queued};
    let destination = DestinationId::new(Ulid(1));
    let well = PendingRow {
        event_id: EventId::first_at(NOW),
        destination_id: destination,
        rank: 0,
        due_at: NOW,
        event_status: Some(EventStatus::Queued),
        event_destination: Some(destination),
        event_due_at: Some(NOW),
        is_looked_after: true,
    };
    let elsewhere = Some(DestinationId::new(Ulid(2)));
    for (case, row, rule) in [
        ("waits", well.clone(), None),
        ("no event", PendingRow { event_status: None, ..well.clone() }, Some(Queued)),
        ("done", PendingRow { event_status: Some(EventStatus::Failed), ..well.clone() }, Some(Queued)),
        ("another destination's", PendingRow { event_destination: elsewhere, ..well.clone() }, Some(Queued)),
        ("another time", PendingRow { event_due_at: Some(Timestamp::NEVER), ..well.clone() }, Some(Queued)),
        ("nobody sends it", PendingRow { is_looked_after: false, ..well }, Some(LaneDue)),
    ] {
        is(case, &row.judge(), rule);
    }
}

#[test]
fn a_lane_is_due_for_what_is_due() {
    let lane = |due_at, first_due_at| LaneRow { destination_id: DestinationId::new(Ulid(1)), due_at, first_due_at };
    for (case, row, rule) in [
        ("nothing waits", lane(Timestamp::NEVER, None), None),
        ("all is held", lane(Timestamp::NEVER, Some(Timestamp::NEVER)), None),
        ("in time", lane(NOW, Some(NOW)), None),
        ("the receiver asked for an hour", lane(NOW.plus(Duration::from_hours(1)), Some(NOW)), None),
        ("nobody looks", lane(Timestamp::NEVER, Some(NOW)), Some(VerifyRule::LaneDue)),
    ] {
        is(case, &row.judge(), rule);
    }
}

#[test]
fn an_item_has_what_was_made_of_it() {
    use VerifyRule::BulkItem;
    let well = ItemRow {
        operation_id: BulkOperationId::new(Ulid(1)),
        target_id: "evt_1".to_owned(),
        status: BulkItemStatus::Done,
        new_event_id: Some(EventId::first_at(NOW)),
        new_request_id: None,
        events: 1,
        requests: 0,
    };
    let pending = ItemRow { status: BulkItemStatus::Pending, new_event_id: None, events: 0, ..well.clone() };
    for (case, row, rule) in [
        ("delivered", well.clone(), None),
        ("its event is gone", ItemRow { events: 0, ..well.clone() }, Some(BulkItem)),
        ("nothing was made of it", ItemRow { new_event_id: None, ..well.clone() }, Some(BulkItem)),
        ("its turn has not come", pending.clone(), None),
        ("its turn has not come, and yet", ItemRow { status: BulkItemStatus::Pending, ..well }, Some(BulkItem)),
        ("skipped", ItemRow { status: BulkItemStatus::Skipped, ..pending }, None),
    ] {
        is(case, &row.judge(&known()), rule);
    }
}

#[test]
fn an_operation_counts_its_items() {
    let well = OperationRow {
        id: BulkOperationId::new(Ulid(1)),
        status: BulkStatus::Running,
        planned_at: Some(NOW),
        finished_at: None,
        total_count: 10,
        pending_count: 3,
        open_count: 1,
        done_count: 2,
        failed_count: 2,
        retrying_count: 1,
        skipped_count: 1,
        cancelled_count: 1,
        total: 10,
        pending: 3,
        open: 1,
        done: 2,
        failed: 1,
        retrying: 1,
        skipped: 1,
        cancelled: 1,
        is_stuck: false,
    };
    let cancelled = OperationRow {
        status: BulkStatus::Cancelled,
        pending_count: 0,
        cancelled_count: 4,
        finished_at: Some(NOW),
        ..well.clone()
    };
    let wrong = OperationRow { done_count: 3, ..well.clone() };
    let old = Some(NOW.minus(Duration::from_secs(1)));
    for (case, row, rule) in [
        ("running", well.clone(), None),
        ("cancelled", cancelled.clone(), None),
        ("one too many", wrong.clone(), Some(VerifyRule::BulkCounts)),
        ("standing still", OperationRow { is_stuck: true, ..well.clone() }, Some(VerifyRule::BulkMoves)),
        ("never begun", OperationRow { is_stuck: true, planned_at: None, ..well.clone() }, Some(VerifyRule::BulkMoves)),
        ("still being written down", OperationRow { planned_at: None, ..wrong.clone() }, None),
        ("past its time", OperationRow { finished_at: old, ..wrong }, None),
        ("said to be over", OperationRow { status: BulkStatus::Completed, ..well }, Some(VerifyRule::BulkCounts)),
    ] {
        is(case, &row.judge(&known()), rule);
    }
}
