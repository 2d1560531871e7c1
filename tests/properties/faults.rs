//! Repeating any call is harmless: with every fault mixed, what was wanted comes about once.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use qpiac::engine::{Cause, Ending};
use qpiac::model::{FaultClass, Graph, Schema};
use qpiac::sim::{Action, Faults, Lag, Scripted, Strike};

use crate::harness::{Verdict, ensure, property};
use crate::lab::{Attempt, Lab, Ran, on_paused_time};
use crate::scenario::{Scenario, nothing, scenario};

/// How many runs it may take where AWS breaks what it makes and reads fail for good.
const RUNS_MAX: usize = 20;

/// What is wanted after something went wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    After,
    Before,
    Nothing,
}

impl Goal {
    pub(crate) fn graph(self, scenario: &Scenario) -> Graph {
        match self {
            Self::After => scenario.pair.after(),
            Self::Before => scenario.pair.before(),
            Self::Nothing => nothing(),
        }
    }
}

/// Any goal, more often the one that was interrupted.
pub(crate) fn goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        2 => Just(Goal::After),
        1 => Just(Goal::Before),
        1 => Just(Goal::Nothing),
    ]
}

/// A scenario in which much goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Hostile {
    pub(crate) scenario: Scenario,
    weather: Weather,
    strikes: Vec<Blow>,
    /// What the later runs are for.
    goal: Goal,
}

/// What happens to calls by chance.
#[derive(Clone, Copy, Debug)]
enum Weather {
    /// Some of everything.
    Mixed,
    /// Requests and replies are lost, and every change is seen late.
    Lossy,
    /// AWS is too busy.
    Crowded,
}

impl Weather {
    fn faults(self) -> Faults {
        let mixed = Faults::mixed();
        match self {
            Self::Mixed => mixed,
            Self::Lossy => Faults {
                throttled: 0.0,
                lost_requests: 0.12,
                lost_replies: 0.12,
                lag: Lag {
                    probability: 1.0,
                    ..mixed.lag
                },
                ..mixed
            },
            Self::Crowded => Faults {
                throttled: 0.3,
                ..mixed
            },
        }
    }
}

/// What happens to a call beside what happens by chance.
#[derive(Clone, Debug)]
struct Blow {
    kind: usize,
    action: Action,
    nth: usize,
    hit: Hit,
}

#[derive(Clone, Copy, Debug)]
enum Hit {
    Throttled,
    Conflict,
    NotYet,
    Lost { effect: bool },
    Breaks,
}

fn blow() -> impl Strategy<Value = Blow> {
    let action = prop_oneof![
        Just(Action::Create),
        Just(Action::Update),
        Just(Action::Delete)
    ];
    let hit = prop_oneof![
        Just(Hit::Throttled),
        Just(Hit::Conflict),
        Just(Hit::NotYet),
        any::<bool>().prop_map(|effect| Hit::Lost { effect }),
        Just(Hit::Breaks),
    ];
    (0..100_usize, action, 1..4_usize, hit).prop_map(|(kind, action, nth, hit)| Blow {
        kind,
        action,
        nth,
        hit,
    })
}

pub(crate) fn hostile() -> impl Strategy<Value = Hostile> {
    let weather = prop_oneof![
        Just(Weather::Mixed),
        Just(Weather::Lossy),
        Just(Weather::Crowded)
    ];
    (scenario(), weather, vec(blow(), 0..6), goal()).prop_map(
        |(scenario, weather, strikes, goal)| Hostile {
            scenario,
            weather,
            strikes,
            goal,
        },
    )
}

impl Hostile {
    /// What is wanted at first, what then, and what in the end.
    fn graphs(&self) -> [Graph; 3] {
        let pair = &self.scenario.pair;
        [pair.before(), pair.after(), self.goal.graph(&self.scenario)]
    }

