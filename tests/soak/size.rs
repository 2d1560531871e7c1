//! How much is tried: what the environment asks for.
//!
//! Depends on `point` and `reference`. Invariant: it follows from the environment alone.

use std::fmt::Debug;
use std::str::FromStr;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use testbed::Side;

use crate::point::{Phase, Point};
use crate::reference::Reference;

const SAMPLE_CYCLES: u32 = 3;
const SAMPLE_MOMENTS: usize = 3;
const FULL_MOMENTS: usize = 100;
const SAMPLE_RACES: usize = 4;
const FULL_RACES: usize = 50;
const WORKERS: usize = 2;

/// Points of one cycle, at most one for each phase, in the order of phases.
pub(crate) type Cycle = Vec<Point>;

/// A variable of the environment.
fn variable<T: FromStr<Err: Debug>>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|e| panic!("{name}: {e:?}")))
}

pub(crate) fn is_full() -> bool {
    variable::<String>("QPIAC_SOAK").is_some_and(|size| size == "full")
}

pub(crate) fn workers() -> usize {
    variable("QPIAC_SOAK_WORKERS").unwrap_or(WORKERS)
}

pub(crate) fn moments() -> usize {
    if is_full() {
        FULL_MOMENTS
    } else {
        SAMPLE_MOMENTS
    }
}

pub(crate) fn races() -> usize {
    if is_full() { FULL_RACES } else { SAMPLE_RACES }
}

/// Chance, for one purpose; says from which seed.
pub(crate) fn chance(purpose: &str) -> StdRng {
    let seed = variable("QPIAC_SEED").unwrap_or(0);
    println!("{purpose}: QPIAC_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

pub(crate) fn cycles(reference: &Reference) -> Vec<Cycle> {
    if let Some(text) = variable::<String>("QPIAC_SOAK_POINT") {
        let point = Point::read(&text);
        return vec![vec![point.unwrap_or_else(|| panic!("no point: {text}"))]];
    }
    if is_full() {
        all(reference)
    } else {
        some(reference)
    }
}

/// Every call of every phase, from both sides.
fn all(reference: &Reference) -> Vec<Cycle> {
    let most = Phase::ALL.map(|phase| reference.of(phase).calls);
    let last = most.into_iter().max().unwrap_or_default();
    let from = variable("QPIAC_SOAK_FROM").unwrap_or(1);
    let to = variable("QPIAC_SOAK_TO").unwrap_or(last);
    let sides = [Side::Before, Side::After];
    let calls = (from..=to.min(last)).flat_map(|call| sides.map(|side| (call, side)));
    let cycle = |(call, side)| {
        let phases = Phase::ALL.into_iter();
        let phases = phases.filter(|phase| call <= reference.of(*phase).calls);
        phases.map(|phase| Point { phase, call, side }).collect()
    };
    calls.map(cycle).collect()
}

/// A few calls of every phase, one in each part of it.
fn some(reference: &Reference) -> Vec<Cycle> {
    let mut chance = chance("kill");
    let mut point = |part: u32, phase: Phase| {
        let calls = reference.of(phase).calls;
        let [from, to] = [part, part + 1].map(|part| calls * part / SAMPLE_CYCLES);
        let side = if chance.random() {
            Side::Before
        } else {
            Side::After
        };
        let call = chance.random_range(from..to) + 1;
        Point { phase, call, side }
    };
    let parts = 0..SAMPLE_CYCLES;
    parts
        .map(|part| Phase::ALL.map(|phase| point(part, phase)).to_vec())
        .collect()
}
