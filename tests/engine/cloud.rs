//! A cloud that does what a test tells it, and writes down what it is asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures::future::BoxFuture;
use qpiac::engine::clock::{Instant, now, pause};
use qpiac::engine::{Provider, Quota};
use qpiac::model::{
    ADDRESS_TAG, Fault, FaultClass, Kind, OutputValues, Query, Record, STACK_TAG, Schema, State,
    Tags, Value, Values, Work,
};

use crate::kinds::SCHEMAS;

/// What happens to one call.
#[derive(Clone, Debug)]
pub(crate) enum Strike {
    /// It fails at this operation and had no effect.
    Fails(FaultClass, &'static str),
    /// It fails at this operation and had its effect.
    Lost(FaultClass, &'static str),
    /// No answer ever comes.
    Hangs,
}

/// A call that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// `create thing/a`, `update thing-1`, `delete thing-1`, `find thing ...`, `explain thing-1`,
    /// `reading true`.
    pub(crate) what: String,
    /// When, in milliseconds.
    pub(crate) at_ms: u64,
    /// The token of a create.
    pub(crate) token: Option<String>,
}

#[derive(Default)]
struct Inner {
    records: Vec<Resident>,
    calls: Vec<Call>,
    made: usize,
    /// What happens to coming calls, by the beginning of their names.
    strikes: BTreeMap<String, VecDeque<Strike>>,
    /// How long calls take, by the beginning of their names.
    slowness: BTreeMap<String, Duration>,
    /// How resources change after a create or update, by address.
    courses: BTreeMap<String, Vec<(u64, State)>>,
    /// What AWS makes of what is wanted, by address.
    twists: BTreeMap<String, Values>,
    /// How long new resources are not seen.
    lag: Duration,
    /// How long deleted resources are seen.
    farewell: Duration,
    in_flight: BTreeMap<String, usize>,
    most_in_flight: BTreeMap<String, usize>,
    quotas: BTreeMap<Kind, Quota>,
}

struct Resident {
    record: Record,
    since: Instant,
    seen_from: Instant,
    gone_at: Option<Instant>,
    course: Vec<(u64, State)>,
}

pub(crate) struct Cloud {
    start: Instant,
    inner: Mutex<Inner>,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        Self {
            start: now(),
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no test panics while it holds this")
    }

    /// The next call whose name begins so meets this; those after it what was said after it.
    pub(crate) fn strike(&self, call: &str, strike: Strike) -> &Self {
        self.strike_times(call, strike, 1)
    }

    pub(crate) fn strike_times(&self, call: &str, strike: Strike, times: usize) -> &Self {
        let mut inner = self.lock();
        let strikes = inner.strikes.entry(call.to_owned()).or_default();
        strikes.extend(std::iter::repeat_n(strike, times));
        drop(inner);
        self
    }

    /// Calls whose names begin so take this long.
    pub(crate) fn slow(&self, call: &str, time: Duration) -> &Self {
        self.lock().slowness.insert(call.to_owned(), time);
        self
    }

    /// After a change of this resource it is in these states, each from so many seconds on.
    pub(crate) fn course(&self, address: &str, course: &[(u64, State)]) -> &Self {
        self.lock()
            .courses
            .insert(address.to_owned(), course.to_vec());
        self
    }

    /// Whatever is wanted, this resource gets these attributes.
    pub(crate) fn twist(&self, address: &str, values: Values) -> &Self {
        self.lock().twists.insert(address.to_owned(), values);
        self
    }

    /// New resources are not seen for so long.
    pub(crate) fn lag(&self, lag: Duration) -> &Self {
        self.lock().lag = lag;
        self
    }

    /// Deleted resources are seen as leaving for so long.
    pub(crate) fn farewell(&self, farewell: Duration) -> &Self {
        self.lock().farewell = farewell;
        self
    }

    pub(crate) fn quota(&self, kind: &Kind, limit: u64, used: u64) -> &Self {
        let quota = Quota {
            name: format!("number of {kind}s"),
            limit,
            used,
            code: "alpha/L-0001".to_owned(),
        };
        self.lock().quotas.insert(kind.clone(), quota);
        self
    }

    /// Puts a resource there.
    pub(crate) fn plant(&self, record: Record) -> &Self {
        let state = record.state.clone();
        self.lock().records.push(Resident {
            record,
            since: now(),
            seen_from: now(),
            gone_at: None,
            course: vec![(0, state)],
        });
        self
    }

    /// Somebody else deletes a resource at once.
    pub(crate) fn remove(&self, id: &str) {
        self.lock().records.retain(|one| one.record.id != id);
    }

