//! Nothing without our tags is ever changed or deleted.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use qpiac::model::{
    Address, Graph, Kind, Node, OutputName, OutputValues, Owner, Record, STACK_TAG, Tags, Value,
    Values,
};
use qpiac::sim::{Afterwards, Death, Faults};

use crate::faults::{Hostile, hostile};
use crate::harness::{Verdict, ensure, property};
use crate::lab::{Attempt, Lab, on_paused_time};
use crate::scenario::{nothing, owner};

/// Whose the others' resources are.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// Of a stack whose name begins like ours.
    Neighbour,
    /// Of our stack in another region.
    Twin,
    /// Of nobody: without tags.
    Nobody,
    /// Of somebody who copied our address tags, but not the stack's.
    Copycat,
}

/// What happens to our stack meanwhile.
#[derive(Clone, Copy, Debug)]
enum Course {
    Calm,
    Hostile,
    /// A run dies at this call.
    Dies(usize),
}

#[test]
fn what_is_not_ours_stays_as_it_is() {
    let whose = prop_oneof![
        Just(Whose::Neighbour),
        Just(Whose::Twin),
        Just(Whose::Nobody),
        Just(Whose::Copycat),
    ];
    let course = prop_oneof![
        Just(Course::Calm),
        Just(Course::Hostile),
        (1..60_usize).prop_map(Course::Dies),
    ];
    property(
        "what_is_not_ours_stays_as_it_is",
        120,
        (
            hostile(),
            proptest::collection::vec(whose, 1..4),
            course,
            any::<bool>(),
        ),
        |(hostile, whose, course, clings)| {
            on_paused_time(untouched(hostile, whose, *course, *clings))
        },
    );
}

async fn untouched(hostile: &Hostile, whose: &[Whose], course: Course, clings: bool) -> Verdict {
    let scenario = &hostile.scenario;
    let lab = Lab::new(scenario);
    let mut others = Vec::new();
    for (at, whose) in whose.iter().enumerate() {
        others.extend(settle_there(&lab, *whose, at)?);
    }
    lab.apply(&scenario.pair.before()).await?;
    if clings {
        others.extend(cling(&lab)?);
    }
    let before = stored(&lab, &others);
    let faults = match course {
        Course::Calm => Faults::default(),
        Course::Hostile => hostile.faults(lab.schemas),
        Course::Dies(call) => Faults {
            death: Some(Death {
                call,
                effect: true,
                then: Afterwards::Fail,
            }),
            ..Faults::default()
        },
    };
    let mut lab = lab;
    for (graph, faults) in [
        (scenario.pair.after(), faults),
        (scenario.pair.after(), Faults::default()),
        (nothing(), Faults::default()),
    ] {
        lab = lab.reopened(faults);
        lab.outlive_lag().await;
        lab.attempt(&graph, None).await?;
        let now = stored(&lab, &others);
        ensure!(now == before, "what was\n{before:#?}\nis\n{now:#?}");
    }
    // What clings to ours keeps it from being deleted.
    if !clings {
        lab.settle().await;
        lab.apply(&nothing()).await?;
        ensure!(
            lab.sim.world().records().count() == others.len(),
            "there is more left than what is not ours"
        );
    }
    Ok(())
}

type Identity = (Kind, String);

/// Their records, to the byte.
fn stored(lab: &Lab<'_>, others: &[Identity]) -> Vec<String> {
    let world = lab.sim.world();
    let text = |(kind, id): &Identity| match world.record(kind, id) {
        Some(record) => serde_json::to_string(record).expect("a record is plain data"),
        None => format!("{kind} {id} is gone"),
    };
    others.iter().map(text).collect()
}

/// Somebody else's resources, much like ours.
fn settle_there(lab: &Lab<'_>, whose: Whose, at: usize) -> Result<Vec<Identity>, String> {
    let ours = owner();
    let owner = match whose {
        Whose::Neighbour => Owner::new(format!("{}-b{at}", ours.stack), ours.region),
        Whose::Twin => Owner::new(ours.stack, ["eu-west-1", "us-west-2", "ca-west-1"][at]),
        Whose::Nobody | Whose::Copycat => Owner::new(format!("manual-{at}"), ours.region),
    };
    let graph = lab.scenario.pair.before_of(&owner, &format!("other-{at}"));
    plant(lab, &graph, |tags| match whose {
        Whose::Neighbour | Whose::Twin => tags.clone(),
        Whose::Nobody => Tags::new(),
        Whose::Copycat => {
            let mut tags = tags.clone();
            tags.remove(STACK_TAG);
            tags
        }
    })
}

