//! Looking at resources that AWS works on: one read for all waiting steps of a kind.
//!
//! May depend on `model` and `reading`. Invariant: a kind is read only while somebody waits for one
//! of its resources, and never twice at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::{Notify, mpsc};

use super::clock::{Instant, now, pause_until};
use super::reading::Reading;
use crate::model::{Fault, Kind, Query, Record};

/// The longest pause between two looks, in paces.
const PAUSE_MAX_PACES: u64 = 10;

/// What was seen of a resource; nothing where it is not there.
pub(super) type Sight = Result<Option<Record>, Fault>;

/// Who waits for what.
pub(super) struct Polls<'a> {
    reading: &'a Reading<'a>,
    lines: BTreeMap<&'static str, Line>,
}

/// The steps that wait for resources of one kind.
struct Line {
    kind: Kind,
    queue: RefCell<Queue>,
    joined: Notify,
}

struct Queue {
    waiting: Vec<Waiting>,
    next_ticket: u64,
    due: Instant,
    pause: Duration,
}

struct Waiting {
    ticket: u64,
    id: String,
    sights: mpsc::UnboundedSender<Sight>,
}

impl<'a> Polls<'a> {
    pub(super) fn new(reading: &'a Reading<'a>) -> Self {
        let lines = reading.provider.schemas().iter().map(|schema| {
            let line = Line {
                kind: schema.kind.clone(),
                queue: RefCell::new(Queue {
                    waiting: Vec::new(),
                    next_ticket: 0,
                    due: now(),
                    pause: reading.settings.paces(1),
                }),
                joined: Notify::new(),
            };
            (schema.kind.as_str(), line)
        });
        Self {
            reading,
            lines: lines.collect(),
        }
    }

    /// Looks at everything that is waited for, without end.
    pub(super) async fn run(&self) -> Infallible {
        join_all(self.lines.values().map(|line| self.follow(line))).await;
        std::future::pending().await
    }

    /// From now on, looks at this resource until the watch is dropped.
    pub(super) fn watch(&self, kind: &Kind, id: String) -> Watch<'_> {
        let line = &self.lines[kind.as_str()];
        let (sender, sights) = mpsc::unbounded_channel();
        let first = self.reading.settings.paces(1);
        let mut queue = line.queue.borrow_mut();
        let ticket = queue.next_ticket;
        queue.next_ticket += 1;
        let soon = now() + first;
        queue.due = if queue.waiting.is_empty() {
            soon
        } else {
            queue.due.min(soon)
        };
        queue.pause = first;
        queue.waiting.push(Waiting {
            ticket,
            id,
            sights: sender,
        });
        line.joined.notify_one();
        Watch {
            line,
            ticket,
            sights,
        }
    }

    async fn follow(&self, line: &Line) {
        loop {
            let due = {
                let queue = line.queue.borrow();
                (!queue.waiting.is_empty()).then_some(queue.due)
            };
            let Some(due) = due else {
                line.joined.notified().await;
                continue;
            };
            tokio::select! {
                biased;
                () = line.joined.notified() => {}
                () = pause_until(due) => self.look(line).await,
            }
        }
    }

    async fn look(&self, line: &Line) {
        let ids: BTreeSet<String> = {
            let queue = line.queue.borrow();
            queue.waiting.iter().map(|one| one.id.clone()).collect()
        };
        if ids.is_empty() {
            return;
        }
        let read = self
            .reading
            .provider
            .find(&line.kind, Query::Ids(ids.iter().cloned().collect()));
        let found = self.reading.once(read).await;
        let mut queue = line.queue.borrow_mut();
        for one in queue.waiting.iter().filter(|one| ids.contains(&one.id)) {
            let sight = found.as_ref().map_err(Clone::clone).map(|records| {
                let record = records.iter().find(|record| record.id == one.id);
                record.cloned()
            });
            // Who does not listen any more has just stopped waiting.
            let _ = one.sights.send(sight);
        }
        queue.due = now() + queue.pause;
        let most = self.reading.settings.paces(PAUSE_MAX_PACES);
        queue.pause = (queue.pause * 3 / 2).min(most);
    }
}

/// A resource that is being looked at.
pub(super) struct Watch<'a> {
    line: &'a Line,
    ticket: u64,
    sights: mpsc::UnboundedReceiver<Sight>,
}

impl Watch<'_> {
    /// What is seen next.
    pub(super) async fn next(&mut self) -> Sight {
        let sight = self.sights.recv().await;
        sight.expect("a line keeps the sender until the watch is dropped")
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut queue = self.line.queue.borrow_mut();
        queue.waiting.retain(|one| one.ticket != self.ticket);
    }
}
