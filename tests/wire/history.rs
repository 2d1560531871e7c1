//! What was done to a stack, as `qpiac history` tells it.

use crate::observer::Observer;
use crate::program::{Program, WEB_STACK, edited};

const BUCKET: &str = "qpiac-123456789012-us-east-1";

#[tokio::test(flavor = "multi_thread")]
async fn every_run_is_recorded_and_the_record_can_be_deleted() {
    let program = Program::with(WEB_STACK).await;
    let nothing = program.run(&["history"]).await.exits(0);
    assert!(nothing.err.contains("nothing was done"), "{}", nothing.err);
    program.apply().await;
    program.write(&edited(WEB_STACK, "memory: 512", "memory: 1024"));
    program.apply().await;
    program.apply().await;

    let runs = program
        .run(&["history", "--format", "json"])
        .await
        .exits(0)
        .json();
    let runs = runs["runs"].as_array().unwrap().clone();
    assert_eq!(
        runs.len(),
        2,
        "an apply without changes is no run: {runs:?}"
    );
    for run in &runs {
        assert_eq!(run["outcome"], "complete");
        assert_eq!(run["command"], "qpiac apply --yes");
        assert!(run["who"].as_str().unwrap().starts_with("arn:aws:"));
    }
    let text = program.run(&["history"]).await.exits(0).out;
    assert_eq!(text.lines().count(), 4, "{text}");

    let number = runs[1]["run"].as_str().unwrap();
    let one = program.run(&["history", number]).await.exits(0).out;
    for part in [
        "ecs-service/app: updated",
        "task-definition/app: created",
        "complete: ",
    ] {
        assert!(one.contains(part), "{part}: {one}");
    }
    let unknown = program
        .run(&["history", "20200101T000000Z-00000000"])
        .await
        .exits(1);
    assert!(
        unknown.err.contains("there is no record"),
        "{}",
        unknown.err
    );

    let aws = Observer::of(&program.bed);
    let listed = aws
        .s3
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    for object in listed.contents() {
        let key = object.key().unwrap();
        aws.s3
            .delete_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
    }
    program.assert_in_sync().await;
    program.write(WEB_STACK);
    program.apply().await;
    let runs = program
        .run(&["history", "--format", "json"])
        .await
        .exits(0)
        .json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
}
