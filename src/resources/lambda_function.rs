//! The Lambda function.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create makes no second one. Its code is told by the digest of its zip, as
//! Lambda gives it; code and configuration change in two calls, each made only where AWS holds
//! something else, so that a repeated change is none.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    self as sdk, FunctionCode, FunctionConfiguration, LastUpdateStatus, LogFormat, LoggingConfig,
};
use aws_smithy_types::Blob;
use futures::future::try_join_all;

use super::health::{count, ill, not_readable};
use super::iam_role::IamRoleArn;
use super::lifecycle::{Lifecycle, Mark};
use super::log_group::LogGroupName;
use crate::aws::{Call, Clients, facts, if_present, required};
use crate::classes;
use crate::engine::{Health, Wellness};
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Owner, Query, Ref, Resolved, State, TagChange, Text,
};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a function.
    LambdaFunctionArn = "lambda-function", "arn:aws:lambda:{region}:{account}:function:{name}";
    /// The name of a function.
    LambdaFunctionName = "lambda-function-name", "{name}";
}

const LIST: &str = "lambda:ListFunctions";
const GET: &str = "lambda:GetFunction";
const CREATE: &str = "lambda:CreateFunction";
/// How far back failed calls count, in seconds.
const HEALTH_WINDOW_S: u64 = 3600;
/// How many lines of the log are shown that tell of failures.
const HEALTH_LINES: i32 = 5;

/// Code that AWS runs when it is called.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "lambda-function",
    outputs = LambdaFunctionOutputs,
    replacement = "delete-first",
    outage = "it cannot be invoked",
    named = "name",
    find = "lambda:ListFunctions, lambda:GetFunction",
    explain = "cloudwatch:GetMetricData, logs:FilterLogEvents",
    create = "lambda:CreateFunction, lambda:TagResource, iam:PassRole",
    update = "lambda:UpdateFunctionCode, lambda:UpdateFunctionConfiguration, iam:PassRole, \
              lambda:TagResource, lambda:UntagResource, lambda:GetFunction",
    delete = "lambda:DeleteFunction",
    wait_create = "10..600",
    wait_update = "10..600"
)]
pub struct LambdaFunction {
    /// Its name, at most 64 characters.
    #[attribute(replace)]
    pub name: String,
    /// What it is for, at most 256 characters.
    #[attribute(update)]
    pub description: String,
    /// What runs the code, such as `python3.13`.
    #[attribute(update)]
    pub runtime: String,
    /// What is called in the code, such as `rotation.handler`.
    #[attribute(update)]
    pub handler: String,
    /// The role that it has.
    #[attribute(update, loose)]
    pub role: Ref<IamRoleArn>,
    /// The SHA-256 of the zip with its code, in base64.
    #[attribute(update)]
    pub code_sha256: String,
    /// The processors that it runs on.
    #[attribute(update)]
    pub architecture: LambdaArchitecture,
    /// Memory in MiB, 128 to 10240.
    #[attribute(update)]
    pub memory: u32,
    /// Seconds after which a call is given up, 1 to 900.
    #[attribute(update)]
    pub timeout_s: u32,
    /// Environment variables by name.
    #[attribute(update, loose, mentions)]
    pub environment: BTreeMap<String, Text>,
    /// Where its log lines go.
    #[attribute(update, loose)]
    pub log_group: Ref<LogGroupName>,
}

/// Processors that functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum LambdaArchitecture {
    /// Intel and AMD, 64 bits.
    #[field("x86_64")]
    X86,
    /// ARM, 64 bits.
    #[field("arm64")]
    Arm,
}

impl LambdaArchitecture {
    fn to_sdk(self) -> sdk::Architecture {
        match self {
            Self::X86 => sdk::Architecture::X8664,
            Self::Arm => sdk::Architecture::Arm64,
        }
    }
}

/// What a function gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct LambdaFunctionOutputs {
    /// The function's ARN, without a version.
    pub arn: Id<LambdaFunctionArn>,
    /// The function's name.
    #[output(from = "name")]
    pub name: Id<LambdaFunctionName>,
}

