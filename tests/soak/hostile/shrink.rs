//! Fewer harms that make the same failure, by leaving out parts of them again and again.
//!
//! Invariant: what is printed was seen to fail.

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
        harms = shrunk(seed, harms, calm).await;
    }
    println!("with these {} harms:", harms.len());
    for harm in &harms {
        println!("  {harm}");
    }
    println!("to repeat it: QPIAC_SOAK_SEED={seed} cargo test --test soak hostile -- --nocapture");
}

async fn shrunk(seed: u64, mut harms: Vec<Harm>, calm: &Calm) -> Vec<Harm> {
    let end = Instant::now() + LIMIT;
    let mut parts = 2;
    while harms.len() >= parts.min(2) && parts <= harms.len() {
        let size = harms.len().div_ceil(parts);
        let mut fewer = None;
        for start in (0..harms.len()).step_by(size) {
            if Instant::now() > end {
                return harms;
            }
            let mut rest = harms.clone();
            rest.drain(start..(start + size).min(harms.len()));
            let only: BTreeSet<Harm> = rest.iter().cloned().collect();
            if seed::run(seed, calm, Some(&only)).await.is_err() {
                fewer = Some(rest);
                break;
            }
        }
        match fewer {
            Some(rest) => {
                harms = rest;
                parts = (parts - 1).max(2);
            }
            None => parts *= 2,
        }
    }
    harms
}
