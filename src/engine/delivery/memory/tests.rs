//! What a lane's memory does with what comes and goes.

use std::sync::Arc;

use bytes::Bytes;
use hookyard_model::{DestinationId, Mode, RequestId, TeamId, Trigger};
use ulid::Ulid;

use super::*;
use crate::{delivery::Forwarded, simulator::Staged};

fn waiting(number: u128, rank: u8) -> Waiting {
    let lane = crate::delivery::LaneKey {
        team: TeamId::new(Ulid(1)),
        mode: Mode::Test,
        destination: DestinationId::new(Ulid(2)),
    };
    let due_at = Timestamp::from_millis(i64::try_from(number).unwrap());
    Waiting {
        lane,
        key: PendingKey { rank, due_at, event: EventId::new(Ulid(number)) },
        connection: ConnectionId::new(Ulid(3)),
        event_type: None,
        webhook_id: String::new(),
        simulated: false,
        attempts: 0,
        probes: 0,
        cause: Trigger::Initial,
        parcel: Arc::new(Parcel {
            request: RequestId::new(Ulid(4)),
            enveloped: false,
            body: Bytes::from_static(b"x"),
            content_type: None,
            path: String::new(),
            query: String::new(),
            headers: Forwarded::default(),
            method: None,
            replay_of: None,
            staged: None,
        }),
        is_announced: false,
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_000_000)
}

/// A memory that has read an empty table.
fn empty() -> Memory {
    let mut memory = Memory::new(Budget::new(usize::MAX));
    while let Some((rank, _)) = memory.wants(now()) {
        memory.begin_read(rank, now());
        memory.end_read(rank, Vec::new(), false, Timestamp::NEVER);
    }
    memory
}

#[test]
fn what_is_pushed_is_sent_in_order_and_live_before_retries() {
    let mut memory = empty();
    for (number, rank) in [(5, 1), (2, 0), (1, 2), (3, 0)] {
        memory.announce(EventId::new(Ulid(number)));
        memory.push(waiting(number, rank));
    }
    let order: Vec<u128> = std::iter::from_fn(|| memory.take()).map(|w| w.key.event.ulid().0).collect();
    assert_eq!(order, [2, 3, 5, 1]);
    assert_eq!(memory.sending(), 4);
    assert!(!memory.is_idle());
}

#[test]
fn an_event_that_is_announced_read_and_pushed_is_sent_once() {
    let mut memory = empty();
    let event = EventId::new(Ulid(7));
    memory.look_again();
    memory.begin_read(0, now());
    memory.announce(event);
    memory.end_read(0, vec![waiting(7, 0)], false, Timestamp::NEVER);
    memory.push(waiting(7, 0));
    assert!(memory.take().is_some());
    assert!(memory.take().is_none());
}

#[test]
fn what_was_read_before_all_was_dropped_is_read_again() {
    let mut memory = empty();
    memory.look_again();
    memory.begin_read(0, now());
    // Something of it may have been cancelled.
    memory.drop_all();
    memory.end_read(0, vec![waiting(7, 0)], false, Timestamp::NEVER);
    assert!(memory.take().is_none());
    assert_eq!(memory.wants(now()).map(|(rank, _)| rank), Some(0));
    memory.begin_read(0, now());
    memory.end_read(0, vec![waiting(8, 0)], false, Timestamp::NEVER);
    assert_eq!(memory.take().map(|waiting| waiting.key.event.ulid().0), Some(8));
}

#[test]
fn an_event_that_was_settled_during_a_read_is_not_sent_again() {
    let mut memory = empty();
    memory.announce(EventId::new(Ulid(7)));
    memory.push(waiting(7, 0));
    let sent = memory.take().unwrap();
    memory.look_again();
    memory.begin_read(0, now());
    memory.forget(sent.key.event);
    memory.end_read(0, vec![waiting(7, 0)], false, Timestamp::NEVER);
    assert!(memory.take().is_none());
}

#[test]
fn an_event_that_was_cancelled_during_a_read_or_before_its_push_is_not_sent() {
    let mut memory = empty();
    memory.look_again();
    memory.begin_read(0, now());
    memory.announce(EventId::new(Ulid(8)));
    for number in [7, 8] {
        memory.forget_waiting(EventId::new(Ulid(number)));
    }
    memory.end_read(0, vec![waiting(7, 0)], false, Timestamp::NEVER);
    memory.push(waiting(8, 0));
    assert!(memory.take().is_none());
}

