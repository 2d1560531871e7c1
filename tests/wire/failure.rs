//! A failed step says what failed, why in AWS's words, what was skipped, what was done and how to
//! go on; and going on works.

use std::collections::BTreeSet;

use testbed::{Call, Occasion, Reply, Rule};

use crate::program::{Program, Ran, WEB_STACK};

const STACK: &str = "qp-iac-cdn-headers";

/// Whatever a failed apply must say; then it is repaired and applied again.
async fn fails_then_converges(program: &Program, rule: Rule, says: &[&str]) -> Ran {
    program.bed.inject(rule);
    let ran = program.run(&["apply", "--yes"]).await.exits(1);
    for text in says.iter().chain(&["skipped", "qpiac apply"]) {
        assert!(ran.err.contains(text), "`{text}` is not in:\n{}", ran.err);
    }
    program.bed.clear_faults();
    program.apply().await;
    program.assert_in_sync().await;
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_cluster_skips_the_service_and_nothing_else() {
    let program = Program::with(WEB_STACK).await;
    let rule =
        Rule::on("ecs:CreateCluster").error("ClientException", "Tags can not be empty today.");
    let ran = fails_then_converges(
        &program,
        rule,
        &[
            "Tags can not be empty today.",
            "ecs:CreateCluster",
            "service",
        ],
    )
    .await;
    assert!(
        ran.err.contains("vpc/main") || ran.out.contains("vpc/main"),
        "{}",
        ran.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_nat_gateway_shows_its_failure_code() {
    let program = Program::with(WEB_STACK).await;
    let rule = Rule::on("ec2:DescribeNatGateways").replaced(|_, reply| {
        let text = reply.text().replace(
            "<state>available</state>",
            "<state>failed</state><failureCode>InsufficientFreeAddressesInSubnet</failureCode>\
             <failureMessage>Subnet has 0 free private IPs</failureMessage>",
        );
        Reply::xml(text)
    });
    let says = [
        "InsufficientFreeAddressesInSubnet",
        "Subnet has 0 free private IPs",
        "nat-gateway/",
    ];
    fails_then_converges(&program, rule, &says).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn denied_access_names_the_action() {
    let program = Program::with(WEB_STACK).await;
    let message = "You are not authorized to perform: ec2:AllocateAddress on resource: *";
    let rule =
        Rule::on("ec2:AllocateAddress").error_with_status(403, "UnauthorizedOperation", message);
    fails_then_converges(&program, rule, &[message]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_quota_stops_before_the_first_change() {
    let program = Program::with(WEB_STACK).await;
    let observer = crate::observer::Observer::of(&program.bed);
    for _ in 0..5 {
        observer
            .ec2
            .allocate_address()
            .domain(aws_sdk_ec2::types::DomainType::Vpc)
            .send()
            .await
            .unwrap();
    }
    let ran = program.run(&["apply", "--yes"]).await.exits(1);
    assert!(
        ran.err.contains('5') && ran.err.to_lowercase().contains("elastic ip"),
        "{}",
        ran.err
    );
    assert!(
        program.bed.mutating().is_empty(),
        "{:?}",
        program.bed.mutating()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_makes_no_second_resource() {
    let program = Program::with(WEB_STACK).await;
    for operation in [
        "ec2:CreateVpc",
        "ec2:AllocateAddress",
        "ec2:CreateInternetGateway",
        "ecs:CreateService",
    ] {
        program
            .bed
            .inject(Rule::on(operation).first(1).closed_after());
    }
    program.apply().await;
    assert_eq!(program.bed.count_of("ec2:CreateVpc"), 1);
    assert_eq!(program.bed.count_of("ec2:AllocateAddress"), 1);
    program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_has_not_seen_yet_is_not_missing() {
    let program = Program::with(WEB_STACK).await;
    let lost = Rule::on("ec2:CreateVpc").first(1).closed_after();
    program.bed.inject(lost);
    for operation in ["ec2:DescribeVpcAttribute", "ec2:ModifyVpcAttribute"] {
        let unseen = Rule::on(operation).first(2);
        program
            .bed
            .inject(unseen.error("InvalidVpcID.NotFound", "The vpc ID does not exist"));
    }
    program.apply().await;
    assert_eq!(program.bed.count_of("ec2:CreateVpc"), 1);
    program.assert_in_sync().await;
}

/// Applies and destroys the whole stack where every operation meets this at first; nothing is made
/// twice, and nothing is left.
async fn whole_stack_with(fault: impl Fn(Occasion) -> Rule, concerns: impl Fn(&Call) -> bool) {
    let program = Program::whole().await;
    let aws = crate::observer::Observer::of(&program.bed);
    program.apply().await;
    let made = aws.left_of(STACK).await.len();
    program.destroy().await;
    let calls = program.bed.calls();
    let concerned = calls.iter().filter(|call| concerns(call));
    let operations: BTreeSet<String> = concerned.map(Call::name).collect();
    assert!(operations.len() > 70, "{operations:?}");

    program.bed.reset().await.unwrap();
    for operation in &operations {
        program.bed.inject(fault(Rule::on(operation).first(1)));
    }
    program.apply().await;
    program.assert_in_sync().await;
    assert_eq!(aws.left_of(STACK).await.len(), made);
    program.destroy().await;
    assert_eq!(aws.left_of(STACK).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_replies_make_nothing_twice_in_the_whole_stack() {
    whole_stack_with(Occasion::closed_after, |call| call.mutating).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_may_throttle() {
    whole_stack_with(Occasion::throttled, |_| true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_is_waited_out() {
    let program = Program::with(WEB_STACK).await;
    program
        .bed
        .inject(Rule::on_mutating().first(12).throttled());
    program.apply().await;
    program.assert_in_sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_read_is_never_absence() {
    let program = Program::with(WEB_STACK).await;
    program.apply().await;
    program
        .bed
        .inject(Rule::on("ec2:DescribeSubnets").error_with_status(
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform: ec2:DescribeSubnets",
        ));
    program.bed.clear_journal();
    let ran = program.run(&["plan"]).await.exits(1);
    assert!(ran.err.contains("ec2:DescribeSubnets"), "{}", ran.err);
    program.run(&["apply", "--yes"]).await.exits(1);
    assert!(program.bed.mutating().is_empty());
}
