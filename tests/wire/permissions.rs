//! Every call is declared by a kind, so that the permissions in the reference suffice.

use std::collections::BTreeSet;

use qpiac::aws::objects;
use qpiac::model::Operations;
use qpiac::resources::KINDS;
use testbed::Testbed;

use crate::program::Program;

/// What no kind asks for: whose credentials they are.
const OF_NO_KIND: [&str; 1] = ["sts:GetCallerIdentity"];

/// Checks the calls that were made so far; tells how many different ones there were.
#[track_caller]
pub(crate) fn check_declared(bed: &Testbed) -> usize {
    check(bed, |of| {
        vec![of.find, of.explain, of.create, of.update, of.delete]
    })
}

/// Checks that the calls which were made so far are those that a plan is declared to make.
#[track_caller]
pub(crate) fn check_read(bed: &Testbed) {
    check(bed, |of| vec![of.find]);
}

#[track_caller]
fn check(bed: &Testbed, of: fn(Operations) -> Vec<&'static [&'static str]>) -> usize {
    let operations = KINDS.iter().flat_map(|kind| of(kind.schema.operations));
    let (of_bucket, of_objects) = objects::OPERATIONS;
    let own = of_bucket.iter().chain(&of_objects);
    let declared = operations.flatten().chain(&OF_NO_KIND).chain(own);
    let declared: BTreeSet<&str> = declared.copied().collect();
    let called: BTreeSet<String> = bed.calls().iter().map(testbed::Call::permission).collect();
    let undeclared: Vec<_> = called
        .iter()
        .filter(|name| !declared.contains(name.as_str()))
        .collect();
    assert!(undeclared.is_empty(), "{undeclared:?}");
    called.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_declared() {
    let program = Program::whole().await;
    program.apply().await;
    program.run(&["status"]).await;
    program.destroy().await;
    let count = check_declared(&program.bed);
    assert!(count > 150, "too few to mean anything: {count}");
}
