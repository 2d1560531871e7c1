//! Whoever runs the program for others asks it to stop, and kills it about ten seconds later: it has
//! ended by then, and the next run goes on.
//!
//! Depends on `lab`, `reference` and `size`. Invariant: moments follow from the seed.

use std::time::{Duration, Instant};

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
    after: Duration,
    /// Which changing calls get a slow reply: this one of every so many.
    slow: Option<u32>,
}

impl Moment {
    fn draw(chance: &mut StdRng, whole: Duration) -> Self {
        let is_slow = chance.random_ratio(1, 3);
        Self {
            after: whole.mul_f64(chance.random_range(0.0..1.0)),
            slow: is_slow.then(|| chance.random_range(0..SLOW_EVERY)),
        }
    }
}

/// How a run that was asked to stop ended.
struct Ended {
    code: Option<i32>,
    took: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_stop_ends_soon_and_the_next_goes_on() {
    let reference = Reference::measured().await;
    let mut lab = Lab::new().await;
    let whole = duration(&lab).await;
    let mut chance = size::chance("terminate");
    let mut longest = Duration::ZERO;
    let mut failures = Vec::new();
    let count = size::moments();
    for _ in 0..count {
        lab.reset().await;
        let moment = Moment::draw(&mut chance, whole);
        match stopped(&lab, reference, moment, &mut longest).await {
            Ok(()) => println!("{moment:?}: converged"),
            Err(why) => failures.push(format!("{moment:?}: {why}")),
        }
    }
    println!(
        "| SIGTERM, apply | {count} moments | {} converged | longest time to exit {:.1} s |",
        count - failures.len(),
        longest.as_secs_f64()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// How long a whole run takes.
async fn duration(lab: &Lab) -> Duration {
    lab.write(Phase::Apply);
    let start = Instant::now();
    let ran = lab.run(Phase::Apply.arguments(), 0).await;
    ran.unwrap_or_else(|why| panic!("{why}"));
    start.elapsed()
}

async fn stopped(
    lab: &Lab,
    reference: &Reference,
    moment: Moment,
    longest: &mut Duration,
) -> Verdict {
    if let Some(first) = moment.slow {
        for number in 0..SLOW_EVERY {
            let nth = first + number * SLOW_EVERY;
            let slow = Rule::on_mutating().nth(nth + 1).delayed(SLOW);
            lab.bed().inject(slow);
        }
    }
    lab.bed().clear_journal();
    let ended = asked_to_stop(lab, moment.after).await?;
    lab.bed().clear_faults();
    *longest = ended.took.max(*longest);
    if ended.took > SOON {
        return Err(format!("ended only after {:?}", ended.took));
    }
    // Before it has begun it cannot know of the signal.
    let died_early = ended.code.is_none() && lab.bed().calls().is_empty();
    if !died_early && !matches!(ended.code, Some(0 | 130)) {
        return Err(format!("ended with {:?}", ended.code));
    }
    lab.run(Phase::Apply.arguments(), 0).await?;
    let expected = &reference.of(Phase::Apply).labels;
    lab.audit(expected).await.verdict()?;
    lab.is_in_sync().await
}

async fn asked_to_stop(lab: &Lab, after: Duration) -> Verdict<Ended> {
    let mut command = lab.command(Phase::Apply.arguments());
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut program = command.spawn().expect("the program runs");
    if let Ok(ended) = tokio::time::timeout(after, program.wait()).await {
        let code = ended.expect("an end").code();
        let took = Duration::ZERO;
        return Ok(Ended { code, took });
    }
    let start = Instant::now();
    ask_to_stop(&program).await;
    let patience = SOON * 3;
    let Ok(ended) = tokio::time::timeout(patience, program.wait()).await else {
        program.kill().await.expect("its end");
        return Err(format!("did not end within {patience:?}"));
    };
    Ok(Ended {
        code: ended.expect("an end").code(),
        took: start.elapsed(),
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
