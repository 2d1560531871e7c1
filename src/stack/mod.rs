//! Recipes: from what the user wrote to the resources that make it.
//!
//! May depend on `spec`, `resources` (their structs) and `model`. Invariant: pure; the same spec
//! gives the same graph, and an address never depends on anything but names in the spec.

mod balancing;
mod endpoints;
mod naming;
mod network;
mod roles;
mod service;

use crate::model::{Graph, Owner, Tags};
use crate::spec::Spec;

/// The stack that a spec names.
pub fn owner(spec: &Spec) -> Owner {
    Owner::new(spec.stack.as_str(), spec.region.as_str())
}

/// Everything that a spec asks for.
pub fn graph(spec: &Spec) -> Graph {
    let tags: Tags = spec.tags.clone();
    let mut graph = Graph::new(owner(spec), tags);
    let network = network::add(&mut graph, spec);
    let groups = service::add_groups(&mut graph, spec, &network);
    let balancing = balancing::add(&mut graph, spec, &network, &groups);
    endpoints::add(&mut graph, spec, &network, &groups);
    service::add(&mut graph, spec, &network, &groups, &balancing);
    graph
}
