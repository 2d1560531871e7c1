//! The CloudFront distribution.
//!
//! Recognised by its owner tags, which the create call gives; its comment holds them too, so that
//! the tags of other distributions need not be read. A repeated create is told that the distribution
//! exists, and the engine then finds it by its tags. Values of headers are secrets: they are read as
//! fingerprints, and a rotation that is under way is no difference.

use std::collections::{BTreeMap, BTreeSet};

use super::distribution_parts::{
    CacheBehavior, GeoRestriction, HttpVersion, Origin, PathBehavior, PriceClass, ViewerCertificate,
};
use super::distribution_reading::{self as reading, get};
use super::distribution_writing as writing;
use super::health::{ill, waiting};
use super::lifecycle::{Lifecycle, Mark};
use super::secret::SecretValue;
use super::web_acl::WebAclArn;
use crate::aws::{Call, Clients, cloudfront, of_build, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, TagChange};
use aws_sdk_cloudfront::types as sdk;
use qpiac_derive::{Outputs, Resource};

const CREATE: &str = "cloudfront:CreateDistributionWithTags";
const UPDATE: &str = "cloudfront:UpdateDistribution";
const DELETE: &str = "cloudfront:DeleteDistribution";

classes! {
    /// Identifies a distribution.
    DistributionId = "distribution", "E#############";
    /// The ARN of a distribution.
    DistributionArn = "distribution-arn", "arn:aws:cloudfront::{account}:distribution/{id}";
    /// The name of a distribution in DNS.
    DistributionDomainName = "distribution-domain-name", "d#############.cloudfront.net";
    /// The hosted zone of all distributions, for alias records.
    DistributionZoneId = "distribution-zone", "Z2FDTNDATAQYW2";
}

/// CloudFront's edge locations in front of an origin.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "distribution",
    outputs = DistributionOutputs,
    replacement = "create-first",
    outage = "no visitor is answered",
    exclusive = "aliases",
    lazy,
    find = "cloudfront:ListDistributions, cloudfront:ListTagsForResource, \
            cloudfront:GetDistribution, secretsmanager:ListSecrets, secretsmanager:GetSecretValue",
    create = "cloudfront:CreateDistributionWithTags, cloudfront:CreateDistribution, \
              cloudfront:TagResource, secretsmanager:GetSecretValue",
    update = "cloudfront:GetDistribution, cloudfront:UpdateDistribution, cloudfront:TagResource, \
              cloudfront:UntagResource, secretsmanager:ListSecrets, secretsmanager:GetSecretValue",
    delete = "cloudfront:GetDistribution, cloudfront:UpdateDistribution, \
              cloudfront:DeleteDistribution",
    wait_create = "300..3600",
    wait_update = "300..3600",
    wait_delete = "600..5400"
)]
pub struct Distribution {
    /// Whether it answers. A distribution that is being deleted is disabled first.
    #[attribute(update)]
    pub enabled: bool,
    /// Names in DNS under which it answers besides its own; the certificate covers each.
    #[attribute(update)]
    pub aliases: BTreeSet<String>,
    /// Which edge locations answer.
    #[attribute(update)]
    pub price_class: PriceClass,
    /// The versions of HTTP that viewers may speak.
    #[attribute(update)]
    pub http_version: HttpVersion,
    /// Whether viewers may come over IPv6.
    #[attribute(update)]
    pub is_ipv6_enabled: bool,
    /// The object that answers requests for `/`; absent, the origin answers them.
    #[attribute(update)]
    pub default_root_object: Option<String>,
    /// Where answers come from.
    #[attribute(update, loose)]
    pub origin: Origin,
    /// Header fields that CloudFront adds to what it asks the origin: the secrets that are their
    /// values, by name.
    #[attribute(update, loose)]
    pub origin_headers: BTreeMap<String, Ref<SecretValue>>,
    /// What happens to requests that no other behaviour wants.
    #[attribute(update)]
    pub default_cache_behavior: CacheBehavior,
    /// Behaviours for paths; the first one that matches counts.
    #[attribute(update)]
    pub ordered_cache_behaviors: Vec<PathBehavior>,
    /// Countries that are served.
    #[attribute(update)]
    pub geo_restriction: GeoRestriction,
    /// The certificate that viewers see.
    #[attribute(update, ready)]
    pub viewer_certificate: ViewerCertificate,
    /// The web ACL that looks at requests first.
    #[attribute(update)]
    pub web_acl_arn: Option<Ref<WebAclArn>>,
}

