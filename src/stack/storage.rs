//! The bucket for the load balancer's access logs.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: nobody but the load balancers of this
//! account and region may write to it, and nothing in it is public.

use super::inputs::Inputs;
use crate::model::Graph;
use crate::resources::{AccessLogs, Expiration, LogBucket, S3Bucket};
use crate::spec::{Spec, names};

/// What the names of the logs begin with.
const PREFIX: &str = "alb";

pub(super) fn add(graph: &mut Graph, spec: &Spec, inputs: &Inputs) -> Option<AccessLogs> {
    let logs = spec.load_balancer.as_ref()?.access_logs.as_ref()?;
    let name = names::log_bucket(&spec.stack, &inputs.account, &spec.region);
    let delivery = LogBucket {
        name: &name,
        prefix: Some(PREFIX),
        account: &inputs.account,
        region: spec.region.as_str(),
    };
    let bucket = S3Bucket {
        policy: Some(delivery.policy()),
        sse_algorithm: "AES256".to_owned(),
        block_public_access: true,
        expiration: Expiration::AfterDays(logs.retention_days),
        force_destroy: logs.force_destroy,
        name,
    };
    let bucket = graph.add("logs", &bucket);
    Some(AccessLogs {
        bucket: bucket.name,
        prefix: Some(PREFIX.to_owned()),
    })
}
