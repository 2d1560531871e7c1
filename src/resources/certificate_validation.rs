//! The DNS records by which AWS sees that a certificate's names are the account's: a child of the
//! certificate.
//!
//! Recognised by the certificate's tag `qpiac:zone`, which names the hosted zone and is set before
//! any record; so a crash in between leaves records that are missing, which the next run adds.
//! The records are the same for every certificate of a name in the account, in every region, so
//! the last one takes them away: the tag goes when a certificate needs them no more.

use aws_sdk_acm::types::CertificateSummary;
use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet, RrType};
use futures::future::try_join_all;

use super::certificate::{self, CertificateArn};
use super::certificate_reading::{self as reading, Detail, Validation, ZONE_TAG};
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::route53::{self, Zone};
use crate::aws::{Clients, branch, required};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags, hints,
};
use qpiac_derive::{Outputs, Resource};

/// What follows a certificate's ARN in the identifier of its validation.
const ID_END: &str = "/validation";

classes! {
    /// Identifies the DNS records of a certificate.
    CertificateValidationId = "certificate-validation", "{certificate_arn}/validation";
}

/// The DNS records that AWS asks for before it issues a certificate, and when it renews it.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "certificate-validation",
    outputs = CertificateValidationOutputs,
    replacement = "create-first",
    parent = "certificate_arn",
    serial,
    completes,
    find = "acm:ListCertificates, acm:ListTagsForCertificate, acm:DescribeCertificate, \
            route53:ListHostedZones, route53:ListResourceRecordSets",
    create = "acm:DescribeCertificate, acm:ListTagsForCertificate, acm:AddTagsToCertificate, \
              route53:ListHostedZones, route53:ChangeResourceRecordSets",
    update = "acm:DescribeCertificate, acm:ListTagsForCertificate, acm:AddTagsToCertificate, \
              acm:ListCertificates, ec2:DescribeRegions, route53:ListHostedZones, \
              route53:ListResourceRecordSets, route53:ChangeResourceRecordSets",
    delete = "route53:ChangeResourceRecordSets, route53:ListHostedZones, \
              route53:ListResourceRecordSets, ec2:DescribeRegions, acm:ListCertificates, \
              acm:ListTagsForCertificate, acm:DescribeCertificate, acm:RemoveTagsFromCertificate"
)]
pub struct CertificateValidation {
    /// The certificate.
    #[attribute(replace)]
    pub certificate_arn: Ref<CertificateArn>,
    /// The hosted zone that the records are in, by name or id; found empty where one of them is
    /// missing.
    #[attribute(update)]
    pub zone: String,
}

/// What the DNS records of a certificate give to others.
#[derive(Clone, Debug, Outputs)]
pub struct CertificateValidationOutputs {
    /// Identifies them.
    pub id: Id<CertificateValidationId>,
}

