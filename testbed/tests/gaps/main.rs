//! Every gap of the emulators that a shim fills: that it is there, and that it is filled.
//!
//! A scenario runs on the emulators themselves and through the proxy, and tells what it saw. Through
//! the proxy it must see what AWS does, in both set-ups; on the emulators something else, or the shim
//! is not needed any more.
#![allow(clippy::unwrap_used)]

mod account;
mod alarms;
mod balancing;
mod certificates;
mod data_plane;
mod edge;
mod functions;
mod network;
mod scaling;
mod secrets;
mod services;
mod storage;

use serde_json::{Value, json};
use testbed::{Client, Element, Testbed};

const ELB: &str = "elasticloadbalancing";

/// What the emulators of the control plane get wrong: a scenario on either side of the shims.
async fn gap(scenario: impl AsyncFn(&Client) -> String, aws: &str) {
    let bed = Testbed::start().await.unwrap();
    let seen = scenario(&bed.emulator()).await;
    assert_ne!(
        seen, aws,
        "the emulator does this as AWS does now: its shim can go"
    );
    bed.reset().await.unwrap();
    assert_eq!(
        scenario(&bed.client()).await,
        aws,
        "the emulator itself: {seen}"
    );
    drop(bed);
    let bed = Testbed::start_data_plane().await.unwrap();
    assert_eq!(scenario(&bed.client()).await, aws, "in the data plane");
}

/// What ministack gets wrong, and moto does not: a scenario on either side of the data plane's shims.
async fn gap_of_ministack(scenario: impl AsyncFn(&Client) -> String, aws: &str) {
    let bed = Testbed::start_data_plane().await.unwrap();
    let seen = scenario(&bed.emulator()).await;
    assert_ne!(
        seen, aws,
        "ministack does this as AWS does now: its shim can go"
    );
    bed.reset().await.unwrap();
    assert_eq!(
        scenario(&bed.client()).await,
        aws,
        "ministack itself: {seen}"
    );
    drop(bed);
    let bed = Testbed::start().await.unwrap();
    assert_eq!(scenario(&bed.client()).await, aws, "in the control plane");
}

/// What a refusal or a success looks like in a scenario's account.
async fn outcome(
    client: &Client,
    service: &str,
    action: &str,
    parameters: &[(&str, &str)],
) -> String {
    let reply = client.query(service, action, parameters).await.unwrap();
    if reply.is_success() {
        "ok".to_owned()
    } else {
        reply.code()
    }
}

async fn json_outcome(client: &Client, service: &str, operation: &str, body: Value) -> String {
    let reply = client.json(service, operation, &body).await.unwrap();
    if reply.is_success() {
        "ok".to_owned()
    } else {
        reply.code()
    }
}

/// What a call by method and path comes to.
async fn rest_outcome(
    client: &Client,
    service: &str,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    let reply = client.rest(service, method, path, &[], body).await.unwrap();
    if reply.is_success() {
        "ok".to_owned()
    } else {
        reply.code()
    }
}

/// The JSON of a successful call.
async fn call(client: &Client, service: &str, operation: &str, body: Value) -> Value {
    let reply = client.json(service, operation, &body).await.unwrap();
    assert!(reply.is_success(), "{operation}: {}", reply.text());
    reply.value()
}

async fn ec2(client: &Client, action: &str, parameters: &[(&str, &str)]) -> Element {
    client.read("ec2", action, parameters).await.unwrap()
}

async fn elb(client: &Client, action: &str, parameters: &[(&str, &str)]) -> Element {
    client.read(ELB, action, parameters).await.unwrap()
}

async fn ecs(client: &Client, operation: &str, body: Value) -> Value {
    let reply = client.json("ecs", operation, &body).await.unwrap();
    assert!(reply.is_success(), "{operation}: {}", reply.text());
    reply.value()
}

/// The network that the scenarios start from.
struct Network {
    vpc: String,
    subnets: [String; 2],
    gateway: String,
    group: String,
}

async fn network(client: &Client) -> Network {
    let vpc = ec2(client, "CreateVpc", &[("CidrBlock", "10.0.0.0/16")])
        .await
        .at("vpc/vpcId")
        .to_owned();
    let subnet = async |range: &str, zone: &str| {
        let wanted = [
            ("VpcId", vpc.as_str()),
            ("CidrBlock", range),
            ("AvailabilityZone", zone),
        ];
        ec2(client, "CreateSubnet", &wanted)
            .await
            .at("subnet/subnetId")
            .to_owned()
    };
    let subnets = [
        subnet("10.0.1.0/24", "us-east-1a").await,
        subnet("10.0.2.0/24", "us-east-1b").await,
    ];
    let gateway = ec2(client, "CreateInternetGateway", &[])
        .await
        .at("internetGateway/internetGatewayId")
        .to_owned();
    ec2(
        client,
        "AttachInternetGateway",
        &[("VpcId", &vpc), ("InternetGatewayId", &gateway)],
    )
    .await;
    let group = group(client, &vpc, "one").await;
    Network {
        vpc,
        subnets,
        gateway,
        group,
    }
}

