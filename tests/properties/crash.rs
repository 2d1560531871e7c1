//! However a run is cut off, the next one puts everything right: no orphan, no duplicate.

use proptest::option::of;
use proptest::prelude::{Strategy, any, prop_oneof};
use qpiac::sim::{Afterwards, Death, Faults};

use crate::faults::{Goal, goal};
use crate::harness::{Verdict, ensure, property};
use crate::lab::{Lab, Wishes, on_paused_time};
use crate::scenario::{Scenario, nothing, scenario};

/// A run that is cut off.
#[derive(Clone, Debug)]
struct Cut {
    scenario: Scenario,
    /// How far through the run, from 0 to 1.
    at: f64,
    how: How,
    /// What the next run is for.
    goal: Goal,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// The program dies at a call, which has its effect or not.
    Dies { effect: bool },
    /// It dies while all else goes wrong as well.
    DiesInChaos { effect: bool },
    /// It lives on without a network.
    Unplugged { effect: bool },
    /// The user wishes to stop, and maybe again after this time, in milliseconds.
    Stopped { again_ms: Option<u64> },
}

fn cut() -> impl Strategy<Value = Cut> {
    let how = prop_oneof![
        any::<bool>().prop_map(|effect| How::Dies { effect }),
        any::<bool>().prop_map(|effect| How::DiesInChaos { effect }),
        any::<bool>().prop_map(|effect| How::Unplugged { effect }),
        of(0..6000_u64).prop_map(|again_ms| How::Stopped { again_ms }),
    ];
    (scenario(), 0.0..1.0_f64, how, goal()).prop_map(|(scenario, at, how, goal)| Cut {
        scenario,
        at,
        how,
        goal,
    })
}

#[test]
fn a_run_that_is_cut_off_is_mended_by_the_next() {
    property(
        "a_run_that_is_cut_off_is_mended_by_the_next",
        250,
        cut(),
        |cut| on_paused_time(mended(cut)),
    );
}

async fn mended(cut: &Cut) -> Verdict {
    let scenario = &cut.scenario;
    let lab = Lab::new(scenario);
    lab.apply(&scenario.pair.before()).await?;
    let whole = measured(&lab).await?;
    let broken = match cut.how {
        How::Dies { effect } => {
            let death = death(whole.calls, cut.at, effect, Afterwards::Hang);
            killed(&lab, death, Faults::default()).await?
        }
        How::DiesInChaos { effect } => {
            let death = death(whole.calls, cut.at, effect, Afterwards::Hang);
            killed(&lab, death, Faults::mixed()).await?
        }
        How::Unplugged { effect } => {
            let death = death(whole.calls, cut.at, effect, Afterwards::Fail);
            unplugged(&lab, death).await?
        }
        How::Stopped { again_ms } => {
            let wishes = Wishes {
                first_ms: (whole.took_ms as f64 * cut.at) as u64,
                second_ms: again_ms,
            };
            stopped(&lab, wishes).await?
        }
    };
    mend(&broken, cut.goal).await
}

/// How much there is to be cut.
struct Whole {
    calls: usize,
    took_ms: u64,
}

/// The whole run, in another world.
async fn measured(lab: &Lab<'_>) -> Result<Whole, String> {
    let copy = lab.reopened(Faults::default());
    let start = tokio::time::Instant::now();
    let graph = lab.scenario.pair.after();
    copy.attempt(&graph, None).await?;
    Ok(Whole {
        calls: copy.sim.calls().len(),
        took_ms: start.elapsed().as_millis() as u64,
    })
}

fn death(calls: usize, at: f64, effect: bool, then: Afterwards) -> Death {
    Death {
        call: 1 + (calls as f64 * at) as usize,
        effect,
        then,
    }
}

/// The same world after the program has died in it.
async fn killed<'a>(lab: &Lab<'a>, death: Death, faults: Faults) -> Result<Lab<'a>, String> {
    let lab = lab.reopened(Faults {
        death: Some(death),
        ..faults
    });
    let graph = lab.scenario.pair.after();
    let attempt = tokio::select! {
        biased;
        () = lab.sim.died() => None,
        attempt = lab.attempt(&graph, None) => Some(attempt),
    };
    if let Some(attempt) = attempt {
        attempt?;
    }
    let calm = lab.reopened(Faults::default());
    calm.outlive_lag().await;
    Ok(calm)
}

/// The same world after the program has lost its network.
async fn unplugged<'a>(lab: &Lab<'a>, death: Death) -> Result<Lab<'a>, String> {
    let lab = lab.reopened(Faults {
        death: Some(death),
        ..Faults::default()
    });
    lab.attempt(&lab.scenario.pair.after(), None).await?;
    Ok(lab.reopened(Faults::default()))
}

/// The same world after the user has stopped a run.
async fn stopped<'a>(lab: &Lab<'a>, wishes: Wishes) -> Result<Lab<'a>, String> {
    let lab = lab.reopened(Faults::default());
    lab.attempt(&lab.scenario.pair.after(), Some(wishes))
        .await?;
    let mistakes = lab.mistakes();
    ensure!(mistakes.is_empty(), "refused: {}", mistakes.join("; "));
    Ok(lab)
}

/// One run is enough.
async fn mend(lab: &Lab<'_>, goal: Goal) -> Verdict {
    lab.mend(&goal.graph(lab.scenario)).await
}

#[test]
fn every_single_call_may_be_the_last() {
    property(
        "every_single_call_may_be_the_last",
        8,
        scenario(),
        |scenario| on_paused_time(at_every_call(scenario)),
    );
}

async fn at_every_call(scenario: &Scenario) -> Verdict {
    let lab = Lab::new(scenario);
    lab.apply(&scenario.pair.before()).await?;
    let calls = measured(&lab).await?.calls;
    for call in 1..=calls {
        for effect in [false, true] {
            let death = Death {
                call,
                effect,
                then: Afterwards::Hang,
            };
            let broken = killed(&lab, death, Faults::default()).await?;
            let again = broken.reopened(Faults::default());
            for (lab, goal) in [(broken, Goal::After), (again, Goal::Nothing)] {
                mend(&lab, goal)
                    .await
                    .map_err(|why| format!("after call {call}, {effect}, {goal:?}: {why}"))?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_destroy_that_is_cut_off_is_mended_by_the_next() {
    let cut = (scenario(), 0.0..1.0_f64, any::<bool>(), any::<bool>());
    property(
        "a_destroy_that_is_cut_off_is_mended_by_the_next",
        100,
        cut,
        |(scenario, at, effect, rebuilt)| {
            on_paused_time(destroyed(scenario, *at, *effect, *rebuilt))
        },
    );
}

async fn destroyed(scenario: &Scenario, at: f64, effect: bool, rebuilt: bool) -> Verdict {
    let lab = Lab::new(scenario);
    lab.apply(&scenario.pair.before()).await?;
    let copy = lab.reopened(Faults::default());
    copy.apply(&nothing()).await?;
    let death = death(copy.sim.calls().len(), at, effect, Afterwards::Hang);
    let dying = lab.reopened(Faults {
        death: Some(death),
        ..Faults::default()
    });
    let graph = nothing();
    let attempt = tokio::select! {
        biased;
        () = dying.sim.died() => None,
        attempt = dying.attempt(&graph, None) => Some(attempt),
    };
    if let Some(attempt) = attempt {
        attempt?;
    }
    let goal = if rebuilt { Goal::Before } else { Goal::Nothing };
    mend(&dying.reopened(Faults::default()), goal).await
}
