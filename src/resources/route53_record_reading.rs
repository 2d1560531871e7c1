//! How the DNS names of a stack are found by their companions.
//!
//! May depend on `aws` and `model`. Invariant: only a companion whose text is a marker, as a whole,
//! makes a name the stack's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{ResourceRecordSet, RrType};
use futures::future::{try_join, try_join_all};

use super::load_balancer::ZONE_TAG;
use super::route53_record::{
    AddressType, AliasTarget, DISTRIBUTIONS, LoadBalancerAlias, Route53Record, Route53RecordOutputs,
};
use crate::aws::route53::{self, Zone};
use crate::aws::{Clients, branch, elbv2, marker};
use crate::model::{Fault, FaultClass, Found, Owner, Ref, State, Tags};

/// The label of the zone below which companions stand.
const LABEL: &str = "_qpiac";
/// What Route 53's console puts in front of the names of load balancers.
const DUALSTACK: &str = "dualstack.";

/// The name of a name's companion: `www._qpiac.example.com` for `www.example.com`.
///
/// Route 53 lists names by their labels from the last to the first, so all companions of a zone
/// stand in a row.
pub(super) fn companion_of(zone: &Zone, name: &str) -> String {
    let inside = name.strip_suffix(zone.name.as_str()).unwrap_or_default();
    format!("{inside}{LABEL}.{}", zone.name)
}

/// The name whose companion this is.
fn name_of(zone: &Zone, companion: &str) -> Option<String> {
    let end = format!("{LABEL}.{}", zone.name);
    let inside = companion.strip_suffix(end.as_str())?;
    Some(format!("{inside}{}", zone.name))
}

/// A zone, with the text by which the stack names it.
struct Named {
    zone: Zone,
    text: String,
}

/// The names of a stack, and those that are in the way of one that is wanted.
pub(super) async fn owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<Route53Record>>, Fault> {
    let zones = zones(aws, owner, names).await?;
    let of_zones = zones.iter().map(|named| {
        branch(async move {
            let companions = companions(aws, &named.zone).await?;
            let owned = companions.iter().filter(|(_, tags)| owner.owns(tags));
            let wanted = names.iter().filter(|name| named.zone.has(name));
            let near: BTreeSet<&String> = owned.map(|(name, _)| name).chain(wanted).collect();
            let read = near.into_iter().map(|name| {
                let tags = companions.get(name).cloned().unwrap_or_default();
                branch(read(aws, named, name, tags))
            });
            try_join_all(read).await
        })
    });
    let found = try_join_all(of_zones).await?;
    Ok(found.into_iter().flatten().flatten().collect())
}

