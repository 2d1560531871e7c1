//! The DNS name of the stack: an alias to the distribution or the load balancer.
//!
//! Route 53 gives records neither tags nor comments, so each has a companion, a TXT record with the
//! owner tags, which is written and deleted in the same change: both are there or neither is.
//! Companions stand below `_qpiac.` of their zone, side by side, and are looked for in the zones
//! that the tag `qpiac:zone` of the stack's load balancer names, and in those that a wanted name
//! can stand in. That all of Route 53's servers know a change takes about a minute, which nothing
//! waits for.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{
    AliasTarget as SdkAlias, Change, ChangeAction, ResourceRecordSet, RrType,
};

use super::distribution::DistributionDomainName;
use super::lifecycle::{Lifecycle, Mark};
use super::load_balancer::{LoadBalancerDnsName, LoadBalancerZoneId};
use super::route53_record_reading as reading;
use crate::aws::route53::{self, Zone};
use crate::aws::{Clients, marker, of_build};
use crate::classes;
use crate::model::{Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const CHANGE: &str = "route53:ChangeResourceRecordSets";
/// The hosted zone of all distributions (Route 53 API reference, AliasTarget).
pub(super) const DISTRIBUTIONS: &str = "Z2FDTNDATAQYW2";

classes! {
    /// Identifies the records of a name: the zone's id and the name.
    Route53RecordId = "route53-record", "Z#############/{name}";
    /// A DNS name of the user's.
    DnsName = "dns-name", "{name}";
}

/// A DNS name of the user's that leads to the stack.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "route53-record",
    outputs = Route53RecordOutputs,
    replacement = "create-first",
    outage = "its name leads nowhere",
    named = "name",
    marked,
    after = "load-balancer",
    find = "route53:ListHostedZones, route53:ListResourceRecordSets, \
            elasticloadbalancing:DescribeLoadBalancers, \
            elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeTags",
    create = "route53:ChangeResourceRecordSets, route53:ListHostedZones",
    update = "route53:ChangeResourceRecordSets, route53:ListHostedZones, \
              route53:ListResourceRecordSets",
    delete = "route53:ChangeResourceRecordSets, route53:ListHostedZones, \
              route53:ListResourceRecordSets"
)]
pub struct Route53Record {
    /// The hosted zone, by name or id.
    #[attribute(replace)]
    pub zone: String,
    /// The name, in lower case, without a dot at the end.
    #[attribute(replace)]
    pub name: String,
    /// The kinds of addresses that it has.
    #[attribute(update)]
    pub types: BTreeSet<AddressType>,
    /// Where it leads to.
    #[attribute(update, loose)]
    pub target: AliasTarget,
}

/// Kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum AddressType {
    /// IPv4.
    #[field("A")]
    A,
    /// IPv6.
    #[field("AAAA")]
    Aaaa,
}

/// Where a name leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum AliasTarget {
    /// A distribution, by its domain name.
    Distribution(Ref<DistributionDomainName>),
    /// A load balancer.
    LoadBalancer(LoadBalancerAlias),
    /// Somewhere else, found but never wanted.
    Other(String),
}

/// A load balancer, as an alias names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct LoadBalancerAlias {
    /// Its DNS name.
    pub dns_name: Ref<LoadBalancerDnsName>,
    /// The hosted zone of that name.
    pub zone_id: Ref<LoadBalancerZoneId>,
}

/// What a DNS name gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct Route53RecordOutputs {
    /// Identifies its records.
    pub id: Id<Route53RecordId>,
    /// The name.
    #[output(from = "name")]
    pub name: Id<DnsName>,
}

impl Route53RecordOutputs {
    pub(super) fn new(zone: &Zone, name: &str) -> Self {
        Self {
            id: format!("{}/{name}", zone.id).into(),
            name: name.into(),
        }
    }
}

