//! The simulator itself: calls that take time, fail, and act on a world.
//!
//! May depend on the rest of `sim` and on `engine`'s provider interface. Invariant: time comes from
//! tokio's clock and chance from the world's seed, so a run on paused time can be repeated.

use std::future::pending;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::calls::{Action, Call};
use super::cloud::Cloud;
use super::faults::{Afterwards, Amiss, Interference};
use super::file::{SandboxError, WorldFile};
use super::refusal::Refusal;
use super::settings::Settings;
use super::world::World;
use crate::engine::{Provider, Quota};
use crate::model::{
    ADDRESS_TAG, Fault, FaultClass, Kind, OutputValues, Query, Record, Schema, State, Tags, Values,
    Work, schema_of,
};

/// A simulated cloud.
#[derive(Debug)]
pub struct Sim {
    schemas: Vec<&'static Schema>,
    settings: Settings,
    inner: Mutex<Inner>,
    dead: watch::Sender<bool>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    rng: StdRng,
    calls: Vec<Call>,
    /// When the world's clock was last set; nothing before the first call.
    at: Option<Instant>,
    /// Something was due since the file was written.
    happened: bool,
    file: Option<WorldFile>,
}

/// A call on its way.
struct Trip {
    /// Its place in the log.
    number: usize,
    there_ms: u64,
    back_ms: u64,
    interference: Interference,
    dies: bool,
}

/// The program is dead: nobody waits for the reply.
struct Dead;

