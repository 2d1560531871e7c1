//! The quotas behind AWS's refusals, by error code.
//!
//! May depend on `fault`. Invariant: a refusal whose quota is not listed is told with the way to
//! find it, never with a guess.
//!
//! Source: the endpoints and quotas of each service in AWS's General Reference, and the names of
//! Service Quotas.

use super::fault::Fault;

/// A quota: the service in IAM, AWS's error code, the quota's name, `SERVICE/CODE`.
type Known = (&'static str, &'static str, &'static str, &'static str);

/// What is known.
const KNOWN: [Known; 16] = [
    (
        "ec2",
        "AddressLimitExceeded",
        "EC2-VPC Elastic IPs",
        "ec2/L-0263D0A3",
    ),
    (
        "ec2",
        "VpcLimitExceeded",
        "VPCs per Region",
        "vpc/L-F678F1CE",
    ),
    (
        "ec2",
        "SubnetLimitExceeded",
        "Subnets per VPC",
        "vpc/L-407747CB",
    ),
    (
        "ec2",
        "InternetGatewayLimitExceeded",
        "Internet gateways per Region",
        "vpc/L-A4707A72",
    ),
    (
        "ec2",
        "NatGatewayLimitExceeded",
        "NAT gateways per Availability Zone",
        "vpc/L-FE5A380F",
    ),
    (
        "ec2",
        "RouteTableLimitExceeded",
        "Route tables per VPC",
        "vpc/L-589F43AA",
    ),
    (
        "ec2",
        "RouteLimitExceeded",
        "Routes per route table",
        "vpc/L-93826ACB",
    ),
    (
        "ec2",
        "SecurityGroupLimitExceeded",
        "VPC security groups per Region",
        "vpc/L-E79EC296",
    ),
    (
        "ec2",
        "RulesPerSecurityGroupLimitExceeded",
        "Inbound or outbound rules per security group",
        "vpc/L-0EA8095F",
    ),
    (
        "ec2",
        "VpcEndpointLimitExceeded",
        "Interface VPC endpoints per VPC",
        "vpc/L-29B6F2EB",
    ),
    (
        "elasticloadbalancing",
        "TooManyLoadBalancers",
        "Application Load Balancers per Region",
        "elasticloadbalancing/L-53DA6B97",
    ),
    (
        "elasticloadbalancing",
        "TooManyTargetGroups",
        "Target Groups per Region",
        "elasticloadbalancing/L-B22855CB",
    ),
    (
        "cloudfront",
        "TooManyDistributions",
        "Web distributions per AWS account",
        "cloudfront/L-24B04930",
    ),
    (
        "iam",
        "LimitExceeded",
        "Roles per account",
        "iam/L-FE177D64",
    ),
    (
        "acm",
        "LimitExceededException",
        "ACM certificates",
        "acm/L-F141DD1D",
    ),
    (
        "s3",
        "TooManyBuckets",
        "General purpose buckets",
        "s3/L-DC2B2D3D",
    ),
];
/// Services that Service Quotas names otherwise than IAM.
const NAMES: [(&str, &str); 1] = [("cloudwatch", "monitoring")];

/// Which quota a refusal is about, and how to raise it.
pub(super) fn advice(fault: &Fault) -> String {
    let is_about = |known: &&Known| known.0 == fault.service && known.1 == fault.code;
    match KNOWN.iter().find(is_about) {
        Some((_, _, name, code)) => raise(name, code),
        None => format!(
            "a quota of {} is used up: free some, or find it with `aws service-quotas \
             list-service-quotas --service-code {}` and ask for more in AWS's Service Quotas console",
            fault.service,
            service(&fault.service)
        ),
    }
}

fn raise(name: &str, code: &str) -> String {
    let (service, code) = code.split_once('/').unwrap_or(("", code));
    format!(
        "the quota is \"{name}\" ({service}/{code}): free some, or ask for more with `aws \
         service-quotas request-service-quota-increase --service-code {service} --quota-code \
         {code} --desired-value NUMBER`"
    )
}

fn service(name: &str) -> &str {
    let other = NAMES.iter().find(|(ours, _)| *ours == name);
    other.map_or(name, |(_, theirs)| theirs)
}
