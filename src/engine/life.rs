//! The life of one step: its work, and the wait for what AWS does then.
//!
//! May depend on the rest of `engine`, `plan` and `model`. Invariant: a step says that it has come
//! so far only when AWS has.

use std::time::Duration;

use super::clock::{now, pause_until, within};
use super::context::{Context, Halt, Report};
use super::event::{Cause, Failure};
use super::insist::Made;
use super::judge::{Finding, Goal, Judge, differences, names};
use super::task::Task;
use crate::model::{
    Change, Fault, Milestone, OnChange, OutputValues, Query, Record, Schema, State, TagChange,
    Tags, Value, Values, Wait, Work, hints,
};
use crate::plan::StepId;

/// How long AWS may take to say why something failed, in seconds.
const EXPLAIN_LIMIT_S: u64 = 10;
/// How long something odd must last to be believed, in paces.
const SETTLE_PACES: u64 = 30;
/// How long a resource that somebody else deletes may take, where its kind does not say.
const LEAVING: Wait = Wait {
    typical_s: 60,
    deadline_s: 1200,
};

/// How a step ended.
#[derive(Debug)]
pub(super) enum End {
    Done,
    Failed(Failure),
    /// Before its first call.
    Unbegun,
    /// Before it was done, as the run was stopped.
    Left,
}

/// Why a step ends before it is done.
pub(super) enum Exit {
    /// It failed.
    Failed(Box<Cause>),
    /// The run is stopped.
    Stopped,
}

impl Exit {
    /// It failed, for this cause.
    pub(super) fn failed(cause: Cause) -> Self {
        Self::Failed(Box::new(cause))
    }
}

/// A step that is being done.
pub(super) struct Life<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) task: &'a Task<'a>,
    begun: bool,
    /// The resource's identifier, once there is one.
    id: Option<String>,
}

/// Does a step.
pub(super) async fn live(context: &Context<'_>, task: Task<'_>) -> (StepId, End) {
    let mut life = Life {
        context,
        task: &task,
        begun: false,
        id: None,
    };
    let end = match life.run().await {
        Ok(()) => End::Done,
        Err(Exit::Stopped) if life.begun => End::Left,
        Err(Exit::Stopped) => End::Unbegun,
        Err(Exit::Failed(cause)) => End::Failed(Failure {
            cause: *cause,
            reasons: life.reasons().await,
        }),
    };
    (task.step, end)
}

impl<'a> Life<'a> {
    async fn run(&mut self) -> Result<(), Exit> {
        match &self.task.work {
            Work::Create { want, mark, .. } => self.create(want, mark).await,
            Work::Update {
                want,
                found,
                changes,
                tags,
            } => {
                self.id = Some(found.id.clone());
                let is_idle = changes.is_empty() && tags.is_empty();
                self.update(want, found, changes, is_idle).await
            }
            Work::Delete { found } => {
                self.id = Some(found.id.clone());
                self.delete(found).await
            }
        }
    }

    async fn create(&mut self, want: &'a Values, mark: &Tags) -> Result<(), Exit> {
        let outputs = match self.insist(&self.task.work).await? {
            Made::Outputs(outputs) => outputs,
            Made::Found(record) => self.adopt(want, mark, *record).await?,
        };
        let identity = self.task.schema.identity().name;
        let id = outputs.get(identity).cloned().ok_or_else(|| {
            let output = format!("{}.{identity}", self.task.address);
            Exit::failed(Cause::MissingInput { output })
        })?;
        self.id = Some(id.clone());
        self.reached(Milestone::Exists, &outputs);
        if let Some(wait) = self.awaited(self.task.schema.waits.create) {
            let was_broken = None;
            self.wait(wait, id, Goal::Working { want, was_broken })
                .await?;
        }
        self.reached(Milestone::Ready, &outputs);
        Ok(())
    }

    /// Takes over what a lost create made, and makes it as wanted. Where nothing differs, the update
    /// lets the kind make up for what the create would have done next.
    async fn adopt(
        &mut self,
        want: &Values,
        mark: &Tags,
        found: Record,
    ) -> Result<OutputValues, Exit> {
        self.id = Some(found.id.clone());
        let schema = self.task.schema;
        let changes = differences(want, &found.values);
        let tags = if schema.is_child() {
            TagChange::default()
        } else {
            TagChange::between(&found.tags, mark)
        };
        if !changes.iter().all(|change| is_in_place(schema, change)) {
            let attributes = names(&changes);
            return Err(Exit::failed(Cause::NotAsWanted { attributes }));
        }
        let update = Work::Update {
            want: want.clone(),
            found,
            changes,
            tags,
        };
        match self.insist(&update).await? {
            Made::Outputs(outputs) => Ok(outputs),
            Made::Found(record) => Ok(record.outputs),
        }
    }

