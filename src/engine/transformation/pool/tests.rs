//! Whose turn it is, and threads that do not come back.

use std::sync::mpsc;

use ulid::Ulid;

use super::*;

fn task(turn: u128, script: Option<u128>, work: impl FnOnce(&Seat) -> Report + Send + 'static) -> Task {
    Task {
        turn: Turn::Connection(ConnectionId::new(Ulid(turn))),
        scripts: script.map(|script| TransformationId::new(Ulid(script))).into_iter().collect(),
        is_large: false,
        work: Box::new(work),
        stuck: Box::new(|| {}),
    }
}

fn pool(threads: usize) -> Pool {
    Pool { shared: Arc::default(), threads, stuck_after: Duration::from_millis(50) }
}

#[test]
fn turns_go_round_by_connection() {
    let pool = pool(1);
    let (told, heard) = mpsc::channel();
    for (turn, name) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")] {
        let told = told.clone();
        pool.push(task(turn, None, move |_| {
            told.send(name).unwrap();
            Report::default()
        }));
    }
    pool.start();
    let order: Vec<_> = heard.iter().take(6).collect();
    assert_eq!(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
    pool.stop();
}

#[test]
fn what_was_slow_has_half_of_the_threads() {
    let pool = pool(2);
    pool.shared.state.lock().slow.insert(TransformationId::new(Ulid(7)), Instant::now());
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (told, heard) = mpsc::channel();
    for turn in 1..=3 {
        let (held, told) = (Arc::clone(&held), told.clone());
        pool.push(task(turn, Some(7), move |_| {
            told.send("slow").unwrap();
            held.lock().recv().unwrap();
            Report { runs: vec![(Some(TransformationId::new(Ulid(7))), Duration::from_secs(1))], stopped_after: None }
        }));
    }
    pool.start();
    assert_eq!(heard.recv().unwrap(), "slow");
    for _ in 0..3 {
        let told = told.clone();
        pool.push(task(9, Some(8), move |_| {
            told.send("quick").unwrap();
            Report::default()
        }));
        assert_eq!(heard.recv().unwrap(), "quick", "a thread is left to those that are not slow");
    }
    for _ in 0..2 {
        release.send(()).unwrap();
        assert_eq!(heard.recv().unwrap(), "slow");
    }
    release.send(()).unwrap();
    pool.stop();
}

#[test]
fn a_thread_that_nothing_stops_is_given_up() {
    let pool = pool(1);
    let (release, held) = mpsc::channel::<()>();
    let (told, heard) = mpsc::channel();
    let stuck = told.clone();
    pool.push(Task {
        stuck: Box::new(move || stuck.send("stuck").unwrap()),
        ..task(1, None, move |seat| {
            seat.begins("hash");
            held.recv().unwrap();
            assert!(seat.is_given_up());
            Report::default()
        })
    });
    let next = told.clone();
    pool.push(task(2, None, move |_| {
        next.send("next").unwrap();
        Report::default()
    }));
    pool.start();
    while heard.try_recv().map_or(true, |word| word != "stuck") {
        pool.watch();
        thread::yield_now();
    }
    assert_eq!(heard.recv().unwrap(), "next", "another thread has its place");
    assert!(pool.is_banned("hash") && !pool.is_banned("other"));
    release.send(()).unwrap();
    pool.stop();
}
