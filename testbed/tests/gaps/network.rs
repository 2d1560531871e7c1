//! EC2: NAT gateways and addresses, route tables, security groups and rules, endpoints, what is in use.

use testbed::{Client, Element};

use super::{
    Network, address, balancer, ec2, ecs, gap, group, nat, network, outcome, route_table, service,
};
use serde_json::json;

#[tokio::test]
async fn an_address_is_free_when_its_nat_gateway_is_deleted() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let address = address(client).await;
        let gateway = nat(client, &network, &address).await;
        ec2(client, "DeleteNatGateway", &[("NatGatewayId", &gateway)]).await;
        let found = ec2(client, "DescribeAddresses", &[]).await;
        format!(
            "association {:?}",
            found.members("addressesSet")[0].at("associationId")
        )
    };
    gap(scenario, "association \"\"").await;
}

#[tokio::test]
async fn a_nat_gateways_token_is_remembered() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let address = address(client).await;
        let wanted = [
            ("SubnetId", network.subnets[0].as_str()),
            ("AllocationId", &address),
            ("ClientToken", "token"),
        ];
        ec2(client, "CreateNatGateway", &wanted).await;
        let again = outcome(client, "ec2", "CreateNatGateway", &wanted).await;
        let count = ec2(client, "DescribeNatGateways", &[])
            .await
            .members("natGatewaySet")
            .len();
        format!("{again}, {count} gateways")
    };
    gap(scenario, "ok, 1 gateways").await;
}

#[tokio::test]
async fn a_nat_gateway_needs_an_internet_gateway() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let detached = [
            ("VpcId", network.vpc.as_str()),
            ("InternetGatewayId", &network.gateway),
        ];
        ec2(client, "DetachInternetGateway", &detached).await;
        let address = address(client).await;
        let wanted = [
            ("SubnetId", network.subnets[0].as_str()),
            ("AllocationId", &address),
        ];
        outcome(client, "ec2", "CreateNatGateway", &wanted).await
    };
    gap(scenario, "Gateway.NotAttached").await;
}

#[tokio::test]
async fn a_missing_nat_gateway_is_told() {
    let missing = "nat-0123456789abcdef0";
    let describe = async |client: &Client| {
        outcome(
            client,
            "ec2",
            "DescribeNatGateways",
            &[("NatGatewayId.1", missing)],
        )
        .await
    };
    gap(describe, "NatGatewayNotFound").await;
    let delete = async |client: &Client| {
        outcome(
            client,
            "ec2",
            "DeleteNatGateway",
            &[("NatGatewayId", missing)],
        )
        .await
    };
    gap(delete, "NatGatewayNotFound").await;
}

#[tokio::test]
async fn addresses_have_a_quota() {
    let scenario = async |client: &Client| {
        for _ in 0..5 {
            address(client).await;
        }
        outcome(client, "ec2", "AllocateAddress", &[("Domain", "vpc")]).await
    };
    gap(scenario, "AddressLimitExceeded").await;
}

#[tokio::test]
async fn a_subnet_has_one_route_table() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let (one, other) = (
            route_table(client, &network).await,
            route_table(client, &network).await,
        );
        let mut said = Vec::new();
        for table in [&one, &one, &other] {
            let wanted = [
                ("RouteTableId", table.as_str()),
                ("SubnetId", &network.subnets[0]),
            ];
            said.push(outcome(client, "ec2", "AssociateRouteTable", &wanted).await);
        }
        said.join(", ")
    };
    gap(scenario, "ok, ok, Resource.AlreadyAssociated").await;
}

#[tokio::test]
async fn an_address_in_use_is_not_released() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let address = address(client).await;
        let gateway = nat(client, &network, &address).await;
        let wanted = [("AllocationId", address.as_str())];
        let before = outcome(client, "ec2", "ReleaseAddress", &wanted).await;
        ec2(client, "DeleteNatGateway", &[("NatGatewayId", &gateway)]).await;
        let after = outcome(client, "ec2", "ReleaseAddress", &wanted).await;
        format!("{before}, {after}")
    };
    gap(scenario, "InvalidIPAddress.InUse, ok").await;
}

