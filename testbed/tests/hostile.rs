//! A hostile AWS as a client sees it: each thing that it does, for how long, and that a seed repeats it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::{Call, Client, Hostility, Reply, Testbed};

/// How long what is said to last may last.
const LAG: Duration = Duration::from_millis(600);

async fn bed() -> Testbed {
    Testbed::start().await.unwrap()
}

/// Nothing but what is asked for.
fn nothing(seed: u64) -> Hostility {
    Hostility::of_seed(seed)
        .harming(0)
        .lagging(Duration::ZERO)
        .with_slow_states(Duration::ZERO)
        .with_lingering_interfaces(LAG)
}

async fn id(client: &Client, operation: &str, sent: &[(&str, &str)], path: &str) -> String {
    let made = client.read("ec2", operation, sent).await.unwrap();
    made.at(path).to_owned()
}

async fn vpc(client: &Client) -> String {
    id(
        client,
        "CreateVpc",
        &[("CidrBlock", "10.0.0.0/16")],
        "vpc/vpcId",
    )
    .await
}

async fn subnet(client: &Client, vpc: &str, range: &str, zone: &str) -> String {
    let sent = [
        ("VpcId", vpc),
        ("CidrBlock", range),
        ("AvailabilityZone", zone),
    ];
    id(client, "CreateSubnet", &sent, "subnet/subnetId").await
}

/// A VPC with an internet gateway and a subnet in each of two zones.
async fn network(client: &Client) -> (String, [String; 2], String) {
    let vpc = vpc(client).await;
    let path = "internetGateway/internetGatewayId";
    let gateway = id(client, "CreateInternetGateway", &[], path).await;
    let sent = [("VpcId", vpc.as_str()), ("InternetGatewayId", &gateway)];
    client
        .read("ec2", "AttachInternetGateway", &sent)
        .await
        .unwrap();
    let subnets = [
        subnet(client, &vpc, "10.0.1.0/24", "us-east-1a").await,
        subnet(client, &vpc, "10.0.2.0/24", "us-east-1b").await,
    ];
    (vpc, subnets, gateway)
}

/// Asks until the answer is as it should be, which must be so within the lag.
async fn within_lag<F: Future<Output = bool>>(is_so: impl Fn() -> F) -> bool {
    let (start, mut was_otherwise) = (Instant::now(), false);
    while start.elapsed() < LAG {
        was_otherwise |= !is_so().await;
    }
    for _ in 0..5 {
        assert!(is_so().await, "longer than the lag");
    }
    was_otherwise
}

fn words(bed: &Testbed) -> Vec<Option<&'static str>> {
    bed.calls().iter().map(|call| call.fault).collect()
}

async fn describe(client: &Client, sent: &[(&str, &str)]) -> anyhow::Result<Reply> {
    client.query("ec2", "DescribeVpcs", sent).await
}

#[tokio::test]
async fn a_seed_repeats_itself_and_another_does_not() {
    let bed = bed().await;
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        bed.clear_journal();
        bed.turn_hostile(nothing(seed).harming(50));
        for _ in 0..40 {
            let _ = describe(&bed.client(), &[]).await;
        }
        seen.push((words(&bed), bed.turn_friendly()));
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0].0, seen[2].0);
}