    /// The names of the calls that change something.
    pub(crate) fn changes(&self) -> Vec<String> {
        let is_change = |what: &str| {
            ["create", "update", "delete"]
                .iter()
                .any(|v| what.starts_with(v))
        };
        let calls = self.calls();
        calls
            .into_iter()
            .map(|call| call.what)
            .filter(|what| is_change(what))
            .collect()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The calls whose names begin so.
    pub(crate) fn calls_of(&self, beginning: &str) -> Vec<Call> {
        let calls = self.calls();
        calls
            .into_iter()
            .filter(|call| call.what.starts_with(beginning))
            .collect()
    }

    /// How many changing calls of each service were in flight at most.
    pub(crate) fn most_in_flight(&self) -> BTreeMap<String, usize> {
        self.lock().most_in_flight.clone()
    }

    /// Everything that is there.
    pub(crate) fn records(&self) -> Vec<Record> {
        let inner = self.lock();
        let there = inner.records.iter().filter(|one| one.gone_at.is_none());
        there.map(Resident::now).collect()
    }

    fn note(&self, what: String, token: Option<String>) -> (Duration, Option<Strike>) {
        let at_ms = u64::try_from(self.start.elapsed().as_millis()).expect("a short test");
        let mut inner = self.lock();
        let slowness = inner
            .slowness
            .iter()
            .find(|(call, _)| what.starts_with(*call));
        let slowness = slowness.map(|(_, time)| *time).unwrap_or_default();
        let mut strikes = inner.strikes.iter_mut();
        let strike = strikes.find(|(call, _)| what.starts_with(*call));
        let strike = strike.and_then(|(_, strikes)| strikes.pop_front());
        inner.calls.push(Call { what, at_ms, token });
        (slowness, strike)
    }

    async fn change(&self, work: Work) -> Result<OutputValues, Fault> {
        let (what, token) = name(&work);
        let (slowness, strike) = self.note(what, token);
        let service = schema_of(work.kind()).service().to_owned();
        let _place = InFlight::enter(self, service);
        pause(slowness).await;
        match strike {
            None => Ok(self.effect(&work)),
            Some(Strike::Fails(class, operation)) => Err(fault(class, operation)),
            Some(Strike::Lost(class, operation)) => {
                self.effect(&work);
                Err(fault(class, operation))
            }
            Some(Strike::Hangs) => std::future::pending().await,
        }
    }

    fn effect(&self, work: &Work) -> OutputValues {
        let mut inner = self.lock();
        match work {
            Work::Create {
                kind, want, mark, ..
            } => inner.make(kind, want, mark),
            Work::Update { want, found, .. } => inner.alter(want, found),
            Work::Delete { found } => {
                let gone_at = now() + inner.farewell;
                for one in inner
                    .records
                    .iter_mut()
                    .filter(|one| one.record.id == found.id)
                {
                    one.gone_at = Some(gone_at);
                }
                OutputValues::new()
            }
        }
    }
}

impl Inner {
    fn make(&mut self, kind: &Kind, want: &Values, mark: &Tags) -> OutputValues {
        self.made += 1;
        let id = format!("{kind}-{}", self.made);
        let address = mark.get(ADDRESS_TAG).cloned().unwrap_or_default();
        let outputs = OutputValues::from([("id".into(), id.clone())]);
        let course = self.courses.get(&address).cloned();
        let schema = schema_of(kind);
        self.records.push(Resident {
            record: Record {
                kind: kind.clone(),
                id,
                values: self.twisted(&address, want),
                outputs: outputs.clone(),
                tags: if schema.is_child() {
                    Tags::new()
                } else {
                    mark.clone()
                },
                state: State::Ready,
            },
            since: now(),
            seen_from: now() + self.lag,
            gone_at: None,
            course: course.unwrap_or_else(|| vec![(0, State::Ready)]),
        });
        outputs
    }

    fn alter(&mut self, want: &Values, found: &Record) -> OutputValues {
        let address = found.tags.get(ADDRESS_TAG).cloned().unwrap_or_default();
        let values = self.twisted(&address, want);
        let course = self.courses.get(&address).cloned();
        for one in self
            .records
            .iter_mut()
            .filter(|one| one.record.id == found.id)
        {
            one.record.values = values.clone();
            one.since = now();
            one.course = course.clone().unwrap_or_else(|| vec![(0, State::Ready)]);
        }
        found.outputs.clone()
    }

    fn twisted(&self, address: &str, want: &Values) -> Values {
        let mut values = want.clone();
        values.extend(self.twists.get(address).cloned().unwrap_or_default());
        values
    }
}

impl Resident {
    fn now(&self) -> Record {
        let elapsed_s = self.since.elapsed().as_secs();
        let mut states = self
            .course
            .iter()
            .filter(|(from_s, _)| *from_s <= elapsed_s);
        let state = states.next_back().map(|(_, state)| state.clone());
        let state = state.expect("a course begins at 0");
        let state = self.gone_at.map_or(state, |_| State::Leaving);
        Record {
            state,
            ..self.record.clone()
        }
    }