async fn group(client: &Client, vpc: &str, name: &str) -> String {
    let wanted = [
        ("VpcId", vpc),
        ("GroupName", name),
        ("GroupDescription", "text"),
    ];
    ec2(client, "CreateSecurityGroup", &wanted)
        .await
        .at("groupId")
        .to_owned()
}

async fn address(client: &Client) -> String {
    ec2(client, "AllocateAddress", &[("Domain", "vpc")])
        .await
        .at("allocationId")
        .to_owned()
}

async fn nat(client: &Client, network: &Network, address: &str) -> String {
    let wanted = [
        ("SubnetId", network.subnets[0].as_str()),
        ("AllocationId", address),
    ];
    ec2(client, "CreateNatGateway", &wanted)
        .await
        .at("natGateway/natGatewayId")
        .to_owned()
}

async fn route_table(client: &Client, network: &Network) -> String {
    ec2(client, "CreateRouteTable", &[("VpcId", &network.vpc)])
        .await
        .at("routeTable/routeTableId")
        .to_owned()
}

fn balancer_settings<'a>(network: &'a Network, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("Name", name),
        ("Subnets.member.1", &network.subnets[0]),
        ("Subnets.member.2", &network.subnets[1]),
        ("SecurityGroups.member.1", &network.group),
    ]
}

async fn balancer(client: &Client, network: &Network) -> String {
    let made = elb(
        client,
        "CreateLoadBalancer",
        &balancer_settings(network, "lb"),
    )
    .await;
    made.at("CreateLoadBalancerResult/LoadBalancers/member/LoadBalancerArn")
        .to_owned()
}

async fn target_group(client: &Client, network: &Network, name: &str) -> String {
    let wanted = [
        ("Name", name),
        ("Protocol", "HTTP"),
        ("Port", "8000"),
        ("VpcId", &network.vpc),
        ("TargetType", "ip"),
    ];
    let made = elb(client, "CreateTargetGroup", &wanted).await;
    made.at("CreateTargetGroupResult/TargetGroups/member/TargetGroupArn")
        .to_owned()
}

fn listener_settings<'a>(balancer: &'a str, target: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("LoadBalancerArn", balancer),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", target),
    ]
}

async fn listener(client: &Client, balancer: &str, target: &str) -> Element {
    let made = elb(
        client,
        "CreateListener",
        &listener_settings(balancer, target),
    )
    .await;
    made.members("CreateListenerResult/Listeners")[0].clone()
}

async fn rule(client: &Client, listener: &str, target: &str, priority: &str) -> Element {
    let wanted = [
        ("ListenerArn", listener),
        ("Priority", priority),
        ("Conditions.member.1.Field", "path-pattern"),
        (
            "Conditions.member.1.PathPatternConfig.Values.member.1",
            "/api/*",
        ),
        ("Actions.member.1.Type", "forward"),
        (
            "Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn",
            target,
        ),
    ];
    elb(client, "CreateRule", &wanted)
        .await
        .members("CreateRuleResult/Rules")[0]
        .clone()
}

fn definition() -> Value {
    json!({
        "family": "task", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{ "name": "app", "image": "image", "portMappings": [{ "containerPort": 8000 }] }],
    })
}

/// A cluster `c` with a service `s`; gives what was sent for the service.
async fn service(client: &Client, network: &Network) -> Value {
    ecs(client, "CreateCluster", json!({ "clusterName": "c" })).await;
    ecs(client, "RegisterTaskDefinition", definition()).await;
    let wanted = json!({
        "cluster": "c", "serviceName": "s", "taskDefinition": "task:1", "desiredCount": 2, "launchType": "FARGATE",
        "clientToken": "token",
        "networkConfiguration": { "awsvpcConfiguration": {
            "subnets": network.subnets, "securityGroups": [network.group], "assignPublicIp": "DISABLED",
        } },
        "deploymentConfiguration": { "maximumPercent": 150,
            "deploymentCircuitBreaker": { "enable": true, "rollback": true } },
        "enableExecuteCommand": true, "enableECSManagedTags": true, "propagateTags": "SERVICE",
        "availabilityZoneRebalancing": "DISABLED", "healthCheckGracePeriodSeconds": 60,
        "tags": [{ "key": "a", "value": "b" }],
    });
    ecs(client, "CreateService", wanted.clone()).await;
    wanted
}

async fn described(client: &Client) -> Value {
    let asked = json!({ "cluster": "c", "services": ["s"], "include": ["TAGS"] });
    ecs(client, "DescribeServices", asked).await["services"][0].clone()
}
