//! The whole stack, applied, looked at and destroyed: every fact of the reference system.

mod balancing;
mod containers;
mod edge;
mod functions;
mod monitoring;
mod network;
mod secrets;
mod storage;

use aws_sdk_ec2::types::Filter;

use crate::observer::Observer;
use crate::program::Program;

const STACK: &str = "qp-iac-cdn-headers";

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_is_what_the_architecture_says() {
    let program = Program::whole().await;
    let aws = Observer::of(&program.bed);
    let default_vpc = default_network(&aws).await;

    program.apply().await;

    let vpc = network::check(&aws).await;
    let groups = network::check_groups(&aws, &vpc).await;
    let value = secrets::check(&aws).await;
    let balancing = balancing::check(&aws, &vpc, &groups, &value).await;
    containers::check(&aws, &balancing.target_group, &groups).await;
    edge::check(&aws, &balancing, &value).await;
    functions::check(&aws).await;
    monitoring::check(&aws).await;
    storage::check(&aws, &balancing.load_balancer).await;

    program.assert_in_sync().await;
    program.destroy().await;
    assert_eq!(aws.left_of(STACK).await, Vec::<String>::new());
    secrets::check_recovery(&aws).await;
    assert_eq!(
        default_network(&aws).await,
        default_vpc,
        "the default VPC was touched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_destroyed_is_made_again_at_once() {
    let program = Program::whole().await;
    let aws = Observer::of(&program.bed);
    let generated = async || {
        let mut known = secrets::arns_and_values(&aws).await;
        known.sort();
        known
    };
    program.apply().await;
    let before = generated().await;
    program.destroy().await;
    program.apply().await;
    let after = generated().await;
    let restored = |known: &[(String, String)]| -> Vec<String> {
        known.iter().map(|(arn, _)| arn.clone()).collect()
    };
    assert_eq!(
        restored(&before),
        restored(&after),
        "they are the same secrets"
    );
    for ((_, old), (_, new)) in before.iter().zip(&after) {
        assert_ne!(old, new, "what was given up is not used again");
    }
    secrets::check(&aws).await;
    program.assert_in_sync().await;
    program.destroy().await;
    assert_eq!(aws.left_of(STACK).await, Vec::<String>::new());
}

/// All that the account had before, in words.
async fn default_network(aws: &Observer) -> String {
    let default = || Filter::builder().name("is-default").values("true").build();
    let vpcs = aws
        .ec2
        .describe_vpcs()
        .filters(default())
        .send()
        .await
        .unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap().to_owned();
    let inside = || Filter::builder().name("vpc-id").values(&vpc).build();
    let subnets = aws
        .ec2
        .describe_subnets()
        .filters(inside())
        .send()
        .await
        .unwrap();
    let groups = aws
        .ec2
        .describe_security_groups()
        .filters(inside())
        .send()
        .await
        .unwrap();
    let tables = aws
        .ec2
        .describe_route_tables()
        .filters(inside())
        .send()
        .await
        .unwrap();
    format!(
        "{:#?}{:#?}{:#?}{:#?}",
        vpcs.vpcs(),
        subnets.subnets(),
        groups.security_groups(),
        tables.route_tables()
    )
}

/// The filter for what bears the stack's tag.
fn ours() -> Filter {
    Filter::builder()
        .name("tag:qpiac:stack")
        .values(format!("{STACK}@us-east-1"))
        .build()
}
