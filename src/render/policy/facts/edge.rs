//! CloudFront, its firewall, certificates and names.
//!
//! May depend on the rest of `facts`. Invariant: as there.

use super::Condition::{Asked, Free, Ours};
use super::{Rule, rule};

const EDGE_FUNCTION: &str = "cloudfront::{account}:function/{stack}-*";
const CERTIFICATE: &str = "acm:*:{account}:certificate/*";
const ACL: &str = "wafv2:*:{account}:global/webacl/{stack}-*";

pub(super) const EDGE: &[Rule] = &[
    rule(
        &[(Asked, "*")],
        &["acm:RequestCertificate", "cloudfront:CreateDistribution"],
    ),
    rule(
        &[(Ours, "cloudfront::{account}:distribution/*")],
        &[
            "cloudfront:DeleteDistribution",
            "cloudfront:UpdateDistribution",
        ],
    ),
    // IAM knows no such action: the two that it does know allow the call.
    rule(&[], &["cloudfront:CreateDistributionWithTags"]),
    rule(
        &[(Free, EDGE_FUNCTION)],
        &[
            "cloudfront:DeleteFunction",
            "cloudfront:DescribeFunction",
            "cloudfront:PublishFunction",
            "cloudfront:UpdateFunction",
        ],
    ),
    rule(
        // Policies bear no tags, and their ARNs no names.
        &[
            (Free, "cloudfront::{account}:cache-policy/*"),
            (Free, "cloudfront::{account}:origin-request-policy/*"),
            (Free, "cloudfront::{account}:response-headers-policy/*"),
        ],
        &[
            "cloudfront:DeleteCachePolicy",
            "cloudfront:DeleteOriginRequestPolicy",
            "cloudfront:DeleteResponseHeadersPolicy",
            "cloudfront:GetCachePolicyConfig",
            "cloudfront:GetOriginRequestPolicyConfig",
            "cloudfront:GetResponseHeadersPolicyConfig",
            "cloudfront:UpdateCachePolicy",
            "cloudfront:UpdateOriginRequestPolicy",
            "cloudfront:UpdateResponseHeadersPolicy",
        ],
    ),
    rule(
        // The reference names distributions alone for tags, and functions bear some too.
        &[(Free, "*")],
        &[
            "cloudfront:CreateCachePolicy",
            "cloudfront:CreateFunction",
            "cloudfront:CreateOriginRequestPolicy",
            "cloudfront:CreateResponseHeadersPolicy",
            "cloudfront:TagResource",
            "cloudfront:UntagResource",
        ],
    ),
    rule(
        &[(Free, ACL), (Free, "wafv2:*:*:global/managedruleset/*")],
        &["wafv2:CreateWebACL", "wafv2:UpdateWebACL"],
    ),
    rule(&[(Ours, ACL)], &["wafv2:DeleteWebACL"]),
    rule(
        &[(Free, ACL)],
        &["wafv2:TagResource", "wafv2:UntagResource"],
    ),
    rule(
        // The tags of a request come with a right of their own, before the certificate has any.
        &[(Free, CERTIFICATE)],
        &["acm:AddTagsToCertificate"],
    ),
    rule(
        &[(Ours, CERTIFICATE)],
        &["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"],
    ),
    rule(
        &[(Free, "route53:::hostedzone/*")],
        &["route53:ChangeResourceRecordSets"],
    ),
];