#[test]
fn an_event_that_was_held_before_its_push_is_read_anew() {
    let mut memory = empty();
    memory.announce(EventId::new(Ulid(8)));
    // Its row has another place in the queue since.
    memory.forget_waiting(EventId::new(Ulid(8)));
    memory.push(waiting(8, 0));
    assert!(memory.take().is_none());
    assert_eq!(memory.wants(now()).map(|(rank, _)| rank), Some(0));
}

#[test]
fn what_is_said_while_the_table_is_looked_at_counts() {
    let mut memory = empty();
    for say in [Memory::look_again as fn(&mut Memory), |memory| memory.push(waiting(7, 1))] {
        let said = memory.said();
        say(&mut memory);
        assert!(!memory.settle_down(said));
        assert!(memory.wants(now()).is_some());
        let said = memory.said();
        assert!(memory.settle_down(said));
        assert_eq!(memory.wants(now()), None);
    }
}

#[test]
fn what_does_not_fit_is_read_again() {
    let mut memory = empty();
    for number in 0..2000 {
        memory.announce(EventId::new(Ulid(number)));
        memory.push(waiting(number, 0));
    }
    assert_eq!(memory.wants(now()), None, "there is enough in memory");
    for _ in 0..900 {
        let sent = memory.take().unwrap();
        memory.forget(sent.key.event);
    }
    assert!(matches!(memory.wants(now()), Some((0, rows)) if rows >= 512));
}

#[test]
fn a_retry_that_falls_due_is_read() {
    let mut memory = empty();
    assert!(memory.is_idle());
    memory.expect(Timestamp::from_millis(2_000_000));
    assert_eq!(memory.wants(now()), None);
    let due = Timestamp::from_millis(2_000_000);
    // Whatever its rank is.
    for expected in [0, 1, 2, 3] {
        let (rank, _) = memory.wants(due).unwrap();
        assert_eq!(rank, expected);
        memory.begin_read(rank, due);
        memory.end_read(rank, Vec::new(), false, Timestamp::NEVER);
    }
    assert!(memory.wants(due).is_none() && memory.is_idle());
}

#[test]
fn a_check_leaves_room_to_what_is_live() {
    let mut memory = empty();
    let staged = Some(Staged { scenario: hookyard_model::Scenario::Burst, is_check: true });
    for number in 1..=4 {
        memory.announce(EventId::new(Ulid(number)));
        let mut waiting = waiting(number, 1);
        waiting.parcel = Arc::new(Parcel { staged, ..Arc::into_inner(waiting.parcel).unwrap() });
        memory.push(waiting);
    }
    for _ in 0..2 {
        assert!(!memory.must_make_room(4));
        memory.take();
    }
    assert!(memory.must_make_room(4));
    memory.announce(EventId::new(Ulid(9)));
    memory.push(waiting(9, 0));
    assert!(!memory.must_make_room(4), "something live comes first");
    assert_eq!(memory.take().unwrap().key.event, EventId::new(Ulid(9)));
    assert!(memory.must_make_room(4));
    memory.sent(EventId::new(Ulid(1)));
    assert!(!memory.must_make_room(4));
    memory.take();
    memory.forget(EventId::new(Ulid(2)));
    assert!(!memory.must_make_room(4));
}

#[test]
fn what_recovery_keeps_waiting_takes_no_room_of_what_is_live() {
    let mut memory = empty();
    let large = |number: u128, rank: u8| {
        let mut waiting = waiting(number, rank);
        let body = Bytes::from(vec![0; 1 << 20]);
        waiting.parcel = Arc::new(Parcel { body, ..Arc::into_inner(waiting.parcel).unwrap() });
        waiting
    };
    for number in 0..100 {
        memory.announce(EventId::new(Ulid(number)));
        memory.push(large(number, 3));
    }
    assert_eq!(memory.recovering(), (0, true));
    for number in 100..110 {
        memory.announce(EventId::new(Ulid(number)));
        memory.push(large(number, 0));
    }
    let sent: Vec<u8> = std::iter::from_fn(|| memory.take()).map(|waiting| waiting.key.rank).collect();
    assert_eq!(sent, [vec![0; 10], vec![3; 4]].concat(), "all that is live, and few of the others");
    assert_eq!(memory.recovering(), (4, false));
    memory.sent(EventId::new(Ulid(0)));
    memory.forget(EventId::new(Ulid(1)));
    assert_eq!(memory.recovering(), (2, false));
}
