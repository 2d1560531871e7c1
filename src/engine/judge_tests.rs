//! What follows from a series of looks, as a table.

use super::*;
use crate::engine::clock::now;
use crate::model::{Kind, OutputValues, Tags};

const SETTLE_S: u64 = 30;

fn record(size: i64, state: State) -> Sight {
    Ok(Some(Record {
        kind: Kind::new("disk"),
        id: "disk-1".to_owned(),
        values: Values::from([("size".into(), Value::Int(size))]),
        outputs: OutputValues::new(),
        tags: Tags::new(),
        state,
    }))
}

fn busy(words: &str) -> Sight {
    record(1, State::Busy(words.to_owned()))
}

fn broken(words: &str) -> Sight {
    record(1, State::Broken(words.to_owned()))
}

fn fault(class: FaultClass) -> Sight {
    Err(Fault::own(class, "store:FindDisk", "no"))
}

/// What follows from looks at these seconds, the last of them.
fn finding(goal: Goal<'_>, looks: &[(u64, Sight)]) -> Finding {
    let start = now();
    let mut judge = Judge::new(goal, Duration::from_secs(SETTLE_S));
    let mut last = Finding::Waiting;
    for (at_s, sight) in looks {
        assert_eq!(last, Finding::Waiting, "it was decided before");
        last = judge.look(sight, start + Duration::from_secs(*at_s));
    }
    last
}

/// A name, what is seen after so many milliseconds, and what follows.
type Row = (&'static str, Vec<(u64, Sight)>, Finding);

#[test]
fn a_resource_that_shall_work() {
    let want = Values::from([("size".into(), Value::Int(1))]);
    let differs = || Cause::NotAsWanted {
        attributes: vec!["size".to_owned()],
    };
    let broke = |message: &str| Cause::Broken {
        message: message.to_owned(),
    };
    let ready = || record(1, State::Ready);
    let other = || record(2, State::Ready);
    let leaving = || record(1, State::Leaving);
    let none = || Ok(None);
    let failed = Finding::Failed;
    let table: Vec<Row> = vec![
        ("ready", vec![(1, ready())], Finding::Reached),
        (
            "busy first",
            vec![(1, busy("pending")), (9, ready())],
            Finding::Reached,
        ),
        (
            "not seen for long",
            vec![(1, none()), (299, none())],
            Finding::Waiting,
        ),
        (
            "never seen",
            vec![(1, none()), (301, none())],
            failed(Cause::Vanished),
        ),
        (
            "a stale look",
            vec![(1, busy("")), (2, none()), (31, none())],
            Finding::Waiting,
        ),
        (
            "gone",
            vec![(1, busy("")), (2, none()), (32, none())],
            failed(Cause::Vanished),
        ),
        (
            "being deleted",
            vec![(1, leaving()), (31, leaving())],
            failed(Cause::Vanished),
        ),
        (
            "old attributes",
            vec![(1, other()), (30, other()), (31, ready())],
            Finding::Reached,
        ),
        (
            "rolled back",
            vec![(1, other()), (31, other())],
            failed(differs()),
        ),
        (
            "doubts do not add up",
            vec![(1, other()), (20, none()), (40, other()), (69, other())],
            Finding::Waiting,
        ),
        (
            "broken",
            vec![(1, broken("no room"))],
            failed(broke("no room")),
        ),
        (
            "a read that may pass",
            vec![
                (1, fault(FaultClass::Throttled)),
                (2, fault(FaultClass::Unknown)),
            ],
            Finding::Waiting,
        ),
        (
            "a read that is not allowed",
            vec![(1, fault(FaultClass::Denied))],
            failed(Cause::Fault {
                fault: fault(FaultClass::Denied).expect_err("a fault"),
                attempts: 1,
            }),
        ),
    ];
    for (name, looks, expected) in table {
        let goal = Goal::Working {
            want: &want,
            was_broken: None,
        };
        assert_eq!(finding(goal, &looks), expected, "{name}");
    }
}

#[test]
fn an_old_failure_is_not_a_new_one() {
    let want = Values::from([("size".into(), Value::Int(1))]);
    let goal = Goal::Working {
        want: &want,
        was_broken: Some("image not found"),
    };
    let old = || broken("image not found");
    let cause = || Cause::Broken {
        message: "image not found".to_owned(),
    };
    let mended = [
        (1, old()),
        (5, busy("starting")),
        (40, record(1, State::Ready)),
    ];
    assert_eq!(finding(goal, &mended), Finding::Reached);
    assert_eq!(
        finding(goal, &[(1, old()), (31, old())]),
        Finding::Failed(cause())
    );
    let other = finding(goal, &[(1, broken("out of memory"))]);
    assert!(
        matches!(other, Finding::Failed(Cause::Broken { message }) if message == "out of memory")
    );
}

#[test]
fn a_resource_that_shall_be_gone() {
    let leaving = || record(1, State::Leaving);
    let still = [
        (1, record(1, State::Ready)),
        (2, broken("stuck")),
        (600, leaving()),
    ];
    assert_eq!(finding(Goal::Gone, &still), Finding::Waiting);
    assert_eq!(
        finding(Goal::Gone, &[(1, leaving()), (2, Ok(None))]),
        Finding::Reached
    );
    let unreadable = [(1, fault(FaultClass::Missing))];
    assert_eq!(
        finding(Goal::Gone, &unreadable),
        Finding::Waiting,
        "an error is not absence"
    );
}

#[test]
fn it_remembers_what_aws_said_last() {
    let want = Values::new();
    let goal = Goal::Working {
        want: &want,
        was_broken: None,
    };
    let mut judge = Judge::new(goal, Duration::from_secs(SETTLE_S));
    assert_eq!(judge.message(), None);
    judge.look(&busy("2 of 3 tasks"), now());
    judge.look(&Ok(None), now());
    assert_eq!(judge.message(), Some("2 of 3 tasks"));
}
