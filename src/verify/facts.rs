//! What is asked of AWS beyond the resources.
//!
//! May depend on `aws` and the rest of `verify`. Invariant: everything is read at once; what cannot
//! be read is a fault in its place.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;
use futures::future::{OptionFuture, join, join_all, join3, join5};

use super::application::{application, front_service};
use super::stage::Stage;
use crate::aws::facts::{
    AlarmState, LogTimes, Metric, RotationDates, RunningTask, SecretVersion, Target, alarm_states,
    log_times, rotation_dates, running_tasks, secret_versions, targets, values,
};
use crate::aws::{Clients, Plain};
use crate::model::{Fault, FaultClass};
use crate::spec::leaf::SecretName;

/// How old the newest line of a log may be that always gets new ones, in seconds.
pub(super) const LATELY_S: i64 = 60 * 60;
/// How far back metrics count, in seconds.
pub(super) const METRICS_WINDOW_S: u64 = 15 * 60;
/// Seconds of a period of a metric.
const METRICS_PERIOD_S: i32 = 60;

/// What was read, or why it could not be.
pub type Read<T> = Result<T, Fault>;

/// What AWS says beyond the resources.
#[derive(Debug)]
pub struct Facts {
    /// The running tasks, by the service's name.
    pub tasks: BTreeMap<String, Read<Vec<RunningTask>>>,
    /// The targets, by the service's name.
    pub targets: BTreeMap<String, Read<Vec<Target>>>,
    /// When secrets are renewed, by the secret's name.
    pub rotations: BTreeMap<String, Read<RotationDates>>,
    /// How the stack's alarms stand.
    pub alarms: Read<Vec<AlarmState>>,
    /// When each log group has got lines.
    pub logs: BTreeMap<String, Read<LogTimes>>,
    /// The fingerprint of the value by which CloudFront is known.
    pub auth: Option<Read<String>>,
    /// How many targets the load balancer counted as healthy lately, newest first.
    pub healthy_counts: Option<Read<Vec<f64>>>,
    /// The password of the reference application's users.
    pub password: Option<Read<Plain>>,
    /// The keys of the reference application's tokens.
    pub keys: Option<Read<Vec<SecretVersion>>>,
}

impl Facts {
    /// Asks AWS for everything that the checks of this stack need to know.
    ///
    /// `now_s` is the time, in seconds since 1970.
    pub async fn gather(aws: &Clients, stage: &Stage<'_>, now_s: i64) -> Self {
        let running = stage.services.iter().map(|(name, service)| async {
            let cluster = service.attributes.cluster.id().unwrap_or_default();
            let tasks = running_tasks(aws, cluster, &service.attributes.name).await;
            (name.clone(), tasks)
        });
        let groups = stage
            .target_groups
            .iter()
            .map(|(name, group)| async { (name.clone(), targets(aws, &group.id).await) });
        let rotated = stage.secrets.iter().map(|(name, secret)| async {
            let dates = rotation_dates(aws, secret.outputs.arn.as_str()).await;
            (name.clone(), dates)
        });
        let logs = stage.log_groups.iter().map(|group| async {
            let name = &group.attributes.name;
            let since = DateTime::from_secs(now_s - LATELY_S);
            (name.clone(), log_times(aws, name, since).await)
        });
        let names: Vec<String> = stage
            .alarms
            .iter()
            .map(|alarm| alarm.attributes.name.clone())
            .collect();
        let (running, groups, rotated, logs, alarms) = join5(
            join_all(running),
            join_all(groups),
            join_all(rotated),
            join_all(logs),
            alarm_states(aws, &names),
        )
        .await;
        let (healthy_counts, (password, keys), auth) = join3(
            healthy_counts(aws, stage),
            secrets(aws, stage),
            auth(aws, stage),
        )
        .await;
        Self {
            tasks: running.into_iter().collect(),
            targets: groups.into_iter().collect(),
            rotations: rotated.into_iter().collect(),
            alarms,
            logs: logs.into_iter().collect(),
            auth,
            healthy_counts,
            password,
            keys,
        }
    }
}

/// How many targets of the service that is asked are healthy, as metrics tell it.
async fn healthy_counts(aws: &Clients, stage: &Stage<'_>) -> Option<Read<Vec<f64>>> {
    let (service, _) = front_service(stage.spec)?;
    let balancer = stage.balancer.as_ref()?;
    let group = stage.target_groups.get(service.name.as_str())?;
    let metric = Metric {
        namespace: "AWS/ApplicationELB",
        name: "HealthyHostCount",
        statistic: "Average",
        dimensions: &[
            ("LoadBalancer", balancer.outputs.suffix.as_str()),
            ("TargetGroup", group.outputs.suffix.as_str()),
        ],
    };
    Some(values(aws, &metric, METRICS_WINDOW_S, METRICS_PERIOD_S).await)
}

/// The value by which CloudFront is known.
async fn auth(aws: &Clients, stage: &Stage<'_>) -> Option<Read<String>> {
    let cdn = stage.spec.cdn.as_ref()?;
    let versions = versions_of(aws, stage, &cdn.auth.secret).await;
    let current = versions.and_then(|all| all.into_iter().next().ok_or_else(valueless));
    Some(current.map(|current| aws.vault().fingerprint(current.value.expose())))
}

/// The password and the keys of the reference application.
async fn secrets(
    aws: &Clients,
    stage: &Stage<'_>,
) -> (Option<Read<Plain>>, Option<Read<Vec<SecretVersion>>>) {
    let app = application(stage.spec).ok();
    let password = app.as_ref().map(|app| versions_of(aws, stage, app.api_key));
    let keys = app.as_ref().map(|app| versions_of(aws, stage, app.signing));
    let (password, keys) = join(OptionFuture::from(password), OptionFuture::from(keys)).await;
    let newest = |versions: Vec<SecretVersion>| versions.into_iter().next().map(|one| one.value);
    let password = password.map(|read| read.and_then(|all| newest(all).ok_or_else(valueless)));
    (password, keys)
}

async fn versions_of(
    aws: &Clients,
    stage: &Stage<'_>,
    name: &SecretName,
) -> Read<Vec<SecretVersion>> {
    let Some(secret) = stage.secrets.get(name.as_str()) else {
        let message = format!("the stack has no secret {name}");
        return Err(Fault::own(FaultClass::Missing, "", message));
    };
    secret_versions(aws, secret.outputs.arn.as_str()).await
}

fn valueless() -> Fault {
    Fault::own(FaultClass::Missing, "", "the secret has no value")
}
