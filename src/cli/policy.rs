//! `qpiac policy`.
//!
//! May depend on `spec`, `stack`, `resources` and `render`. Invariant: nothing is read from AWS, and
//! what is printed to stdout is policies alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::arguments::Policy as Given;
use super::terminal::Terminal;
use super::{Exit, stack_file};
use crate::aws::facts;
use crate::model::{Attributes, Graph, Kind, Resource, Schema};
use crate::render::message;
use crate::render::policy::{self, Policy, SIZE_LIMIT, Subject};
use crate::resources::{self, Secret, SecretUsage};
use crate::spec::Spec;
use crate::stack::{self, Digests, Inputs};

pub(super) fn run(given: &Given, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(spec) = stack_file::read(&given.file, terminal)? else {
        return Ok(Exit::Failed);
    };
    stack_file::check_region(given.region.as_deref(), &spec)?;
    let graph = stack::graph(&spec, &Inputs::anywhere(Digests::default()));
    let subject = subject(given, &spec, &graph);
    if subject.account.is_none() {
        terminal.line(&message::note(
            "the ARNs are of any account: `account:` in the stack file or --account says which",
        ));
    }
    let policy = policy(given, &graph, &subject);
    terminal.data(&format!(
        "{:#}\n",
        printed(given, &policy, &subject, terminal)
    ))?;
    Ok(Exit::Done)
}

fn subject(given: &Given, spec: &Spec, graph: &Graph) -> Subject {
    let in_file = spec.account.as_ref().map(ToString::to_string);
    Subject {
        owner: stack::owner(spec),
        account: given.account.clone().or(in_file),
        secrets: secrets(graph),
    }
}

/// The names of the secrets whose values a plan compares.
fn secrets(graph: &Graph) -> Vec<String> {
    let secrets = graph
        .nodes()
        .filter(|(_, node)| node.schema.kind == Secret::SCHEMA.kind)
        .filter_map(|(_, node)| Secret::from_values(&node.values).ok());
    let read = secrets.filter(|secret| secret.usage == SecretUsage::OriginHeader);
    read.map(|secret| secret.name).collect()
}

fn policy(given: &Given, graph: &Graph, subject: &Subject) -> Policy {
    let all = resources::schemas();
    let reading = policy::reading(&all, subject);
    let mut policy = reading.clone();
    if !given.plan_only {
        let wanted: BTreeSet<&Kind> = graph.nodes().map(|(_, node)| &node.schema.kind).collect();
        let is_changed = |schema: &&&Schema| given.all_kinds || wanted.contains(&schema.kind);
        let kinds: Vec<&Schema> = all.iter().filter(is_changed).copied().collect();
        policy = policy.and(policy::changing(&kinds, &reading, subject));
    }
    if given.verify {
        policy = policy.and(policy::verifying(&facts::READS, &reading, subject));
    }
    policy
}

/// One document, or a list of those that are short enough.
fn printed(given: &Given, policy: &Policy, subject: &Subject, terminal: &Terminal) -> Value {
    if given.split {
        let parts = policy.parts(subject);
        return parts.iter().map(|part| part.document(subject)).collect();
    }
    let size = policy.size(subject);
    if size > SIZE_LIMIT {
        terminal.line(&message::note(format!(
            "this has {size} characters, and a managed policy at most {SIZE_LIMIT}: --split prints \
             {} policies, to be attached together",
            policy.parts(subject).len()
        )));
    }
    json!(policy.document(subject))
}
