//! One part of a seed: the program is run until it succeeds.
//!
//! Invariant: AWS is friendly between two runs, and the lag is over.

use std::collections::BTreeMap;
use std::time::Duration;

use testbed::{Harm, Hostility};

use crate::program::{Program, Ran};

/// How long reads lag at most.
pub(super) const LAG: Duration = Duration::from_millis(200);
/// The pace of the program, in milliseconds: a tenth or less of the lag, as on AWS.
const PACE_MS: u64 = 15;
/// How many runs a part may take.
const RUNS_MAX: usize = 5;
/// What AWS says of a deployment that it rolled back.
const ROLLED_BACK: &str = "rolled back because the circuit breaker threshold was exceeded";
/// How long a run may take.
const RUN_MAX: Duration = Duration::from_secs(180);

/// Something that must not be.
pub(super) struct Failure {
    pub(super) phase: String,
    pub(super) text: String,
    /// What AWS did until then.
    pub(super) harms: Vec<Harm>,
}

/// The parts of a seed, one after another.
pub(super) struct Phases {
    pub(super) program: Program,
    pub(super) hostility: Option<Hostility>,
    /// What AWS did so far.
    pub(super) harms: Vec<Harm>,
    /// What befell calls so far, by word, also as a consequence of harms.
    pub(super) befell: BTreeMap<&'static str, usize>,
    /// What runs said that gave up.
    pub(super) gave_up: Vec<String>,
    /// What the current part is called.
    pub(super) name: &'static str,
}

/// How a part went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Went {
    pub(super) runs: usize,
    pub(super) calls: usize,
}

impl Phases {
    pub(super) fn new(program: Program, hostility: Option<Hostility>) -> Self {
        Self {
            program,
            hostility,
            harms: Vec::new(),
            befell: BTreeMap::new(),
            gave_up: Vec::new(),
            name: "",
        }
    }

    /// Runs the program until it succeeds, for at most so many times.
    pub(super) async fn until_done(
        &mut self,
        name: &'static str,
        arguments: &[&str],
    ) -> Result<Went, Failure> {
        self.name = name;
        let mut calls = 0;
        let mut said = String::new();
        for number in 1..=RUNS_MAX {
            let hostility = self.hostility.clone();
            let ran = self.once(number, arguments, hostility).await?;
            calls += self.program.bed.calls().len();
            if ran.code == 0 {
                return Ok(Went {
                    runs: number,
                    calls,
                });
            }
            self.gave_up
                .push(format!("{name} {number}: {}", first_failure(&ran.err)));
            said = format!("exit {}:\n{}\n{}", ran.code, ran.out, ran.err);
            // A bug, or a refusal that no repetition mends.
            if said.contains("panicked") {
                break;
            }
        }
        Err(self.failure(format!(
            "no success within {RUNS_MAX} runs; the last said, {said}"
        )))
    }

    /// Runs the program until it tells of a deployment that AWS rolled back, or until its own
    /// repetitions have made up for that.
    pub(super) async fn until_rolled_back(
        &mut self,
        name: &'static str,
        arguments: &[&str],
    ) -> Result<(), Failure> {
        let Some(hostility) = self.hostility.clone() else {
            return Ok(());
        };
        self.name = name;
        let mut said = String::new();
        for number in 1..=RUNS_MAX {
            let hostility = hostility.clone().with_failed_deployments(1);
            let ran = self.once(number, arguments, Some(hostility)).await?;
            if ran.code == 0 {
                return self.in_sync().await;
            }
            said = ran.err;
            if said.contains(ROLLED_BACK) {
                return Ok(());
            }
        }
        Err(self.failure(format!("it does not say `{ROLLED_BACK}`, but {said}")))
    }

    /// Runs the program once under this hostility.
    pub(super) async fn once(
        &mut self,
        number: usize,
        arguments: &[&str],
        hostility: Option<Hostility>,
    ) -> Result<Ran, Failure> {
        if let Some(hostility) = hostility {
            let phase = format!("{} {number}", self.name);
            self.program.bed.turn_hostile(hostility.in_phase(&phase));
        }
        self.program.bed.clear_journal();
        let ran = tokio::time::timeout(RUN_MAX, run(&self.program, arguments)).await;
        self.harms.extend(self.program.bed.turn_friendly());
        for word in self
            .program
            .bed
            .calls()
            .iter()
            .filter_map(|call| call.fault)
        {
            *self.befell.entry(word).or_default() += 1;
        }
        tokio::time::sleep(LAG).await;
        ran.map_err(|_| {
            let calls = self.program.bed.calls();
            let last = calls.iter().rev().take(12).rev();
            let last: Vec<String> = last
                .map(|call| format!("{} {:?} {:?}", call.name(), call.status, call.fault))
                .collect();
            self.failure(format!(
                "a run took more than {RUN_MAX:?}; it called last:\n{}",
                last.join("\n")
            ))
        })
    }

    /// That a friendly AWS leaves nothing to do.
    pub(super) async fn in_sync(&mut self) -> Result<(), Failure> {
        let plan = ["plan", "--format", "json", "--detailed-exitcode"];
        let ran = run(&self.program, &plan).await;
        if ran.code == 0 {
            return Ok(());
        }
        let steps = serde_json::from_str(&ran.out).map(|plan| crate::program::short(&plan));
        let steps = steps.unwrap_or(ran.out);
        Err(self.failure(format!("not in sync:\n{steps}\n{}", ran.err)))
    }

    pub(super) fn failure(&self, text: String) -> Failure {
        Failure {
            phase: self.name.to_owned(),
            text,
            harms: self.harms.clone(),
        }
    }
}

async fn run(program: &Program, arguments: &[&str]) -> Ran {
    let output = program
        .command(arguments)
        .env("QPIAC_PACE_MS", PACE_MS.to_string())
        .env("QPIAC_READ_LAG_MS", LAG.as_millis().to_string())
        .env("QPIAC_LEASE_S", "1")
        .output()
        .await;
    Ran::from(output.expect("the program runs"))
}

/// Why a run gave up, in one line.
fn first_failure(said: &str) -> &str {
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    let failed = lines
        .clone()
        .find(|line| line.contains("failed") || line.contains("error"));
    failed.or_else(|| lines.next()).unwrap_or_default().trim()
}