#[tokio::test]
async fn every_blow_falls_and_says_nothing_of_what_was_done() {
    let bed = bed().await;
    bed.turn_hostile(nothing(1).harming(100));
    for _ in 0..60 {
        let _ = bed
            .client()
            .query("ec2", "CreateVpc", &[("CidrBlock", "10.0.0.0/16")])
            .await;
    }
    let harms = bed.turn_friendly();
    assert_eq!(harms.len(), 60);
    let words: BTreeSet<&str> = harms.iter().map(|harm| harm.what).collect();
    let all = [
        "bare",
        "closed after",
        "closed before",
        "delayed",
        "failed",
        "failed after",
        "throttled",
    ];
    assert_eq!(words, BTreeSet::from(all));
    let done = harms
        .iter()
        .filter(|harm| ["closed after", "delayed", "failed after"].contains(&harm.what));
    let found = bed
        .observer()
        .read("ec2", "DescribeVpcs", &[])
        .await
        .unwrap();
    // One is there in every account.
    assert_eq!(found.members("vpcSet").len(), done.count() + 1);
    let statuses: BTreeSet<Option<u16>> = bed.calls().iter().map(|call| call.status).collect();
    assert_eq!(
        statuses,
        BTreeSet::from([None, Some(200), Some(500), Some(503)])
    );
}

#[tokio::test]
async fn only_what_is_named_is_done() {
    let bed = bed().await;
    bed.turn_hostile(nothing(1).harming(100));
    for _ in 0..10 {
        let _ = describe(&bed.client(), &[]).await;
    }
    let one = bed.turn_friendly()[3].clone();
    bed.turn_hostile(nothing(1).harming(100).only([one.clone()]));
    for _ in 0..10 {
        let _ = describe(&bed.client(), &[]).await;
    }
    assert_eq!(bed.turn_friendly(), [one]);
}

#[tokio::test]
async fn an_observer_and_a_friendly_aws_do_no_harm() {
    let bed = bed().await;
    bed.turn_hostile(nothing(1).harming(100));
    assert!(describe(&bed.observer(), &[]).await.unwrap().is_success());
    assert!(bed.turn_friendly().is_empty());
    assert!(describe(&bed.client(), &[]).await.unwrap().is_success());
}

#[tokio::test]
async fn what_was_just_made_is_not_seen_everywhere_for_a_while() {
    let bed = bed().await;
    let mut was_otherwise = false;
    for seed in 0..6 {
        bed.turn_hostile(nothing(seed).lagging(LAG));
        let client = bed.client();
        let vpc = vpc(&client).await;
        let named = [("VpcId.1", vpc.as_str())];
        let filtered = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)];
        was_otherwise |= within_lag(async || {
            let found = describe(&client, &named).await.unwrap();
            let listed = describe(&client, &filtered).await.unwrap();
            assert!(listed.is_success());
            assert!(found.is_success() || found.code() == "InvalidVpcID.NotFound");
            found.is_success() && listed.text().contains(&vpc)
        })
        .await;
    }
    assert!(was_otherwise);
    let words = words(&bed);
    assert!(words.contains(&Some("not seen")) && words.contains(&Some("left out")));
}

#[tokio::test]
async fn reads_lag_behind_changes() {
    let bed = bed().await;
    let old = vpc(&bed.observer()).await;
    let mut was_otherwise = false;
    for seed in 0..6 {
        bed.turn_hostile(nothing(seed).lagging(LAG));
        let client = bed.client();
        describe(&client, &[]).await.unwrap();
        let tag = [
            ("ResourceId.1", old.as_str()),
            ("Tag.1.Key", "k"),
            ("Tag.1.Value", &format!("v{seed}")),
        ];
        client.read("ec2", "CreateTags", &tag).await.unwrap();
        was_otherwise |= within_lag(async || {
            let found = describe(&client, &[]).await.unwrap();
            found.text().contains(&format!("<value>v{seed}</value>"))
        })
        .await;
    }
    assert!(was_otherwise);
    assert!(words(&bed).contains(&Some("stale")));
}