    async fn update(
        &mut self,
        want: &'a Values,
        found: &'a Record,
        changes: &[Change],
        is_idle: bool,
    ) -> Result<(), Exit> {
        let outputs = if is_idle {
            self.begin()?;
            found.outputs.clone()
        } else {
            match self.insist(&self.task.work).await? {
                Made::Outputs(outputs) => outputs,
                Made::Found(record) => record.outputs,
            }
        };
        let identity = self.task.schema.identity().name;
        let id = match outputs.get(identity) {
            Some(id) if found.outputs.get(identity) != Some(id) => id.clone(),
            Some(_) | None => found.id.clone(),
        };
        self.id = Some(id.clone());
        self.reached(Milestone::Exists, &outputs);
        let waits = self.task.schema.waits;
        let (wait, was_broken) = match &found.state {
            State::Ready if changes.is_empty() => (None, None),
            State::Ready => (waits.update, None),
            State::Busy(_) | State::Leaving => (waits.update.or(waits.create), None),
            State::Broken(message) => (waits.update.or(waits.create), Some(message.as_str())),
        };
        if let Some(wait) = self.awaited(wait) {
            self.wait(wait, id, Goal::Working { want, was_broken })
                .await?;
        }
        self.reached(Milestone::Ready, &outputs);
        Ok(())
    }

    async fn delete(&mut self, found: &Record) -> Result<(), Exit> {
        let wait = self.task.schema.waits.delete;
        let wait = if found.state == State::Leaving {
            self.begin()?;
            Some(wait.unwrap_or(LEAVING))
        } else {
            self.insist(&self.task.work).await?;
            wait
        };
        if let Some(wait) = wait {
            self.wait(wait, found.id.clone(), Goal::Gone).await?;
        }
        self.reached(Milestone::Gone, &OutputValues::new());
        Ok(())
    }

    /// What is waited for before the step counts as done.
    fn awaited(&self, wait: Option<Wait>) -> Option<Wait> {
        let settings = self.context.reading.settings;
        wait.filter(|_| !self.task.schema.lazy || settings.wait_for_lazy)
    }

    /// Waits until the resource has come as far as it should.
    async fn wait(&self, wait: Wait, id: String, goal: Goal<'_>) -> Result<(), Exit> {
        let settings = self.context.reading.settings;
        let deadline = now() + Duration::from_secs(u64::from(wait.deadline_s));
        let settle = settings.paces(SETTLE_PACES).max(settings.read_lag());
        let mut judge = Judge::new(goal, settle);
        let mut watch = self.context.polls.watch(&self.task.schema.kind, id);
        let mut said = None;
        loop {
            let sight = tokio::select! {
                biased;
                () = self.context.halted(Halt::Waiting) => return Err(Exit::Stopped),
                needs = self.context.in_vain(self.task.step) => {
                    return Err(Exit::failed(Cause::Incomplete { needs }));
                }
                sight = watch.next() => sight,
                () = pause_until(deadline) => {
                    return Err(Exit::failed(Cause::Deadline {
                        deadline_s: wait.deadline_s,
                        last: said,
                    }));
                }
            };
            let finding = judge.look(&sight, now());
            if judge.message() != said.as_deref()
                && let Some(message) = judge.message()
            {
                said = Some(message.to_owned());
                self.report(Report::Waiting(message.to_owned()));
            }
            match finding {
                Finding::Reached => return Ok(()),
                Finding::Waiting => {}
                Finding::Failed(cause) => return Err(Exit::failed(cause)),
            }
        }
    }

    /// The step begins, unless the run is stopped.
    pub(super) fn begin(&mut self) -> Result<(), Exit> {
        if self.context.is_halted() {
            return Err(Exit::Stopped);
        }
        if !self.begun {
            self.begun = true;
            self.report(Report::Started);
        }
        Ok(())
    }

    fn reached(&self, milestone: Milestone, outputs: &OutputValues) {
        self.report(Report::Reached(milestone, outputs.clone()));
    }

    pub(super) fn report(&self, report: Report) {
        // The run listens until the last step has ended.
        let _ = self.context.reports.send((self.task.step, report));
    }

    /// What AWS says about the resource of a step that failed; nothing where AWS does not answer.
    async fn reasons(&self) -> Vec<String> {
        let Some(id) = &self.id else {
            return Vec::new();
        };
        let reading = self.context.reading;
        let provider = reading.provider;
        let explanation = async {
            let query = Query::Ids(vec![id.clone()]);
            let find = || provider.find(&self.task.schema.kind, query.clone());
            let found = reading.repeated(find).await.ok()?;
            let record = found.into_iter().find(|record| record.id == *id)?;
            let explain = || provider.explain(record.clone());
            Some(match reading.repeated(explain).await {
                Ok(reasons) => reasons,
                Err(fault) => unread(&fault),
            })
        };
        let limited = within(Duration::from_secs(EXPLAIN_LIMIT_S), explanation);
        tokio::select! {
            biased;
            () = self.context.halted(Halt::Starting) => Vec::new(),
            reasons = limited => reasons.flatten().unwrap_or_default(),
        }
    }
}

/// Why a reason cannot be told, where a person can do something about that.
fn unread(fault: &Fault) -> Vec<String> {
    let hints = hints([fault]);
    let said = format!("AWS's reasons cannot be read: {fault}");
    let said = (!hints.is_empty()).then_some(said);
    said.into_iter().chain(hints).collect()
}

/// Whether AWS changes this without a new resource.
fn is_in_place(schema: &Schema, change: &Change) -> bool {
    let attribute = schema.attribute(&change.attribute);
    attribute.is_some_and(|attribute| match attribute.on_change {
        OnChange::Update => true,
        OnChange::Attach => change.from == Value::Absent,
        OnChange::Replace | OnChange::Refuse(_) => false,
    })
}
