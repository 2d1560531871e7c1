//! Plans by hand, and runs whose events are kept.

use std::cell::RefCell;
use std::collections::BTreeSet;

use qpiac::engine::{Event, Failure, Outcome, Settings, Skip, Stop, Tenure, Unlimited, What, run};
use qpiac::model::{
    Address, Attributes, Change, Kind, Milestone, Name, Names, OutputName, OutputValues, Owner,
    Record, Ref, State, TagChange, Tags, Value, Values,
};
use qpiac::plan::{Action, After, Plan, Reason, Scope, Step, StepId};
use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::kinds::{Key, Part, Thing, Tower};

pub(crate) fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// A reference to the identifier of the resource at this address.
pub(crate) fn id_of<C: qpiac::model::Class>(text: &str) -> Ref<C> {
    Ref::to(OutputName {
        address: address(text),
        output: "id".into(),
    })
}

pub(crate) fn thing(size: u32, needs: &[&str]) -> Values {
    Thing {
        size,
        form: "round".to_owned(),
        needs: needs
            .iter()
            .map(|text| id_of(text))
            .collect::<BTreeSet<_>>(),
    }
    .values()
}

pub(crate) fn tower(size: u32, needs: &[&str]) -> Values {
    Tower {
        name: "high".to_owned(),
        size,
        needs: needs
            .iter()
            .map(|text| id_of(text))
            .collect::<BTreeSet<_>>(),
    }
    .values()
}

pub(crate) fn part(thing: Ref<crate::kinds::ThingId>, place: u32, size: u32) -> Values {
    Part { thing, place, size }.values()
}

/// The key of a tower.
pub(crate) fn key(tower: &str) -> Values {
    Key {
        tower: id_of(tower),
    }
    .values()
}

/// A resource of ours as it is found.
pub(crate) fn found(text: &str, id: &str, values: &Values, state: State) -> Record {
    let address = address(text);
    Record {
        kind: address.kind.clone(),
        id: id.to_owned(),
        values: values.clone(),
        outputs: OutputValues::from([(Name::Borrowed("id"), id.to_owned())]),
        tags: owner().mark(&address),
        state,
    }
}

/// A plan in the making.
#[derive(Default)]
pub(crate) struct Sketch {
    steps: Vec<Step>,
    names: Names,
}

impl Sketch {
    fn push(&mut self, text: &str, action: Action) -> StepId {
        let id = StepId(self.steps.len());
        self.steps.push(Step {
            id,
            address: address(text),
            action,
            because: Reason::Missing,
            replaces: None,
            after: Vec::new(),
        });
        id
    }

    pub(crate) fn create(&mut self, text: &str, want: Values) -> StepId {
        let mark = owner().mark(&address(text));
        self.push(text, Action::Create { want, mark })
    }

    pub(crate) fn update(&mut self, found: &Record, want: Values) -> StepId {
        let text = found.tags[qpiac::model::ADDRESS_TAG].clone();
        let changes = want
            .iter()
            .filter(|(name, to)| found.values.get(*name) != Some(to));
        let changes = changes.map(|(name, to)| Change {
            attribute: name.clone(),
            from: found.values.get(name).cloned().unwrap_or(Value::Absent),
            to: to.clone(),
        });
        let action = Action::Update {
            changes: changes.collect(),
            want,
            found: found.clone(),
            tags: TagChange::default(),
        };
        self.know(&text, found);
        self.push(&text, action)
    }

    pub(crate) fn delete(&mut self, found: &Record) -> StepId {
        let text = found.tags[qpiac::model::ADDRESS_TAG].clone();
        self.know(&text, found);
        self.push(
            &text,
            Action::Delete {
                found: found.clone(),
            },
        )
    }

    /// The step waits for that one.
    pub(crate) fn after(&mut self, step: StepId, before: StepId, until: Milestone) {
        self.steps[step.0].after.push(After {
            step: before,
            until,
        });
    }

    fn know(&mut self, text: &str, found: &Record) {
        let output = OutputName {
            address: address(text),
            output: "id".into(),
        };
        self.names.add(found.kind.as_str(), &found.id, output);
    }

    pub(crate) fn plan(self) -> Plan {
        Plan {
            owner: owner(),
            steps: self.steps,
            unchanged: 0,
            names: self.names,
            scope: Scope::default(),
        }
    }
}

/// One step that creates this.
pub(crate) fn creating(text: &str, want: Values) -> Plan {
    let mut sketch = Sketch::default();
    sketch.create(text, want);
    sketch.plan()
}

/// One step that updates this.
pub(crate) fn updating(found: &Record, want: Values) -> Plan {
    let mut sketch = Sketch::default();
    sketch.update(found, want);
    sketch.plan()
}

/// One step that deletes this.
pub(crate) fn deleting(found: &Record) -> Plan {
    let mut sketch = Sketch::default();
    sketch.delete(found);
    sketch.plan()
}

