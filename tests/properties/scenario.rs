//! What a stack is and what it shall become, in which cloud, and how the engine goes about it.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use qpiac::engine::{Limits, Settings};
use qpiac::model::{Graph, Owner, Schema, Tags};
use qpiac::sim::{Pace, World};

use crate::fakes;
use crate::specs::{self, SpecWish, spec_wishes};
use crate::wish::{Wish, wishes};

/// Where the stack is.
const REGION: &str = "us-east-1";

/// What a stack is and what it shall become.
#[derive(Clone, Debug)]
pub(crate) enum Pair {
    /// Of made-up kinds.
    Fake { before: Box<Wish>, after: Box<Wish> },
    /// Of the real ones, by stack files.
    Real {
        before: Box<SpecWish>,
        after: Box<SpecWish>,
    },
}

/// A pair of graphs, in a cloud that follows from a seed.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) pair: Pair,
    pub(crate) seed: u64,
    pub(crate) tempo: Tempo,
}

/// How fast the cloud is and how wide the engine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tempo {
    /// Everything takes exactly what is typical, and as much as possible is done at a time.
    Exact,
    /// As in AWS.
    Real,
    /// As in AWS, one call at a time.
    Narrow,
    /// Much faster than the engine looks.
    Fast,
}

/// Any scenario.
pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let tempo = prop_oneof![
        Just(Tempo::Exact),
        Just(Tempo::Real),
        Just(Tempo::Narrow),
        Just(Tempo::Fast)
    ];
    (pair(), any::<u64>().no_shrink(), tempo).prop_map(|(pair, seed, tempo)| Scenario {
        pair,
        seed,
        tempo,
    })
}

fn pair() -> impl Strategy<Value = Pair> {
    prop_oneof![
        2 => wishes().prop_map(|(before, after)| Pair::Fake { before: Box::new(before), after: Box::new(after) }),
        1 => spec_wishes().prop_map(|(before, after)| Pair::Real { before: Box::new(before), after: Box::new(after) }),
    ]
}

/// The stack that scenarios are about.
pub(crate) fn owner() -> Owner {
    Owner::new("shop", REGION)
}

impl Pair {
    /// Identifiers of what the account has beside the stack.
    pub(crate) fn given(&self) -> BTreeSet<String> {
        let mut given = BTreeSet::new();
        for graph in [self.before(), self.after()] {
            for (_, node) in graph.nodes() {
                for value in node.values.values() {
                    value.each_id(&mut |_, id| {
                        given.insert(id.to_owned());
                    });
                }
            }
        }
        given
    }

    /// The kinds that it is of.
    pub(crate) fn schemas(&self) -> &'static [&'static Schema] {
        match self {
            Self::Fake { .. } => &fakes::SCHEMAS,
            Self::Real { .. } => &specs::SCHEMAS,
        }
    }

    /// What the stack is at first.
    pub(crate) fn before(&self) -> Graph {
        self.before_of(&owner(), "shop")
    }

    /// What it becomes.
    pub(crate) fn after(&self) -> Graph {
        match self {
            Self::Fake { after, .. } => after.graph(&owner(), "shop"),
            Self::Real { after, .. } => after.graph(&owner()),
        }
    }

    /// The first graph for another stack, whose names in the account begin with the prefix; those
    /// of real kinds begin with the stack's name.
    pub(crate) fn before_of(&self, owner: &Owner, prefix: &str) -> Graph {
        match self {
            Self::Fake { before, .. } => before.graph(owner, prefix),
            Self::Real { before, .. } => before.graph(owner),
        }
    }
}

/// A stack of nothing.
pub(crate) fn nothing() -> Graph {
    Graph::new(owner(), Tags::new())
}

impl Scenario {
    /// A cloud without anything in it.
    pub(crate) fn world(&self) -> World {
        World::new("123456789012", REGION, self.seed)
    }

    /// How the engine goes about it.
    pub(crate) fn engine(&self) -> Settings {
        let limits = match self.tempo {
            Tempo::Exact => Limits::none(),
            Tempo::Real | Tempo::Fast => Limits::default(),
            Tempo::Narrow => Limits {
                reads: 1,
                changes: 1,
                ..Limits::none()
            },
        };
        Settings {
            seed: Some(self.seed),
            limits,
            ..Settings::default()
        }
    }

    /// How fast the cloud is.
    pub(crate) fn pace(&self) -> Pace {
        match self.tempo {
            Tempo::Exact => Pace::EXACT,
            Tempo::Real | Tempo::Narrow => Pace::REAL,
            Tempo::Fast => Pace {
                factor: 0.01,
                ..Pace::REAL
            },
        }
    }
}
