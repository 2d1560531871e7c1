//! The load balancers of target groups on ministack.
//!
//! `DescribeTargetGroups`: AWS names the load balancers that have a listener or a rule which forwards to
//! a group; ministack leaves out those of rules.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

const ELB: &str = "elasticloadbalancing";

pub(crate) struct GroupBalancer;

impl Shim for GroupBalancer {
    fn operations(&self) -> &'static [&'static str] {
        &["elasticloadbalancing:DescribeTargetGroups"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(serve(request, next))
    }
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let forwarding = forwarding(next).await?;
    let mut root = reply.element(request)?;
    root.change_all("TargetGroups", &mut |groups| {
        for group in &mut groups.children {
            if let Some(balancers) = forwarding.get(group.at("TargetGroupArn")) {
                let balancers = balancers.iter();
                let members = balancers.map(|arn| Element::text("member", arn));
                group.put(Element::list("LoadBalancerArns", members.collect()));
            }
        }
    });
    Ok(reply.with_element(&root))
}

/// Target group to the load balancers that forward to it.
async fn forwarding(next: Next<'_>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let balancers = next.emulator(ELB, "DescribeLoadBalancers", &[]).await?;
    for balancer in balancers.all("LoadBalancerArn") {
        let asked = [("LoadBalancerArn", balancer.text.as_str())];
        // What is deleted meanwhile forwards nowhere.
        let Ok(listeners) = next.emulator(ELB, "DescribeListeners", &asked).await else {
            continue;
        };
        let mut named = listeners
            .all("TargetGroupArn")
            .into_iter()
            .cloned()
            .collect::<Vec<_>>();
        for listener in listeners.all("ListenerArn") {
            let asked = [("ListenerArn", listener.text.as_str())];
            if let Ok(rules) = next.emulator(ELB, "DescribeRules", &asked).await {
                named.extend(rules.all("TargetGroupArn").into_iter().cloned());
            }
        }
        for group in named {
            found
                .entry(group.text)
                .or_default()
                .insert(balancer.text.clone());
        }
    }
    Ok(found)
}
