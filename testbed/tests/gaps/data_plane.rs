//! What ministack gets wrong where everything is on it, and the way of a request through it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::json;
use testbed::{Client, Testbed};

use super::{
    ELB, address, balancer, ec2, ecs, elb, gap_of_ministack, json_outcome, listener, nat, network,
    outcome, rule, service, target_group,
};

#[tokio::test]
async fn the_account_has_attributes() {
    let scenario = async |client: &Client| {
        let asked = [("AttributeName.1", "vpc-max-elastic-ips")];
        outcome(client, "ec2", "DescribeAccountAttributes", &asked).await
    };
    gap_of_ministack(scenario, "ok").await;
}

#[tokio::test]
async fn a_nat_gateway_names_its_address() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let allocation = address(client).await;
        let gateway = nat(client, &network, &allocation).await;
        let asked = [("NatGatewayId.1", gateway.as_str())];
        let found = ec2(client, "DescribeNatGateways", &asked).await;
        let addresses = ec2(client, "DescribeAddresses", &[]).await;
        let used = addresses.members("addressesSet")[0].at("associationId");
        let named = "natGatewaySet/item/natGatewayAddressSet/item/allocationId";
        format!("{} {}", found.at(named) == allocation, !used.is_empty())
    };
    gap_of_ministack(scenario, "true true").await;
}

#[tokio::test]
async fn a_load_balancer_is_in_the_network_of_its_subnets() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        balancer(client, &network).await;
        let found = elb(client, "DescribeLoadBalancers", &[]).await;
        let balancer = &found.members("DescribeLoadBalancersResult/LoadBalancers")[0];
        let zones = balancer.members("AvailabilityZones");
        let mut zones: Vec<&str> = zones.iter().map(|zone| zone.at("ZoneName")).collect();
        zones.sort_unstable();
        format!(
            "{} {}",
            balancer.at("VpcId") == network.vpc,
            zones.join(" ")
        )
    };
    gap_of_ministack(scenario, "true us-east-1a us-east-1b").await;
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let scenario = async |client: &Client| {
        let arn = |kind: &str, end: &str| {
            format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:{kind}/app/none/{end}")
        };
        let balancer = arn("loadbalancer", "0123456789abcdef");
        let listener = arn("listener", "0123456789abcdef/0123456789abcdef");
        let mut said = Vec::new();
        for (action, name, value) in [
            ("DescribeTargetGroups", "Names.member.1", "none"),
            ("DescribeListeners", "LoadBalancerArn", &balancer),
            ("DescribeListeners", "ListenerArns.member.1", &listener),
        ] {
            said.push(outcome(client, ELB, action, &[(name, value)]).await);
        }
        said.join(" ")
    };
    let aws = "TargetGroupNotFound LoadBalancerNotFound ListenerNotFound";
    gap_of_ministack(scenario, aws).await;
}

#[tokio::test]
async fn rules_that_name_a_prefix_list_keep_it() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let asked = [
            ("Filter.1.Name", "prefix-list-name"),
            (
                "Filter.1.Value.1",
                "com.amazonaws.global.cloudfront.origin-facing",
            ),
        ];
        let lists = ec2(client, "DescribeManagedPrefixLists", &asked).await;
        let list = lists.members("prefixListSet")[0]
            .at("prefixListId")
            .to_owned();
        let wanted = [
            ("GroupId", network.group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "80"),
            ("IpPermissions.1.ToPort", "80"),
            ("IpPermissions.1.PrefixListIds.1.PrefixListId", &list),
            ("IpPermissions.1.PrefixListIds.1.Description", "the edge"),
        ];
        ec2(client, "AuthorizeSecurityGroupIngress", &wanted).await;
        let found = ec2(client, "DescribeSecurityGroupRules", &[]).await;
        let rules = found.members("securityGroupRuleSet").iter();
        let seen: Vec<&str> = rules
            .filter(|rule| rule.at("prefixListId") == list)
            .map(|rule| rule.at("description"))
            .collect();
        seen.join(", ")
    };
    gap_of_ministack(scenario, "the edge").await;
}

/// A process that answers every request with a status and a text, as often as it is asked.
fn application(status: &'static str, text: &'static str) -> u16 {
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in socket.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let asked = lines.next().map(Result::unwrap).unwrap_or_default();
            let path = asked.split(' ').nth(1).unwrap_or("").to_owned();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let body = format!("{text} {path}");
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close");
            // Whoever asked may have gone.
            let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
        }
    });
    port
}

async fn register(client: &Client, group: &str, ports: &[u16]) {
    for port in ports {
        let wanted = [
            ("TargetGroupArn", group),
            ("Targets.member.1.Id", "127.0.0.1"),
            ("Targets.member.1.Port", &port.to_string()),
        ];
        elb(client, "RegisterTargets", &wanted).await;
    }
}

#[tokio::test]
async fn targets_are_told_apart_by_port_and_asked_for_their_health() {
    let bed = Testbed::start_data_plane().await.unwrap();
    let ports = [
        application("200 OK", "one"),
        application("500 Internal Server Error", "two"),
        1,
    ];
    let health = async |client: &Client| {
        let network = network(client).await;
        let group = target_group(client, &network, "g").await;
        register(client, &group, &ports).await;
        let asked = [("TargetGroupArn", group.as_str())];
        let found = elb(client, "DescribeTargetHealth", &asked).await;
        let list = "DescribeTargetHealthResult/TargetHealthDescriptions";
        let mut seen: Vec<String> = found
            .members(list)
            .iter()
            .map(|target| {
                let health = ["Target/Id", "TargetHealth/State", "TargetHealth/Reason"];
                health.map(|field| target.at(field)).join(" ")
            })
            .collect();
        seen.sort();
        seen
    };
    let aws = [
        "127.0.0.1 healthy ",
        "127.0.0.1 unhealthy Target.FailedHealthChecks",
        "127.0.0.1 unhealthy Target.ResponseCodeMismatch",
    ];
    assert_ne!(health(&bed.emulator()).await, aws, "the shim can go");
    bed.reset().await.unwrap();
    assert_eq!(health(&bed.client()).await, aws);
}

