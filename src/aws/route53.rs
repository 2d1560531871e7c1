//! Hosted zones and what stands in them.
//!
//! May depend on the other modules of `aws`. Invariant: names are lower-case, without the dot at
//! the end and without Route 53's escapes, on both sides of every comparison.

use std::sync::Arc;

use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, HostedZone, ResourceRecord, ResourceRecordSet, RrType,
};

use super::clients::Clients;
use super::fault::{Call, of_build};
use super::pages::Pages;
use super::presence::if_present;
use crate::model::{Fault, FaultClass};

const ZONES: &str = "route53:ListHostedZones";
const SETS: &str = "route53:ListResourceRecordSets";
const CHANGE: &str = "route53:ChangeResourceRecordSets";
/// Seconds for which others may keep a record that this program makes.
const TTL_S: i64 = 300;

/// A public hosted zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its identifier, `Z...`.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Zone {
    /// Whether a name can stand in it.
    pub fn has(&self, name: &str) -> bool {
        let rest = name.strip_suffix(self.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Whether this is its name or id.
    pub fn is_called(&self, text: &str) -> bool {
        self.id == text || self.name == plain_name(text)
    }
}

/// The public hosted zones of the account.
///
/// # Errors
/// The fault of the call.
pub async fn zones(aws: &Clients) -> Result<Arc<Vec<Zone>>, Fault> {
    aws.once(ZONES.to_owned(), |aws| async move {
        let pages = aws.route53.list_hosted_zones().into_paginator();
        let zones: Vec<HostedZone> = pages.items().send().try_collect().await.at(ZONES)?;
        let is_public = |zone: &HostedZone| !zone.config().is_some_and(|c| c.private_zone);
        Ok(zones
            .iter()
            .filter(|zone| is_public(zone))
            .map(read)
            .collect())
    })
    .await
}

fn read(zone: &HostedZone) -> Zone {
    Zone {
        id: zone.id.trim_start_matches("/hostedzone/").to_owned(),
        name: plain_name(&zone.name),
    }
}

/// The zones that this text names, by name or id: several of one name are possible.
///
/// # Errors
/// The fault of the call.
pub async fn zones_called(aws: &Clients, text: &str) -> Result<Vec<Zone>, Fault> {
    let zones = zones(aws).await?;
    let called = zones.iter().filter(|zone| zone.is_called(text));
    Ok(called.cloned().collect())
}

/// The one zone that this text names, by name or id.
///
/// # Errors
/// A fault where there is none or more than one, or that of the call.
pub async fn zone_called(aws: &Clients, text: &str) -> Result<Zone, Fault> {
    let mut zones = zones_called(aws, text).await?;
    let message = match (zones.pop(), zones.len()) {
        (Some(zone), 0) => return Ok(zone),
        (Some(_), _) => {
            format!("several public hosted zones are called {text}; give the id of one instead")
        }
        (None, _) => format!(
            "the account has no public hosted zone {text}; make it, or give the name or id of \
             another"
        ),
    };
    Err(Fault::own(FaultClass::Rejected, ZONES, message))
}

/// The record sets of a zone from a name on, as long as their names belong; none where there is no
/// such zone.
///
/// Route 53 sorts by the labels of names from the last to the first, then by type
/// (ListResourceRecordSets in the API reference).
///
/// # Errors
/// The fault of a call.
pub async fn sets_from(
    aws: &Clients,
    zone: &Zone,
    start: &str,
    belongs: impl Fn(&str) -> bool,
) -> Result<Vec<ResourceRecordSet>, Fault> {
    let mut sets = Vec::new();
    let mut pages = Pages::default();
    let mut next = (Some(start.to_owned()), None, None);
    loop {
        let (name, r#type, identifier) = next;
        let call = aws
            .route53
            .list_resource_record_sets()
            .hosted_zone_id(&zone.id)
            .set_start_record_name(name)
            .set_start_record_type(r#type)
            .set_start_record_identifier(identifier);
        let Some(page) = if_present(call.send().await.at(SETS))? else {
            return Ok(Vec::new());
        };
        for set in page.resource_record_sets {
            if !belongs(&plain_name(&set.name)) {
                return Ok(sets);
            }
            sets.push(set);
        }
        let following = page.is_truncated.then_some((
            page.next_record_name,
            page.next_record_type,
            page.next_record_identifier,
        ));
        let Some(following) = pages.next(SETS, following)? else {
            return Ok(sets);
        };
        next = following;
    }
}

/// The record sets of this name.
///
/// # Errors
/// The fault of a call.
pub async fn sets_of(
    aws: &Clients,
    zone: &Zone,
    name: &str,
) -> Result<Vec<ResourceRecordSet>, Fault> {
    sets_from(aws, zone, name, |other| other == name).await
}

/// Makes changes that take effect all together or not at all.
///
/// # Errors
/// The fault of the call.
pub async fn change(aws: &Clients, zone: &Zone, changes: Vec<Change>) -> Result<(), Fault> {
    if changes.is_empty() {
        return Ok(());
    }
    let batch = ChangeBatch::builder()
        .set_changes(Some(changes))
        .build()
        .map_err(|error| of_build(CHANGE, &error))?;
    aws.route53
        .change_resource_record_sets()
        .hosted_zone_id(&zone.id)
        .change_batch(batch)
        .send()
        .await
        .at(CHANGE)?;
    Ok(())
}

/// One change.
///
/// # Errors
/// A fault where the SDK refuses it.
pub fn one(action: ChangeAction, set: ResourceRecordSet) -> Result<Change, Fault> {
    Change::builder()
        .action(action)
        .resource_record_set(set)
        .build()
        .map_err(|error| of_build(CHANGE, &error))
}

/// A record set of one value.
///
/// # Errors
/// A fault where the SDK refuses it.
pub fn set(name: &str, r#type: RrType, value: &str) -> Result<ResourceRecordSet, Fault> {
    let refused = |error| of_build(CHANGE, &error);
    let record = ResourceRecord::builder()
        .value(value)
        .build()
        .map_err(refused)?;
    ResourceRecordSet::builder()
        .name(name)
        .r#type(r#type)
        .ttl(TTL_S)
        .resource_records(record)
        .build()
        .map_err(refused)
}

/// A name as this program writes it. Route 53 gives a dot at the end and `\052` for `*` (Route 53
/// developer guide, "DNS domain name format").
pub fn plain_name(name: &str) -> String {
    name.trim_end_matches('.')
        .replace("\\052", "*")
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_plainly() {
        for (name, plain) in [
            ("WWW.Example.com.", "www.example.com"),
            ("\\052.example.com.", "*.example.com"),
            ("example.com", "example.com"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }

    #[test]
    fn a_zone_has_the_names_below_it() {
        let zone = Zone {
            id: "Z1".to_owned(),
            name: "example.com".to_owned(),
        };
        for (name, is_in) in [
            ("example.com", true),
            ("www.example.com", true),
            ("*.example.com", true),
            ("badexample.com", false),
            ("example.com.evil", false),
            ("com", false),
        ] {
            assert_eq!(zone.has(name), is_in, "{name}");
        }
        assert!(zone.is_called("Z1") && zone.is_called("Example.com."));
    }
}
