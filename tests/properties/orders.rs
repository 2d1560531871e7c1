//! Where nothing goes wrong, every order is valid and one run is enough.

use crate::harness::{Verdict, property};
use crate::lab::{Lab, on_paused_time};
use crate::scenario::{Scenario, nothing, scenario};

#[test]
fn one_run_is_enough_and_nothing_is_refused() {
    property(
        "one_run_is_enough_and_nothing_is_refused",
        200,
        scenario(),
        |scenario| on_paused_time(there_and_back(scenario)),
    );
}

/// Makes one graph, the other, the one again, and nothing.
async fn there_and_back(scenario: &Scenario) -> Verdict {
    let lab = Lab::new(scenario);
    let (before, after) = (scenario.pair.before(), scenario.pair.after());
    for graph in [&before, &after, &before, &nothing()] {
        lab.apply(graph).await?;
        lab.refused_nothing()?;
    }
    Ok(())
}

#[test]
fn a_seed_repeats_itself() {
    property("a_seed_repeats_itself", 20, scenario(), |scenario| {
        let calls = std::cell::RefCell::new(Vec::new());
        for _ in 0..2 {
            on_paused_time(async {
                let lab = Lab::new(scenario).reopened(qpiac::sim::Faults::mixed());
                for graph in [scenario.pair.before(), scenario.pair.after()] {
                    lab.attempt(&graph, None).await?;
                }
                calls.borrow_mut().push(lab.sim.calls());
                Ok(())
            })?;
        }
        let calls = calls.into_inner();
        crate::harness::ensure!(calls[0] == calls[1], "the same seed, other calls");
        Ok(())
    });
}
