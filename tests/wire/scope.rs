//! Stacks side by side: each sees its own and nothing else.

use crate::program::{Program, WEB_STACK};

async fn in_sync(program: &Program, file: &str) {
    program
        .run(&["plan", "--detailed-exitcode", "-f", file])
        .await
        .exits(0);
}

async fn both(first: &str, second: &str) {
    let program = Program::with(WEB_STACK).await;
    program.write_as("first.yaml", first);
    program.write_as("second.yaml", second);
    for file in ["first.yaml", "second.yaml"] {
        program.run(&["apply", "--yes", "-f", file]).await.exits(0);
    }
    in_sync(&program, "first.yaml").await;
    in_sync(&program, "second.yaml").await;
    program
        .run(&["destroy", "--yes", "-f", "first.yaml"])
        .await
        .exits(0);
    in_sync(&program, "second.yaml").await;
    let plan = program
        .run(&["plan", "-f", "first.yaml", "--format", "json"])
        .await
        .exits(0)
        .json();
    assert_eq!(
        plan["summary"]["unchanged"], 0,
        "something of the first is left"
    );
    program
        .run(&["destroy", "--yes", "-f", "second.yaml"])
        .await
        .exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stacks_whose_names_begin_alike() {
    let named = |name: &str| WEB_STACK.replace("qp-iac-cdn-headers", name);
    both(&named("shop"), &named("shop-two")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shorter_name_second() {
    let named = |name: &str| WEB_STACK.replace("qp-iac-cdn-headers", name);
    both(&named("shop-app"), &named("shop")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_in_two_regions() {
    both(WEB_STACK, &WEB_STACK.replace("us-east-1", "eu-west-1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_needs_no_stack_file() {
    let program = Program::with(WEB_STACK).await;
    program.apply().await;
    std::fs::remove_file(program.write_as("stack.yaml", "")).unwrap();
    program
        .run(&[
            "destroy",
            "--yes",
            "--stack",
            "qp-iac-cdn-headers",
            "--region",
            "us-east-1",
        ])
        .await
        .exits(0);
    let observer = crate::observer::Observer::of(&program.bed);
    assert_eq!(
        observer.left_of("qp-iac-cdn-headers").await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_is_refused_before_the_first_change() {
    let stack = WEB_STACK.replace("# account: \"123456789012\"", "account: \"210987654321\"");
    assert_ne!(stack, WEB_STACK);
    let program = Program::with(&stack).await;
    let ran = program.run(&["apply", "--yes"]).await.exits(1);
    assert!(
        ran.err.contains("210987654321") && ran.err.contains("123456789012"),
        "{}",
        ran.err
    );
    assert!(program.bed.mutating().is_empty());
}
