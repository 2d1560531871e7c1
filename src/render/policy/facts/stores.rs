//! Buckets and secrets, logs, alarms and messages.
//!
//! May depend on the rest of `facts`. Invariant: as there.

use super::Condition::{Asked, Free, Ours};
use super::{Rule, rule};

const BUCKET: &str = "s3:::{stack}-logs-*";
const SECRET: &str = "secretsmanager:{region}:{account}:secret:{stack}/*";

pub(super) const STORES: &[Rule] = &[
    rule(
        // A tag of a bucket counts only where the bucket was told so.
        &[(Free, BUCKET)],
        &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:ListBucketVersions",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:TagResource",
        ],
    ),
    rule(
        &[(Free, "s3:::{stack}-logs-*/*")],
        &["s3:DeleteObject", "s3:DeleteObjectVersion"],
    ),
    rule(&[(Asked, SECRET)], &["secretsmanager:CreateSecret"]),
    rule(&[(Ours, SECRET)], &["secretsmanager:DeleteSecret"]),
    rule(
        &[(Free, SECRET)],
        &[
            "secretsmanager:CancelRotateSecret",
            "secretsmanager:PutSecretValue",
            "secretsmanager:RestoreSecret",
            "secretsmanager:RotateSecret",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
            "secretsmanager:UpdateSecretVersionStage",
        ],
    ),
];

const SERVICE_LOGS: &str = "logs:{region}:{account}:log-group:/ecs/{stack}-*";
const FUNCTION_LOGS: &str = "logs:{region}:{account}:log-group:/aws/lambda/{stack}-*";
const ALARM: &str = "cloudwatch:{region}:{account}:alarm:{stack}-*";
/// Of Application Auto Scaling, which makes them in the name of whoever calls.
const SCALING_ALARM: &str = "cloudwatch:{region}:{account}:alarm:TargetTracking-service/{stack}-*";
const SCHEDULE: &str = "events:{region}:{account}:rule/{stack}-*";
const TOPIC: &str = "sns:{region}:{account}:{stack}-*";

pub(super) const WATCHING: &[Rule] = &[
    rule(
        &[(Free, FUNCTION_LOGS), (Free, SERVICE_LOGS)],
        &[
            "logs:CreateLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
    ),
    rule(
        &[(Ours, FUNCTION_LOGS), (Ours, SERVICE_LOGS)],
        &["logs:DeleteLogGroup"],
    ),
    rule(
        &[(Free, ALARM), (Free, SCALING_ALARM)],
        &["cloudwatch:PutMetricAlarm"],
    ),
    rule(
        &[(Ours, ALARM), (Free, SCALING_ALARM)],
        &["cloudwatch:DeleteAlarms"],
    ),
    rule(
        &[(Free, ALARM)],
        &["cloudwatch:TagResource", "cloudwatch:UntagResource"],
    ),
    rule(
        &[(Free, "cloudwatch::{account}:dashboard/{stack}-*")],
        &["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"],
    ),
    rule(
        &[(Free, SCHEDULE)],
        &[
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ],
    ),
    rule(&[(Ours, SCHEDULE)], &["events:DeleteRule"]),
    rule(
        &[(Free, TOPIC)],
        &[
            "sns:CreateTopic",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:UntagResource",
        ],
    ),
    rule(&[(Ours, TOPIC)], &["sns:DeleteTopic"]),
    rule(&[(Free, "*")], &["sns:Unsubscribe"]),
];
