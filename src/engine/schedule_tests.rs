//! Properties of the order over random plans.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A random plan: each step's time until it exists, its time until it is done, and what it waits for.
#[derive(Clone, Debug)]
struct Case {
    exists_s: Vec<u64>,
    done_s: Vec<u64>,
    after: Vec<Vec<After>>,
    fails: BTreeSet<usize>,
}

fn cases() -> impl Strategy<Value = Case> {
    let step = (0_u64..20, 0_u64..20, any::<bool>(), any::<u64>());
    prop::collection::vec(
        (
            step,
            prop::collection::vec((any::<u16>(), any::<bool>()), 0..4),
        ),
        1..24,
    )
    .prop_map(|steps| {
        let mut case = Case {
            exists_s: Vec::new(),
            done_s: Vec::new(),
            after: Vec::new(),
            fails: BTreeSet::new(),
        };
        for (at, ((exists_s, more_s, may_fail, chance), needs)) in steps.into_iter().enumerate() {
            case.exists_s.push(exists_s);
            case.done_s.push(exists_s + more_s);
            if may_fail && chance % 5 == 0 {
                case.fails.insert(at);
            }
            let needs = needs
                .into_iter()
                .filter(|_| at > 0)
                .map(|(pick, early)| After {
                    step: StepId(usize::from(pick) % at.max(1)),
                    until: if early {
                        Milestone::Exists
                    } else {
                        Milestone::Ready
                    },
                });
            case.after.push(needs.collect());
        }
        case
    })
}

impl Case {
    fn schedule(&self) -> Schedule {
        let jobs = self
            .after
            .iter()
            .zip(&self.done_s)
            .map(|(after, done_s)| Job {
                after: after.clone(),
                typical_s: u32::try_from(*done_s).expect("small"),
            });
        Schedule::new(jobs.collect())
    }

    fn reached_s(&self, after: After, began_s: u64) -> u64 {
        let StepId(at) = after.step;
        began_s
            + match after.until {
                Milestone::Exists => self.exists_s[at],
                Milestone::Ready | Milestone::Gone => self.done_s[at],
            }
    }

    /// When each step may begin at the earliest.
    fn earliest_s(&self) -> Vec<u64> {
        let mut began: Vec<u64> = Vec::new();
        for after in &self.after {
            let times = after
                .iter()
                .map(|after| self.reached_s(*after, began[after.step.0]));
            began.push(times.max().unwrap_or(0));
        }
        began
    }
}

