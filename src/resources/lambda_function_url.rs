//! The URL of a Lambda function: a child of the function.
//!
//! Recognised by its function, which has at most one, so a repeated create makes no second one. The
//! two statements that let anybody use it are permissions of their own.

use aws_sdk_lambda::types::FunctionUrlAuthType;
use futures::future::try_join_all;

use super::lambda_function::LambdaFunctionArn;
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, if_present};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies the URL of a function.
    LambdaFunctionUrlId = "lambda-function-url", "{function.arn}/url";
    /// The address at which a function is called.
    LambdaFunctionUrlAddress = "lambda-function-url-address",
        "https://################################.lambda-url.{region}.on.aws/";
}

/// What the identifier adds to the function's ARN.
const SUFFIX: &str = "/url";

/// An HTTPS address at which a function is called.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "lambda-function-url",
    outputs = LambdaFunctionUrlOutputs,
    replacement = "delete-first",
    outage = "its address answers nobody, and the new address may be another",
    parent = "function",
    find = "lambda:GetFunctionUrlConfig",
    create = "lambda:CreateFunctionUrlConfig",
    update = "lambda:UpdateFunctionUrlConfig",
    delete = "lambda:DeleteFunctionUrlConfig"
)]
pub struct LambdaFunctionUrl {
    /// The function.
    #[attribute(replace, ready)]
    pub function: Ref<LambdaFunctionArn>,
    /// Who may call: whoever IAM lets, or anybody.
    #[attribute(update)]
    pub auth_type: UrlAuthType,
}

/// Who may call a function by its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum UrlAuthType {
    /// Whoever signs the request and is allowed to.
    #[field("AWS_IAM")]
    Iam,
    /// Anybody whom the function's policy lets.
    #[field("NONE")]
    None,
}

impl UrlAuthType {
    /// The same as calls take it.
    pub(super) fn to_sdk(self) -> FunctionUrlAuthType {
        match self {
            Self::Iam => FunctionUrlAuthType::AwsIam,
            Self::None => FunctionUrlAuthType::None,
        }
    }
}

/// What a function's URL gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct LambdaFunctionUrlOutputs {
    /// The function's ARN and `/url`.
    pub id: Id<LambdaFunctionUrlId>,
    /// The address, with a slash at its end.
    pub url: Id<LambdaFunctionUrlAddress>,
}

impl Lifecycle for LambdaFunctionUrl {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let functions: Vec<&str> = match which {
            // Its function says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(ids) => ids.iter().map(|id| function_of(id)).collect(),
            Query::Under(functions) => functions.iter().map(|one| one.id.as_str()).collect(),
        };
        let reads = functions.into_iter().map(|function| read(aws, function));
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<LambdaFunctionUrlOutputs, Fault> {
        let function = want.known(&want.function);
        let reply = aws
            .lambda
            .create_function_url_config()
            .function_name(function)
            .auth_type(want.auth_type.to_sdk())
            .send()
            .await
            .at("lambda:CreateFunctionUrlConfig")?;
        Ok(outputs(function, reply.function_url))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<LambdaFunctionUrlOutputs, Fault> {
        aws.lambda
            .update_function_url_config()
            .function_name(want.known(&want.function))
            .auth_type(want.auth_type.to_sdk())
            .send()
            .await
            .at("lambda:UpdateFunctionUrlConfig")?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.lambda
            .delete_function_url_config()
            .function_name(function_of(&found.id))
            .send()
            .await
            .at("lambda:DeleteFunctionUrlConfig")?;
        Ok(())
    }
}

async fn read(aws: &Clients, function: &str) -> Result<Option<Found<LambdaFunctionUrl>>, Fault> {
    let reply = aws
        .lambda
        .get_function_url_config()
        .function_name(function)
        .send()
        .await
        .at("lambda:GetFunctionUrlConfig");
    let found = if_present(reply)?.map(|reply| {
        let outputs = outputs(function, reply.function_url);
        Found {
            id: outputs.id.as_str().to_owned(),
            attributes: LambdaFunctionUrl {
                function: Ref::known(function),
                auth_type: match reply.auth_type {
                    FunctionUrlAuthType::AwsIam => UrlAuthType::Iam,
                    _ => UrlAuthType::None,
                },
            },
            outputs,
            tags: Tags::new(),
            state: State::Ready,
        }
    });
    Ok(found)
}

/// The function's ARN in the identifier of its URL.
fn function_of(id: &str) -> &str {
    id.strip_suffix(SUFFIX).unwrap_or(id)
}

fn outputs(function: &str, url: String) -> LambdaFunctionUrlOutputs {
    LambdaFunctionUrlOutputs {
        id: format!("{function}{SUFFIX}").into(),
        url: url.into(),
    }
}
