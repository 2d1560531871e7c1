//! Deployments of distributions.
//!
//! `CreateDistribution`, `CreateDistributionWithTags`, `UpdateDistribution`: on AWS a configuration
//! takes minutes to reach every edge location, and `Status` is `InProgress` until then, as
//! `GetDistribution` and `ListDistributions` say too; ministack calls it `Deployed` at once. Where a
//! test holds deployments, they end when it says so.

use std::sync::Arc;

use super::{Answer, Next, Shim};
use crate::holds::Holds;
use crate::operation::Request;
use crate::xml::Element;

pub(crate) struct Deployment {
    holds: Arc<Holds>,
}

impl Shim for Deployment {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "cloudfront:CreateDistribution",
            "cloudfront:CreateDistributionWithTags",
            "cloudfront:UpdateDistribution",
            "cloudfront:GetDistribution",
            "cloudfront:ListDistributions",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let reply = next.forward(request).await?;
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut root = reply.element(request)?;
            let is_read =
                request.operation.starts_with("Get") || request.operation.starts_with("List");
            if !is_read {
                self.holds.configured(root.at("Id"));
            }
            self.tell(&mut root);
            root.change_all("DistributionSummary", &mut |summary| self.tell(summary));
            Ok(reply.with_element(&root))
        })
    }
}

impl Deployment {
    pub(crate) fn new(holds: Arc<Holds>) -> Deployment {
        Deployment { holds }
    }

    /// Says of a distribution how far its deployment is.
    fn tell(&self, distribution: &mut Element) {
        if self.holds.is_under_way(distribution.at("Id")) {
            distribution.put(Element::text("Status", "InProgress"));
        }
    }
}