pub(crate) fn settings() -> Settings {
    Settings {
        seed: Some(1),
        ..Settings::default()
    }
}

/// A run that is over.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
}

/// Does a plan undisturbed.
pub(crate) async fn ran(plan: &Plan, cloud: &Cloud) -> Ran {
    ran_with(
        plan,
        cloud,
        &settings(),
        std::future::pending(),
        &watch::Sender::new(None),
    )
    .await
}

/// Does a plan while `meanwhile` happens.
pub(crate) async fn ran_with(
    plan: &Plan,
    cloud: &Cloud,
    settings: &Settings,
    meanwhile: impl Future<Output = ()>,
    stops: &watch::Sender<Option<Stop>>,
) -> Ran {
    ran_by(plan, cloud, settings, &Unlimited, meanwhile, stops).await
}

/// The same by a right that may end.
pub(crate) async fn ran_by(
    plan: &Plan,
    cloud: &Cloud,
    settings: &Settings,
    tenure: &dyn Tenure,
    meanwhile: impl Future<Output = ()>,
    stops: &watch::Sender<Option<Stop>>,
) -> Ran {
    let events = RefCell::new(Vec::new());
    let mut keep = |event| events.borrow_mut().push(event);
    let running = run(plan, cloud, settings, tenure, stops.subscribe(), &mut keep);
    let meanwhile = async {
        meanwhile.await;
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        outcome = running => outcome,
        () = meanwhile => unreachable!("it never ends"),
    };
    let events = events.into_inner();
    let ran = Ran { outcome, events };
    ran.check(plan);
    ran
}

impl Ran {
    /// What holds for every run: numbers and times go up, each step ends once, and one that was
    /// skipped never began.
    fn check(&self, plan: &Plan) {
        for (at, event) in self.events.iter().enumerate() {
            assert_eq!(event.seq, at as u64);
            assert!(at == 0 || self.events[at - 1].at_ms <= event.at_ms);
        }
        for step in &plan.steps {
            let count = |is_it: &dyn Fn(&What) -> bool| {
                self.events
                    .iter()
                    .filter(|event| is_it(&event.what))
                    .count()
            };
            let id = step.id;
            let began = count(&|what| matches!(what, What::StepStarted { step } if *step == id));
            let ended = count(&|what| match what {
                What::StepFinished { step, .. }
                | What::StepFailed { step, .. }
                | What::StepAbandoned { step, .. } => *step == id,
                _ => false,
            });
            let skipped =
                count(&|what| matches!(what, What::StepSkipped { step, .. } if *step == id));
            assert_eq!(
                (began, ended + skipped),
                (ended, 1),
                "{}: {:#?}",
                id.0,
                self.events
            );
        }
        assert!(matches!(
            self.events.first().expect("one").what,
            What::RunStarted { .. }
        ));
        let last = &self.events.last().expect("one").what;
        assert!(
            matches!(last, What::RunFinished { outcome, .. } if *outcome == self.outcome.ending)
        );
    }

    /// When the run was over, in milliseconds.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.events.last().expect("one").at_ms
    }

    /// When a step began, in milliseconds.
    pub(crate) fn began_ms(&self, id: StepId) -> u64 {
        let mut events = self.events.iter();
        let it = events.find(|e| matches!(e.what, What::StepStarted { step } if step == id));
        it.expect("it began").at_ms
    }

    /// When a step came so far, in milliseconds.
    pub(crate) fn reached_ms(&self, id: StepId, far: Milestone) -> u64 {
        let mut events = self.events.iter();
        let it = events.find(|e| {
            matches!(&e.what, What::StepReached { step, milestone, .. }
                if *step == id && *milestone == far)
        });
        it.expect("it came so far").at_ms
    }

    /// The only failure.
    pub(crate) fn failure(&self) -> &Failure {
        match self.outcome.failed.as_slice() {
            [(_, failure)] => failure,
            other => panic!("{} failures: {other:?}", other.len()),
        }
    }

    pub(crate) fn skipped(&self) -> Vec<(usize, Skip)> {
        let skipped = self.outcome.skipped.iter();
        skipped
            .map(|(step, because)| (step.0, because.clone()))
            .collect()
    }

    /// How often calls were repeated.
    pub(crate) fn retries(&self) -> usize {
        let mut number = 0;
        for event in &self.events {
            number += usize::from(matches!(event.what, What::StepRetrying { .. }));
        }
        number
    }

    /// What AWS said while it was waited for.
    pub(crate) fn messages(&self) -> Vec<&str> {
        let said = self.events.iter().filter_map(|event| match &event.what {
            What::StepWaiting { message, .. } => Some(message.as_str()),
            _ => None,
        });
        said.collect()
    }
}

pub(crate) fn kind(name: &str) -> Kind {
    Kind::from(name.to_owned())
}

pub(crate) fn no_tags() -> Tags {
    Tags::new()
}
