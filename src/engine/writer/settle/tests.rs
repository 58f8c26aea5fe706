use hookyard_model::{
    Actor, AttemptFilter, AttemptHistogram, AttemptStatus, ConnectionId, DestinationId, EventId, Mode, TeamId, Trigger,
    UserId, Who,
};
use ulid::Ulid;

use super::*;
use crate::{
    db::{self, Db},
    delivery::{Lanes, PendingKey},
    rollup,
    writer::{NewAttempt, Op, batch},
};

const MINUTE: i64 = 60_000;
/// A whole minute.
const START: i64 = 1_800_000_000_000;

/// What came of the `number`th attempt, so long after the start.
fn settlement(number: u128, after: i64, status: AttemptStatus) -> Op {
    let at = Timestamp::from_millis(START + after);
    let lane = LaneKey { team: TeamId::new(Ulid(1)), mode: Mode::Test, destination: DestinationId::new(Ulid(2)) };
    let event = EventId::new(Ulid(number));
    Op::Settle(Box::new(Settlement {
        lane,
        epoch: 1,
        event,
        connection: ConnectionId::new(Ulid(3)),
        pending: PendingKey { rank: 0, due_at: at, event },
        attempt: NewAttempt {
            id: AttemptId::new(Ulid::from_parts(at.millis().cast_unsigned(), number)),
            number: 1,
            cause: Trigger::Initial,
            status,
            error: None,
            method: "POST",
            url: None,
            request_headers: "[]".to_owned(),
            response_status: None,
            response_headers: None,
            response_body: None,
            response_truncated: false,
            timings: "{}".to_owned(),
            sent_at: at,
            responded_at: None,
        },
        status: EventStatus::Successful,
        next: None,
        size: 0,
        health: None,
        breaker: None,
        failed_at: None,
    }))
}

/// How many attempts were counted: successful and failed.
async fn counted(db: &Db) -> (u64, u64) {
    let who = Actor { team: TeamId::new(Ulid(1)), mode: Mode::Test, who: Who::User(UserId::new(Ulid(4))) };
    let from = Timestamp::from_millis(START);
    let mut histogram = AttemptHistogram::empty(from, Timestamp::from_millis(START + 9 * MINUTE), 10);
    rollup::fill(db, &who, &AttemptFilter::default(), &mut histogram).await.unwrap();
    let sum = |count: fn(&hookyard_model::AttemptBucket) -> u64| histogram.buckets.iter().map(count).sum();
    (sum(|bucket| bucket.successful), sum(|bucket| bucket.failed))
}

#[tokio::test]
async fn an_attempt_is_counted_once_however_often_its_commit_is_made() {
    let path = std::env::temp_dir().join(format!("hookyard-settle-{}.db", std::process::id()));
    let db = db::open(&format!("sqlite://{}", path.display())).await.unwrap();
    let lanes = Lanes::new("test".to_owned());
    let (good, bad) = (AttemptStatus::Successful, AttemptStatus::Failed);
    let first = || [settlement(1, 0, good), settlement(2, 10, bad), settlement(3, MINUTE, good)];
    batch::commit(&db, &first(), &lanes, 0).await.unwrap();
    assert_eq!(counted(&db).await, (2, 1));
    // As when nobody knows whether the first commit happened, and more came meanwhile.
    let again: Vec<_> = first().into_iter().chain([settlement(4, 2 * MINUTE, bad)]).collect();
    batch::commit(&db, &again, &lanes, 0).await.unwrap();
    assert_eq!(counted(&db).await, (2, 2));
    batch::commit(&db, &again, &lanes, 0).await.unwrap();
    assert_eq!(counted(&db).await, (2, 2));
    db.close().await;
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn of_two_holders_in_one_commit_the_one_that_has_the_lane_tells_how_the_destination_does() {
    const LANE: &str = "INSERT INTO lane (team_id, mode, destination_id, held_until, epoch, due_at, nudges, slow_until) \
         VALUES ($1, $2, $3, 0, 2, 0, 0, 0)";
    const DESTINATION: &str = "INSERT INTO destination (team_id, mode, id, name, kind, is_webhook, config, \
         consecutive_failures, created_at, updated_at) VALUES ($1, $2, $3, '', 'HTTP', FALSE, '{}', 7, 0, 0)";
    const FOUND: &str = "SELECT consecutive_failures, disabled_reason FROM destination";
    let path = std::env::temp_dir().join(format!("hookyard-settle-epochs-{}.db", std::process::id()));
    let db = db::open(&format!("sqlite://{}", path.display())).await.unwrap();
    let Db::Sqlite(pools) = &db else { unreachable!("it was opened as SQLite") };
    let of_epoch = |number: u128, epoch: i64, consecutive_failures: u32, disable: Option<&str>| {
        let Op::Settle(mut settlement) = settlement(number, 0, AttemptStatus::Failed) else {
            unreachable!("it is one")
        };
        settlement.epoch = epoch;
        settlement.health = Some(HealthUpdate {
            order: epoch << 32,
            consecutive_failures,
            failing_since: None,
            last_error: None,
            disable: disable.map(str::to_owned),
        });
        Op::Settle(settlement)
    };
    let Op::Settle(any) = settlement(1, 0, AttemptStatus::Failed) else { unreachable!("it is one") };
    for sql in [LANE, DESTINATION] {
        let key = any.lane;
        sqlx::query(sql).bind(key.team).bind(key.mode).bind(key.destination).execute(&pools.write).await.unwrap();
    }
    let lanes = Lanes::new("test".to_owned());
    let both = [of_epoch(1, 1, 9, Some("the former holder said so")), of_epoch(2, 2, 1, None)];
    batch::commit(&db, &both, &lanes, 0).await.unwrap();
    let found: (i64, Option<String>) = sqlx::query_as(FOUND).fetch_one(&pools.read).await.unwrap();
    assert_eq!(found, (1, None));
    db.close().await;
    std::fs::remove_file(path).unwrap();
}
