//! The page that lists the permissions of whoever runs qpiac, from what the kinds declare.
//!
//! May depend on `model`. Invariant: an operation that no kind declares is not allowed here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::Schema;

/// What every run calls, whatever the stack.
const ALWAYS: [&str; 1] = ["sts:GetCallerIdentity"];
/// Reads a secret in plain, and so is allowed for as few as possible.
const GET_SECRET: &str = "secretsmanager:GetSecretValue";
/// Hands a role to a service.
const PASS_ROLE: &str = "iam:PassRole";
/// Makes the role of an AWS service, which bears a name of AWS's.
const LINKED_ROLE: &str = "iam:CreateServiceLinkedRole";
/// The services that get roles.
const SERVICES: [&str; 2] = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"];

/// The page, in Markdown; `verify` is what the command of that name calls beside the reads of the
/// kinds.
pub fn permissions(schemas: &[&Schema], verify: &[&'static str]) -> String {
    let read = actions(schemas, |schema| {
        vec![schema.operations.find, schema.operations.explain]
    });
    let plain_read: BTreeSet<&str> = read.iter().copied().filter(|a| *a != GET_SECRET).collect();
    let change = actions(schemas, |schema| {
        let operations = &schema.operations;
        vec![operations.create, operations.update, operations.delete]
    });
    let change: BTreeSet<&str> = change.difference(&read).copied().collect();
    let verify: BTreeSet<&str> = verify.iter().copied().collect();
    let verify: BTreeSet<&str> = verify.difference(&read).copied().collect();
    format!(
        "# Permissions\n\nWhat IAM must allow whoever runs qpiac. `plan`, `status` and `output` need \
         the first policy, `apply` and `destroy` the second one too, `verify` the first and the \
         last. The calls behind each action are in the \
         [reference of the kinds](reference/kinds.md).\n\n\
         Put your account's number for `123456789012`, the name of the stack for `STACK`, and the \
         secret of `cdn.auth` for `AUTH`.\n\n\
         ## Reading: `plan`, `status`, `output`\n\nThe value of one secret is read, to compare it with what CloudFront \
         sends and the load balancer asks for; without that right the two are compared with each \
         other, and qpiac says so.\n\n```json\n{}\n```\n\n\
         ## Changing: `apply` and `destroy`\n\nOnly the stack's own roles can be made, and handed \
         to tasks and functions alone.\n\n```json\n{}\n```\n\n\
         ## Trying out: `verify`\n\nThe secrets of the reference application are read, to log in \
         and to make tokens that must be refused.\n\n```json\n{}\n```\n",
        policy(&[
            allow(&plain_read, &json!("*")),
            allow(&BTreeSet::from([GET_SECRET]), &secret("AUTH")),
        ]),
        policy(&statements(&change)),
        policy(&[
            allow(&verify, &json!("*")),
            allow(&BTreeSet::from([GET_SECRET]), &secret("*")),
        ]),
    )
}

fn actions(
    schemas: &[&Schema],
    of: impl Fn(&Schema) -> Vec<&'static [&'static str]>,
) -> BTreeSet<&'static str> {
    schemas
        .iter()
        .flat_map(|schema| of(schema))
        .flatten()
        .copied()
        .chain(ALWAYS)
        .collect()
}

/// Roles are limited to the stack's own; IAM lets few other actions be limited by name.
fn statements(change: &BTreeSet<&'static str>) -> Vec<Value> {
    let is_role = |action: &&&str| action.starts_with("iam:") && action.contains("Role");
    let is_apart = |action: &&&str| [LINKED_ROLE, PASS_ROLE].contains(*action);
    let (roles, others): (BTreeSet<&str>, BTreeSet<&str>) = change
        .iter()
        .filter(|action| !is_apart(action))
        .partition(|action| is_role(action));
    let mut statements = vec![allow(&others, &json!("*"))];
    statements.push(allow(
        &roles,
        &json!("arn:aws:iam::123456789012:role/STACK-*"),
    ));
    statements.push(json!({
        "Effect": "Allow",
        "Action": PASS_ROLE,
        "Resource": "arn:aws:iam::123456789012:role/STACK-*",
        "Condition": { "StringEquals": { "iam:PassedToService": SERVICES } },
    }));
    if change.contains(LINKED_ROLE) {
        statements.push(json!({
            "Effect": "Allow",
            "Action": LINKED_ROLE,
            "Resource": "arn:aws:iam::*:role/aws-service-role/*",
        }));
    }
    statements
}

fn allow(actions: &BTreeSet<&str>, resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// The secrets of the stack with this name; AWS adds six letters to it.
fn secret(name: &str) -> Value {
    format!("arn:aws:secretsmanager:*:123456789012:secret:STACK/{name}-??????").into()
}

fn policy(statements: &[Value]) -> String {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}