#[tokio::test]
async fn a_network_with_public_addresses_keeps_its_internet_gateway() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let wanted = [
            ("VpcId", network.vpc.as_str()),
            ("InternetGatewayId", &network.gateway),
        ];
        let address = address(client).await;
        let gateway = nat(client, &network, &address).await;
        let before = outcome(client, "ec2", "DetachInternetGateway", &wanted).await;
        ec2(client, "DeleteNatGateway", &[("NatGatewayId", &gateway)]).await;
        let after = outcome(client, "ec2", "DetachInternetGateway", &wanted).await;
        format!("{before}, {after}")
    };
    gap(scenario, "DependencyViolation, ok").await;
}

#[tokio::test]
async fn a_security_group_in_use_is_not_deleted() {
    let by_rule = async |client: &Client| {
        let network = network(client).await;
        let other = group(client, &network.vpc, "two").await;
        let wanted = [
            ("GroupId", other.as_str()),
            ("IpPermissions.1.IpProtocol", "-1"),
            ("IpPermissions.1.Groups.1.GroupId", &network.group),
        ];
        ec2(client, "AuthorizeSecurityGroupIngress", &wanted).await;
        outcome(
            client,
            "ec2",
            "DeleteSecurityGroup",
            &[("GroupId", &network.group)],
        )
        .await
    };
    gap(by_rule, "DependencyViolation").await;
    let by_balancer = async |client: &Client| {
        let network = network(client).await;
        balancer(client, &network).await;
        outcome(
            client,
            "ec2",
            "DeleteSecurityGroup",
            &[("GroupId", &network.group)],
        )
        .await
    };
    gap(by_balancer, "DependencyViolation").await;
    let by_endpoint = async |client: &Client| {
        let network = network(client).await;
        interface_endpoint(client, &network).await;
        outcome(
            client,
            "ec2",
            "DeleteSecurityGroup",
            &[("GroupId", &network.group)],
        )
        .await
    };
    gap(by_endpoint, "DependencyViolation").await;
    let by_service = async |client: &Client| {
        let network = network(client).await;
        service(client, &network).await;
        let wanted = [("GroupId", network.group.as_str())];
        let before = outcome(client, "ec2", "DeleteSecurityGroup", &wanted).await;
        if before == "ok" {
            return before;
        }
        ecs(
            client,
            "DeleteService",
            json!({ "cluster": "c", "service": "s", "force": true }),
        )
        .await;
        format!(
            "{before}, {}",
            outcome(client, "ec2", "DeleteSecurityGroup", &wanted).await
        )
    };
    gap(by_service, "DependencyViolation, ok").await;
}

#[tokio::test]
async fn a_subnet_in_use_is_not_deleted() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let address = address(client).await;
        let gateway = nat(client, &network, &address).await;
        let wanted = [("SubnetId", network.subnets[0].as_str())];
        let before = outcome(client, "ec2", "DeleteSubnet", &wanted).await;
        ec2(client, "DeleteNatGateway", &[("NatGatewayId", &gateway)]).await;
        format!(
            "{before}, {}",
            outcome(client, "ec2", "DeleteSubnet", &wanted).await
        )
    };
    gap(scenario, "DependencyViolation, ok").await;
}

#[tokio::test]
async fn rules_that_name_a_group_keep_their_description() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let other = group(client, &network.vpc, "two").await;
        let wanted = [
            ("GroupId", network.group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "8000"),
            ("IpPermissions.1.ToPort", "8000"),
            ("IpPermissions.1.Groups.1.GroupId", &other),
            ("IpPermissions.1.Groups.1.Description", "from the other"),
        ];
        let made = ec2(client, "AuthorizeSecurityGroupIngress", &wanted).await;
        let rules = ec2(client, "DescribeSecurityGroupRules", &[]).await;
        let of = |reply: &Element| {
            let mut rules = reply.members("securityGroupRuleSet").iter();
            let rule = rules
                .find(|rule| rule.at("referencedGroupInfo/groupId") == other)
                .unwrap();
            rule.at("description").to_owned()
        };
        format!("{}, {}", of(&made), of(&rules))
    };
    gap(scenario, "from the other, from the other").await;
}