/// The names with these identifiers.
pub(super) async fn named(
    aws: &Clients,
    ids: &[String],
) -> Result<Vec<Found<Route53Record>>, Fault> {
    let read = ids.iter().map(|id| async move {
        let Some((zone, name)) = id.split_once('/') else {
            return Ok(None);
        };
        let Some(zone) = route53::zones_called(aws, zone).await?.pop() else {
            return Ok(None);
        };
        let sets = route53::sets_of(aws, &zone, &companion_of(&zone, name)).await?;
        let tags = sets.iter().find_map(tags_in).unwrap_or_default();
        let text = text_of(aws, &zone).await?;
        read(aws, &Named { zone, text }, name, tags).await
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// Refuses, for as long as names of the stack stand there, to give up a zone for another one.
///
/// # Errors
/// A fault that names them, or that of a call.
pub(super) async fn refuse_while_used(
    aws: &Clients,
    old: &str,
    new: Option<&str>,
) -> Result<(), Fault> {
    let mut used = BTreeSet::new();
    for zone in route53::zones_called(aws, old).await? {
        if new.is_some_and(|new| zone.is_called(new)) {
            continue;
        }
        let companions = companions(aws, &zone).await?;
        let is_ours = |tags: &Tags| aws.owner().is_some_and(|owner| owner.owns(tags));
        let names = companions.into_iter().filter(|(_, tags)| is_ours(tags));
        used.extend(names.map(|(name, _)| name));
    }
    if used.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = used.into_iter().collect();
    let message = format!("{} must go first", names.join(", "));
    Err(Fault::own(
        FaultClass::Conflict,
        "elasticloadbalancing:RemoveTags",
        message,
    ))
}

/// The zones that the stack's load balancer names, and those that a wanted name can stand in.
async fn zones(aws: &Clients, owner: &Owner, names: &[String]) -> Result<Vec<Named>, Fault> {
    let all = async {
        // Without a wanted name there is no need of them before a load balancer names one.
        if names.is_empty() {
            Ok(Vec::new())
        } else {
            let zones = route53::zones(aws).await?;
            let has = |zone: &Zone| names.iter().any(|name| zone.has(name));
            Ok(zones.iter().filter(|zone| has(zone)).cloned().collect())
        }
    };
    let (texts, possible): (_, Vec<Zone>) =
        try_join(branch(texts(aws, owner)), branch(all)).await?;
    let mut found: BTreeMap<String, Named> = BTreeMap::new();
    for zone in possible {
        let text = zone.name.clone();
        found.insert(zone.id.clone(), Named { zone, text });
    }
    for text in texts {
        for zone in route53::zones_called(aws, &text).await? {
            let text = text.clone();
            found.insert(zone.id.clone(), Named { zone, text });
        }
    }
    Ok(found.into_values().collect())
}

/// What the stack's load balancers say about zones.
async fn texts(aws: &Clients, owner: &Owner) -> Result<BTreeSet<String>, Fault> {
    let tags = elbv2::tags_of_stack(aws, owner).await?;
    let owned = tags.values().filter(|tags| owner.owns(tags));
    Ok(owned
        .filter_map(|tags| tags.get(ZONE_TAG))
        .cloned()
        .collect())
}

/// The text by which the stack names a zone.
async fn text_of(aws: &Clients, zone: &Zone) -> Result<String, Fault> {
    if let Some(owner) = aws.owner() {
        for text in texts(aws, owner).await? {
            if route53::zones_called(aws, &text).await?.contains(zone) {
                return Ok(text);
            }
        }
    }
    Ok(zone.name.clone())
}

/// The names in a zone that have companions, with the owner tags that these hold.
async fn companions(aws: &Clients, zone: &Zone) -> Result<BTreeMap<String, Tags>, Fault> {
    let first = format!("{LABEL}.{}", zone.name);
    let below = format!(".{first}");
    let belongs = |name: &str| name == first || name.ends_with(&below);
    let sets = route53::sets_from(aws, zone, &first, belongs).await?;
    Ok(sets
        .iter()
        .filter_map(|set| {
            let name = name_of(zone, &route53::plain_name(&set.name))?;
            Some((name, tags_in(set)?))
        })
        .collect())
}

/// The owner tags in a companion.
fn tags_in(set: &ResourceRecordSet) -> Option<Tags> {
    if set.r#type != RrType::Txt {
        return None;
    }
    let texts = set.resource_records().iter();
    let tags = texts.map(|record| marker::tags(record.value.trim_matches('"')));
    tags.into_iter().find(|tags| !tags.is_empty())
}

/// What stands at a name; nothing where there is neither a companion nor anything in its way.
async fn read(
    aws: &Clients,
    named: &Named,
    name: &str,
    tags: Tags,
) -> Result<Option<Found<Route53Record>>, Fault> {
    let sets = route53::sets_of(aws, &named.zone, name).await?;
    let is_in_the_way = |set: &ResourceRecordSet| {
        set.r#type == RrType::Cname || AddressType::from_word(set.r#type.as_str()).is_some()
    };
    let sets: Vec<&ResourceRecordSet> = sets.iter().filter(|set| is_in_the_way(set)).collect();
    if tags.is_empty() && sets.is_empty() {
        return Ok(None);
    }
    let outputs = Route53RecordOutputs::new(&named.zone, name);
    Ok(Some(Found {
        id: outputs.id.as_str().to_owned(),
        attributes: Route53Record {
            zone: named.text.clone(),
            name: name.to_owned(),
            types: sets
                .iter()
                .filter_map(|set| AddressType::from_word(set.r#type.as_str()))
                .collect(),
            target: target(&sets),
        },
        outputs,
        tags,
        state: State::Ready,
    }))
}

/// Where record sets lead to, if all lead to one place.
fn target(sets: &[&ResourceRecordSet]) -> AliasTarget {
    let targets: BTreeSet<AliasTarget> = sets.iter().map(|set| target_of(set)).collect();
    let mut targets = targets.into_iter();
    match (targets.next(), targets.next()) {
        (Some(only), None) => only,
        (None, _) => AliasTarget::Other("nothing".to_owned()),
        (Some(_), Some(_)) => AliasTarget::Other("several places".to_owned()),
    }
}

fn target_of(set: &ResourceRecordSet) -> AliasTarget {
    let Some(alias) = &set.alias_target else {
        let values = set.resource_records().iter();
        let values: Vec<&str> = values.map(|record| record.value.as_str()).collect();
        return AliasTarget::Other(values.join(" "));
    };
    let dns_name = route53::plain_name(&alias.dns_name);
    if set.set_identifier.is_some() || alias.evaluate_target_health {
        AliasTarget::Other(format!("{dns_name}, under conditions"))
    } else if alias.hosted_zone_id == DISTRIBUTIONS {
        AliasTarget::Distribution(Ref::known(dns_name))
    } else {
        let dns_name = dns_name.strip_prefix(DUALSTACK).unwrap_or(&dns_name);
        AliasTarget::LoadBalancer(LoadBalancerAlias {
            dns_name: Ref::known(dns_name),
            zone_id: Ref::known(alias.hosted_zone_id.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_companion_lead_to_each_other() {
        let zone = Zone {
            id: "Z1".to_owned(),
            name: "example.com".to_owned(),
        };
        for (name, companion) in [
            ("www.example.com", "www._qpiac.example.com"),
            ("a.b.example.com", "a.b._qpiac.example.com"),
            ("example.com", "_qpiac.example.com"),
        ] {
            assert_eq!(companion_of(&zone, name), companion);
            assert_eq!(name_of(&zone, companion).as_deref(), Some(name));
        }
        assert_eq!(name_of(&zone, "www.example.com"), None);
    }
}
