//! Every right that is missing is named, with the statement that grants it, and nothing is half-said:
//! each action is denied in turn, in the form in which its service denies.
//!
//! A sample is tried in every run, another one with `QPIAC_SEED=N`; `QPIAC_SOAK=full` tries all.

#![cfg(unix)]
// The numbers are what one runs all of it for.
#![allow(clippy::print_stdout)]

mod sweep;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use qpiac::resources::KINDS;
use rand::rngs::StdRng;
use rand::{SeedableRng, seq::SliceRandom};

use self::sweep::{Sweep, Tried};

/// What is tried of each way of calling, where not everything is.
const SAMPLE: [(How, usize); 4] = [
    (How::Read, 6),
    (How::Create, 3),
    (How::Update, 2),
    (How::Delete, 1),
];

/// How a denied action comes to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// A plan reads.
    Read,
    /// `status` asks for more.
    Explain,
    /// The stack is made.
    Create,
    /// It is changed.
    Update,
    /// It is destroyed.
    Delete,
}

const EVERY_WAY: [How; 5] = [
    How::Read,
    How::Explain,
    How::Create,
    How::Update,
    How::Delete,
];

/// The actions that are declared for a way of calling.
fn declared(how: How) -> Vec<&'static str> {
    let mut actions: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.schema.operations)
        .flat_map(|operations| match how {
            How::Read => operations.find,
            How::Explain => operations.explain,
            How::Create => operations.create,
            How::Update => operations.update,
            How::Delete => operations.delete,
        })
        .copied()
        .collect();
    if how == How::Read {
        actions.push("sts:GetCallerIdentity");
    }
    actions.sort_unstable();
    actions.dedup();
    actions
}

#[tokio::test(flavor = "multi_thread")]
async fn each_missing_right_is_named_with_what_grants_it() {
    let is_full = std::env::var("QPIAC_SOAK").is_ok_and(|soak| soak == "full");
    let seed = std::env::var("QPIAC_SEED").map_or(0, |seed| seed.parse().expect("a number"));
    let mut random = StdRng::seed_from_u64(seed);
    let mut sweep = Sweep::begin().await;
    let (mut total, mut failures) = (0, Vec::new());
    for how in EVERY_WAY {
        let mut actions = declared(how);
        actions.retain(|action| sweep.calls(how, action));
        let all = actions.len();
        if !is_full {
            let limit = SAMPLE.iter().find(|(one, _)| *one == how);
            actions.shuffle(&mut random);
            actions.truncate(limit.map_or(0, |(_, limit)| *limit));
        }
        let mut told = 0;
        for action in &actions {
            // One that is told badly must not hide the others.
            let trying = AssertUnwindSafe(sweep.deny(how, action)).catch_unwind();
            match trying.await {
                Ok(tried) => told += usize::from(tried == Tried::Told),
                Err(_) => {
                    failures.push(format!("{how:?} {action}"));
                    sweep.recover();
                }
            }
        }
        println!(
            "{how:?}: {} declared, {all} called, {} denied, {told} told",
            declared(how).len(),
            actions.len()
        );
        total += told;
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(total >= 8, "too few to mean anything: {total}");
}