/// What a distribution gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct DistributionOutputs {
    /// The distribution's identifier.
    pub id: Id<DistributionId>,
    /// The distribution's ARN.
    pub arn: Id<DistributionArn>,
    /// The distribution's own name in DNS.
    pub domain_name: Id<DistributionDomainName>,
    /// The hosted zone of that name, the same for all distributions (AliasTarget in the Route 53
    /// API reference).
    pub hosted_zone_id: Id<DistributionZoneId>,
}

impl DistributionOutputs {
    /// What AWS says of a distribution.
    pub(super) fn of(distribution: &sdk::Distribution) -> Self {
        Self {
            id: distribution.id.clone().into(),
            arn: distribution.arn.clone().into(),
            domain_name: distribution.domain_name.clone().into(),
            hosted_zone_id: "Z2FDTNDATAQYW2".into(),
        }
    }
}

impl Lifecycle for Distribution {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, .. } => reading::owned(aws, owner).await,
            Query::Ids(ids) => reading::with_ids(aws, ids).await,
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<DistributionOutputs, Fault> {
        let headers = writing::Headers::of(aws, want, None).await?;
        let empty = sdk::DistributionConfig::builder()
            .caller_reference(&mark.token)
            .comment(cloudfront::comment(CREATE, &mark.tags)?)
            .enabled(want.enabled)
            .build()
            .map_err(|error| of_build(CREATE, &error))?;
        let config = writing::config(CREATE, want, empty, Some(&headers))?;
        let with_tags = sdk::DistributionConfigWithTags::builder()
            .distribution_config(config)
            .tags(cloudfront::tags(CREATE, &mark.tags)?)
            .build();
        let reply = aws
            .cloudfront
            .create_distribution_with_tags()
            .distribution_config_with_tags(with_tags)
            .send()
            .await
            .at(CREATE)?;
        let distribution = required(CREATE, "the distribution", reply.distribution)?;
        Ok(DistributionOutputs::of(&distribution))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<DistributionOutputs, Fault> {
        let live = get(aws, &found.id).await?;
        let headers = if changes.has("origin_headers") {
            Some(writing::Headers::of(aws, want, Some(&live.config)).await?)
        } else {
            None
        };
        let mut config = writing::config(UPDATE, want, live.config, headers.as_ref())?;
        config.comment = cloudfront::comment(UPDATE, &found.tags)?;
        put(aws, &found.id, live.version, config).await?;
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        cloudfront::retag(aws, found.outputs.arn.as_str(), tags).await
    }

    /// One step on the way: CloudFront deletes only what is disabled at all edge locations
    /// (DeleteDistribution in the CloudFront API reference). The engine repeats it.
    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let live = get(aws, &found.id).await?;
        if live.config.enabled {
            let mut config = live.config;
            config.enabled = false;
            put(aws, &found.id, live.version, config).await?;
            return Err(not_yet("it is being disabled"));
        }
        if !reading::is_deployed(&live.distribution) {
            return Err(not_yet("AWS is still taking it from its edge locations"));
        }
        aws.cloudfront
            .delete_distribution()
            .id(found.id)
            .if_match(live.version)
            .send()
            .await
            .at(DELETE)?;
        Ok(())
    }

    async fn health(_aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        let domain = found.outputs.domain_name.as_str();
        Ok(match &found.state {
            State::Ready if !found.attributes.enabled => ill("it is disabled", Vec::new()),
            State::Ready => Health::well(format!("deployed as {domain}")),
            State::Busy(word) => {
                let brings = "AWS brings its configuration to all edge locations".to_owned();
                waiting(word.clone(), vec![brings])
            }
            State::Broken(_) | State::Leaving => Health::of_state(&found.state),
        })
    }
}

fn not_yet(why: &str) -> Fault {
    Fault::own(FaultClass::Conflict, DELETE, why)
}

/// Puts a configuration in place of the one of this version.
async fn put(
    aws: &Clients,
    id: &str,
    version: String,
    config: sdk::DistributionConfig,
) -> Result<(), Fault> {
    aws.cloudfront
        .update_distribution()
        .id(id)
        .if_match(version)
        .distribution_config(config)
        .send()
        .await
        .at(UPDATE)?;
    Ok(())
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