impl Sim {
    /// A cloud with these kinds and this world.
    pub fn new(schemas: &[&'static Schema], world: World, settings: Settings) -> Self {
        Self::with(schemas, world, settings, None)
    }

    /// A cloud whose world is kept in a file, at every moment as it is; `fresh` is the world where
    /// there is no file yet. No other process can use the file before this is dropped.
    ///
    /// # Errors
    /// [`SandboxError`] where the file cannot be used.
    pub fn open(
        schemas: &[&'static Schema],
        path: &Path,
        fresh: World,
        settings: Settings,
    ) -> Result<Self, SandboxError> {
        let (file, world) = WorldFile::open(path, fresh)?;
        Ok(Self::with(schemas, world, settings, Some(file)))
    }

    fn with(
        schemas: &[&'static Schema],
        mut world: World,
        settings: Settings,
        file: Option<WorldFile>,
    ) -> Self {
        let mut rng = StdRng::seed_from_u64(world.seed);
        world.seed = rng.next_u64();
        Self {
            schemas: schemas.to_vec(),
            settings,
            inner: Mutex::new(Inner {
                world,
                rng,
                calls: Vec::new(),
                at: None,
                happened: false,
                file,
            }),
            dead: watch::Sender::new(false),
        }
    }

    /// The world as it is now.
    pub fn world(&self) -> World {
        let mut inner = self.lock();
        inner.tick();
        inner.world.clone()
    }

    /// Changes the world behind the program's back.
    ///
    /// # Errors
    /// The world's file cannot be written; the world is then as before.
    pub fn alter<T>(&self, change: impl FnOnce(&mut World) -> T) -> Result<T, SandboxError> {
        self.lock().change(|inner| change(&mut inner.world))
    }

    /// Puts a resource there behind the program's back, ready and with minted outputs, whatever the
    /// rules say about its references, name and owner.
    ///
    /// # Errors
    /// The kind is unknown, the values have another shape, or the file cannot be written.
    pub fn plant(&self, kind: &Kind, values: Values, tags: Tags) -> Result<Record, Fault> {
        let schema = self.schema(kind)?;
        let of = |refusal: Refusal| refusal.of(schema, Action::Create);
        self.lock()
            .change(|inner| self.cloud(inner).plant(schema, values, tags))
            .map_err(|error| of(Refusal::rejected(error.to_string())))?
            .map_err(of)
    }

    /// Every call so far, in the order in which they were made.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How many calls of this kind and action there were.
    pub fn count(&self, kind: &Kind, action: Action) -> usize {
        let is_it = |call: &&Call| call.kind == *kind && call.action == action;
        self.lock().calls.iter().filter(is_it).count()
    }

    /// How many calls that change something there were.
    pub fn mutations(&self) -> usize {
        let mutates = |call: &&Call| call.action.is_mutating();
        self.lock().calls.iter().filter(mutates).count()
    }

    /// What the rules refused: nothing, when the engine keeps to every order and reads do not lag.
    pub fn refusals(&self) -> Vec<Fault> {
        let inner = self.lock();
        let refused = inner.calls.iter().filter(|call| !call.injected);
        refused.filter_map(|call| call.fault.clone()).collect()
    }

    /// Ends when the program dies by [`super::Faults::death`].
    pub async fn died(&self) {
        let mut dead = self.dead.subscribe();
        // The sender lives as long as `self`, so there is no error.
        let _ = dead.wait_for(|dead| *dead).await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn schema(&self, kind: &Kind) -> Result<&'static Schema, Fault> {
        schema_of(&self.schemas, kind).ok_or_else(|| {
            let message = "this kind is not known";
            Fault::own(FaultClass::Rejected, kind.as_str(), message)
        })
    }

    fn cloud<'a>(&'a self, inner: &'a mut Inner) -> Cloud<'a> {
        Cloud {
            schemas: &self.schemas,
            settings: &self.settings,
            world: &mut inner.world,
            rng: &mut inner.rng,
        }
    }

    /// Makes a call: the way there, the effect or what comes instead of it, the way back.
    async fn call<T>(
        &self,
        schema: &'static Schema,
        action: Action,
        about: String,
        effect: impl FnOnce(&mut Cloud<'_>, Option<Amiss>) -> Result<T, Refusal>,
    ) -> Result<T, Fault> {
        let Ok(trip) = self.depart(schema, action, about) else {
            return self.nothing(schema, action).await;
        };
        let (number, back_ms) = (trip.number, trip.back_ms);
        pause(trip.there_ms).await;
        let Ok(reply) = self.land(schema, action, trip, effect) else {
            return self.nothing(schema, action).await;
        };
        pause(back_ms).await;
        if self.arrive(number).is_err() {
            return self.nothing(schema, action).await;
        }
        reply
    }

    fn depart(&self, schema: &Schema, action: Action, about: String) -> Result<Trip, Dead> {
        self.alive()?;
        let mut inner = self.lock();
        inner.tick();
        let Inner { rng, calls, .. } = &mut *inner;
        let faults = &self.settings.faults;
        let interference = faults.draw(rng, calls, schema, action);
        let (there_ms, back_ms) = self.settings.pace.latency_ms(rng);
        let number = calls.len();
        let begun_ms = inner.world.now_ms();
        inner.calls.push(Call {
            kind: schema.kind.clone(),
            action,
            about,
            begun_ms,
            ended_ms: None,
            fault: None,
            injected: false,
        });
        let death = faults.death.filter(|death| death.call == number + 1);
        if death.is_some_and(|death| !death.effect) {
            self.dead.send_replace(true);
            return Err(Dead);
        }
        Ok(Trip {
            number,
            there_ms,
            back_ms,
            interference,
            dies: death.is_some(),
        })
    }

    fn land<T>(
        &self,
        schema: &'static Schema,
        action: Action,
        trip: Trip,
        effect: impl FnOnce(&mut Cloud<'_>, Option<Amiss>) -> Result<T, Refusal>,
    ) -> Result<Result<T, Fault>, Dead> {
        self.alive()?;
        let mut inner = self.lock();
        let act = |amiss: Option<Amiss>| {
            inner
                .change(|inner| effect(&mut self.cloud(inner), amiss))
                .map_err(|error| Refusal::rejected(error.to_string()))
                .flatten()
                .map_err(|refusal| refusal.of(schema, action))
        };
        let (reply, injected) = match trip.interference {
            Interference::None => (act(None), false),
            Interference::Goes(amiss) => (act(Some(amiss)), false),
            Interference::Instead(fault) => (Err(fault), true),
            Interference::Afterwards(fault) => (act(None).and(Err(fault)), true),
        };
        let call = &mut inner.calls[trip.number];
        call.fault = reply.as_ref().err().cloned();
        call.injected = injected;
        if trip.dies {
            self.dead.send_replace(true);
            return Err(Dead);
        }
        Ok(reply)
    }

    fn arrive(&self, number: usize) -> Result<(), Dead> {
        self.alive()?;
        let mut inner = self.lock();
        inner.tick();
        let now_ms = inner.world.now_ms();
        inner.calls[number].ended_ms = Some(now_ms);
        Ok(())
    }

    fn alive(&self) -> Result<(), Dead> {
        if *self.dead.borrow() {
            Err(Dead)
        } else {
            Ok(())
        }
    }

    /// What a dead program's calls end with.
    async fn nothing<T>(&self, schema: &Schema, action: Action) -> Result<T, Fault> {
        let then = self.settings.faults.death.map(|death| death.then);
        match then {
            Some(Afterwards::Fail) | None => {
                let message = "the network is unreachable";
                let operation = action.operation(schema);
                Err(Fault::own(FaultClass::Unknown, operation, message))
            }
            Some(Afterwards::Hang) => pending().await,
        }
    }

    fn explanation(&self, found: &Record) -> Vec<String> {
        let inner = self.lock();
        let reason = match inner.world.record(&found.kind, &found.id) {
            Some(record) => match &record.state {
                State::Broken(reason) => Some(reason.as_str()),
                State::Busy(_) | State::Ready | State::Leaving => {
                    inner.world.given_up(&found.kind, &found.id)
                }
            },
            None => None,
        };
        reason
            .into_iter()
            .flat_map(str::lines)
            .map(str::to_owned)
            .collect()
    }

    fn quota_of(&self, schema: &Schema) -> Option<Quota> {
        let limit = *self.settings.quotas.get(&schema.kind)?;
        let inner = self.lock();
        let used = inner.world.records().filter(|r| r.kind == schema.kind);
        Some(Quota {
            name: format!("number of {}s", schema.kind),
            limit,
            used: used.count() as u64,
            code: format!("{}/{}", schema.service(), schema.kind),
        })
    }

    /// A call that is not logged and meets no faults but death.
    async fn side_call<T>(
        &self,
        kind: &Kind,
        answer: impl FnOnce(&Schema) -> T,
    ) -> Result<T, Fault> {
        let schema = self.schema(kind)?;
        let (there_ms, back_ms) = self.settings.pace.latency_ms(&mut self.lock().rng);
        pause(there_ms + back_ms).await;
        if self.alive().is_err() {
            return self.nothing(schema, Action::Find).await;
        }
        self.lock().tick();
        Ok(answer(schema))
    }
}

async fn pause(ms: u64) {
    if ms > 0 {
        sleep(Duration::from_millis(ms)).await;
    }
}

impl Inner {
    /// Sets the world's clock.
    fn tick(&mut self) {
        let now = Instant::now();
        let since = *self.at.get_or_insert(now);
        let elapsed_ms = now.saturating_duration_since(since).as_millis() as u64;
        // What is less than a millisecond counts at the next tick. Another runtime's paused clock
        // may stand behind.
        self.at = Some((since + Duration::from_millis(elapsed_ms)).min(now));
        self.happened |= self.world.pass(elapsed_ms);
    }

    /// Changes the world, on file too; where that fails, it is as before.
    fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> Result<T, SandboxError> {
        self.tick();
        if self.file.is_none() {
            return Ok(change(self));
        }
        let before = self.world.clone();
        let done = change(self);
        if let Some(file) = &self.file
            && (self.happened || self.world.is_moving() || self.world != before)
        {
            if let Err(error) = file.save(&self.world) {
                self.world = before;
                return Err(error);
            }
            self.happened = false;
        }
        Ok(done)
    }
}

impl Provider for Sim {
    fn schemas(&self) -> &[&'static Schema] {
        &self.schemas
    }

    fn find(&self, kind: &Kind, which: Query) -> BoxFuture<'_, Result<Vec<Record>, Fault>> {
        let schema = self.schema(kind);
        Box::pin(async move {
            let schema = schema?;
            // Nobody asks AWS for nothing.
            if which.is_empty() {
                return Ok(Vec::new());
            }
            self.call(schema, Action::Find, String::new(), |cloud, _| {
                cloud.find(schema, &which)
            })
            .await
        })
    }

    fn perform(&self, work: Work) -> BoxFuture<'_, Result<OutputValues, Fault>> {
        Box::pin(async move {
            let schema = self.schema(work.kind())?;
            let (action, about) = (Action::of(&work), about(&work));
            self.call(schema, action, about, |cloud, breaks| match work {
                Work::Create { want, mark, .. } => cloud.create(schema, want, mark, breaks),
                Work::Update {
                    want,
                    found,
                    changes,
                    tags,
                } => cloud.update(schema, &want, &found, &changes, &tags, breaks),
                Work::Delete { found } => cloud.delete(schema, &found, breaks),
            })
            .await
        })
    }

    fn explain(&self, found: Record) -> BoxFuture<'_, Result<Vec<String>, Fault>> {
        Box::pin(async move {
            self.side_call(&found.kind, |_| self.explanation(&found))
                .await
        })
    }

    fn quota(&self, kind: &Kind) -> BoxFuture<'_, Result<Option<Quota>, Fault>> {
        let kind = kind.clone();
        Box::pin(async move { self.side_call(&kind, |schema| self.quota_of(schema)).await })
    }

    fn reading(&self, _on: bool) {}
}

/// The resource that the work is about, for the log.
fn about(work: &Work) -> String {
    match work {
        Work::Create { mark, .. } => mark.get(ADDRESS_TAG).cloned().unwrap_or_default(),
        Work::Update { found, .. } | Work::Delete { found } => found.id.clone(),
    }
}
