//! One stack in one simulated cloud: applied, interrupted, applied again.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use qpiac::engine::{self, Ending, Event, Outcome, ReadFailed, Stop};
use qpiac::model::{Graph, Node, Schema, Snapshot};
use qpiac::plan::{Options, Plan, Refused, plan};
use qpiac::sim::{Action, Faults, Settings, Sim, World};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::audit;
use crate::harness::{Verdict, ensure};
use crate::replay;
use crate::scenario::Scenario;

/// No scenario takes longer on the paused clock.
const LONGEST: Duration = Duration::from_secs(10 * 24 * 3600);
/// No change is invisible for longer.
pub(crate) const LAG: Duration = Duration::from_secs(10);

/// Runs a scenario on a clock that jumps to whatever comes next.
pub(crate) fn on_paused_time(scenario: impl Future<Output = Verdict>) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let in_time = async { timeout(LONGEST, scenario).await };
    runtime
        .block_on(in_time)
        .unwrap_or_else(|_| Err("it does not end".to_owned()))
}

/// A cloud with the engine's settings for a scenario.
pub(crate) struct Lab<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) schemas: &'static [&'static Schema],
    pub(crate) engine: engine::Settings,
    pub(crate) sim: Sim,
}

/// A run that came to its end.
pub(crate) struct Ran {
    pub(crate) plan: Plan,
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
}

/// What came of an attempt to apply a graph.
pub(crate) enum Attempt {
    Unread(ReadFailed),
    Refused(Refused),
    Ran(Box<Ran>),
}

/// When a user wishes to stop, in milliseconds from the beginning of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    pub(crate) first_ms: u64,
    /// From the first wish on.
    pub(crate) second_ms: Option<u64>,
}

async fn wishing(wishes: Option<Wishes>, wish: &watch::Sender<Option<Stop>>) {
    let Some(wishes) = wishes else {
        return;
    };
    sleep(Duration::from_millis(wishes.first_ms)).await;
    wish.send_replace(Some(Stop::Starting));
    if let Some(second_ms) = wishes.second_ms {
        sleep(Duration::from_millis(second_ms)).await;
        wish.send_replace(Some(Stop::Waiting));
    }
}

impl<'a> Lab<'a> {
    /// An empty cloud where nothing goes wrong.
    pub(crate) fn new(scenario: &'a Scenario) -> Self {
        Self::at(scenario, scenario.world(), Faults::default())
    }

    fn at(scenario: &'a Scenario, world: World, faults: Faults) -> Self {
        let schemas = scenario.pair.schemas();
        let settings = Settings::at(scenario.pace()).with(faults);
        let settings = settings.knowing(scenario.pair.given());
        let sim = Sim::new(schemas, world, settings);
        // The world's time begins with the first look at it.
        sim.world();
        Self {
            scenario,
            schemas,
            engine: scenario.engine(),
            sim,
        }
    }

    /// The same world from now on, with these faults, seen by a new process.
    pub(crate) fn reopened(&self, faults: Faults) -> Self {
        Self::at(self.scenario, self.sim.world(), faults)
    }

    pub(crate) async fn read(&self, graph: &Graph) -> Result<Snapshot, ReadFailed> {
        engine::read(&self.sim, graph.owner(), Some(graph), &self.engine).await
    }

    /// Reads and plans in a cloud where nothing goes wrong.
    pub(crate) async fn plan(&self, graph: &Graph, options: &Options) -> Result<Plan, String> {
        let snapshot = self.read(graph).await.map_err(|e| e.to_string())?;
        plan(graph, &snapshot, self.schemas, options).map_err(|e| format!("refused: {e}"))
    }

    /// Runs a plan, and checks what it said.
    pub(crate) async fn run(&self, plan: Plan, wishes: Option<Wishes>) -> Result<Ran, String> {
        let (wish, stops) = watch::channel(None);
        let mut events = Vec::new();
        let outcome = {
            let mut note = |event| events.push(event);
            let running = engine::run(
                &plan,
                &self.sim,
                &self.engine,
                &engine::Unlimited,
                stops,
                &mut note,
            );
            let mut running = pin!(running);
            tokio::select! {
                biased;
                outcome = &mut running => outcome,
                () = wishing(wishes, &wish) => running.await,
            }
        };
        replay::check(&plan, &events, &outcome)?;
        Ok(Ran {
            plan,
            outcome,
            events,
        })
    }

