//! Checks of what tasks and functions may do on AWS.
//!
//! Depends on the sections of the spec. Invariant: see the parent module.

use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::PolicyArn;
use crate::spec::reader::{Reader, Spanned};
use crate::spec::resolved::{Permissions, Statement};
use crate::spec::sections::service::{Policy, StatementSection};

/// Managed policies that IAM admits on one role.
const MANAGED_LIMIT: usize = 10;

pub(super) fn permissions(
    policies: &Spanned<Vec<Spanned<Policy>>>,
    reader: &mut Reader,
) -> Permissions {
    let mut managed: Vec<&Spanned<Policy>> = Vec::new();
    let mut permissions = Permissions::default();
    for policy in &policies.value {
        match &policy.value {
            Policy::Managed(arn) => {
                check_managed(policy, arn, &managed, reader);
                managed.push(policy);
                permissions.managed.push(arn.clone());
            }
            Policy::Statement(body) => {
                check_statement(policy, body, reader);
                permissions.statements.push(Statement {
                    actions: body
                        .actions
                        .value
                        .0
                        .iter()
                        .map(|it| it.value.clone())
                        .collect(),
                    resources: body
                        .resources
                        .value
                        .0
                        .iter()
                        .map(|it| it.value.clone())
                        .collect(),
                });
            }
        }
    }
    permissions
}

fn check_managed(
    policy: &Spanned<Policy>,
    arn: &PolicyArn,
    before: &[&Spanned<Policy>],
    reader: &mut Reader,
) {
    let same = before
        .iter()
        .find(|it| matches!(&it.value, Policy::Managed(other) if other == arn));
    if let Some(first) = same {
        reader.report(
            Diagnostic::error(policy.span, "this policy stands twice")
                .expected("each policy once")
                .hint("remove one of them")
                .related(first.span, "first here"),
        );
    } else if before.len() == MANAGED_LIMIT {
        reader.report(
            Diagnostic::error(policy.span, "too many managed policies")
                .expected(format!("at most {MANAGED_LIMIT}, the limit of a role"))
                .hint("write what is needed as statements: { actions: ..., resources: ... }"),
        );
    }
}

fn check_statement(policy: &Spanned<Policy>, body: &StatementSection, reader: &mut Reader) {
    let every_action = body
        .actions
        .value
        .0
        .iter()
        .find(|it| it.value.as_str() == "*");
    let every_resource = body
        .resources
        .value
        .0
        .iter()
        .any(|it| it.value.as_str() == "*");
    if let (Some(action), true, false) = (every_action, every_resource, policy.is_broken()) {
        reader.report(
            Diagnostic::warning(action.span, "this allows everything in the account")
                .expected("the actions and resources that are needed")
                .hint("for example { actions: s3:GetObject, resources: \"arn:aws:s3:::shop-images/*\" }"),
        );
    }
}
