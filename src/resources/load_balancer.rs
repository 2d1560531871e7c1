//! The application load balancer.
//!
//! Recognised by its owner tags, which the create call gives. A crash after that call leaves a load
//! balancer whose attributes differ, which the next run updates. The API lists load balancers by
//! nothing but name or ARN, so all are listed and those of a near name are looked at.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::health::{ill, unread};
use super::lifecycle::{Lifecycle, Mark};
use super::route53_record_reading;
use super::s3_bucket::BucketName;
use super::security_group::SecurityGroupId;
use super::subnet::SubnetId;
use super::vpc::VpcId;
use crate::aws::{Call, Clients, elbv2, iam, if_present, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, TagChange, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "elasticloadbalancing:DescribeLoadBalancers";
const CREATE: &str = "elasticloadbalancing:CreateLoadBalancer";
/// Whose service-linked role load balancers need in the account.
const SERVICE: &str = "elasticloadbalancing.amazonaws.com";

const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";
const DROP_INVALID_HEADERS: &str = "routing.http.drop_invalid_header_fields.enabled";
const HTTP2: &str = "routing.http2.enabled";
const DELETION_PROTECTION: &str = "deletion_protection.enabled";
const LOGS_ENABLED: &str = "access_logs.s3.enabled";
const LOGS_BUCKET: &str = "access_logs.s3.bucket";
const LOGS_PREFIX: &str = "access_logs.s3.prefix";
/// The tag that keeps in which hosted zone the stack has its names.
pub(super) const ZONE_TAG: &str = "qpiac:zone";

classes! {
    /// Identifies a load balancer.
    LoadBalancerArn = "load-balancer",
        "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/################";
    /// The DNS name of a load balancer.
    LoadBalancerDnsName = "load-balancer-dns-name",
        "{name}-########.{region}.elb.amazonaws.com";
    /// The hosted zone of a load balancer's DNS name, which alias records refer to.
    LoadBalancerZoneId = "load-balancer-zone-id", "Z##############";
    /// The end of a load balancer's ARN, by which metrics call it.
    LoadBalancerSuffix = "load-balancer-suffix", "app/{name}/################";
}

/// An application load balancer: it answers HTTP in several availability zones and passes requests
/// on.
///
/// It is replaced by deleting it first, since a target group serves one load balancer at a time.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "load-balancer",
    outputs = LoadBalancerOutputs,
    replacement = "delete-first",
    outage = "nobody reaches the services behind it, and its domain name changes",
    named = "name",
    after = "internet-gateway",
    wait_create = "150..600",
    wait_update = "5..600",
    wait_delete = "5..300",
    find = "elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeTargetGroups, \
            elasticloadbalancing:DescribeLoadBalancerAttributes, elasticloadbalancing:DescribeTags",
    create = "elasticloadbalancing:CreateLoadBalancer, elasticloadbalancing:AddTags, \
              elasticloadbalancing:ModifyLoadBalancerAttributes, \
              elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeTags, \
              iam:CreateServiceLinkedRole",
    update = "elasticloadbalancing:SetSubnets, elasticloadbalancing:SetSecurityGroups, \
              elasticloadbalancing:SetIpAddressType, \
              elasticloadbalancing:ModifyLoadBalancerAttributes, \
              elasticloadbalancing:AddTags, elasticloadbalancing:RemoveTags, \
              route53:ListHostedZones, route53:ListResourceRecordSets",
    delete = "elasticloadbalancing:DeleteLoadBalancer"
)]
pub struct LoadBalancer {
    /// Its name, unique among the load balancers of the account and region; at most 32 letters,
    /// digits and hyphens.
    #[attribute(replace)]
    pub name: String,
    /// Whether it has public addresses.
    #[attribute(replace)]
    pub scheme: Scheme,
    /// The VPC of its subnets: it cannot move to another.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
    /// The subnets that it stands in: at least two, each in another availability zone.
    #[attribute(update)]
    pub subnets: BTreeSet<Ref<SubnetId>>,
    /// The security groups of its network interfaces.
    #[attribute(update)]
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// The kinds of addresses that clients reach it by.
    #[attribute(update)]
    pub ip_address_type: IpAddressType,
    /// Seconds after which a silent connection is closed, 1 to 4000.
    #[attribute(update)]
    pub idle_timeout_s: u32,
    /// Whether header fields with invalid names are removed from requests.
    #[attribute(update)]
    pub drop_invalid_header_fields: bool,
    /// Whether clients may speak HTTP/2.
    #[attribute(update)]
    pub http2: bool,
    /// Whether AWS refuses to delete it.
    #[attribute(update)]
    pub deletion_protection: bool,
    /// Where it writes a line for each request; absent, nowhere. The bucket's policy must let it.
    #[attribute(update, ready)]
    pub access_logs: Option<AccessLogs>,
    /// The hosted zone, by name or id, in which the stack has DNS records, so that they are found
    /// whatever the stack wants; kept in the tag `qpiac:zone`.
    #[attribute(update)]
    pub hosted_zone: Option<String>,
}

