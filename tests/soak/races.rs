//! Two runs at once, for different specs of one stack: one of them holds the lease, and the other
//! waits, is refused, takes over from a dead one, or was let in by force.
//!
//! Depends on `lab` and `size`. Invariant: how a race goes, and how far the first is when the second
//! begins, follows from the seed.

use std::panic::AssertUnwindSafe;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::Rng;
use rand::rngs::StdRng;
use testbed::Rule;
use tokio::process::Child;

use crate::census::Labels;
use crate::lab::{Lab, Verdict};
use crate::program::{Program, Ran, WEB_STACK, edited};
use crate::size;

/// The stack file of the second run.
const SECOND: &str = "second.yaml";
/// How long a lease lasts, in seconds: so long that a living holder is not taken for a dead one on a
/// busy machine.
const LEASE_S: &str = "5";
/// How long the first run is held up where the second begins.
const HELD_UP: Duration = Duration::from_secs(3);
/// How often it is looked how far the first run is.
const LOOK: Duration = Duration::from_millis(10);
/// A run that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// How two runs meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meeting {
    /// The second waits for the first.
    Waits,
    /// The second does not wait.
    Refused,
    /// The first is killed when the second begins.
    TakesOver,
    /// Somebody takes the lease from the first, which is alive, and the second begins at once.
    Forced,
}

const MEETINGS: [Meeting; 4] = [
    Meeting::Waits,
    Meeting::Refused,
    Meeting::TakesOver,
    Meeting::Forced,
];

/// A race.
#[derive(Clone, Copy, Debug)]
struct Race {
    meeting: Meeting,
    /// How far the first run is then, from 0 to 1.
    at: f64,
}

/// What became of races.
#[derive(Debug, Default)]
struct Seen {
    waited: u32,
    refused: u32,
    took_over: u32,
    lost: u32,
}

struct Course {
    lab: Lab,
    /// How many changing calls a run makes.
    calls: usize,
    /// What is there after the second spec was applied.
    expected: Labels,
    seen: Seen,
}

