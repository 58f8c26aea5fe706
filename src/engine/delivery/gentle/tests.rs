//! The pace of recovery against simulated receivers, in time that passes only here: what is asserted is exact.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "counts and times of a simulation are small and not negative"
)]

mod receiver;

use hookyard_model::PaceState;
use receiver::{Receiver, Recovery, Report};

use super::*;

#[track_caller]
fn assert_gentle(report: &Report, ideal: f64, most_longer: f64) {
    assert!(report.drained_at <= ideal * 1.2, "ideal {ideal:.1} s: {report}");
    assert!(report.overloads() < 0.003, "{report}");
    assert!(report.live_mean <= report.live_mean_before * most_longer, "{report}");
}

#[test]
fn a_receiver_with_a_queue_is_kept_busy_and_not_overrun() {
    for bound in [20, 200] {
        let report = Recovery { items: 20_000, live: 20.0, ..Recovery::default() }.run(Receiver::queue(8, 40.0, bound));
        assert_gentle(&report, 20_000.0 / 180.0, 1.15);
        assert!(report.live_p99 < 2.0 * 41.0, "{report}");
    }
}

#[test]
fn answers_that_always_take_differently_long_are_not_taken_for_load() {
    for bound in [20, 200] {
        let mut receiver = Receiver::queue(8, 40.0, bound);
        receiver.varies = true;
        let report = Recovery { items: 20_000, live: 20.0, ..Recovery::default() }.run(receiver);
        // As its queue fills up by chance, too, it cannot be used to the full.
        assert!(report.drained_at <= 20_000.0 / 180.0 * 1.4, "{report}");
        assert!(report.overloads() < 0.003, "{report}");
        assert!(report.live_mean <= report.live_mean_before * 1.5, "{report}");
    }
}

#[test]
fn what_holds_it_up_is_how_many_may_be_under_way_and_the_queue_empties_all_the_same() {
    for most in [8, 9, 10, 12] {
        let mut receiver = Receiver::queue(8, 40.0, 16);
        receiver.comes_back_within = Some(30_000.0);
        let report = Recovery { items: 30_000, live: 20.0, most, ..Recovery::default() }.run(receiver);
        // From a quarter of 200/s to all of it.
        assert_gentle(&report, 30.0 + (30_000.0 - 105.0 * 30.0) / 180.0, 1.15);
    }
}

#[test]
fn a_cold_receiver_is_found_to_be_warm() {
    for bound in [20, 200] {
        let mut receiver = Receiver::queue(8, 40.0, bound);
        receiver.cold_for = 30_000.0;
        let report = Recovery { items: 10_000, live: 20.0, ..Recovery::default() }.run(receiver);
        // A quarter of 200/s for half a minute.
        assert_gentle(&report, 30.0 + (10_000.0 - 30.0 * 30.0) / 180.0, 1.3);
    }
}

#[test]
fn a_receiver_that_comes_back_bit_by_bit_is_followed() {
    for bound in [16, 50] {
        let mut receiver = Receiver::queue(8, 40.0, bound);
        receiver.comes_back_within = Some(30_000.0);
        let report = Recovery { items: 10_000, live: 20.0, ..Recovery::default() }.run(receiver);
        // From a quarter of 200/s to all of it.
        assert_gentle(&report, 30.0 + (10_000.0 - 105.0 * 30.0) / 180.0, 1.3);
    }
}

#[test]
fn what_nobody_knows_of_a_receiver_is_found_out() {
    for (bound, most) in [(16, 16), (200, 32), (16, 10)] {
        for back in [None, Some(30_000.0)] {
            let mut receiver = Receiver::queue(8, 40.0, bound);
            receiver.comes_back_within = back;
            let report =
                Recovery { items: 20_000, live: 20.0, most, is_first: true, ..Recovery::default() }.run(receiver);
            // From a quarter of 200/s to all of it.
            let ideal = back.map_or(20_000.0 / 180.0, |_| 30.0 + (20_000.0 - 105.0 * 30.0) / 180.0);
            assert!(report.drained_at <= ideal * 1.2, "ideal {ideal:.1} s: {report}");
            assert!(report.refused == 0 && report.live_mean < 1.15 * 41.0, "{report}");
            assert!(report.live_p99 < 2.1 * 41.0, "{report}");
        }
    }
}