    fn is_seen(&self) -> bool {
        now() >= self.seen_from && self.gone_at.is_none_or(|gone_at| now() < gone_at)
    }

    fn is_asked_for(&self, query: &Query) -> bool {
        let record = &self.record;
        match query {
            // Careless on purpose: whoever asks must look at the tags themselves.
            Query::Owned { owner, names } => {
                let stack = record.tags.get(STACK_TAG);
                let name = record.values.get("name");
                stack.is_some_and(|stack| stack.starts_with(&owner.stack))
                    || names
                        .iter()
                        .any(|wanted| name == Some(&Value::Text(wanted.clone())))
            }
            Query::Ids(ids) => ids.contains(&record.id),
            Query::Under(parents) => record.values.values().any(|value| {
                let mut is_under = false;
                value.each_id(&mut |_, id| is_under |= parents.iter().any(|p| p.id == id));
                is_under
            }),
        }
    }
}

/// A call in flight.
struct InFlight<'a> {
    cloud: &'a Cloud,
    service: String,
}

impl<'a> InFlight<'a> {
    fn enter(cloud: &'a Cloud, service: String) -> Self {
        let mut inner = cloud.lock();
        let number = inner.in_flight.entry(service.clone()).or_default();
        *number += 1;
        let number = *number;
        let most = inner.most_in_flight.entry(service.clone()).or_default();
        *most = number.max(*most);
        drop(inner);
        Self { cloud, service }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        *self
            .cloud
            .lock()
            .in_flight
            .entry(self.service.clone())
            .or_default() -= 1;
    }
}

pub(crate) fn fault(class: FaultClass, operation: &str) -> Fault {
    Fault::own(class, operation, "the cloud says no")
}

fn schema_of(kind: &Kind) -> &'static Schema {
    SCHEMAS
        .iter()
        .find(|s| s.kind == *kind)
        .expect("a known kind")
}

fn name(work: &Work) -> (String, Option<String>) {
    match work {
        Work::Create { mark, token, .. } => {
            (format!("create {}", mark[ADDRESS_TAG]), Some(token.clone()))
        }
        Work::Update { found, .. } => (format!("update {}", found.id), None),
        Work::Delete { found } => (format!("delete {}", found.id), None),
    }
}

impl Provider for Cloud {
    fn schemas(&self) -> &[&'static Schema] {
        &SCHEMAS
    }

    fn find(&self, kind: &Kind, which: Query) -> BoxFuture<'_, Result<Vec<Record>, Fault>> {
        let what = match &which {
            Query::Owned { names, .. } => format!("find {kind} owned {}", names.join(" ")),
            Query::Ids(ids) => format!("find {kind} ids {}", ids.join(" ")),
            Query::Under(parents) => {
                let ids: Vec<&str> = parents.iter().map(|parent| parent.id.as_str()).collect();
                format!("find {kind} under {}", ids.join(" "))
            }
        };
        let kind = kind.clone();
        Box::pin(async move {
            let (slowness, strike) = self.note(what.trim_end().to_owned(), None);
            // A slow reply tells how it was when it was asked for.
            let seen = {
                let inner = self.lock();
                let of_kind = inner.records.iter().filter(|one| one.record.kind == kind);
                let asked = of_kind.filter(|one| one.is_seen() && one.is_asked_for(&which));
                asked.map(Resident::now).collect()
            };
            pause(slowness).await;
            match strike {
                Some(Strike::Fails(class, operation) | Strike::Lost(class, operation)) => {
                    Err(fault(class, operation))
                }
                Some(Strike::Hangs) => std::future::pending().await,
                None => Ok(seen),
            }
        })
    }

    fn perform(&self, work: Work) -> BoxFuture<'_, Result<OutputValues, Fault>> {
        Box::pin(self.change(work))
    }

    fn explain(&self, found: Record) -> BoxFuture<'_, Result<Vec<String>, Fault>> {
        Box::pin(async move {
            let (slowness, _) = self.note(format!("explain {}", found.id), None);
            pause(slowness).await;
            Ok(vec![format!("{} has a reason", found.id)])
        })
    }

    fn quota(&self, kind: &Kind) -> BoxFuture<'_, Result<Option<Quota>, Fault>> {
        let kind = kind.clone();
        Box::pin(async move {
            let (_, strike) = self.note(format!("quota {kind}"), None);
            match strike {
                Some(Strike::Fails(class, operation)) => Err(fault(class, operation)),
                Some(Strike::Lost(..) | Strike::Hangs) | None => {
                    Ok(self.lock().quotas.get(&kind).cloned())
                }
            }
        })
    }

    fn reading(&self, on: bool) {
        self.note(format!("reading {on}"), None);
    }
}
