//! Whoever runs the program for others asks it to stop, and kills it about ten seconds later: it has
//! ended by then, and the next run goes on.
//!
//! Depends on `lab`, `reference` and `size`. Invariant: how far through a run it is asked follows from
//! the seed.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::Rng;
use rand::rngs::StdRng;
use testbed::Rule;
use tokio::process::Child;

use crate::lab::{Lab, Verdict};
use crate::point::Phase;
use crate::reference::Reference;
use crate::size;

/// How soon it must have ended.
const SOON: Duration = Duration::from_secs(7);
/// How much longer a reply takes that is slow: nobody waits for it who was asked to stop.
const SLOW: Duration = Duration::from_secs(25);
/// Replies of every so many calls are slow, where they are.
const SLOW_EVERY: u32 = 20;

/// When the program is asked to stop.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// How far through the run, from 0 to 1.
    at: f64,
    /// Which changing calls get a slow reply: this one of every so many.
    slow: Option<u32>,
}

impl Moment {
    fn draw(chance: &mut StdRng) -> Self {
        let is_slow = chance.random_ratio(1, 3);
        Self {
            at: chance.random_range(0.0..1.0),
            slow: is_slow.then(|| chance.random_range(0..SLOW_EVERY)),
        }
    }
}

/// How a run that was asked to stop ended.
struct Ended {
    code: Option<i32>,
    took: Duration,
    /// How many changing calls it had made when it was asked.
    calls: usize,
}

/// Runs that are asked to stop, one after another.
struct Campaign {
    lab: Lab,
    reference: &'static Reference,
    /// How long a whole run takes. That depends on what else the machine has to do.
    whole: Duration,
    longest: Duration,
    failures: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_stop_ends_soon_and_the_next_goes_on() {
    let mut campaign = Campaign {
        reference: Reference::measured().await,
        lab: Lab::new().await,
        whole: Duration::ZERO,
        longest: Duration::ZERO,
        failures: Vec::new(),
    };
    let ran = campaign.finish().await;
    ran.unwrap_or_else(|why| panic!("{why}"));
    let mut chance = size::chance("terminate");
    let count = size::moments();
    for _ in 0..count {
        let moment = Moment::draw(&mut chance);
        let trying = AssertUnwindSafe(campaign.try_at(moment)).catch_unwind();
        let verdict = trying.await.unwrap_or(Err("panicked".to_owned()));
        if let Err(why) = verdict {
            println!("{moment:?}: {why}");
            campaign.failures.push(format!("{moment:?}: {why}"));
        }
    }
    let Campaign {
        longest, failures, ..
    } = campaign;
    println!(
        "| SIGTERM, apply | {count} moments | {} converged | longest time to exit {:.1} s |",
        count - failures.len(),
        longest.as_secs_f64()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

impl Campaign {
    /// Asks a run to stop at this moment, and has the next one put everything right.
    async fn try_at(&mut self, moment: Moment) -> Verdict {
        self.lab.reset().await;
        self.slow_down(moment);
        let ended = asked_to_stop(&self.lab, self.whole.mul_f64(moment.at)).await?;
        self.lab.bed().clear_faults();
        self.longest = ended.took.max(self.longest);
        self.judge(&ended)?;
        self.finish().await?;
        let Ended { calls, took, .. } = ended;
        println!("{moment:?}, {calls} calls: ended in {took:.1?}, converged");
        Ok(())
    }

    fn slow_down(&self, moment: Moment) {
        let bed = self.lab.bed();
        let rounds = |first: u32| (0..SLOW_EVERY).map(move |round| first + round * SLOW_EVERY);
        for number in moment.slow.into_iter().flat_map(rounds) {
            bed.inject(Rule::on_mutating().nth(number + 1).delayed(SLOW));
        }
        bed.clear_journal();
    }

    fn judge(&self, ended: &Ended) -> Verdict {
        if ended.took > SOON {
            return Err(format!("ended only after {:?}", ended.took));
        }
        // Before it has begun it cannot know of the signal.
        let has_begun = !self.lab.bed().calls().is_empty();
        match ended.code {
            Some(0 | 130) => Ok(()),
            None if !has_begun => Ok(()),
            code => Err(format!("ended with {code:?}")),
        }
    }

    /// One run is enough.
    async fn finish(&mut self) -> Verdict {
        self.lab.write(Phase::Apply);
        let start = Instant::now();
        self.lab.run(Phase::Apply.arguments(), 0).await?;
        self.whole = start.elapsed().max(self.whole);
        let expected = &self.reference.of(Phase::Apply).labels;
        self.lab.audit(expected).await.verdict()?;
        self.lab.is_in_sync().await
    }
}

async fn asked_to_stop(lab: &Lab, after: Duration) -> Verdict<Ended> {
    let mut command = lab.command(Phase::Apply.arguments());
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut program = command.spawn().expect("the program runs");
    if let Ok(ended) = tokio::time::timeout(after, program.wait()).await {
        return Ok(Ended {
            code: ended.expect("an end").code(),
            took: Duration::ZERO,
            calls: lab.bed().mutating().len(),
        });
    }
    let start = Instant::now();
    let calls = lab.bed().mutating().len();
    ask_to_stop(&program).await;
    let patience = SOON * 3;
    let Ok(ended) = tokio::time::timeout(patience, program.wait()).await else {
        program.kill().await.expect("its end");
        return Err(format!("did not end within {patience:?}"));
    };
    Ok(Ended {
        code: ended.expect("an end").code(),
        took: start.elapsed(),
        calls,
    })
}

async fn ask_to_stop(program: &Child) {
    let Some(id) = program.id() else {
        return;
    };
    let mut signal = tokio::process::Command::new("kill");
    let signal = signal.args(["-TERM", &id.to_string()]).status().await;
    assert!(signal.expect("kill runs").success());
}
