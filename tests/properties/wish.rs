//! Random graphs of made-up kinds.
//!
//! A wish is plain data: what is there has a slot and so keeps its name from one wish to another,
//! and references are numbers that are taken modulo what there is, so that every wish makes a graph.

use std::collections::BTreeMap;

use proptest::array::{uniform2, uniform3, uniform4};
use proptest::option::{of, weighted};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use qpiac::model::{Cidr, Graph, Owner, Ref, Tags, Text};

use crate::fakes::{
    Bridge, BridgeId, From, Gate, Group, GroupId, Net, NetId, Part, PartId, Path, Revision,
    RevisionArn, Rule, Runner, Store, StoreName,
};

/// Names, each in its place.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
/// Ranges within a network, some of which overlap.
const RANGES: [&str; 6] = ["1.0/24", "2.0/24", "3.0/24", "1.0/25", "1.128/25", "2.0/25"];

/// A graph of made-up kinds.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    tag: Option<u8>,
    nets: [Option<NetWish>; 2],
    parts: [Option<PartWish>; 4],
    groups: [Option<GroupWish>; 3],
    rules: [Option<RuleWish>; 4],
    bridges: [Option<usize>; 2],
    paths: [Option<PathWish>; 3],
    stores: [Option<Option<u8>>; 2],
    revisions: [Option<RevisionWish>; 2],
    runners: [Option<RunnerWish>; 2],
}

#[derive(Clone, Debug)]
struct NetWish {
    range: u8,
    dns: bool,
    gate: bool,
}

#[derive(Clone, Debug)]
struct PartWish {
    net: usize,
    range: usize,
}

#[derive(Clone, Debug)]
struct GroupWish {
    net: usize,
    purpose: u8,
    /// The name tells the purpose, so that old and new can stand beside each other.
    telling: bool,
}

#[derive(Clone, Debug)]
struct RuleWish {
    group: usize,
    port: u16,
    from: Option<usize>,
    why: u8,
}

#[derive(Clone, Debug)]
struct PathWish {
    part: usize,
    to: u8,
    over: usize,
}

#[derive(Clone, Debug)]
struct RevisionWish {
    image: u8,
    log: Option<usize>,
}

#[derive(Clone, Debug)]
struct RunnerWish {
    name: usize,
    revision: usize,
    parts: u8,
    groups: u8,
    count: u32,
}

/// Any wish.
pub(crate) fn wish() -> BoxedStrategy<Wish> {
    let net = (0..3_u8, any::<bool>(), any::<bool>()).prop_map(|(range, dns, gate)| NetWish {
        range,
        dns,
        gate,
    });
    let part = (0..2_usize, 0..RANGES.len()).prop_map(|(net, range)| PartWish { net, range });
    let group =
        (0..2_usize, 0..3_u8, any::<bool>()).prop_map(|(net, purpose, telling)| GroupWish {
            net,
            purpose,
            telling,
        });
    let rule =
        (0..3_usize, 80..83_u16, of(0..3_usize), 0..2_u8).prop_map(|(group, port, from, why)| {
            RuleWish {
                group,
                port,
                from,
                why,
            }
        });
    let path =
        (0..4_usize, 0..3_u8, 0..2_usize).prop_map(|(part, to, over)| PathWish { part, to, over });
    let revision = (0..3_u8, of(0..2_usize)).prop_map(|(image, log)| RevisionWish { image, log });
    let runner = (0..3_usize, 0..2_usize, 0..16_u8, 0..8_u8, 1..4_u32).prop_map(
        |(name, revision, parts, groups, count)| RunnerWish {
            name,
            revision,
            parts,
            groups,
            count,
        },
    );
    (
        of(0..2_u8),
        uniform2(often(net)),
        uniform4(often(part)),
        uniform3(often(group)),
        uniform4(often(rule)),
        uniform2(often(0..4_usize)),
        uniform3(often(path)),
        uniform2(often(of(1..4_u8))),
        uniform2(often(revision)),
        uniform2(often(runner)),
    )
        .prop_map(
            |(tag, nets, parts, groups, rules, bridges, paths, stores, revisions, runners)| Wish {
                tag,
                nets,
                parts,
                groups,
                rules,
                bridges,
                paths,
                stores,
                revisions,
                runners,
            },
        )
        .boxed()
}