/// Puts a whole graph there; what would have a name that our stack wants is left out, with what
/// refers to it.
fn plant(
    lab: &Lab<'_>,
    graph: &Graph,
    tags: impl Fn(&Tags) -> Tags,
) -> Result<Vec<Identity>, String> {
    let ours = [lab.scenario.pair.before(), lab.scenario.pair.after()];
    let is_wanted = |address: &Address, node: &Node| {
        let named = node.schema.named;
        let all = ours.iter().flat_map(Graph::nodes);
        named.is_some_and(|named| {
            all.filter(|(other, _)| other.kind == address.kind)
                .any(|(_, other)| other.values.get(named) == node.values.get(named))
        })
    };
    let mut left: Vec<(&Address, &Node)> = graph.nodes().collect();
    left.retain(|(address, node)| !is_wanted(address, node));
    plant_all(lab, left, tags)
}

/// Puts these there, as far as what they refer to is among them.
fn plant_all(
    lab: &Lab<'_>,
    mut left: Vec<(&Address, &Node)>,
    tags: impl Fn(&Tags) -> Tags,
) -> Result<Vec<Identity>, String> {
    let mut outputs: BTreeMap<&Address, OutputValues> = BTreeMap::new();
    let mut planted = Vec::new();
    loop {
        let mut waiting = Vec::new();
        for (address, node) in &left {
            let known = |name: &OutputName| outputs.get(&name.address)?.get(&name.output).cloned();
            let values = node.values.iter();
            let values: Values = values
                .map(|(name, value)| (name.clone(), value.resolve(&known)))
                .collect();
            if !values.values().all(Value::is_known) {
                waiting.push((*address, *node));
                continue;
            }
            let record = lab
                .sim
                .plant(&address.kind, values, tags(&node.tags))
                .map_err(|fault| fault.to_string())?;
            outputs.insert(*address, record.outputs);
            planted.push((record.kind, record.id));
        }
        if waiting.len() == left.len() {
            return Ok(planted);
        }
        left = waiting;
    }
}

/// Copies without tags of what refers to ours and may stand beside it, as somebody makes by hand.
fn cling(lab: &Lab<'_>) -> Result<Vec<Identity>, String> {
    let world = lab.sim.world();
    let ours = owner().to_string();
    let mut planted = Vec::new();
    for schema in lab.schemas {
        let is_free = !schema.is_child() && schema.named.is_none() && schema.exclusive.is_empty();
        let is_ours = |record: &&Record| {
            record.kind == schema.kind && record.tags.get(STACK_TAG) == Some(&ours)
        };
        let refers = |record: &&Record| {
            let mut refers = false;
            for value in record.values.values() {
                value.each_id(&mut |_, _| refers = true);
            }
            refers
        };
        let some = world.records().filter(is_ours).find(refers);
        if let (true, Some(record)) = (is_free, some) {
            let copy = lab
                .sim
                .plant(&record.kind, record.values.clone(), Tags::new())
                .map_err(|fault| fault.to_string())?;
            planted.push((copy.kind, copy.id));
        }
    }
    Ok(planted)
}

#[test]
fn a_name_that_is_taken_is_refused() {
    property(
        "a_name_that_is_taken_is_refused",
        60,
        hostile(),
        |hostile| on_paused_time(refused(hostile)),
    );
}

/// Somebody has every name that the stack wants.
async fn refused(hostile: &Hostile) -> Verdict {
    let scenario = &hostile.scenario;
    let lab = Lab::new(scenario);
    let graph = scenario.pair.before();
    let others = plant_all(&lab, graph.nodes().collect(), |_| Tags::new())?;
    let before = stored(&lab, &others);
    let named: Vec<String> = graph
        .nodes()
        .filter(|(_, node)| node.schema.named.is_some())
        .map(|(address, _)| address.to_string())
        .collect();
    let attempt = lab.attempt(&graph, None).await?;
    match attempt {
        Attempt::Refused(refused) => {
            let mut about: Vec<String> = refused
                .refusals
                .iter()
                .map(|refusal| refusal.address.to_string())
                .collect();
            about.dedup();
            ensure!(about == named, "refused are {about:?}, named are {named:?}");
            ensure!(lab.sim.mutations() == 0, "something was changed");
        }
        Attempt::Ran(_) => ensure!(named.is_empty(), "{named:?} are not refused"),
        Attempt::Unread(unread) => return Err(unread.to_string()),
    }
    ensure!(stored(&lab, &others) == before, "it is not as it was");
    Ok(())
}
