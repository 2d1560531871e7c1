//! EC2's one way of filtering and tagging, and reads that several kinds share.
//!
//! May depend on `fault`. Invariant: tags that AWS sets itself (`aws:`) are never seen above.

use std::sync::Arc;

use aws_sdk_ec2::types::{
    Filter, NetworkInterface, ResourceType, RouteTable, Tag, TagSpecification,
};

use super::clients::Clients;
use super::fault::Call;
use crate::model::{Fault, Owner, Query, STACK_TAG, TagChange, Tags};

/// The filters that a query is, for a resource whose identifiers are filtered by `id_filter`.
pub fn filters(which: &Query, id_filter: &str) -> Option<Vec<Filter>> {
    let filter = match which {
        Query::Owned { owner, .. } => filter(&format!("tag:{STACK_TAG}"), [owner.to_string()]),
        Query::Ids(ids) => filter(id_filter, ids.iter().cloned()),
        Query::Under(parents) => filter(id_filter, parents.iter().map(|p| p.id.clone())),
    };
    Some(vec![filter])
}

/// One filter. In values, `*` and `?` stand for any text and any letter.
pub fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder()
        .name(name)
        .set_values(Some(values.into_iter().collect()))
        .build()
}

/// Tags as a create call takes them.
pub fn tags(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(resource)
        .set_tags(Some(
            tags.iter()
                .map(|(key, value)| Tag::builder().key(key).value(value).build())
                .collect(),
        ))
        .build()
}

/// Tags as a reply gives them.
pub fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

/// Sets and removes tags.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, id: &str, change: &TagChange) -> Result<(), Fault> {
    if !change.set.is_empty() {
        aws.ec2
            .create_tags()
            .resources(id)
            .set_tags(Some(
                change
                    .set
                    .iter()
                    .map(|(key, value)| Tag::builder().key(key).value(value).build())
                    .collect(),
            ))
            .send()
            .await
            .at("ec2:CreateTags")?;
    }
    if !change.remove.is_empty() {
        aws.ec2
            .delete_tags()
            .resources(id)
            .set_tags(Some(
                change
                    .remove
                    .iter()
                    .map(|key| Tag::builder().key(key).build())
                    .collect(),
            ))
            .send()
            .await
            .at("ec2:DeleteTags")?;
    }
    Ok(())
}

/// The route tables of a stack, with their routes and associations.
///
/// # Errors
/// The fault of the call.
pub async fn route_tables(aws: &Clients, owner: &Owner) -> Result<Arc<Vec<RouteTable>>, Fault> {
    let owned = filter(&format!("tag:{STACK_TAG}"), [owner.to_string()]);
    aws.once(
        format!("ec2:DescribeRouteTables of {owner}"),
        |aws| async move { route_tables_by(&aws, owned).await },
    )
    .await
}

/// The route tables that a filter lets through.
///
/// # Errors
/// The fault of the call.
pub async fn route_tables_by(aws: &Clients, filter: Filter) -> Result<Vec<RouteTable>, Fault> {
    aws.ec2
        .describe_route_tables()
        .filters(filter)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ec2:DescribeRouteTables")
}

/// The network interfaces that a filter lets through, one line each: what keeps a network from
/// being deleted.
///
/// # Errors
/// The fault of the call.
pub async fn interfaces(aws: &Clients, name: &str, value: &str) -> Result<Vec<String>, Fault> {
    let interfaces: Vec<NetworkInterface> = aws
        .ec2
        .describe_network_interfaces()
        .filters(filter(name, [value.to_owned()]))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ec2:DescribeNetworkInterfaces")?;
    Ok(interfaces.iter().map(describe_interface).collect())
}

fn describe_interface(interface: &NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or_default();
    let status = interface.status().map_or("unknown", |s| s.as_str());
    let mut line = format!("network interface {id} is {status}");
    if let Some(what) = interface.description().filter(|d| !d.is_empty()) {
        line.push_str(&format!(": {what}"));
    }
    if let Some(who) = interface.attachment().and_then(|a| a.instance_owner_id()) {
        line.push_str(&format!(" (attached by {who})"));
    }
    let address = interface.association().and_then(|a| a.public_ip());
    if let Some(address) = address {
        line.push_str(&format!(", public address {address}"));
    }
    line
}
