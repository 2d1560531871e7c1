//! Emulators with neighbours in them, and the program beside a stack file.
//!
//! Depends on `census`, `neighbours` and `point`. Invariant: what was there before the program came is
//! known in full.

use std::time::Duration;

use testbed::{Halt, Testbed};
use tokio::process::Command;

use crate::census::{Census, Labels, excess};
use crate::neighbours;
use crate::observer::Observer;
use crate::point::Phase;
use crate::program::{Program, Ran};

/// A run that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a lease lasts, in seconds. A run that was killed leaves one behind.
const LEASE_S: &str = "1";

/// Why something is not as it should be.
pub(crate) type Verdict<T = ()> = Result<T, String>;

pub(crate) struct Lab {
    pub(crate) program: Program,
    pub(crate) aws: Observer,
    before: Census,
}

/// What an audit found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// There, and not after a run that nobody killed.
    pub(crate) too_many: Vec<String>,
    /// Not there, but after a run that nobody killed.
    pub(crate) missing: Vec<String>,
    /// Of others, and changed.
    pub(crate) changed: Vec<String>,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::of(Program::whole().await).await
    }

    /// A lab for this program.
    pub(crate) async fn of(program: Program) -> Self {
        let aws = Observer::of(&program.bed);
        let mut lab = Self {
            program,
            aws,
            before: Census::default(),
        };
        lab.settle().await;
        lab
    }

    /// Empties the emulators, but for the neighbours.
    pub(crate) async fn reset(&mut self) {
        self.program.bed.reset().await.expect("empty emulators");
        self.settle().await;
    }

    async fn settle(&mut self) {
        neighbours::settle(&self.aws).await;
        // What is new may look different the first time that somebody asks.
        Census::of(&self.aws).await;
        self.before = Census::of(&self.aws).await;
    }

    /// The program, with a lease that is soon over.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command(arguments);
        command.env("QPIAC_LEASE_S", LEASE_S);
        command
    }

    /// Runs the program to its end, which must be this one.
    pub(crate) async fn run(&self, arguments: &[&str], code: i32) -> Verdict<Ran> {
        let output = self.command(arguments).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output.map_err(|_| format!("{arguments:?} hangs"))?;
        let ran = Ran::from(output.expect("the program runs"));
        if ran.code == code {
            return Ok(ran);
        }
        let Ran { code, out, err } = ran;
        Err(format!("{arguments:?} exits with {code}:\n{out}\n{err}"))
    }

    /// Runs the program until it comes to the halt, and kills it there. Gives the call; none when it
    /// ended before.
    pub(crate) async fn kill_at(&self, halt: &Halt, arguments: &[&str]) -> Verdict<Option<String>> {
        let mut command = self.command(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", halt.access_key())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut program = command.spawn().expect("the program runs");
        let ended = tokio::select! {
            call = halt.reached() => Ok(Some(call)),
            ended = program.wait() => match ended.expect("an end").code() {
                Some(0) => Ok(None),
                code => Err(format!("{arguments:?} exits with {code:?} before it is killed")),
            },
            () = tokio::time::sleep(PATIENCE) => Err(format!("{arguments:?} hangs")),
        };
        program.kill().await.expect("its end");
        halt.lift().await;
        ended
    }

    /// That a plan finds nothing to do.
    pub(crate) async fn is_in_sync(&self) -> Verdict {
        let plan = ["plan", "--detailed-exitcode"];
        self.run(&plan, 0).await.map(|_| ())
    }

    /// What the program has made, in words that are the same in every run.
    pub(crate) async fn labels(&self) -> Labels {
        Census::of(&self.aws).await.since(&self.before)
    }

    /// Compares what is there with what a run that nobody killed leaves.
    pub(crate) async fn audit(&self, expected: &Labels) -> Findings {
        let now = Census::of(&self.aws).await;
        let labels = now.since(&self.before);
        Findings {
            too_many: excess(&labels, expected),
            missing: excess(expected, &labels),
            changed: now.changed_since(&self.before),
        }
    }

    pub(crate) fn write(&self, phase: Phase) {
        self.program.write(&phase.stack());
    }

    pub(crate) fn bed(&self) -> &Testbed {
        &self.program.bed
    }
}

impl Findings {
    pub(crate) fn verdict(&self) -> Verdict {
        let mut why = String::new();
        for (what, found) in [
            ("too many", &self.too_many),
            ("missing", &self.missing),
            ("changed", &self.changed),
        ] {
            for one in found {
                why.push_str(&format!("{what}: {one}\n"));
            }
        }
        if why.is_empty() { Ok(()) } else { Err(why) }
    }
}
