//! The secret.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create makes no second one. Its value is made in the create call and never
//! part of a plan; a deleted secret of the same stack that AWS still keeps is restored with a new
//! value, and a crash in between leaves one with its old value, which the next run keeps.

use aws_sdk_secretsmanager::types::Tag;
use futures::future::try_join;

use super::lifecycle::{Lifecycle, Mark};
use super::secret_listing::{self, Listed};
use super::secret_versions::{self, Versions};
use crate::aws::{Call, Clients, Plain, branch, required};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Owner, Query, Resolved, STACK_TAG, State, TagChange,
    Tags,
};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a secret; AWS adds six characters to its name.
    SecretArn = "secret", "arn:aws:secretsmanager:{region}:{account}:secret:{name}-######";
    /// The name of a secret.
    SecretName = "secret-name", "{name}";
    /// A secret's value, seen only as its fingerprint.
    SecretValue = "secret-value", "fp:################";
}

const CREATE: &str = "secretsmanager:CreateSecret";
/// The tag that keeps what a secret is used for.
const USAGE_TAG: &str = "qpiac:usage";
/// The tag that keeps the recovery window, which AWS asks for only on deletion.
const RECOVERY_TAG: &str = "qpiac:recovery-days";
/// The recovery window where nothing is said, as in AWS.
const RECOVERY_DAYS: u32 = 30;

/// A random value that only those who may read it know: 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "secret",
    outputs = SecretOutputs,
    replacement = "delete-first",
    outage = "whoever reads it gets an error",
    named = "name",
    holds = "its value, which AWS keeps for the recovery window",
    find = "secretsmanager:ListSecrets, secretsmanager:DescribeSecret, \
            secretsmanager:GetSecretValue, cloudfront:ListDistributions",
    create = "secretsmanager:CreateSecret, secretsmanager:TagResource, \
              secretsmanager:UntagResource, secretsmanager:DescribeSecret, \
              secretsmanager:RestoreSecret, secretsmanager:UpdateSecret, \
              secretsmanager:UpdateSecretVersionStage, secretsmanager:PutSecretValue",
    update = "secretsmanager:UpdateSecret, secretsmanager:TagResource, \
              secretsmanager:UntagResource, secretsmanager:GetSecretValue",
    delete = "secretsmanager:DeleteSecret"
)]
pub struct Secret {
    /// Its name, at most 512 characters; it must not end in a hyphen and six characters, since AWS
    /// takes these for its own.
    #[attribute(replace)]
    pub name: String,
    /// What it is for, at most 2048 characters.
    #[attribute(update)]
    pub description: String,
    /// Who uses it, which decides whether its value is read to be compared; kept in the tag
    /// `qpiac:usage`.
    #[attribute(update)]
    pub usage: SecretUsage,
    /// Days for which AWS keeps it after its deletion, 7 to 30; kept in the tag
    /// `qpiac:recovery-days`.
    #[attribute(update)]
    pub recovery_window_days: u32,
}

/// Who uses a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum SecretUsage {
    /// Programs, which read it themselves.
    #[field("application")]
    Application,
    /// CloudFront, which sends it to the origin, and the load balancer, which asks for it.
    #[field("origin-header")]
    OriginHeader,
}

impl SecretUsage {
    fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::OriginHeader => "origin-header",
        }
    }

    /// What these tags of a secret say.
    pub(super) fn of(tags: &Tags) -> Self {
        if tags.get(USAGE_TAG).map(String::as_str) == Some(Self::OriginHeader.word()) {
            Self::OriginHeader
        } else {
            Self::Application
        }
    }
}

/// What a secret gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SecretOutputs {
    /// The secret's ARN.
    pub arn: Id<SecretArn>,
    /// The secret's name.
    #[output(from = "name")]
    pub name: Id<SecretName>,
    /// The fingerprint of the current value of a secret with the usage `origin-header`; of another
    /// one, whose value is not read, that of its ARN.
    #[output(volatile = "usage")]
    pub value: Id<SecretValue>,
}