/// Where access logs are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct AccessLogs {
    /// The bucket, in the same region.
    pub bucket: Ref<BucketName>,
    /// What the names of the logs begin with, without a slash at the end.
    pub prefix: Option<String>,
}

/// Where a load balancer is reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Scheme {
    /// From the internet.
    #[field("internet-facing")]
    InternetFacing,
    /// From inside the VPC and networks connected with it.
    #[field("internal")]
    Internal,
}

/// Kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum IpAddressType {
    /// IPv4 alone.
    #[field("ipv4")]
    Ipv4,
    /// IPv4 and IPv6.
    #[field("dualstack")]
    Dualstack,
    /// IPv6, and private IPv4 addresses.
    #[field("dualstack-without-public-ipv4")]
    DualstackWithoutPublicIpv4,
}

/// What a load balancer gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct LoadBalancerOutputs {
    /// The load balancer's ARN.
    pub arn: Id<LoadBalancerArn>,
    /// The DNS name under which it is reached.
    pub dns_name: Id<LoadBalancerDnsName>,
    /// The hosted zone of that name, for alias records.
    pub zone_id: Id<LoadBalancerZoneId>,
    /// The end of its ARN, by which metrics call it: `app/NAME/ID`.
    pub suffix: Id<LoadBalancerSuffix>,
}