fn second_spec() -> String {
    let larger = edited(WEB_STACK, "memory: 512", "memory: 1024");
    edited(&larger, "retention_days: 30", "retention_days: 14")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_at_once_one_holds_the_lease() {
    let mut course = Course::laid_out().await;
    let mut chance = size::chance("races");
    let count = size::races();
    let mut failures = Vec::new();
    for number in 0..count {
        let race = draw(number, &mut chance);
        let running = AssertUnwindSafe(course.run(race)).catch_unwind();
        let verdict = running.await.unwrap_or(Err("panicked".to_owned()));
        if let Err(why) = verdict {
            println!("{race:?}: {why}");
            failures.push(format!("{race:?}: {why}"));
        }
    }
    let Seen {
        waited,
        refused,
        took_over,
        lost,
    } = course.seen;
    println!(
        "| races | {count} | {} converged | {waited} waited, {refused} refused, {took_over} took over, \
         {lost} noticed the loss |",
        count - failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    for (what, seen) in [
        ("waited", waited),
        ("refused", refused),
        ("took over", took_over),
    ] {
        assert!(seen > 0, "no run {what}: the races do not meet");
    }
}

fn draw(number: usize, chance: &mut StdRng) -> Race {
    Race {
        meeting: MEETINGS[number % MEETINGS.len()],
        at: chance.random_range(0.15..0.7),
    }
}

impl Course {
    async fn laid_out() -> Self {
        let lab = Lab::of(Program::with(WEB_STACK).await).await;
        lab.program.write_as(SECOND, &second_spec());
        let first = lab.run(&["apply", "--yes"], 0).await;
        first.unwrap_or_else(|why| panic!("{why}"));
        let calls = lab.bed().mutating().len();
        let second = lab.run(&["apply", "--yes", "-f", SECOND], 0).await;
        second.unwrap_or_else(|why| panic!("{why}"));
        Self {
            calls,
            expected: lab.labels().await,
            lab,
            seen: Seen::default(),
        }
    }

    /// Two runs, and what comes of them once the second spec is applied.
    async fn run(&mut self, race: Race) -> Verdict {
        self.lab.reset().await;
        let first = self.held_up(race.at).await?;
        match race.meeting {
            Meeting::Waits => self.waits(first).await?,
            Meeting::Refused => self.refused(first).await?,
            Meeting::TakesOver => self.takes_over(first).await?,
            Meeting::Forced => self.forced(first).await?,
        }
        self.lab.run(&["apply", "--yes", "-f", SECOND], 0).await?;
        self.lab.audit(&self.expected).await.verdict()?;
        let plan = ["plan", "--detailed-exitcode", "-f", SECOND];
        self.lab.run(&plan, 0).await?;
        println!("{race:?}: converged");
        Ok(())
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.lab.command(arguments);
        command.env("QPIAC_LEASE_S", LEASE_S);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("the program runs")
    }

    /// A first run that has come so far, and has to wait a little there.
    async fn held_up(&self, at: f64) -> Verdict<Child> {
        let bed = self.lab.bed();
        let calls = u32::try_from(self.calls).expect("few enough");
        // The nearest whole call; all that is lost is less than one.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let number = (f64::from(calls) * at) as u32;
        bed.clear_journal();
        bed.inject(Rule::on_mutating().nth(number).delayed(HELD_UP));
        let first = self.start(&["apply", "--yes"]);
        let start = Instant::now();
        while bed.mutating().len() < number as usize {
            if start.elapsed() > PATIENCE {
                return Err(format!("the first run never makes call {number}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(first)
    }

    /// The second run, however it ends.
    async fn second(&self, wait_s: &str) -> Verdict<Ran> {
        let arguments = ["apply", "--yes", "-f", SECOND, "--lease-wait", wait_s];
        end_of(self.start(&arguments)).await
    }

    async fn waits(&mut self, first: Child) -> Verdict {
        let second = self.second("90").await?;
        let first = end_of(first).await?;
        self.seen.waited += u32::from(second.err.contains("waiting at most 90 s"));
        ends_with(&first, &[0])?;
        ends_with(&second, &[0])
    }

    async fn refused(&mut self, first: Child) -> Verdict {
        let second = self.second("0").await?;
        let first = end_of(first).await?;
        ends_with(&first, &[0])?;
        if second.code != 0 {
            let says = second.err.contains("another run is changing this stack");
            self.seen.refused += u32::from(says);
            return if says { Ok(()) } else { Err(second.err) };
        }
        Ok(())
    }

    async fn takes_over(&mut self, mut first: Child) -> Verdict {
        first.kill().await.expect("its end");
        let second = self.second("90").await?;
        self.seen.took_over += u32::from(second.err.contains("takes it over"));
        ends_with(&second, &[0])
    }

    async fn forced(&mut self, first: Child) -> Verdict {
        let unlock = end_of(self.start(&["unlock", "--yes"])).await?;
        // One that was renewed at this very moment stays with its holder.
        ends_with(&unlock, &[0, 1])?;
        let second = self.second("0").await?;
        let first = end_of(first).await?;
        self.seen.lost += u32::from(first.err.contains("The lease is lost"));
        // Whoever meets what the other is making may fail, and says so.
        ends_with(&first, &[0, 1])?;
        ends_with(&second, &[0, 1])
    }
}

async fn end_of(program: Child) -> Verdict<Ran> {
    let output = tokio::time::timeout(PATIENCE, program.wait_with_output()).await;
    let output = output.map_err(|_| "a run hangs".to_owned())?;
    Ok(Ran::from(output.expect("its output")))
}

fn ends_with(ran: &Ran, codes: &[i32]) -> Verdict {
    if codes.contains(&ran.code) {
        return Ok(());
    }
    Err(format!("ended with {}:\n{}", ran.code, ran.err))
}
