//! The parts that policies of roles are made of.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a statement names its resources.

use std::collections::BTreeMap;

use crate::model::{Document, PolicyDocument, Ref, Text};
use crate::resources::{IamRole, LogGroupArn, SecretArn};
use crate::spec::resolved::Permissions;

/// The name of the policy that a role has of its own.
const POLICY: &str = "qpiac";

/// A role that a service of AWS may take on.
pub(super) fn role(
    name: String,
    service: &str,
    statements: Vec<Document>,
    permissions: &Permissions,
) -> IamRole {
    let mut statements = statements;
    statements.extend(own_statements(permissions));
    let mut inline_policies = BTreeMap::new();
    if !statements.is_empty() {
        let policy = PolicyDocument::of_statements(statements);
        inline_policies.insert(POLICY.to_owned(), policy);
    }
    IamRole {
        name,
        assume_role_policy: trust(service),
        inline_policies,
        managed_policy_arns: permissions
            .managed
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

/// A service of AWS may take on the role.
fn trust(service: &str) -> PolicyDocument {
    PolicyDocument::of_statements(vec![Document::object([
        ("Effect", Document::from("Allow")),
        (
            "Principal",
            Document::object([("Service", Document::from(service))]),
        ),
        ("Action", Document::from("sts:AssumeRole")),
    ])])
}

/// These actions on these resources.
pub(super) fn allow(actions: &[&str], resources: Vec<Document>) -> Document {
    let actions = actions.iter().map(|action| Document::from(*action));
    Document::object([
        ("Effect", Document::from("Allow")),
        ("Action", Document::List(actions.collect())),
        ("Resource", Document::List(resources)),
    ])
}

/// Writing to a log group that is there.
pub(super) fn write_logs(log_group: &Ref<LogGroupArn>) -> Document {
    let streams = Text::from(log_group).then(":log-stream:*");
    allow(
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        vec![Document::from(streams)],
    )
}

/// Reading the values of these secrets; nothing where there are none.
pub(super) fn read_secrets<'a>(
    secrets: impl IntoIterator<Item = &'a Ref<SecretArn>>,
) -> Option<Document> {
    let arns: Vec<Document> = secrets
        .into_iter()
        .map(|arn| Document::from(Text::from(arn)))
        .collect();
    (!arns.is_empty()).then(|| allow(&["secretsmanager:GetSecretValue"], arns))
}

/// The user's own statements.
fn own_statements(permissions: &Permissions) -> impl Iterator<Item = Document> {
    permissions.statements.iter().map(|statement| {
        let actions: Vec<&str> = statement.actions.iter().map(|a| a.as_str()).collect();
        let resources = statement.resources.iter();
        allow(
            &actions,
            resources.map(|r| Document::from(r.as_str())).collect(),
        )
    })
}
