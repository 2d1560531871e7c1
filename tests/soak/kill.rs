//! However a run is killed, the same command puts everything right: no duplicate, no orphan, and
//! nothing of others changed.
//!
//! Depends on all but `terminate`. Invariant: a point that fails ends neither the campaign nor the
//! points that come after it in its cycle.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::join_all;

use crate::lab::{Lab, Verdict};
use crate::point::{Phase, Point};
use crate::reference::Reference;
use crate::size::{self, Cycle};
use crate::tally::{Outcome, Tally};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_at_any_call_is_mended_by_the_next() {
    let reference = Reference::measured().await;
    let campaign = Campaign {
        reference,
        cycles: Mutex::new(size::cycles(reference).into()),
        tally: Mutex::default(),
    };
    join_all((0..size::workers()).map(|_| campaign.work())).await;
    let tally = campaign.tally.into_inner();
    tally.unwrap_or_else(PoisonError::into_inner).finish();
}

struct Campaign {
    reference: &'static Reference,
    cycles: Mutex<VecDeque<Cycle>>,
    tally: Mutex<Tally>,
}

impl Campaign {
    /// Goes through cycles until there is none left.
    async fn work(&self) {
        let mut lab = None;
        while let Some(cycle) = self.next() {
            let working = AssertUnwindSafe(self.go_through(&mut lab, &cycle));
            if working.catch_unwind().await.is_err() {
                lab = None;
                self.note(|tally| tally.fail(format!("panicked: {cycle:?}")));
            }
        }
    }

    async fn go_through(&self, lab: &mut Option<Lab>, cycle: &Cycle) {
        let lab = match lab {
            Some(lab) => {
                lab.reset().await;
                lab
            }
            None => lab.insert(Lab::new().await),
        };
        for phase in Phase::ALL {
            lab.write(phase);
            let point = cycle.iter().find(|point| point.phase == phase);
            let verdict = match point {
                Some(point) => self.strike(lab, *point).await,
                None => lab.run(phase.arguments(), 0).await.map(|_| ()),
            };
            let later = cycle.iter().filter(|point| point.phase > phase);
            let later: Cycle = later.copied().collect();
            if let Err(why) = verdict {
                if point.is_none() {
                    self.note(|tally| tally.fail(format!("{cycle:?}, not killed: {why}")));
                } else if !later.is_empty() {
                    self.lock().push_front(later);
                }
                return;
            }
            if later.is_empty() {
                return;
            }
        }
    }

    /// Kills the program there, and sees whether the next run mends it.
    async fn strike(&self, lab: &Lab, point: Point) -> Verdict {
        let mut outcome = Outcome::default();
        let verdict = self.mended(lab, point, &mut outcome).await;
        let expected = &self.reference.of(point.phase).labels;
        self.note(|tally| tally.note(point, &outcome, &verdict, expected));
        verdict
    }

    async fn mended(&self, lab: &Lab, point: Point, outcome: &mut Outcome) -> Verdict {
        let arguments = point.phase.arguments();
        let halt = lab.bed().halt_at(point.call, point.side);
        outcome.call = lab.kill_at(&halt, arguments).await?;
        let again = lab.run(arguments, 0).await;
        let expected = &self.reference.of(point.phase).labels;
        outcome.findings = lab.audit(expected).await;
        again?;
        outcome.findings.verdict()?;
        match point.phase {
            Phase::Apply | Phase::Edit => lab.is_in_sync().await,
            Phase::Destroy => Ok(()),
        }
    }

    fn next(&self) -> Option<Cycle> {
        self.lock().pop_front()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Cycle>> {
        self.cycles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut Tally)) {
        note(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