#[test]
fn a_limiter_is_kept_to() {
    for (window, burst) in [(1000.0, 200), (100.0, 20)] {
        let receiver = Receiver::limiter(window, burst, 10.0);
        let report = Recovery { items: 40_000, live: 20.0, ..Recovery::default() }.run(receiver);
        assert_gentle(&report, 40_000.0 / 180.0, 1.05);
    }
}

#[test]
fn a_limiter_that_counts_for_long_is_understood() {
    let receiver = Receiver::limiter(10_000.0, 2000, 10.0);
    let report = Recovery { items: 40_000, live: 20.0, ..Recovery::default() }.run(receiver);
    let ideal = 40_000.0 / 180.0;
    assert!(report.drained_at <= ideal * 1.2, "ideal {ideal:.1} s: {report}");
    // Most of them of what is live, while it learnt.
    assert!(report.overloads() < 0.01, "{report}");
}

#[test]
fn a_limiter_that_counts_for_a_minute_is_understood() {
    for (limit, live) in [(60, 0.0), (60, 0.2), (300, 1.0), (10, 0.0)] {
        let items = limit * 15;
        let receiver = Receiver::limiter(60_000.0, limit, 10.0);
        let report = Recovery { items, live, for_seconds: 3600.0, ..Recovery::default() }.run(receiver);
        let ideal = f64::from(items) * 60.0 / (f64::from(limit) - live * 60.0);
        assert_eq!(report.stopped_at, None, "{limit}, {live} live: {report}");
        assert!(report.drained_at <= ideal * 1.2, "{limit}, {live} live, ideal {ideal:.1} s: {report}");
        // Some while it learns how many are borne in which time, which is a few minutes.
        assert!(report.overloads() < 0.06 + 3.0 / f64::from(limit), "{limit}, {live} live: {report}");
    }
}

#[test]
fn a_receiver_that_dies_while_it_takes_its_share_is_left_alone_in_some_minutes() {
    let mut receiver = Receiver::queue(8, 40.0, 50);
    receiver.dies_after = Some(2000);
    let report = Recovery { items: 20_000, for_seconds: 3600.0, ..Recovery::default() }.run(receiver);
    assert!(report.stopped_at.is_some_and(|at| at < 300.0), "{report}");
    assert!(report.sent < 2000 + 60, "{report}");
}

#[test]
fn a_quick_receiver_gets_thousands_a_second() {
    let report = Recovery { items: 400_000, live: 20.0, ..Recovery::default() }.run(Receiver::queue(8, 1.6, 200));
    assert_gentle(&report, 400_000.0 / 4980.0, 2.0);
}

#[test]
fn a_receiver_that_is_down_is_left_alone_soon() {
    for receiver in [Receiver::dead(503, 2.0), Receiver::dead(0, 0.5), Receiver::dead(500, 5.0)] {
        let report = Recovery { items: 10_000, for_seconds: 120.0, ..Recovery::default() }.run(receiver);
        assert!(report.stopped_at.is_some_and(|at| at < 60.0), "{report}");
        assert!(report.sent <= 30, "{report}");
    }
}

#[test]
fn failures_that_are_no_overload_slow_nothing() {
    let mut receiver = Receiver::queue(8, 40.0, 50);
    receiver.fails = 0.3;
    let report = Recovery { items: 20_000, live: 20.0, ..Recovery::default() }.run(receiver);
    assert_gentle(&report, 20_000.0 / 180.0, 1.3);
    assert_eq!(report.stopped_at, None);
}

