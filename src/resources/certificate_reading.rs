//! How certificates are read, for the kinds `certificate` and `certificate-validation`.
//!
//! May depend on `aws` and `model`. Invariant: both regions in which a stack has certificates are
//! looked at, whichever is asked about; who else needs a record is asked in all regions.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_acm::types::{
    CertificateDetail, CertificateSummary, CertificateType, Filters, KeyAlgorithm,
};
use futures::future::{join_all, try_join, try_join_all};

use crate::aws::{Call, Clients, branch, if_present, required, route53};
use crate::model::{Fault, Owner, Tags};

const LIST: &str = "acm:ListCertificates";
const REGIONS: &str = "ec2:DescribeRegions";
pub(super) const DESCRIBE: &str = "acm:DescribeCertificate";
/// The tag that keeps in which hosted zone this program has made a certificate's DNS records.
pub(super) const ZONE_TAG: &str = "qpiac:zone";

/// A certificate with its tags.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    pub(super) arn: String,
    pub(super) certificate: CertificateDetail,
    pub(super) tags: Tags,
}

/// The DNS record by which AWS sees that a name is the account's: the same for every certificate
/// of the account with that name (ACM user guide, "DNS validation").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Validation {
    /// The certificate's name that it is for, without `*.`.
    pub(super) domain: String,
    /// The record's name.
    pub(super) name: String,
    /// The record's value.
    pub(super) value: String,
}

impl Detail {
    pub(super) fn region(&self) -> &str {
        region_of(&self.arn)
    }

    /// The DNS records that AWS asks for; nothing while it has not said all of them, as in the
    /// first seconds.
    pub(super) fn validations(&self) -> Option<BTreeSet<Validation>> {
        let options = self.certificate.domain_validation_options();
        let validations = options.iter().map(|option| {
            let record = option.resource_record.as_ref()?;
            let is_there = !record.name.is_empty() && !record.value.is_empty();
            is_there.then(|| Validation {
                domain: base(&option.domain_name).to_owned(),
                name: route53::plain_name(&record.name),
                value: record.value.clone(),
            })
        });
        let validations: Option<BTreeSet<_>> = validations.collect();
        validations.filter(|validations| !validations.is_empty())
    }

    /// What AWS still waits for, one line for each name.
    pub(super) fn pending(&self) -> Vec<String> {
        let options = self.certificate.domain_validation_options().iter();
        let pending = options.filter_map(|option| {
            let status = option.validation_status.as_ref()?.as_str();
            let record = option.resource_record.as_ref();
            (status != "SUCCESS").then(|| match record {
                Some(record) => format!(
                    "{}: {status}, awaiting the DNS record {} CNAME {}",
                    option.domain_name, record.name, record.value
                ),
                None => format!("{}: {status}", option.domain_name),
            })
        });
        pending.collect()
    }
}

