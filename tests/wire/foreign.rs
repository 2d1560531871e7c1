//! What does not bear the stack's tags is refused, never taken over, changed or deleted.

use crate::observer::Observer;
use crate::program::{Program, WEB_STACK};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_group_of_somebody_else_is_refused_by_name() {
    let program = Program::with(WEB_STACK).await;
    let observer = Observer::of(&program.bed);
    let name = "/ecs/qp-iac-cdn-headers-app";
    observer
        .logs
        .create_log_group()
        .log_group_name(name)
        .send()
        .await
        .unwrap();
    refused(&program, name).await;
    let groups = observer.logs.describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups().len(), 1);
    assert_eq!(groups.log_groups()[0].retention_in_days(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_of_somebody_else_is_refused_by_name() {
    let program = Program::with(WEB_STACK).await;
    let observer = Observer::of(&program.bed);
    let subnets = observer.ec2.describe_subnets().send().await.unwrap();
    let subnets = subnets
        .subnets()
        .iter()
        .take(2)
        .map(|s| s.subnet_id().unwrap().to_owned());
    observer
        .elbv2
        .create_load_balancer()
        .name("qp-iac-cdn-headers-alb")
        .scheme(aws_sdk_elasticloadbalancingv2::types::LoadBalancerSchemeEnum::Internal)
        .set_subnets(Some(subnets.collect()))
        .send()
        .await
        .unwrap();
    refused(&program, "qp-iac-cdn-headers-alb").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_somebody_else_is_refused_by_name() {
    let program = Program::with(WEB_STACK).await;
    let observer = Observer::of(&program.bed);
    let name = "qp-iac-cdn-headers-app-task-us-east-1";
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    observer
        .iam
        .create_role()
        .role_name(name)
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    refused(&program, name).await;
}

/// What others named like the stack may be of a form that the stack never has: on EC2 instead of
/// Fargate, without sizes and without a network of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_run_in_ecs_under_similar_names_is_left_alone() {
    let program = Program::with(WEB_STACK).await;
    let ecs = &Observer::of(&program.bed).ecs;
    let name = "qp-iac-cdn-headers-legacy";
    let cluster = ecs.create_cluster().cluster_name(name);
    cluster.send().await.unwrap();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder()
        .name("legacy")
        .image("legacy")
        .memory(128);
    let definition = ecs.register_task_definition().family(name);
    let definition = definition.container_definitions(container.build());
    definition.send().await.unwrap();
    let service = ecs.create_service().cluster(name).service_name(name);
    let service = service.task_definition(name).desired_count(1);
    service.send().await.unwrap();

    program.run(&["apply", "--yes"]).await.exits(0);
    program.run(&["plan", "--detailed-exitcode"]).await.exits(0);
    program.run(&["destroy", "--yes"]).await.exits(0);

    let services = ecs.describe_services().cluster(name).services(name);
    let services = services.send().await.unwrap();
    assert_eq!(services.services()[0].status(), Some("ACTIVE"));
    let definition = ecs.describe_task_definition().task_definition(name);
    let definition = definition.send().await.unwrap();
    let status = definition.task_definition().unwrap().status.clone();
    assert_eq!(
        status,
        Some(aws_sdk_ecs::types::TaskDefinitionStatus::Active)
    );
}

/// Plan and apply say no, name it, and change nothing.
async fn refused(program: &Program, name: &str) {
    for verb in [&["plan"][..], &["apply", "--yes"]] {
        program.bed.clear_journal();
        let ran = program.run(verb).await.exits(1);
        assert!(ran.err.contains(name), "{}", ran.err);
        assert!(
            ran.err.contains("does not belong to this stack"),
            "{}",
            ran.err
        );
        assert!(
            program.bed.mutating().is_empty(),
            "{:?}",
            program.bed.mutating()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_networks_at_one_address_are_told_apart() {
    let program = Program::with(WEB_STACK).await;
    let observer = Observer::of(&program.bed);
    program.apply().await;
    // What a lost reply leaves behind: a second VPC with the same tags, that nothing uses.
    let tag = |key: &str, value: &str| {
        aws_sdk_ec2::types::Tag::builder()
            .key(key)
            .value(value)
            .build()
    };
    observer
        .ec2
        .create_vpc()
        .cidr_block("10.0.0.0/16")
        .tag_specifications(
            aws_sdk_ec2::types::TagSpecification::builder()
                .resource_type(aws_sdk_ec2::types::ResourceType::Vpc)
                .tags(tag("qpiac:stack", "qp-iac-cdn-headers@us-east-1"))
                .tags(tag("qpiac:address", "vpc/main"))
                .build(),
        )
        .send()
        .await
        .unwrap();
    let plan = program.plan().await;
    assert_eq!(
        crate::program::short(&plan).lines().next(),
        Some("delete vpc/main")
    );
    assert_eq!(plan["summary"]["delete"], 1);
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1);
    program.apply().await;
    program.assert_in_sync().await;
}
