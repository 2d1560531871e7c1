//! The two roles of a service: what ECS may do to start its tasks, and what the tasks may do.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a role allows what its service needs
//! and names the resources that it is for, wherever IAM lets it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Document, Graph, PolicyDocument, Ref, Text};
use crate::resources::{IamRole, IamRoleArn, LogGroupArn};
use crate::spec::leaf::ImageReference;
use crate::spec::resolved::Service;
use crate::spec::{Spec, names};

/// The roles of a service.
pub(super) struct Roles {
    /// What ECS uses to start tasks.
    pub(super) execution: Ref<IamRoleArn>,
    /// What tasks have themselves.
    pub(super) task: Ref<IamRoleArn>,
}

pub(super) fn add(
    graph: &mut Graph,
    spec: &Spec,
    service: &Service,
    log_group: &Ref<LogGroupArn>,
) -> Roles {
    let execution = role(
        names::execution_role(&spec.stack, &service.name, &spec.region),
        execution_policy(&service.image, log_group),
        BTreeSet::new(),
    );
    let task = role(
        names::task_role(&spec.stack, &service.name, &spec.region),
        task_policy(service),
        service
            .permissions
            .managed
            .iter()
            .map(ToString::to_string)
            .collect(),
    );
    Roles {
        execution: graph
            .add(format!("{}-execution", service.name), &execution)
            .arn,
        task: graph.add(format!("{}-task", service.name), &task).arn,
    }
}

fn role(name: String, statements: Vec<Document>, managed_policy_arns: BTreeSet<String>) -> IamRole {
    let mut inline_policies = BTreeMap::new();
    if !statements.is_empty() {
        inline_policies.insert(
            "qpiac".to_owned(),
            PolicyDocument::of_statements(statements),
        );
    }
    IamRole {
        name,
        assume_role_policy: trust(),
        inline_policies,
        managed_policy_arns,
    }
}

/// ECS may take on the role for tasks.
fn trust() -> PolicyDocument {
    PolicyDocument::of_statements(vec![Document::object([
        ("Effect", Document::from("Allow")),
        (
            "Principal",
            Document::object([("Service", Document::from("ecs-tasks.amazonaws.com"))]),
        ),
        ("Action", Document::from("sts:AssumeRole")),
    ])])
}

fn allow(actions: &[&str], resources: Vec<Document>) -> Document {
    Document::object([
        ("Effect", Document::from("Allow")),
        (
            "Action",
            Document::List(
                actions
                    .iter()
                    .map(|action| Document::from(*action))
                    .collect(),
            ),
        ),
        ("Resource", Document::List(resources)),
    ])
}

/// Writing the service's log, and pulling its image where that lies in ECR.
fn execution_policy(image: &ImageReference, log_group: &Ref<LogGroupArn>) -> Vec<Document> {
    let streams = Text::from(log_group).then(":log-stream:*");
    let mut statements = vec![allow(
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        vec![Document::from(streams)],
    )];
    if let Some(repository) = repository_arn(image) {
        statements.push(allow(
            &["ecr:GetAuthorizationToken"],
            vec![Document::from("*")],
        ));
        statements.push(allow(
            &[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            vec![Document::from(repository.as_str())],
        ));
    }
    statements
}

/// The ARN of the repository of an image like `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`.
fn repository_arn(image: &ImageReference) -> Option<String> {
    if !image.is_ecr() {
        return None;
    }
    let (registry, path) = image.as_str().split_once('/')?;
    let name = path.split(['@', ':']).next()?;
    let mut parts = registry.split('.');
    let (account, region) = (parts.next()?, parts.nth(2)?);
    let partition = if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    };
    Some(format!(
        "arn:{partition}:ecr:{region}:{account}:repository/{name}"
    ))
}

/// The user's statements, and what a shell in a task needs where one is wanted.
fn task_policy(service: &Service) -> Vec<Document> {
    let mut statements: Vec<Document> = service
        .permissions
        .statements
        .iter()
        .map(|statement| {
            let actions: Vec<&str> = statement.actions.iter().map(|a| a.as_str()).collect();
            let resources = statement
                .resources
                .iter()
                .map(|r| Document::from(r.as_str()));
            allow(&actions, resources.collect())
        })
        .collect();
    if service.exec {
        statements.push(allow(
            &[
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            vec![Document::from("*")],
        ));
    }
    statements
}