#[tokio::test]
async fn a_request_goes_to_the_host_that_it_names() {
    let bed = Testbed::start_data_plane().await.unwrap();
    let client = bed.client();
    let network = network(&client).await;
    let balancer_arn = balancer(&client, &network).await;
    let group = target_group(&client, &network, "g").await;
    listener(&client, &balancer_arn, &group).await;
    let port = application("200 OK", "answer to");
    register(&client, &group, &[port]).await;
    let found = elb(&client, "DescribeLoadBalancers", &[]).await;
    let name = found.all("DNSName")[0].text.clone();
    bed.clear_journal();
    for path in ["/", "/health", "/health?deep=1", "/healthy"] {
        let host = [("host", name.as_str())];
        let reply = client.visit("GET", path, &host, "").await.unwrap();
        assert_eq!(reply.text(), format!("answer to {path}"));
    }
    assert!(bed.calls().is_empty(), "these are no API calls");
}

#[tokio::test]
async fn an_interface_endpoint_keeps_its_groups() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let wanted = [
            ("VpcId", network.vpc.as_str()),
            ("ServiceName", "com.amazonaws.us-east-1.ecr.api"),
            ("VpcEndpointType", "Interface"),
            ("SubnetId.1", &network.subnets[0]),
            ("SecurityGroupId.1", &network.group),
        ];
        ec2(client, "CreateVpcEndpoint", &wanted).await;
        let found = ec2(client, "DescribeVpcEndpoints", &[]).await;
        let group = found.at("vpcEndpointSet/item/groupSet/item/groupId");
        (group == network.group).to_string()
    };
    gap_of_ministack(scenario, "true").await;
}

#[tokio::test]
async fn a_rule_forwards_where_its_configuration_says() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let group = target_group(client, &network, "g").await;
        let listener = listener(client, &balancer, &group).await;
        rule(client, listener.at("ListenerArn"), &group, "1").await;
        let asked = [("ListenerArn", listener.at("ListenerArn"))];
        let found = elb(client, "DescribeRules", &asked).await;
        let rules = found.members("DescribeRulesResult/Rules").iter();
        let mut rules = rules.filter(|rule| rule.at("Priority") == "1");
        let named = rules.next().unwrap().all("TargetGroupArn");
        (!named.is_empty() && named.iter().all(|named| named.text == group)).to_string()
    };
    gap_of_ministack(scenario, "true").await;
}

#[tokio::test]
async fn a_group_that_a_rule_forwards_to_has_a_load_balancer() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let group = target_group(client, &network, "default").await;
        let other = target_group(client, &network, "other").await;
        let listener = listener(client, &balancer, &group).await;
        rule(client, listener.at("ListenerArn"), &other, "1").await;
        let asked = [("TargetGroupArns.member.1", other.as_str())];
        let found = elb(client, "DescribeTargetGroups", &asked).await;
        let named =
            found.at("DescribeTargetGroupsResult/TargetGroups/member/LoadBalancerArns/member");
        (named == balancer).to_string()
    };
    gap_of_ministack(scenario, "true").await;
}

#[tokio::test]
async fn a_service_scales() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let mut said = Vec::new();
        for resource in ["service/c/none", "service/c/s"] {
            let target = json!({
                "ServiceNamespace": "ecs", "ResourceId": resource, "MinCapacity": 1, "MaxCapacity": 2,
                "ScalableDimension": "ecs:service:DesiredCount",
            });
            let scaling = "application-autoscaling";
            let outcome = json_outcome(client, scaling, "RegisterScalableTarget", target).await;
            said.push((outcome == "ok").to_string());
        }
        said.join(" ")
    };
    gap_of_ministack(scenario, "false true").await;
}

#[tokio::test]
async fn a_task_has_a_network_interface() {
    let bed = Testbed::start_data_plane().await.unwrap();
    let seen = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let asked = json!({ "cluster": "c", "serviceName": "s" });
        let tasks = ecs(client, "ListTasks", asked).await["taskArns"].clone();
        let asked = json!({ "cluster": "c", "tasks": tasks });
        let found = ecs(client, "DescribeTasks", asked).await;
        let mut seen = Vec::new();
        for task in found["tasks"].as_array().unwrap() {
            let details = &task["attachments"][0]["details"];
            let Some(id) = details[1]["value"].as_str() else {
                return "no interface".to_owned();
            };
            let asked = [("NetworkInterfaceId.1", id)];
            let found = ec2(client, "DescribeNetworkInterfaces", &asked).await;
            let interface = &found.members("networkInterfaceSet")[0];
            let inside = network
                .subnets
                .iter()
                .any(|subnet| interface.at("subnetId") == subnet);
            seen.push(format!(
                "{inside} {:?}",
                interface.at("association/publicIp")
            ));
        }
        seen.join(", ")
    };
    let aws = r#"true "", true """#;
    assert_ne!(seen(&bed.emulator()).await, aws, "the shim can go");
    bed.reset().await.unwrap();
    assert_eq!(seen(&bed.client()).await, aws);
}
