//! What a stack shall be, as far as a command needs to know before it knows the account.
//!
//! May depend on `model`, `spec` and `stack`. Invariant: names do not depend on the account, but for
//! those that contain it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::wanted::Wanted;
use crate::model::{Contents, Graph, Owner, Tags};
use crate::spec::Spec;
use crate::stack::{self, Digests, Inputs};

/// What is wanted in an account, or in one that is not known yet.
type Wanting = Box<dyn Fn(Option<&str>) -> Graph>;

/// What a stack shall be.
pub(super) struct Goal {
    pub(super) owner: Owner,
    /// The only account that may be changed.
    pub(super) account: Option<String>,
    /// What the digests in the graph stand for.
    pub(super) contents: Arc<Contents>,
    /// What is wanted there.
    pub(super) graph: Wanting,
    /// What is looked for by name although it is not wanted: AWS's listings lag.
    pub(super) looked_for: Option<Graph>,
}

impl Goal {
    /// What a stack file wants.
    pub(super) fn of(wanted: Wanted) -> Self {
        let Wanted {
            spec,
            digests,
            contents,
        } = wanted;
        Self {
            owner: stack::owner(&spec),
            account: spec.account.as_ref().map(ToString::to_string),
            contents: Arc::new(contents),
            graph: Box::new(move |account| {
                let digests = digests.clone();
                let inputs = match account {
                    Some(account) => Inputs {
                        account: account.to_owned(),
                        digests,
                    },
                    None => Inputs::anywhere(digests),
                };
                stack::graph(&spec, &inputs)
            }),
            looked_for: None,
        }
    }

    /// Identifiers that are wanted as they are: what they belong to is not made here.
    pub(super) fn given(&self) -> BTreeSet<String> {
        let mut given = BTreeSet::new();
        let graph = (self.graph)(self.account.as_deref());
        for (_, node) in graph.nodes() {
            for value in node.values.values() {
                value.each_id(&mut |_, id| {
                    given.insert(id.to_owned());
                });
            }
        }
        given
    }

    /// Nothing.
    pub(super) fn nothing(owner: Owner, account: Option<String>) -> Self {
        let empty = Graph::new(owner.clone(), Tags::new());
        Self {
            owner,
            account,
            contents: Arc::default(),
            graph: Box::new(move |_| empty.clone()),
            looked_for: None,
        }
    }

    /// The same, where what this file describes is looked for.
    pub(super) fn looking_for(self, spec: Option<Spec>) -> Self {
        let inputs = Inputs::anywhere(Digests::default());
        Self {
            looked_for: spec.map(|spec| stack::graph(&spec, &inputs)),
            ..self
        }
    }
}