#[tokio::test]
async fn a_nat_gateway_and_a_load_balancer_take_their_time() {
    let bed = bed().await;
    let (_, [one, two], _) = network(&bed.observer()).await;
    let address = id(
        &bed.observer(),
        "AllocateAddress",
        &[("Domain", "vpc")],
        "allocationId",
    )
    .await;
    bed.turn_hostile(nothing(2).with_slow_states(LAG));
    let client = bed.client();
    let sent = [("SubnetId", one.as_str()), ("AllocationId", &address)];
    let nat = id(
        &client,
        "CreateNatGateway",
        &sent,
        "natGateway/natGatewayId",
    )
    .await;
    let wanted = [
        ("Name", "lb"),
        ("Subnets.member.1", &one),
        ("Subnets.member.2", &two),
    ];
    client
        .read("elasticloadbalancing", "CreateLoadBalancer", &wanted)
        .await
        .unwrap();
    assert_eq!(
        bed.calls()
            .iter()
            .filter_map(|call| call.fault)
            .collect::<Vec<_>>(),
        ["slow"; 2]
    );
    let was_otherwise = within_lag(async || {
        let found = client
            .read("ec2", "DescribeNatGateways", &[("NatGatewayId.1", &nat)])
            .await
            .unwrap();
        let balancers = client
            .read("elasticloadbalancing", "DescribeLoadBalancers", &[])
            .await
            .unwrap();
        let state = "DescribeLoadBalancersResult/LoadBalancers/member/State/Code";
        found.at("natGatewaySet/item/state") == "available" && balancers.at(state) == "active"
    });
    assert!(was_otherwise.await);
}