#[test]
fn it_starts_slowly_and_never_sends_a_burst() {
    let report = Recovery { items: 5000, live: 20.0, ..Recovery::default() }.run(Receiver::queue(8, 40.0, 50));
    assert!(report.most_at_once <= 2, "{report}");
    assert!(report.sent_in[0] <= 10, "{report}");
    for pair in report.sent_in.windows(2) {
        assert!(pair[1] <= pair[0] * 5 / 2, "{report}");
    }
}

#[test]
fn an_operators_limit_is_not_for_what_a_breaker_held() {
    for (is_bulk, expected) in [(true, 1..=1), (false, 5..=12)] {
        let mut gentle = Gentle::new();
        gentle.bound(16, Some((1, Duration::from_hours(1))));
        let mut sent = 0;
        for millis in 10_000..11_000 {
            let now = Timestamp::from_millis(millis);
            if gentle.ready(is_bulk, 0, now).is_ok() {
                gentle.take(now);
                sent += 1;
            }
        }
        assert!(expected.contains(&sent), "{is_bulk}: {sent}");
    }
}

#[test]
fn an_operator_sets_a_limit() {
    let report = Recovery { items: 2000, limit: Some((50, Duration::from_secs(1))), ..Recovery::default() }
        .run(Receiver::queue(8, 40.0, 50));
    assert!(report.sent_in.iter().all(|sent| *sent <= 51), "{report}");
    assert!(report.drained_at <= 2000.0 / 50.0 * 1.2, "{report}");
    let told = report.readings.last().unwrap();
    assert_eq!((told.state, told.allowed), (PaceState::Steady, 50.0));
    assert_eq!(told.reason.as_deref(), Some("at the limit that was set"));
}

#[test]
fn what_it_tells_of_itself_is_true() {
    let report =
        Recovery { items: 10_000, live: 20.0, ..Recovery::default() }.run(Receiver::limiter(1000.0, 200, 10.0));
    let state = |second: usize| report.readings[second].state;
    assert_eq!(state(1), PaceState::Starting);
    let refused = report.readings.iter().position(|told| told.state == PaceState::BackingOff).unwrap();
    let why = report.readings[refused].reason.as_deref().unwrap_or_default();
    assert!(why.starts_with("it answered 429 at ") && why.ends_with(" a second"), "{why}");
    let told = report.readings.last().unwrap();
    assert_eq!(told.state, PaceState::Steady);
    let why = told.reason.as_deref().unwrap_or_default();
    assert!(why.starts_with("just below where it answered 429 ") && why.ends_with(" s ago"), "{why}");
    assert!((told.sent - told.allowed).abs() < told.allowed * 0.05, "{told:?}");
    assert_eq!((told.latency_ms, told.base_latency_ms, told.error_rate), (11.0, 11.0, 0.0));
}

#[test]
fn slow_answers_are_told_before_any_refusal() {
    let report = Recovery { items: 10_000, live: 20.0, ..Recovery::default() }.run(Receiver::queue(8, 40.0, 50));
    let why: Vec<_> = report.readings.iter().filter(|told| told.state == PaceState::BackingOff).collect();
    let first = why.first().and_then(|told| told.reason.as_deref()).unwrap_or_default();
    assert!(first.starts_with("its answers took ") && first.ends_with(" ms instead of 41 ms"), "{first}");
}