/// Rather something than nothing.
fn often<S>(what: S) -> BoxedStrategy<Option<S::Value>>
where
    S: Strategy + 'static,
    S::Value: Clone,
{
    weighted(0.75, what).boxed()
}

/// Any two wishes, the second of which often has much in common with the first.
pub(crate) fn wishes() -> impl Strategy<Value = (Wish, Wish)> {
    let some = proptest::bits::u32::ANY;
    let mask = prop_oneof![
        2 => (some, some, some).prop_map(|(a, b, c)| a & b & c),
        2 => (some, some).prop_map(|(a, b)| a & b),
        1 => some,
        1 => Just(u32::MAX),
    ];
    (wish(), wish(), mask).prop_map(|(before, other, mask)| {
        let after = before.mixed(&other, mask);
        (before, after)
    })
}

impl Wish {
    /// This wish with the slots of the other where the mask has a bit.
    fn mixed(&self, other: &Self, mask: u32) -> Self {
        let mut mixed = self.clone();
        let mut mask = Mask(mask);
        mask.one(&mut mixed.tag, &other.tag);
        mask.each(&mut mixed.nets, &other.nets);
        mask.each(&mut mixed.parts, &other.parts);
        mask.each(&mut mixed.groups, &other.groups);
        mask.each(&mut mixed.rules, &other.rules);
        mask.each(&mut mixed.bridges, &other.bridges);
        mask.each(&mut mixed.paths, &other.paths);
        mask.each(&mut mixed.stores, &other.stores);
        mask.each(&mut mixed.revisions, &other.revisions);
        mask.each(&mut mixed.runners, &other.runners);
        mixed
    }

    /// The graph that it stands for. The prefix makes names unique in the account.
    pub(crate) fn graph(&self, owner: &Owner, prefix: &str) -> Graph {
        let tag = self.tag.map(|tag| ("team".to_owned(), tag.to_string()));
        let mut made = Made {
            prefix,
            graph: Graph::new(owner.clone(), tag.into_iter().collect::<Tags>()),
            nets: Vec::new(),
            parts: Vec::new(),
            groups: Vec::new(),
            bridges: Vec::new(),
            stores: Vec::new(),
            revisions: Vec::new(),
        };
        made.add_nets(self);
        made.add_parts(self);
        made.add_groups(self);
        made.add_bridges(self);
        made.add_revisions(self);
        made.add_runners(self);
        made.graph
    }
}

struct Mask(u32);

impl Mask {
    fn one<T: Clone>(&mut self, slot: &mut T, other: &T) {
        if self.0 & 1 == 1 {
            slot.clone_from(other);
        }
        self.0 >>= 1;
    }

    fn each<T: Clone>(&mut self, slots: &mut [T], others: &[T]) {
        for (slot, other) in slots.iter_mut().zip(others) {
            self.one(slot, other);
        }
    }
}

/// What was made of a wish so far.
struct Made<'a> {
    prefix: &'a str,
    graph: Graph,
    /// The first two numbers of the range with each.
    nets: Vec<(String, Ref<NetId>)>,
    parts: Vec<Ref<PartId>>,
    groups: Vec<Ref<GroupId>>,
    bridges: Vec<Ref<BridgeId>>,
    stores: Vec<Ref<StoreName>>,
    revisions: Vec<Ref<RevisionArn>>,
}

/// What is in the slots, with its name.
fn filled<T>(slots: &[Option<T>]) -> impl Iterator<Item = (&'static str, &T)> {
    let named = NAMES.iter().zip(slots);
    named.filter_map(|(name, slot)| Some((*name, slot.as_ref()?)))
}

/// The one at this place, modulo how many there are.
fn nth<T: Clone>(all: &[T], at: usize) -> Option<T> {
    all.get(at.checked_rem(all.len())?).cloned()
}

/// Those whose bits are set.
fn masked<T: Clone + Ord>(all: &[T], mask: u8) -> std::collections::BTreeSet<T> {
    let chosen = all.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
    chosen.map(|(_, one)| one.clone()).collect()
}

fn range(text: &str) -> Cidr {
    text.parse().expect("a canonical range")
}