impl Lifecycle for CertificateValidation {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let details = match which {
            // The certificate says whose they are.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(ids) => {
                let arns: Vec<String> = ids
                    .iter()
                    .filter_map(|id| id.strip_suffix(ID_END))
                    .map(str::to_owned)
                    .collect();
                reading::described(aws, &arns).await?
            }
            Query::Under(parents) => {
                let mut details = Vec::new();
                for parent in parents {
                    let owned = reading::owned(aws, &parent.owner).await?;
                    details.extend(owned.iter().find(|d| d.arn == parent.id).cloned());
                }
                details
            }
        };
        let found = details.iter().map(|detail| branch(read(aws, detail)));
        Ok(try_join_all(found).await?.into_iter().flatten().collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<CertificateValidationOutputs, Fault> {
        let arn = want.known(&want.certificate_arn);
        let zone = route53::zone_called(aws, &want.zone).await?;
        let validations = asked_for(&detail(aws, arn).await?)?;
        let tag = Tags::from([(ZONE_TAG.to_owned(), want.zone.clone())]);
        certificate::set_tags(aws, arn, &tag).await?;
        add(aws, &zone, &validations).await?;
        Ok(outputs(arn))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<CertificateValidationOutputs, Fault> {
        let arn = want.known(&want.certificate_arn);
        let zone = route53::zone_called(aws, &want.zone).await?;
        let detail = detail(aws, arn).await?;
        add(aws, &zone, &asked_for(&detail)?).await?;
        // Where the zone is another one now, nothing else has records in the old one for long.
        for old in zones_of(aws, &detail).await? {
            if old.id != zone.id {
                remove(aws, &old, &detail).await?;
            }
        }
        let tag = Tags::from([(ZONE_TAG.to_owned(), want.zone.clone())]);
        certificate::set_tags(aws, arn, &tag).await?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let arn = found.id.strip_suffix(ID_END).unwrap_or(&found.id);
        let detail = detail(aws, arn).await?;
        for zone in zones_of(aws, &detail).await? {
            remove(aws, &zone, &detail).await?;
        }
        certificate::remove_tags(aws, arn, &[ZONE_TAG.to_owned()]).await
    }
}

fn outputs(arn: &str) -> CertificateValidationOutputs {
    CertificateValidationOutputs {
        id: format!("{arn}{ID_END}").into(),
    }
}

/// A certificate as it is now.
async fn detail(aws: &Clients, arn: &str) -> Result<Detail, Fault> {
    let mut details = reading::described(aws, &[arn.to_owned()]).await?;
    details.pop().ok_or_else(|| {
        let message = format!("there is no certificate {arn}");
        Fault::own(FaultClass::Missing, reading::DESCRIBE, message)
    })
}

/// The records that AWS asks for, which it says some seconds after a certificate was requested.
fn asked_for(detail: &Detail) -> Result<Vec<Validation>, Fault> {
    let validations = detail.validations().ok_or_else(|| {
        let message = "AWS has not said yet which DNS records it asks for";
        Fault::own(FaultClass::NotYet, reading::DESCRIBE, message)
    })?;
    Ok(validations.into_iter().collect())
}

/// The zones in which a certificate's records may be.
async fn zones_of(aws: &Clients, detail: &Detail) -> Result<Vec<Zone>, Fault> {
    match detail.tags.get(ZONE_TAG) {
        Some(text) => route53::zones_called(aws, text).await,
        None => Ok(Vec::new()),
    }
}

async fn read(
    aws: &Clients,
    detail: &Detail,
) -> Result<Option<Found<CertificateValidation>>, Fault> {
    let Some(text) = detail.tags.get(ZONE_TAG) else {
        return Ok(None);
    };
    let zones = zones_of(aws, detail).await?;
    let validations = detail.validations().unwrap_or_default();
    let present = validations.iter().map(|validation| {
        let zones = &zones;
        branch(async move {
            for zone in zones {
                if record(aws, zone, validation).await?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    });
    let present = try_join_all(present).await?;
    let is_complete = !present.is_empty() && present.into_iter().all(|is_there| is_there);
    let outputs = outputs(&detail.arn);
    Ok(Some(Found {
        id: outputs.id.as_str().to_owned(),
        attributes: CertificateValidation {
            certificate_arn: Ref::known(detail.arn.as_str()),
            zone: if is_complete {
                text.clone()
            } else {
                String::new()
            },
        },
        outputs,
        tags: Tags::new(),
        state: State::Ready,
    }))
}

/// The record of a validation as it stands in a zone.
async fn record(
    aws: &Clients,
    zone: &Zone,
    validation: &Validation,
) -> Result<Option<ResourceRecordSet>, Fault> {
    if !zone.has(&validation.name) {
        return Ok(None);
    }
    let value = route53::plain_name(&validation.value);
    let sets = route53::sets_of(aws, zone, &validation.name).await?;
    Ok(sets.into_iter().find(|set| {
        let values = set.resource_records().iter();
        let mut values = values.map(|record| route53::plain_name(&record.value));
        set.r#type == RrType::Cname && values.any(|v| v == value)
    }))
}

async fn add(aws: &Clients, zone: &Zone, validations: &[Validation]) -> Result<(), Fault> {
    let changes = validations.iter().map(|validation| {
        let set = route53::set(&validation.name, RrType::Cname, &validation.value)?;
        route53::one(ChangeAction::Upsert, set)
    });
    route53::change(aws, zone, changes.collect::<Result<_, _>>()?).await
}

/// Takes a certificate's records away, but for those that another certificate needs.
async fn remove(aws: &Clients, zone: &Zone, detail: &Detail) -> Result<(), Fault> {
    let Some(validations) = detail.validations() else {
        return Ok(());
    };
    let others = others(aws, detail).await?;
    let mut changes = Vec::new();
    for validation in validations {
        if is_needed(aws, &validation, others.as_deref()).await? {
            continue;
        }
        if let Some(set) = record(aws, zone, &validation).await? {
            changes.push(route53::one(ChangeAction::Delete, set)?);
        }
    }
    route53::change(aws, zone, changes).await
}

/// The account's other certificates, in all regions; nothing where some of them may not be seen.
async fn others(aws: &Clients, detail: &Detail) -> Result<Option<Vec<CertificateSummary>>, Fault> {
    let mut others = Vec::new();
    for (region, listed) in reading::listed_everywhere(aws).await? {
        match listed {
            Ok(listed) => others.extend(listed),
            Err(fault) if fault.class == FaultClass::Denied => {
                aws.note(format!(
                    "the certificates of {region} may not be read ({fault}), and one of them may need \
                     the DNS records that validate {}: they stay\n{}",
                    detail.arn,
                    hints([&fault]).join("\n")
                ));
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        }
    }
    others.retain(|other| other.certificate_arn.as_ref() != Some(&detail.arn));
    Ok(Some(others))
}

/// Whether one of these certificates needs a record: one with that name, unless it is the stack's own
/// and lost its tag, since it is about to go as well.
async fn is_needed(
    aws: &Clients,
    validation: &Validation,
    others: Option<&[CertificateSummary]>,
) -> Result<bool, Fault> {
    let Some(others) = others else {
        return Ok(true);
    };
    for other in others {
        let arn = other.certificate_arn.clone();
        let arn = required("acm:ListCertificates", "a certificate's ARN", arn)?;
        let names = other.subject_alternative_name_summaries().iter();
        let mut names = names.chain(&other.domain_name);
        let has_name = other.has_additional_subject_alternative_names == Some(true)
            || names.any(|name| reading::base(name) == validation.domain);
        if !has_name {
            continue;
        }
        let Some(tags) = reading::tags_of(aws, &arn).await? else {
            continue;
        };
        let is_ours = aws.owner().is_some_and(|owner| owner.owns(&tags));
        if !is_ours || tags.contains_key(ZONE_TAG) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
#[path = "certificate_validation_tests.rs"]
mod tests;
