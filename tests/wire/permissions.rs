//! Every call is declared by a kind, so that the permissions in the reference suffice.

use std::collections::BTreeSet;

use qpiac::resources::KINDS;

use crate::edits::two_services;
use crate::program::{DEFAULT_STACK, Program};

/// What no kind asks for: whose credentials they are.
const OF_NO_KIND: [&str; 1] = ["sts:GetCallerIdentity"];

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_declared() {
    let declared: BTreeSet<String> = KINDS
        .iter()
        .map(|kind| kind.schema.operations)
        .flat_map(|operations| {
            [
                operations.find,
                operations.create,
                operations.update,
                operations.delete,
            ]
        })
        .flatten()
        .chain(&OF_NO_KIND)
        .map(|name| (*name).to_owned())
        .collect();
    let program = Program::with(&two_services()).await;
    program.apply().await;
    let changed = DEFAULT_STACK
        .replace("nat: single ", "nat: none ")
        .replace("port: 8000 ", "port: 8001 ")
        .replace("listen: [80] ", "idle_timeout_s: 90\n  listen: [8080] ")
        .replace("retention_days: 30", "retention_days: 90")
        .replace("{ project: cdn-headers }", "{ team: web }");
    program.write(&changed);
    program.apply().await;
    program.destroy().await;
    let called: BTreeSet<String> = program
        .bed
        .calls()
        .iter()
        .map(testbed::Call::name)
        .collect();
    let undeclared: Vec<&String> = called.difference(&declared).collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
    assert!(called.len() > 80, "too few to mean anything: {called:?}");
}
