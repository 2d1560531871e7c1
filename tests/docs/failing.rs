//! A deployment that fails, and the ways out of it, as the page of operation tells them.

use std::time::Duration;

use serde_json::json;
use testbed::{Hostility, Reply, Rule, Testbed};

use crate::pages::page;
use crate::place::{Place, Ran};
use crate::scenes::Stack;
use crate::transcript::assert_shown;

const PAGE: &str = "docs/operation.md";

/// Of all that a hostile AWS does, this alone: the next deployment is given up and rolled back.
fn one_failed_deployment() -> Hostility {
    let none = Duration::ZERO;
    Hostility::of_seed(1)
        .harming(0)
        .lagging(none)
        .with_slow_states(none)
        .with_lingering_interfaces(none)
        .with_failed_deployments(1)
}

/// A task that ended by itself.
fn stopped_task() -> serde_json::Value {
    json!({
        "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/shop-cluster/0a1b",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{ "name": "app", "exitCode": 1 }],
    })
}

async fn run(place: &std::sync::Arc<Place>, command: &str) -> Ran {
    let (place, command) = (std::sync::Arc::clone(place), command.to_owned());
    let run = tokio::task::spawn_blocking(move || place.run(&command));
    run.await.expect("a run")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_deployment_is_told_and_left_as_operation_shows_it() {
    let bed = Testbed::start().await.expect("a test bed");
    let real = [("QPIAC_SANDBOX", ""), ("AWS_REGION", "eu-west-1")];
    let real = real.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let place = Place::with(&Stack::Shop.text("")).among(bed.environment());
    let place = std::sync::Arc::new(place.among(real));
    run(&place, "qpiac apply --yes")
        .await
        .expect(0, "the first version");

    let mut blocks = page(PAGE).blocks.into_iter();
    let shown = blocks.find(|block| block.text.starts_with("$ qpiac apply --image"));
    let shown = shown.expect("a failed deployment").text;
    let (command, shown) = shown.split_once('\n').expect("a command and what it says");
    let command = command.trim_start_matches("$ ");

    bed.turn_hostile(one_failed_deployment());
    bed.inject(
        Rule::on("ecs:ListTasks")
            .answered(|_| Reply::json(&json!({ "taskArns": [stopped_task()["taskArn"]] }))),
    );
    bed.inject(
        Rule::on("ecs:DescribeTasks")
            .answered(|_| Reply::json(&json!({ "tasks": [stopped_task()] }))),
    );
    let failed = run(&place, command).await.expect(1, command);
    assert_shown(PAGE, shown, &failed.err);

    // The version before runs and is what the file says: what nothing uses is left to be taken away.
    bed.turn_friendly();
    bed.clear_faults();
    let status = run(&place, "qpiac status").await.out;
    assert!(
        status.contains("well     ecs-service/app  2 of 2 tasks run\n"),
        "{status}"
    );
    let back = run(&place, "qpiac apply --yes").await;
    let back = back.expect(0, "the way back").out;
    assert!(
        back.contains("Plan: 0 to create, 0 to update, 0 to replace, 1 to delete"),
        "{back}"
    );
    let plan = run(&place, "qpiac plan --detailed-exitcode").await;
    plan.expect(0, "nothing is left");
}