impl Lifecycle for Secret {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, names } => find_owned(aws, owner, names).await,
            Query::Ids(arns) => {
                let names = arns.iter().map(|arn| secret_listing::name_in(arn));
                let mut secrets = secret_listing::described(aws, names).await?;
                secrets.retain(|secret| arns.contains(&secret.arn));
                let versions = match aws.owner() {
                    Some(owner) => secret_versions::of(aws, &secrets, owner).await?,
                    None => Vec::new(),
                };
                Ok(secrets
                    .iter()
                    .map(|secret| read(aws, secret, &versions))
                    .collect())
            }
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SecretOutputs, Fault> {
        let plain = Plain::generate();
        let made = aws
            .secrets
            .create_secret()
            .name(&want.name)
            .description(&want.description)
            .secret_string(plain.expose())
            .client_request_token(&mark.token)
            .set_tags(Some(to_sdk(&tags(want, &mark.tags))))
            .send()
            .await
            .at(CREATE);
        let arn = match made {
            Ok(reply) => required(CREATE, "the secret's ARN", reply.arn)?,
            Err(fault) if is_scheduled(&fault) => restore(aws, want, mark, &plain, fault).await?,
            Err(fault) => return Err(fault),
        };
        Ok(outputs(aws, arn, &want.name, want.usage, Some(&plain)))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<SecretOutputs, Fault> {
        let arn = &found.id;
        if changes.has("description") {
            describe(aws, arn, &want.description).await?;
        }
        if changes.has_any(&["usage", "recovery_window_days"]) {
            set_tags(aws, arn, &tags(want, &Tags::new())).await?;
        }
        if !changes.has("usage") {
            return Ok(found.outputs);
        }
        let plain = match want.usage {
            SecretUsage::Application => None,
            SecretUsage::OriginHeader => Some(secret_versions::current(aws, arn).await?),
        };
        Ok(outputs(
            aws,
            found.id,
            &want.name,
            want.usage,
            plain.as_ref(),
        ))
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        if !tags.set.is_empty() {
            set_tags(aws, &found.id, &tags.set).await?;
        }
        remove_tags(aws, &found.id, &tags.remove).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let deleted = aws
            .secrets
            .delete_secret()
            .secret_id(found.id)
            .recovery_window_in_days(found.attributes.recovery_window_days.into())
            .send()
            .await
            .at("secretsmanager:DeleteSecret");
        match deleted {
            // The listing that showed it lags.
            Err(fault) if is_deleted(&fault) => Ok(()),
            Ok(_) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

async fn find_owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<Secret>>, Fault> {
    let (listed, mut secrets) = try_join(
        branch(secret_listing::owned(aws, owner)),
        branch(secret_listing::described(
            aws,
            names.iter().map(String::as_str),
        )),
    )
    .await?;
    let others = listed.iter().filter(|secret| !names.contains(&secret.name));
    secrets.extend(others.cloned());
    let mut versions = secret_versions::origin_secrets_of(aws, owner)
        .await?
        .to_vec();
    // The listing lags, so it may lack one of ours.
    let is_new = |secret: &Listed| {
        owner.owns(&secret.tags) && versions.iter().all(|version| version.arn != secret.arn)
    };
    let new: Vec<Listed> = secrets
        .iter()
        .filter(|secret| is_new(secret))
        .cloned()
        .collect();
    versions.extend(secret_versions::of(aws, &new, owner).await?);
    Ok(secrets
        .iter()
        .map(|secret| read(aws, secret, &versions))
        .collect())
}

fn read(aws: &Clients, secret: &Listed, versions: &[Versions]) -> Found<Secret> {
    let usage = SecretUsage::of(&secret.tags);
    let days = secret
        .tags
        .get(RECOVERY_TAG)
        .and_then(|days| days.parse().ok());
    let mut found = Found {
        id: secret.arn.clone(),
        outputs: outputs(aws, secret.arn.clone(), &secret.name, usage, None),
        attributes: Secret {
            name: secret.name.clone(),
            description: secret.description.clone(),
            usage,
            recovery_window_days: days.unwrap_or(RECOVERY_DAYS),
        },
        tags: secret.tags.clone(),
        state: State::Ready,
    };
    found
        .tags
        .retain(|key, _| key != USAGE_TAG && key != RECOVERY_TAG);
    if let Some(versions) = versions.iter().find(|versions| versions.arn == secret.arn) {
        found.outputs.value = versions.current.clone().into();
    }
    found
}

/// The outputs of a secret; its fingerprint is that of the ARN where the value is not read.
fn outputs(
    aws: &Clients,
    arn: String,
    name: &str,
    usage: SecretUsage,
    plain: Option<&Plain>,
) -> SecretOutputs {
    let vault = aws.vault();
    let value = match (usage, plain) {
        (SecretUsage::OriginHeader, Some(plain)) => vault.fingerprint(plain.expose()),
        (SecretUsage::OriginHeader, None) | (SecretUsage::Application, _) => {
            vault.fingerprint(&arn)
        }
    };
    vault.belongs(&value, &arn);
    SecretOutputs {
        arn: arn.into(),
        name: name.to_owned().into(),
        value: value.into(),
    }
}

/// All tags of a wanted secret: these and those that keep attributes.
fn tags(want: &Secret, others: &Tags) -> Tags {
    let mut tags = others.clone();
    tags.insert(USAGE_TAG.to_owned(), want.usage.word().to_owned());
    tags.insert(
        RECOVERY_TAG.to_owned(),
        want.recovery_window_days.to_string(),
    );
    tags
}

/// Takes back a deleted secret of this name that AWS still keeps, if it is this stack's.
async fn restore(
    aws: &Clients,
    want: &Resolved<Secret>,
    mark: &Mark,
    plain: &Plain,
    refused: Fault,
) -> Result<String, Fault> {
    let Some(old) = secret_listing::describe(aws, &want.name).await? else {
        return Err(Fault {
            class: FaultClass::Conflict,
            ..refused
        });
    };
    let old_tags = secret_listing::read_tags(old.tags);
    if old_tags.get(STACK_TAG) != mark.tags.get(STACK_TAG) {
        return Err(foreign(&want.name, refused));
    }
    let arn = required("secretsmanager:DescribeSecret", "the secret's ARN", old.arn)?;
    aws.secrets
        .restore_secret()
        .secret_id(&arn)
        .send()
        .await
        .at("secretsmanager:RestoreSecret")?;
    let new_tags = tags(want, &mark.tags);
    set_tags(aws, &arn, &new_tags).await?;
    let left: Vec<String> = old_tags
        .into_keys()
        .filter(|key| !new_tags.contains_key(key))
        .collect();
    remove_tags(aws, &arn, &left).await?;
    if old.description.unwrap_or_default() != want.description {
        describe(aws, &arn, &want.description).await?;
    }
    // A version that was pending would be taken for the next value.
    let versions = old.version_ids_to_stages.unwrap_or_default();
    secret_listing::take_back_pending(aws, &arn, versions).await?;
    aws.secrets
        .put_secret_value()
        .secret_id(&arn)
        .secret_string(plain.expose())
        .client_request_token(&mark.token)
        .send()
        .await
        .at("secretsmanager:PutSecretValue")?;
    Ok(arn)
}

fn foreign(name: &str, refused: Fault) -> Fault {
    let message = format!(
        "{}: the secret `{name}` was deleted, AWS keeps it for its recovery window, and it does \
         not belong to this stack; choose another name, or delete it at once with `aws \
         secretsmanager delete-secret --force-delete-without-recovery`",
        refused.message
    );
    Fault {
        class: FaultClass::Rejected,
        message,
        ..refused
    }
}

async fn describe(aws: &Clients, arn: &str, description: &str) -> Result<(), Fault> {
    aws.secrets
        .update_secret()
        .secret_id(arn)
        .description(description)
        .send()
        .await
        .at("secretsmanager:UpdateSecret")?;
    Ok(())
}

async fn set_tags(aws: &Clients, arn: &str, tags: &Tags) -> Result<(), Fault> {
    aws.secrets
        .tag_resource()
        .secret_id(arn)
        .set_tags(Some(to_sdk(tags)))
        .send()
        .await
        .at("secretsmanager:TagResource")?;
    Ok(())
}

async fn remove_tags(aws: &Clients, arn: &str, keys: &[String]) -> Result<(), Fault> {
    if !keys.is_empty() {
        aws.secrets
            .untag_resource()
            .secret_id(arn)
            .set_tag_keys(Some(keys.to_vec()))
            .send()
            .await
            .at("secretsmanager:UntagResource")?;
    }
    Ok(())
}

fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect()
}

/// AWS keeps a deleted secret of this name.
fn is_scheduled(fault: &Fault) -> bool {
    fault.code == "InvalidRequestException" && fault.message.contains("scheduled for deletion")
}

/// The secret was deleted before.
fn is_deleted(fault: &Fault) -> bool {
    fault.code == "InvalidRequestException"
        && [
            "scheduled for deletion",
            "marked for deletion",
            "marked deleted",
            "was deleted",
        ]
        .iter()
        .any(|text| fault.message.contains(text))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