impl Lifecycle for LoadBalancer {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let found = elbv2::load_balancers(aws, which).await?;
        found.into_iter().map(|one| read(aws, one)).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<LoadBalancerOutputs, Fault> {
        let balancer = match named(aws, &want.name).await? {
            Some(balancer) => {
                let arn = balancer.load_balancer_arn.as_deref().unwrap_or_default();
                elbv2::refuse_foreign(aws, CREATE, arn, &mark.tags).await?;
                balancer
            }
            None => {
                iam::ensure_service_linked_role(aws, SERVICE).await?;
                make(aws, want, mark).await?
            }
        };
        let outputs = outputs(CREATE, &balancer)?;
        set_attributes(aws, outputs.arn.as_str(), want).await?;
        Ok(outputs)
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<LoadBalancerOutputs, Fault> {
        if changes.has("subnets") {
            set_subnets(aws, &found.id, want).await?;
        }
        if changes.has("security_groups") {
            set_security_groups(aws, &found.id, want).await?;
        }
        if changes.has("ip_address_type") {
            set_ip_address_type(aws, &found.id, want.ip_address_type).await?;
        }
        if changes.has_any(&[
            "idle_timeout_s",
            "drop_invalid_header_fields",
            "http2",
            "deletion_protection",
            "access_logs",
        ]) {
            set_attributes(aws, &found.id, want).await?;
        }
        if changes.has("hosted_zone") {
            // While it is named, the records in it are found.
            if let Some(old) = &found.attributes.hosted_zone {
                route53_record_reading::refuse_while_used(aws, old, want.hosted_zone.as_deref())
                    .await?;
            }
            let mut change = TagChange::default();
            match &want.hosted_zone {
                Some(zone) => change.set = with_zone(Tags::new(), Some(zone)),
                None => change.remove = vec![ZONE_TAG.to_owned()],
            }
            elbv2::retag(aws, &found.id, &change).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        elbv2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.elbv2
            .delete_load_balancer()
            .load_balancer_arn(found.id)
            .send()
            .await
            .at("elasticloadbalancing:DeleteLoadBalancer")?;
        Ok(())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        let call = aws.elbv2.describe_load_balancers();
        let reply = call.load_balancer_arns(&found.id).send().await.at(LIST);
        Ok(match reply {
            Ok(reply) => {
                let balancer = reply.load_balancers.into_iter().flatten().next();
                health(balancer.and_then(|one| one.state).as_ref(), &found.outputs)
            }
            Err(fault) => unread(&found.state, &fault),
        })
    }
}

/// How a load balancer in this state is. `active_impaired` answers, but lacks what it needs to grow
/// (LoadBalancerState in the API reference).
fn health(now: Option<&sdk::LoadBalancerState>, outputs: &LoadBalancerOutputs) -> Health {
    let word = now.and_then(|now| now.code.as_ref());
    match word {
        Some(sdk::LoadBalancerStateEnum::Active) => Health::well(outputs.dns_name.as_str()),
        Some(sdk::LoadBalancerStateEnum::ActiveImpaired) => ill(
            "active_impaired",
            now.and_then(|now| now.reason.clone()).into_iter().collect(),
        ),
        Some(_) | None => Health::of_state(&state(now)),
    }
}

fn read(
    aws: &Clients,
    mut detailed: elbv2::Detailed<sdk::LoadBalancer>,
) -> Result<Found<LoadBalancer>, Fault> {
    // What stands for an attribute that was never set are AWS's defaults.
    let idle_timeout_s = detailed.attribute(aws, IDLE_TIMEOUT, 60)?;
    let drop_invalid_header_fields = detailed.attribute(aws, DROP_INVALID_HEADERS, false)?;
    let http2 = detailed.attribute(aws, HTTP2, true)?;
    let deletion_protection = detailed.attribute(aws, DELETION_PROTECTION, false)?;
    let access_logs = access_logs(aws, &detailed)?;
    let hosted_zone = detailed.tags.remove(ZONE_TAG);
    let balancer = detailed.thing;
    let scheme = balancer.scheme.as_ref().map(|s| s.as_str());
    let addresses = balancer.ip_address_type.as_ref().map(|t| t.as_str());
    Ok(Found {
        outputs: outputs(LIST, &balancer)?,
        state: state(balancer.state.as_ref()),
        attributes: LoadBalancer {
            scheme: required(LIST, "a known scheme", scheme.and_then(Scheme::from_word))?,
            ip_address_type: required(
                LIST,
                "a known kind of addresses",
                addresses.and_then(IpAddressType::from_word),
            )?,
            name: balancer.load_balancer_name.unwrap_or_default(),
            vpc_id: Ref::known(balancer.vpc_id.unwrap_or_default()),
            subnets: balancer
                .availability_zones
                .into_iter()
                .flatten()
                .filter_map(|zone| zone.subnet_id)
                .map(Ref::known)
                .collect(),
            security_groups: balancer
                .security_groups
                .into_iter()
                .flatten()
                .map(Ref::known)
                .collect(),
            idle_timeout_s,
            drop_invalid_header_fields,
            http2,
            deletion_protection,
            access_logs,
            hosted_zone,
        },
        tags: detailed.tags,
        id: detailed.arn,
    })
}

/// AWS keeps bucket and prefix when logging is switched off.
fn access_logs(
    aws: &Clients,
    detailed: &elbv2::Detailed<sdk::LoadBalancer>,
) -> Result<Option<AccessLogs>, Fault> {
    let is_on = detailed.attribute(aws, LOGS_ENABLED, false)?;
    let bucket: String = detailed.attribute(aws, LOGS_BUCKET, String::new())?;
    let prefix: String = detailed.attribute(aws, LOGS_PREFIX, String::new())?;
    Ok(is_on.then(|| AccessLogs {
        bucket: Ref::known(bucket),
        prefix: Some(prefix).filter(|prefix| !prefix.is_empty()),
    }))
}

fn with_zone(mut tags: Tags, zone: Option<&str>) -> Tags {
    tags.extend(zone.map(|zone| (ZONE_TAG.to_owned(), zone.to_owned())));
    tags
}

fn outputs(operation: &str, balancer: &sdk::LoadBalancer) -> Result<LoadBalancerOutputs, Fault> {
    let part = |what: &str, value: &Option<String>| required(operation, what, value.clone());
    let arn = part("a load balancer's ARN", &balancer.load_balancer_arn)?;
    let dns_name = part("a load balancer's DNS name", &balancer.dns_name)?;
    let zone = &balancer.canonical_hosted_zone_id;
    let zone_id = part("a load balancer's hosted zone", zone)?;
    let suffix = arn.split_once(":loadbalancer/").map(|(_, suffix)| suffix);
    Ok(LoadBalancerOutputs {
        suffix: required(operation, "an ARN in a known form", suffix)?.into(),
        arn: arn.into(),
        dns_name: dns_name.into(),
        zone_id: zone_id.into(),
    })
}

/// `active_impaired` works, but cannot grow (LoadBalancerState in the API reference).
fn state(state: Option<&sdk::LoadBalancerState>) -> State {
    let code = state.and_then(|s| s.code.as_ref());
    let reason = state.and_then(|s| s.reason.clone());
    match code {
        Some(sdk::LoadBalancerStateEnum::Failed) => {
            State::Broken(reason.unwrap_or_else(|| "failed".to_owned()))
        }
        Some(sdk::LoadBalancerStateEnum::Provisioning) => {
            State::Busy(reason.unwrap_or_else(|| "provisioning".to_owned()))
        }
        _ => State::Ready,
    }
}

/// The load balancer that has this name.
async fn named(aws: &Clients, name: &str) -> Result<Option<sdk::LoadBalancer>, Fault> {
    let reply = aws.elbv2.describe_load_balancers().names(name).send().await;
    let balancers = if_present(reply.at(LIST))?.and_then(|r| r.load_balancers);
    Ok(balancers.into_iter().flatten().next())
}

async fn make(
    aws: &Clients,
    want: &Resolved<LoadBalancer>,
    mark: &Mark,
) -> Result<sdk::LoadBalancer, Fault> {
    let reply = aws
        .elbv2
        .create_load_balancer()
        .name(&want.name)
        .r#type(sdk::LoadBalancerTypeEnum::Application)
        .scheme(want.scheme.as_word().into())
        .set_subnets(subnets(want))
        .set_security_groups(security_groups(want))
        .ip_address_type(want.ip_address_type.as_word().into())
        .set_tags(elbv2::tags(&with_zone(
            mark.tags.clone(),
            want.hosted_zone.as_deref(),
        )))
        .send()
        .await
        .at(CREATE)?;
    let mut balancers = reply.load_balancers.into_iter().flatten();
    required(CREATE, "the load balancer", balancers.next())
}

fn subnets(want: &Resolved<LoadBalancer>) -> Option<Vec<String>> {
    let ids = want.subnets.iter().map(|id| want.known(id).to_owned());
    Some(ids.collect())
}

fn security_groups(want: &Resolved<LoadBalancer>) -> Option<Vec<String>> {
    let ids = want
        .security_groups
        .iter()
        .map(|id| want.known(id).to_owned());
    Some(ids.collect())
}

async fn set_subnets(aws: &Clients, arn: &str, want: &Resolved<LoadBalancer>) -> Result<(), Fault> {
    aws.elbv2
        .set_subnets()
        .load_balancer_arn(arn)
        .set_subnets(subnets(want))
        .send()
        .await
        .at("elasticloadbalancing:SetSubnets")?;
    Ok(())
}

async fn set_security_groups(
    aws: &Clients,
    arn: &str,
    want: &Resolved<LoadBalancer>,
) -> Result<(), Fault> {
    aws.elbv2
        .set_security_groups()
        .load_balancer_arn(arn)
        .set_security_groups(security_groups(want))
        .send()
        .await
        .at("elasticloadbalancing:SetSecurityGroups")?;
    Ok(())
}

async fn set_ip_address_type(
    aws: &Clients,
    arn: &str,
    addresses: IpAddressType,
) -> Result<(), Fault> {
    aws.elbv2
        .set_ip_address_type()
        .load_balancer_arn(arn)
        .ip_address_type(addresses.as_word().into())
        .send()
        .await
        .at("elasticloadbalancing:SetIpAddressType")?;
    Ok(())
}

async fn set_attributes(
    aws: &Clients,
    arn: &str,
    want: &Resolved<LoadBalancer>,
) -> Result<(), Fault> {
    let mut attributes = BTreeMap::from([
        (IDLE_TIMEOUT, want.idle_timeout_s.to_string()),
        (
            DROP_INVALID_HEADERS,
            want.drop_invalid_header_fields.to_string(),
        ),
        (HTTP2, want.http2.to_string()),
        (DELETION_PROTECTION, want.deletion_protection.to_string()),
        (LOGS_ENABLED, want.access_logs.is_some().to_string()),
    ]);
    if let Some(logs) = &want.access_logs {
        attributes.insert(LOGS_BUCKET, want.known(&logs.bucket).to_owned());
        attributes.insert(LOGS_PREFIX, logs.prefix.clone().unwrap_or_default());
    }
    let attributes = attributes.into_iter().map(|(key, value)| {
        let attribute = sdk::LoadBalancerAttribute::builder();
        attribute.key(key).value(value).build()
    });
    aws.elbv2
        .modify_load_balancer_attributes()
        .load_balancer_arn(arn)
        .set_attributes(Some(attributes.collect()))
        .send()
        .await
        .at("elasticloadbalancing:ModifyLoadBalancerAttributes")?;
    Ok(())
}

#[cfg(test)]
#[path = "load_balancer_tests.rs"]
mod tests;
