//! One seed: apply, edit and destroy, with what must hold after each.
//!
//! Invariant: nothing is made twice, nothing is left, and no call is made more often than it must be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use testbed::{Harm, Hostility};

use super::calm::Calm;
use super::edits;
use super::phase::{Failure, LAG, Phases, Went};
use crate::observer::Observer;

const STACK: &str = "qp-iac-cdn-headers";
/// How many times the calls of a calm run a run may make.
const RATIO_MAX: f64 = 3.0;
const APPLY: [&str; 2] = ["apply", "--yes"];
const DESTROY: [&str; 2] = ["destroy", "--yes"];

/// What was seen of the parts of a seed.
pub(super) struct Sight {
    went: Vec<(&'static str, Went)>,
    /// What there was after the first apply and after the edit.
    made: Vec<Vec<String>>,
}

/// How a seed went, or many of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) most_runs: usize,
    pub(super) harms: usize,
    pub(super) worst_ratio: f64,
    pub(super) worst_phase: String,
    /// What befell calls, by word.
    pub(super) befell: BTreeMap<&'static str, usize>,
    /// What runs said that gave up.
    pub(super) gave_up: Vec<String>,
}

impl Report {
    /// Both together.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        let mut befell = std::mem::take(&mut self.befell);
        for (word, count) in std::mem::take(&mut other.befell) {
            *befell.entry(word).or_default() += count;
        }
        let mut gave_up = std::mem::take(&mut self.gave_up);
        gave_up.append(&mut other.gave_up);
        let harms = self.harms + other.harms;
        let most_runs = self.most_runs.max(other.most_runs);
        let worse = if other.worst_ratio > self.worst_ratio {
            other
        } else {
            self
        };
        Self {
            most_runs,
            harms,
            befell,
            gave_up,
            ..worse
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} harms, {} runs at most, {:.2} times the calls in {}",
            self.harms, self.most_runs, self.worst_ratio, self.worst_phase
        )?;
        let mut gave_up = self.gave_up.iter();
        gave_up.try_for_each(|line| write!(out, "\n    {line}"))
    }
}

/// Does a seed; with these harms alone, where some are given.
pub(super) async fn run(
    seed: u64,
    calm: &Calm,
    only: Option<&BTreeSet<Harm>>,
) -> Result<Report, Failure> {
    let expected = calm.of(seed).await?;
    let mut hostility = Hostility::of_seed(seed).lagging(LAG);
    if let Some(only) = only {
        hostility = hostility.only(only.iter().cloned());
    }
    let mut phases = Phases::new(edits::program(seed).await, Some(hostility));
    let sight = all(seed, &mut phases).await?;
    for (made, expected) in sight.made.iter().zip(&expected.made) {
        if made != expected {
            let text = format!("there is {made:?},\nbut a calm run makes {expected:?}");
            return Err(phases.failure(text));
        }
    }
    compared(seed, &phases, &sight, &expected)
}

/// Applies, edits and destroys.
pub(super) async fn all(seed: u64, phases: &mut Phases) -> Result<Sight, Failure> {
    let aws = Observer::of(&phases.program.bed);
    let mut went = vec![("apply", phases.until_done("apply", &APPLY).await?)];
    phases.in_sync().await?;
    let mut made = vec![inventory(&aws).await];
    edits::make(seed, &phases.program);
    if edits::fails_first(seed) {
        phases
            .until_rolled_back("deployment that fails", &APPLY)
            .await?;
    }
    went.push(("edit", phases.until_done("edit", &APPLY).await?));
    phases.in_sync().await?;
    made.push(inventory(&aws).await);
    went.push(("destroy", phases.until_done("destroy", &DESTROY).await?));
    let left = left(&aws).await;
    if !left.is_empty() {
        return Err(phases.failure(format!("these are left: {left:#?}")));
    }
    Ok(Sight { went, made })
}

/// How the calls of each part compare with those of the calm run.
fn compared(seed: u64, phases: &Phases, sight: &Sight, calm: &Sight) -> Result<Report, Failure> {
    let mut report = Report {
        harms: phases.harms.len(),
        befell: phases.befell.clone(),
        gave_up: phases.gave_up.clone(),
        ..Report::default()
    };
    for ((name, went), (_, calm)) in sight.went.iter().zip(&calm.went) {
        let calls = |went: &Went| f64::from(u32::try_from(went.calls).unwrap_or(u32::MAX));
        let runs = f64::from(u32::try_from(went.runs).unwrap_or(u32::MAX));
        let ratio = calls(went) / calls(calm) / runs;
        report = report.and(Report {
            most_runs: went.runs,
            worst_ratio: ratio,
            worst_phase: format!("{name} of {seed}"),
            ..Report::default()
        });
        if ratio > RATIO_MAX {
            let text = format!("{name} made {ratio:.2} times the calls of a calm run: {went:?}");
            return Err(phases.failure(text));
        }
    }
    Ok(report)
}

/// What there is, without what is random or counted in its names.
async fn inventory(aws: &Observer) -> Vec<String> {
    let is_random = |part: &&str| {
        let is_number = part.chars().all(|letter| letter.is_ascii_digit());
        let is_hex = part.chars().all(|letter| letter.is_ascii_hexdigit());
        is_number || is_hex && part.len() >= 8
    };
    let plain = |name: String| {
        let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let parts: Vec<&str> = parts.filter(|part| !is_random(part)).collect();
        parts.join("-")
    };
    let mut all: Vec<String> = left(aws).await.into_iter().map(plain).collect();
    all.sort();
    all
}

/// What there is of the stack, but for what the program keeps its own notes in.
async fn left(aws: &Observer) -> Vec<String> {
    let mut left = aws.left_of(STACK).await;
    left.retain(|name| !name.starts_with("qpiac-"));
    left
}