impl Lifecycle for Route53Record {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, names } => reading::owned(aws, owner, names).await,
            Query::Ids(ids) => reading::named(aws, ids).await,
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    /// As creation, not replacement, so that what stands there already is refused.
    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<Route53RecordOutputs, Fault> {
        let zone = route53::zone_called(aws, &want.zone).await?;
        let mut changes = vec![companion(&ChangeAction::Create, &zone, want, &mark.tags)?];
        for set in aliases(want)? {
            changes.push(route53::one(ChangeAction::Create, set)?);
        }
        route53::change(aws, &zone, changes).await?;
        Ok(Route53RecordOutputs::new(&zone, &want.name))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<Route53RecordOutputs, Fault> {
        let zone = zone_in(aws, &found.id).await?;
        let mut changes = vec![companion(&ChangeAction::Upsert, &zone, want, &found.tags)?];
        for set in aliases(want)? {
            changes.push(route53::one(ChangeAction::Upsert, set)?);
        }
        for set in route53::sets_of(aws, &zone, &want.name).await? {
            let address = AddressType::from_word(set.r#type.as_str());
            if address.is_some_and(|address| !want.types.contains(&address)) {
                changes.push(route53::one(ChangeAction::Delete, set)?);
            }
        }
        route53::change(aws, &zone, changes).await?;
        Ok(found.outputs)
    }

    /// AWS deletes only what is named exactly as it stands there, so it is read once more.
    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let zone = zone_in(aws, &found.id).await?;
        let name = &found.attributes.name;
        let mut sets = route53::sets_of(aws, &zone, name).await?;
        sets.retain(|set| AddressType::from_word(set.r#type.as_str()).is_some());
        let companions = route53::sets_of(aws, &zone, &reading::companion_of(&zone, name)).await?;
        let is_text = |set: &ResourceRecordSet| set.r#type == RrType::Txt;
        sets.extend(companions.into_iter().filter(is_text));
        let changes = sets
            .into_iter()
            .map(|set| route53::one(ChangeAction::Delete, set));
        route53::change(aws, &zone, changes.collect::<Result<_, _>>()?).await
    }
}

/// The zone of a record's identifier.
async fn zone_in(aws: &Clients, id: &str) -> Result<Zone, Fault> {
    let zone = id.split('/').next().unwrap_or_default();
    route53::zone_called(aws, zone).await
}

fn companion(
    action: &ChangeAction,
    zone: &Zone,
    want: &Route53Record,
    tags: &Tags,
) -> Result<Change, Fault> {
    if !zone.has(&want.name) {
        let message = format!("{} cannot stand in the zone {}", want.name, zone.name);
        return Err(Fault::own(FaultClass::Rejected, CHANGE, message));
    }
    let name = reading::companion_of(zone, &want.name);
    let text = format!("\"{}\"", marker::text(tags));
    route53::one(action.clone(), route53::set(&name, RrType::Txt, &text)?)
}

/// The record sets that are wanted.
fn aliases(want: &Resolved<Route53Record>) -> Result<Vec<ResourceRecordSet>, Fault> {
    let refused = |error| of_build(CHANGE, &error);
    let (zone_id, dns_name) = match &want.target {
        AliasTarget::Distribution(name) => (DISTRIBUTIONS, want.known(name)),
        AliasTarget::LoadBalancer(alias) => {
            (want.known(&alias.zone_id), want.known(&alias.dns_name))
        }
        AliasTarget::Other(what) => {
            let message = format!("no alias can be made to `{what}`");
            return Err(Fault::own(FaultClass::Rejected, CHANGE, message));
        }
    };
    let types = want.types.iter().map(|address| {
        let alias = SdkAlias::builder()
            .hosted_zone_id(zone_id)
            .dns_name(dns_name)
            .evaluate_target_health(false)
            .build()
            .map_err(refused)?;
        ResourceRecordSet::builder()
            .name(&want.name)
            .r#type(address.as_word().into())
            .alias_target(alias)
            .build()
            .map_err(refused)
    });
    types.collect()
}

#[cfg(test)]
#[path = "route53_record_tests.rs"]
mod tests;
