//! Recipes: from what the user wrote to the resources that make it.
//!
//! May depend on `spec`, `resources` (their structs) and `model`. Invariant: pure; the same spec
//! gives the same graph, and an address never depends on anything but names in the spec.

mod balancing;
mod cdn;
mod cdn_policies;
mod dashboard;
mod domain;
mod endpoints;
mod functions;
mod images;
mod inputs;
mod monitoring;
mod naming;
mod network;
mod policies;
mod roles;
mod rotation;
mod scaling;
mod secrets;
mod service;
mod storage;
mod web_acl;

pub use inputs::{Digests, Inputs};

use std::collections::BTreeMap;

use crate::model::{Graph, Owner, Tags};
use crate::spec::Spec;

/// The stack that a spec names.
pub fn owner(spec: &Spec) -> Owner {
    Owner::new(spec.stack.as_str(), spec.region.as_str())
}

/// Everything that a spec asks for.
pub fn graph(spec: &Spec, inputs: &Inputs) -> Graph {
    let tags: Tags = spec.tags.clone();
    let mut graph = Graph::new(owner(spec), tags);
    let network = network::add(&mut graph, spec);
    let secrets = secrets::add(&mut graph, spec);
    let certificates = domain::add_certificates(&mut graph, spec);
    let groups = service::add_groups(&mut graph, spec, &network);
    let logs = storage::add(&mut graph, spec, inputs);
    let balancing = balancing::add(
        &mut graph,
        spec,
        balancing::Needs {
            network: &network,
            groups: &groups,
            secrets: &secrets,
            certificate: certificates.regional.as_ref(),
            logs,
        },
    );
    endpoints::add(&mut graph, spec, &network, &groups);
    let parts = service::Parts {
        network: &network,
        groups: &groups,
        balancing: &balancing,
        secrets: &secrets,
    };
    let services = service::add(&mut graph, spec, inputs, &parts);
    scaling::add(&mut graph, spec, &services, &balancing);
    let cdn = cdn::add(
        &mut graph,
        spec,
        inputs,
        &cdn::Needs {
            load_balancer: balancing.load_balancer.as_ref(),
            secrets: &secrets,
            certificate: certificates.global.as_ref(),
        },
    );
    let distribution = cdn.as_ref().map(|cdn| &cdn.distribution);
    domain::add_record(&mut graph, spec, &balancing, distribution);
    let needs = rotation::Needs {
        secrets: &secrets,
        services: &services,
        balancing: &balancing,
        distribution,
        web_acl: cdn.as_ref().and_then(|cdn| cdn.web_acl.as_ref()),
    };
    let mut functions = BTreeMap::new();
    for function in &spec.functions {
        let deployed = if rotation::is_rotation(spec, function) {
            rotation::add(&mut graph, spec, inputs, &needs, function)
        } else {
            let extra = functions::Extra::default();
            functions::add(&mut graph, spec, inputs, &secrets, function, extra)
        };
        functions.insert(function.name.to_string(), deployed);
    }
    let parts = monitoring::Parts {
        services: &services,
        balancing: &balancing,
        functions: &functions,
        distribution,
    };
    monitoring::add(&mut graph, spec, &parts);
    graph
}
