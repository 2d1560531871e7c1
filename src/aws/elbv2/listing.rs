//! Listing load balancers and target groups with their tags and attributes.
//!
//! May depend on the other modules of `aws`. Invariant: the API lists by neither tag nor prefix, so
//! a name only narrows what is looked at; tags alone decide whose a thing is.

use std::collections::BTreeMap;
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetGroup};
use futures::future::{try_join, try_join_all};

use super::read_tags;
use crate::aws::clients::Clients;
use crate::aws::fault::{Call, required};
use crate::aws::presence::if_present;
use crate::aws::rounds::branch;
use crate::model::{Fault, FaultClass, Owner, Query, Tags};

/// How many resources one DescribeTags may ask about, of whichever kinds.
const ARNS_PER_CALL: usize = 20;

/// A load balancer or a target group, with what the API tells of it by calls of their own.
pub struct Detailed<T> {
    /// Its ARN.
    pub arn: String,
    /// What the listing says.
    pub thing: T,
    attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

impl<T> Detailed<T> {
    /// The attribute of this key, or `unset` where it was never set and AWS does not tell it.
    ///
    /// # Errors
    /// A fault where the value is not of the expected form.
    pub fn attribute<A: FromStr>(&self, aws: &Clients, key: &str, unset: A) -> Result<A, Fault> {
        match self.attributes.get(key) {
            None => Ok(unset),
            Some(value) => aws.parse(&format!("elasticloadbalancing:{key}"), Some(value)),
        }
    }
}

/// The load balancers that a query is about.
///
/// # Errors
/// The fault of a call.
pub async fn load_balancers(
    aws: &Clients,
    which: &Query,
) -> Result<Vec<Detailed<LoadBalancer>>, Fault> {
    let operation = "elasticloadbalancing:DescribeLoadBalancers";
    let balancers = match which {
        Query::Owned { owner, names } => all_load_balancers(aws)
            .await?
            .iter()
            .filter(|b| is_near(owner, names, b.load_balancer_name.as_deref()))
            .cloned()
            .collect(),
        Query::Ids(arns) => {
            let replies = each_present(arns, |arn| async move {
                let call = aws.elbv2.describe_load_balancers().load_balancer_arns(arn);
                call.send().await.at(operation)
            });
            let replies = replies.await?.into_iter();
            let balancers = replies.filter_map(|reply| reply.load_balancers);
            balancers.flatten().collect()
        }
        Query::Under(_) => Vec::new(),
    };
    let attributes = |arn: String| async move {
        let call = aws.elbv2.describe_load_balancer_attributes();
        let reply = call.load_balancer_arn(arn).send().await;
        let reply = reply.at("elasticloadbalancing:DescribeLoadBalancerAttributes")?;
        let attributes = reply.attributes.unwrap_or_default().into_iter();
        Ok(attributes.map(|a| (a.key, a.value)).collect())
    };
    let listed = balancers.into_iter().map(|b| Listed {
        arn: b.load_balancer_arn.clone(),
        name: b.load_balancer_name.clone(),
        thing: b,
    });
    detail(aws, operation, which, listed.collect(), attributes).await
}

/// The target groups that a query is about.
///
/// # Errors
/// The fault of a call.
pub async fn target_groups(
    aws: &Clients,
    which: &Query,
) -> Result<Vec<Detailed<TargetGroup>>, Fault> {
    let operation = "elasticloadbalancing:DescribeTargetGroups";
    let groups = match which {
        Query::Owned { owner, names } => all_target_groups(aws)
            .await?
            .iter()
            .filter(|g| is_near(owner, names, g.target_group_name.as_deref()))
            .cloned()
            .collect(),
        Query::Ids(arns) => {
            let replies = each_present(arns, |arn| async move {
                let call = aws.elbv2.describe_target_groups().target_group_arns(arn);
                call.send().await.at(operation)
            });
            let replies = replies.await?.into_iter();
            replies.filter_map(|r| r.target_groups).flatten().collect()
        }
        Query::Under(_) => Vec::new(),
    };
    let attributes = |arn: String| async move {
        let call = aws.elbv2.describe_target_group_attributes();
        let reply = call.target_group_arn(arn).send().await;
        let reply = reply.at("elasticloadbalancing:DescribeTargetGroupAttributes")?;
        let attributes = reply.attributes.unwrap_or_default().into_iter();
        Ok(attributes.map(|a| (a.key, a.value)).collect())
    };
    let listed = groups.into_iter().map(|g| Listed {
        arn: g.target_group_arn.clone(),
        name: g.target_group_name.clone(),
        thing: g,
    });
    detail(aws, operation, which, listed.collect(), attributes).await
}

async fn all_load_balancers(aws: &Clients) -> Result<Arc<Vec<LoadBalancer>>, Fault> {
    let operation = "elasticloadbalancing:DescribeLoadBalancers";
    aws.once(operation.to_owned(), move |aws| async move {
        let pages = aws.elbv2.describe_load_balancers().into_paginator();
        pages.items().send().try_collect().await.at(operation)
    })
    .await
}

async fn all_target_groups(aws: &Clients) -> Result<Arc<Vec<TargetGroup>>, Fault> {
    let operation = "elasticloadbalancing:DescribeTargetGroups";
    aws.once(operation.to_owned(), move |aws| async move {
        let pages = aws.elbv2.describe_target_groups().into_paginator();
        pages.items().send().try_collect().await.at(operation)
    })
    .await
}

struct Listed<T> {
    arn: Option<String>,
    name: Option<String>,
    thing: T,
}

type Pairs = Vec<(Option<String>, Option<String>)>;

/// Those that the query is about, with tags and attributes, which are asked for at the same time.
async fn detail<T, F: Future<Output = Result<Pairs, Fault>>>(
    aws: &Clients,
    operation: &str,
    which: &Query,
    listed: Vec<Listed<T>>,
    attributes: impl Fn(String) -> F,
) -> Result<Vec<Detailed<T>>, Fault> {
    let arns = listed.iter().map(|one| {
        let arn = one.arn.clone();
        required(operation, "an ARN", arn)
    });
    let arns: Vec<String> = arns.collect::<Result<_, _>>()?;
    let each = arns.iter().cloned().map(|arn| {
        let attributes = attributes(arn);
        async move { if_present(attributes.await) }
    });
    let (mut tags, attributes) =
        try_join(branch(tags_of(aws, which, &arns)), try_join_all(each)).await?;
    let mut detailed = Vec::new();
    for ((arn, one), attributes) in arns.into_iter().zip(listed).zip(attributes) {
        // What has neither attributes nor tags any more went since it was listed.
        if let (Some(attributes), Some(tags)) = (attributes, tags.remove(&arn))
            && is_meant(which, one.name.as_deref(), &tags)
        {
            let attributes = attributes.into_iter();
            detailed.push(Detailed {
                arn,
                thing: one.thing,
                attributes: attributes.filter_map(|(k, v)| Some((k?, v?))).collect(),
                tags,
            });
        }
    }
    Ok(detailed)
}

/// Whether a thing of this name may be the stack's, or is in the way of one that is wanted.
fn is_near(owner: &Owner, names: &[String], name: Option<&str>) -> bool {
    name.is_some_and(|name| is_of_stack(owner, name) || names.iter().any(|n| n == name))
}

fn is_of_stack(owner: &Owner, name: &str) -> bool {
    name.strip_prefix(owner.stack.as_str())
        .is_some_and(|rest| rest.starts_with('-'))
}

fn is_meant(which: &Query, name: Option<&str>, tags: &Tags) -> bool {
    match which {
        Query::Owned { owner, names } => {
            owner.owns(tags) || names.iter().any(|n| Some(n.as_str()) == name)
        }
        Query::Ids(_) => true,
        Query::Under(_) => false,
    }
}

/// The tags of the load balancers and target groups whose names are near a stack's, by ARN.
///
/// While a snapshot is read, all who ask share the calls.
///
/// # Errors
/// The fault of a call.
pub async fn tags_of_stack(
    aws: &Clients,
    owner: &Owner,
) -> Result<Arc<BTreeMap<String, Tags>>, Fault> {
    let of_stack = owner.clone();
    aws.once(
        format!("elasticloadbalancing:DescribeTags of {owner}"),
        move |aws| async move {
            let arns = arns_of_stack(&aws, &of_stack).await?;
            describe_tags(&aws, &arns).await
        },
    )
    .await
}

/// The tags of these load balancers or target groups; those that are gone are left out.
async fn tags_of(
    aws: &Clients,
    which: &Query,
    arns: &[String],
) -> Result<BTreeMap<String, Tags>, Fault> {
    let Query::Owned { owner, .. } = which else {
        return describe_tags(aws, arns).await;
    };
    let shared = tags_of_stack(aws, owner).await?;
    // Those with a wanted name that does not begin with the stack's.
    let others: Vec<String> = arns
        .iter()
        .filter(|arn| !shared.contains_key(*arn))
        .cloned()
        .collect();
    let mut tags = describe_tags(aws, &others).await?;
    tags.extend(shared.iter().map(|(arn, of)| (arn.clone(), of.clone())));
    Ok(tags)
}

async fn arns_of_stack(aws: &Clients, owner: &Owner) -> Result<Vec<String>, Fault> {
    let (balancers, groups) = try_join(all_load_balancers(aws), all_target_groups(aws)).await?;
    let balancers = balancers
        .iter()
        .map(|b| (&b.load_balancer_name, &b.load_balancer_arn));
    let groups = groups
        .iter()
        .map(|g| (&g.target_group_name, &g.target_group_arn));
    Ok(balancers
        .chain(groups)
        .filter(|(name, _)| name.as_deref().is_some_and(|n| is_of_stack(owner, n)))
        .filter_map(|(_, arn)| arn.clone())
        .collect())
}

pub(super) async fn describe_tags(
    aws: &Clients,
    arns: &[String],
) -> Result<BTreeMap<String, Tags>, Fault> {
    let batches = arns
        .chunks(ARNS_PER_CALL)
        .map(|batch| tags_of_batch(aws, batch));
    let tags = try_join_all(batches).await?;
    Ok(tags.into_iter().flatten().collect())
}

async fn tags_of_batch(aws: &Clients, arns: &[String]) -> Result<Vec<(String, Tags)>, Fault> {
    match tags_of_all(aws, arns).await {
        // One of them went since it was listed, and AWS then answers for none.
        Err(fault) if fault.class == FaultClass::Missing => {
            let alone = |arn: String| async move { tags_of_all(aws, &[arn]).await };
            let tags = each_present(arns, alone).await?;
            Ok(tags.into_iter().flatten().collect())
        }
        reply => reply,
    }
}

async fn tags_of_all(aws: &Clients, arns: &[String]) -> Result<Vec<(String, Tags)>, Fault> {
    let reply = aws
        .elbv2
        .describe_tags()
        .set_resource_arns(Some(arns.to_vec()))
        .send()
        .await
        .at("elasticloadbalancing:DescribeTags")?;
    Ok(reply
        .tag_descriptions
        .unwrap_or_default()
        .into_iter()
        .filter_map(|of| Some((of.resource_arn?, read_tags(of.tags))))
        .collect())
}

/// The replies about these ARNs, asked for one by one; without those that do not exist.
async fn each_present<T, F: Future<Output = Result<T, Fault>>>(
    arns: &[String],
    ask: impl Fn(String) -> F,
) -> Result<Vec<T>, Fault> {
    let asked = arns.iter().cloned().map(ask);
    let each = asked.map(|reply| async move { if_present(reply.await) });
    Ok(try_join_all(each).await?.into_iter().flatten().collect())
}
