//! What came of all points: a row for each phase, and the points that failed.
//!
//! Depends on `lab` and `point`. Invariant: a point is counted once.

use std::collections::BTreeMap;

use testbed::Side;

use crate::census::Labels;
use crate::lab::{Findings, Verdict};
use crate::point::{Phase, Point};

/// What came of one point.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The call at which the program was killed; none when it ended before.
    pub(crate) call: Option<String>,
    pub(crate) findings: Findings,
}

#[derive(Default)]
pub(crate) struct Tally {
    rows: BTreeMap<Phase, Row>,
    failures: Vec<String>,
}

#[derive(Default)]
struct Row {
    before: u32,
    after: u32,
    ended: u32,
    converged: u32,
    duplicates: usize,
    orphans: usize,
    changed: usize,
}

impl Tally {
    /// Counts a point, and says what came of it.
    pub(crate) fn note(
        &mut self,
        point: Point,
        outcome: &Outcome,
        verdict: &Verdict,
        expected: &Labels,
    ) {
        let row = self.rows.entry(point.phase).or_default();
        match (&outcome.call, point.side) {
            (None, _) => row.ended += 1,
            (Some(_), Side::Before) => row.before += 1,
            (Some(_), Side::After) => row.after += 1,
        }
        let Findings {
            too_many, changed, ..
        } = &outcome.findings;
        let duplicates = too_many.iter().filter(|one| expected.contains_key(*one));
        let duplicates = duplicates.count();
        row.duplicates += duplicates;
        row.orphans += too_many.len() - duplicates;
        row.changed += changed.len();
        let call = outcome.call.as_deref().unwrap_or("ended before");
        match verdict {
            Ok(()) => {
                row.converged += 1;
                println!("{point} {call}: converged");
            }
            Err(why) => self.fail(format!("{point} {call}: {why}\nrepeat: {}", repeat(point))),
        }
    }

    pub(crate) fn fail(&mut self, why: String) {
        println!("{why}");
        self.failures.push(why);
    }

    /// Prints the rows; no point may have failed.
    pub(crate) fn finish(&self) {
        for (phase, row) in &self.rows {
            println!("{}", row.text(*phase));
        }
        let count = self.failures.len();
        assert!(
            count == 0,
            "{count} points:\n{}",
            self.failures.join("\n\n")
        );
    }
}

impl Row {
    fn text(&self, phase: Phase) -> String {
        let Self {
            before,
            after,
            converged,
            ..
        } = self;
        let ended = match self.ended {
            0 => String::new(),
            ended => format!(", {ended} ended before"),
        };
        format!(
            "| kill, {} | {before} points before, {after} after{ended} | {converged} converged \
             | {} duplicates | {} orphans | {} foreign changed |",
            phase.name(),
            self.duplicates,
            self.orphans,
            self.changed
        )
    }
}

fn repeat(point: Point) -> String {
    format!("QPIAC_SOAK_POINT={point} cargo test --test soak kill -- --nocapture")
}
