//! A statement of a Lambda function's policy: a child of the function.
//!
//! Recognised by its function and the statement's id. Two statements of one function cannot have
//! the same id, so a repeated create makes no second one. Lambda loses statements that are added at
//! the same time, so changes are made one after another, and what was added is read back.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::Value as Json;

use super::lambda_function::LambdaFunctionArn;
use super::lambda_function_url::UrlAuthType;
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, if_present, required};
use crate::classes;
use crate::model::{Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags, Text};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a statement of a function's policy.
    LambdaPermissionId = "lambda-permission", "{function.arn}/{statement_id}";
}

const GET: &str = "lambda:GetPolicy";
const ADD: &str = "lambda:AddPermission";

/// Leave to call a function, or its URL.
#[derive(Clone, Debug, PartialEq, Eq, Resource)]
#[resource(
    kind = "lambda-permission",
    outputs = LambdaPermissionOutputs,
    replacement = "delete-first",
    outage = "whom it admits cannot invoke the function",
    parent = "function",
    key = "statement_id",
    serial,
    find = "lambda:GetPolicy",
    create = "lambda:AddPermission, lambda:GetPolicy",
    delete = "lambda:RemovePermission"
)]
pub struct LambdaPermission {
    /// The function.
    #[attribute(replace, ready)]
    pub function: Ref<LambdaFunctionArn>,
    /// The statement's id: letters, digits, `-` and `_`, at most 100.
    #[attribute(replace)]
    pub statement_id: String,
    /// What is allowed: `lambda:InvokeFunction` or `lambda:InvokeFunctionUrl`.
    #[attribute(replace)]
    pub action: String,
    /// Who may do it: a service such as `events.amazonaws.com`, an account's number, the ARN of a
    /// role, or `*`. Of a statement that cannot be made here, its whole text.
    #[attribute(replace)]
    pub principal: String,
    /// The ARN of what the service must act for.
    #[attribute(replace, loose)]
    pub source_arn: Option<Text>,
    /// The account's number of what the service must act for.
    #[attribute(replace)]
    pub source_account: Option<String>,
    /// How the function's URL must tell who calls.
    #[attribute(replace)]
    pub function_url_auth_type: Option<UrlAuthType>,
    /// Only for calls through the function's URL.
    #[attribute(replace)]
    pub invoked_via_function_url: bool,
}

/// What a permission gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct LambdaPermissionOutputs {
    /// The function's ARN, a slash and the statement's id.
    pub id: Id<LambdaPermissionId>,
}

