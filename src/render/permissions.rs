//! The page that lists the permissions of whoever runs qpiac, from what the kinds declare.
//!
//! May depend on `model`. Invariant: an operation that no kind declares is not allowed here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::Schema;

/// What every run calls, whatever the stack.
const ALWAYS: [&str; 1] = ["sts:GetCallerIdentity"];

/// The page, in Markdown; `verify` is what the command of that name calls beside the reads of the
/// kinds.
pub fn permissions(schemas: &[&Schema], verify: &[&'static str]) -> String {
    let read = actions(schemas, |schema| vec![schema.operations.find]);
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
         ## Reading: `plan`\n\n```json\n{}\n```\n\n\
         ## Changing: `apply` and `destroy`\n\nIn front of `role/`, put your account's number; after \
         it, the name of the stack, so that only the stack's roles can be made and handed to \
         tasks.\n\n```json\n{}\n```\n\n\
         ## Trying out: `verify`\n\nThe values of the secrets that the reference application's \
         password and tokens come from are read under the first policy, and never \
         shown.\n\n```json\n{}\n```\n",
        text(&json!({ "Version": "2012-10-17", "Statement": [allow(&read, &json!("*"))] })),
        text(&json!({ "Version": "2012-10-17", "Statement": statements(&change) })),
        text(&json!({ "Version": "2012-10-17", "Statement": [allow(&verify, &json!("*"))] })),
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
    let is_linked = |action: &&&str| **action == "iam:CreateServiceLinkedRole";
    let (roles, others): (BTreeSet<&str>, BTreeSet<&str>) = change
        .iter()
        .filter(|action| !is_linked(action))
        .partition(|action| is_role(action));
    let mut statements = vec![allow(&others, &json!("*"))];
    statements.push(allow(
        &roles,
        &json!("arn:aws:iam::123456789012:role/STACK-*"),
    ));
    statements.push(json!({
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::123456789012:role/STACK-*",
        "Condition": { "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    }));
    if change.contains("iam:CreateServiceLinkedRole") {
        statements.push(json!({
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": "arn:aws:iam::*:role/aws-service-role/*",
        }));
    }
    statements
}

fn allow(actions: &BTreeSet<&str>, resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn text(policy: &Value) -> String {
    serde_json::to_string_pretty(policy).unwrap_or_default()
}
