//! Fewer harms that make the same failure, by leaving out parts of them, ever smaller ones.
//!
//! Invariant: what is given was seen to fail.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use testbed::Harm;

use super::calm::Calm;
use super::phase::Failure;
use super::seed;

/// How long fewer harms are looked for.
const LIMIT: Duration = Duration::from_secs(120);

/// Prints the fewest harms with which a seed was seen to fail, and how to repeat it.
pub(super) async fn print(seed: u64, failure: &Failure, calm: &Calm) {
    let mut harms = failure.harms.clone();
    if std::env::var("QPIAC_SHRINK").as_deref() != Ok("0") {
        let fails = async |harms: &[Harm]| {
            let only: BTreeSet<Harm> = harms.iter().cloned().collect();
            seed::run(seed, calm, Some(&only)).await.is_err()
        };
        harms = fewest(harms, Instant::now() + LIMIT, fails).await;
    }
    println!("with these {} harms:", harms.len());
    for harm in &harms {
        println!("  {harm}");
    }
    println!("to repeat it: QPIAC_SOAK_SEED={seed} cargo test --test soak hostile -- --nocapture");
}

/// As few of these as still fail, or as were found until then.
async fn fewest<T: Clone>(
    mut all: Vec<T>,
    end: Instant,
    fails: impl AsyncFn(&[T]) -> bool,
) -> Vec<T> {
    let mut size = all.len().div_ceil(2);
    while all.len() > 1 {
        match without_a_part(&all, size, end, &fails).await {
            Some(fewer) => {
                size = size.min(fewer.len().div_ceil(2));
                all = fewer;
            }
            None if size == 1 || Instant::now() > end => break,
            None => size = size.div_ceil(2),
        }
    }
    all
}

/// The rest without some part of this size, where it still fails.
async fn without_a_part<T: Clone>(
    all: &[T],
    size: usize,
    end: Instant,
    fails: &impl AsyncFn(&[T]) -> bool,
) -> Option<Vec<T>> {
    for start in (0..all.len()).step_by(size) {
        if Instant::now() > end {
            return None;
        }
        let mut rest = all.to_vec();
        rest.drain(start..(start + size).min(all.len()));
        if fails(&rest).await {
            return Some(rest);
        }
    }
    None
}

#[tokio::test]
async fn what_is_not_needed_for_a_failure_is_left_out() {
    let end = Instant::now() + LIMIT;
    for guilty in [vec![41], vec![3, 90], vec![0, 1, 99], (40..60).collect()] {
        let fails = async |some: &[u32]| guilty.iter().all(|one| some.contains(one));
        assert_eq!(fewest((0..100).collect(), end, fails).await, guilty);
    }
    let never = async |_: &[u32]| false;
    assert_eq!(fewest(vec![1, 2, 3], end, never).await, [1, 2, 3]);
}