    /// Reads, plans and runs; what goes wrong on the way is an answer.
    pub(crate) async fn attempt(
        &self,
        graph: &Graph,
        wishes: Option<Wishes>,
    ) -> Result<Attempt, String> {
        let snapshot = match self.read(graph).await {
            Ok(snapshot) => snapshot,
            Err(unread) => return Ok(Attempt::Unread(unread)),
        };
        let plan = match plan(graph, &snapshot, self.schemas, &Options::default()) {
            Ok(plan) => plan,
            Err(refused) => return Ok(Attempt::Refused(refused)),
        };
        let ran = self.run(plan, wishes).await?;
        Ok(Attempt::Ran(Box::new(ran)))
    }

    /// Applies a graph, which must succeed in one run, and be as wanted then.
    pub(crate) async fn apply(&self, graph: &Graph) -> Verdict {
        self.complete(graph).await?;
        self.is_as_wanted(graph).await
    }

    /// The same after another run was cut off: AWS may have to be asked again while it is at work.
    pub(crate) async fn mend(&self, graph: &Graph) -> Verdict {
        self.apply(graph).await?;
        let mistakes = self.mistakes();
        ensure!(mistakes.is_empty(), "refused: {}", mistakes.join("; "));
        Ok(())
    }

    async fn complete(&self, graph: &Graph) -> Verdict {
        let plan = self.plan(graph, &Options::default()).await?;
        let ran = self.run(plan, None).await?;
        ensure!(
            ran.outcome.ending == Ending::Complete,
            "the run ended as {:?}: {:?}\nof{}",
            ran.outcome.ending,
            ran.outcome.failed,
            show(&ran.plan)
        );
        Ok(())
    }

    /// The world is what the graph says, and a plan has nothing to do and does nothing.
    pub(crate) async fn is_as_wanted(&self, graph: &Graph) -> Verdict {
        audit::world(&self.sim.world(), self.schemas, graph)?;
        let mutations = self.sim.mutations();
        let again = self.plan(graph, &Options::default()).await?;
        ensure!(again.is_empty(), "the second plan is {}", show(&again));
        ensure!(
            self.sim.mutations() == mutations,
            "reading has changed something"
        );
        Ok(())
    }

    /// What the rules refused, but for what had to be repeated since AWS was at work.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        use qpiac::model::FaultClass::{Conflict, NotYet};
        let refusals = self.sim.refusals();
        refusals
            .iter()
            .filter(|fault| !matches!(fault.class, Conflict | NotYet))
            .map(ToString::to_string)
            .collect()
    }

    /// The rules refused nothing at all.
    pub(crate) fn refused_nothing(&self) -> Verdict {
        let refusals: Vec<String> = self
            .sim
            .refusals()
            .iter()
            .map(ToString::to_string)
            .collect();
        ensure!(refusals.is_empty(), "refused: {}", refusals.join("; "));
        Ok(())
    }

    /// What holds data and is wanted in every one of these graphs was never deleted.
    pub(crate) fn keeps_data(&self, graphs: &[Graph]) -> Verdict {
        let holding = self.schemas.iter().filter(|schema| schema.holds.is_some());
        for schema in holding {
            let wanted = |graph: &Graph| {
                let all = graph
                    .nodes()
                    .filter(|(address, _)| address.kind == schema.kind);
                let name = |node: &Node| {
                    schema
                        .named
                        .and_then(|named| node.values.get(named).cloned())
                };
                all.map(|(address, node)| (address.clone(), name(node)))
                    .collect::<Vec<_>>()
            };
            let is_same = graphs
                .windows(2)
                .all(|two| wanted(&two[0]) == wanted(&two[1]));
            let deleted = self.sim.count(&schema.kind, Action::Delete);
            ensure!(!is_same || deleted == 0, "a {} is deleted", schema.kind);
        }
        Ok(())
    }

    /// Waits until reads cannot lag any more.
    pub(crate) async fn outlive_lag(&self) {
        sleep(LAG).await;
    }

    /// Waits until reads cannot lag any more and AWS has come to the end of what it does.
    pub(crate) async fn settle(&self) {
        sleep(LAG).await;
        let mut waited_s = 0;
        while self.sim.world().is_moving() && waited_s < 3600 {
            sleep(Duration::from_secs(5)).await;
            waited_s += 5;
        }
    }
}

/// A plan as one line per step.
pub(crate) fn show(plan: &Plan) -> String {
    let line = |step: &qpiac::plan::Step| {
        let after: Vec<String> = step
            .after
            .iter()
            .map(|after| format!("{}{:?}", after.step.0, after.until))
            .collect();
        format!(
            "\n{} {} {} {:?} <{}>",
            step.id.0,
            step.action.verb(),
            step.address,
            step.because,
            after.join(" ")
        )
    };
    plan.steps.iter().map(line).collect()
}
