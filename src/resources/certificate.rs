//! The TLS certificate.
//!
//! Recognised by its owner tags, which the create call gives together with a token, so that a
//! repeated create within an hour makes no second one. AWS issues it once the DNS records that
//! it asks for are there: those are the child kind `certificate-validation`, or the user's own
//! where DNS is elsewhere. The API lists certificates by neither tag nor name, so the tags of all
//! that AWS issued are read.

use std::collections::BTreeSet;

use aws_sdk_acm::types as sdk;

use super::certificate_reading::{self as reading, Detail};
use super::health::{unread, waiting};
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, of_build, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{Fault, Found, Id, Query, Resolved, State, TagChange, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const CREATE: &str = "acm:RequestCertificate";
const TAG: &str = "acm:AddTagsToCertificate";
const UNTAG: &str = "acm:RemoveTagsFromCertificate";

classes! {
    /// Identifies a certificate.
    CertificateArn = "certificate",
        "arn:aws:acm:{region}:{account}:certificate/########-####-####-####-############";
}

/// A certificate for names of the user's, which AWS issues and renews.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "certificate",
    outputs = CertificateOutputs,
    replacement = "create-first",
    wait_create = "120..2700",
    find = "acm:ListCertificates, acm:ListTagsForCertificate, acm:DescribeCertificate, \
            route53:ListHostedZones",
    create = "acm:RequestCertificate, acm:AddTagsToCertificate",
    update = "acm:AddTagsToCertificate, acm:RemoveTagsFromCertificate",
    delete = "acm:DeleteCertificate"
)]
pub struct Certificate {
    /// The name that it is for, in lower case; `*.` in front stands for every name below.
    #[attribute(replace)]
    pub domain_name: String,
    /// Further names that it is for.
    #[attribute(replace)]
    pub subject_alternative_names: BTreeSet<String>,
    /// The region that it is in: that of the load balancer, or `us-east-1` for CloudFront.
    #[attribute(replace)]
    pub region: String,
    /// The kind of key.
    #[attribute(replace)]
    pub key_algorithm: KeyAlgorithm,
}

/// Kinds of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum KeyAlgorithm {
    /// RSA with 2048 bits, which every client knows.
    #[field("RSA_2048")]
    Rsa2048,
    /// The elliptic curve P-256: smaller and faster.
    #[field("EC_prime256v1")]
    EcPrime256v1,
    /// Another one, found but never wanted.
    #[field("other")]
    Other,
}

/// What a certificate gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct CertificateOutputs {
    /// The certificate's ARN.
    pub arn: Id<CertificateArn>,
}

impl Lifecycle for Certificate {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, .. } => {
                let owned = reading::owned(aws, owner).await?;
                owned.iter().map(read).collect()
            }
            Query::Ids(arns) => {
                let details = reading::described(aws, arns).await?;
                details.iter().map(read).collect()
            }
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<CertificateOutputs, Fault> {
        let names = want.subject_alternative_names.iter().cloned().collect();
        let reply = aws
            .acm(&want.region)
            .request_certificate()
            .domain_name(&want.domain_name)
            .set_subject_alternative_names(Some(names).filter(|n: &Vec<String>| !n.is_empty()))
            .validation_method(sdk::ValidationMethod::Dns)
            .key_algorithm(want.key_algorithm.as_word().into())
            .idempotency_token(&mark.token)
            .set_tags(Some(tags(CREATE, &mark.tags)?))
            .send()
            .await
            .at(CREATE)?;
        let arn = required(CREATE, "the certificate's ARN", reply.certificate_arn)?;
        Ok(CertificateOutputs { arn: arn.into() })
    }

    async fn retag(aws: &Clients, found: &Found<Self>, change: &TagChange) -> Result<(), Fault> {
        set_tags(aws, &found.id, &change.set).await?;
        remove_tags(aws, &found.id, &change.remove).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.acm(&found.attributes.region)
            .delete_certificate()
            .certificate_arn(found.id)
            .send()
            .await
            .at("acm:DeleteCertificate")?;
        Ok(())
    }

    /// What is missing in DNS, name by name.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        let details = reading::described(aws, std::slice::from_ref(&found.id)).await?;
        Ok(details.iter().flat_map(Detail::pending).collect())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        Ok(match &found.state {
            State::Ready => Health::well("issued"),
            State::Busy(_) => match Self::explain(aws, found).await {
                Ok(missing) => waiting("waits for records in DNS", missing),
                Err(fault) => unread(&found.state, &fault),
            },
            State::Broken(_) | State::Leaving => Health::of_state(&found.state),
        })
    }
}

fn read(detail: &Detail) -> Result<Found<Certificate>, Fault> {
    let certificate = &detail.certificate;
    let domain_name = certificate.domain_name.clone();
    let domain_name = required(reading::DESCRIBE, "a certificate's name", domain_name)?;
    let mut names: BTreeSet<String> = certificate
        .subject_alternative_names()
        .iter()
        .cloned()
        .collect();
    // AWS counts the first name among the others.
    names.remove(&domain_name);
    // Replies have a hyphen where requests have an underscore.
    let algorithm = certificate.key_algorithm.as_ref();
    let algorithm = algorithm.map(|algorithm| algorithm.as_str().replace('-', "_"));
    let mut tags = detail.tags.clone();
    tags.remove(reading::ZONE_TAG);
    Ok(Found {
        id: detail.arn.clone(),
        attributes: Certificate {
            domain_name,
            subject_alternative_names: names,
            region: detail.region().to_owned(),
            key_algorithm: algorithm
                .and_then(|word| KeyAlgorithm::from_word(&word))
                .unwrap_or(KeyAlgorithm::Other),
        },
        outputs: CertificateOutputs {
            arn: detail.arn.clone().into(),
        },
        tags,
        state: state(detail),
    })
}

fn state(detail: &Detail) -> State {
    let certificate = &detail.certificate;
    let word = certificate.status.as_ref().map(|s| s.as_str());
    let word = word.unwrap_or("unknown").to_owned();
    match &certificate.status {
        Some(sdk::CertificateStatus::Issued) => State::Ready,
        Some(sdk::CertificateStatus::PendingValidation) => {
            let pending = detail.pending().join("; ");
            State::Busy(if pending.is_empty() { word } else { pending })
        }
        _ => State::Broken(match &certificate.failure_reason {
            Some(reason) => format!("{word}: {}", reason.as_str()),
            None => word,
        }),
    }
}

fn tags(operation: &str, tags: &Tags) -> Result<Vec<sdk::Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

pub(super) async fn set_tags(aws: &Clients, arn: &str, set: &Tags) -> Result<(), Fault> {
    if !set.is_empty() {
        aws.acm(reading::region_of(arn))
            .add_tags_to_certificate()
            .certificate_arn(arn)
            .set_tags(Some(tags(TAG, set)?))
            .send()
            .await
            .at(TAG)?;
    }
    Ok(())
}

/// Removes tags, whatever their values.
pub(super) async fn remove_tags(aws: &Clients, arn: &str, keys: &[String]) -> Result<(), Fault> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys = keys.iter().map(|key| sdk::Tag::builder().key(key).build());
    let keys: Vec<sdk::Tag> = keys
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(UNTAG, &error))?;
    aws.acm(reading::region_of(arn))
        .remove_tags_from_certificate()
        .certificate_arn(arn)
        .set_tags(Some(keys))
        .send()
        .await
        .at(UNTAG)?;
    Ok(())
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
