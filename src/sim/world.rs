//! What exists in the simulated cloud, and what is under way there.
//!
//! May depend on `model`. Invariant: a world is plain data; its clock moves only when somebody uses
//! it, so what was under way when it was stored goes on when it is loaded.

use rand::Rng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::model::{Kind, Record, State};

/// The version of [`World`]'s stored form.
pub const WORLD_VERSION: u32 = 1;

/// Everything in one account and region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    version: u32,
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
    /// What the next simulator of this world draws its random numbers from.
    pub seed: u64,
    now_ms: u64,
    #[serde(rename = "records")]
    residents: Vec<Resident>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ghosts: Vec<Ghost>,
}

/// A resource, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resident {
    /// What it is now.
    #[serde(flatten)]
    pub(super) record: Record,
    /// What AWS is doing with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Next>,
    /// What reads may still show in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) past: Option<Past>,
    /// Why the last change was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) given_up: Option<String>,
}

/// What becomes of a resource, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) at_ms: u64,
    pub(super) becomes: Becoming,
}

/// What becomes of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Becoming {
    Ready,
    Broken(String),
    /// Again what it was, and why.
    Reverted {
        before: Box<Record>,
        reason: String,
    },
    Gone,
}

/// What a resource was before its last change: nothing, if that was its creation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Past {
    pub(super) until_ms: u64,
    pub(super) record: Option<Record>,
}

/// A resource that is gone and may still be seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ghost {
    until_ms: u64,
    record: Record,
}

impl Resident {
    /// What one look at it sees.
    fn shown(&self, rng: &mut StdRng) -> Option<&Record> {
        match &self.past {
            Some(past) if rng.random() => past.record.as_ref(),
            Some(_) | None => Some(&self.record),
        }
    }
}

impl World {
    /// An empty world.
    pub fn new(account: impl Into<String>, region: impl Into<String>, seed: u64) -> Self {
        Self {
            version: WORLD_VERSION,
            account: account.into(),
            region: region.into(),
            seed,
            now_ms: 0,
            residents: Vec::new(),
            ghosts: Vec::new(),
        }
    }

    /// The world's clock: how long it has been in use, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Everything that exists.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.residents.iter().map(|resident| &resident.record)
    }

    /// Everything that exists, to be changed behind the program's back.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.residents
            .iter_mut()
            .map(|resident| &mut resident.record)
    }

    /// The resource of this kind with this identifier.
    pub fn record(&self, kind: &Kind, id: &str) -> Option<&Record> {
        self.records().find(|r| r.kind == *kind && r.id == id)
    }

    /// Puts a resource there that nobody asked for, in the state that its record says. What has the
    /// same kind and identifier is replaced.
    pub fn insert(&mut self, record: Record) {
        self.remove(&record.kind, &record.id);
        self.settle(Resident {
            record,
            next: None,
            past: None,
            given_up: None,
        });
    }

    /// Takes a resource away, whoever holds it; not its children.
    pub fn remove(&mut self, kind: &Kind, id: &str) -> Option<Record> {
        let at = self.position(kind, id)?;
        Some(self.residents.remove(at).record)
    }

    /// Whether nothing exists.
    pub fn is_empty(&self) -> bool {
        self.residents.is_empty()
    }

    /// Whether AWS is still working on something.
    pub fn is_moving(&self) -> bool {
        self.residents
            .iter()
            .any(|resident| resident.next.is_some())
    }

    pub(super) fn settle(&mut self, resident: Resident) {
        self.residents.push(resident);
    }

    pub(super) fn resident_mut(&mut self, kind: &Kind, id: &str) -> Option<&mut Resident> {
        let at = self.position(kind, id)?;
        self.residents.get_mut(at)
    }

    /// Why the last change of a resource was given up.
    pub(super) fn given_up(&self, kind: &Kind, id: &str) -> Option<&str> {
        let at = self.position(kind, id)?;
        self.residents[at].given_up.as_deref()
    }

    fn position(&self, kind: &Kind, id: &str) -> Option<usize> {
        let is_it = |r: &Resident| r.record.kind == *kind && r.record.id == id;
        self.residents.iter().position(is_it)
    }

    /// Lets reads see a resource that is gone, for so long.
    pub(super) fn haunt(&mut self, record: Record, lag_ms: u64) {
        let until_ms = self.now_ms.saturating_add(lag_ms);
        self.ghosts.push(Ghost { until_ms, record });
    }

    /// Lets so much time pass and what was due in it happen; whether anything did.
    pub(super) fn pass(&mut self, elapsed_ms: u64) -> bool {
        self.now_ms = self.now_ms.saturating_add(elapsed_ms);
        let now_ms = self.now_ms;
        self.ghosts.retain(|ghost| ghost.until_ms > now_ms);
        let mut happened = false;
        self.residents.retain_mut(|resident| {
            if resident.past.as_ref().is_some_and(|p| p.until_ms <= now_ms) {
                resident.past = None;
            }
            let Some(next) = resident.next.take_if(|next| next.at_ms <= now_ms) else {
                return true;
            };
            happened = true;
            match next.becomes {
                Becoming::Ready => resident.record.state = State::Ready,
                Becoming::Broken(reason) => resident.record.state = State::Broken(reason),
                Becoming::Reverted { before, reason } => {
                    // Tags are no part of what is given up.
                    let tags = std::mem::take(&mut resident.record.tags);
                    resident.record = Record {
                        tags,
                        state: State::Ready,
                        ..*before
                    };
                    resident.given_up = Some(reason);
                }
                Becoming::Gone => return false,
            }
            true
        });
        happened
    }

    /// What one read sees.
    pub(super) fn seen(&self, rng: &mut StdRng) -> Vec<&Record> {
        let all = self.residents.iter();
        let mut seen: Vec<&Record> = all.filter_map(|resident| resident.shown(rng)).collect();
        seen.extend(self.lingering(rng));
        seen
    }

    /// What a reference may lead to this time: what is new may not be visible yet, but nothing new
    /// can refer to what is gone or leaving.
    pub(super) fn referable(&self, rng: &mut StdRng) -> Vec<&Record> {
        let all = self.residents.iter();
        all.filter(|resident| resident.record.state != State::Leaving)
            .filter_map(|resident| resident.shown(rng))
            .collect()
    }

    /// What exists, and what is gone and still holds others this time.
    pub(super) fn holding(&self, rng: &mut StdRng) -> Vec<&Record> {
        let mut holding: Vec<&Record> = self.records().collect();
        holding.extend(self.lingering(rng));
        holding
    }

    fn lingering(&self, rng: &mut StdRng) -> impl Iterator<Item = &Record> {
        self.ghosts
            .iter()
            .filter_map(move |ghost| rng.random::<bool>().then_some(&ghost.record))
    }
}
