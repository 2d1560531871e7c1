//! Load balancing that is not there, on ministack.
//!
//! `DescribeTargetGroups` by name, `DescribeListeners`, `DescribeRules` of what does not exist: AWS
//! refuses with `TargetGroupNotFound`, `LoadBalancerNotFound`, `ListenerNotFound`, `RuleNotFound`;
//! ministack gives fewer, or none.

use anyhow::Result;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct BalancingMissing;

impl Shim for BalancingMissing {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
        ]
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
    let root = reply.element(request)?;
    let there = |field: &str| -> Vec<String> {
        let found = root.all(field);
        found.into_iter().map(|found| found.text.clone()).collect()
    };
    let lacks = |asked: &str, field: &str| {
        let there = there(field);
        let mut asked = request.list(&format!("{asked}.member")).into_iter();
        asked.any(|wanted| !there.iter().any(|found| found == wanted))
    };
    let code = match request.operation.as_str() {
        "DescribeTargetGroups" if lacks("Names", "TargetGroupName") => "TargetGroupNotFound",
        "DescribeListeners" if lacks("ListenerArns", "ListenerArn") => "ListenerNotFound",
        "DescribeListeners" => {
            let arn = request.text("LoadBalancerArn");
            if arn.is_empty() || !absent(next, arn).await {
                return Ok(reply);
            }
            "LoadBalancerNotFound"
        }
        "DescribeRules" if lacks("RuleArns", "RuleArn") => "RuleNotFound",
        "DescribeRules" if there("RuleArn").is_empty() => {
            // A listener has its default rule at least.
            if request.text("ListenerArn").is_empty() {
                return Ok(reply);
            }
            "ListenerNotFound"
        }
        _ => return Ok(reply),
    };
    let message = "One or more of the named do not exist";
    Ok(refusal(request, code, message))
}

/// Whether a load balancer does not exist.
async fn absent(next: Next<'_>, arn: &str) -> bool {
    let asked = [("LoadBalancerArns.member.1", arn)];
    next.emulator("elasticloadbalancing", "DescribeLoadBalancers", &asked)
        .await
        .is_err()
}