/// The name below which a name of a certificate stands: a wildcard is validated as that.
pub(super) fn base(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// The region in `arn:aws:acm:REGION:ACCOUNT:certificate/ID`.
pub(super) fn region_of(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

/// The certificates of both regions that AWS issues.
pub(super) async fn listed(aws: &Clients) -> Result<Arc<Vec<CertificateSummary>>, Fault> {
    aws.once(LIST.to_owned(), |aws| async move {
        let regions = BTreeSet::from([aws.region(), aws.global_region()]);
        let pages = regions
            .into_iter()
            .map(|region| branch(listed_in(&aws, region)));
        Ok(try_join_all(pages).await?.into_iter().flatten().collect())
    })
    .await
}

/// The certificates of every region that the account can use, for each region by itself: a certificate
/// may be validated by the same record as one elsewhere.
pub(super) async fn listed_everywhere(
    aws: &Clients,
) -> Result<Vec<(String, Result<Vec<CertificateSummary>, Fault>)>, Fault> {
    let reply = aws.ec2.describe_regions().send().await.at(REGIONS)?;
    let regions = reply.regions.unwrap_or_default().into_iter();
    let mut regions: BTreeSet<String> = regions.filter_map(|one| one.region_name).collect();
    regions.extend([aws.region(), aws.global_region()].map(str::to_owned));
    let listed = regions.into_iter().map(|region| async move {
        let listed = listed_in(aws, &region).await;
        (region, listed)
    });
    Ok(join_all(listed).await)
}

async fn listed_in(aws: &Clients, region: &str) -> Result<Vec<CertificateSummary>, Fault> {
    // Without this, only RSA keys of up to 2048 bits are listed.
    let all_keys = KeyAlgorithm::values()
        .iter()
        .map(|word| KeyAlgorithm::from(*word));
    let filters = Filters::builder().set_key_types(Some(all_keys.collect()));
    let pages = aws
        .acm(region)
        .list_certificates()
        .includes(filters.build())
        .into_paginator();
    let all: Vec<CertificateSummary> = pages.items().send().try_collect().await.at(LIST)?;
    let is_issued_here = |summary: &CertificateSummary| {
        let of = summary.r#type.as_ref();
        of.is_none_or(|of| *of == CertificateType::AmazonIssued)
    };
    Ok(all.into_iter().filter(is_issued_here).collect())
}

/// The certificates of a stack.
pub(super) async fn owned(aws: &Clients, owner: &Owner) -> Result<Arc<Vec<Detail>>, Fault> {
    let owner = owner.clone();
    aws.once(format!("{DESCRIBE} of {owner}"), |aws| async move {
        let listed = listed(&aws).await?;
        let arns = listed.iter().filter_map(|s| s.certificate_arn.clone());
        let details = arns.map(|arn| {
            let (aws, owner) = (aws.clone(), owner.clone());
            branch(async move {
                match tags_of(&aws, &arn).await? {
                    Some(tags) if owner.owns(&tags) => {
                        // The validation needs the zones next; so they are no round of their own.
                        let needs_zones = tags.contains_key(ZONE_TAG);
                        let zones = async {
                            if needs_zones {
                                route53::zones(&aws).await?;
                            }
                            Ok(())
                        };
                        let detail = branch(describe(&aws, arn, tags));
                        try_join(detail, branch(zones))
                            .await
                            .map(|(detail, ())| detail)
                    }
                    Some(_) | None => Ok(None),
                }
            })
        });
        Ok(try_join_all(details).await?.into_iter().flatten().collect())
    })
    .await
}

/// The certificates with these ARNs, without those that are not there.
pub(super) async fn described(aws: &Clients, arns: &[String]) -> Result<Vec<Detail>, Fault> {
    let details = arns.iter().map(|arn| async {
        let detail = describe(aws, arn.clone(), Tags::new());
        let (tags, detail) = try_join(tags_of(aws, arn), detail).await?;
        Ok(tags
            .zip(detail)
            .map(|(tags, detail)| Detail { tags, ..detail }))
    });
    Ok(try_join_all(details).await?.into_iter().flatten().collect())
}

async fn describe(aws: &Clients, arn: String, tags: Tags) -> Result<Option<Detail>, Fault> {
    let call = aws
        .acm(region_of(&arn))
        .describe_certificate()
        .certificate_arn(&arn);
    let Some(reply) = if_present(call.send().await.at(DESCRIBE))? else {
        return Ok(None);
    };
    let certificate = required(DESCRIBE, "the certificate", reply.certificate)?;
    Ok(Some(Detail {
        arn,
        certificate,
        tags,
    }))
}

/// The tags of a certificate; nothing where there is none.
pub(super) async fn tags_of(aws: &Clients, arn: &str) -> Result<Option<Tags>, Fault> {
    let call = aws
        .acm(region_of(arn))
        .list_tags_for_certificate()
        .certificate_arn(arn);
    let reply = if_present(call.send().await.at("acm:ListTagsForCertificate"))?;
    Ok(reply.map(|reply| {
        let tags = reply.tags.unwrap_or_default().into_iter();
        let tags = tags.map(|tag| (tag.key, tag.value.unwrap_or_default()));
        tags.filter(|(key, _)| !key.starts_with("aws:")).collect()
    }))
}