#[tokio::test]
async fn rules_are_modified_in_every_field() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let other = group(client, &network.vpc, "two").await;
        let wanted = [
            ("GroupId", network.group.as_str()),
            ("IpPermissions.1.IpProtocol", "-1"),
            ("IpPermissions.1.Groups.1.GroupId", &network.group),
        ];
        let made = ec2(client, "AuthorizeSecurityGroupIngress", &wanted).await;
        let rule = made.members("securityGroupRuleSet")[0]
            .at("securityGroupRuleId")
            .to_owned();
        let changed = [
            ("GroupId", network.group.as_str()),
            ("SecurityGroupRule.1.SecurityGroupRuleId", &rule),
            ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "-1"),
            (
                "SecurityGroupRule.1.SecurityGroupRule.ReferencedGroupId",
                &other,
            ),
            ("SecurityGroupRule.1.SecurityGroupRule.Description", "new"),
        ];
        let said = outcome(client, "ec2", "ModifySecurityGroupRules", &changed).await;
        let rules = ec2(
            client,
            "DescribeSecurityGroupRules",
            &[("SecurityGroupRuleId.1", &rule)],
        )
        .await;
        let rule = &rules.members("securityGroupRuleSet")[0];
        format!(
            "{said}, {}, {}",
            rule.at("referencedGroupInfo/groupId") == other,
            rule.at("description")
        )
    };
    gap(scenario, "ok, true, new").await;
}

#[tokio::test]
async fn a_rule_modified_without_a_description_has_none() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let wanted = [
            ("GroupId", network.group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "80"),
            ("IpPermissions.1.ToPort", "80"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8"),
            ("IpPermissions.1.IpRanges.1.Description", "old"),
        ];
        let made = ec2(client, "AuthorizeSecurityGroupIngress", &wanted).await;
        let rule = made.members("securityGroupRuleSet")[0]
            .at("securityGroupRuleId")
            .to_owned();
        let changed = [
            ("GroupId", network.group.as_str()),
            ("SecurityGroupRule.1.SecurityGroupRuleId", &rule),
            ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "tcp"),
            ("SecurityGroupRule.1.SecurityGroupRule.FromPort", "80"),
            ("SecurityGroupRule.1.SecurityGroupRule.ToPort", "80"),
            (
                "SecurityGroupRule.1.SecurityGroupRule.CidrIpv4",
                "10.0.0.0/8",
            ),
        ];
        ec2(client, "ModifySecurityGroupRules", &changed).await;
        let asked = [("SecurityGroupRuleId.1", rule.as_str())];
        let rules = ec2(client, "DescribeSecurityGroupRules", &asked).await;
        let rule = &rules.members("securityGroupRuleSet")[0];
        format!("`{}`", rule.at("description"))
    };
    gap(scenario, "``").await;
}

async fn interface_endpoint(client: &Client, network: &Network) -> String {
    let wanted = [
        ("VpcId", network.vpc.as_str()),
        ("ServiceName", "com.amazonaws.us-east-1.ecr.api"),
        ("VpcEndpointType", "Interface"),
        ("SubnetId.1", &network.subnets[0]),
        ("SecurityGroupId.1", &network.group),
        ("PrivateDnsEnabled", "true"),
        ("ClientToken", "token"),
    ];
    ec2(client, "CreateVpcEndpoint", &wanted)
        .await
        .at("vpcEndpoint/vpcEndpointId")
        .to_owned()
}

async fn gateway_endpoint(client: &Client, network: &Network, table: &str) -> Element {
    let wanted = [
        ("VpcId", network.vpc.as_str()),
        ("ServiceName", "com.amazonaws.us-east-1.s3"),
        ("VpcEndpointType", "Gateway"),
        ("RouteTableId.1", table),
    ];
    ec2(client, "CreateVpcEndpoint", &wanted)
        .await
        .child("vpcEndpoint")
        .unwrap()
        .clone()
}

#[tokio::test]
async fn an_endpoints_token_is_remembered() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let (one, other) = (
            interface_endpoint(client, &network).await,
            interface_endpoint(client, &network).await,
        );
        (one == other).to_string()
    };
    gap(scenario, "true").await;
}

