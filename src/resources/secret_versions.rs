//! The versions of secrets that CloudFront sends to the load balancer: why a rotation is no drift,
//! and what is written while one is under way.
//!
//! May depend on `aws` and `model`. Invariant: only fingerprints leave by reading; a plain value
//! leaves only by [`versions_to_write`], which reads it anew, so no older version is written back.
//!
//! A rotation makes a pending version, lets the rules accept current and pending, gives the
//! distribution pending, moves the label `AWSCURRENT`, and drops the old value from the rules. In
//! each of these states, rule and distribution settle on the fingerprint of the current version.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::{try_join_all, try_join3};

use super::secret::SecretUsage;
use super::secret_listing::{self, CURRENT, Listed, PENDING, PREVIOUS};
use crate::aws::{Call, Clients, Plain, cloudfront, if_present, marker, required};
use crate::model::{Fault, FaultClass, Owner, hints};

const GET: &str = "secretsmanager:GetSecretValue";
const LIST_DISTRIBUTIONS: &str = "cloudfront:ListDistributions";

/// The fingerprints of a secret's versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    pub(super) arn: String,
    pub(super) current: String,
    pub(super) pending: Option<String>,
    pub(super) previous: Option<String>,
    /// How many more versions there are that could not be read.
    pub(super) unread: usize,
}

impl Versions {
    fn has(&self, fingerprint: &str) -> bool {
        [
            Some(&self.current),
            self.pending.as_ref(),
            self.previous.as_ref(),
        ]
        .into_iter()
        .flatten()
        .any(|version| version == fingerprint)
    }
}

/// The values of a secret that are to be written now.
#[derive(Debug)]
pub(super) struct ToWrite {
    /// What CloudFront sends.
    pub(super) current: Plain,
    /// What it may send soon.
    pub(super) pending: Option<Plain>,
}

/// The versions of the secrets with usage `origin-header` of the stack that is worked for.
pub(super) async fn origin_secrets(aws: &Clients) -> Result<Arc<Vec<Versions>>, Fault> {
    match aws.owner() {
        Some(owner) => origin_secrets_of(aws, owner).await,
        None => Ok(Arc::default()),
    }
}

/// The same of this stack.
pub(super) async fn origin_secrets_of(
    aws: &Clients,
    owner: &Owner,
) -> Result<Arc<Vec<Versions>>, Fault> {
    let owner = owner.clone();
    aws.once(format!("{GET} {owner}"), |aws| async move {
        let secrets = secret_listing::owned(&aws, &owner).await?;
        of(&aws, &secrets, &owner).await
    })
    .await
}

/// The versions of those of these secrets that have the usage `origin-header`.
///
/// Where their values may not be read, what the distribution of `owner` sends stands for them.
pub(super) async fn of(
    aws: &Clients,
    secrets: &[Listed],
    owner: &Owner,
) -> Result<Vec<Versions>, Fault> {
    let of_origin = |secret: &&Listed| SecretUsage::of(&secret.tags) == SecretUsage::OriginHeader;
    let secrets: Vec<&Listed> = secrets.iter().filter(of_origin).collect();
    let read = try_join_all(secrets.iter().map(|secret| read(aws, secret))).await;
    let versions = match read {
        Err(fault) if fault.class == FaultClass::Denied => {
            unread(aws, &secrets, owner, &fault).await?
        }
        read => read?,
    };
    for one in &versions {
        aws.vault().belongs(&one.current, &one.arn);
    }
    Ok(versions)
}

/// The current value of the secret with this ARN.
pub(super) async fn current(aws: &Clients, arn: &str) -> Result<Plain, Fault> {
    let plain = value(aws, arn, CURRENT).await?;
    required(GET, "the secret's current value", plain)
}

/// What is to be written where the secret with this fingerprint is wanted, read at this moment.
pub(super) async fn versions_to_write(aws: &Clients, fingerprint: &str) -> Result<ToWrite, Fault> {
    let Some(arn) = aws.vault().source(fingerprint) else {
        let message = format!("no secret of this stack has the fingerprint {fingerprint}");
        return Err(Fault::own(FaultClass::Rejected, GET, message));
    };
    let current = current(aws, &arn).await?;
    let pending = value(aws, &arn, PENDING).await?;
    Ok(ToWrite {
        pending: pending.filter(|pending| pending.expose() != current.expose()),
        current,
    })
}

