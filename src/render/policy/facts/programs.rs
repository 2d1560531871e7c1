//! Containers, functions, and the roles that they have.
//!
//! May depend on the rest of `facts`. Invariant: as there.

use super::Condition::{Asked, Asking, Free, Linked, Ours, Passed};
use super::{Rule, rule};

const CLUSTER: &str = "ecs:{region}:{account}:cluster/{stack}-*";
const SERVICE: &str = "ecs:{region}:{account}:service/{stack}-*";
const REPOSITORY: &str = "ecr:{region}:{account}:repository/{stack}/*";

pub(super) const CONTAINERS: &[Rule] = &[
    rule(&[(Asked, CLUSTER)], &["ecs:CreateCluster"]),
    rule(&[(Asked, SERVICE)], &["ecs:CreateService"]),
    rule(&[(Asked, "*")], &["ecs:RegisterTaskDefinition"]),
    rule(
        &[(Ours, CLUSTER)],
        &["ecs:DeleteCluster", "ecs:UpdateClusterSettings"],
    ),
    rule(
        &[(Ours, SERVICE)],
        &["ecs:DeleteService", "ecs:UpdateService"],
    ),
    rule(
        &[(Asking("ecs:CreateAction"), "*"), (Ours, "*")],
        &["ecs:TagResource"],
    ),
    rule(&[(Ours, "*")], &["ecs:UntagResource"]),
    rule(
        &[(Free, "*")],
        &[
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:TagResource",
            "ecr:GetAuthorizationToken",
            "ecs:DeregisterTaskDefinition",
        ],
    ),
    rule(&[(Asked, REPOSITORY)], &["ecr:CreateRepository"]),
    rule(&[(Ours, REPOSITORY)], &["ecr:DeleteRepository"]),
    rule(
        &[(Free, REPOSITORY)],
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchDeleteImage",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:DeleteLifecyclePolicy",
            "ecr:InitiateLayerUpload",
            "ecr:ListImages",
            "ecr:PutImage",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            "ecr:PutLifecyclePolicy",
            "ecr:TagResource",
            "ecr:UntagResource",
            "ecr:UploadLayerPart",
        ],
    ),
];

const FUNCTION: &str = "lambda:{region}:{account}:function:{stack}-*";
const ROLE: &str = "iam::{account}:role/{stack}-*";

pub(super) const FUNCTIONS: &[Rule] = &[
    rule(&[(Asked, FUNCTION)], &["lambda:CreateFunction"]),
    rule(&[(Ours, FUNCTION)], &["lambda:DeleteFunction"]),
    rule(
        &[(Free, FUNCTION)],
        &[
            "lambda:AddPermission",
            "lambda:CreateFunctionUrlConfig",
            "lambda:DeleteFunctionUrlConfig",
            "lambda:InvokeFunction",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateFunctionUrlConfig",
        ],
    ),
    rule(
        &[(Free, ROLE)],
        &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
        ],
    ),
    rule(&[(Passed, ROLE)], &["iam:PassRole"]),
    rule(
        &[(Linked, "iam::{account}:role/aws-service-role/*")],
        &["iam:CreateServiceLinkedRole"],
    ),
];
