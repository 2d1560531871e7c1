//! The fault policy as a table.

use super::*;
use crate::engine::clock::now;
use crate::model::{Kind, Operations, Replacement, Wait, Waits};

static SCHEMA: Schema = schema(&["store:DeleteDisk"]);
static IN_PARTS: Schema = schema(&["store:UnmountDisk", "store:DeleteDisk"]);

const fn schema(delete: &'static [&'static str]) -> Schema {
    Schema {
        kind: Kind::new("disk"),
        doc: "",
        attributes: &[],
        outputs: &[],
        replacement: Replacement::CreateFirst,
        parent: None,
        key: &[],
        named: None,
        exclusive: &[],
        after: &[],
        holds: None,
        outage: None,
        lazy: false,
        serial: false,
        marked: false,
        completes: false,
        waits: Waits {
            create: None,
            update: None,
            delete: Some(Wait {
                typical_s: 60,
                deadline_s: 2700,
            }),
        },
        operations: Operations {
            explain: &[],
            find: &["store:FindDisk"],
            create: &["store:CreateDisk", "store:FormatDisk"],
            update: &["store:UpdateDisk"],
            delete,
        },
    }
}

/// What follows from the same fault, over and over: the words of the answers, and for how many
/// seconds it is repeated altogether.
fn story(verb: Verb, class: FaultClass, operation: &str, rests_on_run: bool) -> (String, u64) {
    let settings = Settings::default();
    let mut random = Random::new(Some(1));
    let start = now();
    let mut time = start;
    let mut tries = Tries::new(verb, &SCHEMA, rests_on_run, time);
    let mut words: Vec<&str> = Vec::new();
    for _ in 0..10_000 {
        let fault = Fault::own(class, operation, "");
        let next = tries.judge(&fault, time, &settings, &mut random);
        let (word, delay) = match next {
            Next::Unneeded => ("unneeded", None),
            Next::Repeat(delay) => ("repeat", Some(delay)),
            Next::Look(delay) => ("look", Some(delay)),
            Next::LookAndGiveUp => ("look once more", None),
            Next::GiveUp => ("give up", None),
        };
        if words.last() != Some(&word) {
            words.push(word);
        }
        match delay {
            Some(delay) => time += delay,
            None => return (words.join(", "), (time - start).as_secs()),
        }
    }
    panic!("it never ends");
}

#[test]
fn every_class_has_its_way_and_its_end() {
    use FaultClass::{Conflict, Denied, Missing, NotYet, Quota, Rejected, Throttled, Unknown};
    use Verb::{Create, Delete, Update};
    let first = "store:CreateDisk";
    let later = "store:FormatDisk";
    let other = "store:UpdateDisk";
    let delete = "store:DeleteDisk";
    // verb, class, operation, rests on the run, answers, at least and at most so many seconds
    let table = [
        (Create, Throttled, first, false, "repeat, give up", 100, 600),
        (Create, Throttled, later, false, "look, give up", 100, 600),
        (Update, Throttled, other, false, "repeat, give up", 100, 600),
        (Create, Conflict, first, false, "repeat, give up", 300, 300),
        (Update, Conflict, other, false, "repeat, give up", 300, 300),
        (
            Delete,
            Conflict,
            delete,
            false,
            "repeat, give up",
            2700,
            2700,
        ),
        (Create, NotYet, first, false, "repeat, give up", 300, 300),
        (Create, Missing, first, true, "repeat, give up", 300, 300),
        (Create, Missing, first, false, "give up", 0, 0),
        (Create, Missing, later, false, "look, give up", 300, 300),
        (Update, Missing, other, true, "repeat, give up", 300, 300),
        (Delete, Missing, delete, false, "unneeded", 0, 0),
        (
            Create,
            Unknown,
            first,
            false,
            "look, look once more",
            5,
            100,
        ),
        (Update, Unknown, other, false, "repeat, give up", 5, 100),
        (Delete, Unknown, delete, false, "repeat, give up", 5, 100),
        (Create, Denied, first, false, "give up", 0, 0),
        (Create, Denied, later, false, "give up", 0, 0),
        (Update, Quota, other, false, "give up", 0, 0),
        (Delete, Rejected, delete, false, "give up", 0, 0),
    ];
    for (verb, class, operation, rests_on_run, answers, least_s, most_s) in table {
        let (words, took_s) = story(verb, class, operation, rests_on_run);
        let case = format!("{verb:?} {class:?} {operation}: {words} for {took_s} s");
        assert_eq!(words, answers, "{case}");
        assert!((least_s..=most_s).contains(&took_s), "{case}");
    }
}

#[test]
fn a_part_that_is_missing_is_not_the_whole() {
    let fault = Fault::own(FaultClass::Missing, "store:UnmountDisk", "");
    let mut tries = Tries::new(Verb::Delete, &IN_PARTS, false, now());
    let next = tries.judge(
        &fault,
        now(),
        &Settings::default(),
        &mut Random::new(Some(1)),
    );
    assert!(matches!(next, Next::Look(_)));
}

#[test]
fn pauses_grow_up_to_a_limit() {
    let settings = Settings::default();
    let mut random = Random::new(Some(1));
    for failures in 1..40 {
        let pause = backoff(failures, &settings, &mut random);
        let most_ms = (500 << failures.min(10)).min(20_000);
        assert!(pause <= Duration::from_millis(most_ms));
    }
}