/// What happened to each step, and when it began.
#[derive(Debug, Default)]
struct Log {
    began_s: BTreeMap<StepId, u64>,
    ends: Vec<(StepId, &'static str)>,
    skipped: Vec<(StepId, Skip)>,
}

/// Carries the order out in simulated time; `stop_s` cancels.
fn carry_out(case: &Case, stop_s: Option<u64>) -> Log {
    let mut schedule = case.schedule();
    let mut log = Log::default();
    let mut agenda: BTreeSet<(u64, u8, usize)> = BTreeSet::new();
    let mut now_s = 0;
    agenda.extend(stop_s.map(|stop_s| (stop_s, 0, 0)));
    loop {
        for StepId(at) in schedule.ready() {
            assert!(
                log.began_s.insert(StepId(at), now_s).is_none(),
                "began twice"
            );
            agenda.insert((now_s + case.exists_s[at], 1, at));
            agenda.insert((now_s + case.done_s[at], 2, at));
        }
        let Some((next_s, what, at)) = agenda.pop_first() else {
            break;
        };
        now_s = next_s;
        match what {
            0 => log.skipped.extend(schedule.cancel()),
            1 => schedule.reached(StepId(at), Milestone::Exists),
            _ if case.fails.contains(&at) => {
                log.ends.push((StepId(at), "failed"));
                log.skipped.extend(schedule.failed(StepId(at)));
            }
            _ => {
                log.ends.push((StepId(at), "done"));
                schedule.done(StepId(at));
            }
        }
    }
    assert!(schedule.is_over());
    assert!(schedule.running().is_empty());
    log
}

/// Every step ended once, or was skipped once and never began.
fn ended_once(case: &Case, log: &Log) {
    let mut all: Vec<StepId> = log.ends.iter().map(|(step, _)| *step).collect();
    all.extend(log.skipped.iter().map(|(step, _)| *step));
    all.sort();
    assert_eq!(all, (0..case.after.len()).map(StepId).collect::<Vec<_>>());
    for (step, _) in &log.skipped {
        assert!(!log.began_s.contains_key(step));
    }
}

proptest! {
    #[test]
    fn nothing_begins_too_early_and_nothing_too_late(mut case in cases()) {
        case.fails.clear();
        let log = carry_out(&case, None);
        ended_once(&case, &log);
        let began: Vec<u64> = log.began_s.values().copied().collect();
        prop_assert_eq!(began, case.earliest_s());
    }

    #[test]
    fn what_needs_a_failed_step_is_skipped_for_it(case in cases()) {
        let log = carry_out(&case, None);
        ended_once(&case, &log);
        let failed: BTreeSet<StepId> =
            log.ends.iter().filter(|(_, how)| *how == "failed").map(|(step, _)| *step).collect();
        for (step, because) in &log.skipped {
            let Skip::Needs { step: root } = because else {
                panic!("nobody stopped the run");
            };
            prop_assert!(failed.contains(root));
            prop_assert!(needs(&case, *step, *root));
        }
        for (StepId(at), began_s) in &log.began_s {
            for after in &case.after[*at] {
                prop_assert!(case.reached_s(*after, log.began_s[&after.step]) <= *began_s);
            }
        }
    }

    #[test]
    fn nothing_begins_after_a_stop(mut case in cases(), stop_s in 0_u64..60) {
        case.fails.clear();
        let log = carry_out(&case, Some(stop_s));
        ended_once(&case, &log);
        prop_assert!(log.began_s.values().all(|began_s| *began_s <= stop_s));
        prop_assert!(log.skipped.iter().all(|(_, because)| *because == Skip::Stopped));
    }
}

fn needs(case: &Case, step: StepId, root: StepId) -> bool {
    case.after[step.0]
        .iter()
        .any(|after| after.step == root || needs(case, after.step, root))
}

fn after(step: usize, until: Milestone) -> After {
    After {
        step: StepId(step),
        until,
    }
}

fn job(after: Vec<After>, typical_s: u32) -> Job {
    Job { after, typical_s }
}

#[test]
fn the_longest_way_to_the_end_goes_first() {
    let mut schedule = Schedule::new(vec![
        job(vec![], 5),
        job(vec![], 1),
        job(vec![], 1),
        job(vec![after(2, Milestone::Ready)], 90),
    ]);
    assert_eq!(schedule.ready(), [StepId(2), StepId(0), StepId(1)]);
}

#[test]
fn nothing_is_built_on_what_is_broken_even_if_it_exists() {
    let mut schedule = Schedule::new(vec![
        job(vec![], 1),
        job(vec![], 1),
        job(
            vec![after(0, Milestone::Exists), after(1, Milestone::Exists)],
            1,
        ),
        job(vec![after(1, Milestone::Exists)], 1),
    ]);
    assert_eq!(schedule.ready(), [StepId(0), StepId(1)]);
    schedule.reached(StepId(0), Milestone::Exists);
    let skipped = schedule.failed(StepId(0));
    assert_eq!(skipped, [(StepId(2), Skip::Needs { step: StepId(0) })]);
    schedule.reached(StepId(1), Milestone::Exists);
    assert_eq!(schedule.ready(), [StepId(3)]);
}

#[test]
#[should_panic(expected = "a step waits only for steps before it")]
fn a_plan_out_of_order_is_a_mistake_of_the_planner() {
    Schedule::new(vec![
        job(vec![after(1, Milestone::Exists)], 1),
        job(vec![], 1),
    ]);
}
