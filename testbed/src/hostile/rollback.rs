//! Deployments of services that fail and are rolled back by the circuit breaker.
//!
//! The service runs its former task definition again, in a deployment of AWS's own, and the one that
//! failed is told as `ROLLBACK_SUCCESSFUL`. Depends on `ledger`, `onward`, `operation` and `reply`.
//! Invariant: no more deployments fail than were asked for.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::ledger::{Identity, Ledger};
use super::memory;
use crate::onward::Onward;
use crate::operation::Request;
use crate::reply::Reply;

/// What AWS says of such a deployment.
const REASON: &str =
    "Service deployment rolled back because the circuit breaker threshold was exceeded.";

/// That in a word.
const WORD: &str = "rolled back";

#[derive(Default)]
pub(super) struct Rollback {
    /// The ids of the deployments that failed.
    failed: Mutex<BTreeSet<String>>,
}

/// A deployment that is about to fail.
pub(super) struct Doomed {
    /// The call that rolls it back.
    undo: Request,
}

impl Rollback {
    /// Whether the deployment that a call is about to start shall fail.
    pub(super) async fn before(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
        onward: &Onward<'_>,
    ) -> Option<Doomed> {
        let sent = &request.parameters;
        let most = usize::try_from(ledger.hostility.failed_deployments).unwrap_or(usize::MAX);
        if request.name() != "ecs:UpdateService"
            || sent["taskDefinition"].is_null()
            || memory(&self.failed).len() >= most
            || !ledger.enter(call, WORD)
        {
            return None;
        }
        let asked = json!({ "cluster": sent["cluster"], "services": [sent["service"]] });
        let mut read = request.with_value(asked);
        "DescribeServices".clone_into(&mut read.operation);
        let target = "AmazonEC2ContainerServiceV20141113.DescribeServices";
        read.headers.insert("x-amz-target", target.parse().ok()?);
        let found = onward.pass(&read).await.value();
        let former = found["services"][0]["taskDefinition"].as_str()?.to_owned();
        let undo = json!({
            "cluster": sent["cluster"],
            "service": sent["service"],
            "taskDefinition": former,
        });
        Some(Doomed {
            undo: request.with_value(undo),
        })
    }

    /// The deployment fails.
    pub(super) async fn fail(
        &self,
        doomed: Doomed,
        reply: &Reply,
        onward: &Onward<'_>,
    ) -> &'static str {
        let body = reply.value();
        let id = body["service"]["deployments"][0]["id"]
            .as_str()
            .unwrap_or("");
        let id = id.trim_start_matches("ecs-svc/").to_owned();
        onward.pass(&doomed.undo).await;
        memory(&self.failed).insert(id);
        WORD
    }

    /// A reply that says which deployments failed. The one of the rollback is AWS's own business,
    /// and not listed.
    pub(super) fn tell(&self, request: &Request, reply: Reply) -> Reply {
        let failed = memory(&self.failed).clone();
        let lists = [
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
        ];
        if failed.is_empty() || !lists.contains(&request.name().as_str()) || !reply.is_success() {
            return reply;
        }
        let mut body = reply.value();
        if let Some(listed) = body["serviceDeployments"].as_array_mut() {
            if let Some(at) = listed.iter().position(|one| is_among(one, &failed))
                && at == 1
            {
                listed.remove(0);
            }
            for one in listed.iter_mut().filter(|one| is_among(one, &failed)) {
                one["status"] = json!("ROLLBACK_SUCCESSFUL");
                one["statusReason"] = json!(REASON);
            }
        }
        reply.with_value(&body)
    }
}

fn is_among(deployment: &Value, failed: &BTreeSet<String>) -> bool {
    let arn = deployment["serviceDeploymentArn"].as_str().unwrap_or("");
    arn.rsplit('/').next().is_some_and(|id| failed.contains(id))
}
