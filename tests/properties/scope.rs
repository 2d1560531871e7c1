//! A part of a plan can be carried out, and the rest afterwards.

use std::collections::BTreeSet;

use proptest::prelude::{Strategy as _, any};
use qpiac::engine::Ending;
use qpiac::model::Address;
use qpiac::plan::{Action, Options, Step};

use crate::harness::{Verdict, ensure, property};
use crate::lab::{Lab, on_paused_time, show};
use crate::scenario::{Scenario, scenario};

/// What the user chose: a bit for each address, those that are not there left out.
#[derive(Clone, Copy, Debug)]
struct Choice {
    target: u64,
    exclude: u64,
    replace: u64,
}

#[test]
fn a_part_of_a_plan_can_be_done() {
    let few = proptest::bits::u64::ANY;
    let rarely = |bits: (u64, u64, u64)| bits.0 & bits.1 & bits.2;
    let chosen = (
        (few, few, few, any::<bool>()),
        (few, few, few, any::<bool>()),
        (few, few, few, any::<bool>()),
    )
        .prop_map(move |(target, exclude, replace)| {
            let bits = |(a, b, c, some)| if some { rarely((a, b, c)) } else { 0 };
            Choice {
                target: bits(target),
                exclude: bits(exclude),
                replace: bits(replace),
            }
        });
    property(
        "a_part_of_a_plan_can_be_done",
        200,
        (scenario(), chosen),
        |(scenario, choice)| on_paused_time(partly(scenario, *choice)),
    );
}

async fn partly(scenario: &Scenario, choice: Choice) -> Verdict {
    let lab = Lab::new(scenario);
    let (before, after) = (scenario.pair.before(), scenario.pair.after());
    lab.apply(&before).await?;
    let nodes = before.nodes().chain(after.nodes());
    let all: BTreeSet<&Address> = nodes.map(|(address, _)| address).collect();
    let chosen = |bits: u64| -> BTreeSet<Address> {
        let numbered = all.iter().enumerate();
        let chosen = numbered.filter(|(at, _)| bits >> (at % 64) & 1 == 1);
        chosen.map(|(_, address)| (*address).clone()).collect()
    };
    let options = Options {
        target: chosen(choice.target),
        exclude: chosen(choice.exclude),
        wait_for_lazy: false,
        replace: chosen(choice.replace),
    };
    let part = lab.plan(&after, &options).await?;
    let excluded = |step: &&Step| options.exclude.contains(&step.address);
    ensure!(
        part.steps.iter().find(excluded).is_none(),
        "{options:?} is in:{}",
        show(&part)
    );
    let takes_away = |step: &&Step| {
        let deletes = matches!(step.action, Action::Delete { .. });
        deletes && after.node(&step.address).is_some() && step.replaces.is_none()
    };
    ensure!(
        part.steps.iter().find(takes_away).is_none(),
        "{options:?} takes away what is wanted:{}",
        show(&part)
    );
    let text = show(&part);
    let ran = lab.run(part, None).await?;
    ensure!(
        ran.outcome.ending == Ending::Complete,
        "{:?} with {options:?}:{text}",
        ran.outcome.failed
    );
    lab.refused_nothing()?;
    lab.apply(&after).await?;
    lab.refused_nothing()
}