#[test]
fn how_long_it_takes_is_told_before() {
    let (milliseconds, live) = (Duration::from_millis, 20.0);
    for (name, receiver, latency) in [
        ("a queue", (|| Receiver::queue(8, 40.0, 200)) as fn() -> Receiver, milliseconds(41)),
        ("a short queue", || Receiver::queue(8, 40.0, 20), milliseconds(41)),
        ("a slow one", || Receiver::queue(16, 400.0, 200), milliseconds(401)),
        ("a limiter", || Receiver::limiter(1000.0, 200, 10.0), milliseconds(11)),
    ] {
        // What it bears is known from a recovery before.
        let before = Recovery { items: 4000, live, ..Recovery::default() }.run(receiver());
        let bears = before.readings.last().and_then(|told| told.bears).unwrap();
        for items in [20, 200, 2000, 20_000] {
            let took = Recovery { items, live, ..Recovery::default() }.run(receiver()).drained_at;
            let told = expected(u64::from(items), bears, None, latency).as_secs_f64();
            assert!((took / 1.5..took * 1.5).contains(&told), "{name}, {items}: {told:.1} s told, {took:.1} s taken");
        }
    }
}

#[test]
fn what_nobody_measured_is_told_as_the_least_that_it_may_take() {
    for (receiver, latency) in [
        (Receiver::queue(8, 40.0, 200), 41_u32),
        (Receiver::limiter(1000.0, 200, 10.0), 11),
        (Receiver::queue(8, 1.6, 200), 3),
    ] {
        let took = Recovery { items: 20_000, ..Recovery::default() }.run(receiver).drained_at;
        let told =
            expected(20_000, 16.0 * 1000.0 / f64::from(latency), None, Duration::from_millis(u64::from(latency)));
        assert!(told.as_secs_f64() <= took * 1.05, "{told:?} told, {took:.1} s taken");
    }
}

/// What came of a try at `at`, in milliseconds.
fn heard(at: i64, status: u16) -> Heard {
    let at = Timestamp::from_millis(at);
    let outcome = Outcome::Answered(status);
    Heard { is_gentle: true, is_bulk: true, outcome, sent_at: at, at, latency: Some(Duration::from_millis(5)) }
}

#[test]
fn it_stops_itself_and_goes_on_slowly_when_it_is_told_to() {
    let mut gentle = Gentle::new();
    for number in 0..20 {
        gentle.heard(heard(1000 + number * 100, if number % 10 < 3 { 200 } else { 400 }));
        assert_eq!(gentle.is_stopped(), number >= 15, "{number}");
    }
    let at = Timestamp::from_millis;
    let told = gentle.reading((at(0), false), at(3000));
    let reason = "10 of the last 16 tries failed, the last with 400";
    assert_eq!((told.state, told.reason.as_deref(), told.allowed), (PaceState::Stopped, Some(reason), 0.0));
    // It says so once, and again only when nobody seems to have heard.
    assert_eq!(gentle.order(Some(false), at(3000)).as_deref(), Some(reason));
    assert_eq!(gentle.order(Some(false), at(3100)), None);
    assert_eq!(gentle.order(Some(false), at(9000)).as_deref(), Some(reason));
    assert_eq!(gentle.order(Some(true), at(9100)), None);
    assert!(gentle.is_stopped());
    assert_eq!(gentle.order(Some(false), at(20_000)), None);
    assert!(!gentle.is_stopped());
    assert_eq!(gentle.reading((at(0), false), at(20_000)).state, PaceState::Starting);
    assert!(gentle.allowed() <= START, "{}", gentle.allowed());
}

#[test]
fn a_run_of_failures_among_many_tries_does_not_stop_it() {
    let mut gentle = Gentle::new();
    for number in 0..300 {
        gentle.heard(heard(1000 + number * 10, if number % 50 >= 35 { 500 } else { 200 }));
        assert!(!gentle.is_stopped(), "{number}");
    }
}

#[test]
fn it_starts_anew_when_it_is_told_to() {
    let mut gentle = Gentle::new();
    gentle.bound(16, None);
    gentle.rate = 180.0;
    gentle.is_starting = false;
    gentle.usual = Some((40.0, Timestamp::from_millis(1000)));
    gentle.restart();
    assert_eq!((gentle.rate, gentle.is_starting, gentle.most), (START, true, 16));
    assert_eq!(gentle.usual.map(|(millis, _)| millis), Some(40.0));
}