impl Lifecycle for LambdaPermission {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let functions: BTreeSet<&str> = match which {
            // Its function says whose it is.
            Query::Owned { .. } => BTreeSet::new(),
            Query::Ids(ids) => ids
                .iter()
                .filter_map(|id| id.rsplit_once('/'))
                .map(|(f, _)| f)
                .collect(),
            Query::Under(functions) => functions.iter().map(|one| one.id.as_str()).collect(),
        };
        let reads = functions
            .into_iter()
            .map(|function| statements(aws, function));
        let mut found: Vec<_> = try_join_all(reads).await?.into_iter().flatten().collect();
        if let Query::Ids(ids) = which {
            found.retain(|one| ids.contains(&one.id));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<LambdaPermissionOutputs, Fault> {
        let function = want.known(&want.function);
        let added = aws
            .lambda
            .add_permission()
            .function_name(function)
            .statement_id(&want.statement_id)
            .action(&want.action)
            .principal(&want.principal)
            .set_source_arn(want.source_arn.as_ref().map(|arn| want.text(arn)))
            .set_source_account(want.source_account.clone())
            .set_function_url_auth_type(want.function_url_auth_type.map(UrlAuthType::to_sdk))
            .set_invoked_via_function_url(want.invoked_via_function_url.then_some(true))
            .send()
            .await
            .at(ADD);
        match added {
            Err(fault) if !is_there_already(&fault) => return Err(fault),
            // An earlier call may have added it whose reply was lost.
            Ok(_) | Err(_) => {}
        }
        let there = statements(aws, function).await?;
        let there = there
            .into_iter()
            .find(|one| one.attributes.statement_id == want.statement_id);
        match (there, added) {
            (Some(there), _) if there.attributes == **want => Ok(there.outputs),
            (Some(_), Err(fault)) => Err(fault),
            (Some(there), Ok(_)) => Err(read_otherwise(&there.attributes)),
            (None, _) => Err(Fault::own(
                FaultClass::NotYet,
                GET,
                format!(
                    "the statement {} was added and is not there",
                    want.statement_id
                ),
            )),
        }
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.lambda
            .remove_permission()
            .function_name(found.attributes.function.id().unwrap_or_default())
            .statement_id(found.attributes.statement_id)
            .send()
            .await
            .at("lambda:RemovePermission")?;
        Ok(())
    }
}

fn is_there_already(fault: &Fault) -> bool {
    fault.code == "ResourceConflictException" && fault.message.contains("already exist")
}

fn read_otherwise(there: &LambdaPermission) -> Fault {
    let message = format!("the statement was added and AWS answers with another: {there:?}");
    Fault::own(FaultClass::Rejected, GET, message)
}

/// The statements of a function's policy; none where it has no policy or is not there.
async fn statements(aws: &Clients, function: &str) -> Result<Vec<Found<LambdaPermission>>, Fault> {
    let reply = aws.lambda.get_policy().function_name(function).send().await;
    let Some(reply) = if_present(reply.at(GET))? else {
        return Ok(Vec::new());
    };
    let text = required(GET, "the function's policy", reply.policy)?;
    let policy: Json = serde_json::from_str(&text).map_err(|error| {
        let message = format!("AWS answered with a policy that is no JSON: {error}");
        Fault::own(FaultClass::Rejected, GET, message)
    })?;
    let statements = match policy.get("Statement") {
        Some(Json::Array(statements)) => statements.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    Ok(statements
        .iter()
        .map(|statement| found(function, statement))
        .collect())
}

fn found(function: &str, statement: &Json) -> Found<LambdaPermission> {
    let attributes = read(function, statement).unwrap_or_else(|| strange(function, statement));
    let id = format!("{function}/{}", attributes.statement_id);
    Found {
        outputs: LambdaPermissionOutputs {
            id: id.as_str().into(),
        },
        attributes,
        tags: Tags::new(),
        state: State::Ready,
        id,
    }
}

/// A statement as `AddPermission` makes it.
fn read(function: &str, statement: &Json) -> Option<LambdaPermission> {
    let mut permission = LambdaPermission {
        function: Ref::known(function),
        statement_id: text(statement, "Sid")?,
        action: text(statement, "Action")?,
        principal: principal(statement.get("Principal")?)?,
        source_arn: None,
        source_account: None,
        function_url_auth_type: None,
        invoked_via_function_url: false,
    };
    if text(statement, "Effect")? != "Allow" {
        return None;
    }
    let Some(conditions) = statement.get("Condition") else {
        return Some(permission);
    };
    for (operator, keys) in conditions.as_object()? {
        for (key, value) in keys.as_object()? {
            let value = word(value)?;
            match (operator.as_str(), key.to_ascii_lowercase().as_str()) {
                ("ArnLike" | "ArnEquals", "aws:sourcearn") => {
                    permission.source_arn = Some(value.into());
                }
                ("StringEquals", "aws:sourceaccount") => permission.source_account = Some(value),
                ("StringEquals", "lambda:functionurlauthtype") => {
                    permission.function_url_auth_type = Some(auth_type(&value)?);
                }
                ("Bool", "lambda:invokedviafunctionurl") => {
                    permission.invoked_via_function_url = value == "true";
                }
                (_, _) => return None,
            }
        }
    }
    Some(permission)
}

/// A statement that `AddPermission` does not make: it equals none that is wanted.
fn strange(function: &str, statement: &Json) -> LambdaPermission {
    LambdaPermission {
        function: Ref::known(function),
        statement_id: text(statement, "Sid").unwrap_or_default(),
        action: text(statement, "Action").unwrap_or_default(),
        principal: statement.to_string(),
        source_arn: None,
        source_account: None,
        function_url_auth_type: None,
        invoked_via_function_url: false,
    }
}

fn text(statement: &Json, member: &str) -> Option<String> {
    word(statement.get(member)?)
}

/// One word, which may stand alone in a list.
fn word(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Array(items) => match items.as_slice() {
            [one] => word(one),
            _ => None,
        },
        Json::Null | Json::Number(_) | Json::Object(_) => None,
    }
}

/// Who it is for. Lambda turns an account's number into the ARN of the account.
fn principal(principal: &Json) -> Option<String> {
    let Json::Object(members) = principal else {
        return word(principal);
    };
    let (kind, value) = members.iter().next().filter(|_| members.len() == 1)?;
    let value = word(value)?;
    match kind.as_str() {
        "AWS" => Some(match value.strip_suffix(":root") {
            Some(arn) => arn.rsplit(':').next()?.to_owned(),
            None => value,
        }),
        "Service" => Some(value),
        _ => None,
    }
}

fn auth_type(word: &str) -> Option<UrlAuthType> {
    match word {
        "AWS_IAM" => Some(UrlAuthType::Iam),
        "NONE" => Some(UrlAuthType::None),
        _ => None,
    }
}

#[cfg(test)]
#[path = "lambda_permission_tests.rs"]
mod tests;
