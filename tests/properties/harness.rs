//! Many scenarios of one property, each from its own seed.

use std::fmt::Debug;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How long a failure is shrunk.
const SHRINKING: Duration = Duration::from_secs(60);

/// What a property says about a scenario.
pub(crate) type Verdict = Result<(), String>;

/// Fails a property unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
pub(crate) use ensure;

/// Checks a property for the seeds from 0 to `seeds`, or for those that the environment asks for.
pub(crate) fn property<S>(name: &str, seeds: u64, strategy: S, check: impl Fn(&S::Value) -> Verdict)
where
    S: Strategy,
    S::Value: Debug,
{
    let start = Instant::now();
    let range = match (number("QPIAC_SEED"), number("QPIAC_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(seeds)) => 0..seeds,
        (None, None) => 0..seeds,
    };
    let count = range.end - range.start;
    for seed in range {
        let mut tree = tree(&strategy, seed);
        if let Err(why) = verdict(&check, &tree.current()) {
            let (scenario, why) = shrunk(&mut tree, &check, why);
            panic!(
                "{name} does not hold: {why}\n\nscenario: {scenario:?}\n\n\
                 again: QPIAC_SEED={seed} cargo test --test properties {name}"
            );
        }
    }
    let elapsed = start.elapsed().as_secs_f64();
    let rate = count as f64 / elapsed.max(0.001);
    let line = format!("{name}: {count} scenarios in {elapsed:.1} s, {rate:.0} a second\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is not a number: {text}")),
    )
}

fn tree<S: Strategy>(strategy: &S, seed: u64) -> S::Tree {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    strategy
        .new_tree(&mut runner)
        .expect("a strategy without filters")
}

fn verdict<T>(check: &impl Fn(&T) -> Verdict, scenario: &T) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| check(scenario))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

/// The smallest scenario that fails too, and why it does.
fn shrunk<T: ValueTree>(
    tree: &mut T,
    check: &impl Fn(&T::Value) -> Verdict,
    why: String,
) -> (T::Value, String) {
    let end = Instant::now() + SHRINKING;
    let mut smallest = (tree.current(), why);
    if number("QPIAC_SHRINK") == Some(0) {
        return smallest;
    }
    let mut moved = tree.simplify();
    while moved && Instant::now() < end {
        let scenario = tree.current();
        moved = match verdict(check, &scenario) {
            Err(why) => {
                smallest = (scenario, why);
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    smallest
}