    /// Everything by chance, and these blows.
    pub(crate) fn faults(&self, schemas: &[&'static Schema]) -> Faults {
        let script = self.strikes.iter();
        Faults {
            script: script.filter_map(|blow| blow.scripted(schemas)).collect(),
            ..self.weather.faults()
        }
    }
}

impl Blow {
    /// Nothing where a resource would break of which nobody waits for the end.
    fn scripted(&self, schemas: &[&'static Schema]) -> Option<Scripted> {
        let schema = schemas[self.kind % schemas.len()];
        let wait = match self.action {
            Action::Create => schema.waits.create,
            Action::Update => schema.waits.update,
            Action::Delete => schema.waits.delete,
            Action::Find => None,
        };
        let (class, effect) = match self.hit {
            Hit::Throttled => (FaultClass::Throttled, false),
            Hit::Conflict => (FaultClass::Conflict, false),
            Hit::NotYet => (FaultClass::NotYet, false),
            Hit::Lost { effect } => (FaultClass::Unknown, effect),
            Hit::Breaks => {
                wait?;
                (FaultClass::Unknown, true)
            }
        };
        let strike = match self.hit {
            Hit::Breaks => Strike::Breaks("it broke".to_owned()),
            Hit::Throttled | Hit::Conflict | Hit::NotYet | Hit::Lost { .. } => Strike::Fault {
                class,
                code: "Scripted".to_owned(),
                message: "by script".to_owned(),
                effect,
            },
        };
        Some(Scripted {
            kind: schema.kind.clone(),
            action: self.action,
            nth: self.nth,
            strike,
        })
    }
}

#[test]
fn with_faults_a_complete_run_is_complete() {
    property(
        "with_faults_a_complete_run_is_complete",
        200,
        hostile(),
        |hostile| on_paused_time(patiently(hostile)),
    );
}

/// Every run begins when reads do not lag behind the one before any more. When one says that it is
/// complete, it is.
async fn patiently(hostile: &Hostile) -> Verdict {
    let scenario = &hostile.scenario;
    let graphs = hostile.graphs();
    let calm = Lab::new(scenario);
    calm.apply(&graphs[0]).await?;
    let mut lab = calm.reopened(hostile.faults(calm.schemas));
    let mut graph = &graphs[1];
    for run in 1.. {
        ensure!(run <= RUNS_MAX, "not done after {RUNS_MAX} runs");
        let attempt = lab.attempt(graph, None).await?;
        lab.keeps_data(&graphs)?;
        match attempt {
            Attempt::Unread(_) => {}
            Attempt::Refused(refused) => return Err(format!("run {run} is refused: {refused}")),
            Attempt::Ran(ran) if ran.outcome.ending == Ending::Complete => break,
            Attempt::Ran(ran) => excused(&ran)?,
        }
        lab.settle().await;
        graph = &graphs[2];
        lab = lab.reopened(hostile.weather.faults());
    }
    let calm = lab.reopened(Faults::default());
    calm.settle().await;
    calm.is_as_wanted(graph).await
}

/// Calls may be throttled or lost again and again, and AWS may break things; nothing else makes a
/// run partial.
fn excused(ran: &Ran) -> Verdict {
    ensure!(!ran.outcome.failed.is_empty(), "partial without a failure");
    for (step, failure) in &ran.outcome.failed {
        let is_excused = match &failure.cause {
            Cause::Fault { fault, .. } => {
                matches!(fault.class, FaultClass::Throttled | FaultClass::Unknown)
            }
            Cause::Broken { message } => message == "it broke",
            // What breaks while it is deleted stays.
            Cause::Deadline { last, .. } => last.as_deref() == Some("it broke"),
            Cause::NotAsWanted { .. }
            | Cause::Incomplete { .. }
            | Cause::Vanished
            | Cause::MissingInput { .. } => false,
        };
        let step = ran.plan.step(*step);
        ensure!(is_excused, "{} fails: {failure:?}", step.address);
    }
    Ok(())
}

#[test]
fn hurried_runs_with_faults_lead_to_what_is_wanted() {
    property(
        "hurried_runs_with_faults_lead_to_what_is_wanted",
        150,
        hostile(),
        |hostile| on_paused_time(hurriedly(hostile)),
    );
}

/// Each run begins as soon as the one before has ended, while reads still lag behind that one. What
/// they leave behind, one run in a calm cloud puts right.
async fn hurriedly(hostile: &Hostile) -> Verdict {
    let graphs = hostile.graphs();
    let mut lab = Lab::new(&hostile.scenario);
    for graph in &graphs {
        lab = lab.reopened(hostile.faults(lab.schemas));
        lab.attempt(graph, None).await?;
        lab.keeps_data(&graphs)?;
    }
    let calm = lab.reopened(Faults::default());
    calm.settle().await;
    calm.mend(&graphs[2]).await?;
    calm.keeps_data(&graphs)
}
