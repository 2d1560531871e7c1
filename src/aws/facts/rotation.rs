//! When secrets are renewed, and what their values are.
//!
//! May depend on `clients`, `fault`, `presence` and `vault`. Invariant: a value leaves as [`Plain`].

use aws_smithy_types::DateTime;
use futures::future::try_join;

use super::super::clients::Clients;
use super::super::fault::{Call, required};
use super::super::presence::if_present;
use super::super::vault::Plain;
use crate::model::Fault;

const GET: &str = "secretsmanager:GetSecretValue";

/// When a secret was renewed and will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationDates {
    /// Whether rotation is on.
    pub enabled: bool,
    /// When it was renewed last; nothing where it never was.
    pub last: Option<DateTime>,
    /// Before when it will be renewed.
    pub next: Option<DateTime>,
}

/// A version of a secret.
#[derive(Clone, Debug)]
pub struct SecretVersion {
    /// Its identifier.
    pub id: String,
    /// Its value.
    pub value: Plain,
}

/// When the secret with this ARN was renewed and will be.
///
/// # Errors
/// The fault of the call.
pub async fn rotation_dates(aws: &Clients, arn: &str) -> Result<RotationDates, Fault> {
    let call = aws.secrets.describe_secret().secret_id(arn);
    let reply = call.send().await.at("secretsmanager:DescribeSecret")?;
    Ok(RotationDates {
        enabled: reply.rotation_enabled.unwrap_or_default(),
        last: reply.last_rotated_date,
        next: reply.next_rotation_date,
    })
}

/// The versions of the secret with this ARN that count: the current one first, then, where there
/// is one, the one before.
///
/// # Errors
/// The fault of a call.
pub async fn secret_versions(aws: &Clients, arn: &str) -> Result<Vec<SecretVersion>, Fault> {
    let (current, previous) = try_join(
        version(aws, arn, "AWSCURRENT"),
        version(aws, arn, "AWSPREVIOUS"),
    )
    .await?;
    let current = required(GET, "the secret's current value", current)?;
    Ok(std::iter::once(current).chain(previous).collect())
}

async fn version(aws: &Clients, arn: &str, label: &str) -> Result<Option<SecretVersion>, Fault> {
    let call = aws.secrets.get_secret_value().secret_id(arn);
    let reply = call.version_stage(label).send().await.at(GET);
    let Some(reply) = if_present(reply)? else {
        return Ok(None);
    };
    Ok(Some(SecretVersion {
        id: required(GET, "a version's id", reply.version_id)?,
        value: required(GET, "the secret's value as text", reply.secret_string)?.into(),
    }))
}
