//! What a command took: calls, rounds, repetitions, waits.
//!
//! May depend on nothing. Invariant: numbers are shown as they were counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::paint::duration;

/// What a command took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests by service and operation.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// The longest chain of requests of which each waited for the one before; 0 where that is not
    /// counted.
    pub rounds: u64,
    /// Requests that were made again, by the SDK or by the engine.
    pub retries: u64,
    /// Steps that AWS went on working on after the call.
    pub waits: u64,
    /// How long those were waited for together, in milliseconds.
    pub waited_ms: u64,
    /// How long all of it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl Stats {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.calls.values().flat_map(BTreeMap::values).sum()
    }

    /// The lines that `--stats` prints.
    pub fn table(&self) -> String {
        let rounds = match self.rounds {
            0 => String::new(),
            1 => " in 1 round".to_owned(),
            rounds => format!(" in {rounds} rounds"),
        };
        let mut out = format!(
            "calls: {}{rounds}, {} retries, {} waits ({}), {} altogether\n",
            self.total(),
            self.retries,
            self.waits,
            duration(self.waited_ms),
            duration(self.elapsed_ms),
        );
        for (service, operations) in &self.calls {
            let sum: u64 = operations.values().sum();
            let _ = writeln!(out, "  {service}: {sum}");
            for (operation, number) in operations {
                let _ = writeln!(out, "    {operation}: {number}");
            }
        }
        out
    }
}
