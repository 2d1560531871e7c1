//! Network and load balancing.
//!
//! May depend on the rest of `facts`. Invariant: as there.

use super::Condition::{Asked, Asking, Free, Ours};
use super::{Rule, rule};

const VPC: &str = "ec2:{region}:{account}:vpc/*";
const SUBNET: &str = "ec2:{region}:{account}:subnet/*";
const GROUP: &str = "ec2:{region}:{account}:security-group/*";
const GROUP_RULE: &str = "ec2:{region}:{account}:security-group-rule/*";
const TABLE: &str = "ec2:{region}:{account}:route-table/*";
const ADDRESS: &str = "ec2:{region}:{account}:elastic-ip/*";

pub(super) const NETWORK: &[Rule] = &[
    rule(
        &[(Ours, "*")],
        &[
            "ec2:AssociateRouteTable",
            "ec2:AttachInternetGateway",
            "ec2:CreateRoute",
            "ec2:DeleteInternetGateway",
            "ec2:DeleteNatGateway",
            "ec2:DeleteRoute",
            "ec2:DeleteRouteTable",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteSubnet",
            "ec2:DeleteTags",
            "ec2:DeleteVpc",
            "ec2:DeleteVpcEndpoints",
            "ec2:DetachInternetGateway",
            "ec2:ModifySubnetAttribute",
            "ec2:ModifyVpcAttribute",
            "ec2:ModifyVpcEndpoint",
            "ec2:ReleaseAddress",
            "ec2:ReplaceRoute",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
    ),
    rule(
        &[(Asking("ec2:CreateAction"), "*"), (Ours, "*")],
        &["ec2:CreateTags"],
    ),
    rule(&[(Asked, VPC)], &["ec2:CreateVpc"]),
    rule(
        &[(Asked, "ec2:{region}:{account}:internet-gateway/*")],
        &["ec2:CreateInternetGateway"],
    ),
    rule(
        &[(Asked, ADDRESS), (Free, "ec2:{region}:*:ipv4pool-ec2/*")],
        &["ec2:AllocateAddress"],
    ),
    rule(&[(Asked, SUBNET), (Ours, VPC)], &["ec2:CreateSubnet"]),
    rule(&[(Asked, TABLE), (Ours, VPC)], &["ec2:CreateRouteTable"]),
    rule(&[(Asked, GROUP), (Ours, VPC)], &["ec2:CreateSecurityGroup"]),
    rule(
        &[
            (Asked, "ec2:{region}:{account}:natgateway/*"),
            (Ours, ADDRESS),
            (Ours, SUBNET),
            (Ours, VPC),
        ],
        &["ec2:CreateNatGateway"],
    ),
    rule(
        &[
            (Asked, "ec2:{region}:{account}:vpc-endpoint/*"),
            (Ours, GROUP),
            (Ours, SUBNET),
            (Ours, TABLE),
            (Ours, VPC),
        ],
        &["ec2:CreateVpcEndpoint"],
    ),
    rule(
        &[(Ours, GROUP), (Asked, GROUP_RULE)],
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
        ],
    ),
    rule(
        &[
            (Ours, GROUP),
            (Free, GROUP_RULE),
            // Also those of AWS's own, which are in no account.
            (Free, "ec2:{region}:*:prefix-list/*"),
        ],
        &["ec2:ModifySecurityGroupRules"],
    ),
    rule(
        // The table may be somebody else's, with which they associated a subnet of the stack.
        &[(Ours, SUBNET), (Free, TABLE)],
        &[
            "ec2:DisassociateRouteTable",
            "ec2:ReplaceRouteTableAssociation",
        ],
    ),
    rule(
        &[(Free, "*")],
        &["ec2:DescribeAccountAttributes", "ec2:DescribeRegions"],
    ),
];

const BALANCER: &str = "elasticloadbalancing:{region}:{account}:loadbalancer/app/{stack}-*";
const TARGETS: &str = "elasticloadbalancing:{region}:{account}:targetgroup/{stack}-*";
const LISTENER: &str = "elasticloadbalancing:{region}:{account}:listener/app/{stack}-*";
const LISTENER_RULE: &str = "elasticloadbalancing:{region}:{account}:listener-rule/app/{stack}-*";

pub(super) const BALANCING: &[Rule] = &[
    rule(
        &[(Asked, BALANCER)],
        &["elasticloadbalancing:CreateLoadBalancer"],
    ),
    rule(
        &[(Asked, TARGETS)],
        &["elasticloadbalancing:CreateTargetGroup"],
    ),
    rule(
        &[(Ours, BALANCER)],
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ],
    ),
    rule(
        &[(Ours, TARGETS)],
        &[
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
        ],
    ),
    rule(
        &[(Free, LISTENER)],
        &[
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:ModifyListener",
        ],
    ),
    rule(
        &[(Free, LISTENER_RULE)],
        &[
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:ModifyRule",
        ],
    ),
    rule(
        &[
            (Free, BALANCER),
            (Free, LISTENER),
            (Free, LISTENER_RULE),
            (Free, TARGETS),
        ],
        &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:RemoveTags",
        ],
    ),
];
