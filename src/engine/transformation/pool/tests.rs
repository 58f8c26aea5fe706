//! Whose turn it is, and threads that do not come back.

use std::sync::mpsc;

use ulid::Ulid;

use super::*;

fn task(turn: u128, script: Option<u128>, work: impl FnOnce(&Seat) -> Report + Send + 'static) -> Task {
    Task {
        turn: Turn::Connection(ConnectionId::new(Ulid(turn))),
        team: TeamId::new(Ulid(1)),
        scripts: script.map(|script| TransformationId::new(Ulid(script))).into_iter().collect(),
        is_large: false,
        work: Box::new(work),
        stuck: Box::new(|| {}),
    }
}

fn owner(transformation: Option<u128>) -> Owner {
    Owner { team: TeamId::new(Ulid(1)), transformation: transformation.map(|id| TransformationId::new(Ulid(id))) }
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
fn a_thread_goes_on_after_a_panic() {
    let pool = pool(1);
    let (told, heard) = mpsc::channel();
    let stuck = told.clone();
    let broken = task(1, None, |_| panic!("on purpose"));
    pool.push(Task { stuck: Box::new(move || stuck.send("stuck").unwrap()), ..broken });
    pool.push(task(2, None, move |_| {
        told.send("next").unwrap();
        Report::default()
    }));
    pool.start();
    assert_eq!(heard.iter().take(2).collect::<Vec<_>>(), ["stuck", "next"]);
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
            seat.begins(owner(Some(7)));
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
    while heard.try_recv() != Ok("stuck") {
        pool.watch();
        thread::yield_now();
    }
    assert_eq!(heard.recv().unwrap(), "next", "another thread has its place");
    assert!(pool.is_banned(&owner(Some(7))), "whatever its code is meanwhile");
    assert!(!pool.is_banned(&owner(Some(8))) && !pool.is_banned(&owner(None)));
    assert!(!pool.is_refused(TeamId::new(Ulid(1))));
    release.send(()).unwrap();
    pool.stop();
}

#[test]
fn a_team_that_gets_threads_stuck_is_refused_and_others_go_on() {
    const MANY: usize = 12;
    let pool = pool(1);
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (told, heard) = mpsc::channel();
    pool.start();
    for number in 0..MANY {
        let (held, told) = (Arc::clone(&held), told.clone());
        pool.push(Task {
            stuck: Box::new(move || told.send("stuck").unwrap()),
            ..task(number as u128, None, move |seat| {
                seat.begins(owner(None));
                let _ = held.lock().recv();
                Report::default()
            })
        });
        while heard.try_recv() != Ok("stuck") {
            pool.watch();
            thread::yield_now();
        }
        assert_eq!(pool.is_refused(TeamId::new(Ulid(1))), number + 1 >= GIVEN_UP, "{number}");
    }
    assert!(!pool.is_refused(TeamId::new(Ulid(2))));
    pool.push(task(99, None, move |_| {
        told.send("another").unwrap();
        Report::default()
    }));
    assert_eq!(heard.recv().unwrap(), "another", "there is a thread for others however many are stuck");
    for _ in 0..MANY {
        release.send(()).unwrap();
    }
    while pool.is_refused(TeamId::new(Ulid(1))) {
        thread::yield_now();
    }
    pool.stop();
}