impl Made<'_> {
    fn add_nets(&mut self, wish: &Wish) {
        for (name, net) in filled(&wish.nets) {
            let start = format!("10.{}", net.range);
            let id = self
                .graph
                .add(
                    name,
                    &Net {
                        range: range(&format!("{start}.0.0/16")),
                        dns: net.dns,
                    },
                )
                .id;
            if net.gate {
                self.graph.add(name, &Gate { net: id.clone() });
            }
            self.nets.push((start, id));
        }
    }

    /// A part that would overlap with another is left out.
    fn add_parts(&mut self, wish: &Wish) {
        let mut taken: BTreeMap<Ref<NetId>, Vec<Cidr>> = BTreeMap::new();
        for (name, part) in filled(&wish.parts) {
            let Some((start, net)) = nth(&self.nets, part.net) else {
                continue;
            };
            let range = range(&format!("{start}.{}", RANGES[part.range]));
            let others = taken.entry(net.clone()).or_default();
            if others.iter().any(|other| other.overlaps(range)) {
                continue;
            }
            others.push(range);
            self.parts
                .push(self.graph.add(name, &Part { net, range }).id);
        }
    }

    fn add_groups(&mut self, wish: &Wish) {
        for (name, group) in filled(&wish.groups) {
            let Some((_, net)) = nth(&self.nets, group.net) else {
                continue;
            };
            let purpose = group.purpose.to_string();
            let full_name = if group.telling {
                format!("{}-{name}-{purpose}", self.prefix)
            } else {
                format!("{}-{name}", self.prefix)
            };
            let group = Group {
                net,
                name: full_name,
                purpose,
            };
            self.groups.push(self.graph.add(name, &group).id);
        }
        for rule in wish.rules.iter().flatten() {
            let Some(group) = nth(&self.groups, rule.group) else {
                continue;
            };
            let from = match rule.from.and_then(|at| nth(&self.groups, at)) {
                Some(other) => From::Group(other),
                None => From::Range(Cidr::ANYWHERE),
            };
            self.graph.add_child(&Rule {
                group,
                port: rule.port,
                from,
                why: rule.why.to_string(),
            });
        }
    }

    fn add_bridges(&mut self, wish: &Wish) {
        for (name, part) in filled(&wish.bridges) {
            if let Some(part) = nth(&self.parts, *part) {
                self.bridges.push(self.graph.add(name, &Bridge { part }).id);
            }
        }
        for path in wish.paths.iter().flatten() {
            let part = nth(&self.parts, path.part);
            if let (Some(part), Some(over)) = (part, nth(&self.bridges, path.over)) {
                let to = range(&format!("10.9.{}.0/24", path.to));
                self.graph.add_child(&Path { part, to, over });
            }
        }
    }

    fn add_revisions(&mut self, wish: &Wish) {
        for (name, days) in filled(&wish.stores) {
            let store = Store {
                name: format!("{}-{name}", self.prefix),
                days: days.map(u32::from),
                format: "v1".to_owned(),
            };
            self.stores.push(self.graph.add(name, &store).name);
        }
        for (name, revision) in filled(&wish.revisions) {
            let log = match revision.log.and_then(|at| nth(&self.stores, at)) {
                Some(store) => Text::from("store:").then_ref(&store),
                None => Text::from("nowhere"),
            };
            let revision = Revision {
                family: format!("{}-{name}", self.prefix),
                image: format!("image:{}", revision.image),
                log,
            };
            self.revisions.push(self.graph.add(name, &revision).arn);
        }
    }

    /// A name is the first runner's that wants it.
    fn add_runners(&mut self, wish: &Wish) {
        let mut taken = Vec::new();
        for (name, runner) in filled(&wish.runners) {
            let Some(revision) = nth(&self.revisions, runner.revision) else {
                continue;
            };
            if taken.contains(&runner.name) {
                continue;
            }
            taken.push(runner.name);
            self.graph.add(
                name,
                &Runner {
                    name: format!("{}-{}", self.prefix, runner.name),
                    revision,
                    parts: masked(&self.parts, runner.parts),
                    groups: masked(&self.groups, runner.groups),
                    count: runner.count,
                },
            );
        }
    }
}
