//! What AWS says of a stack beyond what its resources are: how it runs.
//!
//! May depend on the rest of `aws` and `model`. Invariant: plain reads, each made when it is asked
//! for; nothing is changed and nothing is remembered.

mod alarms;
mod functions;
mod logs;
mod metrics;
mod rotation;
mod targets;
mod tasks;

pub use alarms::{AlarmState, AlarmWord, alarm_states};
pub use functions::{Calls, calls_of};
pub use logs::{LogTimes, failures, last_lines, log_times};
pub use metrics::{Metric, values};
pub use rotation::{RotationDates, SecretVersion, rotation_dates, secret_versions};
pub use targets::{Target, targets};
pub use tasks::{Interface, RunningTask, running_tasks};

/// What the facts are read by, beside the reads of the kinds.
pub const READS: [&str; 8] = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "ec2:DescribeNetworkInterfaces",
    "ecs:DescribeTasks",
    "ecs:ListTasks",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "secretsmanager:GetSecretValue",
];