/// What the one value of a header means: pending is as good as current.
pub(super) fn settled_header(all: &[Versions], fingerprint: String) -> String {
    let secret = all
        .iter()
        .find(|secret| secret.pending.as_ref() == Some(&fingerprint));
    secret.map_or(fingerprint, |secret| secret.current.clone())
}

/// What the values mean that a rule accepts: with current among them, pending and previous mean
/// nothing.
pub(super) fn settled_rule(all: &[Versions], values: BTreeSet<String>) -> BTreeSet<String> {
    let is_settled = |secret: &&Versions| {
        let others = values.iter().filter(|value| !secret.has(value)).count();
        values.contains(&secret.current) && others <= secret.unread
    };
    match all.iter().find(is_settled) {
        Some(secret) => BTreeSet::from([secret.current.clone()]),
        None => values,
    }
}

async fn read(aws: &Clients, secret: &Listed) -> Result<Versions, Fault> {
    let (current, pending, previous) = try_join3(
        value(aws, &secret.arn, CURRENT),
        value(aws, &secret.arn, PENDING),
        value(aws, &secret.arn, PREVIOUS),
    )
    .await?;
    let vault = aws.vault();
    let fingerprint = |plain: Plain| vault.fingerprint(plain.expose());
    Ok(Versions {
        arn: secret.arn.clone(),
        current: current.map_or_else(|| vault.fingerprint(&secret.arn), fingerprint),
        pending: pending.map(fingerprint),
        previous: previous.map(fingerprint),
        unread: 0,
    })
}

async fn value(aws: &Clients, arn: &str, label: &str) -> Result<Option<Plain>, Fault> {
    let reply = aws
        .secrets
        .get_secret_value()
        .secret_id(arn)
        .version_stage(label)
        .send()
        .await;
    let Some(reply) = if_present(reply.at(GET))? else {
        return Ok(None);
    };
    required(GET, "the secret's value as text", reply.secret_string)
        .map(|text| Some(Plain::from(text)))
}

/// Versions of secrets whose values may not be read.
async fn unread(
    aws: &Clients,
    secrets: &[&Listed],
    owner: &Owner,
    fault: &Fault,
) -> Result<Vec<Versions>, Fault> {
    let hints = hints([fault]).join("\n");
    for secret in secrets {
        aws.note(format!(
            "the value of {} may not be read ({GET}): what CloudFront sends stands for it, and the \
             load balancer's rules are compared with that\n{hints}",
            secret.name
        ));
    }
    let sent = sent(aws, owner).await?;
    // Which secret a header holds can be told only where there is one of each.
    let only = match (secrets, sent.as_slice()) {
        ([_], [one]) => Some(one),
        (_, _) => None,
    };
    let stand_in = |secret: &&Listed| Versions {
        arn: secret.arn.clone(),
        current: only.map_or_else(|| aws.vault().fingerprint(&secret.arn), String::clone),
        unread: secret.other_versions,
        ..Versions::default()
    };
    Ok(secrets.iter().map(stand_in).collect())
}

/// The fingerprints of what the distributions of `owner` send to their origins in headers.
async fn sent(aws: &Clients, owner: &Owner) -> Result<Vec<String>, Fault> {
    let listed = cloudfront::all(LIST_DISTRIBUTIONS, |start| async move {
        let call = aws.cloudfront.list_distributions().set_marker(start);
        let list = call.send().await.at(LIST_DISTRIBUTIONS)?.distribution_list;
        Ok(list.map_or((None, None), |list| (list.items, list.next_marker)))
    })
    .await?;
    let ours = listed
        .iter()
        .filter(|one| owner.owns(&marker::tags(&one.comment)));
    let origins = ours
        .filter_map(|one| one.origins.as_ref())
        .flat_map(|origins| &origins.items);
    let headers = origins.filter_map(|origin| origin.custom_headers.as_ref());
    let values: BTreeSet<String> = headers
        .flat_map(|headers| headers.items())
        .map(|header| aws.vault().fingerprint(&header.header_value))
        .collect();
    Ok(values.into_iter().collect())
}

#[cfg(test)]
#[path = "secret_versions_tests.rs"]
mod tests;
