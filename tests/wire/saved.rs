//! Plans in files: carried out once and as shown, or not at all.

use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use serde_json::Value;
use testbed::Rule;

use crate::observer::Observer;
use crate::program::{Program, WEB_STACK, edited};

const FILE: &str = "shop.plan";

async fn saved(program: &Program) {
    program.run(&["plan", "--out", FILE]).await.exits(0);
}

fn text(program: &Program) -> String {
    std::fs::read_to_string(program.path(FILE)).unwrap()
}

/// That a file with this text is refused, and changes nothing.
async fn assert_refused(program: &Program, text: &str, because: &str) {
    program.write_as("other.plan", text);
    program.bed.clear_journal();
    let ran = program
        .run(&["apply", "other.plan", "--yes"])
        .await
        .exits(1);
    assert!(ran.err.contains(because), "{because}: {}", ran.err);
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
    assert_eq!(program.bed.mutating().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_carried_out_as_it_was_saved_and_only_once() {
    let program = Program::with(WEB_STACK).await;
    saved(&program).await;
    let planned = program.plan().await;
    let applied = program
        .run(&["apply", FILE, "--yes", "--format", "json"])
        .await
        .exits(0)
        .json();
    let steps = |document: &Value| {
        let steps = document["steps"].as_array().unwrap().iter();
        let steps: Vec<String> = steps
            .map(|s| format!("{} {}", s["action"], s["address"]))
            .collect();
        steps
    };
    assert_eq!(steps(&applied), steps(&planned));
    program.assert_in_sync().await;

    program.bed.clear_journal();
    let again = program.run(&["apply", FILE, "--yes"]).await.exits(1);
    for part in ["was carried out already by arn:aws:", "qpiac history"] {
        assert!(again.err.contains(part), "{part}: {}", again.err);
    }
    assert_eq!(program.bed.mutating().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_after_a_used_plan_is_not_told_to_use_it_again() {
    let program = Program::with(WEB_STACK).await;
    saved(&program).await;
    let refusal = Rule::on("ecs:CreateCluster").error("ClientException", "Not today.");
    program.bed.inject(refusal);
    let failed = program.run(&["apply", FILE, "--yes"]).await.exits(1);
    let hint = "to go on: qpiac apply --yes\n";
    assert!(failed.err.contains(hint), "{}", failed.err);
    program.bed.clear_faults();
    program.apply().await;
    program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_refused_by_name_when_something_moved() {
    let program = Program::with(WEB_STACK).await;
    let aws = Observer::of(&program.bed);
    program.apply().await;
    program.write(&edited(WEB_STACK, "memory: 512", "memory: 1024"));
    saved(&program).await;
    aws.ecs
        .update_service()
        .cluster("qp-iac-cdn-headers-cluster")
        .service("qp-iac-cdn-headers-app-service")
        .desired_count(3)
        .send()
        .await
        .unwrap();
    program.bed.clear_journal();
    let moved = program.run(&["apply", FILE, "--yes"]).await.exits(1);
    for part in [
        "ecs-service/app: desired_count was 2, and is 3",
        "qpiac plan --out",
    ] {
        assert!(moved.err.contains(part), "{part}: {}", moved.err);
    }
    assert_eq!(program.bed.mutating().len(), 0);

    // What the plan does not rest on may move.
    saved(&program).await;
    let balancer = aws.load_balancer().await;
    let timeout = LoadBalancerAttribute::builder()
        .key("idle_timeout.timeout_seconds")
        .value("90");
    aws.elbv2
        .modify_load_balancer_attributes()
        .load_balancer_arn(balancer.load_balancer_arn().unwrap())
        .attributes(timeout.build())
        .send()
        .await
        .unwrap();
    program.run(&["apply", FILE, "--yes"]).await.exits(0);
    let left = program.plan().await;
    let left: Vec<&str> = left["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["address"].as_str().unwrap())
        .collect();
    assert_eq!(left, ["load-balancer/main"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_another_stack_file_or_version_is_refused() {
    let program = Program::with(WEB_STACK).await;
    saved(&program).await;
    let whole = text(&program);
    program.write(&edited(WEB_STACK, "memory: 512", "memory: 1024"));
    assert_refused(&program, &whole, "task-definition/app: another memory").await;
    program.write(WEB_STACK);
    let other = edited(
        &whole,
        "\"version\": \"0.1.0\",\n  \"sha256\"",
        "\"version\": \"0.0.9\",\n  \"sha256\"",
    );
    assert_refused(
        &program,
        &other,
        "qpiac 0.0.9 made it, and this is qpiac 0.1.0",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_tampered_with_is_refused() {
    let program = Program::with(WEB_STACK).await;
    saved(&program).await;
    let whole = text(&program);
    assert_refused(&program, "", "it is not a whole plan").await;
    assert_refused(
        &program,
        &whole[..whole.len() / 2],
        "it is not a whole plan",
    )
    .await;
    assert_refused(&program, "{\"a\": 1}", "it is not a whole plan").await;
    let edited = edited(&whole, "\"10.0.0.0/16\"", "\"10.9.0.0/16\"");
    assert_refused(&program, &edited, "its content was changed").await;
    assert_refused(
        &program,
        &signed_anew(&edited),
        "do not follow from the stack file",
    )
    .await;
}

/// The file with a digest that fits its content: what somebody would do on purpose.
fn signed_anew(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut document: Value = serde_json::from_str(text).unwrap();
    let digest = Sha256::digest(document["content"].to_string());
    document["sha256"] = format!("{digest:x}").into();
    document.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_a_plan() {
    let program = Program::whole().await;
    program.apply().await;
    let aws = Observer::of(&program.bed);
    saved(&program).await;
    program
        .run(&["plan", "--out", "b.plan", "--replace", "distribution/main"])
        .await
        .exits(0);
    let plans = text(&program) + &std::fs::read_to_string(program.path("b.plan")).unwrap();
    let listed = aws.secrets.list_secrets().send().await.unwrap();
    assert!(!listed.secret_list().is_empty());
    for secret in listed.secret_list() {
        let value = aws
            .secrets
            .get_secret_value()
            .secret_id(secret.arn().unwrap());
        let value = value.send().await.unwrap().secret_string.unwrap();
        assert!(!plans.contains(&value), "{:?} is in a plan", secret.name());
    }
}
