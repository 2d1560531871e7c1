//! Listeners and their rules.
//!
//! - `CreateListener` on a port that is taken: with equal settings AWS gives the existing listener,
//!   otherwise it refuses with `DuplicateListener`; moto makes a second.
//! - Replies that hold listeners: AWS gives `SslPolicy` for HTTPS alone; moto always.
//! - Replies that hold actions: for a forward to one target group AWS gives both `TargetGroupArn`
//!   and `ForwardConfig`, and every action its `Order`; moto gives what was sent.
//! - Replies that hold conditions on path or host: AWS gives both `Values` and the `...Config`; moto
//!   gives what was sent.
//! - `SetRulePriorities` that swaps rules: AWS judges the outcome; moto each step.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// Priorities that no stack uses, for the steps in between.
const FREE_PRIORITY: u32 = 49_000;

pub(crate) struct Listener;

impl Shim for Listener {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:SetRulePriorities",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let reply = match request.operation.as_str() {
                "CreateListener" => create(request, next).await?,
                "SetRulePriorities" => prioritise(request, next).await?,
                _ => next.forward(request).await?,
            };
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut root = reply.element(request)?;
            root.change_all("Listeners", &mut |list| {
                list.children.iter_mut().for_each(listener);
            });
            for name in ["DefaultActions", "Actions"] {
                root.change_all(name, &mut |list| actions(&mut list.children));
            }
            root.change_all("Conditions", &mut |list| {
                list.children.iter_mut().for_each(condition);
            });
            Ok(reply.with_element(&root))
        })
    }
}

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let balancer = [("LoadBalancerArn", request.text("LoadBalancerArn"))];
    let Ok(found) = next
        .read("elasticloadbalancing", "DescribeListeners", &balancer)
        .await
    else {
        return next.forward(request).await;
    };
    let port = request.text("Port");
    let mut listeners = found.members("DescribeListenersResult/Listeners").iter();
    let Some(taken) = listeners.find(|listener| listener.at("Port") == port) else {
        return next.forward(request).await;
    };
    let action = "DefaultActions.member.1";
    let target = match request.text(&format!("{action}.TargetGroupArn")) {
        "" => request.text(&format!(
            "{action}.ForwardConfig.TargetGroups.member.1.TargetGroupArn"
        )),
        arn => arn,
    };
    let equal = taken.at("Protocol") == request.text("Protocol")
        && taken.at("DefaultActions/member/Type") == request.text(&format!("{action}.Type"))
        && taken.at("DefaultActions/member/TargetGroupArn") == target;
    if !equal {
        let message = "A listener already exists on this port for this load balancer";
        return Ok(refusal(request, "DuplicateListener", message));
    }
    let list = Element::list("Listeners", vec![taken.clone()]);
    let result = Element::list("CreateListenerResult", vec![list]);
    Ok(Reply::xml(
        Element::list("CreateListenerResponse", vec![result]).to_string(),
    ))
}

fn listener(listener: &mut Element) {
    if !["HTTPS", "TLS"].contains(&listener.at("Protocol")) {
        listener.remove("SslPolicy");
    }
}

fn actions(actions: &mut [Element]) {
    for (action, order) in actions.iter_mut().zip(1..) {
        if action.child("Order").is_none() {
            action.put(Element::text("Order", &i32::to_string(&order)));
        }
        if action.at("Type") != "forward" {
            continue;
        }
        let alone = action.at("TargetGroupArn").to_owned();
        if alone.is_empty() {
            if let [group] = action.members("ForwardConfig/TargetGroups") {
                let arn = group.at("TargetGroupArn").to_owned();
                action.put(Element::text("TargetGroupArn", &arn));
            }
        } else if action.child("ForwardConfig").is_none() {
            let group = vec![
                Element::text("TargetGroupArn", &alone),
                Element::text("Weight", "1"),
            ];
            let groups = Element::list("TargetGroups", vec![Element::list("member", group)]);
            let sticky = Element::list(
                "TargetGroupStickinessConfig",
                vec![Element::text("Enabled", "false")],
            );
            action.put(Element::list("ForwardConfig", vec![groups, sticky]));
        }
    }
}

fn condition(condition: &mut Element) {
    let config = match condition.at("Field") {
        "path-pattern" => "PathPatternConfig",
        "host-header" => "HostHeaderConfig",
        _ => return,
    };
    let plain = condition.members("Values").to_vec();
    let nested = condition.members(&format!("{config}/Values")).to_vec();
    if plain.is_empty() && !nested.is_empty() {
        condition.put(Element::list("Values", nested));
    } else if nested.is_empty() && !plain.is_empty() {
        condition.put(Element::list(config, vec![Element::list("Values", plain)]));
    }
}

/// Moves the rules out of each other's way first, if the outcome has no priority twice.
async fn prioritise(request: &Request, next: Next<'_>) -> Result<Reply> {
    let wanted: BTreeMap<&str, &str> = (1..)
        .map(|index| format!("RulePriorities.member.{index}"))
        .map(|member| {
            (
                request.text(&format!("{member}.RuleArn")),
                request.text(&format!("{member}.Priority")),
            )
        })
        .take_while(|(arn, _)| !arn.is_empty())
        .collect();
    let Some(listener) = wanted.keys().next().and_then(|arn| arn.rsplit_once('/')) else {
        return next.forward(request).await;
    };
    let listener = listener.0.replace(":listener-rule/", ":listener/");
    let found = next
        .read(
            "elasticloadbalancing",
            "DescribeRules",
            &[("ListenerArn", &listener)],
        )
        .await?;
    let rules = found.members("DescribeRulesResult/Rules");
    let priorities: Vec<&str> = rules
        .iter()
        .map(|rule| {
            wanted
                .get(rule.at("RuleArn"))
                .copied()
                .unwrap_or_else(|| rule.at("Priority"))
        })
        .collect();
    let distinct: std::collections::BTreeSet<&str> = priorities.iter().copied().collect();
    if distinct.len() < priorities.len() {
        return Ok(refusal(
            request,
            "PriorityInUse",
            "The specified priority is in use.",
        ));
    }
    for (arn, free) in wanted.keys().zip(FREE_PRIORITY..) {
        let step = [
            ("RulePriorities.member.1.RuleArn", *arn),
            ("RulePriorities.member.1.Priority", &free.to_string()),
        ];
        next.emulator("elasticloadbalancing", "SetRulePriorities", &step)
            .await?;
    }
    next.forward(request).await
}