#[tokio::test]
async fn interfaces_outlive_a_load_balancer() {
    let bed = bed().await;
    let (vpc, [one, two], gateway) = network(&bed.observer()).await;
    let wanted = [
        ("Name", "lb"),
        ("Subnets.member.1", &one),
        ("Subnets.member.2", &two),
    ];
    let wanted = wanted.map(|(name, value)| (name, value as &str));
    let made = bed
        .observer()
        .read("elasticloadbalancing", "CreateLoadBalancer", &wanted)
        .await
        .unwrap();
    let arn = made.at("CreateLoadBalancerResult/LoadBalancers/member/LoadBalancerArn");
    bed.turn_hostile(nothing(1));
    let client = bed.client();
    client
        .read(
            "elasticloadbalancing",
            "DeleteLoadBalancer",
            &[("LoadBalancerArn", arn)],
        )
        .await
        .unwrap();
    let calls: [(&str, &[(&str, &str)]); 2] = [
        ("DeleteSubnet", &[("SubnetId", &one)]),
        (
            "DetachInternetGateway",
            &[("InternetGatewayId", &gateway), ("VpcId", &vpc)],
        ),
    ];
    for (operation, sent) in calls {
        let refused = client.query("ec2", operation, sent).await.unwrap();
        assert_eq!(refused.code(), "DependencyViolation", "{operation}");
    }
    tokio::time::sleep(LAG).await;
    for (operation, sent) in calls {
        assert!(
            client
                .query("ec2", operation, sent)
                .await
                .unwrap()
                .is_success(),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_used_gives_what_it_made() {
    let bed = bed().await;
    let vpc = vpc(&bed.observer()).await;
    bed.turn_hostile(nothing(1));
    let tables = async |token: &str| {
        let sent = [("VpcId", vpc.as_str()), ("ClientToken", token)];
        id(
            &bed.client(),
            "CreateRouteTable",
            &sent,
            "routeTable/routeTableId",
        )
        .await
    };
    let first = tables("a").await;
    assert_eq!(tables("a").await, first);
    assert_ne!(tables("b").await, first);
}

async fn ecs(client: &Client, operation: &str, sent: Value) -> Value {
    let reply = client.json("ecs", operation, &sent).await.unwrap();
    assert!(reply.is_success(), "{operation}: {}", reply.text());
    reply.value()
}

#[tokio::test]
async fn a_deployment_fails_and_is_rolled_back() {
    let bed = bed().await;
    let aws = bed.observer();
    let (vpc, [one, _], _) = network(&aws).await;
    let group = [
        ("VpcId", vpc.as_str()),
        ("GroupName", "one"),
        ("GroupDescription", "one"),
    ];
    let group = id(&aws, "CreateSecurityGroup", &group, "groupId").await;
    ecs(&aws, "CreateCluster", json!({ "clusterName": "c" })).await;
    for _ in 0..2 {
        let container = json!({ "name": "app", "image": "app" });
        let sent = json!({ "family": "task", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [container] });
        ecs(&aws, "RegisterTaskDefinition", sent).await;
    }
    let network = json!({ "awsvpcConfiguration": { "subnets": [one], "securityGroups": [group] } });
    let sent = json!({ "cluster": "c", "serviceName": "s", "taskDefinition": "task:1",
        "desiredCount": 1, "launchType": "FARGATE", "networkConfiguration": network });
    ecs(&aws, "CreateService", sent).await;

    bed.turn_hostile(nothing(1).with_failed_deployments(1));
    let client = bed.client();
    let update = || json!({ "cluster": "c", "service": "s", "taskDefinition": "task:2" });
    let look = async || {
        let found = ecs(
            &client,
            "DescribeServices",
            json!({ "cluster": "c", "services": ["s"] }),
        )
        .await;
        let asked = json!({ "cluster": "c", "service": "s" });
        let listed = ecs(&client, "ListServiceDeployments", asked).await;
        let newest = &listed["serviceDeployments"][0];
        let runs = found["services"][0]["taskDefinition"]
            .as_str()
            .unwrap()
            .to_owned();
        (
            runs.rsplit('/').next().unwrap().to_owned(),
            newest["status"].as_str().unwrap().to_owned(),
        )
    };
    ecs(&client, "UpdateService", update()).await;
    assert_eq!(
        look().await,
        ("task:1".to_owned(), "ROLLBACK_SUCCESSFUL".to_owned())
    );
    ecs(&client, "UpdateService", update()).await;
    assert_eq!(look().await, ("task:2".to_owned(), "SUCCESSFUL".to_owned()));
    let harms = bed.turn_friendly();
    let harms: Vec<String> = harms.iter().map(ToString::to_string).collect();
    assert_eq!(harms, [": ecs:UpdateService no. 1: rolled back"]);
}

#[tokio::test]
async fn a_function_is_busy_while_it_is_made() {
    let bed = bed().await;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;
    let sent = [("RoleName", "role"), ("AssumeRolePolicyDocument", trust)];
    let role = bed
        .observer()
        .read("iam", "CreateRole", &sent)
        .await
        .unwrap();
    let zip = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";
    let sent = json!({ "FunctionName": "f", "Role": role.at("CreateRoleResult/Role/Arn"),
        "Runtime": "python3.13", "Handler": "a.b", "Code": { "ZipFile": zip } });
    bed.turn_hostile(nothing(1).with_slow_states(LAG));
    let client = bed.client();
    let functions = "/2015-03-31/functions";
    let call = async |method: &str, path: &str, body: String| {
        client
            .rest("lambda", method, path, &[], &body)
            .await
            .unwrap()
    };
    call("POST", functions, sent.to_string()).await;
    assert_eq!(bed.calls()[0].fault, Some("slow"));
    let change = json!({ "Timeout": 9 }).to_string();
    let configuration = format!("{functions}/f/configuration");
    let refused = call("PUT", &configuration, change.clone()).await;
    assert_eq!(refused.code(), "ResourceConflictException");
    let pending = call("GET", &format!("{functions}/f"), String::new())
        .await
        .value();
    assert_eq!(pending["Configuration"]["State"], "Pending");
    tokio::time::sleep(LAG).await;
    let ready = call("GET", &format!("{functions}/f"), String::new())
        .await
        .value();
    assert_eq!(ready["Configuration"]["State"], "Active");
    assert!(call("PUT", &configuration, change).await.is_success());
    let faults: Vec<Option<&str>> = bed.calls().iter().map(|call: &Call| call.fault).collect();
    assert_eq!(faults[1], Some("busy"));
}
