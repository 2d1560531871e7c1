//! The rotation of a secret: a child of the secret.
//!
//! Recognised by its secret. Turning it on twice is the same as once, so a repeated create makes no
//! second one. Turning it on does not rotate: AWS only asks the function to test a version that it
//! throws away again.

use std::time::SystemTime;

use super::health::{ill, unread};
use super::lambda_function::LambdaFunctionArn;
use super::lifecycle::{Lifecycle, Mark};
use super::secret::SecretArn;
use super::secret_listing::{self, CURRENT, Listed};
use crate::aws::facts::{RotationDates, rotation_dates};
use crate::aws::{Call, Clients};
use crate::classes;
use crate::engine::Health;
use crate::model::{Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags};
use aws_sdk_secretsmanager::types::RotationRulesType;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies the rotation of a secret.
    SecretRotationId = "secret-rotation", "{secret.arn}/rotation";
}

const ROTATE: &str = "secretsmanager:RotateSecret";
/// What the identifier adds to the secret's ARN.
const SUFFIX: &str = "/rotation";

/// The regular replacement of a secret's value by a function.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "secret-rotation",
    outputs = SecretRotationOutputs,
    replacement = "delete-first",
    outage = "the secret is not rotated",
    parent = "secret",
    after = "lambda-permission by lambda-function",
    find = "secretsmanager:DescribeSecret",
    create = "secretsmanager:RotateSecret, lambda:InvokeFunction, secretsmanager:DescribeSecret, \
              secretsmanager:UpdateSecretVersionStage",
    update = "secretsmanager:RotateSecret, lambda:InvokeFunction",
    delete = "secretsmanager:CancelRotateSecret"
)]
pub struct SecretRotation {
    /// The secret.
    #[attribute(replace)]
    pub secret: Ref<SecretArn>,
    /// The function that makes, sets, tests and finishes a new version.
    #[attribute(update, loose, ready)]
    pub function: Ref<LambdaFunctionArn>,
    /// Days between two rotations, 1 to 1000.
    #[attribute(update)]
    pub days: u32,
}

/// What a rotation gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SecretRotationOutputs {
    /// The secret's ARN and `/rotation`.
    pub id: Id<SecretRotationId>,
}

impl Lifecycle for SecretRotation {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let arns: Vec<&str> = match which {
            // Its secret says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(ids) => ids.iter().map(|id| secret_of(id)).collect(),
            Query::Under(secrets) => secrets.iter().map(|secret| secret.id.as_str()).collect(),
        };
        let names = arns.iter().map(|arn| secret_listing::name_in(arn));
        let secrets = secret_listing::described(aws, names).await?;
        let of_these = secrets
            .into_iter()
            .filter(|secret| arns.contains(&secret.arn.as_str()));
        Ok(of_these.filter_map(read).collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SecretRotationOutputs, Fault> {
        match rotate(aws, want, Some(&mark.token)).await {
            Err(fault) if is_under_way(&fault) => {
                forget_pending(aws, want.known(&want.secret)).await?;
                Err(fault)
            }
            done => done,
        }
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        _found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<SecretRotationOutputs, Fault> {
        rotate(aws, want, None).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.secrets
            .cancel_rotate_secret()
            .secret_id(secret_of(&found.id))
            .send()
            .await
            .at("secretsmanager:CancelRotateSecret")?;
        Ok(())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        let now = DateTime::from(SystemTime::now());
        Ok(match rotation_dates(aws, secret_of(&found.id)).await {
            Ok(dates) => health(dates, now),
            Err(fault) => unread(&found.state, &fault),
        })
    }
}

/// How a rotation with these dates is at this moment.
fn health(dates: RotationDates, now: DateTime) -> Health {
    let day = |moment: DateTime| {
        let text = moment.fmt(Format::DateTime).unwrap_or_default();
        text.split('T').next().unwrap_or_default().to_owned()
    };
    match (dates.enabled, dates.next) {
        (false, _) => ill("rotation is off", Vec::new()),
        (true, Some(next)) if next < now => {
            let last = dates.last.map_or_else(
                || "it was never renewed".to_owned(),
                |last| format!("it was renewed last on {}", day(last)),
            );
            ill(format!("overdue since {}", day(next)), vec![last])
        }
        (true, Some(next)) => Health::well(format!("due by {}", day(next))),
        (true, None) => Health::well("on"),
    }
}

fn read(secret: Listed) -> Option<Found<SecretRotation>> {
    let rotation = secret.rotation?;
    let outputs = outputs(&secret.arn);
    Some(Found {
        id: outputs.id.as_str().to_owned(),
        attributes: SecretRotation {
            secret: Ref::known(secret.arn),
            function: Ref::known(rotation.function),
            days: u32::try_from(rotation.after_days).unwrap_or_default(),
        },
        outputs,
        tags: Tags::new(),
        state: State::Ready,
    })
}

/// The secret's ARN in the identifier of its rotation.
fn secret_of(id: &str) -> &str {
    id.strip_suffix(SUFFIX).unwrap_or(id)
}

fn outputs(secret: &str) -> SecretRotationOutputs {
    SecretRotationOutputs {
        id: format!("{secret}{SUFFIX}").into(),
    }
}

/// Turns rotation on, without rotating now.
async fn rotate(
    aws: &Clients,
    want: &Resolved<SecretRotation>,
    token: Option<&String>,
) -> Result<SecretRotationOutputs, Fault> {
    let secret = want.known(&want.secret);
    let rules = RotationRulesType::builder()
        .automatically_after_days(want.days.into())
        .build();
    let turned_on = aws
        .secrets
        .rotate_secret()
        .secret_id(secret)
        .rotation_lambda_arn(want.known(&want.function))
        .rotation_rules(rules)
        .rotate_immediately(false)
        .set_client_request_token(token.cloned())
        .send()
        .await
        .at(ROTATE);
    turned_on.map_err(classified)?;
    Ok(outputs(secret))
}

/// AWS refuses with the same code what the function's role, just made, is not known for yet
/// everywhere, and what a pending version stands in the way of.
fn classified(fault: Fault) -> Fault {
    if fault.code != "InvalidRequestException" {
        return fault;
    }
    if is_under_way(&fault) {
        let message = format!(
            "{}; once it has failed for good, `aws secretsmanager update-secret-version-stage \
             --version-stage AWSPENDING --remove-from-version-id ...` takes it back",
            fault.message
        );
        return Fault {
            class: FaultClass::Conflict,
            message,
            ..fault
        };
    }
    Fault {
        class: FaultClass::NotYet,
        ..fault
    }
}

/// A version is pending, from a rotation that goes on or from one that was given up.
fn is_under_way(fault: &Fault) -> bool {
    fault.code == "InvalidRequestException"
        && ["previous rotation", "in progress"]
            .iter()
            .any(|text| fault.message.contains(text))
}

/// Takes back a pending version, which only a rotation that was given up can have left while
/// rotation is off: otherwise no rotation ever starts again (RotateSecret in the API reference).
async fn forget_pending(aws: &Clients, secret: &str) -> Result<(), Fault> {
    let found = secret_listing::describe(aws, secret).await?;
    let Some(found) = found.filter(|found| found.rotation_enabled != Some(true)) else {
        return Ok(());
    };
    let versions = found.version_ids_to_stages.unwrap_or_default();
    let left = versions
        .into_iter()
        .filter(|(_, labels)| !labels.iter().any(|label| label == CURRENT));
    secret_listing::take_back_pending(aws, secret, left).await
}

#[cfg(test)]
#[path = "secret_rotation_tests.rs"]
mod tests;
