//! The campaign against a hostile AWS: per seed a stack is applied, edited and destroyed while calls
//! are throttled, fail and get lost, reads lag, states take their time and deletes are refused.
//!
//! From the environment: `QPIAC_SOAK=full` takes 200 seeds, `QPIAC_SOAK_FROM` and `QPIAC_SOAK_TO` those
//! between, `QPIAC_SOAK_SEED` one; `QPIAC_SHRINK=0` prints a failure without looking for fewer harms
//! that make it. Invariant: what a seed does depends on nothing but the seed.

mod calm;
mod edits;
mod phase;
mod seed;
mod shrink;

use std::ops::RangeInclusive;

use calm::Calm;
use futures::StreamExt;
use seed::Report;

/// The seeds of every day: four of the web stack, one of the whole.
const SAMPLE: RangeInclusive<u64> = 0..=4;
/// All seeds.
const FULL: RangeInclusive<u64> = 0..=199;
/// How many seeds run at a time.
const WORKERS: usize = 2;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is `{text}`, which is no number")))
}

fn seeds() -> RangeInclusive<u64> {
    let is_full = std::env::var("QPIAC_SOAK").is_ok_and(|value| value == "full");
    let usual = if is_full { FULL } else { SAMPLE };
    match number("QPIAC_SOAK_SEED") {
        Some(seed) => seed..=seed,
        None => {
            let from = number("QPIAC_SOAK_FROM").unwrap_or(*usual.start());
            from..=number("QPIAC_SOAK_TO").unwrap_or(*usual.end())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_converges_under_a_hostile_aws() {
    let calm = Calm::default();
    let (mut total, mut failures, mut count) = (Report::default(), Vec::new(), 0);
    let runs = seeds().map(|seed| {
        let calm = &calm;
        async move { (seed, seed::run(seed, calm, None).await) }
    });
    let mut runs = futures::stream::iter(runs).buffer_unordered(WORKERS);
    while let Some((seed, outcome)) = runs.next().await {
        count += 1;
        match outcome {
            Ok(report) => {
                println!("seed {seed}: {report}");
                total = total.and(report);
            }
            Err(failure) => {
                println!("seed {seed} failed in {}:\n{}", failure.phase, failure.text);
                shrink::print(seed, &failure, &calm).await;
                failures.push(seed);
            }
        }
    }
    println!("\nwhat befell calls: {:?}", total.befell);
    println!("\n| seeds | converged | most runs needed | harms injected | worst call ratio |");
    println!("|---|---|---|---|---|");
    println!(
        "| {count} | {} | {} | {} | {:.2} ({}) |",
        count - failures.len(),
        total.most_runs,
        total.harms,
        total.worst_ratio,
        total.worst_phase,
    );
    assert!(failures.is_empty(), "these seeds failed: {failures:?}");
}
