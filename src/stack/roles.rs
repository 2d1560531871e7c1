//! The two roles of a service: what ECS may do to start its tasks, and what the tasks may do.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a role allows what its service needs
//! and names the resources that it is for, wherever IAM lets it.

use super::images::Pulled;
use super::policies::{allow, read_secrets, role, write_logs};
use super::secrets::Secrets;
use crate::model::{Document, Graph, Ref, Text};
use crate::resources::{IamRoleArn, LogGroupArn};
use crate::spec::leaf::ImageReference;
use crate::spec::resolved::{Permissions, Service};
use crate::spec::{Spec, names};

/// Who takes on the roles.
const TASKS: &str = "ecs-tasks.amazonaws.com";

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
    pulled: &Pulled,
    secrets: &Secrets,
) -> Roles {
    let execution = role(
        names::execution_role(&spec.stack, &service.name, &spec.region),
        TASKS,
        execution_policy(service, log_group, pulled, secrets),
        &Permissions::default(),
    );
    let task = role(
        names::task_role(&spec.stack, &service.name, &spec.region),
        TASKS,
        task_policy(service, secrets),
        &service.permissions,
    );
    Roles {
        execution: graph
            .add(format!("{}-execution", service.name), &execution)
            .arn,
        task: graph.add(format!("{}-task", service.name), &task).arn,
    }
}

/// Writing the service's log, pulling its image where that lies in ECR, and reading the secrets
/// that go into its environment.
fn execution_policy(
    service: &Service,
    log_group: &Ref<LogGroupArn>,
    pulled: &Pulled,
    secrets: &Secrets,
) -> Vec<Document> {
    let mut statements = vec![write_logs(log_group)];
    let repository = match pulled {
        Pulled::FromRepository(repository) => Some(Document::from(Text::from(repository))),
        Pulled::Reference(image) => repository_arn(image).map(|arn| Document::from(arn.as_str())),
    };
    if let Some(repository) = repository {
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
            vec![repository],
        ));
    }
    let injected = service.secrets.iter().map(|(_, secret)| secret);
    statements.extend(read_secrets(
        secrets.arns(injected).into_iter().map(|(_, arn)| arn),
    ));
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

/// The secrets that tasks read themselves, and what a shell in a task needs where one is wanted.
fn task_policy(service: &Service, secrets: &Secrets) -> Vec<Document> {
    let read = secrets.arns(&service.reads);
    let mut statements: Vec<Document> = read_secrets(read.into_iter().map(|(_, arn)| arn))
        .into_iter()
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
