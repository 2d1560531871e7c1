//! Destroying where CloudFront takes its time: everything else goes meanwhile, a run that is
//! interrupted loses nothing, and the next one goes on.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::observer::Observer;
use crate::program::Program;

const STACK: &str = "qp-iac-cdn-headers";
/// How often, and how many times at most, is looked whether all but the distribution is gone.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_is_interrupted_while_cloudfront_takes_its_time_and_goes_on() {
    let program = Program::whole().await;
    let aws = Observer::of(&program.bed);
    program.apply().await;
    program.bed.hold_deployments();
    program.bed.clear_journal();

    let destroying = program
        .command(&["destroy", "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until_only_the_edge_is_left(&aws).await;
    assert_disabled_early(&program);
    let id = destroying.id().unwrap().to_string();
    let mut signal = tokio::process::Command::new("kill");
    assert!(signal.args(["-INT", &id]).status().await.unwrap().success());
    let ended = destroying.wait_with_output().await.unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert!(!aws.distribution().await.1.enabled());

    program.bed.deploy();
    program.destroy().await;
    assert_eq!(aws.left_of(STACK).await, Vec::<String>::new());
}

/// Network, load balancer, tasks, functions, alarms and the rest go while CloudFront is at work.
async fn wait_until_only_the_edge_is_left(aws: &Observer) {
    let mut waiting = Vec::new();
    for _ in 0..LOOKS {
        let edge = aws.edge_of(STACK).await;
        waiting = aws.left_of(STACK).await;
        waiting.retain(|one| !edge.contains(one));
        if waiting.is_empty() {
            // A function is listed once for each of its stages.
            let edge: BTreeSet<String> = edge.into_iter().collect();
            assert_eq!(
                edge.len(),
                4,
                "distribution, function and two policies: {edge:?}"
            );
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("these wait for the distribution: {waiting:#?}");
}

/// Nothing was waited for before the distribution was disabled.
#[track_caller]
fn assert_disabled_early(program: &Program) {
    let changes = program.bed.mutating();
    let mut names = changes.iter().map(testbed::Call::name);
    let at = names.position(|name| name == "cloudfront:UpdateDistribution");
    assert!(at.is_some_and(|at| at < 20), "the disabling is call {at:?}");
}