#[tokio::test]
async fn endpoints_are_filtered_by_id() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let endpoint = interface_endpoint(client, &network).await;
        let table = route_table(client, &network).await;
        gateway_endpoint(client, &network, &table).await;
        let filter = [
            ("Filter.1.Name", "vpc-endpoint-id"),
            ("Filter.1.Value.1", endpoint.as_str()),
            ("Filter.1.Value.2", "vpce-00000000000000000"),
        ];
        let found = client
            .query("ec2", "DescribeVpcEndpoints", &filter)
            .await
            .unwrap();
        found.text().matches("<vpcEndpointId>").count().to_string()
    };
    gap(scenario, "1").await;
}

#[tokio::test]
async fn an_endpoints_private_names_are_switched() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let endpoint = interface_endpoint(client, &network).await;
        let change = [
            ("VpcEndpointId", endpoint.as_str()),
            ("PrivateDnsEnabled", "false"),
        ];
        ec2(client, "ModifyVpcEndpoint", &change).await;
        let found = ec2(
            client,
            "DescribeVpcEndpoints",
            &[("VpcEndpointId.1", &endpoint)],
        )
        .await;
        found.members("vpcEndpointSet")[0]
            .at("privateDnsEnabled")
            .to_owned()
    };
    gap(scenario, "false").await;
    let gateway = async |client: &Client| {
        let network = network(client).await;
        let table = route_table(client, &network).await;
        gateway_endpoint(client, &network, &table)
            .await
            .at("privateDnsEnabled")
            .to_owned()
    };
    gap(gateway, "false").await;
}

#[tokio::test]
async fn a_gateway_endpoints_routes_follow_its_tables() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let (old, new) = (
            route_table(client, &network).await,
            route_table(client, &network).await,
        );
        let endpoint = gateway_endpoint(client, &network, &old)
            .await
            .at("vpcEndpointId")
            .to_owned();
        let change = [
            ("VpcEndpointId", endpoint.as_str()),
            ("AddRouteTableId.1", &new),
            ("RemoveRouteTableId.1", &old),
        ];
        ec2(client, "ModifyVpcEndpoint", &change).await;
        let found = ec2(
            client,
            "DescribeRouteTables",
            &[("RouteTableId.1", &old), ("RouteTableId.2", &new)],
        )
        .await;
        let tables = found.members("routeTableSet").iter();
        let routed: Vec<bool> = tables
            .map(|table| {
                table
                    .members("routeSet")
                    .iter()
                    .any(|route| route.at("gatewayId") == endpoint)
            })
            .collect();
        format!(
            "{routed:?}, {}",
            outcome(
                client,
                "ec2",
                "DeleteVpcEndpoints",
                &[("VpcEndpointId.1", &endpoint)]
            )
            .await
        )
    };
    gap(scenario, "[false, true], ok").await;
}

#[tokio::test]
async fn an_endpoint_is_deleted_after_its_route_table() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let table = route_table(client, &network).await;
        let endpoint = gateway_endpoint(client, &network, &table)
            .await
            .at("vpcEndpointId")
            .to_owned();
        ec2(client, "DeleteRouteTable", &[("RouteTableId", &table)]).await;
        outcome(
            client,
            "ec2",
            "DeleteVpcEndpoints",
            &[("VpcEndpointId.1", &endpoint)],
        )
        .await
    };
    gap(scenario, "ok").await;
}

#[tokio::test]
async fn a_deleted_endpoint_is_gone() {
    let scenario = async |client: &Client| {
        let network = network(client).await;
        let endpoint = interface_endpoint(client, &network).await;
        let named = [("VpcEndpointId.1", endpoint.as_str())];
        ec2(client, "DeleteVpcEndpoints", &named).await;
        let again = ec2(client, "DeleteVpcEndpoints", &named).await;
        let count = ec2(client, "DescribeVpcEndpoints", &[])
            .await
            .members("vpcEndpointSet")
            .len();
        let named = outcome(client, "ec2", "DescribeVpcEndpoints", &named).await;
        format!(
            "{}, {count}, {named}",
            again.at("unsuccessful/item/error/code")
        )
    };
    gap(
        scenario,
        "InvalidVpcEndpointId.NotFound, 0, InvalidVpcEndpointId.NotFound",
    )
    .await;
}
