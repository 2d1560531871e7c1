//! Elastic Load Balancing: load balancers, target groups, listeners, rules.

use testbed::{Client, Element};

use super::{
    ELB, balancer, balancer_settings, ec2, elb, gap, listener, listener_settings, network, outcome,
    rule, target_group,
};

#[tokio::test]
async fn a_load_balancers_name_is_taken_once() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let first = balancer(client, &network).await;
        let second = balancer(client, &network).await;
        let mut other = balancer_settings(&network, "lb");
        other.push(("Scheme", "internal"));
        format!(
            "{}, {}",
            first == second,
            outcome(client, ELB, "CreateLoadBalancer", &other).await
        )
    };
    gap(scenario, "true, DuplicateLoadBalancerName").await;
}

#[tokio::test]
async fn a_load_balancer_needs_two_zones_and_a_way_out() {
    let one_zone = async |client: &Client| {
        let network = network(client).await;
        let wanted = [
            ("Name", "lb"),
            ("Subnets.member.1", network.subnets[0].as_str()),
        ];
        outcome(client, ELB, "CreateLoadBalancer", &wanted).await
    };
    gap(one_zone, "ValidationError").await;
    let no_way_out = async |client: &Client| {
        let network = network(client).await;
        let detached = [
            ("VpcId", network.vpc.as_str()),
            ("InternetGatewayId", &network.gateway),
        ];
        ec2(client, "DetachInternetGateway", &detached).await;
        outcome(
            client,
            ELB,
            "CreateLoadBalancer",
            &balancer_settings(&network, "lb"),
        )
        .await
    };
    gap(no_way_out, "InvalidSubnet").await;
}

#[tokio::test]
async fn a_load_balancers_attributes_have_defaults() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let found = elb(
            client,
            "DescribeLoadBalancerAttributes",
            &[("LoadBalancerArn", &balancer)],
        )
        .await;
        let attributes = found.members("DescribeLoadBalancerAttributesResult/Attributes");
        let value = |key: &str| {
            let found = attributes
                .iter()
                .find(|attribute| attribute.at("Key") == key);
            found.map_or("absent", |attribute| attribute.at("Value"))
        };
        let keys = [
            "idle_timeout.timeout_seconds",
            "routing.http2.enabled",
            "load_balancing.cross_zone.enabled",
        ];
        keys.map(value).join(", ")
    };
    gap(scenario, "60, true, true").await;
}

#[tokio::test]
async fn a_protected_load_balancer_is_not_deleted() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let protect = [
            ("LoadBalancerArn", balancer.as_str()),
            ("Attributes.member.1.Key", "deletion_protection.enabled"),
            ("Attributes.member.1.Value", "true"),
        ];
        elb(client, "ModifyLoadBalancerAttributes", &protect).await;
        outcome(
            client,
            ELB,
            "DeleteLoadBalancer",
            &[("LoadBalancerArn", &balancer)],
        )
        .await
    };
    gap(scenario, "OperationNotPermitted").await;
}

#[tokio::test]
async fn a_target_group_with_equal_settings_is_the_same() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        target_group(client, &network, "group").await;
        let mut said = Vec::new();
        for port in ["8000", "9000"] {
            let wanted = [
                ("Name", "group"),
                ("Protocol", "HTTP"),
                ("Port", port),
                ("VpcId", &network.vpc),
                ("TargetType", "ip"),
            ];
            said.push(outcome(client, ELB, "CreateTargetGroup", &wanted).await);
        }
        said.join(", ")
    };
    gap(scenario, "ok, DuplicateTargetGroupName").await;
}

#[tokio::test]
async fn a_port_has_one_listener() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let (one, other) = (
            target_group(client, &network, "one").await,
            target_group(client, &network, "other").await,
        );
        let first = listener(client, &balancer, &one).await;
        let again = listener(client, &balancer, &one).await;
        let said = outcome(
            client,
            ELB,
            "CreateListener",
            &listener_settings(&balancer, &other),
        )
        .await;
        format!(
            "{}, {said}",
            first.at("ListenerArn") == again.at("ListenerArn")
        )
    };
    gap(scenario, "true, DuplicateListener").await;
}

#[tokio::test]
async fn listeners_and_rules_are_given_back_in_full() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let target = target_group(client, &network, "group").await;
        let listener = listener(client, &balancer, &target).await;
        let rule = rule(client, listener.at("ListenerArn"), &target, "10").await;
        let forward = |action: &Element| {
            let nested = action.at("ForwardConfig/TargetGroups/member/TargetGroupArn") == target;
            (
                action.at("TargetGroupArn") == target,
                nested,
                action.at("Order").to_owned(),
            )
        };
        let condition = &rule.members("Conditions")[0];
        format!(
            "{:?} {:?} {:?} policy {:?}, {} {}",
            forward(&listener.members("DefaultActions")[0]),
            forward(&rule.members("Actions")[0]),
            listener.at("Protocol"),
            listener.at("SslPolicy"),
            condition.at("Values/member"),
            condition.at("PathPatternConfig/Values/member"),
        )
    };
    let aws = r#"(true, true, "1") (true, true, "1") "HTTP" policy "", /api/* /api/*"#;
    gap(scenario, aws).await;
}

#[tokio::test]
async fn rules_swap_their_priorities() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let balancer = balancer(client, &network).await;
        let target = target_group(client, &network, "group").await;
        let listener = listener(client, &balancer, &target)
            .await
            .at("ListenerArn")
            .to_owned();
        let one = rule(client, &listener, &target, "10")
            .await
            .at("RuleArn")
            .to_owned();
        let two = rule(client, &listener, &target, "20")
            .await
            .at("RuleArn")
            .to_owned();
        let set = async |first: &str, second: &str| {
            let wanted = [
                ("RulePriorities.member.1.RuleArn", one.as_str()),
                ("RulePriorities.member.1.Priority", first),
                ("RulePriorities.member.2.RuleArn", &two),
                ("RulePriorities.member.2.Priority", second),
            ];
            outcome(client, ELB, "SetRulePriorities", &wanted).await
        };
        let said = [set("30", "30").await, set("20", "10").await];
        let found = elb(client, "DescribeRules", &[("RuleArns.member.1", &one)]).await;
        format!(
            "{said:?} {}",
            found.at("DescribeRulesResult/Rules/member/Priority")
        )
    };
    gap(scenario, r#"["PriorityInUse", "ok"] 20"#).await;
}
