//! What became of inputs, and reports of those that failed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::case::Case;

/// What became of the inputs of a part.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) inputs: u64,
    pub(crate) accepted: u64,
    pub(crate) panics: u64,
    pub(crate) hangs: u64,
    slowest: Duration,
    slowest_seed: u64,
    /// Where it panicked, and the first seed that led there with what was said.
    pub(crate) failures: BTreeMap<String, (u64, String)>,
}

impl Tally {
    /// Whether some inputs were accepted and some refused; else an accident in the generator makes
    /// all of them trivial. A few inputs tell nothing.
    pub(crate) fn is_telling(&self) -> bool {
        let is_mixed = self.accepted * 50 > self.inputs && self.accepted < self.inputs;
        self.inputs < 100 || is_mixed
    }

    pub(crate) fn took(&mut self, seed: u64, time: Duration) {
        if time > self.slowest {
            (self.slowest, self.slowest_seed) = (time, seed);
        }
    }

    pub(crate) fn hung(&mut self, part: &str, limit_s: u64, case: &Case) {
        self.inputs += 1;
        self.hangs += 1;
        let why = format!("seed {}: it took more than {limit_s} s", case.seed);
        self.failed(why, part, case);
    }

    /// Remembers a failure, once for each place.
    pub(crate) fn failed(&mut self, why: String, part: &str, case: &Case) {
        let place = why.split(": ").next().unwrap_or_default().to_owned();
        if self.failures.contains_key(&place) {
            return;
        }
        let path = report(part, case);
        eprintln!(
            "{part}: QPIAC_FUZZ_PART={part} QPIAC_FUZZ_SEED={}: {why}\n  the input is in {}",
            case.seed,
            path.display()
        );
        self.failures.insert(place, (case.seed, why));
    }

    pub(crate) fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} ms (seed {}) |",
            self.inputs,
            self.accepted,
            self.panics,
            self.hangs,
            self.slowest.as_millis(),
            self.slowest_seed
        )
    }

    pub(crate) fn told(&self, name: &str) -> String {
        let lines = self.failures.values();
        let lines = lines.map(|(seed, why)| format!("{name}, seed {seed}: {why}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Where reports are.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Writes an input that failed.
pub(crate) fn report(part: &str, case: &Case) -> PathBuf {
    let path = folder().join(format!("fuzz-{part}-{}", case.seed));
    let _ = fs::write(&path, case.shown());
    path
}