impl Lifecycle for LambdaFunction {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, names } => find_owned(aws, owner, names).await,
            Query::Ids(arns) => read_all(aws, arns).await,
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<LambdaFunctionOutputs, Fault> {
        let reply = aws
            .lambda
            .create_function()
            .function_name(&want.name)
            .description(&want.description)
            .runtime(want.runtime.as_str().into())
            .handler(&want.handler)
            .role(want.known(&want.role))
            .code(FunctionCode::builder().zip_file(zip(aws, want)?).build())
            .architectures(want.architecture.to_sdk())
            .memory_size(number(want.memory))
            .timeout(number(want.timeout_s))
            .environment(environment(want))
            .logging_config(logging(want))
            .set_tags(Some(mark.tags.clone().into_iter().collect()))
            .send()
            .await
            .at(CREATE)?;
        let arn = required(CREATE, "the function's ARN", reply.function_arn)?;
        Ok(outputs(arn, &want.name))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<LambdaFunctionOutputs, Fault> {
        let live = read_all(aws, std::slice::from_ref(&found.id)).await?;
        let missing = || Fault::own(FaultClass::Missing, GET, "the function is gone");
        let live = live.into_iter().next().ok_or_else(missing)?.attributes;
        if live.code_sha256 != want.code_sha256 || live.architecture != want.architecture {
            update_code(aws, want, &found.id).await?;
        }
        if is_configured_otherwise(&live, want) {
            update_configuration(aws, want, &found.id).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        if !tags.set.is_empty() {
            aws.lambda
                .tag_resource()
                .resource(&found.id)
                .set_tags(Some(tags.set.clone().into_iter().collect()))
                .send()
                .await
                .at("lambda:TagResource")?;
        }
        if !tags.remove.is_empty() {
            aws.lambda
                .untag_resource()
                .resource(&found.id)
                .set_tag_keys(Some(tags.remove.clone()))
                .send()
                .await
                .at("lambda:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.lambda
            .delete_function()
            .function_name(found.id)
            .send()
            .await
            .at("lambda:DeleteFunction")?;
        Ok(())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        if found.state != State::Ready {
            return Ok(Health::of_state(&found.state));
        }
        let name = &found.attributes.name;
        let calls = match facts::calls_of(aws, name, HEALTH_WINDOW_S).await {
            Ok(calls) => calls,
            Err(fault) => {
                let mut health = Health::of_state(&found.state);
                health.reasons.extend(not_readable(&fault));
                return Ok(health);
            }
        };
        let all = count(calls.all, "call", "calls");
        Ok(match (calls.all, calls.failed) {
            (0, 0) => Health::well("not called in the last hour"),
            (_, 0) => Health::well(format!("{all} in the last hour")),
            (_, failed) => {
                let summary = format!("{failed} of {all} in the last hour failed");
                let mut health = ill(summary, said(aws, &found.attributes).await);
                if !calls.fails_now {
                    health.wellness = Wellness::Well;
                }
                health
            }
        })
    }
}

/// What a function's log says of its failures in the last hour.
async fn said(aws: &Clients, function: &LambdaFunction) -> Vec<String> {
    let group = function.log_group.id().unwrap_or_default();
    let since = SystemTime::now() - Duration::from_secs(HEALTH_WINDOW_S);
    match facts::failures(aws, group, since.into(), HEALTH_LINES).await {
        Ok(lines) => lines.into_iter().map(|line| format!("| {line}")).collect(),
        Err(fault) => not_readable(&fault),
    }
}

/// The API lists by nothing but pages, and without states and tags.
async fn find_owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<LambdaFunction>>, Fault> {
    let own = format!("{}-", owner.stack);
    let listed = aws
        .lambda
        .list_functions()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at(LIST)?;
    let candidates: Vec<String> = listed
        .into_iter()
        .filter_map(|function| function.function_name)
        .filter(|name| name.starts_with(&own) || names.contains(name))
        .collect();
    let mut found = read_all(aws, &candidates).await?;
    found.retain(|one| owner.owns(&one.tags) || names.contains(&one.attributes.name));
    Ok(found)
}

/// The functions with these names or ARNs, without those that are not there.
async fn read_all(aws: &Clients, ids: &[String]) -> Result<Vec<Found<LambdaFunction>>, Fault> {
    let reads = ids.iter().map(|id| async move {
        let reply = aws.lambda.get_function().function_name(id).send().await;
        if_present(reply.at(GET))?.map(read).transpose()
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

fn read(reply: GetFunctionOutput) -> Result<Found<LambdaFunction>, Fault> {
    let tags = reply.tags.unwrap_or_default();
    let function = required(GET, "the function's configuration", reply.configuration)?;
    let arn = required(GET, "the function's ARN", function.function_arn.clone())?;
    let name = required(GET, "the function's name", function.function_name.clone())?;
    Ok(Found {
        state: state(&function),
        attributes: attributes(name.clone(), function),
        outputs: outputs(arn.clone(), &name),
        tags: tags
            .into_iter()
            .filter(|(key, _)| !key.starts_with("aws:"))
            .collect(),
        id: arn,
    })
}

fn attributes(name: String, function: FunctionConfiguration) -> LambdaFunction {
    let is_arm = function.architectures().contains(&sdk::Architecture::Arm64);
    let environment = function
        .environment
        .and_then(|e| e.variables)
        .unwrap_or_default();
    let log_group = function
        .logging_config
        .and_then(|logging| logging.log_group);
    let count = |number: Option<i32>| number.unwrap_or_default().unsigned_abs();
    LambdaFunction {
        description: function.description.unwrap_or_default(),
        runtime: function
            .runtime
            .map(|r| r.as_str().to_owned())
            .unwrap_or_default(),
        handler: function.handler.unwrap_or_default(),
        role: Ref::known(function.role.unwrap_or_default()),
        code_sha256: function.code_sha256.unwrap_or_default(),
        architecture: if is_arm {
            LambdaArchitecture::Arm
        } else {
            LambdaArchitecture::X86
        },
        memory: count(function.memory_size),
        timeout_s: count(function.timeout),
        environment: environment
            .into_iter()
            .map(|(key, text)| (key, text.into()))
            .collect(),
        // Where Lambda writes unless it is told otherwise.
        log_group: Ref::known(log_group.unwrap_or_else(|| format!("/aws/lambda/{name}"))),
        name,
    }
}

fn state(function: &FunctionConfiguration) -> State {
    let why = |code: Option<&str>, reason: Option<&str>| match (code, reason) {
        (Some(code), Some(reason)) => format!("{code}: {reason}"),
        (one, other) => one.or(other).unwrap_or("AWS gives no reason").to_owned(),
    };
    let reason = || {
        let code = function
            .state_reason_code
            .as_ref()
            .map(sdk::StateReasonCode::as_str);
        why(code, function.state_reason())
    };
    let update = || {
        let code = function.last_update_status_reason_code.as_ref();
        why(
            code.map(|code| code.as_str()),
            function.last_update_status_reason(),
        )
    };
    match (&function.state, &function.last_update_status) {
        (Some(sdk::State::Deleting), _) => State::Leaving,
        (Some(sdk::State::Failed), _) => State::Broken(reason()),
        (Some(sdk::State::Pending), _) => State::Busy(format!("Pending: {}", reason())),
        (_, Some(LastUpdateStatus::Failed)) => State::Broken(format!("update: {}", update())),
        (_, Some(LastUpdateStatus::InProgress)) => State::Busy("update in progress".to_owned()),
        // Whatever is inactive wakes up when it is called.
        (_, _) => State::Ready,
    }
}

fn outputs(arn: String, name: &str) -> LambdaFunctionOutputs {
    LambdaFunctionOutputs {
        arn: arn.into(),
        name: name.to_owned().into(),
    }
}

/// Whether something differs that `UpdateFunctionConfiguration` sets.
fn is_configured_otherwise(live: &LambdaFunction, want: &LambdaFunction) -> bool {
    live.description != want.description
        || live.runtime != want.runtime
        || live.handler != want.handler
        || live.role != want.role
        || live.memory != want.memory
        || live.timeout_s != want.timeout_s
        || live.environment != want.environment
        || live.log_group != want.log_group
}

async fn update_code(
    aws: &Clients,
    want: &Resolved<LambdaFunction>,
    arn: &str,
) -> Result<(), Fault> {
    aws.lambda
        .update_function_code()
        .function_name(arn)
        .zip_file(zip(aws, want)?)
        .architectures(want.architecture.to_sdk())
        .send()
        .await
        .at("lambda:UpdateFunctionCode")?;
    Ok(())
}

async fn update_configuration(
    aws: &Clients,
    want: &Resolved<LambdaFunction>,
    arn: &str,
) -> Result<(), Fault> {
    aws.lambda
        .update_function_configuration()
        .function_name(arn)
        .description(&want.description)
        .runtime(want.runtime.as_str().into())
        .handler(&want.handler)
        .role(want.known(&want.role))
        .memory_size(number(want.memory))
        .timeout(number(want.timeout_s))
        .environment(environment(want))
        .logging_config(logging(want))
        .send()
        .await
        .at("lambda:UpdateFunctionConfiguration")?;
    Ok(())
}

/// The zip that the digest of the code stands for.
fn zip(aws: &Clients, want: &LambdaFunction) -> Result<Blob, Fault> {
    let bytes = aws.contents().bytes(&want.code_sha256).ok_or_else(|| {
        let message = format!(
            "the code with the digest {} is not at hand",
            want.code_sha256
        );
        Fault::own(FaultClass::Rejected, CREATE, message)
    })?;
    Ok(Blob::new(bytes.to_vec()))
}

fn environment(want: &Resolved<LambdaFunction>) -> sdk::Environment {
    let variables = want
        .environment
        .iter()
        .map(|(key, text)| (key.clone(), want.text(text)));
    sdk::Environment::builder()
        .set_variables(Some(variables.collect()))
        .build()
}

fn logging(want: &Resolved<LambdaFunction>) -> LoggingConfig {
    LoggingConfig::builder()
        .log_format(LogFormat::Text)
        .log_group(want.known(&want.log_group))
        .build()
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "lambda_function_tests.rs"]
mod tests;
